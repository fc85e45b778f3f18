/** Diagnostics of src/explain: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const explainDiagnostics = {
  'verifier-refusal': { severity: 'error', text: '{0}' },
} as const satisfies Record<string, DiagnosticRow>;
