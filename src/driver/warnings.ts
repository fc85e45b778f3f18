/**
 * `-W` flags, `#pragma GCC diagnostic` and system headers -> the severity of each warning (GCC manual 3.8).
 */

import { type DiagnosticCode, diagnosticTable } from '../diagnostics/codes.ts';
import type { WarningPolicy } from '../diagnostics/diagnostic.ts';
import type { DiagnosticPragmas } from '../diagnostics/diagnostic-pragmas.ts';
import type { DiagnosticRow, Severity } from '../diagnostics/diagnostic-row.ts';
import { noPos, type SourceManager, type Span } from '../diagnostics/source-manager.ts';
import type { CompileOptions, WarningFlag } from './options.ts';

/** Names that stand for several groups. A warning that is off by default comes on with `all`, `extra` or its own name. */
const umbrellas: ReadonlySet<string> = new Set(['all', 'extra', 'everything', 'most']);

interface GroupState {
  on: boolean | undefined;
  error: boolean | undefined;
}

class FlagPolicy implements WarningPolicy {
  private readonly groups = new Map<string, GroupState>();
  private readonly noWarnings: boolean;
  private umbrella = false;
  private allErrors = false;
  private readonly sources: SourceManager;
  private readonly pragmas: DiagnosticPragmas;

  constructor(options: CompileOptions, sources: SourceManager, pragmas: DiagnosticPragmas) {
    this.sources = sources;
    this.pragmas = pragmas;
    this.noWarnings = options.noWarnings;
    for (const flag of options.warnings) this.apply(flag);
  }

  private apply({ group, set }: WarningFlag): void {
    if (group === 'everything-on') {
      this.allErrors = set === 'error';
      return;
    }
    if (umbrellas.has(group)) {
      this.umbrella = set === 'on' || set === 'error';
      return;
    }
    const state = this.groups.get(group) ?? { on: undefined, error: undefined };
    if (set === 'on') state.on = true;
    else if (set === 'off') state.on = false;
    else if (set === 'error') [state.on, state.error] = [true, true];
    else state.error = false;
    this.groups.set(group, state);
  }

  severityOf(_code: DiagnosticCode, row: DiagnosticRow, span: Span): Severity | 'ignored' {
    const said = row.group === undefined ? undefined : this.pragmaSeverity(span, row.group);
    if (said !== undefined && row.severity !== 'fatal') return said;
    const state = row.group === undefined ? undefined : this.groups.get(row.group);
    if (row.severity === 'fatal') return 'fatal';
    if (row.severity === 'error') {
      // Errors with a group are warnings by default-error: their flag may turn them off or down.
      if (state?.on === false) return 'ignored';
      if (state?.error !== false) return 'error';
      return this.noWarnings ? 'ignored' : 'warning';
    }
    if (state?.error === true) return 'error';
    if (this.noWarnings || state?.on === false) return 'ignored';
    if (row.off && state?.on !== true && !this.umbrella) return 'ignored';
    return this.allErrors && state?.error !== false ? 'error' : 'warning';
  }

  isQuiet(span: Span): boolean {
    if (span.start === noPos) return false;
    return this.sources.location(span.start).file.origin === 'system';
  }

  /** What a pragma in force at `span` makes of a group. */
  private pragmaSeverity(span: Span, group: string): Severity | 'ignored' | undefined {
    return this.pragmas.severityAt(this.sources, span.start, group);
  }
}

/** A warning that `-W` names. */
export interface WarningDescription {
  readonly name: string;
  readonly isOnByDefault: boolean;
  /** What it says, with `...` for what differs. */
  readonly texts: readonly string[];
}

/** All names of warnings, sorted. */
export function describeWarnings(): readonly WarningDescription[] {
  const rows: readonly DiagnosticRow[] = Object.values(diagnosticTable);
  const groups = new Map<string, DiagnosticRow[]>();
  for (const row of rows) {
    if (row.group !== undefined) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, members]) => ({
      name,
      isOnByDefault: members.some(({ off }) => off !== true),
      texts: members.map(({ text }) => text.replace(/'?\{\d\}'?/g, '...')),
    }));
}

export function warningPolicy(
  options: CompileOptions,
  sources: SourceManager,
  pragmas: DiagnosticPragmas,
): WarningPolicy {
  return new FlagPolicy(options, sources, pragmas);
}
