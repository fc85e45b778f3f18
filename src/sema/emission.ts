/**
 * What a unit emits: externally visible definitions, what is marked `used`, and all that these refer to.
 *
 * In: the records of every symbol and the graph of references. Out: a {@link TypedUnit} in source order.
 * Reaching a symbol completes it: the declarations behind its first use are analysed, a body in a header is
 * checked. Symbols of one name in the object file are told apart as clang does.
 */

import { latin1 } from '../support/file-system.ts';
import { quoteType } from '../types/print.ts';
import { arrayOf, canonical, sizeOf } from '../types/types.ts';
import type { DeclarationContext, SymbolRecord } from './declaration-context.ts';
import { isErrorType } from './factories.ts';
import type { FunctionSymbol, ObjectSymbol, TypedFunction, TypedSymbol, TypedUnit } from './typed-tree.ts';

export interface EmissionInput {
  readonly cx: DeclarationContext;
  /** Records of all symbols with linkage or static storage; grows while bodies are checked. */
  readonly records: ReadonlyMap<TypedSymbol, SymbolRecord>;
  readonly functions: ReadonlyMap<FunctionSymbol, TypedFunction>;
}

function isRoot(symbol: TypedSymbol): boolean {
  if (symbol.aliasOf !== undefined && symbol.linkage === 'external') return true;
  if (symbol.isUsed && symbol.isDefined) return true;
  if (!symbol.isDefined || symbol.linkage !== 'external') return false;
  return symbol.kind === 'object' || !symbol.isInlineDefinition;
}

/** 6.9.2 p2 and p5: at the end of the unit a tentative definition is one. */
function completeTentative(cx: DeclarationContext, symbol: ObjectSymbol, record: SymbolRecord): void {
  if (!record.isTentative || sizeOf(symbol.type) !== undefined || isErrorType(symbol.type)) return;
  const at = canonical(symbol.type);
  const span = record.definitionSpan ?? symbol.span;
  if (at.kind === 'array' && at.length === undefined) {
    cx.sema.diagnostics.report('tentative-array', span);
    symbol.type = arrayOf(at.element, 1);
  } else {
    cx.sema.diagnostics.report('tentative-never-completed', span, [quoteType(symbol.type)], {
      notes: cx.incompleteNotes(symbol.type),
    });
  }
}

/** What an alias stands for in the end; undefined, with a message, where nothing here defines it. */
function resolveAlias(input: EmissionInput, alias: TypedSymbol): TypedSymbol | undefined {
  const { cx, records } = input;
  const passed = new Set<TypedSymbol>();
  const refuse = (): undefined => {
    cx.sema.diagnostics.report('alias-target', alias.span, [alias.name, alias.aliasOf?.name ?? '']);
    return undefined;
  };
  let at = alias;
  for (let of = at.aliasOf; of !== undefined; of = at.aliasOf) {
    passed.add(at);
    const { name } = of;
    cx.fileScope.ensureDeclared(name);
    const target = [...records.keys()].find((symbol) => symbol.assemblerName === name);
    if (target === undefined || passed.has(target) || target.kind !== alias.kind) return refuse();
    at = target;
  }
  return at.isDefined ? at : refuse();
}

/** Finds everything that is emitted; the order of the result is that of discovery. */
function reach(input: EmissionInput): ReadonlySet<TypedSymbol> {
  const { cx, records, functions } = input;
  const reached = new Set<TypedSymbol>();
  const pending: TypedSymbol[] = [];
  const push = (symbol: TypedSymbol): void => {
    if (reached.has(symbol)) return;
    reached.add(symbol);
    pending.push(symbol);
  };
  const visit = (symbol: TypedSymbol): void => {
    cx.fileScope.ensureDeclared(symbol.name);
    const record = records.get(symbol);
    if (record === undefined) return;
    if (symbol.aliasOf !== undefined) {
      const target = resolveAlias(input, symbol);
      symbol.aliasOf.target = target;
      if (target === undefined) return;
      target.isUsed = true;
      push(target);
      return;
    }
    if (symbol.kind === 'object') completeTentative(cx, symbol, record);
    else if (record.body !== undefined) {
      if (!functions.has(symbol)) cx.checkBody(record);
      cx.reportLimitsOf(symbol);
    }
    for (const target of cx.references.targets(symbol)) push(target);
  };
  // Completing a symbol may analyse entries that declare more roots, so the list is gone through until it is dry.
  for (let known = -1; known !== records.size; ) {
    known = records.size;
    for (const symbol of [...records.keys()]) if (isRoot(symbol)) push(symbol);
    for (let symbol = pending.pop(); symbol !== undefined; symbol = pending.pop()) visit(symbol);
  }
  return reached;
}

/** Inside one entry symbols are ordered by where their names stand. */
function placeOf(record: SymbolRecord): number {
  return (record.definitionSpan ?? record.symbol.span).start;
}

/** Gives static locals and unnamed objects of one name different ones: `f.x`, `f.x.1`. */
function makeNamesUnique(symbols: readonly TypedSymbol[]): void {
  const taken = new Set<string>();
  let counter = 0;
  for (const symbol of symbols) if (symbol.linkage === 'external') taken.add(symbol.assemblerName);
  for (const symbol of symbols) {
    if (symbol.linkage === 'external') continue;
    const wanted = symbol.assemblerName;
    while (taken.has(symbol.assemblerName)) symbol.assemblerName = `${wanted}.${++counter}`;
    taken.add(symbol.assemblerName);
  }
}

function fileScopeAsm(cx: DeclarationContext): TypedUnit['fileScopeAsm'] {
  const result: { text: string; span: TypedUnit['fileScopeAsm'][number]['span'] }[] = [];
  for (const entry of cx.unit.entries) {
    if (!entry.isNameless) continue;
    for (const declaration of cx.unit.parse(entry.index)) {
      if (declaration.kind !== 'FileScopeAsm') continue;
      const { bytes, unitSize } = cx.sema.stringBytes(declaration.text.parts);
      result.push({ text: latin1(bytes.subarray(0, bytes.length - unitSize)), span: declaration.span });
    }
  }
  return result;
}

/** To be called at the end of the unit, with all of it in sight. */
export function collectUnit(input: EmissionInput): TypedUnit {
  const { cx, records, functions } = input;
  const reached = reach(input);
  const sorted = [...reached].sort((a, b) => {
    const left = records.get(a);
    const right = records.get(b);
    if (left === undefined || right === undefined) return 0;
    return left.entry - right.entry || placeOf(left) - placeOf(right);
  });
  makeNamesUnique(sorted);
  const typed: TypedFunction[] = [];
  const variables: ObjectSymbol[] = [];
  const externs: TypedSymbol[] = [];
  const aliases: TypedSymbol[] = [];
  for (const symbol of sorted) {
    if (symbol.aliasOf !== undefined) {
      if (symbol.isDefined) cx.sema.diagnostics.report('alias-defined', symbol.span, [symbol.name]);
      aliases.push(symbol);
    } else if (!symbol.isDefined) {
      externs.push(symbol);
      if (symbol.kind === 'function' && symbol.linkage === 'internal') {
        cx.sema.diagnostics.report('undefined-internal', symbol.span, [symbol.name]);
      }
    } else if (symbol.kind === 'object') {
      variables.push(symbol);
    } else {
      const body = functions.get(symbol);
      if (body !== undefined) typed.push(body);
    }
  }
  return { functions: typed, variables, externs, aliases, fileScopeAsm: fileScopeAsm(cx) };
}
