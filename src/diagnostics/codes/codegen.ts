/** Diagnostics of src/codegen: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const codegenDiagnostics = {
  'stack-too-large': { severity: 'error', text: "function '{0}' needs {1} bytes of stack; BPF allows 512" },
  'needs-cpu': { severity: 'error', text: '{0} needs -mcpu=v{1} or later' },
  'atomic-width': { severity: 'error', text: 'atomic {0} works on 32 or 64 bits, not on {1}' },
  'atomic-operation': {
    severity: 'error',
    text: "BPF has no atomic '{0}'; use a compare-and-exchange loop",
  },
  'no-fence': {
    severity: 'error',
    text: 'a memory fence needs -mcpu=v3 or later, where atomic operations that give the old value order memory',
  },
  'indirect-call': {
    severity: 'error',
    text: 'call through a function pointer whose target is not known at compile time; BPF can only call known functions',
  },
  'too-many-parameters': {
    severity: 'error',
    text: "function '{0}' has {1} parameters; BPF has registers for 5: pass a pointer to a struct",
  },
  'call-arguments': {
    severity: 'error',
    text: 'call of {0} passes {1} arguments; BPF has registers for 5: pass a pointer to a struct',
  },
  'too-many-asm-operands': {
    severity: 'error',
    text: 'the asm statement needs more registers than there are; use fewer operands or clobbers',
  },
  'asm-operand': { severity: 'error', text: "operand {0} of the asm statement: constraint '{1}' {2}" },
  'jump-too-far': {
    severity: 'error',
    text: "function '{0}' has jumps that 16 bits do not reach, over an asm statement or to too many places; use -mcpu=v4, or split the statement or the function",
  },
  'asm-syntax': { severity: 'error', text: 'asm statement: {0}' },
} as const satisfies Record<string, DiagnosticRow>;
