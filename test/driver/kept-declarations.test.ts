/** Declarations that a session keeps from one compilation to the next: a build in an old session is the build in a new one. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../src/diagnostics/render.ts';
import { parseCommandLine } from '../../src/driver/command-line.ts';
import { compileSource } from '../../src/driver/compile.ts';
import { createSession, type Session } from '../../src/driver/session.ts';
import { memoryFileSystem } from '../../src/support/file-system.ts';

/** Long enough that its declarations stay folded. */
const filler = Array.from(
  { length: 500 },
  (_, i) => `struct filler${i} {\n\tu32 first;\n\tstruct other${i} *second;\n\tenum state third[4];\n};\n`,
).join('');

/** What a program may change in the world of the header: each part as it may be, nothing first. */
const parts = {
  before: ['', 'struct later { char bytes[3]; };', 'union later;', 'enum { count = 7 };', 'struct later;'],
  word: ['typedef unsigned int u32;', 'typedef unsigned long u32;', 'typedef enum { no, yes } u32;'],
  pragma: [
    '',
    '#pragma pack(2)',
    '#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)',
  ],
  macro: ['', '#define state mode', '#define cells 5'],
  header: ['', 'struct outer { char small; };', 'enum state { idle = 3, busy = 1 };'],
  after: [
    '',
    'struct later { long a, b; };',
    'struct hidden { int x; } __attribute__((preserve_access_index));',
    'typedef union choice choice_arg __attribute__((transparent_union)); int take(choice_arg c) { return c.a; }',
    'enum { count = 9 };',
    'typedef struct outer u32;',
  ],
  flags: ['', '-funsigned-char', '-std=c89', '--eager', '-fms-extensions'],
};

type World = { readonly [part in keyof typeof parts]: string };

const header = (own: string) => `#ifndef BIG
#define BIG
${own}
enum { cells = 3, total = cells + sizeof(u32) };
enum mode { slow, fast };
struct hidden;
${own.includes('enum state') ? '' : 'enum state { idle, busy = 70000 };'}
struct inner { char tag; u32 word; char name[total]; };
${own.includes('outer') ? '' : 'struct outer { struct inner in[cells]; enum state now; struct later *next; };'}
typedef struct outer outer_t;
union choice { int a; u32 b; };
typedef int (*callback)(struct hidden *, outer_t *, union choice);
struct nested { union { struct { char c; outer_t deep; } s; u32 raw; }; callback call; struct hidden *h; };
struct wide { struct nested n[2]; enum { red, green = sizeof(struct outer) } colour : 9; };
${filler}
#endif
`;

function program({ before, word, pragma, macro, after }: World): string {
  return `${before}
${word}
${pragma}
${macro}
#include <big.h>
${pragma.startsWith('#pragma clang') ? '#pragma clang attribute pop' : '#pragma pack()'}
${after}
struct wide kept;
struct filler33 fill;
unsigned long sizes[] = { sizeof(struct wide), sizeof(outer_t), sizeof(struct inner), total, busy, green, (char)200 < 0 };
__attribute__((section("tc"))) int prog(struct nested *n) { return n->s.deep.in[1].word + n->raw + kept.colour; }
`;
}

function compile(session: Session, world: World) {
  const files = new Map([
    ['/p/a.c', program(world)],
    ['/inc/big.h', header(world.header)],
  ]);
  const flags = world.flags === '' ? [] : [world.flags];
  const { options } = parseCommandLine(['-g', '-O2', '-isystem', '/inc', ...flags]);
  const result = compileSource({
    session,
    host: { fileSystem: memoryFileSystem(files), bundledHeaders: '/bundled', hostHeaders: [] },
    path: '/p/a.c',
    outputName: 'a.o',
    options,
  });
  const messages = renderDiagnostics(result.diagnostics, result.sources);
  return { object: result.object && Buffer.from(result.object).toString('hex'), messages, result };
}

const plain: World = {
  before: '',
  word: parts.word[0] ?? '',
  pragma: '',
  macro: '',
  header: '',
  after: '',
  flags: '',
};

function expectSame(session: Session, world: World): void {
  const warm = compile(session, world);
  const cold = compile(createSession(), world);
  expect(warm.messages, JSON.stringify(world)).toBe(cold.messages);
  expect(warm.object === cold.object, JSON.stringify(world)).toBe(true);
}

describe('kept declarations', () => {
  it('are not parsed again', () => {
    const session = createSession();
    const { result: first } = compile(session, plain);
    expect(first.object).toBeDefined();
    const { result: second } = compile(session, { ...plain, after: 'int more;' });
    expect(second.object).toBeDefined();
    expect(second.statistics.counts.parsed).toBeLessThan(first.statistics.counts.parsed - 6);
    expect(second.statistics.counts.declarations).toBe(first.statistics.counts.declarations + 1);
  });

  it('come out as checked ones after any one change, and after it is undone', () => {
    const session = createSession();
    expectSame(session, plain);
    for (const part of ['before', 'word', 'pragma', 'macro', 'header', 'after', 'flags'] as const) {
      for (const text of parts[part]) {
        expectSame(session, { ...plain, [part]: text });
        expectSame(session, plain);
      }
    }
  });

  it('come out as checked ones after any other program', () => {
    const world = fc.record({
      before: fc.constantFrom(...parts.before),
      word: fc.constantFrom(...parts.word),
      pragma: fc.constantFrom(...parts.pragma),
      macro: fc.constantFrom(...parts.macro),
      header: fc.constantFrom(...parts.header),
      after: fc.constantFrom(...parts.after),
      flags: fc.constantFrom(...parts.flags),
    });
    fc.assert(
      fc.property(fc.array(world, { minLength: 2, maxLength: 5 }), (worlds) => {
        const session = createSession();
        for (const one of worlds) expectSame(session, one);
      }),
      { numRuns: 12 },
    );
  });
});
