/** No input crashes, hangs or eats memory: every one ends in an object or in typed diagnostics. */

import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command } from '../cli/command.ts';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';

/** What the first error says, or 'compiles'. */
function outcome(text: string, files: Readonly<Record<string, string>> = {}, ...flags: string[]): string {
  const host = folderHost('/nowhere', new Map(Object.entries({ ...files, 'a.c': text })));
  // Validators between passes are tested elsewhere and would dominate the time here.
  const { result } = compileText('a.c', host, flags, { validate: false });
  const error = result.diagnostics.find(({ severity }) => severity === 'error' || severity === 'fatal');
  if (error !== undefined) {
    expect(result.object).toBeUndefined();
    return error.message;
  }
  expect(result.object).toBeDefined();
  return 'compiles';
}

const deep = 10_000;
const nested = (before: string, open: string, inside: string, close: string, after: string) =>
  `${before}${open.repeat(deep)}${inside}${close.repeat(deep)}${after}\n`;
const list = (count: number, item: (i: number) => string, separator = '') =>
  Array.from({ length: count }, (_, i) => item(i)).join(separator);

describe('deep nesting', () => {
  const tooDeep = /nesting level exceeded maximum of 256/;
  const cases: Readonly<Record<string, string>> = {
    parentheses: nested('int x = ', '(', '1', ')', ';'),
    braces: nested('int f(void) ', '{', '', '}', ''),
    'initialiser braces': nested('int x = ', '{', '1', '}', ';'),
    pointers: nested('int ', '*', 'p', '', ';'),
    declarators: nested('int ', '(', 'x', ')', ';'),
    ifs: nested('int f(int a) { ', 'if (a) ', 'return 1;', '', ' return 0; }'),
    'unary operators': nested('int f(int a) { return ', ' -', 'a', '', '; }'),
    casts: nested('int f(int a) { return ', '(int)', 'a', '', '; }'),
    conditionals: nested('int f(int a) { return ', 'a ? 1 : ', '2', '', '; }'),
    assignments: nested('int f(int a) { return ', 'a = ', '2', '', '; }'),
    subscripts: nested('int f(int *a) { return ', 'a[', '0', ']', '; }'),
    calls: nested('int g(int); int f(int a) { return ', 'g(', '0', ')', '; }'),
    structs: nested('struct s { ', 'struct {', 'int x;', '};', ' };'),
    arrays: nested('int x', '[1]', '', '', ';'),
    prototypes: nested('int f(', 'int (*p)(', 'void', ')', ');'),
    'statement expressions': nested('int f(void) { return ', '({ ', '1;', ' })', '; }'),
    sizeofs: nested('int x = ', 'sizeof ', '1', '', ';'),
    generics: nested('int x = ', '_Generic(1, int: ', '1', ')', ';'),
    attributes: nested('int x ', '__attribute__((', '', '))', ';'),
  };
  for (const [name, text] of Object.entries(cases)) {
    it(name, () => expect(outcome(text)).toMatch(name === 'attributes' ? /./ : tooDeep));
  }
  it('conditional directives', () => {
    expect(outcome(`${'#if 1\n'.repeat(deep)}int x;\n${'#endif\n'.repeat(deep)}`)).toBe('compiles');
    expect(outcome(`#if ${'('.repeat(deep)}1${')'.repeat(deep)}\n#endif\n`)).toMatch(/./);
  });
});

