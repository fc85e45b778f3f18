/**
 * Builtins on pairs of integers of one type: larger and smaller, sums that stay at their limit, sums with a carry.
 */

import type { ValueId } from '../ir/func.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { argument, argumentValue, type Handler } from './builtin-call.ts';
import { isSignedInteger } from './value-types.ts';

function extreme(isMax: boolean): Handler {
  return (lowering, call) => {
    const { builder } = lowering;
    const [left, right] = [argumentValue(lowering, call, 0), argumentValue(lowering, call, 1)];
    const [larger, smaller] = isSignedInteger(call.type)
      ? [Predicate.sgt, Predicate.slt]
      : [Predicate.ugt, Predicate.ult];
    return builder.select(builder.icmp(isMax ? larger : smaller, left, right), left, right);
  };
}

/** Signed sums overflow where both operands (of a difference: left operand and inverted right one) differ in sign from it. */
function saturating(op: 'add' | 'sub'): Handler {
  return (lowering, call) => {
    const { builder, func } = lowering;
    const [left, right] = [argumentValue(lowering, call, 0), argumentValue(lowering, call, 1)];
    const { type } = func.ins(left);
    const constant = (value: bigint): ValueId => builder.constant(type, value);
    const sum = builder.binary(Op[op], left, right);
    if (!isSignedInteger(call.type)) {
      return op === 'add'
        ? builder.select(builder.icmp(Predicate.ult, sum, left), constant(-1n), sum)
        : builder.select(builder.icmp(Predicate.ult, left, right), constant(0n), sum);
    }
    const width = BigInt(bitsOf(type));
    const others = builder.xor(op === 'add' ? right : left, op === 'add' ? sum : right);
    const changed = builder.and(builder.xor(left, sum), others);
    // The limit on the side of the left operand: the largest value, all bits flipped for a negative one.
    const sign = builder.ashr(left, constant(width - 1n));
    const limit = builder.xor(sign, constant((1n << (width - 1n)) - 1n));
    return builder.select(builder.icmp(Predicate.slt, changed, constant(0n)), limit, sum);
  };
}

function withCarry(op: 'add' | 'sub'): Handler {
  return (lowering, call) => {
    const { builder, func } = lowering;
    const [left, right, carry, out] = [0, 1, 2, 3].map((index) => lowering.value(argument(call, index))) as [
      ValueId,
      ValueId,
      ValueId,
      ValueId,
    ];
    const { type } = func.ins(left);
    const passed = (before: ValueId, operand: ValueId, after: ValueId): ValueId =>
      builder.zext(
        Type.i64,
        op === 'add'
          ? builder.icmp(Predicate.ult, after, before)
          : builder.icmp(Predicate.ult, before, operand),
      );
    const first = builder.binary(Op[op], left, right);
    const second = builder.binary(Op[op], first, carry);
    const overflow = builder.or(passed(left, right, first), passed(first, carry, second));
    builder.store(builder.resize(type, overflow, false), out, { align: bitsOf(type) / 8 });
    return second;
  };
}

export const saturatingHandlers: readonly (readonly [string, Handler])[] = [
  ['max', extreme(true)],
  ['min', extreme(false)],
  ['add_sat', saturating('add')],
  ['sub_sat', saturating('sub')],
  ['addc', withCarry('add')],
  ['subc', withCarry('sub')],
];
