/** Diagnostics of src/sema: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const semaDiagnostics = {
  'undeclared-identifier': { severity: 'error', text: "use of undeclared identifier '{0}'" },
} as const satisfies Record<string, DiagnosticRow>;
