/**
 * Binary operators (C11 6.5.5-6.5.14) and the comma (6.5.17) on checked operands, with clang's checks.
 *
 * {@link checkChain} walks a left-leaning chain with a loop, so that 100,000 operands need no stack.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import { spanFrom } from '../diagnostics/source-manager.ts';
import { type Binary, type BinaryOperator, type Comma, type Expression, maxNesting } from '../parser/ast.ts';
import { compatibleUnqualifiedTypes } from '../types/compatibility.ts';
import { quoteType } from '../types/print.ts';
import {
  addressSpaceOf,
  type CType,
  integerTypeOf,
  intType,
  isArithmetic,
  isInteger,
  isScalar,
  voidType,
} from '../types/types.ts';
import type { Checker } from './checker.ts';
import { foldIntegers, isComparison } from './constant-arithmetic.ts';
import { truthOf } from './constant-evaluation.ts';
import { conditionOf, convertTo, foldFloating, promote, usualArithmetic } from './conversions.ts';
import {
  isError,
  makeBinary,
  makeComma,
  makeDiscarded,
  makeError,
  makeLogical,
  makePointerArithmetic,
  makePointerDifference,
} from './factories.ts';
import { isFloat, isFunction, isVoid, pointeeOf, stepSize } from './type-queries.ts';
import type { ArithmeticOperator, ComparisonOperator, TypedExpression } from './typed-tree.ts';
import { warnIfUnused } from './unused-results.ts';
import { combineVectors, vectorType } from './vectors.ts';

/** Checks a chain of binary operators and commas. */
export function checkChain(checker: Checker, node: Binary | Comma): TypedExpression {
  const chain: (Binary | Comma)[] = [];
  let at: Expression = node;
  while (at.kind === 'Binary' || at.kind === 'Comma') {
    chain.push(at);
    at = at.left;
  }
  let result = checker.rvalue(at);
  let depth = 0;
  for (let link = chain.pop(); link !== undefined; link = chain.pop()) {
    if (link.kind === 'Comma') {
      warnIfUnused(checker, result, 'comma');
      const right = checker.rvalue(link.right);
      result = isError(right) ? right : makeComma(makeDiscarded(result), right, link.span);
    } else {
      const right = checkRight(checker, link.operator, result, link.right);
      // `index + pointer` puts the chain so far under a second operand, into which walks recurse.
      const isNested = pointeeOf(result.type) === undefined && pointeeOf(right.type) !== undefined;
      if (isNested && ++depth > maxNesting)
        return checker.fail('expression-too-deep', link.span, [String(maxNesting)]);
      result = combine(checker, link.operator, result, right, link.span, link.operatorSpan);
    }
  }
  return result;
}

/** The right operand; after a constant that decides `&&` or `||` it is never reached. */
function checkRight(
  checker: Checker,
  operator: BinaryOperator,
  left: TypedExpression,
  node: Expression,
): TypedExpression {
  if (operator !== '&&' && operator !== '||') return checker.rvalue(node);
  const value = checker.constants.evaluate(left);
  const isDecided = value !== undefined && truthOf(value) === (operator === '||');
  return checker.unreachable(isDecided, () => checker.rvalue(node));
}

function invalidOperands(
  checker: Checker,
  left: TypedExpression,
  right: TypedExpression,
  at: Span,
): TypedExpression {
  const types = [quoteType(left.type), quoteType(right.type)];
  checker.report('invalid-operands', at, types);
  return makeError(spanFrom(left.span, right.span));
}

