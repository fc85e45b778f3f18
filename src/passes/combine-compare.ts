/**
 * Comparisons of addresses, for which rules over numbers are not enough. See `combine.ts`.
 */

import { constantOf, type Ins, type ValueId } from '../ir/func.ts';
import { Op, Predicate, swapPredicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import { compareAddresses } from './combine-address.ts';
import type { CombineContext, CombineResult } from './combine-context.ts';

export function combineCompare(cx: CombineContext, ins: Ins): CombineResult {
  const { func } = cx;
  const [left, right] = ins.operands;
  if (left === undefined || right === undefined) return undefined;
  const constant = constantOf(func, right);
  if (constant === undefined && constantOf(func, left) !== undefined) {
    ins.operands = [right, left];
    ins.aux = swapPredicate(ins.aux);
    return true;
  }
  if (constant === undefined) return compareAddresses(cx, ins, left, right);
  return func.ins(left).type === Type.ptr ? comparePointer(cx, ins, left, constant) : undefined;
}

/** Addresses of objects are not null. */
function comparePointer(cx: CombineContext, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const { func, module } = cx;
  const pointer = func.ins(left);
  if (constant !== 0n || ins.aux > Predicate.ne) return undefined;
  const isObject =
    pointer.op === Op.alloca ||
    (pointer.op === Op.globaladdr && module.symbols[pointer.aux]?.linkage !== 'weak');
  return isObject ? func.constant(Type.i1, ins.aux === Predicate.ne ? 1n : 0n) : undefined;
}
