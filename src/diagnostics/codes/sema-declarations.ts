/**
 * Diagnostics of the declarations half of src/sema: code -> severity and text. (Some are shared with the
 * parser's table.)
 */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const semaDeclarationDiagnostics = {
  // ---- Specifiers (6.7.2) ----
  'invalid-specifier-combination': {
    severity: 'error',
    text: "cannot combine '{0}' in one declaration specifier",
  },
  'type-not-supported': {
    severity: 'error',
    text: "'{0}' is not supported on BPF: it has no such registers",
  },
  'restrict-needs-pointer': {
    severity: 'error',
    text: "restrict requires a pointer or reference ('{0}' is invalid)",
  },
  'mode-wrong-type': { severity: 'error', text: 'type {0} of machine mode does not match type of base type' },
  'vector-size-wrong': {
    severity: 'error',
    text: 'vector size not an integral multiple of component size of {0}',
  },

  // ---- Attributes ----
  'unknown-attribute': {
    severity: 'warning',
    text: "unknown attribute '{0}' ignored",
    group: 'unknown-attributes',
  },
  'attribute-argument-type': { severity: 'error', text: "'{0}' attribute requires {1}" },
  'attribute-argument-count': { severity: 'error', text: "'{0}' attribute takes {1}" },
  'attribute-wrong-target': {
    severity: 'warning',
    text: "'{0}' attribute only applies to {1}",
    group: 'ignored-attributes',
  },
  'cleanup-not-function': { severity: 'error', text: "'cleanup' argument '{0}' is not a function" },
  'cleanup-parameter-count': { severity: 'error', text: "'cleanup' function '{0}' must take 1 parameter" },
  'alias-target': {
    severity: 'error',
    text: "'{0}' is an alias of '{1}', which this unit does not define as the same kind of symbol",
  },
  'alias-defined': { severity: 'error', text: "'{0}' is an alias and cannot have a definition of its own" },
  'attribute-not-supported': { severity: 'error', text: "'{0}' attribute is not supported: {1}" },
  'attribute-without-effect': {
    severity: 'warning',
    text: "'{0}' attribute has no effect: {1}",
    group: 'ignored-attributes',
  },
  'unknown-visibility': {
    severity: 'warning',
    text: "unknown visibility '{0}'",
    group: 'ignored-attributes',
  },
  'unknown-machine-mode': { severity: 'error', text: "unknown machine mode '{0}'" },
  'unknown-register': { severity: 'error', text: "unknown register name '{0}' in asm" },
  'alignment-not-power-of-two': { severity: 'error', text: 'requested alignment is not a power of 2' },
  'section-mismatch': {
    severity: 'warning',
    text: "section of '{0}' changes from '{2}' to '{1}'",
    group: 'section',
  },

  // ---- Tags, records, enumerations (6.7.2.1-6.7.2.3) ----
  'tag-kind-mismatch': {
    severity: 'error',
    text: "use of '{0}' with tag type that does not match previous declaration",
  },
  'nested-redefinition': { severity: 'error', text: "nested redefinition of '{0}'" },
  'declared-inside-prototype': {
    severity: 'warning',
    text: "declaration of '{0}' will not be visible outside of this function",
    group: 'visibility',
  },
  'declares-nothing': {
    severity: 'warning',
    text: 'declaration does not declare anything',
    group: 'missing-declarations',
  },
  'member-storage-class': {
    severity: 'error',
    text: 'type name does not allow storage class to be specified',
  },
  'duplicate-member': { severity: 'error', text: "duplicate member '{0}'" },
  'member-is-function': { severity: 'error', text: "field '{0}' declared as a function" },
  'member-incomplete': { severity: 'error', text: 'field has incomplete type {0}' },
  'flexible-array-not-last': {
    severity: 'error',
    text: "flexible array member '{0}' with type {1} is not at the end of struct",
  },
  'bit-field-not-integer': { severity: 'error', text: '{0} has non-integral type {1}' },
  'bit-field-negative': { severity: 'error', text: '{0} has negative width ({1})' },
  'bit-field-zero': { severity: 'error', text: '{0} has zero width' },
  'bit-field-too-wide': {
    severity: 'error',
    text: 'width of {0} ({1} bits) exceeds the width of its type ({2} bits)',
  },
  'enumerator-too-large': {
    severity: 'error',
    text: 'enumerator value {0} is not representable in the largest integer type',
  },
  'enumerator-redefined': { severity: 'error', text: "redefinition of enumerator '{0}'" },

  // ---- Declarators (6.7.6) ----
  'star-outside-prototype': { severity: 'error', text: 'star modifier used outside of function prototype' },
  'array-size-not-integer': { severity: 'error', text: 'size of array has non-integer type {0}' },
  'array-size-negative': { severity: 'error', text: '{0} declared as an array with a negative size' },
  'array-too-large': { severity: 'error', text: 'array is too large ({0} elements)' },
  'array-too-deep': { severity: 'error', text: 'arrays of more than {0} dimensions are not supported' },
  'variable-length-array': {
    severity: 'error',
    text: 'variable length arrays are not supported on BPF: the stack has a fixed size; use a constant size or a map',
  },
  'variable-length-array-at-file-scope': {
    severity: 'error',
    text: 'variable length array declaration not allowed at file scope',
  },
  'array-of-functions': { severity: 'error', text: '{0} declared as array of functions of type {1}' },
  'array-element-incomplete': { severity: 'error', text: 'array has incomplete element type {0}' },
  'array-element-misaligned': {
    severity: 'error',
    text: 'size of array element of type {0} is not a multiple of its alignment',
  },
  'function-returns-array': { severity: 'error', text: 'function cannot return {0} type {1}' },
  'invalid-parameter-storage': {
    severity: 'error',
    text: 'invalid storage class specifier in function declarator',
  },
  'parameter-has-void-type': {
    severity: 'error',
    text: "'void' must be the first and only parameter if specified",
  },
  'parameter-redefined': { severity: 'error', text: "redefinition of parameter '{0}'" },
  'no-such-parameter': { severity: 'error', text: "parameter named '{0}' is missing" },

  // ---- Declarations (6.7, 6.9) ----
  redefinition: { severity: 'error', text: "redefinition of '{0}'" },
  'redefinition-as-different-kind': {
    severity: 'error',
    text: "redefinition of '{0}' as different kind of symbol",
  },
  'redefinition-different-type': {
    severity: 'error',
    text: "redefinition of '{0}' with a different type: {1} vs {2}",
  },
  'typedef-redefinition': {
    severity: 'error',
    text: 'typedef redefinition with different types ({0} vs {1})',
  },
  'typedef-initialized': {
    severity: 'error',
    text: 'illegal initializer (only variables can be initialized)',
  },
  'function-initialized': {
    severity: 'error',
    text: 'illegal initializer (only variables can be initialized)',
  },
  'conflicting-types': { severity: 'error', text: "conflicting types for '{0}'" },
  'static-follows-non-static': {
    severity: 'error',
    text: "static declaration of '{0}' follows non-static declaration",
  },
  'non-static-follows-static': {
    severity: 'error',
    text: "non-static declaration of '{0}' follows static declaration",
  },
  'illegal-file-scope-storage': { severity: 'error', text: 'illegal storage class on file-scoped variable' },
  'illegal-function-storage': { severity: 'error', text: 'illegal storage class on function' },
  'static-function-in-block': {
    severity: 'error',
    text: "function declared in block scope cannot have 'static' storage class",
  },
  'block-extern-initialized': {
    severity: 'error',
    text: 'declaration of block scope identifier with linkage cannot have an initializer',
  },
  'extern-initialized': {
    severity: 'warning',
    text: "'extern' variable has an initializer",
    group: 'extern-initializer',
  },
  'variable-incomplete': { severity: 'error', text: 'variable has incomplete type {0}' },
  'tentative-never-completed': {
    severity: 'error',
    text: 'tentative definition has type {0} that is never completed',
  },
  'tentative-array': { severity: 'warning', text: 'tentative array definition assumed to have one element' },
  'auto-type-needs-initializer': {
    severity: 'error',
    text: "declaration of variable '{0}' with deduced type '__auto_type' requires an initializer",
  },
  'thread-local': {
    severity: 'error',
    text: 'thread-local storage is not supported for the current target',
  },
  'definition-of-no-function': { severity: 'error', text: "'{0}' is not declared as a function" },
  'variadic-definition': {
    severity: 'error',
    text: 'variadic functions are not supported: BPF passes at most five arguments, all in registers',
  },
  'incomplete-result-type': { severity: 'error', text: 'incomplete result type {0} in function definition' },
  'undefined-internal': {
    severity: 'warning',
    text: "function '{0}' has internal linkage but is not defined",
    group: 'undefined-internal',
  },
  'static-assertion-failed': { severity: 'error', text: 'static assertion failed{0}' },

  // ---- Initialisers (6.7.9) ----
  'array-needs-list': {
    severity: 'error',
    text: 'array initializer must be an initializer list or string literal, not {0}',
  },
  'array-needs-wide-string': {
    severity: 'error',
    text: 'initializing an array with incompatible string literal of type {0}',
  },
  'string-too-long': {
    severity: 'warning',
    text: 'initializer-string for char array is too long, array size is {1} but initializer has size {0} (including the null terminating character)',
    group: 'excess-initializers',
  },
  'excess-elements': {
    severity: 'warning',
    text: 'excess elements in {0} initializer',
    group: 'excess-initializers',
  },
  'too-many-braces': {
    severity: 'warning',
    text: 'too many braces around scalar initializer',
    group: 'many-braces-around-scalar-init',
  },
  'designator-in-scalar': { severity: 'error', text: 'designator in initializer for scalar type {0}' },
  'array-designator-in-record': {
    severity: 'error',
    text: 'array designator cannot initialize non-array type {0}',
  },
  'member-designator-in-array': {
    severity: 'error',
    text: 'field designator cannot initialize a non-struct, non-union type {0}',
  },
  'designator-unknown-member': {
    severity: 'error',
    text: "field designator '{0}' does not refer to any field in type '{1}'",
  },
  'array-designator-negative': { severity: 'error', text: "array designator value '{0}' is negative" },
  'array-designator-range-empty': { severity: 'error', text: 'array designator range [{0}, {1}] is empty' },
  'array-designator-too-large': {
    severity: 'error',
    text: 'array designator index ({0}) exceeds array bounds ({1})',
  },
  'initializer-for-empty-aggregate': {
    severity: 'error',
    text: 'initializer for aggregate with no elements requires explicit braces',
  },
  'flexible-array-initialization': {
    severity: 'error',
    text: 'initialization of flexible array member is not allowed',
  },
  'initializer-not-constant': {
    severity: 'error',
    text: 'initializer element is not a compile-time constant',
  },
  'initializer-too-large': {
    severity: 'error',
    text: 'initializer is too large; fill the object at run time, or let it start as zero',
  },
} as const satisfies Record<string, DiagnosticRow>;
