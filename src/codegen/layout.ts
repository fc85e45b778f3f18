/**
 * Block layout of an allocated function: jumps to jumps are followed, blocks that nobody reaches are dropped, and the
 * rest is put in an order in which most jumps become fall-throughs. A block that only returns is put behind another
 * one that does and has its exit. Works on machine blocks in place.
 */

import { Kind } from '../isa/table.ts';
import {
  isExit,
  isJump,
  keepCommonNames,
  type MachineBlock,
  type MachineFunction,
  type MachineIns,
  makeJump,
  successorsOf,
} from './machine.ts';

/** Longest block that is compared with others. */
const maxMerged = 6;

/** Where a jump to `block` ends up after following blocks that only jump on. */
function finalTarget(func: MachineFunction, block: number): number {
  let at = block;
  // The bound ends the walk in an empty endless loop.
  for (let steps = 0; steps < func.blocks.length; steps++) {
    const { instructions } = func.block(at);
    const [only] = instructions;
    if (instructions.length !== 1 || !isJump(only)) return at;
    at = only.target;
  }
  return block;
}

/** Redirects jumps past blocks that only jump; a condition with one way out becomes a jump. */
function threadJumps(func: MachineFunction): void {
  for (const block of func.eachBlock()) {
    const last = block.instructions.at(-1);
    last?.asm?.labels.forEach((label, i, labels) => {
      labels[i] = finalTarget(func, label);
    });
    if (last === undefined || last.target < 0) continue;
    last.target = finalTarget(func, last.target);
    if (last.otherTarget >= 0) last.otherTarget = finalTarget(func, last.otherTarget);
    if (last.otherTarget === last.target) {
      last.opcode = Kind.ja;
      last.dst = -1;
      last.src = -1;
      last.imm = 0;
      last.otherTarget = -1;
    }
  }
}

/** A jump to a block that only returns is a return. */
function copyExits(func: MachineFunction): void {
  for (const block of func.eachBlock()) {
    const last = block.instructions.at(-1);
    if (!isJump(last)) continue;
    const { instructions } = func.block(last.target);
    const [only] = instructions;
    if (instructions.length === 1 && isExit(only)) {
      block.instructions[block.instructions.length - 1] = only.clone();
    }
  }
}

/** What a block does, without its source positions; undefined for blocks that are not worth comparing. */
function contentKey(func: MachineFunction, instructions: readonly MachineIns[]): string | undefined {
  const last = instructions.at(-1);
  if (instructions.length > maxMerged || last === undefined || last.otherTarget >= 0) return undefined;
  if (instructions.some((ins) => ins.asm !== undefined || ins.core >= 0)) return undefined;
  return instructions
    .map(({ opcode, dst, src, off, imm, wide, symbol, object, target }) => {
      // Objects that lie in the same place are the same.
      const place = off + (func.frame[object]?.offset ?? 0);
      return [opcode, dst, src, place, imm, wide, symbol, target].join();
    })
    .join(';');
}

/** Short blocks that do the same and go the same way become one: mostly `r0 = 0; exit`. True when something changed. */
function mergeEqualBlocks(func: MachineFunction): boolean {
  const first = new Map<string, number>();
  const replaced = new Map<number, number>();
  func.layout.forEach((id, position) => {
    const key = position === 0 ? undefined : contentKey(func, func.block(id).instructions);
    if (key === undefined) return;
    const known = first.get(key);
    if (known === undefined) first.set(key, id);
    else {
      replaced.set(id, known);
      keepCommonNames(func.block(known).instructions, func.block(id).instructions);
    }
  });
  if (replaced.size === 0) return false;
  for (const block of func.eachBlock()) {
    const last = block.instructions.at(-1);
    if (last === undefined) continue;
    last.target = replaced.get(last.target) ?? last.target;
    last.otherTarget = replaced.get(last.otherTarget) ?? last.otherTarget;
    last.asm?.labels.forEach((label, i, labels) => {
      labels[i] = replaced.get(label) ?? label;
    });
  }
  func.layout = func.layout.filter((id) => !replaced.has(id));
  return true;
}

/** The blocks that the entry reaches. */
function reachable(func: MachineFunction): Set<number> {
  const seen = new Set<number>();
  const work = func.layout.slice(0, 1);
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (seen.has(block)) continue;
    seen.add(block);
    work.push(...successorsOf(func.block(block)));
  }
  return seen;
}

/** The successors that may stand right behind a block: the text of an asm goto names its labels. */
function fallThroughs(block: MachineBlock): readonly number[] {
  const last = block.instructions.at(-1);
  if (last?.asm === undefined) return successorsOf(block);
  return last.target < 0 ? [] : [last.target];
}

