/** One source of a command line: compiled, its outputs written, what there is to say put into words. */

import { plainStyle, renderDiagnostics, renderSummary } from '../diagnostics/render.ts';
import { renderJson } from '../diagnostics/render-json.ts';
import type { Invocation } from '../driver/command-line.ts';
import { type CompileResult, compileSource } from '../driver/compile.ts';
import type { Host } from '../driver/front-end.ts';
import type { Session } from '../driver/session.ts';
import { colorStyle } from './colors.ts';
import { complaint } from './complaint.ts';
import { standardInputName } from './node-host.ts';
import { objectName, writeResult } from './output-files.ts';
import { printStatistics } from './print-statistics.ts';

export const ExitStatus = Object.freeze({ ok: 0, sourceErrors: 1, usage: 2 });

export function wantsColor(invocation: Invocation): boolean {
  return invocation.color ?? (process.stderr.isTTY === true && !process.env['NO_COLOR']);
}

function describeDiagnostics(invocation: Invocation, result: CompileResult): string {
  const { diagnostics, sources } = result;
  if (invocation.diagnosticsFormat === 'json') {
    return renderJson(diagnostics, sources);
  }
  if (diagnostics.length === 0) return '';
  const style = wantsColor(invocation) ? colorStyle() : plainStyle;
  return renderDiagnostics(diagnostics, sources, { style }) + renderSummary(diagnostics);
}

/** Compiles one source and writes its outputs; `say` gets what belongs on standard error; `onAnalyzed`: see CompileRequest. */
export function compileInput(
  invocation: Invocation,
  input: string,
  session: Session,
  host: Host,
  say: (text: string) => void,
  onAnalyzed?: () => void,
): number {
  const { options } = invocation;
  const path = input === '-' ? standardInputName : input;
  const outputName = objectName(invocation, input);
  const isLast = input === invocation.inputs.at(-1);
  const result = compileSource({ session, host, path, outputName, options, isLast, onAnalyzed });
  for (const { title, text } of result.dumps) say(`*** ${title}\n${text}`);
  say(describeDiagnostics(invocation, result));
  say(printStatistics(invocation, input, result.statistics));
  const failures = writeResult(invocation, input, result);
  for (const text of failures) say(complaint(text));
  return failures.length === 0 && !result.hasErrors ? ExitStatus.ok : ExitStatus.sourceErrors;
}
