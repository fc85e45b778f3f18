/** Diagnostics of src/lexer: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const lexerDiagnostics = {
  'unterminated-comment': { severity: 'error', text: 'unterminated /* comment' },
} as const satisfies Record<string, DiagnosticRow>;
