import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Tok, tokenRow } from '../../src/lexer/tokens.ts';
import { makeEscape, writeDependencies } from '../../src/preprocessor/dependency-file.ts';
import type { PreprocessorOptions } from '../../src/preprocessor/options.ts';
import { printMacros, printPreprocessed } from '../../src/preprocessor/print.ts';
import { TokenCache } from '../../src/preprocessor/token-cache.ts';
import { memoryFileSystem } from '../../src/support/file-system.ts';
import { Interner } from '../../src/support/interner.ts';
import { clang, hasClang, run, runText, spellings } from './helpers.ts';

const words = (...args: Parameters<typeof runText>) => spellings(runText(...args).unit).join(' ');
const files = (entries: Record<string, string>) => memoryFileSystem(new Map(Object.entries(entries)));
describe('language modes', () => {
  const kindsOf = (options: Partial<PreprocessorOptions>) => {
    const { unit } = runText('asm typeof inline restrict __asm__ typeof_unqual', options);
    return Array.from({ length: 6 }, (_, at) => tokenRow(unit.tokens.kind(at)).name);
  };
  it('make GNU words identifiers where the standard does (6.4.1)', () => {
    expect(kindsOf({})).toEqual(['Asm', 'Typeof', 'Inline', 'Restrict', 'Asm', 'Identifier']);
    expect(kindsOf({ language: { standard: 'c11', gnu: false } })).toEqual([
      'Identifier',
      'Identifier',
      'Inline',
      'Restrict',
      'Asm',
      'Identifier',
    ]);
    expect(kindsOf({ language: { standard: 'c89', gnu: false } })).toEqual([
      'Identifier',
      'Identifier',
      'Identifier',
      'Identifier',
      'Asm',
      'Identifier',
    ]);
    expect(kindsOf({ language: { standard: 'c23', gnu: false } })[5]).toBe('TypeofUnqual');
  });
  it('replace trigraphs in strict modes only', () => {
    const text = '??=define A 1\nA';
    expect(words(text, { language: { standard: 'c11', gnu: false } })).toBe('1');
    expect(words(text)).toBe('? ? = define A 1 A');
  });
});

describe.skipIf(!hasClang)('predefined macros are those of clang (skipped without clang-19)', () => {
  const ours = new Set(['__VERSION__', '__bpfcc_ts__', '__clang_version__']);
  const lines = (text: string) =>
    text.split('\n').filter((line) => line !== '' && !ours.has(line.split(' ')[1] ?? ''));
  const base: Partial<PreprocessorOptions> = { optimization: '0' };
  const cases: readonly (readonly [string, Partial<PreprocessorOptions>])[] = [
    ['-mcpu=v1', { ...base, target: { cpu: 1, littleEndian: true } }],
    ['-mcpu=v2 -O2', { target: { cpu: 2, littleEndian: true } }],
    ['-mcpu=v3 -Os -std=c11', { language: { standard: 'c11', gnu: false }, optimization: 's' }],
    [
      '-mcpu=v4 -std=c23 -ffreestanding',
      {
        ...base,
        language: { standard: 'c23', gnu: false },
        target: { cpu: 4, littleEndian: true },
        hosted: false,
      },
    ],
    [
      '-target bpfeb -mcpu=v3 -std=gnu89 -funsigned-char',
      {
        ...base,
        language: { standard: 'c89', gnu: true },
        target: { cpu: 3, littleEndian: false },
        unsignedChar: true,
      },
    ],
  ];
  it.each(cases)('%s', (flags, options) => {
    const { stdout } = spawnSync(
      clang,
      ['-target', 'bpf', ...flags.split(' '), '-dM', '-E', '-x', 'c', '/dev/null'],
      { encoding: 'utf8' },
    );
    expect(lines(printMacros(runText('', options).unit))).toEqual(lines(stdout));
  });
});

describe('command line', () => {
  it('defines, undefines and includes in order', () => {
    const entries = { 'a.c': 'A B C D x', 'i.h': '#define C A\ni', 'm.h': 'tokens\n#define D m\n' };
    const { unit, messages } = runText(entries, {
      actions: [
        { kind: 'include', path: 'i.h' },
        { kind: 'define', text: 'A' },
        { kind: 'define', text: 'B=2' },
        { kind: 'define', text: 'x(y)=no' },
        { kind: 'undefine', name: 'B' },
        { kind: 'macros', path: 'm.h' },
      ],
    });
    expect(spellings(unit)).toEqual(['i', '1', 'B', '1', 'm', 'x']);
    expect(messages).toEqual([]);
    expect(unit.dependencies.map(({ path }) => path)).toEqual(['a.c', 'm.h', 'i.h']);
  });
  it('says what is wrong with the main file', () => {
    expect(run('none.c', files({})).messages).toEqual(["fatal: no such file or directory: 'none.c'"]);
  });
});

