/**
 * `__builtin_add_overflow` and its kind: exact arithmetic, then a test whether the result's type holds it.
 */

import type { ValueId } from '../ir/func.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { integerType, Type } from '../ir/types.ts';
import { canonical, integerTypeOf } from '../types/types.ts';
import { argument, type Handler, noValue } from './builtin-call.ts';
import { type Lowering, placeholder } from './lowering.ts';

/**
 * `a op b` in unlimited precision, stored modulo 2^n into *result; true when that changed the value (GCC manual 6.57).
 * Operands and result may differ in width and sign, so the sum is made exactly: in 64 bits where that holds it, else
 * with the overflow of the 64-bit operation found by comparison.
 */
export function checked(op: 'add' | 'sub' | 'mul'): Handler {
  return (lowering, call) => {
    const { builder } = lowering;
    const [left, right, pointer] = [0, 1, 2].map((index) => argument(call, index));
    if (left === undefined || right === undefined || pointer === undefined) return noValue(lowering);
    const target = canonical(pointer.type);
    const type = target.kind === 'pointer' ? integerTypeOf(target.pointee) : undefined;
    const [a, b] = [integerTypeOf(left.type), integerTypeOf(right.type)];
    if (type === undefined || a === undefined || b === undefined || Math.max(a.size, b.size, type.size) > 8) {
      lowering.report('unsupported-builtin', call.span, [`__builtin_${call.name}`]);
      return placeholder(lowering, Type.i8);
    }
    const x = builder.resize(Type.i64, lowering.value(left), a.signed);
    const y = builder.resize(Type.i64, lowering.value(right), b.signed);
    const place = lowering.value(pointer);
    const exact = builder.binary(Op[op], x, y);
    const stored = builder.resize(integerType(type.size * 8) ?? Type.i64, exact, false);
    builder.store(stored, place, { align: type.size });
    const needed = Math.max(bitsNeeded(a), bitsNeeded(b));
    const exactBits = op === 'mul' ? bitsNeeded(a) + bitsNeeded(b) : needed + 1;
    if (exactBits <= 64) {
      const back = builder.resize(Type.i64, stored, type.signed);
      return builder.zext(Type.i8, builder.icmp(Predicate.ne, back, exact));
    }
    const overflow = wideOverflow(lowering, op, { x, y, exact, xSigned: a.signed, ySigned: b.signed, type });
    return builder.zext(Type.i8, overflow);
  };
}

/** Bits of a signed type that holds all values of `type`. */
function bitsNeeded(type: { readonly size: number; readonly signed: boolean }): number {
  return type.size * 8 + (type.signed ? 0 : 1);
}

interface WideOperation {
  readonly x: ValueId;
  readonly y: ValueId;
  /** The low 64 bits of the result. */
  readonly exact: ValueId;
  readonly xSigned: boolean;
  readonly ySigned: boolean;
  readonly type: { readonly size: number; readonly signed: boolean };
}

/** Does a result of up to 128 bits differ from its value in `type`? The high 64 bits are worked out, then compared. */
function wideOverflow(lowering: Lowering, op: 'add' | 'sub' | 'mul', operation: WideOperation): ValueId {
  const { builder } = lowering;
  const { x, y, exact, xSigned, ySigned, type } = operation;
  const zero = builder.i64(0);
  const signOf = (value: ValueId, isSigned: boolean) =>
    isSigned ? builder.ashr(value, builder.i64(63)) : zero;
  let high: ValueId;
  if (op === 'mul') {
    high = highProduct(lowering, x, y);
    // A negative factor counts 2^64 too much of the other one.
    if (xSigned) high = builder.sub(high, builder.and(signOf(x, true), y));
    if (ySigned) high = builder.sub(high, builder.and(signOf(y, true), x));
  } else if (op === 'add') {
    const carry = builder.zext(Type.i64, builder.icmp(Predicate.ult, exact, x));
    high = builder.add(builder.add(signOf(x, xSigned), signOf(y, ySigned)), carry);
  } else {
    const borrow = builder.zext(Type.i64, builder.icmp(Predicate.ult, x, y));
    high = builder.sub(builder.sub(signOf(x, xSigned), signOf(y, ySigned)), borrow);
  }
  const narrow = builder.resize(integerType(type.size * 8) ?? Type.i64, exact, false);
  const low = builder.resize(Type.i64, narrow, type.signed);
  const expectedHigh = type.signed ? builder.ashr(low, builder.i64(63)) : zero;
  return builder.or(builder.icmp(Predicate.ne, high, expectedHigh), builder.icmp(Predicate.ne, low, exact));
}

/** High half of an unsigned 64 x 64 product, from four 32-bit ones (Knuth, TAOCP 4.3.1 M). */
export function highProduct(lowering: Lowering, x: ValueId, y: ValueId): ValueId {
  const { builder } = lowering;
  const half = builder.i64(32);
  const low = (value: ValueId) => builder.and(value, builder.i64(0xffff_ffff));
  const high = (value: ValueId) => builder.lshr(value, half);
  const [x0, x1, y0, y1] = [low(x), high(x), low(y), high(y)];
  const middle = builder.add(builder.mul(x1, y0), high(builder.mul(x0, y0)));
  const middle2 = builder.add(builder.mul(x0, y1), low(middle));
  return builder.add(builder.mul(x1, y1), builder.add(high(middle), high(middle2)));
}
