/** Programs of a session that begin with the same headers: each is the program that it is in a new session. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../src/diagnostics/render.ts';
import { parseCommandLine } from '../../src/driver/command-line.ts';
import { compileSource } from '../../src/driver/compile.ts';
import { createSession, type Session } from '../../src/driver/session.ts';
import { memoryFileSystem } from '../../src/support/file-system.ts';

const parts = {
  first: [
    '#define CELLS 3\ntypedef unsigned int u32;\nstruct inner { char tag; u32 word; char name[CELLS]; };\nstruct late;\n',
    '#define CELLS 3\ntypedef unsigned long u32;\nstruct inner { u32 word; char name[CELLS + 1]; };\nstruct late { int l; };\n',
    'enum { CELLS = 5 };\ntypedef struct { int x; } u32;\n#pragma pack(push, 1)\nstruct inner { char tag; u32 word; };\n',
    '#define CELLS 2\ntypedef int u32;\nstruct inner { int word:3; };\nstruct inner { int again; };\n',
    'typedef int u32;\nstruct inner { u32 word; }\n',
  ],
  second: [
    'struct outer { struct inner in[CELLS]; struct late *l; enum { red, green = sizeof(struct inner) } c; };\nint shared = CELLS;\n',
    'static const u32 limit = 4;\nunion outer_u { struct inner i; struct { u32 a, b; } deep; };\nstruct outer { union outer_u u; };\nstatic int half(int x) { return x / 2; }\n',
    'struct outer { struct inner in; u32 flex[]; };\nstruct unfinished { int x; } tail\n',
    '#line 30 "moved.h"\nstruct outer { struct inner in; int unknown_type : 40; };\n',
    'typedef struct outer outer_t;\nstruct outer { struct inner in; outer_t *next; } __attribute__((preserve_access_index));\n',
  ],
  after: [
    '',
    '= 4;\n',
    'struct late { long l, m; };\nstruct late later;\n',
    'typedef struct outer u32;\n',
    'int half(int);\nenum { green = 3 };\n',
  ],
  flags: ['', '-Wall', '-funsigned-char', '--eager'],
  name: ['/p/a.c', '/p/other.c', '/q/a.c'],
};
type World = { readonly [part in keyof typeof parts]: string };

const program = ({ after }: World) => `/* ${after.length} */
#include "first.h"
#include <second.h>
${after}
struct outer kept;
unsigned long sizes[] = { sizeof(struct outer), sizeof(struct inner), sizeof(u32), (char)200 < 0 };
__attribute__((section("tc"))) int prog(struct outer *o) { return sizeof(*o) + CELLS; }
`;

function compile(session: Session, world: World) {
  const files = new Map([
    [world.name, program(world)],
    ['/p/first.h', world.first],
    ['/q/first.h', `${world.first} struct only_here { int q; };\n`],
    ['/inc/second.h', world.second],
  ]);
  const flags = world.flags === '' ? [] : [world.flags];
  const { options } = parseCommandLine(['-g', '-O2', '-I', '/inc', ...flags]);
  const result = compileSource({
    session,
    host: { fileSystem: memoryFileSystem(files), bundledHeaders: '/bundled', hostHeaders: [] },
    path: world.name,
    outputName: 'a.o',
    options,
  });
  const messages = renderDiagnostics(result.diagnostics, result.sources);
  const { counts } = result.statistics;
  return { object: result.object && Buffer.from(result.object).toString('hex'), messages, counts };
}

function plain(change: Partial<World> = {}): World {
  const [first = '', second = '', after = '', flags = '', name = ''] = Object.values(parts).map(
    ([one = '']) => one,
  );
  return { first, second, after, flags, name, ...change };
}

describe('programs that begin alike', () => {
  it('have what they begin with checked once', () => {
    const session = createSession();
    const parsed = ['', '\n', '\n\n', '\n\n\n'].map((after) => {
      const { object, counts } = compile(session, plain({ after }));
      expect(object).toBeDefined();
      return counts.parsed;
    });
    const [, kept = 0, taken = 0, again = 0] = parsed;
    // `struct inner` and `outer`, `late` and `u32`; what is no type is parsed each time.
    expect([taken, again]).toEqual([kept - 4, kept - 4]);
  });

  it('come out as they are alone', () => {
    const world: fc.Arbitrary<World> = fc.record({
      first: fc.constantFrom(...parts.first),
      second: fc.constantFrom(...parts.second),
      after: fc.constantFrom(...parts.after),
      flags: fc.constantFrom(...parts.flags),
      name: fc.constantFrom(...parts.name),
    });
    const alone = createSession;
    fc.assert(
      fc.property(
        fc.array(world, { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(2), { maxLength: 9 }),
        (worlds, order) => {
          const session = createSession();
          for (const number of [0, 0, 0, ...order]) {
            const one = worlds[number % worlds.length] ?? plain();
            const [warm, cold] = [compile(session, one), compile(alone(), one)];
            expect(warm.messages).toBe(cold.messages);
            expect(warm.object === cold.object).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