describe('origins and search', () => {
  const entries = {
    'src/a.c': '#include "own.h"\n#include "lib.h"\n#include <sys.h>\n#include <both.h>',
    'src/own.h': 'own',
    'inc/lib.h': '#include "beside.h"\n',
    'inc/beside.h': 'beside',
    'inc/both.h': 'wrong',
    'quote/both.h': 'wrong',
    'sys/sys.h': '#include "inner.h"\n',
    'sys/inner.h': 'inner',
    'sys/both.h': 'both',
  };
  const includePaths = {
    quote: ['quote', 'none'],
    angled: ['sys', 'inc'],
    system: ['sys', 'sys/'],
    after: ['inc'],
  };
  it('tells user files from headers, and system directories win over -I', () => {
    const { unit, sources, messages } = run('src/a.c', files(entries), { includePaths });
    const origins = Array.from(
      { length: unit.tokens.length - 1 },
      (_, at) => sources.location(unit.tokens.position(at)).file.origin,
    );
    expect(messages).toEqual([]);
    expect(spellings(unit)).toEqual(['own', 'beside', 'inner', 'both']);
    // -idirafter inc makes inc a system directory, behind sys.
    expect(origins).toEqual(['user', 'system', 'system', 'system']);
    const plain = run('src/a.c', files(entries), { includePaths: { ...includePaths, after: [] } });
    const second = plain.sources.location(plain.unit.tokens.position(1));
    expect([second.file.name, second.file.origin]).toEqual(['inc/beside.h', 'header']);
  });
  it('lists dependencies for make', () => {
    const { unit } = run('src/a.c', files(entries), { includePaths });
    const options = { targets: ['a.o'], systemHeaders: false, phonyTargets: true };
    expect(writeDependencies(unit.dependencies, options)).toBe('a.o: src/a.c src/own.h\nsrc/own.h:\n');
    const all = writeDependencies(unit.dependencies, {
      ...options,
      systemHeaders: true,
      phonyTargets: false,
    });
    expect(all).toBe(
      'a.o: src/a.c src/own.h inc/lib.h inc/beside.h sys/sys.h sys/inner.h \\\n  sys/both.h\n',
    );
    expect(makeEscape('a b$c#d\\ e')).toBe('a\\ b$$c\\#d\\\\\\ e');
  });
});

describe('printing', () => {
  const text =
    '#include "b.h"\n\n#define N -\n#define ID(x) x\nint a = -N 1;\n   int b = ID(2);\n\n\n\n\n\n\n\n\n\n\nint\n\tc;\n#pragma pack(1)\n#line 90 "x.c"\nID() # d\n';
  const { unit } = runText({ 'a.c': text, 'b.h': 'int h;\n' });
  it('keeps lines and marks files', () => {
    expect(printPreprocessed(unit, { lineMarkers: true })).toBe(
      '# 1 "a.c"\n# 1 "b.h" 1\nint h;\n# 2 "a.c" 2\n\n\n\nint a = - - 1;\n   int b = 2;\n# 17 "a.c"\nint\n c;\n#pragma pack(1)\n# 90 "x.c"\n     # d\n',
    );
  });
  it('leaves markers out', () => {
    expect(printPreprocessed(unit, { lineMarkers: false })).toBe(
      'int h;\nint a = - - 1;\n   int b = 2;\nint\n c;\n#pragma pack(1)\n     # d\n',
    );
  });
  it('gives the same tokens when it is preprocessed again', () => {
    const plain = runText(
      '#define N -\n#define CAT(x) x=x+x.x\nint a = -N N1 N+N CAT(.) CAT(+) CAT(1);\n#pragma omp x',
    );
    const again = runText(printPreprocessed(plain.unit, { lineMarkers: true }), { predefined: false });
    expect(spellings(again.unit)).toEqual(spellings(plain.unit));
  });
  it('prints macros by name', () => {
    const source =
      '#define f(a,...) a __VA_ARGS__\n#define g(x...) #x\n#define B  1  +  2\n#define h( a , b ) a##b\n';
    expect(printMacros(runText(source, { predefined: false }).unit)).toBe(
      '#define B 1 + 2\n#define f(a,...) a __VA_ARGS__\n#define g(x...) #x\n#define h(a,b) a##b\n',
    );
  });
});

describe('sessions', () => {
  it('forget the oldest texts', () => {
    const cache = new TokenCache(new Interner(), 10);
    const first = cache.scanned('a a', false);
    cache.scanned('b b', false);
    expect(cache.scanned('a a', false)).toBe(first);
    cache.scanned('c c c', false);
    expect(cache.scanned('a a', false)).toBe(first);
    cache.scanned('d d d d d d d', false);
    expect(cache.scanned('a a', false)).not.toBe(first);
  });

  it('give the same result from a warm cache, whatever came before', () => {
    const interner = new Interner();
    const more = { interner, cache: new TokenCache(interner) };
    const first = files({ 'a.c': '#include "h.h"\nA', 'h.h': '#define A 1\nh' });
    const second = files({ 'a.c': '#include "h.h"\nA', 'h.h': '#pragma GCC poison q\n#define A q 2\n' });
    const cold = spellings(run('a.c', first).unit);
    expect(spellings(run('a.c', first, {}, more).unit)).toEqual(cold);
    run('a.c', second, {}, more);
    const warm = run('a.c', first, {}, more).unit;
    expect(spellings(warm)).toEqual(cold);
    expect(warm.tokens.kind(warm.tokens.length - 1)).toBe(Tok.EndOfFile);
  });
});

describe('definitions kept with a scanned file', () => {
  it('are complained of in each unit', () => {
    const interner = new Interner();
    const cache = new TokenCache(interner);
    const text = '#define A"1"\n#define B(x) x\n#define C(x) #y\n#define B(x) y\nB(A)';
    const messages = () => run('a.c', files({ 'a.c': text }), {}, { interner, cache }).messages;
    const first = messages();
    expect(first).toHaveLength(3);
    expect(messages()).toEqual(first);
  });
});
