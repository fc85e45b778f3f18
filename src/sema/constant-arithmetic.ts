/**
 * Arithmetic on constant values by C's operators: integers through `evalAlu`, floating values as doubles.
 */

import { unreachable } from '../support/bug.ts';
import { type AluOperation, type ComparePredicate, evalAlu, evalCompare } from '../support/eval-alu.ts';
import { type IntegerType, pointerSize } from '../types/types.ts';
import { wrapInteger } from './factories.ts';
import type { ArithmeticOperator, ComparisonOperator } from './typed-tree.ts';

const pointerWidth = pointerSize * 8;

const unsignedOperations: Readonly<Record<ArithmeticOperator, AluOperation>> = {
  '*': 'mul',
  '/': 'udiv',
  '%': 'urem',
  '+': 'add',
  '-': 'sub',
  '<<': 'shl',
  '>>': 'lshr',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
};
const signedOperations: Readonly<Record<ArithmeticOperator, AluOperation>> = {
  ...unsignedOperations,
  '/': 'sdiv',
  '%': 'srem',
  '>>': 'ashr',
};
const unsignedPredicates: Readonly<Record<ComparisonOperator, ComparePredicate>> = {
  '<': 'ult',
  '>': 'ugt',
  '<=': 'ule',
  '>=': 'uge',
  '==': 'eq',
  '!=': 'ne',
};
const signedPredicates: Readonly<Record<ComparisonOperator, ComparePredicate>> = {
  ...unsignedPredicates,
  '<': 'slt',
  '>': 'sgt',
  '<=': 'sle',
  '>=': 'sge',
};

export function isComparison(
  operator: ArithmeticOperator | ComparisonOperator,
): operator is ComparisonOperator {
  return operator in unsignedPredicates;
}

/** `left operator right` on values of `type`; undefined for division by zero and overflowing division. */
export function foldIntegers(
  operator: ArithmeticOperator,
  type: IntegerType,
  left: bigint,
  right: bigint,
): bigint | undefined {
  if (operator === '/' || operator === '%') {
    if (right === 0n) return undefined;
    if (type.signed && right === -1n && left === -(1n << BigInt(type.size * 8 - 1))) return undefined;
  }
  const operation = (type.signed ? signedOperations : unsignedOperations)[operator];
  return wrapInteger(evalAlu(operation, type.size * 8, left, right), type);
}

export function foldFloats(operator: ArithmeticOperator, left: number, right: number): number | undefined {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    default:
      return undefined;
  }
}

export function compareFloats(operator: ComparisonOperator, left: number, right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    default:
      return unreachable(operator, 'comparison');
  }
}

/** The integer part of a floating value; out of range (undefined in 6.3.1.4 p1) the nearest value, as clang folds it. */
export function truncateFloat(value: number, type: IntegerType): bigint {
  if (Number.isNaN(value)) return 0n;
  const width = BigInt(type.size * 8);
  const highest = (1n << (type.signed ? width - 1n : width)) - 1n;
  const lowest = type.signed ? -highest - 1n : 0n;
  if (!Number.isFinite(value)) return value > 0 ? highest : lowest;
  const whole = BigInt(Math.trunc(value));
  return whole > highest ? highest : whole < lowest ? lowest : whole;
}

/** Compares values of an integer type, or addresses (without a type: unsigned). */
export function compareIntegers(
  operator: ComparisonOperator,
  type: IntegerType | undefined,
  left: bigint,
  right: bigint,
): boolean {
  const width = type === undefined ? pointerWidth : type.size * 8;
  const predicate = (type?.signed ? signedPredicates : unsignedPredicates)[operator];
  return evalCompare(predicate, width, left, right);
}

/** Compares offsets into one object. */
export function compareOffsets(operator: ComparisonOperator, left: bigint, right: bigint): boolean {
  return evalCompare(signedPredicates[operator], pointerWidth, left, right);
}
