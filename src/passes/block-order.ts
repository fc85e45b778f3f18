/**
 * The order of blocks: a block stands before its successors, loops are contiguous, and a condition is followed by the
 * branch that was written first. Code generation takes this order for its own.
 *
 * The verifier follows the fall-through first and compares later paths with the states it has seen: with the order of
 * the source the long way through an `if` is seen before the short one, whose states it then covers.
 *
 * One kind of short way waits at the end of the function: the empty block in which a flag of a loop is set for good (`if (a == b)
 * found = true;`). So the verifier sees all rounds with the flag as it was first. The other way round each round's pending
 * branch would lead into rounds with the flag set, whose states the verifier has dropped by then (it keeps the last few that
 * were compared in vain).
 *
 * And the shortest way through a long loop comes first, the rest of the loop after it: the verifier goes back from the last
 * round to the first, and what it has forgotten of later rounds it repeats the way that comes first; besides, it takes 8192
 * pending branches at most, and each test of each round on the first way is one. Not so where a value is added up
 * in the loop (`at += length`): there only the longest way has the bounds that cover the others.
 *
 * Method: a reverse postorder (Cooper, Harvey, Kennedy, 2001) that visits the exits of a loop before its other blocks
 * and late blocks before early ones (block numbers grow in source order); then each loop is gathered behind its header.
 */

import type { Cfg } from '../ir/cfg.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import type { Loop, Loops } from '../ir/loops.ts';
import { Op, opRow } from '../ir/ops.ts';
import type { PassContext } from './pass.ts';
import { phisOf } from './rewrite.ts';
import { tripCount } from './trip-count.ts';

export function blockOrder(func: Func, cx: PassContext): boolean {
  const { cfg, loops } = cx.analyses;
  const natural = postponeFlags(func, gatherLoops(sourceOrder(func, cfg, loops), loops), cfg, loops);
  const layout = shortWaysFirst(func, natural, cx);
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

/** Puts the blocks that only set a flag of a loop behind all others. */
function postponeFlags(func: Func, order: readonly BlockId[], cfg: Cfg, loops: Loops): BlockId[] {
  const late = new Set(order.filter((block) => isFlagBlock(func, block, cfg, loops)));
  return [...order.filter((block) => !late.has(block)), ...late];
}

/** An empty block between a condition and the block that it leads to otherwise, for the sake of a flag. */
function isFlagBlock(func: Func, block: BlockId, cfg: Cfg, loops: Loops): boolean {
  const loop = loops.of.get(block);
  const [from, ...others] = cfg.predecessors[block] ?? [];
  const [join] = cfg.successors[block] ?? [];
  if (loop === undefined || from === undefined || join === undefined || others.length > 0) return false;
  if (func.block(block).instructions.length > 1 || !(cfg.successors[from] ?? []).includes(join)) return false;
  return loop.blocks.has(join) && join !== loop.header && setsFlag(func, loop, from, block, join);
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

/** Rounds that are counted. */
const maxRounds = 1 << 14;
/** A loop that leaves fewer pending branches is left alone: the way that is not first costs a jump. */
const longLoop = 256;

/** Puts the shortest ways of long loops first. */
function shortWaysFirst(func: Func, order: BlockId[], cx: PassContext): BlockId[] {
  const { cfg, loops } = cx.analyses;
  const place = new Map(order.map((block, index) => [block, index]));
  let result = order;
  for (const loop of loops.innerFirst) {
    const [latch, second] = loop.latches;
    if (latch === undefined || second !== undefined) continue;
    const tests = testsOnFirstWay(loop, cfg, place);
    if (tests === 0 || addsUp(func, loop, loops)) continue;
    const count = tripCount(func, loop, cx.analyses, maxRounds);
    if (typeof count === 'string' || count.headerRuns * tests < longLoop) continue;
    result = putWayFirst(result, loop, shortestWay(loop, latch, cfg));
  }
  return result;
}

/** Is a value of the loop, or of one inside, computed from itself and something that varies? */
function addsUp(func: Func, loop: Loop, loops: Loops): boolean {
  const headers = [...loop.blocks].filter((block) => loops.of.get(block)?.header === block);
  return headers.some((header) =>
    phisOf(func, header).some((phi) =>
      phi.operands.some((operand, i) => {
        const from = phi.targets[i];
        return from !== undefined && loop.blocks.has(from) && dependsOn(func, operand, phi, loop);
      }),
    ),
  );
}

/** Does `value` come from `phi` by more than phis and steps of constant size? */
function dependsOn(func: Func, value: ValueId, phi: Ins, loop: Loop): boolean {
  // A value is looked at once before and once behind a step that varies.
  const seen = new Set<string>();
  const work = [{ value, varies: false }];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const key = `${item.value} ${item.varies}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const ins = func.ins(item.value);
    if (ins === phi && item.varies) return true;
    const row = opRow(ins.op);
    if (ins === phi || !row.placed || !loop.blocks.has(ins.block)) continue;
    if (ins.op !== Op.phi && (row.memory !== 'none' || row.effect)) continue;
    const isStep = ins.operands.slice(1).every((operand) => constantOf(func, operand) !== undefined);
    const varies = item.varies || (ins.op !== Op.phi && !isStep);
    for (const operand of ins.operands) work.push({ value: operand, varies });
  }
  return false;
}

/** Conditions on the way that follows the order to the next round; the one that ends the loop is decided. */
function testsOnFirstWay(loop: Loop, cfg: Cfg, place: ReadonlyMap<BlockId, number>): number {
  const at = (block: BlockId): number => place.get(block) ?? Number.POSITIVE_INFINITY;
  let tests = 0;
  let block: BlockId = loop.header;
  for (let steps = 0; steps < loop.blocks.size; steps++) {
    const ways = cfg.successors[block] ?? [];
    if (ways.length > 1) tests++;
    const inside = ways.filter((way) => loop.blocks.has(way) && way !== loop.header);
    const [next] = inside.sort((a, b) => at(a) - at(b));
    if (next === undefined) break;
    block = next;
  }
  return Math.max(0, tests - 1);
}

/** The blocks of a way with the fewest conditions (breadth first, a block without a choice costs nothing). */
function shortestWay(loop: Loop, latch: BlockId, cfg: Cfg): BlockId[] {
  const from = new Map<BlockId, BlockId>([[loop.header, loop.header]]);
  const work: BlockId[] = [loop.header];
  for (let block = work.shift(); block !== undefined && block !== latch; block = work.shift()) {
    const ways = cfg.successors[block] ?? [];
    for (const way of ways) {
      if (!loop.blocks.has(way) || from.has(way)) continue;
      from.set(way, block);
      if (ways.length > 1) work.push(way);
      else work.unshift(way);
    }
  }
  const way: BlockId[] = [];
  for (let block = latch; block !== loop.header; block = from.get(block) ?? loop.header) way.push(block);
  return [loop.header, ...way.reverse()];
}

/** The loop's blocks stay together: first the way, then the others. */
function putWayFirst(order: readonly BlockId[], loop: Loop, way: readonly BlockId[]): BlockId[] {
  const rest = order.filter((block) => loop.blocks.has(block) && !way.includes(block));
  const start = order.findIndex((block) => loop.blocks.has(block));
  const outside = order.filter((block) => !loop.blocks.has(block));
  return [...outside.slice(0, start), ...way, ...rest, ...outside.slice(start)];
}
