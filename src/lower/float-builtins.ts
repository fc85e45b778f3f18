/**
 * Builtins that look at a floating value's class: comparisons of its bits as an integer (IEEE 754 clause 3.4), which need no
 * floating point.
 */

import type { ValueId } from '../ir/func.ts';
import { Predicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type { BuiltinExpression } from '../sema/typed-tree.ts';
import { argumentValue, type Handler } from './builtin-call.ts';
import type { Lowering } from './lowering.ts';

interface Operand {
  readonly bits: ValueId;
  /** Without the sign. */
  readonly magnitude: ValueId;
  readonly type: Type;
  readonly infinity: ValueId;
  readonly smallestNormal: ValueId;
}

function operandOf(lowering: Lowering, call: BuiltinExpression): Operand {
  const { builder, func } = lowering;
  const bits = argumentValue(lowering, call, 0);
  const { type } = func.ins(bits);
  const isSingle = type === Type.i32;
  const constant = (single: bigint, double: bigint) => builder.constant(type, isSingle ? single : double);
  return {
    bits,
    type,
    magnitude: builder.and(bits, constant(0x7fff_ffffn, (1n << 63n) - 1n)),
    infinity: constant(0x7f80_0000n, 0x7ff0_0000_0000_0000n),
    smallestNormal: constant(0x0080_0000n, 0x0010_0000_0000_0000n),
  };
}

/** An int that is 1 where the magnitude compares so with infinity. */
function against(predicate: Predicate): Handler {
  return (lowering, call) => {
    const { magnitude, infinity } = operandOf(lowering, call);
    return lowering.builder.zext(Type.i32, lowering.builder.icmp(predicate, magnitude, infinity));
  };
}

const isNormal: Handler = (lowering, call) => {
  const { builder } = lowering;
  const { magnitude, infinity, smallestNormal } = operandOf(lowering, call);
  const above = builder.sub(magnitude, smallestNormal);
  const limit = builder.sub(infinity, smallestNormal);
  return builder.zext(Type.i32, builder.icmp(Predicate.ult, above, limit));
};

function signOf(lowering: Lowering, { bits, type }: Operand): ValueId {
  return lowering.builder.icmp(Predicate.slt, bits, lowering.builder.constant(type, 0n));
}

const signBit: Handler = (lowering, call) =>
  lowering.builder.zext(Type.i32, signOf(lowering, operandOf(lowering, call)));

/** 1 and -1 for the infinities, else 0. */
const infinitySign: Handler = (lowering, call) => {
  const { builder } = lowering;
  const operand = operandOf(lowering, call);
  const sign = builder.select(signOf(lowering, operand), builder.i32(-1), builder.i32(1));
  const isInfinite = builder.icmp(Predicate.eq, operand.magnitude, operand.infinity);
  return builder.select(isInfinite, sign, builder.i32(0));
};

const magnitude: Handler = (lowering, call) => operandOf(lowering, call).magnitude;

export const floatHandlers: readonly (readonly [string, Handler])[] = [
  ['isnan', against(Predicate.ugt)],
  ['isinf', against(Predicate.eq)],
  ['isfinite', against(Predicate.ult)],
  ['isnormal', isNormal],
  ['isinf_sign', infinitySign],
  ['signbit', signBit],
  ['fabs', magnitude],
  ['fabsf', magnitude],
  ['fabsl', magnitude],
];
