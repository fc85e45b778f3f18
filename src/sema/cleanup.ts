/**
 * The `cleanup` attribute (GNU C): function and variable -> the call `function(&variable)` that lowering makes wherever the
 * variable's scope is left. The argument is converted as for any call; a result is dropped.
 */

import type { Name } from '../parser/ast.ts';
import type { DeclarationContext } from './declaration-context.ts';
import {
  isErrorType,
  makeAddressOf,
  makeCall,
  makeFunctionReference,
  makeObjectReference,
} from './factories.ts';
import { unqualifiedType } from './type-queries.ts';
import type { ObjectSymbol, TypedExpression } from './typed-tree.ts';

/** Undefined after a diagnostic. */
export function cleanupCall(
  cx: DeclarationContext,
  symbol: ObjectSymbol,
  name: Name,
): TypedExpression | undefined {
  const { sema } = cx;
  const { text, span } = name;
  const target = sema.lookupOrdinary(text, span);
  if (target?.kind !== 'function') {
    if (target === undefined) sema.diagnostics.report('undeclared-identifier', span, [text]);
    else sema.diagnostics.report('cleanup-not-function', span, [text]);
    return undefined;
  }
  const { parameters, isPrototype, returns } = target.type;
  const [parameter] = parameters;
  if (isPrototype && parameters.length !== 1) {
    sema.diagnostics.report('cleanup-parameter-count', span, [text]);
    return undefined;
  }
  if (isErrorType(symbol.type)) return undefined;
  sema.markReferenced(target);
  const address = makeAddressOf(makeObjectReference(symbol, span), span);
  const context = { kind: 'argument', index: 0, callee: text } as const;
  const argument =
    parameter === undefined ? address : sema.convertForAssignment(address, parameter.type, context);
  return makeCall(makeFunctionReference(target, span), [argument], unqualifiedType(returns), span);
}