/** `left operator right` on rvalues. `at` is the place of the operator. */
export function combine(
  checker: Checker,
  operator: BinaryOperator,
  left: TypedExpression,
  right: TypedExpression,
  span: Span,
  at: Span,
): TypedExpression {
  if (isError(left) || isError(right)) return makeError(span);
  if (vectorType(left.type) !== undefined || vectorType(right.type) !== undefined) {
    const elements = (a: TypedExpression, b: TypedExpression) => combine(checker, operator, a, b, span, at);
    const result =
      operator === '&&' || operator === '||'
        ? undefined
        : combineVectors(checker, operator, left, right, span, elements);
    return result ?? invalidOperands(checker, left, right, at);
  }
  if (operator === '&&' || operator === '||') {
    if (!isScalar(left.type) || !isScalar(right.type)) return invalidOperands(checker, left, right, at);
    return makeLogical(operator, conditionOf(checker, left), conditionOf(checker, right), span);
  }
  if (isComparison(operator)) return compare(checker, operator, left, right, span, at);
  if (operator === '+' || operator === '-') {
    const result = pointerSum(checker, operator, left, right, span, at);
    if (result !== undefined) return result;
  }
  if (!isArithmetic(left.type) || !isArithmetic(right.type)) return invalidOperands(checker, left, right, at);
  const needsIntegers = operator !== '+' && operator !== '-' && operator !== '*' && operator !== '/';
  if (needsIntegers && !(isInteger(left.type) && isInteger(right.type))) {
    return invalidOperands(checker, left, right, at);
  }
  if (operator === '<<' || operator === '>>') return shift(checker, operator, left, right, span, at);
  return arithmetic(checker, operator, left, right, span, at);
}

function arithmetic(
  checker: Checker,
  operator: ArithmeticOperator,
  left: TypedExpression,
  right: TypedExpression,
  span: Span,
  at: Span,
): TypedExpression {
  const common = usualArithmetic(checker, left, right);
  const result = makeBinary(operator, common.left, common.right, common.type, span);
  if (isFloat(common.type)) return foldFloating(checker, result);
  if ((operator === '/' || operator === '%') && checker.constants.integer(common.right) === 0n) {
    if (checker.isReached)
      checker.report('division-by-zero', at, [operator === '/' ? 'division' : 'remainder']);
  }
  warnOverflow(checker, operator, common.left, common.right, common.type, at);
  return result;
}

/** clang's -Winteger-overflow, on by default. */
function warnOverflow(
  checker: Checker,
  operator: ArithmeticOperator,
  left: TypedExpression,
  right: TypedExpression,
  type: CType,
  at: Span,
): void {
  const integer = integerTypeOf(type);
  if (integer === undefined || !integer.signed || !checker.isReached) return;
  if (operator !== '+' && operator !== '-' && operator !== '*') return;
  const b = checker.constants.integer(right);
  const a = b === undefined ? undefined : checker.constants.integer(left);
  if (a === undefined || b === undefined) return;
  const exact = operator === '+' ? a + b : operator === '-' ? a - b : a * b;
  const wrapped = foldIntegers(operator, integer, a, b);
  if (wrapped !== undefined && exact !== wrapped) {
    checker.report('integer-overflow', at, [String(wrapped), quoteType(type)]);
  }
}

function shift(
  checker: Checker,
  operator: '<<' | '>>',
  left: TypedExpression,
  right: TypedExpression,
  span: Span,
  at: Span,
): TypedExpression {
  const value = promote(checker, left);
  const amount = promote(checker, right);
  const width = BigInt((integerTypeOf(value.type)?.size ?? 0) * 8);
  const constant = checker.constants.integer(amount);
  if (constant !== undefined && checker.isReached) {
    if (constant < 0n) checker.report('negative-shift', at);
    else if (constant >= width) checker.report('shift-too-large', at);
  }
  return makeBinary(operator, value, amount, value.type, span);
}

/** Bytes a step of this pointer; undefined after a diagnostic. */
function stepOf(checker: Checker, pointer: TypedExpression, at: Span): number | undefined {
  const pointee = pointeeOf(pointer.type);
  const size = pointee && stepSize(pointee);
  if (size === undefined) checker.report('arithmetic-on-incomplete', at, [quoteType(pointee ?? voidType)]);
  return size;
}

