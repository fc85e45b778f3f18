/**
 * What the files of builtins share: the shape of a handler and the arguments of a call.
 */

import type { ValueId } from '../ir/func.ts';
import { Type } from '../ir/types.ts';
import type { BuiltinExpression, TypedExpression } from '../sema/typed-tree.ts';
import { bug } from '../support/bug.ts';
import type { Lowering } from './lowering.ts';
import { isVoid, scalarType } from './value-types.ts';

/** What a builtin becomes: its value. */
export type Handler = (lowering: Lowering, call: BuiltinExpression) => ValueId;

/** Argument `index`, which sema made sure of. */
export function argument(call: BuiltinExpression, index: number): TypedExpression {
  return call.args[index] ?? bug(`builtin ${call.name} without argument ${index}`);
}

export function argumentValue(lowering: Lowering, call: BuiltinExpression, index: number): ValueId {
  return lowering.value(argument(call, index));
}

export function resultType(call: BuiltinExpression): Type {
  return isVoid(call.type)
    ? Type.void
    : (scalarType(call.type) ?? bug(`builtin ${call.name} of no scalar type`));
}

/** The value of a call that has none. */
export function noValue(lowering: Lowering): ValueId {
  return lowering.builder.undef(Type.i64);
}

/** A constant argument's value. */
export function constantArgument(call: BuiltinExpression, index: number): bigint | undefined {
  let at = call.args[index];
  while (at?.kind === 'Convert') at = at.operand;
  return at?.kind === 'IntegerConstant' ? at.value : undefined;
}
