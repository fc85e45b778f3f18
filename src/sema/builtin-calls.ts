/**
 * What the handlers of builtins share: the call being checked, its arguments counted and converted.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { Call, Expression, TypeName } from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import { type CType, type FunctionType, type IntegerType, integerTypeOf } from '../types/types.ts';
import type { BuiltinHandler } from './builtin-table.ts';
import type { Checker } from './checker.ts';
import { isError, makeInteger } from './factories.ts';
import type { IntegerConstant, TypedExpression } from './typed-tree.ts';

/** A call of a builtin that a handler types. */
export interface BuiltinCall {
  /** As the programmer wrote it. */
  readonly name: string;
  /** The name that a `Builtin` node gets. */
  readonly canonical: string;
  readonly prototype: FunctionType | undefined;
  readonly node: Call;
  readonly span: Span;
}

/** Types one call; undefined after a diagnostic. */
export type Handler = (checker: Checker, call: BuiltinCall) => TypedExpression | undefined;
export type HandlerTable<K extends BuiltinHandler> = Readonly<Record<K, Handler>>;

export function isTypeName(argument: Expression | TypeName): argument is TypeName {
  return argument.kind === 'TypeName';
}

/** The arguments when their number is right. */
export function argumentsOf(
  checker: Checker,
  call: BuiltinCall,
  least: number,
  most = least,
): readonly Expression[] | undefined {
  const { args, span } = call.node;
  const wanted = least === most ? String(least) : `at least ${least}`;
  if (args.length < least) {
    checker.report('too-few-arguments-call', span, [wanted, String(args.length)]);
    return undefined;
  }
  if (args.length > most) {
    checker.report('too-many-arguments-call', args[most]?.span ?? span, [String(most), String(args.length)]);
    return undefined;
  }
  const expressions = args.flatMap((argument) => (isTypeName(argument) ? [] : [argument]));
  if (expressions.length === args.length) return expressions;
  checker.report('type-as-argument', args.find(isTypeName)?.span ?? span);
  return undefined;
}

/** As {@link argumentsOf}, checked to rvalues; undefined when one of them is wrong. */
export function rvaluesOf(
  checker: Checker,
  call: BuiltinCall,
  least: number,
  most = least,
): readonly TypedExpression[] | undefined {
  const values = argumentsOf(checker, call, least, most)?.map((argument) => checker.rvalue(argument));
  return values === undefined || values.some(isError) ? undefined : values;
}

/** Says what an argument (counted from 0) should be. */
export function rejectArgument(
  checker: Checker,
  call: BuiltinCall,
  index: number,
  wanted: string,
  value: TypedExpression,
): undefined {
  checker.report('builtin-argument-type', value.span, [
    String(index + 1),
    call.name,
    wanted,
    quoteType(value.type),
  ]);
  return undefined;
}

/** Converts an argument (counted from 0) as if by assignment to a parameter. */
export function convertArgument(
  checker: Checker,
  call: BuiltinCall,
  index: number,
  value: TypedExpression,
  type: CType,
): TypedExpression | undefined {
  const converted = checker.assign(value, type, { kind: 'argument', index, callee: call.name });
  return isError(converted) ? undefined : converted;
}

/** An argument that must be an integer constant from `low` to `high`. */
export function constantArgument(
  checker: Checker,
  call: BuiltinCall,
  argument: Expression,
  index: number,
  low: bigint,
  high: bigint,
): IntegerConstant | undefined {
  const constant = checker.sema.integerConstant(argument, `argument ${index + 1} of '${call.name}'`);
  if (constant === undefined) return undefined;
  if (constant.value < low || constant.value > high) {
    const args = [String(constant.value), String(low), String(high), call.name];
    checker.report('builtin-argument-range', argument.span, args);
    return undefined;
  }
  return makeInteger(constant.value, constant.type, argument.span);
}

/** The integer type of a value; undefined for others and, on request, for _Bool. */
export function plainInteger(value: TypedExpression): IntegerType | undefined {
  const type = integerTypeOf(value.type);
  return type === undefined || type.rank === 0 ? undefined : type;
}
