/**
 * Recursion, found before anything is inlined: it has no end that the verifier could see (rule 9 of the verifier's).
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import { findRecursion } from '../ir/call-graph.ts';
import type { Module } from '../ir/module.ts';

export function checkCallGraph(module: Module, diagnostics: DiagnosticSink): void {
  for (const group of findRecursion(module)) {
    const [first] = group;
    if (first === undefined) continue;
    const { name, pos } = module.symbol(first);
    const chain = [...group, first].map((symbol) => module.symbol(symbol).name).join(' -> ');
    diagnostics.report('recursion', { start: pos, end: pos }, [name, chain]);
  }
}
