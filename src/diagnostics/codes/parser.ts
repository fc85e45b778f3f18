/** Diagnostics of src/parser: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic.ts';

export const parserDiagnostics = {
  'expected-token': { severity: 'error', text: 'expected {0}' },
} as const satisfies Record<string, DiagnosticRow>;
