/** The index of external declarations and parsing on demand. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import { Tok, tokenTable } from '../../src/lexer/tokens.ts';
import type { ExternalDeclaration } from '../../src/parser/ast.ts';
import { firstSets } from '../../src/parser/first-sets.ts';
import { recordedFirstSets } from '../../src/parser/recorded-grammar.ts';
import { createParser, createTranslationUnit } from '../../src/parser/translation-unit.ts';
import { tokensOf } from './tokens-of.ts';

const parser = createParser();

function unitOf(text: string) {
  const { tokens, interner, sources } = tokensOf(text);
  const sink = new DiagnosticSink();
  return { unit: createTranslationUnit(tokens, interner, sources, sink, parser), sink };
}

/** The names that a tree declares at file scope, enumerators included. */
function declaredNames(nodes: readonly ExternalDeclaration[]): string[] {
  const names: string[] = [];
  for (const node of nodes) {
    if (node.kind === 'FunctionDefinition') names.push(node.declarator.name?.text ?? '');
    if (node.kind === 'Declaration') {
      names.push(...node.declarators.map(({ declarator }) => declarator.name?.text ?? ''));
      JSON.stringify(node, (key, value) => {
        if (key === 'enumerators') for (const { name } of value ?? []) names.push(name.text);
        return value;
      });
    }
  }
  return names;
}

