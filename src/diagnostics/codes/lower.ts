/** Diagnostics of src/lower: what typed C has that BPF cannot do. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const lowerDiagnostics = {
  'floating-point': {
    severity: 'error',
    text: "BPF has no floating point: a value of type '{0}' is needed at run time; use scaled integers",
  },
  'wide-integer': {
    severity: 'error',
    text: "BPF registers hold 64 bits: this use of '{0}' needs one access or one value; use two 64-bit halves",
  },
  'object-too-large': {
    severity: 'error',
    text: "'{0}' takes {1} bytes; a global may have 1 GiB: use a map with many entries",
  },
  'no-value-type': { severity: 'error', text: 'this expression has no value that fits a BPF register' },
  'unsupported-builtin': { severity: 'error', text: "'{0}' is not supported for the BPF target" },
  'core-element-info': {
    severity: 'error',
    text: 'loaders tell only offset, size and existence of an array element; ask for a member instead',
  },
  'asm-goto-outputs': {
    severity: 'error',
    text: "an asm goto cannot have outputs here; pass the address of a variable ('m' or 'r') and store to it in the text",
  },
  'asm-constraint': {
    severity: 'error',
    text: "invalid {0} constraint '{1}' in asm; BPF has r (register), w (32-bit register), i (constant) and m (memory)",
  },
  'asm-operand-type': {
    severity: 'error',
    text: 'an asm operand must fit a 64-bit register or be in memory',
  },
  'packet-load-arguments': {
    severity: 'error',
    text: "'{0}' takes the context and an offset",
  },
} as const satisfies Record<string, DiagnosticRow>;
