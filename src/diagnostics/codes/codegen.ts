/** Diagnostics of src/codegen: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const codegenDiagnostics = {
  'stack-too-large': { severity: 'error', text: "function '{0}' needs {1} bytes of stack; BPF allows 512" },
} as const satisfies Record<string, DiagnosticRow>;