describe('declaration index', () => {
  const names = (text: string) => unitOf(text).unit.entries.map((entry) => [...entry.ordinaryNames]);

  it('finds declared names in any declarator', () => {
    expect(names('int a, *b[3], (*c)(int d), (*(*e(void))(int))[2]; typedef struct s T, *P;')).toEqual([
      ['a', 'b', 'c', 'e'],
      ['T', 'P'],
    ]);
    expect(names('unknown_t f(int x) { int y; } static u32 g = (u32){ z };')).toEqual([['f'], ['g']]);
    expect(names('int v __attribute__((section("x"), w)) = 1; typeof(q) r; main() {}')).toEqual([
      ['v'],
      ['r'],
      ['main'],
    ]);
  });

  it('finds enumerators and tags at any depth', () => {
    const { unit } = unitOf('struct a { enum b { X = 1, Y } m; union c *n; } v(enum d { Z } p);');
    expect(unit.entries[0]?.ordinaryNames).toEqual(['X', 'Y', 'v', 'Z']);
    expect(unit.entries[0]?.definedTags).toEqual(['a', 'b', 'd']);
    expect(unit.entries[0]?.mentionedTags).toEqual(['c']);
    expect(unit.declaring('Z')).toEqual([0]);
    expect(unit.firstMention('c')).toBe(0);
    expect(unit.declaring('nothing')).toEqual([]);
  });

  it('says what may emit', () => {
    const emits = (text: string) => unitOf(text).unit.entries.map((entry) => entry.mayEmit);
    expect(emits('int a; int f(void) {} extern int b = 1; int (*p)(void); asm("x");')).toEqual(
      Array(5).fill(true),
    );
    expect(emits('static int s __attribute__((__section__("x")));')).toEqual([true]);
    expect(emits('int f(void); static int s; typedef int T; extern int e; struct t { int m; };')).toEqual(
      Array(5).fill(false),
    );
    expect(emits('static void f(void) {} inline void g(void) {} extern inline void h(void) {}')).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('follows pack and attribute pragmas', () => {
    const { unit, sink } = unitOf(`struct a;
#pragma pack(push, 2)
struct b;
#pragma pack(1)
#pragma clang attribute push (__attribute__((preserve_access_index, section("x"))), apply_to = any(record, function))
struct c;
#pragma pack(pop)
#pragma clang attribute pop
struct d;`);
    const rows = unit.entries
      .filter((entry) => entry.mentionedTags.length > 0)
      .map(({ pack, pragmaAttributes }) => [pack, pragmaAttributes.map(({ attribute }) => attribute.name)]);
    expect(rows).toEqual([
      [0, []],
      [2, []],
      [1, ['preserve_access_index', 'section']],
      [0, []],
    ]);
    const c = unit.entries.find((entry) => entry.mentionedTags.includes('c'));
    expect(c?.pragmaAttributes[0]?.appliesTo).toEqual(['record', 'function']);
    expect(sink.diagnostics).toEqual([]);
  });

  it('finds the next declaration after an error', () => {
    expect(
      names('int a\nint b; struct s { int m; }\nint c; int d(int x { } int e(\nint f; } int g;').flat(),
    ).toEqual(expect.arrayContaining(['a', 'b', 'c', 'd', 'e', 'g']));
    expect(names('int f(void) {\n if (1) {\n}\nint g(void) {\n}\nint h;')).toEqual([['f'], ['g'], ['h']]);
  });

  it('parses each piece once, in any order', () => {
    const text = 'typedef int T; T a; int f(void) { T *b; return sizeof(T); }';
    const { unit } = unitOf(text);
    const backwards = [2, 1, 0].map((index) => unit.parse(index)).reverse();
    expect(backwards).toEqual([0, 1, 2].map((index) => unitOf(text).unit.parse(index)));
    expect(unit.parse(1)).toBe(backwards[1]);
    const definition = unit.parse(2)[0];
    if (definition?.kind !== 'FunctionDefinition') throw new Error('no function');
    expect(unit.parseBody(definition)).toBe(unit.parseBody(definition));
  });
});

describe('grammar', () => {
  it("passes Chevrotain's own validation, and its FIRST sets are those in first-sets.ts", () => {
    // Where this fails: node scripts/generate-first-sets.js
    expect(recordedFirstSets()).toEqual(firstSets);
  });

  it('survives any sequence of tokens', () => {
    const spellings = tokenTable.flatMap(({ spellings: [first] }, kind) =>
      first === undefined || kind === Tok.Hash ? [] : [first],
    );
    const common = ['int', 'x', 'T', '(', ')', '{', '}', ';', '*', ',', '=', '1', '"s"', '[', ']'];
    const word = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...common) },
      { weight: 1, arbitrary: fc.constantFrom(...spellings) },
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const { unit } = unitOf(`typedef int T; ${words.join(' ')}`);
        for (const entry of unit.entries) {
          for (const node of unit.parse(entry.index))
            if (node.kind === 'FunctionDefinition') unit.parseBody(node);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('declares no name that the index does not note', () => {
    const { declarations } = fc.letrec<{
      type: string;
      declarator: string;
      parameters: string;
      declarations: string;
    }>((tie) => ({
      type: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('int', 'T', 'const unknown', 'struct s', '__attribute__((a(b))) u', 'typeof(q)'),
        fc.tuple(tie('type'), tie('declarator')).map(([type, name]) => `struct t { ${type} ${name}; }`),
        fc.constantFrom(
          'enum e { A, B = sizeof(int) }',
          'enum { C __attribute__((d)), }',
          'union { enum { D } m; }',
        ),
      ),
      declarator: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('x', 'y', 'T', '(z)', 'w __attribute__((b(c)))'),
        tie('declarator').map((inner) => `(*${inner})`),
        tie('declarator').map((inner) => `* const ${inner}`),
        tie('declarator').map((inner) => `(${inner})[sizeof(v)]`),
        fc.tuple(tie('declarator'), tie('parameters')).map(([inner, list]) => `(${inner})(${list})`),
      ),
      parameters: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('void', '', 'int p, ...'),
        fc.tuple(tie('type'), tie('declarator')).map(([type, name]) => `${type} ${name}`),
      ),
      declarations: fc
        .array(fc.tuple(fc.constantFrom('', 'typedef ', 'extern '), tie('type'), fc.array(tie('declarator'))))
        .map((rows) =>
          rows.map(([storage, type, names]) => `${storage}${type} ${names.join(', ')};`).join('\n'),
        ),
    }));
    fc.assert(
      fc.property(declarations, (text) => {
        const { unit } = unitOf(`typedef int T;\n${text}`);
        for (const entry of unit.entries) {
          expect(entry.ordinaryNames).toEqual(expect.arrayContaining(declaredNames(unit.parse(entry.index))));
        }
      }),
      { numRuns: 400 },
    );
  });
});
