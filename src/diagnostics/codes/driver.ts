/** Diagnostics of src/driver: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const driverDiagnostics = {
  assembly: { severity: 'error', text: '{0}' },
  'assembly-already': {
    severity: 'error',
    text: "'{0}' is assembly already: -E, -S and --emit=html are for C, -c makes its object",
  },
  'forbidden-call': { severity: 'error', text: "call to '{0}' declared with 'error' attribute: {1}" },
  'library-call': {
    severity: 'warning',
    text: "'{0}' is a function of the host's library: no loader finds it for a BPF program; call a helper (bpf_...) or write the function",
    group: 'library-call',
  },
  'discouraged-call': {
    severity: 'warning',
    text: "call to '{0}' declared with 'warning' attribute: {1}",
    group: 'attribute-warning',
  },
  'btf-unusable': { severity: 'error', text: "cannot make 'vmlinux.h' from {0}: {1}" },
  recursion: {
    severity: 'error',
    text: "function '{0}' calls itself ({1}): the BPF verifier refuses recursion; use a loop with a constant bound or bpf_loop()",
  },
  'too-many-errors': {
    severity: 'fatal',
    text: 'too many errors emitted, stopping now [-ferror-limit=]',
  },
} as const satisfies Record<string, DiagnosticRow>;
