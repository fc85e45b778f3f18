/**
 * Comparisons of two addresses inside of one local object: their offsets are compared, as numbers.
 *
 * Both lie in the object or one past its end (C11 6.5.6p8), so that the order of the addresses is that of the offsets, and an
 * offset that is added to the object's own address is not negative. Only for locals: in a packet the comparison of
 * pointers is what the verifier learns from.
 */

import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type { CombineContext, CombineResult } from './combine-context.ts';

/** An address: a local object, a constant, and one offset that is not constant. */
interface LocalAddress {
  readonly object: ValueId;
  readonly constant: bigint;
  readonly variable: ValueId | undefined;
  /** The variable offset is the first that was added. */
  readonly isFromStart: boolean;
}

function localAddress(func: Func, pointer: ValueId): LocalAddress | undefined {
  let constant = 0n;
  let variable: ValueId | undefined;
  let isFromStart = true;
  let at = func.ins(pointer);
  while (at.op === Op.ptradd) {
    const [base, bytes] = at.operands;
    if (base === undefined || bytes === undefined) return undefined;
    const known = constantOf(func, bytes);
    if (known !== undefined) {
      constant += BigInt.asIntN(64, known);
      if (variable !== undefined) isFromStart = false;
    } else if (variable === undefined) variable = bytes;
    else return undefined;
    at = func.ins(base);
  }
  return at.op === Op.alloca ? { object: at.id, constant, variable, isFromStart } : undefined;
}

const signedOf: ReadonlyMap<Predicate, Predicate> = new Map([
  [Predicate.ult, Predicate.slt],
  [Predicate.ule, Predicate.sle],
  [Predicate.ugt, Predicate.sgt],
  [Predicate.uge, Predicate.sge],
]);

/** `object + x` against `object + c` becomes `x` against `c`; swapping is the caller's. */
export function compareAddresses(cx: CombineContext, ins: Ins, left: ValueId, right: ValueId): CombineResult {
  const { func } = cx;
  if (func.ins(left).type !== Type.ptr) return undefined;
  const a = localAddress(func, left);
  const b = localAddress(func, right);
  if (a === undefined || b === undefined || a.object !== b.object) return undefined;
  const compare = (x: ValueId, y: ValueId, isUnsigned: boolean): true => {
    ins.operands = [x, y];
    if (!isUnsigned) ins.aux = signedOf.get(ins.aux) ?? ins.aux;
    return true;
  };
  const number = (value: bigint): ValueId => func.constant(Type.i64, value);
  if (a.variable === b.variable) return compare(number(a.constant), number(b.constant), false);
  const distance = b.constant - a.constant;
  if (b.variable === undefined && a.variable !== undefined) {
    return compare(a.variable, number(distance), a.isFromStart && distance >= 0n);
  }
  if (a.variable === undefined && b.variable !== undefined) {
    return compare(number(-distance), b.variable, b.isFromStart && distance <= 0n);
  }
  return undefined;
}
