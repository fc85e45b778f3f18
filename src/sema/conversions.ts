/**
 * The conversions of C11 6.3, as nodes: lvalue conversion and decay (6.3.2.1), integer promotions (6.3.1.1), the usual
 * arithmetic conversions (6.3.1.8), and the choice of the node kind for a conversion that is known to be allowed.
 *
 * Conversions of constants fold at once where nothing is lost: an integer constant stays one in its new type, and a
 * floating value becomes an integer as soon as C says so (BPF has no floating point at run time).
 */

import { bug } from '../support/bug.ts';
import { sameType } from '../types/compatibility.ts';
import { quoteType } from '../types/print.ts';
import {
  addressSpaceOf,
  boolType,
  type CType,
  canonical,
  doubleType,
  type FloatType,
  floatType,
  type IntegerType,
  integerTypeOf,
  intType,
  longDoubleType,
  type Member,
  pointerTo,
  unsignedIntType,
} from '../types/types.ts';
import type { Checker } from './checker.ts';
import { isError, makeConvert, makeError, makeFloat, makeInteger } from './factories.ts';
import {
  decayedArrayType,
  isBoolean,
  isFloat,
  isFunction,
  isIncomplete,
  unqualifiedType,
} from './type-queries.ts';
import type { ConversionKind, TypedExpression } from './typed-tree.ts';

/** An object that is declared `register`, or a member of one. */
export function isInRegister(lvalue: TypedExpression): boolean {
  let at = lvalue;
  while (at.kind === 'Member') at = at.base;
  return at.kind === 'ObjectReference' && at.symbol.isRegister;
}

/** Lvalue conversion, array decay, function decay (6.3.2.1). */
export function decay(checker: Checker, expression: TypedExpression): TypedExpression {
  const { type } = expression;
  const pointer = decayedArrayType(type);
  if (pointer !== undefined) {
    if (isInRegister(expression)) return checker.fail('address-of-register', expression.span);
    return makeConvert('array-to-pointer', expression, pointer);
  }
  if (isFunction(type)) return makeConvert('function-to-pointer', expression, pointerTo(type));
  if (!expression.isLvalue) return expression;
  if (isIncomplete(type)) return checker.fail('incomplete-type', expression.span, [quoteType(type)]);
  return makeConvert('lvalue-to-rvalue', expression, unqualifiedType(type));
}

/** The bit-field a value comes straight from; its width counts in promotions. */
export function sourceBitField(expression: TypedExpression): Member | undefined {
  let at = expression;
  for (;;) {
    switch (at.kind) {
      case 'Member':
        return at.member.bitWidth === undefined ? undefined : at.member;
      case 'Convert':
        if (at.conversion !== 'lvalue-to-rvalue') return undefined;
        at = at.operand;
        break;
      case 'Assignment':
      case 'CompoundAssignment':
        at = at.target;
        break;
      case 'Comma':
        at = at.right;
        break;
      case 'Reused':
        at = at.source;
        break;
      default:
        return undefined;
    }
  }
}

function promotedType(expression: TypedExpression): IntegerType | undefined {
  const type = integerTypeOf(expression.type);
  if (type === undefined) return undefined;
  const width = sourceBitField(expression)?.bitWidth;
  const intWidth = intType.size * 8;
  if (width !== undefined && width < intWidth) return intType;
  if (width === intWidth) return type.signed ? intType : unsignedIntType;
  if (type.rank < intType.rank) return intType;
  return type;
}

/** The integer promotions; other types pass through. */
export function promote(checker: Checker, expression: TypedExpression): TypedExpression {
  const target = promotedType(expression);
  return target === undefined || isError(expression) ? expression : convertTo(checker, expression, target);
}

/** The default argument promotions (6.5.2.2 p6). */
export function promoteArgument(checker: Checker, expression: TypedExpression): TypedExpression {
  const type = canonical(expression.type);
  if (type.kind === 'float' && type.size < doubleType.size) return convertTo(checker, expression, doubleType);
  return promote(checker, expression);
}

function commonFloat(left: CType, right: CType): FloatType | undefined {
  const ranked = [left, right].flatMap((type) => {
    const at = canonical(type);
    return at.kind === 'float' ? [at] : [];
  });
  if (ranked.length === 0) return undefined;
  const order = [floatType.name, doubleType.name, longDoubleType.name];
  const rank = (type: FloatType) => order.indexOf(type.name);
  return ranked.reduce((best, type) => (rank(type) > rank(best) ? type : best));
}

/** The common integer type of two promoted types (6.3.1.8 p1). */
function commonInteger(left: IntegerType, right: IntegerType): IntegerType {
  if (left.signed === right.signed) return left.rank >= right.rank ? left : right;
  const [signed, unsigned] = left.signed ? [left, right] : [right, left];
  if (unsigned.rank >= signed.rank) return unsigned;
  if (signed.size > unsigned.size) return signed;
  return unsignedOf(signed);
}

const unsignedNames: Readonly<Record<string, string>> = { 'signed char': 'unsigned char' };

