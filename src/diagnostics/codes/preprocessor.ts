/** Diagnostics of src/preprocessor: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const preprocessorDiagnostics = {
  // Files
  'cannot-read-main': { severity: 'fatal', text: "{0}: '{1}'" },
  'include-not-found': { severity: 'fatal', text: "'{0}' file not found" },
  'include-too-deep': { severity: 'fatal', text: '#include nested too deeply' },
  'include-next-in-main': {
    severity: 'warning',
    text: '#include_next in primary source file; will search from start of include path',
    group: 'include-next-outside-header',
  },
  'expected-header-name': { severity: 'error', text: 'expected "FILENAME" or <FILENAME>' },
  'empty-filename': { severity: 'error', text: 'empty filename' },
  'source-too-large': {
    severity: 'fatal',
    text: "no room for '{0}': the sources of one unit may have 4 GiB",
  },

  // Directives
  'invalid-directive': { severity: 'error', text: 'invalid preprocessing directive' },
  'directive-in-arguments': {
    severity: 'error',
    text: 'embedding a #{0} directive within macro arguments is not supported',
  },
  'extra-tokens': {
    severity: 'warning',
    text: 'extra tokens at end of #{0} directive',
    group: 'extra-tokens',
  },
  'unterminated-conditional': { severity: 'error', text: 'unterminated conditional directive' },
  'else-without-if': { severity: 'error', text: '#{0} without #if' },
  'else-after-else': { severity: 'error', text: '#{0} after #else' },
  'endif-without-if': { severity: 'error', text: '#endif without #if' },
  'user-error': { severity: 'error', text: '{0}' },
  'user-warning': { severity: 'warning', text: '{0}', group: '#warnings' },
  'line-needs-integer': { severity: 'error', text: '{0} directive requires a positive integer argument' },
  'line-invalid-filename': { severity: 'error', text: 'invalid filename for {0} directive' },
  'line-invalid-flag': { severity: 'error', text: 'invalid flag line marker directive' },

  // Conditions
  'condition-expected-value': { severity: 'error', text: 'expected value in expression' },
  'condition-invalid-token': {
    severity: 'error',
    text: 'invalid token at start of a preprocessor expression',
  },
  'condition-not-operator': {
    severity: 'error',
    text: 'token is not a valid binary operator in a preprocessor subexpression',
  },
  'condition-expected-paren': { severity: 'error', text: "expected ')' in preprocessor expression" },
  'condition-expected-colon': { severity: 'error', text: "expected ':'" },
  'condition-defined-paren': { severity: 'error', text: "missing ')' after 'defined'" },
  'condition-float': { severity: 'error', text: 'floating point literal in preprocessor expression' },
  'condition-invalid-number': { severity: 'error', text: "invalid integer constant '{0}'" },
  'condition-invalid-suffix': { severity: 'error', text: "invalid suffix '{0}' on integer constant" },
  'condition-invalid-digit': { severity: 'error', text: "invalid digit '{0}' in {1} constant" },
  'condition-too-large': {
    severity: 'error',
    text: 'integer literal is too large to be represented in any integer type',
  },
  'condition-invalid-character': { severity: 'error', text: 'invalid character constant' },
  'condition-division-by-zero': { severity: 'error', text: 'division by zero in preprocessor expression' },
  'condition-remainder-by-zero': { severity: 'error', text: 'remainder by zero in preprocessor expression' },
  'condition-undefined-function': { severity: 'error', text: "function-like macro '{0}' is not defined" },
  'condition-too-deep': { severity: 'error', text: 'preprocessor expression is nested too deeply' },
  'undefined-in-condition': {
    severity: 'warning',
    text: "'{0}' is not defined, evaluates to 0",
    group: 'undef',
    off: true,
  },
  'missing-paren-after': { severity: 'error', text: "missing '(' after '{0}'" },
  'unterminated-feature-check': { severity: 'error', text: "unterminated feature check: missing ')'" },
  'feature-check-operand': {
    severity: 'error',
    text: "builtin feature check macro '{0}' requires a parenthesized identifier",
  },

  // Macro definitions
  'macro-name-missing': { severity: 'error', text: 'macro name missing' },
  'macro-name-not-identifier': { severity: 'error', text: 'macro name must be an identifier' },
  'defined-as-macro-name': { severity: 'error', text: "'defined' cannot be used as a macro name" },
  'macro-name-needs-space': {
    severity: 'warning',
    text: 'ISO C99 requires whitespace after the macro name',
    group: 'c99-extensions',
  },
  'macro-redefined': { severity: 'warning', text: "'{0}' macro redefined", group: 'macro-redefined' },
  'builtin-macro-redefined': {
    severity: 'warning',
    text: 'redefining builtin macro',
    group: 'builtin-macro-redefined',
  },
  'builtin-macro-undefined': {
    severity: 'warning',
    text: 'undefining builtin macro',
    group: 'builtin-macro-redefined',
  },
  'macro-parameter-missing-paren': { severity: 'error', text: "missing ')' in macro parameter list" },
  'macro-parameter-invalid': { severity: 'error', text: 'invalid token in macro parameter list' },
  'macro-parameter-no-identifier': { severity: 'error', text: 'expected identifier in macro parameter list' },
  'macro-parameter-no-comma': { severity: 'error', text: 'expected comma in macro parameter list' },
  'macro-parameter-duplicate': { severity: 'error', text: "duplicate macro parameter name '{0}'" },
  'macro-parameter-va-args': {
    severity: 'error',
    text: "'__VA_ARGS__' cannot be the name of a macro parameter",
  },
  'stringify-without-parameter': { severity: 'error', text: "'#' is not followed by a macro parameter" },
  'paste-at-start': { severity: 'error', text: "'##' cannot appear at start of macro expansion" },
  'paste-at-end': { severity: 'error', text: "'##' cannot appear at end of macro expansion" },
  'va-args-outside-macro': {
    severity: 'warning',
    text: '{0} can only appear in the expansion of a C99 variadic macro',
    group: 'pedantic',
  },
  'va-opt-nested': {
    severity: 'error',
    text: '__VA_OPT__ cannot be nested within its own replacement tokens',
  },
  'va-opt-unterminated': {
    severity: 'error',
    text: "missing parentheses around the operand of '__VA_OPT__'",
  },

  // Macro expansion
  'unterminated-macro-call': { severity: 'error', text: 'unterminated function-like macro invocation' },
  'too-many-macro-arguments': {
    severity: 'error',
    text: 'too many arguments provided to function-like macro invocation',
  },
  'too-few-macro-arguments': {
    severity: 'error',
    text: 'too few arguments provided to function-like macro invocation',
  },
  'invalid-paste': { severity: 'error', text: "pasting formed '{0}', an invalid preprocessing token" },
  'too-many-tokens': {
    severity: 'fatal',
    text: 'macros and includes make more than {0} tokens; is one defined in terms of itself many times over?',
  },
  'macro-positions-exhausted': { severity: 'fatal', text: "no room left for the expansion of macro '{0}'" },

  // Pragmas
  'pragma-operator-syntax': { severity: 'error', text: '_Pragma takes a parenthesized string literal' },
  'pragma-once-in-main': {
    severity: 'warning',
    text: '#pragma once in main file',
    group: 'pragma-once-outside-header',
  },
  'pragma-macro-syntax': { severity: 'error', text: 'pragma {0} requires a parenthesized string' },
  'pragma-pop-macro-empty': {
    severity: 'warning',
    text: "pragma pop_macro could not pop '{0}', no matching push_macro",
    group: 'ignored-pragmas',
  },
  'pragma-message': { severity: 'warning', text: '{0}', group: '#pragma-messages' },
  'pragma-warning': { severity: 'warning', text: '{0}', group: '#warnings' },
  'pragma-message-syntax': { severity: 'error', text: 'pragma {0} requires parenthesized string' },
  'pragma-poison-name': { severity: 'error', text: 'can only poison identifier tokens' },
  'pragma-poison-macro': {
    severity: 'warning',
    text: 'poisoning existing macro',
    group: 'poison-existing-macro',
  },
  'poisoned-identifier': { severity: 'error', text: 'attempt to use a poisoned identifier' },
  'pragma-diagnostic-action': {
    severity: 'warning',
    text: "pragma diagnostic expected 'error', 'warning', 'ignored', 'fatal', 'push', or 'pop'",
    group: 'unknown-pragmas',
  },
  'pragma-diagnostic-option': {
    severity: 'warning',
    text: 'pragma diagnostic expected option name (e.g. "-Wundef")',
    group: 'unknown-pragmas',
  },
  'pragma-diagnostic-pop': {
    severity: 'warning',
    text: 'pragma diagnostic pop could not pop, no matching push',
    group: 'unknown-pragmas',
  },
} as const satisfies Record<string, DiagnosticRow>;
