/** Deep and long input: it parses, or gives one diagnostic; it never overflows the stack. */

import { describe, expect, it } from 'vitest';
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import { createParser, createTranslationUnit } from '../../src/parser/translation-unit.ts';
import { tokensOf } from './tokens-of.ts';

const parser = createParser();

function messagesOf(text: string): string[] {
  const { tokens, interner, sources } = tokensOf(text);
  const sink = new DiagnosticSink();
  const unit = createTranslationUnit(tokens, interner, sources, sink, parser);
  for (const entry of unit.entries) {
    for (const node of unit.parse(entry.index)) if (node.kind === 'FunctionDefinition') unit.parseBody(node);
  }
  return sink.diagnostics.map((each) => each.message);
}

const inBody = (text: string) => `int f(int x) { ${text} }`;
const deep = 10_000;

const accepted: Record<string, string> = {
  'parentheses to the limit': inBody(`return ${'('.repeat(250)}1${')'.repeat(250)};`),
  'else if chain': inBody(`if (x) ; ${'else if (x) ; '.repeat(5000)} else ;`),
  'binary chain': inBody(`return ${'x + '.repeat(50_000)} x;`),
  'comma chain': inBody(`${'x, '.repeat(20_000)} x;`),
  'initializer list': `int a[] = { ${'1, '.repeat(50_000)} };`,
  'case labels': inBody(`switch (x) { ${'case 1: '.repeat(deep)} }`),
  'string parts': `char *s = ${'"a" '.repeat(20_000)};`,
};

const tooDeep: Record<string, string> = {
  parentheses: inBody(`return ${'('.repeat(deep)}1${')'.repeat(deep)};`),
  braces: inBody('{'.repeat(deep) + '}'.repeat(deep)),
  'unary operators': inBody(`return ${'- '.repeat(deep)}1;`),
  casts: inBody(`return ${'(int)'.repeat(deep)}1;`),
  pointers: `int ${'*'.repeat(deep)}p;`,
  'array suffixes': `int a${'[1]'.repeat(deep)};`,
  'declarator parentheses': `int ${'('.repeat(deep)}p${')'.repeat(deep)};`,
  structs: `${'struct { '.repeat(deep)}int x;${'} y;'.repeat(deep)}`,
  parameters: `int f${'(int (*g)'.repeat(deep)}(void)${')'.repeat(deep)};`,
  'initializer braces': `int x = ${'{'.repeat(deep)}1${'}'.repeat(deep)};`,
  conditionals: inBody(`return ${'x ? x : '.repeat(deep)}1;`),
  assignments: inBody(`${'x = '.repeat(deep)}1;`),
  subscripts: inBody(`x${'[0]'.repeat(deep)};`),
  calls: inBody(`${'f('.repeat(deep)}1${')'.repeat(deep)};`),
  'if statements': inBody(`${'if (x) '.repeat(deep)};`),
  typeofs: `${'typeof('.repeat(deep)}int${')'.repeat(deep)} x;`,
};

describe('nesting', () => {
  for (const [name, text] of Object.entries(accepted)) {
    it(`takes ${name}`, () => expect(messagesOf(text)).toEqual([]));
  }
  for (const [name, text] of Object.entries(tooDeep)) {
    it(`limits ${name}`, () => {
      expect(messagesOf(text)).toEqual(['bracket nesting level exceeded maximum of 256']);
    });
  }
  it('survives brackets without end', () => {
    for (const bracket of [
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '({',
      'int f(',
      'int f(void) {\n',
      'int x = {',
      '"a" (',
    ]) {
      expect(messagesOf(bracket.repeat(3000)).length).toBeGreaterThan(0);
    }
  });
});
