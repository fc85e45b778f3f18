/**
 * Floating values as integers that hold their bits (IEEE 754 binary32 and binary64; long double is binary64).
 *
 * BPF has no floating point: moving, storing and passing such values needs none, nor does changing a sign or
 * testing for zero. Arithmetic, comparisons and conversions are calls of the functions that compilers for
 * processors without floating point call (libgcc's manual, "Soft float library routines"), where there is a C
 * library; elsewhere they are an error.
 */

import type { ValueId } from '../ir/func.ts';
import { Predicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type { BinaryExpression, ComparisonOperator, ConvertExpression } from '../sema/typed-tree.ts';
import { type CType, canonical } from '../types/types.ts';
import type { Lowering } from './lowering.ts';
import { unsupportedValue } from './places.ts';
import { isSignedInteger, scalarType } from './value-types.ts';

type Span = BinaryExpression['span'];

/** A floating type that has values: its mode in names of library functions. */
function modeOf(type: CType): 'sf' | 'df' | undefined {
  const at = canonical(type);
  if (at.kind !== 'float') return undefined;
  return at.size === 4 ? 'sf' : at.size === 8 ? 'df' : undefined;
}

export function isFloat(type: CType): boolean {
  return canonical(type).kind === 'float';
}

function bitsType(mode: 'sf' | 'df'): Type {
  return mode === 'sf' ? Type.i32 : Type.i64;
}

export function floatBits(value: number, type: Type): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (type === Type.i32) {
    view.setFloat32(0, value);
    return BigInt(view.getUint32(0));
  }
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

/** A call of the library's function; an error where there is no library. */
function libraryValue(
  lowering: Lowering,
  culprit: CType,
  span: Span,
  call: { readonly name: string; readonly type: Type; readonly args: readonly ValueId[] },
): ValueId {
  if (!lowering.options.hosted) return unsupportedValue(lowering, culprit, span);
  return lowering.builder.call(lowering.symbols.libraryFunction(call.name), call.type, call.args);
}

const arithmetic: Readonly<Record<string, string>> = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' };

export function floatArithmetic(
  lowering: Lowering,
  expression: BinaryExpression,
  left: ValueId,
  right: ValueId,
): ValueId {
  const mode = modeOf(expression.type);
  const operation = arithmetic[expression.operator];
  if (mode === undefined || operation === undefined) {
    return unsupportedValue(lowering, expression.type, expression.span);
  }
  return libraryValue(lowering, expression.type, expression.span, {
    name: `__${operation}${mode}3`,
    type: bitsType(mode),
    args: [left, right],
  });
}

/** Function and what its result, compared with 0, must be; a comparison with a NaN is false but for `!=`. */
const comparisons: Readonly<Record<ComparisonOperator, readonly [name: string, holds: Predicate]>> = {
  '==': ['eq', Predicate.eq],
  '!=': ['ne', Predicate.ne],
  '<': ['lt', Predicate.slt],
  '<=': ['le', Predicate.sle],
  '>': ['gt', Predicate.sgt],
  '>=': ['ge', Predicate.sge],
};

/** The i1 of a comparison of floating operands. */
export function floatComparison(
  lowering: Lowering,
  expression: BinaryExpression,
  left: ValueId,
  right: ValueId,
): ValueId {
  const { builder } = lowering;
  const [name, holds] = comparisons[expression.operator as ComparisonOperator];
  const result = libraryValue(lowering, expression.left.type, expression.span, {
    name: `__${name}${modeOf(expression.left.type) ?? 'df'}2`,
    type: Type.i32,
    args: [left, right],
  });
  return builder.icmp(holds, builder.resize(Type.i32, result, true), builder.i32(0));
}

/** The i1 "is not zero": any bit but the sign is set (a NaN is not zero). */
export function isFloatNonZero(lowering: Lowering, value: ValueId): ValueId {
  const { builder, func } = lowering;
  const { type } = func.ins(value);
  const magnitude = builder.shl(value, builder.constant(type, 1n));
  return builder.icmp(Predicate.ne, magnitude, builder.constant(type, 0n));
}

export function negatedFloat(lowering: Lowering, value: ValueId): ValueId {
  const { builder, func } = lowering;
  const { type } = func.ins(value);
  return builder.xor(value, builder.constant(type, type === Type.i32 ? 1n << 31n : 1n << 63n));
}

/** Conversions to, from and between floating types (C11 6.3.1.4, 6.3.1.5). */
export function floatConversion(lowering: Lowering, expression: ConvertExpression): ValueId {
  const { operand, type } = expression;
  const culprit = isFloat(type) ? type : operand.type;
  const [from, to] = [modeOf(operand.type), modeOf(type)];
  const isSupported = isFloat(type) ? to !== undefined : from !== undefined;
  if (!isSupported || (isFloat(operand.type) && from === undefined)) {
    return unsupportedValue(lowering, culprit, expression.span);
  }
  if (from !== undefined && to !== undefined) {
    const value = lowering.value(operand);
    if (from === to) return value;
    const name = from === 'sf' ? '__extendsfdf2' : '__truncdfsf2';
    return libraryValue(lowering, culprit, expression.span, { name, type: bitsType(to), args: [value] });
  }
  return to === undefined
    ? floatToInteger(lowering, expression, from ?? 'df')
    : integerToFloat(lowering, expression, to);
}

function integerToFloat(lowering: Lowering, expression: ConvertExpression, to: 'sf' | 'df'): ValueId {
  const { builder, func } = lowering;
  const { operand } = expression;
  const isSigned = isSignedInteger(operand.type);
  if (scalarType(operand.type) === undefined) {
    return unsupportedValue(lowering, operand.type, expression.span);
  }
  let value = lowering.value(operand);
  const isWide = func.ins(value).type === Type.i64;
  if (!isWide) value = builder.resize(Type.i32, value, isSigned);
  const name = `__float${isSigned ? '' : 'un'}${isWide ? 'di' : 'si'}${to}`;
  return libraryValue(lowering, expression.type, expression.span, {
    name,
    type: bitsType(to),
    args: [value],
  });
}

function floatToInteger(lowering: Lowering, expression: ConvertExpression, from: 'sf' | 'df'): ValueId {
  const { builder } = lowering;
  const target = scalarType(expression.type);
  if (target === undefined) return unsupportedValue(lowering, expression.type, expression.span);
  // Narrow types, unsigned ones too, have their values among those of int.
  const isSigned = isSignedInteger(expression.type) || target === Type.i8 || target === Type.i16;
  const type = target === Type.i64 ? Type.i64 : Type.i32;
  const name = `__fix${isSigned ? '' : 'uns'}${from}${type === Type.i64 ? 'di' : 'si'}`;
  const args = [lowering.value(expression.operand)];
  const whole = libraryValue(lowering, expression.operand.type, expression.span, { name, type, args });
  return builder.resize(target, whole, isSigned);
}
