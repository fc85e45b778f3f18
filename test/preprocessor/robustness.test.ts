/** No input may crash, hang, or take more than it is worth: sizes that would break recursion or quadratic steps. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../src/diagnostics/render.ts';
import { latin1, memoryFileSystem } from '../../src/support/file-system.ts';
import { defaultOptions, run, runText } from './helpers.ts';

const n = 10_000;
const doubling = Array.from({ length: 60 }, (_, at) => `#define x${at} x${at + 1} x${at + 1}\n`).join('');
const chain = Array.from({ length: n }, (_, at) => `#define m${at}(x) m${at + 1}(x)\n`).join('');

/** Input, and the one message it must end in (none: undefined). */
const cases: Readonly<Record<string, readonly [text: string, message: RegExp | undefined]>> = {
  'nested parentheses in a condition': [
    `#if ${'('.repeat(n)}1${')'.repeat(n)}\n#endif\n`,
    /nested too deeply/,
  ],
  'unary operators': [`#if ${'!'.repeat(n)}0\n#error no\n#endif\n`, undefined],
  'nested conditional operators': [`#if ${'1?'.repeat(n)}1\n#endif\n`, /nested too deeply/],
  'nested invocations': [`#define f(x) x\n${'f('.repeat(n)}1${')'.repeat(n)}`, /more than/],
  'nested feature checks': [`#if ${'__has_include('.repeat(n)}`, /unterminated feature check/],
  'a chain of macros': [`${chain}m0(1)`, undefined],
  'doubling macros': [`${doubling}x0`, /more than/],
  'multiplying arguments': [
    `#define f(x) x x x x x x x x x x\n${'f('.repeat(20)}y${')'.repeat(20)}`,
    /more than/,
  ],
  'doubling backslashes': [
    `#define s(x) #x\n#define t(x) s(x)\n${'t('.repeat(30)}"\\\\"${')'.repeat(30)}`,
    /more than/,
  ],
  'a file that includes itself twice': ['#include "a.c"\n#include "a.c"\n', /nested too deeply/],
  'a huge number': [`#if ${'9'.repeat(300_000)}\n#endif`, /too large/],
  'splices all over': ['a\\\n'.repeat(50_000), undefined],
  'stars and backslashes': [`/${'*\\'.repeat(200_000)}`, /unterminated/],
  'an endless invocation': [`#define f(x) x\n${'f('.repeat(n)}`, /unterminated function-like/],
  'many arguments': [`#define f(...) __VA_ARGS__\nf(${'1,'.repeat(n)})`, undefined],
};

describe('size', () => {
  it.each(Object.entries(cases))('%s', (_name, [text, message]) => {
    const { diagnostics, sources, messages } = runText(text, { tokenLimit: 1_000_000 });
    if (message === undefined) expect(messages).toEqual([]);
    else expect(messages[0]).toMatch(message);
    expect(messages.length).toBeLessThan(4);
    expect(renderDiagnostics(diagnostics.diagnostics, sources).length).toBeLessThan(10_000);
  });
});

describe('fuzzing', () => {
  const folder = join(import.meta.dirname, '../fixtures/preprocessor');
  const seeds = readdirSync(folder).map((name) => latin1(readFileSync(join(folder, name))));
  const options = { ...defaultOptions, predefined: false, tokenLimit: 100_000 };

  /** Ends in tokens and messages, every one of which can be shown. */
  function check(text: string): void {
    const fileSystem = memoryFileSystem(
      new Map([['a.c', Uint8Array.from(text, (character) => character.charCodeAt(0))]]),
    );
    const { unit, diagnostics, sources } = run('a.c', fileSystem, options);
    renderDiagnostics(diagnostics.diagnostics, sources);
    for (let at = 0; at < unit.tokens.length; at += 97) sources.presumed(unit.tokens.position(at));
  }

  it('survives bytes', () => {
    const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 200 }), (bytes) => check(bytes.join(''))),
      { interruptAfterTimeLimit: 200 },
    );
  });

  it('survives pieces of directives', () => {
    const piece = fc.constantFrom(
      ...'#define|#if|#elif|#else|#endif|#include|#undef|#line|#pragma|_Pragma|defined|f|g|x|(|)|,|...|#|##|\n|\n#|"|\'|<|>|1|0x|__VA_ARGS__|__VA_OPT__|__has_include|__LINE__|__COUNTER__|\\\n|/*|*/|"a.c"|push_macro("f")|GCC diagnostic push'.split(
        '|',
      ),
    );
    const program = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(' '));
    fc.assert(fc.property(program, check), { numRuns: 1000, interruptAfterTimeLimit: 400 });
  });

  it('survives damaged fixtures', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.nat(12),
      fc.constantFrom('', '(', ')', '#', '\n', '"', '##', '\\', '\0', 'f(', '/*'),
    );
    const damaged = fc
      .tuple(fc.constantFrom(...seeds), fc.array(change, { maxLength: 4 }))
      .map(([seed, changes]) =>
        changes.reduce((text, [at, length, insert]) => {
          const start = at % (text.length + 1);
          return text.slice(0, start) + insert + text.slice(start + length);
        }, seed),
      );
    fc.assert(fc.property(damaged, check), { numRuns: 500, interruptAfterTimeLimit: 400 });
  });
});
