/**
 * The order of blocks: a block stands before its successors, loops are contiguous, and a condition is followed by the
 * branch that was written first. Code generation takes this order for its own.
 *
 * The verifier follows the fall-through first and compares later paths with the states it has seen: with the order of
 * the source the long way through an `if` is seen before the short one, whose states it then covers.
 *
 * Two kinds of detours in a loop wait at the end of the function:
 * - The empty block in which a flag is set for good (`if (a == b) found = true;`): so the verifier sees all rounds with the flag
 *   as it was first. The other way round each round's pending branch would lead into rounds with the flag set, whose
 *   states the verifier has dropped by then (it keeps the last few that were compared in vain).
 * - The second attempt when a pointer is null (`if (!p) { insert; p = look up; if (!p) return; }`): a first way through all rounds
 *   with fewer tests leaves fewer pending branches, of which the verifier takes 8192.
 *
 * Method: a reverse postorder (Cooper, Harvey, Kennedy, 2001) that visits the exits of a loop before its other blocks
 * and late blocks before early ones (block numbers grow in source order); then each loop is gathered behind its header.
 */

import type { Cfg } from '../ir/cfg.ts';
import { type BlockId, constantOf, type Func } from '../ir/func.ts';
import type { Loop, Loops } from '../ir/loops.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type { PassContext } from './pass.ts';
import { phisOf } from './rewrite.ts';

export function blockOrder(func: Func, cx: PassContext): boolean {
  const { cfg, loops } = cx.analyses;
  const layout = postponeDetours(func, gatherLoops(sourceOrder(func, cfg, loops), loops), cfg, loops);
  if (layout.every((block, index) => func.layout[index] === block)) return false;
  func.layout = layout;
  return true;
}

/** The successors of a block, those first that shall stand last. */
function visitingOrder(block: BlockId, cfg: Cfg, loops: Loops): readonly BlockId[] {
  const next = cfg.successors[block] ?? [];
  if (next.length < 2) return next;
  const loop = loops.of.get(block);
  const staysIn = (target: BlockId): number => (loop === undefined || loop.blocks.has(target) ? 1 : 0);
  return [...next].sort((a, b) => staysIn(a) - staysIn(b) || b - a);
}

function sourceOrder(func: Func, cfg: Cfg, loops: Loops): BlockId[] {
  const order: BlockId[] = [];
  const seen = new Set<BlockId>([func.entry]);
  const stack = [{ block: func.entry, next: visitingOrder(func.entry, cfg, loops), at: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const target = top.next[top.at++];
    if (target === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (!seen.has(target)) {
      seen.add(target);
      stack.push({ block: target, next: visitingOrder(target, cfg, loops), at: 0 });
    }
  }
  return order.reverse();
}

/** Moves what lies between the blocks of a loop behind them; a header comes before the rest of its loop already. */
function gatherLoops(order: readonly BlockId[], loops: Loops): BlockId[] {
  const whole: (BlockId | Loop)[] = [];
  const members = new Map<Loop, (BlockId | Loop)[]>();
  const listOf = (loop: Loop | undefined): (BlockId | Loop)[] => {
    if (loop === undefined) return whole;
    const known = members.get(loop);
    if (known !== undefined) return known;
    const list: (BlockId | Loop)[] = [];
    members.set(loop, list);
    listOf(loop.parent).push(loop);
    return list;
  };
  for (const block of order) listOf(loops.of.get(block)).push(block);
  const result: BlockId[] = [];
  const work = [...whole].reverse();
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    if (typeof item === 'number') result.push(item);
    else for (const member of [...(members.get(item) ?? [])].reverse()) work.push(member);
  }
  return result;
}

/** Puts the detours of loops behind all other blocks. */
function postponeDetours(func: Func, order: readonly BlockId[], cfg: Cfg, loops: Loops): BlockId[] {
  const late = new Set(order.filter((block) => isDetour(func, block, cfg, loops)));
  return [...order.filter((block) => !late.has(block)), ...late];
}

/** A block between a condition and the block that it leads to otherwise, and of one of the two kinds that wait. */
function isDetour(func: Func, block: BlockId, cfg: Cfg, loops: Loops): boolean {
  const loop = loops.of.get(block);
  const [from, ...others] = cfg.predecessors[block] ?? [];
  if (loop === undefined || from === undefined || others.length > 0) return false;
  const ways = cfg.successors[block] ?? [];
  const join = ways.find((way) => way !== loop.header && loop.blocks.has(way));
  if (join === undefined || !(cfg.successors[from] ?? []).includes(join)) return false;
  return ways.length > 1
    ? followsNull(func, from, block)
    : func.block(block).instructions.length === 1 && setsFlag(func, loop, from, block, join);
}

/** Does control come here from a null test when the pointer is null? */
function followsNull(func: Func, from: BlockId, block: BlockId): boolean {
  const { operands, targets } = func.terminator(from);
  const test = operands[0] === undefined ? undefined : func.ins(operands[0]);
  const [pointer, zero] = test?.operands ?? [];
  if (test?.op !== Op.icmp || pointer === undefined || zero === undefined) return false;
  if (func.ins(pointer).type !== Type.ptr || constantOf(func, zero) !== 0n) return false;
  return test.aux === (targets[0] === block ? Predicate.eq : Predicate.ne);
}

/** Does a value of the loop become a constant by this way, and stay what the round began with by the other? */
function setsFlag(func: Func, loop: Loop, from: BlockId, block: BlockId, join: BlockId): boolean {
  return phisOf(func, join).some((phi) => {
    const set = phi.operands[phi.targets.indexOf(block)];
    const kept = phi.operands[phi.targets.indexOf(from)];
    if (set === undefined || kept === undefined || constantOf(func, set) === undefined) return false;
    const before = func.ins(kept);
    return before.op === Op.phi && before.block === loop.header;
  });
}
