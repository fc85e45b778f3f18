/** Diagnostics of src/preprocessor: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const preprocessorDiagnostics = {
  'include-not-found': { severity: 'fatal', text: "'{0}' file not found" },
} as const satisfies Record<string, DiagnosticRow>;
