/**
 * The order of blocks: a block stands before its successors, loops are contiguous, and a condition is followed by the
 * branch that was written first. Code generation takes this order for its own.
 *
 * The verifier follows the fall-through first and compares later paths with the states it has seen: with the order of
 * the source the long way through an `if` is seen before the short one, whose states it then covers.
 *
 * Method: a reverse postorder (Cooper, Harvey, Kennedy, 2001) that visits the exits of a loop before its other blocks
 * and late blocks before early ones (block numbers grow in source order); then each loop is gathered behind its header.
 */

import type { Cfg } from '../ir/cfg.ts';
import type { BlockId, Func } from '../ir/func.ts';
import type { Loop, Loops } from '../ir/loops.ts';
import type { PassContext } from './pass.ts';

export function blockOrder(func: Func, cx: PassContext): boolean {
  const { cfg, loops } = cx.analyses;
  const layout = gatherLoops(sourceOrder(func, cfg, loops), loops);
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
