/**
 * Makes the typed tree's expression nodes. Here alone are the small invariants kept that a literal could break:
 * values of integer constants fit their type, error values have {@link errorType}.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import { toSigned, toUnsigned } from '../support/eval-alu.ts';
import {
  arrayOf,
  type CType,
  canonical,
  type IntegerType,
  integerTypeOf,
  intType,
  longType,
  type Member,
  pointerSize,
  pointerTo,
  type RecordType,
  voidType,
} from '../types/types.ts';
import type {
  AddressOfExpression,
  ArithmeticOperator,
  AssignmentExpression,
  BinaryExpression,
  BuiltinExpression,
  CallExpression,
  CommaExpression,
  ComparisonOperator,
  CompoundAssignmentExpression,
  ConditionalExpression,
  ConversionKind,
  ConvertExpression,
  DereferenceExpression,
  FloatConstant,
  FunctionReference,
  FunctionSymbol,
  IntegerConstant,
  LogicalExpression,
  MemberExpression,
  ObjectReference,
  ObjectSymbol,
  PointerArithmetic,
  PointerDifference,
  ReusedExpression,
  StringConstant,
  StringReference,
  SubscriptExpression,
  TypedExpression,
  UnaryExpression,
} from './typed-tree.ts';

/**
 * The type of error values: an int that is told from others by identity, so that one mistake is reported once
 * even when its type went through a declaration (`typeof(undeclared) x`).
 */
export const errorType: IntegerType = Object.freeze({ ...intType });

export function isErrorType(type: CType): boolean {
  return canonical(type) === errorType;
}

/** True for the value of something that was reported already. */
export function isError(expression: TypedExpression): boolean {
  return isErrorType(expression.type);
}

export function makeError(span: Span): IntegerConstant {
  return { kind: 'IntegerConstant', span, type: errorType, isLvalue: false, value: 0n };
}

/** Wraps a value into the range of an integer type. */
export function wrapInteger(value: bigint, type: IntegerType): bigint {
  if (type.rank === 0) return value === 0n ? 0n : 1n;
  const width = type.size * 8;
  return type.signed ? toSigned(value, width) : toUnsigned(value, width);
}

/** A constant of integer or pointer type; the value is wrapped into it. */
export function makeInteger(value: bigint, type: CType, span: Span): IntegerConstant {
  const integer = integerTypeOf(type);
  const fitting = integer === undefined ? toUnsigned(value, pointerSize * 8) : wrapInteger(value, integer);
  return { kind: 'IntegerConstant', span, type, isLvalue: false, value: fitting };
}

export function makeFloat(value: number, type: CType, span: Span): FloatConstant {
  const at = canonical(type);
  const rounded = at.kind === 'float' && at.size < 8 ? Math.fround(value) : value;
  return { kind: 'FloatConstant', span, type, isLvalue: false, value: rounded };
}

export function makeString(constant: StringConstant, elementType: CType, span: Span): StringReference {
  const type = arrayOf(elementType, constant.bytes.length / constant.unitSize);
  return { kind: 'StringReference', span, type, isLvalue: true, constant };
}

export function makeObjectReference(symbol: ObjectSymbol, span: Span): ObjectReference {
  return { kind: 'ObjectReference', span, type: symbol.type, isLvalue: true, symbol };
}

export function makeFunctionReference(symbol: FunctionSymbol, span: Span): FunctionReference {
  return { kind: 'FunctionReference', span, type: symbol.type, isLvalue: false, symbol };
}

export function makeMember(
  base: TypedExpression,
  record: RecordType,
  memberIndex: number,
  member: Member,
  type: CType,
  span: Span,
): MemberExpression {
  return { kind: 'Member', span, type, isLvalue: base.isLvalue, base, record, member, memberIndex };
}

export function makeSubscript(
  base: TypedExpression,
  index: TypedExpression,
  type: CType,
  span: Span,
): SubscriptExpression {
  return { kind: 'Subscript', span, type, isLvalue: true, base, index };
}

