/**
 * Calls of builtins: prototypes are checked as for any function, the rest is up to the handlers of the table's rows.
 */

import type { Call } from '../parser/ast.ts';
import { longType, voidType } from '../types/types.ts';
import { atomicHandlers } from './atomic-builtins.ts';
import {
  type BuiltinCall,
  convertArgument,
  type Handler,
  type HandlerTable,
  rvaluesOf,
} from './builtin-calls.ts';
import { prototypeOf } from './builtin-prototypes.ts';
import type { BuiltinHandler, BuiltinRow } from './builtin-table.ts';
import type { Checker } from './checker.ts';
import { convertTo, promoteArgument } from './conversions.ts';
import { elementwiseHandlers } from './elementwise-builtins.ts';
import {
  isError,
  makeBuiltin,
  makeCall,
  makeError,
  makeFunctionReference,
  makeInteger,
  makePointerArithmetic,
} from './factories.ts';
import { generalHandlers } from './general-builtins.ts';
import { relocationHandlers } from './relocation-builtins.ts';
import { unqualifiedType } from './type-queries.ts';
import type { BuiltinExpression, TypedExpression } from './typed-tree.ts';

/** Arguments converted to the prototype; those past it are promoted. */
function prototypedArguments(checker: Checker, call: BuiltinCall): readonly TypedExpression[] | undefined {
  const { parameters = [], isVariadic = false } = call.prototype ?? {};
  const most = isVariadic ? Number.POSITIVE_INFINITY : parameters.length;
  const values = rvaluesOf(checker, call, parameters.length, most);
  const args = values?.flatMap((value, index) => {
    const parameter = parameters[index];
    if (parameter === undefined) return promoteArgument(checker, value);
    return convertArgument(checker, call, index, value, parameter.type) ?? [];
  });
  return args?.length === values?.length ? args : undefined;
}

/** A call with a fixed prototype: a `Builtin` node with converted arguments. */
const prototyped: Handler = (checker, call) => {
  const args = prototypedArguments(checker, call);
  const type = unqualifiedType(call.prototype?.returns ?? voidType);
  return args && makeBuiltin(call.canonical, args, type, call.span);
};

/** What a search in a literal finds: a pointer so many bytes past the one that was given, or null. */
function placeInString(
  checker: Checker,
  { args: [pointer], type, span }: BuiltinExpression,
  place: bigint,
): TypedExpression | undefined {
  if (pointer === undefined) return undefined;
  if (place < 0n) return convertTo(checker, makeInteger(0n, longType, span), type);
  const found = makePointerArithmetic('+', pointer, makeInteger(place, longType, span), 1, span);
  return convertTo(checker, found, type, true);
}

/** A library function: folded, a call of the function where the program declares it, else a `Builtin` node. */
const libraryCall: Handler = (checker, call) => {
  const builtin = prototyped(checker, call);
  if (builtin?.kind !== 'Builtin') return builtin;
  const { args, type, span } = builtin;
  const value = checker.constants.integer(builtin);
  if (value !== undefined) return makeInteger(value, type, span);
  const place = checker.constants.stringSearch(builtin);
  if (place !== undefined) return placeInString(checker, builtin, place);
  const symbol = checker.sema.lookupOrdinary(call.name.replace(/^__builtin_/, ''), span);
  if (symbol?.kind !== 'function') return builtin;
  checker.markReferenced(symbol);
  return makeCall(makeFunctionReference(symbol, span), args, unqualifiedType(symbol.type.returns), span);
};

const handlers: HandlerTable<BuiltinHandler> = {
  ...generalHandlers,
  ...elementwiseHandlers,
  ...atomicHandlers,
  ...relocationHandlers,
  libraryCall,
};

/** Checks a call of the builtin that a row of the table describes. */
export function checkBuiltinCall(
  checker: Checker,
  name: string,
  row: BuiltinRow,
  node: Call,
): TypedExpression {
  const { span } = node;
  if (row.how === 'unsupported') {
    checker.sema.reportTargetLimit('unavailable-builtin', span, [name, row.reason]);
    return makeError(span);
  }
  const isScoped = name.startsWith('__scoped_');
  const args = isScoped ? node.args.slice(0, -1) : node.args;
  const call: BuiltinCall = {
    name,
    canonical: row.canonical,
    prototype: prototypeOf(row),
    node: { ...node, args },
    span,
  };
  const result = row.how === 'node' ? prototyped(checker, call) : handlers[row.handler](checker, call);
  if (result === undefined || isError(result)) return makeError(span);
  return result;
}
