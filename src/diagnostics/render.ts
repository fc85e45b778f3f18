/**
 * Diagnostics -> text in clang's form: the include stack, `file:line:col: error: message [-Wname]`, the source line
 * with caret and range, fix-its, notes, and for places inside macros the notes "expanded from macro".
 *
 * In: diagnostics and the source manager. Out: lines that end in newlines. Positions in a macro's argument are
 * shown where the argument is written, others where the macro is used; the notes then lead into the definitions.
 */

import { displayText } from '../support/utf8.ts';
import { diagnosticTable } from './codes.ts';
import type { Diagnostic, FixIt } from './diagnostic.ts';
import type { DiagnosticRow, Severity } from './diagnostic-row.ts';
import { cut, displayLine, windowFor } from './source-line.ts';
import {
  type FileEntry,
  noPos,
  offsetPos,
  type Pos,
  type SourceManager,
  type Span,
} from './source-manager.ts';

type Paint = (text: string) => string;

/** Colours; the command line gives functions of its terminal library. */
export interface RenderStyle {
  readonly location: Paint;
  readonly severity: Readonly<Record<Severity, Paint>>;
  readonly message: Paint;
  readonly caret: Paint;
  readonly fixIt: Paint;
}

const plain: Paint = (text) => text;

/** No colours. */
export const plainStyle: RenderStyle = {
  location: plain,
  severity: { note: plain, warning: plain, error: plain, fatal: plain },
  message: plain,
  caret: plain,
  fixIt: plain,
};

export interface RenderOptions {
  readonly style?: RenderStyle;
  /** Columns of a source line at most. */
  readonly columns?: number;
  /** False for `-fno-caret-diagnostics`. */
  readonly showSource?: boolean;
  /** Notes about macros per message at most, as `-fmacro-backtrace-limit`; 0 for no limit. */
  readonly macroLimit?: number;
}

const severityNames: Readonly<Record<Severity, string>> = {
  note: 'note',
  warning: 'warning',
  error: 'error',
  fatal: 'fatal error',
};

/** Renders diagnostics in the order in which they were reported. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: SourceManager,
  options: RenderOptions = {},
): string {
  const renderer = new Renderer(sources, options);
  return diagnostics.map((diagnostic) => renderer.render(diagnostic)).join('');
}

/** `2 warnings and 1 error generated.` with a newline; empty when there is nothing to count. */
export function renderSummary(diagnostics: readonly Diagnostic[]): string {
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning').length;
  const errors = diagnostics.filter(
    ({ code, severity }) => severity === 'error' || (severity === 'fatal' && code !== 'too-many-errors'),
  ).length;
  const plural = (count: number, name: string) =>
    count === 0 ? [] : [`${count} ${name}${count === 1 ? '' : 's'}`];
  const counts = [...plural(warnings, 'warning'), ...plural(errors, 'error')];
  return counts.length === 0 ? '' : `${counts.join(' and ')} generated.\n`;
}

/** `-Wname`, or `-Werror,-Wname` where a warning was made an error; undefined for other messages. */
export function optionOf(diagnostic: Diagnostic): string | undefined {
  const row: DiagnosticRow = diagnosticTable[diagnostic.code];
  if (row.group === undefined) return undefined;
  return row.severity === 'warning' && diagnostic.severity !== 'warning'
    ? `-Werror,-W${row.group}`
    : `-W${row.group}`;
}

/** A span as it lies in one file. */
interface FileSpan {
  readonly start: Pos;
  /** Exclusive; the start itself when only the start is known. */
  readonly end: Pos;
}

/** Where a position is shown: an argument's tokens where they are written, others where the macro is used. */
function filePosition(sources: SourceManager, position: Pos, isEnd: boolean): Pos {
  let at = position;
  for (let entry = sources.entry(at); entry.kind === 'expansion'; entry = sources.entry(at)) {
    if (entry.isArgument) at = offsetPos(entry.spelling, at - entry.base);
    else
      at =
        isEnd && entry.expansion.end > entry.expansion.start
          ? offsetPos(entry.expansion.end, -1)
          : entry.expansion.start;
  }
  return at;
}

function fileSpan(sources: SourceManager, { start, end }: Span): FileSpan {
  const first = filePosition(sources, start, false);
  const last = end > start ? filePosition(sources, offsetPos(end, -1), true) : first;
  const isOrdered = end > start && last >= first && sources.entry(first) === sources.entry(last);
  return { start: first, end: isOrdered ? offsetPos(last, 1) : first };
}

class Renderer {
  private readonly sources: SourceManager;
  private readonly style: RenderStyle;
  private readonly columns: number;
  private readonly showSource: boolean;
  private readonly macroLimit: number;
  /** The `#include` whose stack was printed last. */
  private lastInclude: Pos = noPos;

  constructor(sources: SourceManager, options: RenderOptions) {
    this.sources = sources;
    this.style = options.style ?? plainStyle;
    this.columns = Math.max(options.columns ?? 240, 40);
    this.showSource = options.showSource ?? true;
    this.macroLimit = options.macroLimit ?? 6;
  }

  render(diagnostic: Diagnostic): string {
    const option = optionOf(diagnostic);
    const message = option === undefined ? diagnostic.message : `${diagnostic.message} [${option}]`;
    const parts = [this.message(diagnostic.severity, diagnostic.span, message, diagnostic.fixIts)];
    for (const note of diagnostic.notes) parts.push(this.message('note', note.span, note.text, []));
    return parts.join('');
  }