describe('long chains and many things', () => {
  it('else-ifs', () => {
    const chain = list(2000, (i) => `if (a == ${i}) return ${i * 3}; else `);
    expect(outcome(`int f(int a) { ${chain}return 0; }\n`, {}, '-O0')).toBe('compiles');
  });
  it('operands', () => {
    const sum = (operator: string, operand: string) => Array(100_000).fill(operand).join(operator);
    expect(outcome(`int x = ${sum(' + ', '1')};\n`)).toBe('compiles');
    expect(outcome(`int f(int a) { return ${sum(' , ', 'a')}; }\n`)).toBe('compiles');
    expect(outcome(`int f(int a) { return ${sum(' + ', 'a')}; }\n`, {}, '-O0')).toBe('compiles');
  });
  it('initialisers', () => {
    expect(outcome(`int x[] = {${list(200_000, String, ',')}};\n`)).toBe('compiles');
    expect(outcome('char x[1ul << 40] = {1};\n')).toMatch(/initializer is too large/);
    expect(outcome('char x[] = { [0 ... 2000000000] = 1 };\n')).toMatch(/initializer is too large/);
    expect(outcome('char x[] = { [-1] = 1 };\n')).toMatch(/negative/);
    expect(outcome('char x[1ul << 40];\n')).toMatch(/'x' takes 1099511627776 bytes; a global may have 1 GiB/);
    expect(outcome('int f(void) { char x[1ul << 40]; x[5] = 1; asm("" :: "r"(x)); return 0; }\n')).toMatch(
      /stack/,
    );
  });
  it('typedefs', () => {
    const chain = (declare: (from: string, to: string) => string, count: number) =>
      `typedef int t0;\n${list(count, (i) => declare(`t${i}`, `t${i + 1}`))}t${count} x;\n`;
    expect(outcome(chain((from, to) => `typedef ${from} ${to};\n`, deep))).toBe('compiles');
    expect(outcome(chain((from, to) => `typedef ${from} *${to};\n`, deep))).toBe('compiles');
    expect(outcome(chain((from, to) => `typedef int (*${to})(${from}, ${from});\n`, 60))).toBe('compiles');
    expect(outcome(chain((from, to) => `typedef ${from} ${to}[1];\n`, deep))).toMatch(
      /more than 256 dimensions/,
    );
  });
  it('records', () => {
    const chain = (members: string, count: number) =>
      `struct s0 { int x; };\n${list(count, (i) => `struct s${i + 1} { struct s${i} ${members}; };\n`)}struct s${count} x;\n`;
    expect(outcome(chain('a', 5000))).toBe('compiles');
    expect(outcome(chain('a, b', 80))).toMatch(/a global may have 1 GiB/);
    expect(outcome(`struct s {${list(50_000, (i) => `unsigned b${i} : 1;`)}} x;\n`)).toBe('compiles');
    expect(outcome(`enum e {${list(50_000, (i) => `E${i}`, ',')}}; enum e x;\n`)).toBe('compiles');
  });
  it('cases, labels and functions', () => {
    const cases = list(3000, (i) => `case ${i}: return ${i * 7};`);
    expect(outcome(`int f(int a) { switch (a) {${cases}} return 0; }\n`, {}, '-O1')).toBe('compiles');
    const labels = list(500, (i) => `l${i}: if (a == ${i}) goto l${(i * 7) % 500};`);
    expect(outcome(`int f(int a) { ${labels} return 0; }\n`)).toBe('compiles');
    expect(outcome(list(500, (i) => `int f${i}(int a) { return a + ${i}; }\n`))).toBe('compiles');
    expect(outcome('int f(int a) { switch (a) { case 0 ... 2000000000: return 1; } return 0; }\n')).toBe(
      'compiles',
    );
  });
  it('inlining that doubles at every level', () => {
    const always = 'static inline __attribute__((always_inline)) int';
    const levels = list(30, (i) => `${always} g${i + 1}(int a) { return g${i}(a) + g${i}(a + 1); }\n`);
    const text = `${always} g0(int a) { return a * 3 + 1; }\n${levels}int f(int a) { return g30(a); }\n`;
    expect(outcome(text)).toMatch(/inlining 'g\d+' makes function 'g\d+' larger than \d+ instructions/);
  });
  it('loops that nobody can unroll', () => {
    const loops = list(6, (k) => `_Pragma("unroll") for (int i${k} = 0; i${k} < 100; i${k}++) `);
    expect(outcome(`int f(int *p) { int s = 0; ${loops} s += p[i0 & 7]; return s; }\n`)).toBe('compiles');
  });
});

describe('macros and includes', () => {
  it('macro bombs', () => {
    const levels = list(12, (i) => `#define A${i + 1} ${`A${i} `.repeat(10)}\n`);
    expect(outcome(`#define A0 x x x x\n${levels}A12\n`)).toMatch(/make more than 20000000 tokens/);
  });
  it('macros that name themselves', () => {
    expect(outcome('#define f(x) f(f)(x)\nint f(int);\n')).toMatch(/./);
    expect(outcome('#define a b\n#define b a\nint a;\n')).toBe('compiles');
  });
  it('include cycles, missing files', () => {
    expect(outcome('#include "a.c"\n')).toBe('#include nested too deeply');
    expect(outcome('#include "b.h"\n', { 'b.h': '#include "a.c"\n' })).toBe('#include nested too deeply');
    expect(outcome('#include "missing.h"\n')).toBe("'missing.h' file not found");
    expect(outcome('#include <missing.h>\n')).toBe("'missing.h' file not found");
    expect(outcome('#include "/"\n')).toMatch(/./);
  });
});

