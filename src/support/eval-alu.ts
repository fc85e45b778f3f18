/**
 * The one evaluator of integer arithmetic at compile time: sema's constants, the passes' folding and the IR's tests
 * all come here. (The machine has its own loop on purpose; a test compares the two for every operation.)
 *
 * Values are bit patterns: bigints in 0 .. 2^width-1. Division by zero gives 0 and modulo by zero the dividend, shift
 * amounts are taken modulo the width, as RFC 9669 section 4.1 defines them for BPF; C's undefined cases are
 * diagnosed by the callers that care.
 */

export type AluOperation =
  | 'add'
  | 'sub'
  | 'mul'
  | 'udiv'
  | 'sdiv'
  | 'urem'
  | 'srem'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'lshr'
  | 'ashr';

export type ComparePredicate = 'eq' | 'ne' | 'ult' | 'ule' | 'ugt' | 'uge' | 'slt' | 'sle' | 'sgt' | 'sge';

/** The bit pattern of `value` in `width` bits. */
export function toUnsigned(value: bigint, width: number): bigint {
  return BigInt.asUintN(width, value);
}

/** The two's complement value of a bit pattern. */
export function toSigned(value: bigint, width: number): bigint {
  return BigInt.asIntN(width, value);
}

function signedDivision(a: bigint, b: bigint, width: number, wantRemainder: boolean): bigint {
  const dividend = toSigned(a, width);
  const divisor = toSigned(b, width);
  if (divisor === 0n) return wantRemainder ? dividend : 0n;
  return wantRemainder ? dividend % divisor : dividend / divisor;
}

/** `a operation b` on `width`-bit patterns; the result is a `width`-bit pattern. */
export function evalAlu(operation: AluOperation, width: number, a: bigint, b: bigint): bigint {
  const left = toUnsigned(a, width);
  const right = toUnsigned(b, width);
  const amount = right & BigInt(width - 1);
  switch (operation) {
    case 'add':
      return toUnsigned(left + right, width);
    case 'sub':
      return toUnsigned(left - right, width);
    case 'mul':
      return toUnsigned(left * right, width);
    case 'udiv':
      return right === 0n ? 0n : left / right;
    case 'sdiv':
      return toUnsigned(signedDivision(left, right, width, false), width);
    case 'urem':
      return right === 0n ? left : left % right;
    case 'srem':
      return toUnsigned(signedDivision(left, right, width, true), width);
    case 'and':
      return left & right;
    case 'or':
      return left | right;
    case 'xor':
      return left ^ right;
    case 'shl':
      return toUnsigned(left << amount, width);
    case 'lshr':
      return left >> amount;
    case 'ashr':
      return toUnsigned(toSigned(left, width) >> amount, width);
    default:
      return operation satisfies never;
  }
}

/** `a predicate b` on `width`-bit patterns. */
export function evalCompare(predicate: ComparePredicate, width: number, a: bigint, b: bigint): boolean {
  const isSigned = predicate.startsWith('s');
  const left = isSigned ? toSigned(a, width) : toUnsigned(a, width);
  const right = isSigned ? toSigned(b, width) : toUnsigned(b, width);
  switch (predicate) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'ult':
    case 'slt':
      return left < right;
    case 'ule':
    case 'sle':
      return left <= right;
    case 'ugt':
    case 'sgt':
      return left > right;
    case 'uge':
    case 'sge':
      return left >= right;
    default:
      return predicate satisfies never;
  }
}
