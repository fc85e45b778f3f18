/**
 * Dead code: what neither has an effect nor leads to one goes, cycles of phis included.
 *
 * Method: mark from the roots (Cytron et al. 1991, section 7.1, without control dependence: branches stay, so that no
 * loop changes its end). Stores, copies and markers of a stack object that nothing reads go with it.
 */

import type { Func, Ins, ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import type { Uses } from '../ir/uses.ts';
import type { PassContext } from './pass.ts';
import { discard, isOrdered, isRemovable, sweep } from './rewrite.ts';

export function dce(func: Func, cx: PassContext): boolean {
  const unread = unreadObjects(func, cx);
  const live = new Uint8Array(func.values.length);
  const work: Ins[] = [];
  const mark = (id: ValueId): void => {
    if (live[id] === 1) return;
    live[id] = 1;
    work.push(func.ins(id));
  };
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      if (!isRemovable(func.ins(id)) && !unread.has(id)) mark(id);
    }
  }
  for (let ins = work.pop(); ins !== undefined; ins = work.pop()) {
    for (const operand of ins.operands) mark(operand);
  }
  let changed = false;
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      if (live[id] === 1) continue;
      discard(func, func.ins(id));
      changed = true;
    }
  }
  if (changed) sweep(func);
  return changed;
}

/** Instructions that only write to stack objects which nothing reads. */
function unreadObjects(func: Func, cx: PassContext): Set<ValueId> {
  const found = new Set<ValueId>();
  for (const id of func.block(func.entry).instructions) {
    if (func.ins(id).op !== Op.alloca) continue;
    const writers = writersOnly(func, cx.analyses.uses, id);
    for (const writer of writers ?? []) found.add(writer);
  }
  return found;
}

/** The instructions that write to an object, when there are no others that use it. */
function writersOnly(func: Func, uses: Uses, alloca: ValueId): ValueId[] | undefined {
  const writers: ValueId[] = [];
  const work: ValueId[] = [alloca];
  for (let pointer = work.pop(); pointer !== undefined; pointer = work.pop()) {
    for (const user of uses.of(pointer)) {
      if (user.op === Op.ptradd && user.operands[0] === pointer) work.push(user.id);
      else if (isWriteTo(user, pointer)) writers.push(user.id);
      else return undefined;
    }
  }
  return writers.filter((id) => func.values[id] !== undefined);
}

function isWriteTo(user: Ins, pointer: ValueId): boolean {
  const [first, second] = user.operands;
  switch (user.op) {
    case Op.lifetime_start:
    case Op.lifetime_end:
      return true;
    case Op.store:
      return second === pointer && first !== pointer && !isOrdered(user);
    case Op.memset:
    case Op.memcpy:
    case Op.memmove:
      return first === pointer && second !== pointer && !isOrdered(user);
    default:
      return false;
  }
}