/** Pointer forms of + and - (6.5.6); undefined where no operand is a pointer. */
function pointerSum(
  checker: Checker,
  operator: '+' | '-',
  left: TypedExpression,
  right: TypedExpression,
  span: Span,
  at: Span,
): TypedExpression | undefined {
  const leftPointee = pointeeOf(left.type);
  const rightPointee = pointeeOf(right.type);
  if (leftPointee === undefined && rightPointee === undefined) return undefined;
  if (leftPointee !== undefined && rightPointee !== undefined) {
    if (operator === '+') return invalidOperands(checker, left, right, at);
    if (!compatibleUnqualifiedTypes(leftPointee, rightPointee)) {
      return checker.fail('pointer-difference-types', at, [quoteType(left.type), quoteType(right.type)]);
    }
    const size = stepOf(checker, left, at);
    return size === undefined ? makeError(span) : makePointerDifference(left, right, size, span);
  }
  const pointer = leftPointee === undefined ? right : left;
  const index = leftPointee === undefined ? left : right;
  if (!isInteger(index.type) || (operator === '-' && pointer === right)) {
    return invalidOperands(checker, left, right, at);
  }
  const size = stepOf(checker, pointer, at);
  // Folding what is there bounds the depth of later folding.
  checker.constants.fold(index);
  if (size === undefined) return makeError(span);
  return makePointerArithmetic(operator, pointer, promote(checker, index), size, span);
}

/** Relational and equality operators (6.5.8, 6.5.9). */
function compare(
  checker: Checker,
  operator: ComparisonOperator,
  left: TypedExpression,
  right: TypedExpression,
  span: Span,
  at: Span,
): TypedExpression {
  if (isArithmetic(left.type) && isArithmetic(right.type)) {
    const common = usualArithmetic(checker, left, right);
    const result = makeBinary(operator, common.left, common.right, intType, span);
    return isFloat(common.type) ? foldFloating(checker, result) : result;
  }
  const leftPointee = pointeeOf(left.type);
  const rightPointee = pointeeOf(right.type);
  if (leftPointee !== undefined && rightPointee !== undefined) {
    return comparePointers(checker, operator, left, right, span, at);
  }
  const pointer = leftPointee === undefined ? right : left;
  const other = leftPointee === undefined ? left : right;
  if (pointeeOf(pointer.type) === undefined || !isInteger(other.type)) {
    return invalidOperands(checker, left, right, at);
  }
  if (!checker.constants.isNullPointerConstant(other)) {
    const isOrdered = operator !== '==' && operator !== '!=';
    const code = isOrdered ? 'ordered-pointer-integer-comparison' : 'pointer-integer-comparison';
    checker.report(code, at, [quoteType(left.type), quoteType(right.type)]);
  }
  const converted = convertTo(checker, other, pointer.type);
  return pointer === left
    ? makeBinary(operator, left, converted, intType, span)
    : makeBinary(operator, converted, right, intType, span);
}

function comparePointers(
  checker: Checker,
  operator: ComparisonOperator,
  left: TypedExpression,
  right: TypedExpression,
  span: Span,
  at: Span,
): TypedExpression {
  const a = pointeeOf(left.type) ?? voidType;
  const b = pointeeOf(right.type) ?? voidType;
  const { constants } = checker;
  const isNull = constants.isNullPointerConstant(left) || constants.isNullPointerConstant(right);
  const isGeneric = isVoid(a) || isVoid(b) || compatibleUnqualifiedTypes(a, b);
  if (!isGeneric && !isNull) {
    const bothFunctions = isFunction(a) && isFunction(b);
    const code = bothFunctions ? 'distinct-function-comparison' : 'distinct-pointer-comparison';
    checker.report(code, at, [quoteType(left.type), quoteType(right.type)]);
  }
  if (compatibleUnqualifiedTypes(a, b) && addressSpaceOf(a) === addressSpaceOf(b)) {
    return makeBinary(operator, left, convertTo(checker, right, left.type), intType, span);
  }
  if (isNull && constants.isNullPointerConstant(left)) {
    return makeBinary(operator, convertTo(checker, left, right.type), right, intType, span);
  }
  return makeBinary(operator, left, convertTo(checker, right, left.type), intType, span);
}
