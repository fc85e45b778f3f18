/** Diagnostics -> JSON in the form of gcc's `-fdiagnostics-format=json`, which editors and CI tools read. */

import { displayText } from '../support/utf8.ts';
import type { Diagnostic, FixIt } from './diagnostic.ts';
import type { Severity } from './diagnostic-row.ts';
import { optionOf } from './render.ts';
import { noPos, offsetPos, type Pos, type SourceManager, type Span } from './source-manager.ts';

interface JsonPoint {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly 'byte-column': number;
}

interface JsonLocation {
  readonly caret: JsonPoint;
  readonly finish?: JsonPoint;
}

interface JsonDiagnostic {
  readonly kind: string;
  readonly code?: string;
  readonly message: string;
  readonly option?: string;
  readonly locations: readonly JsonLocation[];
  readonly fixits?: readonly {
    readonly start: JsonPoint;
    readonly next: JsonPoint;
    readonly string: string;
  }[];
  readonly children?: readonly JsonDiagnostic[];
  readonly 'column-origin'?: 1;
}

/** One line of JSON: an array of diagnostics. */
export function renderJson(diagnostics: readonly Diagnostic[], sources: SourceManager): string {
  const rows = diagnostics.map((diagnostic): JsonDiagnostic => {
    const option = optionOf(diagnostic);
    return {
      kind: kindOf(diagnostic.severity),
      code: diagnostic.code,
      message: displayText(diagnostic.message),
      ...(option === undefined ? {} : { option }),
      locations: locationsOf(diagnostic.span, sources),
      fixits: diagnostic.fixIts.map((fixIt) => fixItOf(fixIt, sources)),
      children: [
        ...diagnostic.notes.map(({ span, text }) => noteOf(span, text, sources)),
        ...macroNotes(diagnostic.span, sources),
      ],
      'column-origin': 1,
    };
  });
  return `${JSON.stringify(rows)}\n`;
}

function kindOf(severity: Severity): string {
  return severity === 'fatal' ? 'fatal error' : severity;
}

function noteOf(span: Span, text: string, sources: SourceManager): JsonDiagnostic {
  return { kind: 'note', message: displayText(text), locations: locationsOf(span, sources) };
}

function macroNotes(span: Span, sources: SourceManager): JsonDiagnostic[] {
  if (span.start === noPos) return [];
  const notes: JsonDiagnostic[] = [];
  let at = span.start;
  for (let entry = sources.entry(at); entry.kind === 'expansion'; entry = sources.entry(at)) {
    const start = sources.spelling(at);
    if (!entry.isArgument)
      notes.push(noteOf({ start, end: start }, `expanded from macro '${entry.macro}'`, sources));
    at = entry.expansion.start;
  }
  return notes.reverse();
}

function locationsOf(span: Span, sources: SourceManager): JsonLocation[] {
  if (span.start === noPos) return [];
  const caret = pointOf(span.start, sources);
  if (span.end <= span.start) return [{ caret }];
  const finish = pointOf(offsetPos(span.end, -1), sources);
  return [finish.file === caret.file ? { caret, finish } : { caret }];
}

function fixItOf({ span, text }: FixIt, sources: SourceManager) {
  return { start: pointOf(span.start, sources), next: pointOf(span.end, sources), string: displayText(text) };
}

function pointOf(position: Pos, sources: SourceManager): JsonPoint {
  const { fileName, line, column } = sources.presumed(position);
  return { file: fileName, line, column, 'byte-column': column };
}
