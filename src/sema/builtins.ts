/**
 * Calls of builtins: prototypes are checked as for any function, the rest is up to the handlers of the table's rows.
 */

import type { Call } from '../parser/ast.ts';
import { atomicHandlers } from './atomic-builtins.ts';
import { type BuiltinCall, convertArgument, type HandlerTable, rvaluesOf } from './builtin-calls.ts';
import { prototypeOf } from './builtin-prototypes.ts';
import type { BuiltinHandler, BuiltinRow } from './builtin-table.ts';
import type { Checker } from './checker.ts';
import { isError, makeBuiltin, makeError, makeInteger } from './factories.ts';
import { generalHandlers } from './general-builtins.ts';
import { relocationHandlers } from './relocation-builtins.ts';
import { unqualifiedType } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';

const handlers: HandlerTable<BuiltinHandler> = {
  ...generalHandlers,
  ...atomicHandlers,
  ...relocationHandlers,
};

/** Builtins whose value is folded when their operand is constant. */
const foldable: ReadonlySet<string> = new Set(['strlen']);

/** A call with a fixed prototype: a `Builtin` node with converted arguments. */
function checkPrototyped(checker: Checker, call: BuiltinCall): TypedExpression | undefined {
  const { prototype } = call;
  if (prototype === undefined) return undefined;
  const { parameters, returns } = prototype;
  const values = rvaluesOf(checker, call, parameters.length);
  const args = values?.flatMap((value, index) => {
    const parameter = parameters[index];
    return parameter === undefined
      ? []
      : (convertArgument(checker, call, index, value, parameter.type) ?? []);
  });
  if (args?.length !== parameters.length) return undefined;
  const result = makeBuiltin(call.canonical, args, unqualifiedType(returns), call.span);
  if (!foldable.has(call.canonical)) return result;
  const value = checker.constants.integer(result);
  return value === undefined ? result : makeInteger(value, result.type, call.span);
}

/** Checks a call of the builtin that a row of the table describes. */
export function checkBuiltinCall(
  checker: Checker,
  name: string,
  row: BuiltinRow,
  node: Call,
): TypedExpression {
  const { span } = node;
  if (row.how === 'unsupported') return checker.fail('unavailable-builtin', span, [name, row.reason]);
  const call: BuiltinCall = { name, canonical: row.canonical, prototype: prototypeOf(row), node, span };
  const result = row.how === 'node' ? checkPrototyped(checker, call) : handlers[row.handler](checker, call);
  if (result === undefined || isError(result)) return makeError(span);
  return result;
}
