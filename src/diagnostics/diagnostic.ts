/**
 * What a stage says to the user: a code of the table, a span, the arguments of the text, notes and fixes.
 *
 * A `DiagnosticSink` collects the diagnostics of one compilation; stages report and go on. Rendering is in
 * `render.ts`; texts and severities are rows of the tables in `codes/`.
 */

import { type DiagnosticCode, diagnosticTable } from './codes.ts';
import type { DiagnosticRow, Severity } from './diagnostic-row.ts';
import { noPos, type Pos, type Span } from './source-manager.ts';

export type { DiagnosticRow, Severity };

/** A second place that belongs to a diagnostic. */
export interface Note {
  readonly span: Span;
  readonly text: string;
}

/** Replace `span` by `text`. An empty span inserts. */
export interface FixIt {
  readonly span: Span;
  readonly text: string;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly span: Span;
  readonly message: string;
  readonly notes: readonly Note[];
  readonly fixIts: readonly FixIt[];
}

export interface DiagnosticDetails {
  readonly notes?: readonly Note[];
  readonly fixIts?: readonly FixIt[];
}

/** Fills `{n}` of a text. */
export function formatMessage(text: string, args: readonly string[]): string {
  return text.replace(/\{(\d)\}/g, (whole, digit: string) => args[Number(digit)] ?? whole);
}

/** Which warnings are on and which are errors; made from the `-W` flags. */
export interface WarningPolicy {
  severityOf(code: DiagnosticCode, row: DiagnosticRow, span: Span): Severity | 'ignored';
  /** Silences everything but errors in these places (system headers). */
  isQuiet(span: Span): boolean;
}

const defaultPolicy: WarningPolicy = {
  severityOf: (_code, row) => (row.off ? 'ignored' : row.severity),
  isQuiet: () => false,
};

export class DiagnosticSink {
  readonly diagnostics: Diagnostic[] = [];
  private readonly policy: WarningPolicy;
  private readonly seen = new Set<string>();
  private readonly limit: number;
  private readonly written: (pos: Pos) => Pos;
  private errors = 0;
  /** How often something was reported, shown or not. */
  reports = 0;

  /**
   * @param limit Errors kept at most, as clang's `-ferror-limit` (0: no limit).
   * @param written Where text stands whose position is an inlined copy's (`SourceManager.written`).
   */
  constructor(policy: WarningPolicy = defaultPolicy, limit = 0, written = (pos: Pos): Pos => pos) {
    this.policy = policy;
    this.limit = limit;
    this.written = written;
  }

  private place({ start, end }: Span): Span {
    return { start: this.written(start), end: this.written(end) };
  }

  get errorCount(): number {
    return this.errors;
  }

  get hasErrors(): boolean {
    return this.errors > 0;
  }

  /** True once so many errors came that going on is pointless, or a fatal one did. */
  get isExhausted(): boolean {
    return this.diagnostics.at(-1)?.severity === 'fatal';
  }

  /** Says that later errors are not shown. */
  private stop(): void {
    const code = 'too-many-errors';
    const message = diagnosticTable[code].text;
    const span = { start: noPos, end: noPos };
    this.diagnostics.push({ code, severity: 'fatal', span, message, notes: [], fixIts: [] });
  }

  report(
    code: DiagnosticCode,
    at: Span,
    args: readonly string[] = [],
    details: DiagnosticDetails = {},
  ): void {
    this.reports++;
    const span = this.place(at);
    const row: DiagnosticRow = diagnosticTable[code];
    const severity = this.policy.severityOf(code, row, span);
    if (severity === 'ignored' || this.isExhausted) return;
    if (severity === 'warning' && this.policy.isQuiet(span)) return;
    const message = formatMessage(row.text, args);
    const key = `${span.start}:${message}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    if (severity === 'error' || severity === 'fatal') this.errors++;
    const notes = (details.notes ?? []).map((note) => ({ ...note, span: this.place(note.span) }));
    const { fixIts = [] } = details;
    this.diagnostics.push({ code, severity, span, message, notes, fixIts });
    if (severity === 'error' && this.errors === this.limit) this.stop();
  }
}