describe('unterminated and broken text', () => {
  const cases: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
    comment: ['int x; /* never', /unterminated \/\* comment/],
    string: ['char *s = "abc\nint y;\n', /expected expression/],
    character: ["int c = 'a\nint y;\n", /expected expression/],
    '#if': ['#if 1\nint x;\n', /unterminated conditional directive/],
    'macro call': ['#define F(x) x\nint a = F(1\n', /unterminated function-like macro invocation/],
    include: ['#include <abc\n', /expected "FILENAME" or <FILENAME>/],
    block: ['int f(void) { return 1;', /expected '}'/],
    expression: ['int f(void) { return 1 + \n', /expected expression/],
    attribute: ['int x __attribute__((\n', /expected '\)'/],
    asm: ['asm("\n', /./],
    'line splice at the end': ['int x; \\', /unexpected character/],
    directives: ['#if\n#endif\n#elif\n#else\n#line\n#undef\n#define F(\n#define G(a,\n', /./],
    'NUL bytes': ['int x\0 = 1;\n"a\0b"\n', /./],
    'bytes that are no UTF-8': ['int \u00ff\u00fe = 1;\n', /unexpected character/],
    'UTF-16': ['\u00ff\u00fei\0n\0t\0 \0x\0;\0', /unexpected character/],
    hashes: [`${'#'.repeat(100_000)}\n`, /./],
    'many wrong characters': ['@ $ ` \n'.repeat(20_000), /unexpected character/],
    'long number': [`int x = ${'1'.repeat(100_000)};\n`, /too large/],
  };
  for (const [name, [text, message]] of Object.entries(cases)) {
    it(name, () => expect(outcome(text)).toMatch(message));
  }
  it('long lines, names and strings', () => {
    expect(outcome(`int x = 1;${' '.repeat(2_000_000)}\n`)).toBe('compiles');
    expect(outcome(`int ${'a'.repeat(1_000_000)};\n`)).toBe('compiles');
    expect(outcome(`char s[] = "${'a'.repeat(1_000_000)}";\n`)).toBe('compiles');
  });
  it('every prefix and many mutations of a program', () => {
    const program = `struct { int (*type)[1]; long *key; } m __attribute__((section(".maps"), used));
#define SQ(x) ((x) * (x))
static inline int g(int a) { switch (a) { case 1 ... 3: return SQ(a); default: return a ? -a : ~a; } }
int f(struct { int b : 3; } *p, int n) { for (int i = 0; i < n; i++) if (g(i) > 2) goto out; out: return ({ p->b; }); }
`;
    for (let end = 0; end < program.length; end += 3) outcome(program.slice(0, end), {}, '-O1');
    // A generator of its own: the same mutations in every run.
    let seed = 12345;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 150; round++) {
      const at = random(program.length);
      const piece = program.slice(random(program.length)).slice(0, 1 + random(12));
      outcome(program.slice(0, at) + piece + program.slice(at + random(8)), {}, '-O1');
    }
  });
});

describe('through the command, with bounded memory', () => {
  let command: Command;
  beforeAll(() => {
    command = new Command();
  });
  afterAll(() => command.dispose());
  const bounded = { node: ['--max-old-space-size=1500'], timeout: 60_000 };

  it('a file of 50 MB', () => {
    const line = `/* ${'some text '.repeat(500)}*/ extern int a;\n`;
    command.write('large.c', `${line.repeat(Math.ceil(50e6 / line.length))}int f(void) { return x; }\n`);
    const run = command.run(['large.c', '-o', 'large.o'], bounded);
    expect(run.stderr).toMatch(/error: use of undeclared identifier 'x'/);
    expect(run.status).toBe(1);
  });
  it('a binary file of 5 MB', () => {
    const bytes = new Uint8Array(5_000_000);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2654435761) >>> 13;
    command.write('binary.c', bytes);
    const run = command.run(['binary.c'], bounded);
    expect(run.status).toBe(1);
    expect(run.stderr.length).toBeLessThan(100_000);
  });
  it('a directory as input and as header', () => {
    mkdirSync(command.path('folder.h'), { recursive: true });
    expect(command.run(['-', '-o', 'x.o'], { input: '#include "folder.h"\n' }).stderr).toMatch(
      /error: .*folder\.h/,
    );
  });
});
