/**
 * What is wrong with the calls of a module: recursion, found before anything is inlined (it has no end that the verifier
 * could see), and, found when dead code is gone, calls that `__attribute__((error("...")))` forbids, and calls of the host's C library.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import { noPos, type SourceManager } from '../diagnostics/source-manager.ts';
import { findRecursion } from '../ir/call-graph.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import type { LoweredUnit } from '../lower/unit.ts';
import type { FunctionSymbol } from '../sema/typed-tree.ts';
import { asId } from '../support/ids.ts';

export function checkCallGraph(module: Module, diagnostics: DiagnosticSink): void {
  for (const group of findRecursion(module)) {
    const [first] = group;
    if (first === undefined) continue;
    const { name, pos } = module.symbol(first);
    const chain = [...group, first].map((symbol) => module.symbol(symbol).name).join(' -> ');
    diagnostics.report('recursion', { start: pos, end: pos }, [name, chain]);
  }
}

/** Is it for a library to define? Kernel functions are in `.ksyms`; what other objects define is not declared in a system header. */
function isForLibrary(callee: FunctionSymbol, sources: SourceManager): boolean {
  const { span, section, isDefined, isWeak, linkage } = callee;
  if (isDefined || isWeak || linkage !== 'external' || section !== undefined || span.start === noPos)
    return false;
  return sources.location(span.start).file.origin === 'system';
}

/** The first call of each function that only the host's library defines. */
export function checkLibraryCalls(
  { module, sourceSymbols }: LoweredUnit,
  sources: SourceManager,
  diagnostics: DiagnosticSink,
): void {
  const seen = new Set<FunctionSymbol>();
  for (const func of module.functions()) {
    for (const ins of func.values) {
      const callee = ins?.op === Op.call ? sourceSymbols.get(asId(ins.aux)) : undefined;
      if (ins === undefined || callee?.kind !== 'function' || seen.has(callee)) continue;
      seen.add(callee);
      if (!isForLibrary(callee, sources)) continue;
      const notes = [{ span: callee.span, text: `'${callee.name}' is declared here` }];
      diagnostics.report('library-call', { start: ins.pos, end: ins.pos }, [callee.name], { notes });
    }
  }
}

/** Calls that are left of functions with an `error` or `warning` attribute (GCC manual 6.33.1). */
export function checkForbiddenCalls(
  { module, sourceSymbols }: LoweredUnit,
  diagnostics: DiagnosticSink,
): void {
  for (const func of module.functions()) {
    for (const ins of func.values) {
      if (ins?.op !== Op.call) continue;
      const callee = sourceSymbols.get(asId(ins.aux));
      if (callee?.kind !== 'function' || callee.callMessage === undefined) continue;
      const { severity, text } = callee.callMessage;
      const code = severity === 'error' ? 'forbidden-call' : 'discouraged-call';
      diagnostics.report(code, { start: ins.pos, end: ins.pos }, [callee.name, text]);
    }
  }
}
