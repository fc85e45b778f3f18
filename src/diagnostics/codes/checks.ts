/** Diagnostics of src/checks: code -> severity and text. */

import type { DiagnosticRow } from '../diagnostic-row.ts';

export const checksDiagnostics = {
  'missing-section': {
    severity: 'warning',
    text: "'{0}' takes the context of a program but has no section, so the object holds no program; write {1} before it",
    group: 'missing-section',
  },
  'section-name': {
    severity: 'warning',
    text: 'no loader knows what a section \'{0}\' holds; did you mean SEC("{1}")?',
    group: 'section-name',
  },
  'missing-license': {
    severity: 'warning',
    text: '{0}() is only for programs with a GPL-compatible license, and no license is given; add: char _license[] SEC("license") = "GPL";',
    group: 'missing-license',
  },
  'license-not-gpl': {
    severity: 'warning',
    text: "{0}() is only for programs with a GPL-compatible license; the kernel does not take '{1}' for one",
    group: 'missing-license',
  },
  'null-not-checked': {
    severity: 'warning',
    text: "'{0}' may be NULL: the verifier refuses to use the result of {1}() before it is compared with NULL",
    group: 'null-check',
  },
  'null-result-not-checked': {
    severity: 'warning',
    text: 'the result of {0}() may be NULL: the verifier refuses to use it before it is compared with NULL',
    group: 'null-check',
  },
  'uninitialized-padding': {
    severity: 'warning',
    text: "'{0}' has {1} of padding {2} that nothing initialises, and {3}() reads all of its bytes",
    group: 'uninitialized-padding',
  },
  'map-section': {
    severity: 'warning',
    text: '\'{0}\' is no map for a loader: {1}() takes one from SEC(".maps")',
    group: 'map-section',
  },
  'map-access-size': {
    severity: 'warning',
    text: "{0} has {1}, but {2} of map '{3}' have {4}: {5}() reads beyond it",
    group: 'map-access-size',
  },
  'map-access-size-larger': {
    severity: 'warning',
    text: "{0} has {1}, but {2} of map '{3}' have {4}: {5}() reads only the first",
    group: 'map-access-size',
    off: true,
  },
  'printk-conversion': {
    severity: 'warning',
    text: "the kernel does not know the conversion '{0}' in a format of {1}(): {2}",
    group: 'printk-format',
  },
  'printk-too-few-arguments': {
    severity: 'warning',
    text: 'the format of {0}() has {1} but {2} given: nothing is printed',
    group: 'printk-format',
  },
  'printk-extra-arguments': {
    severity: 'warning',
    text: 'the format of {0}() has {1} but {2} given: the rest is not printed',
    group: 'printk-format',
  },
  'printk-string-argument': {
    severity: 'warning',
    text: "conversion '{0}' needs the address of a string, but the argument has type {1}",
    group: 'printk-format',
  },
  'helper-too-new': {
    severity: 'warning',
    text: '{0}() is in Linux since {1}, and the program is for Linux {2}',
    group: 'helper-availability',
  },
  'helper-not-for-type': {
    severity: 'warning',
    text: '{0}() is not for programs of type {1}: the verifier refuses the call',
    group: 'helper-availability',
  },
  'unbounded-index': {
    severity: 'warning',
    text: 'the index is never compared, so the offset can be up to {0}, but {1} has {2} bytes: the verifier refuses the access',
    group: 'unbounded-index',
  },
  'unbounded-loop': {
    severity: 'warning',
    text: 'the verifier finds no end of this loop{0}: {1}',
    group: 'unbounded-loop',
  },
  'endless-loop': {
    severity: 'warning',
    text: 'no path leaves this loop: the verifier refuses it; count to a constant, or use bpf_loop() or bpf_for()',
    group: 'endless-loop',
  },
} as const satisfies Record<string, DiagnosticRow>;