/** `*pointer`; the operand's pointee is no void. */
export function makeDereference(pointer: TypedExpression, span: Span): DereferenceExpression {
  const at = canonical(pointer.type);
  const type = at.kind === 'pointer' ? at.pointee : errorType;
  return { kind: 'Dereference', span, type, isLvalue: canonical(type).kind !== 'function', pointer };
}

export function makeAddressOf(operand: TypedExpression, span: Span): AddressOfExpression {
  return { kind: 'AddressOf', span, type: pointerTo(operand.type), isLvalue: false, operand };
}

export function makeUnary(
  operator: UnaryExpression['operator'],
  operand: TypedExpression,
  type: CType,
  span: Span,
): UnaryExpression {
  return { kind: 'Unary', span, type, isLvalue: false, operator, operand };
}

export function makeBinary(
  operator: ArithmeticOperator | ComparisonOperator,
  left: TypedExpression,
  right: TypedExpression,
  type: CType,
  span: Span,
): BinaryExpression {
  return { kind: 'Binary', span, type, isLvalue: false, operator, left, right };
}

export function makePointerArithmetic(
  operator: '+' | '-',
  pointer: TypedExpression,
  index: TypedExpression,
  elementSize: number,
  span: Span,
): PointerArithmetic {
  const type = pointer.type;
  return { kind: 'PointerArithmetic', span, type, isLvalue: false, operator, pointer, index, elementSize };
}

export function makePointerDifference(
  left: TypedExpression,
  right: TypedExpression,
  elementSize: number,
  span: Span,
): PointerDifference {
  return { kind: 'PointerDifference', span, type: longType, isLvalue: false, left, right, elementSize };
}

export function makeLogical(
  operator: '&&' | '||',
  left: TypedExpression,
  right: TypedExpression,
  span: Span,
): LogicalExpression {
  return { kind: 'Logical', span, type: intType, isLvalue: false, operator, left, right };
}

export function makeConditional(
  condition: TypedExpression,
  whenTrue: TypedExpression,
  whenFalse: TypedExpression,
  type: CType,
  span: Span,
): ConditionalExpression {
  return { kind: 'Conditional', span, type, isLvalue: false, condition, whenTrue, whenFalse };
}

export function makeReused(source: TypedExpression): ReusedExpression {
  return { kind: 'Reused', span: source.span, type: source.type, isLvalue: source.isLvalue, source };
}

export function makeAssignment(
  target: TypedExpression,
  value: TypedExpression,
  type: CType,
  span: Span,
): AssignmentExpression {
  return { kind: 'Assignment', span, type, isLvalue: false, target, value };
}

export function makeCompoundAssignment(
  target: TypedExpression,
  value: TypedExpression,
  isPostfix: boolean,
  type: CType,
  span: Span,
): CompoundAssignmentExpression {
  return { kind: 'CompoundAssignment', span, type, isLvalue: false, target, value, isPostfix };
}

export function makeComma(left: TypedExpression, right: TypedExpression, span: Span): CommaExpression {
  return { kind: 'Comma', span, type: right.type, isLvalue: false, left, right };
}

export function makeCall(
  callee: TypedExpression,
  args: readonly TypedExpression[],
  type: CType,
  span: Span,
): CallExpression {
  return { kind: 'Call', span, type, isLvalue: false, callee, args };
}

export function makeBuiltin(
  name: string,
  args: readonly TypedExpression[],
  type: CType,
  span: Span,
  typeArgument?: CType,
): BuiltinExpression {
  return { kind: 'Builtin', span, type, isLvalue: false, name, args, typeArgument };
}

export function makeConvert(
  conversion: ConversionKind,
  operand: TypedExpression,
  type: CType,
  isExplicit = false,
): ConvertExpression {
  return { kind: 'Convert', span: operand.span, type, isLvalue: false, conversion, operand, isExplicit };
}

/** Evaluates for side effects only. */
export function makeDiscarded(operand: TypedExpression): TypedExpression {
  return canonical(operand.type).kind === 'void' ? operand : makeConvert('to-void', operand, voidType);
}
