/**
 * `__builtin_elementwise_*` of integers, `__builtin_bswapg`, and the checked forms of memory functions (`__builtin___memcpy_chk`).
 *
 * Operands of any integer type become operands of one row of the builtin table; their type decides about width and sign.
 */

import { voidType } from '../types/types.ts';
import {
  type BuiltinCall,
  convertArgument,
  type Handler,
  plainInteger,
  rejectArgument,
  rvaluesOf,
} from './builtin-calls.ts';
import type { Checker } from './checker.ts';
import { convertTo, promote, unsignedOf, usualArithmetic } from './conversions.ts';
import { makeBuiltin } from './factories.ts';
import { unqualifiedType } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';

/** The arguments when there are `count` of them and all are integers other than _Bool. */
function integersOf(
  checker: Checker,
  call: BuiltinCall,
  count: number,
): readonly TypedExpression[] | undefined {
  const values = rvaluesOf(checker, call, count);
  const wrong = values?.findIndex((value) => plainInteger(value) === undefined) ?? -1;
  const value = values?.[wrong];
  return value === undefined ? values : rejectArgument(checker, call, wrong, 'an integer', value);
}

/** max, min, add_sat, sub_sat: the operands are brought to their common type. */
const elementwisePair: Handler = (checker, call) => {
  const [first, second] = integersOf(checker, call, 2) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const { left, right, type } = usualArithmetic(checker, first, second);
  return makeBuiltin(call.canonical, [left, right], type, call.span);
};

/** abs, popcount, bitreverse: the result has the promoted operand's type. */
const elementwiseSingle: Handler = (checker, call) => {
  const [value] = integersOf(checker, call, 1) ?? [];
  if (value === undefined) return undefined;
  const operand = promote(checker, value);
  const type = plainInteger(operand);
  if (type === undefined) return undefined;
  if (call.canonical === 'abs') {
    return type.signed ? makeBuiltin('abs', [operand], operand.type, call.span) : operand;
  }
  const bits = convertTo(checker, operand, unsignedOf(type));
  return convertTo(checker, makeBuiltin(call.canonical, [bits], bits.type, call.span), operand.type);
};

const swapCanonical: Readonly<Record<number, string>> = {
  2: 'bswap16',
  4: 'bswap32',
  8: 'bswap64',
  16: 'bswap128',
};

/** bswapg: the operand's own width counts. */
const bswapGeneric: Handler = (checker, call) => {
  const [value] = integersOf(checker, call, 1) ?? [];
  const type = value && plainInteger(value);
  if (value === undefined || type === undefined) return undefined;
  const canonical = swapCanonical[type.size];
  if (canonical === undefined) return convertTo(checker, value, type);
  const bits = convertTo(checker, value, unsignedOf(type));
  return convertTo(checker, makeBuiltin(canonical, [bits], bits.type, call.span), type);
};

/** The last argument is the size of the object that the compiler knows: nothing is left to check at run time. */
const checkedMemory: Handler = (checker, call) => {
  const parameters = call.prototype?.parameters ?? [];
  const values = rvaluesOf(checker, call, parameters.length);
  const args = values?.flatMap((value, index) => {
    const parameter = parameters[index];
    return (parameter && convertArgument(checker, call, index, value, parameter.type)) ?? [];
  });
  if (args === undefined || args.length !== parameters.length) return undefined;
  const type = unqualifiedType(call.prototype?.returns ?? voidType);
  return makeBuiltin(call.canonical, args.slice(0, -1), type, call.span);
};

export const elementwiseHandlers = {
  elementwisePair,
  elementwiseSingle,
  bswapGeneric,
  checkedMemory,
} as const;
