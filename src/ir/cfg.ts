/**
 * The control flow graph of a function: terminators -> predecessors, successors and a reverse postorder.
 *
 * An edge counts once however many cases of a switch take it. Blocks that the entry does not reach are not in
 * `rpo` and do not count as predecessors. The walk keeps its own stack, so that deep graphs cannot overflow ours.
 */

import { type BlockId, type Func, successors } from './func.ts';
import { Op } from './ops.ts';

export interface Cfg {
  /** Distinct reachable predecessors by block, in reverse postorder of the graph. */
  readonly predecessors: readonly (readonly BlockId[])[];
  /** Distinct successors by block, in the terminator's order. */
  readonly successors: readonly (readonly BlockId[])[];
  /** Reachable blocks, entry first, a block before its successors (back edges aside). */
  readonly rpo: readonly BlockId[];
  /** Place in `rpo` by block; -1 for unreachable blocks. */
  readonly rpoIndex: Int32Array;
}

/** The distinct targets of a block's terminator; none while the block has no terminator. */
export function successorsOf(func: Func, block: BlockId): readonly BlockId[] {
  const last = func.block(block).instructions.at(-1);
  if (last === undefined) return [];
  const targets = successors(func.ins(last));
  if (targets.length < 2) return targets;
  if (targets.length === 2) return targets[0] === targets[1] ? targets.slice(1) : targets;
  return [...new Set(targets)];
}

export function buildCfg(func: Func): Cfg {
  return graphOf(
    func.entry,
    func.blocks.map((block) => (block === undefined ? [] : successorsOf(func, block.id))),
  );
}

/** The graph with these distinct successors by block. */
export function graphOf(entry: BlockId, next: readonly (readonly BlockId[])[]): Cfg {
  const rpo = postorder(entry, next).reverse();
  const rpoIndex = new Int32Array(next.length).fill(-1);
  rpo.forEach((block, index) => {
    rpoIndex[block] = index;
  });
  const predecessors: BlockId[][] = next.map(() => []);
  for (const block of rpo) for (const target of next[block] ?? []) predecessors[target]?.push(block);
  return { predecessors, successors: next, rpo, rpoIndex };
}

function postorder(entry: BlockId, next: readonly (readonly BlockId[])[]): BlockId[] {
  const order: BlockId[] = [];
  const seen = new Uint8Array(next.length);
  const stack: { block: BlockId; at: number }[] = [{ block: entry, at: 0 }];
  seen[entry] = 1;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const target = next[top.block]?.[top.at++];
    if (target === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (seen[target] === 0) {
      seen[target] = 1;
      stack.push({ block: target, at: 0 });
    }
  }
  return order;
}

/** Removes blocks that the entry does not reach, and what phis had from them. True when there were any. */
export function removeUnreachable(func: Func, cfg: Cfg): boolean {
  const dead = func.layout.filter((block) => (cfg.rpoIndex[block] ?? -1) < 0);
  if (dead.length === 0) return false;
  const isDead = new Uint8Array(func.blocks.length);
  for (const block of dead) isDead[block] = 1;
  for (const block of dead) dropPhiEdges(func, cfg.successors[block] ?? [], isDead);
  for (const block of dead) {
    for (const value of func.block(block).instructions) func.values[value] = undefined;
    func.blocks[block] = undefined;
  }
  func.layout = func.layout.filter((block) => isDead[block] === 0);
  return true;
}

function dropPhiEdges(func: Func, targets: readonly BlockId[], isDead: Uint8Array): void {
  for (const target of targets) {
    for (const id of func.block(target).instructions) {
      const phi = func.ins(id);
      if (phi.op !== Op.phi) break;
      if (!phi.targets.some((from) => isDead[from] === 1)) continue;
      phi.operands = phi.operands.filter((_, i) => isDead[phi.targets[i] ?? 0] === 0);
      phi.targets = phi.targets.filter((from) => isDead[from] === 0);
    }
  }
}

/** In `block`'s phis, control that came from `from` now comes from `to`. */
export function renamePhiSource(func: Func, block: BlockId, from: BlockId, to: BlockId): void {
  for (const id of func.block(block).instructions) {
    const phi = func.ins(id);
    if (phi.op !== Op.phi) break;
    const at = phi.targets.indexOf(from);
    if (at >= 0) phi.targets[at] = to;
  }
}

/** Takes the operand that comes from `from` out of `block`'s phis. */
export function removePhiSource(func: Func, block: BlockId, from: BlockId): void {
  for (const id of func.block(block).instructions) {
    const phi = func.ins(id);
    if (phi.op !== Op.phi) break;
    const at = phi.targets.indexOf(from);
    if (at < 0) continue;
    phi.operands.splice(at, 1);
    phi.targets.splice(at, 1);
  }
}
