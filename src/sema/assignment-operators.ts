/**
 * Assignment, compound assignment, increment and decrement (C11 6.5.16, 6.5.2.4, 6.5.3.1).
 *
 * Compound forms evaluate their target once: the new value is an ordinary expression over a `Reused` of the target.
 * On an _Atomic object they are the atomic builtins (6.5.16.2 p3).
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { Assignment, BinaryOperator, Unary } from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import { intType, isInteger, isScalar, qualifiersOf } from '../types/types.ts';
import { warnIfTruncated } from './assignment-conversion.ts';
import type { Checker } from './checker.ts';
import { convertTo, decay, sourceBitField } from './conversions.ts';
import {
  isError,
  makeAddressOf,
  makeAssignment,
  makeBuiltin,
  makeCompoundAssignment,
  makeError,
  makeInteger,
  makeReused,
} from './factories.ts';
import { checkModifiable } from './lvalues.ts';
import { combine } from './operators.ts';
import { isRecord, pointeeOf, unqualifiedType } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';
import { vectorType } from './vectors.ts';

const sequentiallyConsistent = 5n;

/** Operators that exist as read-modify-write atomics. */
const atomicNames: Readonly<Partial<Record<BinaryOperator, string>>> = {
  '+': 'add',
  '-': 'sub',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
};

const binaryOperators: Readonly<Record<string, BinaryOperator>> = {
  '*=': '*',
  '/=': '/',
  '%=': '%',
  '+=': '+',
  '-=': '-',
  '<<=': '<<',
  '>>=': '>>',
  '&=': '&',
  '^=': '^',
  '|=': '|',
};

export function checkAssignment(checker: Checker, node: Assignment): TypedExpression {
  const target = checker.check(node.target);
  const value = checker.rvalue(node.value);
  const operator = binaryOperators[node.operator];
  if (operator !== undefined)
    return compound(checker, operator, target, value, node.span, node.operatorSpan, 'new');
  if (!checkModifiable(checker, target, node.operatorSpan)) return makeError(node.span);
  if (isError(value)) return makeError(node.span);
  const width = sourceBitField(target)?.bitWidth;
  const converted = checker.assign(value, target.type, { kind: 'assign' });
  if (isError(converted)) return makeError(node.span);
  if (width !== undefined) warnIfTruncated(checker, value, width, target.type);
  return makeAssignment(target, converted, unqualifiedType(target.type), node.span);
}

export function checkIncrement(checker: Checker, node: Unary): TypedExpression {
  const target = checker.check(node.operand);
  if (isError(target)) return makeError(node.span);
  const isIncrement = node.operator === '++' || node.operator === 'post++';
  if (!isScalar(target.type)) {
    const verb = isIncrement ? 'increment' : 'decrement';
    return checker.fail('cannot-increment', node.span, [verb, quoteType(target.type)]);
  }
  const one = makeInteger(1n, intType, node.span);
  const isPostfix = node.operator === 'post++' || node.operator === 'post--';
  return compound(
    checker,
    isIncrement ? '+' : '-',
    target,
    one,
    node.span,
    node.span,
    isPostfix ? 'old' : 'new',
  );
}

/** `target operator= value`; yields the old or the new value. */
function compound(
  checker: Checker,
  operator: BinaryOperator,
  target: TypedExpression,
  value: TypedExpression,
  span: Span,
  at: Span,
  yields: 'old' | 'new',
): TypedExpression {
  if (!checkModifiable(checker, target, at) || isError(value)) return makeError(span);
  const type = unqualifiedType(target.type);
  if (isRecord(type) || (pointeeOf(type) !== undefined && pointeeOf(value.type) !== undefined)) {
    return checker.fail('invalid-operands', at, [quoteType(target.type), quoteType(value.type)]);
  }
  const name = atomicNames[operator];
  if (name !== undefined && qualifiersOf(target.type).isAtomic && isInteger(type) && isInteger(value.type)) {
    const order = makeInteger(sequentiallyConsistent, intType, span);
    const full = yields === 'old' ? `atomic_fetch_${name}` : `atomic_${name}_fetch`;
    return makeBuiltin(
      full,
      [makeAddressOf(target, span), convertTo(checker, value, type), order],
      type,
      span,
    );
  }
  const old = decay(checker, makeReused(target));
  const result = combine(checker, operator, old, value, span, at);
  if (isError(result)) return makeError(span);
  const stored = vectorType(type) === undefined ? convertTo(checker, result, type) : result;
  if (isError(stored)) {
    return checker.fail('invalid-operands', at, [quoteType(target.type), quoteType(value.type)]);
  }
  return makeCompoundAssignment(target, stored, yields === 'old', type, span);
}
