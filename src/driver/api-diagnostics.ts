/**
 * Diagnostics -> plain data for callers of the API: places as file, line and column (both from 1, columns in bytes), and the text
 * that the command would print.
 */

import type { Diagnostic, Severity } from '../diagnostics/diagnostic.ts';
import { optionOf, renderDiagnostics, renderSummary } from '../diagnostics/render.ts';
import { noPos, type SourceManager, type Span } from '../diagnostics/source-manager.ts';

/** A place in a source; `endLine` and `endColumn` are behind the last character. */
export interface SourceRange {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A second place that belongs to a message. */
export interface CompileNote {
  readonly message: string;
  /** Undefined where the note has no place. */
  readonly range: SourceRange | undefined;
}

/** What to put in place of `range`; an empty range inserts. */
export interface CompileFix {
  readonly range: SourceRange;
  readonly text: string;
}

/** A message of the compiler. */
export interface CompileDiagnostic {
  readonly severity: Severity;
  /** Stable name of the message; `command-line` for what is wrong with the request itself. */
  readonly code: string;
  readonly message: string;
  /** The flag that rules the message: `-Wname`. */
  readonly option: string | undefined;
  /** Undefined where the message has no place. */
  readonly range: SourceRange | undefined;
  readonly notes: readonly CompileNote[];
  readonly fixes: readonly CompileFix[];
  /** The message as the command prints it, with source line and caret. */
  readonly text: string;
}

function rangeOf({ start, end }: Span, sources: SourceManager): SourceRange | undefined {
  if (start === noPos) return undefined;
  const { fileName: file, line, column } = sources.presumed(start);
  const last = end > start && !sources.isInMacro(start) && !sources.isInMacro(end) ? end : start;
  const { fileName, line: endLine, column: endColumn } = sources.presumed(last);
  if (fileName !== file) return { file, line, column, endLine: line, endColumn: column };
  return { file, line, column, endLine, endColumn };
}

function fixOf(span: Span, text: string, sources: SourceManager): readonly CompileFix[] {
  const range = rangeOf(span, sources);
  return range === undefined ? [] : [{ range, text }];
}

/** The diagnostics of a compilation as plain data. */
export function plainDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: SourceManager,
): readonly CompileDiagnostic[] {
  return diagnostics.map((one) => ({
    severity: one.severity,
    code: one.code,
    message: one.message,
    option: optionOf(one),
    range: rangeOf(one.span, sources),
    notes: one.notes.map(({ span, text }) => ({ message: text, range: rangeOf(span, sources) })),
    fixes: one.fixIts.flatMap(({ span, text }) => fixOf(span, text, sources)),
    text: renderDiagnostics([one], sources),
  }));
}

/** All messages as the command prints them, with the count at the end; empty where there are none. */
export function renderAll(diagnostics: readonly Diagnostic[], sources: SourceManager): string {
  return renderDiagnostics(diagnostics, sources) + renderSummary(diagnostics);
}

/** A fault of the request, not of a source. */
export function requestError(message: string): CompileDiagnostic {
  return {
    severity: 'error',
    code: 'command-line',
    message,
    option: undefined,
    range: undefined,
    notes: [],
    fixes: [],
    text: `error: ${message}\n`,
  };
}
