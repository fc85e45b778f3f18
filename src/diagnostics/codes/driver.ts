/** Diagnostics of src/driver: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const driverDiagnostics = {
  'cannot-write': { severity: 'fatal', text: "cannot write '{0}': {1}" },
} as const satisfies Record<string, DiagnosticRow>;
