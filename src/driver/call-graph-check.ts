/**
 * What is wrong with the calls of a module: recursion, found before anything is inlined (it has no end that the verifier
 * could see), and calls that `__attribute__((error("...")))` forbids, found when dead code is gone.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import { findRecursion } from '../ir/call-graph.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import type { LoweredUnit } from '../lower/unit.ts';
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
