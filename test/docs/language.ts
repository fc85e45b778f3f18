/**
 * What of C the compiler takes and what it refuses, each with a source that shows it: the test compiles all of them. The page
 * docs/compatibility.md lists the names.
 */

import type { DiagnosticCode } from '../../src/diagnostics/codes.ts';

export interface LanguageRow {
  readonly name: string;
  readonly source: string;
  readonly flags?: readonly string[];
  /** What the page says beside the name. */
  readonly note?: string;
}

const head = '#include <linux/types.h>\n';

export const supported: readonly LanguageRow[] = [
  {
    name: 'integers of 8 to 64 bits, `_Bool`, enums (of 64 bits too)',
    source: 'enum e { A = 1ul << 40 }; _Bool b; enum e e = A;',
  },
  {
    name: 'signed division and remainder at every `-mcpu`',
    source: 'int f(int a, int b) { return a / b % 7; }',
  },
  {
    name: 'structs, unions, bit-fields, flexible array members, anonymous members',
    source:
      'struct s { int a : 3; struct { int b; }; int c[]; }; int f(struct s *s) { return s->a + s->b + s->c[2]; }',
  },
  {
    name: 'structs as values: assigned, passed, returned',
    source:
      'struct s { long a, b; }; static struct s g(struct s s) { s.a++; return s; } long f(struct s *p) { *p = g(*p); return p->a; }',
    note: 'an argument takes at most 16 bytes of registers',
  },
  {
    name: 'designated initialisers, compound literals, ranges',
    source:
      'int a[] = { [1 ... 3] = 5, [7] = 1 }; struct s { int x, y; }; int f(void) { return ((struct s){ .y = 2 }).y; }',
  },
  {
    name: '`switch` of any size, case ranges',
    source: 'int f(int x) { switch (x) { case 1 ... 5: return 1; case 100: return 2; default: return 3; } }',
    note: 'a tree of comparisons',
  },
  {
    name: 'computed `goto`',
    source:
      'int f(int i) { static const void *const t[] = { &&a, &&b }; goto *t[i & 1]; a: return 1; b: return 2; }',
    note: 'a chain of comparisons',
  },
  {
    name: 'statement expressions, `__auto_type`, `typeof`',
    source: 'int f(int x) { return ({ __auto_type y = x; typeof(y) z = y + 1; z; }); }',
  },
  {
    name: '`_Generic`, `_Static_assert`, `_Alignas`, `_Noreturn`',
    source: '_Static_assert(_Generic(1, int: 1, default: 0), "int"); _Alignas(16) int x;',
  },
  {
    name: '`_Atomic` and the atomic builtins',
    source: '_Atomic long a; void f(void) { a++; __sync_fetch_and_add(&a, 2); }',
  },
  { name: 'floating constants that fold', source: 'int x = 1.5 * 2;' },
  {
    name: 'global variables in `.data`, `.rodata`, `.bss` and sections of their own',
    source: `${head}int a = 1; const int b = 2; int c; int d __attribute__((section(".data.own")));`,
  },
  {
    name: 'externs: `.kconfig`, `.ksyms`, kfuncs, weak ones',
    source:
      'extern int k __attribute__((section(".kconfig"))); extern void g(int) __attribute__((section(".ksyms"), weak)); int f(void) { if (g) g(k); return 0; }',
  },
  {
    name: 'static and global functions, callbacks by address',
    source: 'static int __attribute__((noinline)) g(int x) { return x + 1; } int f(int x) { return g(x); }',
  },
  {
    name: 'more than five arguments of inlined functions',
    source:
      'static inline int __attribute__((always_inline)) g(int a, int b, int c, int d, int e, int f) { return a + f; } int h(int x) { return g(x, 2, 3, 4, 5, 6); }',
  },
  {
    name: 'pointers to functions known at compile time',
    source: 'static int g(int x) { return x; } int f(int x) { int (*p)(int) = g; return p(x); }',
  },
  {
    name: 'old-style definitions, implicit `int` with `-std=c89`',
    source: 'f(a) int a; { return a; }',
    flags: ['-std=c89'],
  },
  {
    name: '`__int128`',
    source: '__int128 f(__int128 *a) { return *a * 3 + 1; }',
    note: 'in pairs of registers',
  },
  { name: 'memory fences', source: 'void f(void) { __sync_synchronize(); }' },
  { name: 'aliases', source: 'int g(void) { return 1; } int f(void) __attribute__((alias("g")));' },
  {
    name: '`asm`, `asm goto`, naked functions, asm at file scope',
    source:
      'int __attribute__((naked)) f(void) { asm volatile("r0 = 1; exit;"); } int g(int x) { asm volatile("%0 += 1" : "+r"(x)); return x; }',
  },
  {
    name: 'address spaces (arena)',
    source: 'int f(int __attribute__((address_space(1))) *p) { return *p; }',
    note: 'casts where clang puts them',
  },
];

export interface RefusedRow extends LanguageRow {
  readonly code: DiagnosticCode;
}

export const refused: readonly RefusedRow[] = [
  {
    name: 'floating point at run time',
    code: 'floating-point',
    source: 'double f(double x) { return x * 2; }',
  },
  {
    name: 'variable length arrays',
    code: 'variable-length-array',
    source: 'int f(int n) { int a[n]; a[0] = n; return a[0]; }',
  },
  {
    name: 'definitions of variadic functions',
    code: 'variadic-definition',
    source: 'int f(int n, ...) { return n; }',
  },
  { name: 'thread-local variables', code: 'thread-local', source: '_Thread_local int x;' },
  {
    name: 'more than five arguments of functions that stay',
    code: 'too-many-parameters',
    source: 'int __attribute__((noinline)) f(int a, int b, int c, int d, int e, int g) { return g; }',
  },
  {
    name: 'calls through pointers that are not known',
    code: 'indirect-call',
    source: 'int f(int (*p)(void)) { return p(); }',
  },
  { name: 'recursion', code: 'recursion', source: 'int f(int n) { return n ? f(n - 1) + n : 0; }' },
  {
    name: 'more than 512 bytes of stack in one function',
    code: 'stack-too-large',
    source: 'void g(void *); void f(void) { char a[600]; g(a); }',
  },
];

/** Pragmas with their operands; the test compiles each without a warning about it. */
export const pragmas: readonly (readonly [spelling: string, meaning: string])[] = [
  ['unroll', 'unroll the next loop wholly; also with a count, and as `GCC unroll n`'],
  ['nounroll', 'leave the next loop alone'],
  ['clang loop unroll(disable)', 'also `enable`, `full` and `unroll_count(n)`; other options have no effect'],
  ['pack(push, 1)', 'the largest alignment of members; `pop` ends it'],
  [
    'clang attribute push (__attribute__((preserve_access_index)), apply_to = record)',
    'attributes for all declarations up to `pop`',
  ],
  [
    'clang diagnostic ignored "-Wunused-variable"',
    'also `push`, `pop`, `warning`, `error`, and as `GCC diagnostic`',
  ],
  ['GCC system_header', 'the rest of the header gives no warnings'],
  ['GCC poison name', 'using the name is an error from here on'],
  ['once', 'the header is read once'],
  ['push_macro("M")', 'keeps the definition of a macro for `pop_macro`'],
  ['message "text"', 'a message; `GCC warning` and `GCC error` too'],
];
