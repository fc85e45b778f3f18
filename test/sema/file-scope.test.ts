/** File scope on demand: what is looked at, what counts where, and that lazy and eager agree. */

import { describe, expect, it } from 'vitest';
import { printTypedUnit } from '../../src/sema/print.ts';
import { analyzeText } from './analyze-text.ts';

/** The dump of a unit, lazily and eagerly checked. */
function bothDumps(files: Record<string, string>): readonly [string, string] {
  const dump = (eager: boolean): string => {
    const { typed, messages } = analyzeText(files, { eager });
    return [...messages, printTypedUnit(typed)].join('\n');
  };
  return [dump(false), dump(true)];
}

describe('laziness', () => {
  const header = `
    typedef unsigned int u32;
    struct unused { struct nowhere x; };
    static inline int broken(void) { return undeclared; }
    static inline u32 good(u32 x) { return x; }
  `;

  it('does not look at what nothing needs', () => {
    const files = { '/inc/h.h': header, 'a.c': '#include <h.h>\nu32 f(u32 x) { return good(x); }' };
    expect(analyzeText(files).messages).toEqual([]);
    expect(analyzeText(files, { eager: true }).messages).toEqual([
      expect.stringContaining("field has incomplete type 'struct nowhere'"),
      expect.stringContaining("note: forward declaration of 'struct nowhere'"),
      expect.stringContaining("undeclared identifier 'undeclared'"),
    ]);
  });

  it('takes a header function that BPF cannot have, where nothing calls it', () => {
    const header = `
      static inline void check(const char *format, ...) {}
      static inline void *caller(void) { return __builtin_return_address(0); }
    `;
    const files = { '/inc/h.h': header, 'a.c': '#include <h.h>\nint f(void) { return 1; }' };
    for (const eager of [false, true]) expect(analyzeText(files, { eager }).messages).toEqual([]);
    const calling = { ...files, 'a.c': '#include <h.h>\nvoid *f(void) { check("", 1); return caller(); }' };
    for (const eager of [false, true]) {
      expect([...analyzeText(calling, { eager }).messages].sort()).toEqual([
        expect.stringContaining('variadic functions are not supported'),
        expect.stringContaining("'__builtin_return_address' cannot be used"),
      ]);
    }
  });

  it('checks a header function that is reached', () => {
    const files = { '/inc/h.h': header, 'a.c': '#include <h.h>\nint f(void) { return broken(); }' };
    expect(analyzeText(files).messages).toEqual([expect.stringContaining("'undeclared'")]);
  });

  it('checks all of the user own code', () => {
    const { messages } = analyzeText({ 'h.h': header, 'a.c': '#include "h.h"\n' });
    expect(messages.filter((message) => message.includes('error'))).toHaveLength(2);
  });

  it('emits what headers define for others', () => {
    const text =
      'int defined = 1; extern int declared; int f(void); int g(void) { return 2; }\nstatic int quiet; __attribute__((used)) static int kept;';
    const { typed } = analyzeText({ '/inc/h.h': text, 'a.c': '#include <h.h>\n' });
    expect(typed.variables.map(({ name }) => name)).toEqual(['defined', 'kept']);
    expect(typed.functions.map(({ symbol }) => symbol.name)).toEqual(['g']);
    expect(typed.externs).toEqual([]);
  });

  it('follows the inline rules of the standard that is chosen', () => {
    const text = 'inline int f(void) { return 1; } extern inline int g(void) { return 1; }';
    const emitted = (standard: 'c89' | 'c17') =>
      analyzeText(text, { standard }).typed.functions.map(({ symbol }) => symbol.name);
    expect(emitted('c17')).toEqual(['g']);
    expect(emitted('c89')).toEqual(['f']);
  });

  it('gives the same unit as checking everything', () => {
    const text = `
      struct a; struct b { struct a *p; struct c { int x; } c; };
      struct a { struct b b; enum { FIRST = 3, SECOND } kind; };
      enum late { LATE = sizeof(struct a) };
      extern int both, other; int other; extern int weak __attribute__((weak));
      static int counter = LATE; static int twice(void);
      static inline int once(void) { return counter + twice(); }
      static int twice(void) { static int calls; return once() + calls + weak; }
      int (*table[])(void) = { once, twice };
    `;
    const main =
      '#include <h.h>\nstruct a *p; int both = SECOND; int f(struct b *b) { return b->p->kind + once(); }';
    const [lazy, eager] = bothDumps({ '/inc/h.h': text, 'a.c': main });
    expect(lazy).toBe(eager);
    expect(lazy).toContain('function twice');
  });
});

describe('the place of use', () => {
  it('sees only what stands before it', () => {
    const { messages } = analyzeText(`
      int early(void) { return late; }
      int late;
      struct s; int size(void) { return sizeof(struct s); }
      struct s { int x; };
      int fine(void) { return sizeof(struct s) + late; }
    `);
    expect(messages).toEqual([
      expect.stringContaining("undeclared identifier 'late'"),
      expect.stringContaining("incomplete type 'struct s'"),
    ]);
  });

  it('merges a definition behind the use', () => {
    const { func, messages, typed } = analyzeText(`
      int f(int), used(void);
      int used(void) { return f(1); }
      int f(int named) __attribute__((section("x")));
      int f(int named) { return named; }
    `);
    expect(messages).toEqual([]);
    expect(func('f')).toMatchObject({ section: 'x', isDefined: true });
    expect(typed.functions.map(({ symbol }) => symbol.name)).toEqual(['used', 'f']);
  });

  it('lets declarations need each other', () => {
    const text =
      'struct a { struct b *b; }; struct b { struct a a; struct b *next; }; typedef struct t { struct t *t; } t;';
    const main = '#include <h.h>\nint f(struct b *b, t *t) { return b->a.b->next->a.b == b && t->t == t; }';
    expect(analyzeText({ '/inc/h.h': text, 'a.c': main }).messages).toEqual([]);
  });
});

describe('long chains', () => {
  const length = 1500;
  const chain = (first: string, next: (i: number) => string): string =>
    [first, ...Array.from({ length }, (_, i) => next(i + 1))].join('\n');

  it.each([
    ['typedefs', chain('typedef int t0;', (i) => `typedef t${i - 1} t${i};`), `t${length} x;`],
    [
      'structs',
      chain('struct t0 { int x; };', (i) => `struct t${i} { struct t${i - 1} m; };`),
      `struct t${length} x = { 1 };`,
    ],
    [
      'pointers',
      chain('typedef int t0;', (i) => `typedef t${i - 1} *t${i};`),
      `t${length} x; extern t${length} x;`,
    ],
    ['constants', chain('enum { t0 };', (i) => `enum { t${i} = t${i - 1} + 1 };`), `int x[t${length}];`],
    [
      'functions',
      chain('static int t0(void) { return 0; }', (i) => `static int t${i}(void) { return t${i - 1}(); }`),
      `int x(void) { return t${length}(); }`,
    ],
  ])('of %s do not exhaust the stack', (_name, header, use) => {
    expect(analyzeText({ '/inc/h.h': header, 'a.c': `#include <h.h>\n${use}\n` }).messages).toEqual([]);
  });

  it('of array typedefs end in one error', () => {
    const header = chain('typedef int t0[1];', (i) => `typedef t${i - 1} t${i}[1];`);
    const { messages } = analyzeText({ '/inc/h.h': header, 'a.c': `#include <h.h>\nt${length} x;\n` });
    expect(messages).toEqual([expect.stringContaining('arrays of more than 256 dimensions')]);
  });
});
