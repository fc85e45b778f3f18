/**
 * Operators on vectors (GCC manual 6.55, "Using Vector Instructions through Built-in Functions"): element by element.
 *
 * The result is a `Lanes` node: the operands and one expression that computes an element of the result from the elements of the
 * operands, which stand in it as `Reused`. So the rules for elements are those for scalars; the element is then converted
 * to the result's type. A scalar operand counts for all elements.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { BinaryOperator } from '../parser/ast.ts';
import {
  type CType,
  canonical,
  type IntegerType,
  intType,
  isArithmetic,
  longType,
  pointerTo,
  shortType,
  signedCharType,
  sizeOf,
  type VectorType,
} from '../types/types.ts';
import type { Checker } from './checker.ts';
import { isComparison } from './constant-arithmetic.ts';
import { convertTo, promote } from './conversions.ts';
import {
  isError,
  makeAddressOf,
  makeConvert,
  makeDereference,
  makeError,
  makeReused,
  makeUnary,
} from './factories.ts';
import { unqualifiedType } from './type-queries.ts';
import type { LanesExpression, TypedExpression } from './typed-tree.ts';

export function vectorType(type: CType): VectorType | undefined {
  const at = canonical(type);
  return at.kind === 'vector' ? at : undefined;
}

/** How two elements are combined: the rules of scalars. */
type Combine = (left: TypedExpression, right: TypedExpression) => TypedExpression;

const maskTypes: readonly IntegerType[] = [signedCharType, shortType, intType, longType];

/** What a comparison gives: integers as wide as the elements, -1 for true. */
function maskType(type: VectorType): VectorType | undefined {
  const element = maskTypes.find((candidate) => candidate.size === sizeOf(type.element));
  return element && { kind: 'vector', element, length: type.length };
}

function elementOf(operand: TypedExpression, type: CType): TypedExpression {
  return { ...makeReused(operand), type: unqualifiedType(type), isLvalue: false };
}

function makeLanes(
  operands: readonly TypedExpression[],
  lane: TypedExpression,
  type: CType,
  span: Span,
): LanesExpression {
  return { kind: 'Lanes', span, type, isLvalue: false, operands, lane };
}

/** `left operator right` where one is a vector; undefined where the operands do not fit. */
export function combineVectors(
  checker: Checker,
  operator: Exclude<BinaryOperator, '&&' | '||'>,
  left: TypedExpression,
  right: TypedExpression,
  span: Span,
  combine: Combine,
): TypedExpression | undefined {
  const [a, b] = [vectorType(left.type), vectorType(right.type)];
  const type = a ?? b;
  if (type === undefined) return undefined;
  if (a !== undefined && b !== undefined) {
    if (a.length !== b.length || sizeOf(a.element) !== sizeOf(b.element)) return undefined;
  }
  const sides = [left, right].map((operand) => {
    const vector = vectorType(operand.type);
    if (vector !== undefined) return { operand, element: elementOf(operand, vector.element) };
    if (!isArithmetic(operand.type)) return undefined;
    const scalar = convertTo(checker, operand, unqualifiedType(type.element));
    return { operand: scalar, element: elementOf(scalar, scalar.type) };
  });
  const [first, second] = sides;
  if (first === undefined || second === undefined) return undefined;
  const combined = combine(first.element, second.element);
  if (isError(combined)) return makeError(span);
  const result = isComparison(operator) ? maskType(type) : type;
  if (result === undefined) return undefined;
  const lane = isComparison(operator) ? makeUnary('-', combined, combined.type, span) : combined;
  const converted = convertTo(checker, lane, unqualifiedType(result.element));
  return makeLanes(
    [first.operand, second.operand],
    converted,
    isComparison(operator) ? result : (a ? left : right).type,
    span,
  );
}

/** `-v`, `~v`. */
export function unaryVector(
  checker: Checker,
  operator: '-' | '~',
  operand: TypedExpression,
  span: Span,
): TypedExpression | undefined {
  const type = vectorType(operand.type);
  if (type === undefined) return undefined;
  const element = promote(checker, elementOf(operand, type.element));
  const lane = makeUnary(operator, element, element.type, span);
  return makeLanes([operand], convertTo(checker, lane, unqualifiedType(type.element)), operand.type, span);
}

/** The address of a vector's elements, which lie in memory as those of an array do. */
export function addressOfElements(vector: TypedExpression): TypedExpression | undefined {
  const type = vectorType(vector.type);
  if (type === undefined) return undefined;
  return makeConvert('pointer', makeAddressOf(vector, vector.span), pointerTo(type.element));
}

/** A cast between a vector and something of its size: the same bytes. */
export function castVector(value: TypedExpression, type: CType, span: Span): TypedExpression | undefined {
  if (sizeOf(value.type) !== sizeOf(type)) return undefined;
  const plain = unqualifiedType(type);
  const isFromVector = vectorType(value.type) !== undefined;
  if (isFromVector && vectorType(type) !== undefined) return makeConvert('no-op', value, plain, true);
  if (!isFromVector) return makeConvert('to-union', value, plain, true);
  const pointer = makeConvert('pointer', makeAddressOf(value, span), pointerTo(plain));
  return makeConvert('lvalue-to-rvalue', makeDereference(pointer, span), plain, true);
}
