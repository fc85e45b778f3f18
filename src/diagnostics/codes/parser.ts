/** Diagnostics of src/parser: code -> severity and text. The words are clang's, as its users know them. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const parserDiagnostics = {
  /** `{0}` names what is missing and, where it helps, what it is missing after: "';' after expression". */
  'expected-token': { severity: 'error', text: 'expected {0}' },
  'unexpected-token': { severity: 'error', text: "unexpected '{0}'" },
  'missing-comma': { severity: 'error', text: "missing ',' between enumerators" },
  'unknown-type-name': { severity: 'error', text: "unknown type name '{0}'" },
  'extraneous-closing-brace': { severity: 'error', text: "extraneous closing brace ('}')" },
  'extraneous-before-semicolon': { severity: 'error', text: "extraneous '{0}' before ';'" },
  'nesting-too-deep': { severity: 'error', text: 'bracket nesting level exceeded maximum of {0}' },
  'nested-function': { severity: 'error', text: 'function definition is not allowed here' },
  'implicit-int': {
    severity: 'error',
    group: 'implicit-int',
    text: "type specifier missing, defaults to 'int'; ISO C99 and later do not support implicit int",
  },
  'combined-storage': {
    severity: 'error',
    text: "cannot combine with previous '{0}' declaration specifier",
  },
  'attribute-pragma': { severity: 'error', text: "malformed '#pragma clang attribute': {0}" },
} as const satisfies Record<string, DiagnosticRow>;
