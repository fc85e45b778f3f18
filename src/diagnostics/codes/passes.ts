/** Diagnostics of src/passes: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const passesDiagnostics = {
  'cannot-unroll': {
    severity: 'warning',
    text: 'loop not unrolled as requested: {0}',
    group: 'pass-failed',
  },
  'memory-size-unknown': {
    severity: 'error',
    text: '{0} needs a size that is a constant or has a known maximum; BPF has no library function to call',
  },
  'inline-too-large': {
    severity: 'error',
    text: "inlining '{1}' makes function '{0}' larger than {2} instructions; take always_inline away from some functions",
  },
} as const satisfies Record<string, DiagnosticRow>;