/** The unsigned type of the same rank. */
export function unsignedOf(type: IntegerType): IntegerType {
  if (!type.signed) return type;
  return Object.freeze({ ...type, signed: false, name: unsignedNames[type.name] ?? `unsigned ${type.name}` });
}

/** Brings two arithmetic operands to their common type. */
export function usualArithmetic(
  checker: Checker,
  left: TypedExpression,
  right: TypedExpression,
): { readonly left: TypedExpression; readonly right: TypedExpression; readonly type: CType } {
  const type = commonArithmeticType(left, right);
  return { left: convertTo(checker, left, type), right: convertTo(checker, right, type), type };
}

function commonArithmeticType(left: TypedExpression, right: TypedExpression): CType {
  const float = commonFloat(left.type, right.type);
  if (float !== undefined) return float;
  const a = promotedType(left);
  const b = promotedType(right);
  if (a === undefined || b === undefined)
    return bug('usual arithmetic conversions of a type that is not arithmetic');
  return commonInteger(a, b);
}

/** Which node turns a `from` into a `to`; undefined where no conversion exists, 'none' where none is needed. */
function conversionKind(from: CType, to: CType): ConversionKind | 'none' | undefined {
  const source = canonical(from);
  const target = canonical(to);
  if (target.kind === 'void') return source.kind === 'void' ? 'none' : 'to-void';
  const fromInteger = integerTypeOf(source);
  const toInteger = integerTypeOf(target);
  if (toInteger !== undefined && isBoolean(target)) {
    if (isBoolean(source)) return 'none';
    return fromInteger !== undefined || source.kind === 'float' || source.kind === 'pointer'
      ? 'to-boolean'
      : undefined;
  }
  if (fromInteger !== undefined && toInteger !== undefined)
    return sameType(source, target) ? 'none' : 'integral';
  if (source.kind === 'pointer') {
    if (toInteger !== undefined) return 'pointer-to-integer';
    if (target.kind !== 'pointer') return undefined;
    if (addressSpaceOf(source.pointee) !== addressSpaceOf(target.pointee)) return 'address-space';
    return sameType(source.pointee, target.pointee) ? 'none' : 'pointer';
  }
  if (fromInteger !== undefined) {
    if (target.kind === 'pointer') return 'integer-to-pointer';
    return target.kind === 'float' ? 'integer-to-float' : undefined;
  }
  if (source.kind === 'float') {
    if (toInteger !== undefined) return 'float-to-integer';
    if (target.kind === 'float') return sameType(source, target) ? 'none' : 'float';
    return undefined;
  }
  return sameType(source, target) ? 'none' : undefined;
}

/** The conversion's result without a node, where the operand is a constant that survives it. */
function foldConversion(checker: Checker, converted: TypedExpression): TypedExpression {
  if (converted.kind !== 'Convert') return converted;
  const { operand, type, span } = converted;
  // Null is null in every address space.
  const isNull = operand.kind === 'IntegerConstant' && operand.value === 0n;
  if (converted.conversion === 'address-space') return isNull ? makeInteger(0n, type, span) : converted;
  const isPlain = operand.kind === 'IntegerConstant';
  if (!isPlain && !isFloat(type) && !isFloat(operand.type)) return converted;
  const value = checker.constants.evaluate(converted);
  if (value?.kind === 'integer') return makeInteger(value.value, type, span);
  return value?.kind === 'float' ? makeFloat(value.value, type, span) : converted;
}

/**
 * Converts an rvalue to a type that the caller knows to be reachable, without diagnostics. The value's own sugar
 * stays where the type does not change.
 */
export function convertTo(
  checker: Checker,
  expression: TypedExpression,
  type: CType,
  isExplicit = false,
): TypedExpression {
  if (isError(expression)) return expression;
  const kind = conversionKind(expression.type, type);
  if (kind === undefined) return makeError(expression.span);
  const target = unqualifiedType(type);
  if (kind === 'none') {
    if (!isExplicit || expression.type === target) return expression;
    return expression.kind === 'IntegerConstant'
      ? makeInteger(expression.value, target, expression.span)
      : makeConvert('no-op', expression, target, true);
  }
  return kind === 'to-void'
    ? makeConvert(kind, expression, target, isExplicit)
    : foldConversion(checker, makeConvert(kind, expression, target, isExplicit));
}

/** Replaces floating arithmetic on constants by its value; integer expressions keep their shape. */
export function foldFloating(checker: Checker, expression: TypedExpression): TypedExpression {
  const value = checker.constants.evaluate(expression);
  if (value?.kind === 'float') return makeFloat(value.value, expression.type, expression.span);
  return value?.kind === 'integer' ? makeInteger(value.value, expression.type, expression.span) : expression;
}

/** A scalar as a truth value: any scalar is fine as a condition; floating constants fold to 0 or 1. */
export function conditionOf(checker: Checker, expression: TypedExpression): TypedExpression {
  return isFloat(expression.type) ? convertTo(checker, expression, boolType) : expression;
}
