/**
 * Function bodies (C11 6.9.1): statements, labels, and the warnings that need the whole function.
 */

import type { FunctionDefinition } from '../parser/ast.ts';
import type { Checker } from './checker.ts';
import { mayHaveEffects } from './effects.ts';
import { isError, makeDiscarded } from './factories.ts';
import { FunctionState } from './function-state.ts';
import { canReachEnd, hasReturn } from './reachability.ts';
import { checkItems } from './statements.ts';
import { isVoid } from './type-queries.ts';
import type {
  CompoundStatementNode,
  FunctionSymbol,
  ObjectSymbol,
  TypedFunction,
  TypedStatement,
} from './typed-tree.ts';

const usedAttributes: ReadonlySet<string> = new Set(['unused', 'maybe_unused', 'used', 'cleanup']);

function warnAboutLocals(checker: Checker, state: FunctionState): void {
  if (!checker.sema.options.warnings.all) return;
  for (const { symbol, attributes } of state.locals) {
    const isExcused = attributes.some((row) => usedAttributes.has(row.name));
    if (!isExcused && !state.referenced.has(symbol))
      checker.report('unused-variable', symbol.span, [symbol.name]);
  }
}

function warnAboutReturn(checker: Checker, state: FunctionState, body: CompoundStatementNode): void {
  const { symbol } = state;
  if (symbol.isNaked) return;
  const { items, endSpan } = body;
  if (symbol.isNoreturn || symbol.type.isNoreturn) {
    if (canReachEnd(checker, items)) checker.report('noreturn-returns', endSpan, [symbol.name]);
    return;
  }
  if (isVoid(state.returnType) || !canReachEnd(checker, items)) return;
  checker.report(hasReturn(items) ? 'may-not-return-value' : 'does-not-return-value', endSpan);
}

/** Sizes of array parameters are evaluated on entry (6.9.1 p10), which only effects tell. */
function parameterSizes(checker: Checker, definition: FunctionDefinition): readonly TypedStatement[] {
  const list = definition.declarator.chunks.find((chunk) => chunk.kind === 'FunctionChunk');
  const statements: TypedStatement[] = [];
  for (const { declarator } of list?.parameters ?? []) {
    const [outermost] = declarator.chunks;
    if (outermost?.kind !== 'ArrayChunk' || outermost.size === undefined) continue;
    if (outermost.size.kind === 'NumberLiteral') continue;
    const size = checker.rvalue(outermost.size);
    if (isError(size) || !mayHaveEffects(size)) continue;
    statements.push({ kind: 'Expression', span: size.span, expression: makeDiscarded(size) });
  }
  return statements;
}

export function checkFunctionBody(
  checker: Checker,
  definition: FunctionDefinition,
  symbol: FunctionSymbol,
  parameters: readonly ObjectSymbol[],
): TypedFunction {
  const outer = checker.function;
  const state = new FunctionState(symbol);
  checker.function = state;
  const errorsBefore = checker.sema.diagnostics.errorCount;
  const parsed = checker.sema.parseBody(definition);
  if (parsed.localLabels.length > 0) state.openLabels(parsed.localLabels);
  // The outermost block shares the scope of the parameters (6.2.1 p4).
  const items = [...parameterSizes(checker, definition), ...checkItems(checker, parsed.items)];
  if (parsed.localLabels.length > 0) state.closeLabels(checker.sema.diagnostics);
  state.checkJumps(checker.sema.diagnostics);
  state.closeLabels(checker.sema.diagnostics);
  checker.function = outer;
  const body: CompoundStatementNode = { kind: 'Compound', span: parsed.span, items, endSpan: parsed.endSpan };
  if (checker.sema.diagnostics.errorCount === errorsBefore) {
    warnAboutReturn(checker, state, body);
    warnAboutLocals(checker, state);
  }
  const span = definition.declarator.name?.span ?? definition.declarator.span;
  return { symbol, parameters, body, span, endSpan: parsed.endSpan };
}