  private message(severity: Severity, span: Span, text: string, fixIts: readonly FixIt[]): string {
    if (span.start === noPos) return this.headline('', severity, text);
    const place = fileSpan(this.sources, span);
    return (
      this.includeStack(severity, place.start) +
      this.placed(severity, place, text, fixIts) +
      this.macroNotes(span).join('')
    );
  }

  private placed(severity: Severity, place: FileSpan, text: string, fixIts: readonly FixIt[]): string {
    const { fileName, line, column } = this.sources.presumed(place.start);
    const headline = this.headline(`${fileName}:${line}:${column}: `, severity, text);
    return this.showSource ? headline + this.snippet(place, fixIts) : headline;
  }

  private headline(location: string, severity: Severity, text: string): string {
    const { style } = this;
    const name = style.severity[severity](`${severityNames[severity]}: `);
    const shown = displayText(text);
    return `${style.location(location)}${name}${severity === 'note' ? shown : style.message(shown)}\n`;
  }

  private includeStack(severity: Severity, position: Pos): string {
    const { includedFrom } = this.sources.location(position).file;
    if (includedFrom === this.lastInclude) return '';
    this.lastInclude = includedFrom;
    if (severity === 'note') return '';
    const lines: string[] = [];
    for (let at = includedFrom; at !== noPos; at = this.sources.location(at).file.includedFrom) {
      const { fileName, line } = this.sources.presumed(at);
      lines.push(`In file included from ${fileName}:${line}:\n`);
    }
    return lines.reverse().join('');
  }

  /** The source line with caret, range and fix-its. */
  private snippet(place: FileSpan, fixIts: readonly FixIt[]): string {
    const { sources, style } = this;
    const { file, line, column } = sources.location(place.start);
    if (file.length === 0) return '';
    // Of an endless line only the bytes around the place are looked at.
    const first = Math.max(0, column - 1 - this.columns * 4);
    const shown = displayLine(sources.lineText(file, line).slice(first, first + this.columns * 8));
    const columnOf = (byte: number) => shown.columns[Math.min(byte - first, shown.columns.length - 1)] ?? 0;
    const from = columnOf(column - 1);
    const to = Math.max(columnOf(column - 1 + (place.end - place.start)), from + 1);
    const window = windowFor(columnOf(Number.POSITIVE_INFINITY), from, to, this.columns);
    const source = window === undefined ? shown.text : cut(shown.text, window);
    const start = window?.start ?? 0;
    const length = Math.min(to, start + (window?.width ?? to)) - from;
    const caret = `${' '.repeat(from - start)}${style.caret(`^${'~'.repeat(Math.max(length - 1, 0))}`)}`;
    const gutter = String(line).padStart(5);
    const blank = ' '.repeat(gutter.length);
    const lines = [`${gutter} | ${source}`.trimEnd(), `${blank} | ${caret}`];
    const hints = this.fixItLine(file, line, fixIts, columnOf, start);
    if (hints !== '') lines.push(`${blank} | ${hints}`);
    return `${lines.join('\n')}\n`;
  }

  /** What to put in, under the place where it belongs. */
  private fixItLine(
    file: FileEntry,
    line: number,
    fixIts: readonly FixIt[],
    columnOf: (byte: number) => number,
    start: number,
  ): string {
    let text = '';
    let width = 0;
    for (const { span, text: replacement } of fixIts) {
      if (replacement === '' || replacement.includes('\n') || this.sources.isInMacro(span.start)) continue;
      const location = this.sources.location(span.start);
      const column = columnOf(location.column - 1) - start;
      if (location.file !== file || location.line !== line || column < width) continue;
      text += ' '.repeat(column - width) + this.style.fixIt(displayText(replacement));
      width = column + replacement.length;
    }
    return text;
  }

  /** The notes for the macros that a position came through, the outermost first. */
  private macroNotes(span: Span): string[] {
    const { sources } = this;
    let levels: { readonly macro: string; readonly position: Pos }[] = [];
    let at = span.start;
    for (let entry = sources.entry(at); entry.kind === 'expansion'; entry = sources.entry(at)) {
      if (entry.isArgument) {
        // The reader sees the argument itself; how it got to its place in the macro does not matter.
        levels = [];
        at = offsetPos(entry.spelling, at - entry.base);
      } else {
        levels.push({ macro: entry.macro, position: at });
        at = entry.expansion.start;
      }
    }
    const notes = levels.reverse().map(({ macro, position }) => {
      const start = sources.spelling(position);
      const length = this.lengthOf(position, span);
      return this.placed(
        'note',
        { start, end: offsetPos(start, length) },
        `expanded from macro '${macro}'`,
        [],
      );
    });
    return this.limited(notes);
  }

  /** The length of the part of `span` that lies in the entry of `position`. */
  private lengthOf(position: Pos, span: Span): number {
    const entry = this.sources.entry(position);
    const isInside =
      position === span.start && span.end > span.start && span.end <= entry.base + entry.length;
    return isInside ? span.end - span.start : 1;
  }

  private limited(notes: string[]): string[] {
    const { macroLimit } = this;
    if (macroLimit === 0 || notes.length <= macroLimit) return notes;
    const skipped = notes.length - macroLimit;
    const head = Math.floor(macroLimit / 2);
    const hint = `(skipping ${skipped} expansions in backtrace; use -fmacro-backtrace-limit=0 to see all)`;
    return [
      ...notes.slice(0, macroLimit - head),
      this.headline('', 'note', hint),
      ...notes.slice(notes.length - head),
    ];
  }
}
