/** What an object says about a program: where its functions lie in a log, whatever the bytes are. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ObjectFacts, readObjectFacts } from '../../src/explain/object-facts.ts';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';

const source = `
struct key { char kind; int address; };
struct { int (*type)[1]; struct key *key; long *value; int (*max_entries)[4]; }
  keys __attribute__((section(".maps")));
static __attribute__((noinline)) int last(int x) { asm volatile(""); return x; }
static __attribute__((noinline)) int inner(int y) {
  asm volatile("");
  return last(y) + 1;
}
__attribute__((section("tc"))) int outer(int *context) {
  return inner(context[0]) + last(context[1]) + (long)&keys;
}
`;

function objectOf(text: string): Uint8Array {
  const host = folderHost('/nowhere', new Map([['a.c', text]]));
  return compileText('a.c', host, ['-O2', '-g', '-w', '-c']).result.object ?? new Uint8Array(0);
}

function factsOf(bytes: Uint8Array): ObjectFacts {
  const facts = readObjectFacts(bytes);
  if (typeof facts === 'string') throw new Error(facts);
  return facts;
}

describe('facts of an object', () => {
  const bytes = objectOf(source);
  const facts = factsOf(bytes);

  test('functions follow their program in the order of the first calls', () => {
    const program = facts.program('outer');
    const order = new Set(Array.from({ length: 100 }, (_, insn) => program?.functionAt(insn)));
    expect([...order]).toEqual(['outer', 'inner', 'last']);
  });

  test('a program is found by its section, and alone without a name', () => {
    expect(facts.program('tc')?.functionAt(0)).toBe('outer');
    expect(facts.program(undefined)?.functionAt(0)).toBe('outer');
    expect(facts.program('other')).toBeUndefined();
  });

  test('lines have columns, functions parameters', () => {
    const program = facts.program('outer');
    expect(program?.lineAt(0)).toMatchObject({ file: 'a.c', line: 10 });
    expect(program?.lineAt(0)?.column).toBeGreaterThan(0);
    expect(program?.parametersAt(0)).toEqual(['context']);
    expect(program?.lineAt(1_000_000)).toBeUndefined();
  });

  test('members of keys', () => {
    expect(facts.mapMembers('keys', 'key')).toEqual([
      { name: 'kind', offset: 0, size: 1 },
      { name: 'address', offset: 4, size: 4 },
    ]);
    expect(facts.mapMembers('keys', 'value')).toEqual([]);
  });

  test('broken objects are refused or read, never worse', () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const broken = bytes.slice();
        for (const [at, value] of changes) broken[at] = value;
        const read = readObjectFacts(broken);
        if (typeof read === 'string') return;
        const program = read.program('outer');
        program?.lineAt(3);
        program?.parametersAt(3);
        read.mapMembers('keys', 'key');
      }),
      { numRuns: 300 },
    );
  });
});
