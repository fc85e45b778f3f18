/** Diagnostics of src/lexer: code -> severity and text. The preprocessor reports them when it uses the token. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const lexerDiagnostics = {
  'unterminated-comment': { severity: 'error', text: 'unterminated /* comment' },
  'unterminated-literal': {
    severity: 'warning',
    text: 'missing terminating {0} character',
    group: 'invalid-pp-token',
  },
  'empty-character': { severity: 'warning', text: 'empty character constant', group: 'invalid-pp-token' },
  'unexpected-character': { severity: 'error', text: 'unexpected character {0}' },
  'null-character': { severity: 'warning', text: 'null character ignored', group: 'null-character' },
} as const satisfies Record<string, DiagnosticRow>;