/**
 * Keeps the given order, but where the next block is no successor, a successor is pulled up that no other block would
 * fall into: the one in the deeper loop.
 */
function order(func: MachineFunction, given: readonly number[]): number[] {
  const placed = new Set<number>();
  const before = new Map<number, number>();
  const after = new Map<number, number>();
  given.forEach((block, index) => {
    const previous = given[index - 1];
    if (previous === undefined) return;
    before.set(block, previous);
    after.set(previous, block);
  });
  const fallsInto = (block: number): boolean => {
    const previous = before.get(block);
    return (
      previous !== undefined && !placed.has(previous) && fallThroughs(func.block(previous)).includes(block)
    );
  };
  const choose = (block: number): number | undefined => {
    const open = fallThroughs(func.block(block)).filter((successor) => !placed.has(successor));
    const next = after.get(block);
    if (next !== undefined && open.includes(next)) return next;
    const free = open.filter((successor) => !fallsInto(successor));
    return free.sort((a, b) => func.block(b).loopDepth - func.block(a).loopDepth)[0];
  };
  const result: number[] = [];
  for (const start of given) {
    let block: number | undefined = start;
    while (block !== undefined && !placed.has(block)) {
      placed.add(block);
      result.push(block);
      block = choose(block);
    }
  }
  return result;
}

/** The end of the row of blocks from `position` on that fall into each other. */
function endOfChain(func: MachineFunction, position: number): number {
  const { layout } = func;
  let end = position;
  while (fallThroughs(func.block(layout[end] ?? 0)).includes(layout[end + 1] ?? -1)) end++;
  return end;
}

/**
 * Where a block falls into a row of blocks and could as well fall into what stands behind that row, the row goes
 * behind a block that needs a jump to get there.
 */
function pullChains(func: MachineFunction): void {
  const { layout } = func;
  let at = -1;
  for (const id of [...layout]) {
    // Most stand behind the one before still.
    at = layout[at + 1] === id ? at + 1 : layout.indexOf(id);
    const ways = fallThroughs(func.block(id));
    if (ways.length === 0 || ways.includes(layout[at + 1] ?? -1)) continue;
    for (const way of ways) {
      const start = layout.indexOf(way);
      const end = endOfChain(func, start);
      if (start <= 0 || (at >= start - 1 && at <= end) || !isMovable(func, start, end)) continue;
      const chain = layout.splice(start, end + 1 - start);
      layout.splice(layout.indexOf(id) + 1, 0, ...chain);
      at = layout.indexOf(id);
      break;
    }
  }
}

/** Does the block above fall into the row, and may it fall into the one behind instead? */
function isMovable(func: MachineFunction, start: number, end: number): boolean {
  const above = func.block(func.layout[start - 1] ?? 0);
  const first = func.block(func.layout[start] ?? 0);
  const ways = fallThroughs(above);
  return (
    ways.includes(first.id) &&
    ways.includes(func.layout[end + 1] ?? -1) &&
    above.loopDepth <= first.loopDepth &&
    !endsRound(func, start, end)
  );
}

/** Does the row lead to the next round of a loop? Which way does so first was chosen for the verifier (`block-order.ts`). */
function endsRound(func: MachineFunction, start: number, end: number): boolean {
  const { layout } = func;
  return layout.slice(start, end + 1).some((block, i) => {
    if (func.block(block).loopDepth === 0) return false;
    return successorsOf(func.block(block)).some((next) => layout.indexOf(next) <= start + i);
  });
}

/** Blocks that only return stand at the end of one that returns, too, unless the block in front of them falls into them. */
function shareExits(func: MachineFunction): void {
  const { layout } = func;
  for (const id of layout.slice(1)) {
    const block = func.block(id);
    if (block.instructions.length !== 1 || !isExit(block.instructions[0])) continue;
    const position = layout.indexOf(id);
    const before = func.block(layout[position - 1] ?? 0);
    const next = layout[position + 1] ?? -1;
    if (fallThroughs(before).includes(id) && !fallThroughs(before).includes(next)) continue;
    const host = layout.findLast((other) => other !== id && isExit(func.block(other).instructions.at(-1)));
    if (host === undefined) continue;
    const { instructions } = func.block(host);
    instructions.splice(-1, 1, makeJump(block));
    layout.splice(position, 1);
    layout.splice(layout.indexOf(host) + 1, 0, id);
  }
}

export function layOutBlocks(func: MachineFunction): void {
  threadJumps(func);
  copyExits(func);
  while (mergeEqualBlocks(func)) threadJumps(func);
  const live = reachable(func);
  func.layout = order(
    func,
    func.layout.filter((block) => live.has(block)),
  );
  pullChains(func);
  shareExits(func);
}
