/** The shape of a row of the diagnostic table. */

export type Severity = 'note' | 'warning' | 'error' | 'fatal';

export interface DiagnosticRow {
  readonly severity: Exclude<Severity, 'note'>;
  /** English text; `{0}`, `{1}`... are replaced by the arguments. */
  readonly text: string;
  /** The name after `-W` that turns a warning on, off or into an error. */
  readonly group?: string;
  /** True for warnings that only their own flag or `-Wextra` turns on. */
  readonly off?: boolean;
}
