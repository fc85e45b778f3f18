/**
 * Unary operators, sizeof and _Alignof (C11 6.5.3).
 */

import type { Expression, SizeofOrAlignof, TypeName, Unary } from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import {
  alignOf,
  type CType,
  canonical,
  intType,
  isArithmetic,
  isInteger,
  isScalar,
  sizeOf,
  unsignedLongType,
  voidType,
} from '../types/types.ts';
import { checkIncrement } from './assignment-operators.ts';
import type { Checker } from './checker.ts';
import {
  conditionOf,
  convertTo,
  decay,
  foldFloating,
  isInRegister,
  promote,
  sourceBitField,
} from './conversions.ts';
import {
  isError,
  isErrorType,
  makeAddressOf,
  makeDereference,
  makeError,
  makeInteger,
  makeUnary,
} from './factories.ts';
import { isFloat, isFunction, isVoid, pointeeOf, stepSize } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';
import { readSize } from './variable-length.ts';
import { unaryVector } from './vectors.ts';

export function checkUnary(checker: Checker, node: Unary): TypedExpression {
  switch (node.operator) {
    case '&':
      return addressOf(checker, node.operand, node);
    case '*':
      return dereference(checker, node);
    case '++':
    case '--':
    case 'post++':
    case 'post--':
      return checkIncrement(checker, node);
    case '__extension__':
      return checker.check(node.operand);
    case '+':
    case '-':
    case '~':
    case '!':
    case '__real__':
    case '__imag__':
      return arithmetic(checker, node, node.operator);
    default:
      return node.operator satisfies never;
  }
}

function arithmetic(
  checker: Checker,
  node: Unary,
  operator: '+' | '-' | '~' | '!' | '__real__' | '__imag__',
): TypedExpression {
  const operand = checker.rvalue(node.operand);
  const { span } = node;
  if (isError(operand)) return makeError(span);
  if (operator === '-' || operator === '~') {
    const lanes = unaryVector(checker, operator, operand, span);
    if (lanes !== undefined) return lanes;
  }
  const isAllowed =
    operator === '!'
      ? isScalar(operand.type)
      : operator === '~'
        ? isInteger(operand.type)
        : isArithmetic(operand.type);
  if (!isAllowed) return checker.fail('invalid-unary-operand', span, [quoteType(operand.type)]);
  if (operator === '!') {
    const result = makeUnary('!', conditionOf(checker, operand), intType, span);
    return isFloat(operand.type) ? foldFloating(checker, result) : result;
  }
  if (operator === '__imag__') return convertTo(checker, makeInteger(0n, intType, span), operand.type);
  const promoted = promote(checker, operand);
  if (operator === '+' || operator === '__real__') return promoted;
  const result = makeUnary(operator, promoted, promoted.type, span);
  return isFloat(promoted.type) ? foldFloating(checker, result) : result;
}

function dereference(checker: Checker, node: Unary): TypedExpression {
  const pointer = checker.rvalue(node.operand);
  if (isError(pointer)) return makeError(node.span);
  const pointee = pointeeOf(pointer.type);
  if (pointee === undefined)
    return checker.fail('indirection-of-non-pointer', node.span, [quoteType(pointer.type)]);
  if (isFunction(pointee) && pointer.kind === 'Convert' && pointer.conversion === 'function-to-pointer') {
    return pointer.operand;
  }
  const result = makeDereference(pointer, node.span);
  // 6.5.3.2: `*p` of a pointer to void has type void; it denotes no object.
  return isVoid(pointee) ? { ...result, isLvalue: false } : result;
}

/** `&operand` (6.5.3.2). */
export function addressOf(
  checker: Checker,
  operandNode: Expression,
  node: { readonly span: Unary['span'] },
): TypedExpression {
  const operand = checker.check(operandNode);
  const { span } = node;
  if (isError(operand)) return makeError(span);
  if (isFunction(operand.type)) return { ...decay(checker, operand), span };
  if (operand.kind === 'Dereference' && isVoid(operand.type)) return operand.pointer;
  if (!operand.isLvalue) return checker.fail('address-of-rvalue', span, [quoteType(operand.type)]);
  if (operand.kind === 'Member' && operand.member.bitWidth !== undefined) {
    return checker.fail('address-of-bitfield', span);
  }
  if (operand.kind === 'ObjectReference' && operand.symbol.variableSize !== undefined) {
    return checker.fail('variable-length-array', span);
  }
  if (isInRegister(operand)) return checker.fail('address-of-register', span);
  return makeAddressOf(operand, span);
}

// ---- sizeof and _Alignof ----

function isTypeName(operand: Expression | TypeName): operand is TypeName {
  return operand.kind === 'TypeName';
}

export function checkSizeofOrAlignof(checker: Checker, node: SizeofOrAlignof): TypedExpression {
  const { operator, operand, span } = node;
  let type: CType;
  let alignment = 0;
  if (isTypeName(operand)) {
    type = checker.unevaluated(() => checker.sema.typeOfTypeName(operand));
  } else {
    const checked = checker.unevaluated(() => checker.check(operand));
    type = checked.type;
    const size = checked.kind === 'ObjectReference' ? checked.symbol.variableSize : undefined;
    if (size !== undefined && operator === 'sizeof') return readSize(size, span);
    if (checked.kind === 'ObjectReference') alignment = checked.symbol.align;
    if (checked.kind === 'Member' && sourceBitField(checked) !== undefined) {
      return checker.fail('size-of-bitfield', span, [operator]);
    }
  }
  if (isErrorType(type)) return makeError(span);
  const isEmpty = isVoid(type) || isFunction(type);
  const element = canonical(type);
  const isIncomplete =
    operator === 'sizeof' ? sizeOf(type) === undefined : sizeOf(elementType(element)) === undefined;
  if (isIncomplete && !isEmpty) {
    return checker.fail('size-of-incomplete', span, [operator, quoteType(type)]);
  }
  const value = operator === 'sizeof' ? (stepSize(type) ?? 0) : Math.max(alignment, alignOf(type));
  return makeInteger(BigInt(value), unsignedLongType, span);
}

/** _Alignof of an array is that of its element, even when the array is incomplete (6.5.3.4 p3). */
function elementType(type: CType): CType {
  let at = canonical(type);
  while (at.kind === 'array') at = canonical(at.element);
  return at.kind === 'function' ? voidType : at;
}
