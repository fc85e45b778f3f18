/** Diagnostics of src/lower: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const lowerDiagnostics = {
  'too-many-arguments': {
    severity: 'error',
    text: "call to '{0}' passes {1} arguments; BPF has registers for 5",
  },
} as const satisfies Record<string, DiagnosticRow>;
