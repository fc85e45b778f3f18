/** What main files begin with is taken from a session: a unit must be what it is without. */

import { describe, expect, it } from 'vitest';
import { DiagnosticPragmas } from '../../src/diagnostics/diagnostic-pragmas.ts';
import type { Pos, SourceManager } from '../../src/diagnostics/source-manager.ts';
import { Tok } from '../../src/lexer/tokens.ts';
import type { PreprocessorOptions } from '../../src/preprocessor/options.ts';
import { Preludes } from '../../src/preprocessor/prelude.ts';
import { TokenCache } from '../../src/preprocessor/token-cache.ts';
import { type FileSystem, memoryFileSystem } from '../../src/support/file-system.ts';
import { asId } from '../../src/support/ids.ts';
import { Interner } from '../../src/support/interner.ts';
import { defaultOptions, run } from './helpers.ts';

type Files = Readonly<Record<string, string>>;

const paths = { ...defaultOptions.includePaths, angled: ['/first', '/i'] };
const withFolds: Partial<PreprocessorOptions> = { folds: true, includePaths: paths };

/** Where a place is, with the files that lead to it. */
function place(sources: SourceManager, position: Pos): string {
  const parts: string[] = [];
  for (let at = position; at !== 0; ) {
    const { file, line, column } = sources.location(at);
    const spelled = sources.location(sources.spelling(at));
    parts.push(`${file.name}:${line}:${column} of ${spelled.file.name}:${spelled.offset}`);
    at = file.includedFrom;
  }
  return parts.join(' from ');
}

class CountingCache extends TokenCache {
  count = 0;

  override scanned(text: string, trigraphs: boolean) {
    this.count++;
    return super.scanned(text, trigraphs);
  }
}

class Bench {
  private readonly interner = new Interner();
  private readonly cache = new CountingCache(this.interner);
  readonly preludes: Preludes;

  constructor(capacity?: number) {
    this.preludes = new Preludes(capacity);
  }

  /** How many files a unit enters that has what others began with. */
  entered(files: Files, main: string): number {
    const before = this.cache.count;
    this.unit(files, main, true);
    return this.cache.count - before;
  }

  /** All that later stages see of a unit. */
  unit(files: Files, main: string, isShared: boolean, options: Partial<PreprocessorOptions> = {}) {
    const disk = memoryFileSystem(new Map(Object.entries({ ...files, '/i/.': '', '/first/.': '' })));
    const fileSystem: FileSystem = { ...disk, isDirectory: (path) => path === '/i' || path === '/first' };
    const { interner, cache, preludes } = this;
    const diagnosticPragmas = new DiagnosticPragmas();
    const shared = isShared ? { interner, cache, preludes } : {};
    const result = run(main, fileSystem, { ...withFolds, ...options }, { diagnosticPragmas, ...shared });
    const { tokens, dependencies, macros } = result.unit;
    return {
      tokens: Array.from({ length: tokens.length }, (_, at) => {
        const isFolded = tokens.kind(at) === Tok.Folded;
        const text = isFolded ? tokens.id(at) : result.unit.interner.text(tokens.id(at));
        const position = tokens.position(at);
        const severity = diagnosticPragmas.severityAt(result.sources, position, 'unused');
        return `${tokens.kind(at)} ${text} ${tokens.flag(at)} ${position} ${severity} ${place(result.sources, position)}`;
      }),
      folds: Array.from({ length: 4 }, (_, number) => result.unit.folds.run(number)?.delta),
      dependencies,
      macros: macros.map(
        ({ name, nameSpan }) => `${name} ${place(result.sources, asId<Pos>(nameSpan.start))}`,
      ),
      messages: result.messages,
      size: result.sources.size,
      end: result.sources.end,
    };
  }

  /** Three times, so that a state is noted, kept and used; with the last one's result. */
  check(files: Files, main: string, options: Partial<PreprocessorOptions> = {}): void {
    const alone = this.unit(files, main, false, options);
    for (let round = 0; round < 3; round++) expect(this.unit(files, main, true, options)).toEqual(alone);
  }
}

const folded = `${'struct long_name_of_a_record { int member; };\n'.repeat(1)}${Array.from({ length: 1200 }, (_, at) => `struct s${at} { int m${at}; };\n`).join('')}`;
const headers: Files = {
  '/i/a.h':
    '#ifndef A_H\n#define A_H\n#include <types.h>\n#define A(x) x + X1\n#define X1 3\nint a = A(2) - __COUNTER__;\n#endif\n',
  '/i/types.h': '#pragma once\ntypedef int T;\n#if __has_include(<maybe.h>)\nint maybe;\n#endif\n',
  '/i/long.h': folded,
  '/i/b.h': '#include <types.h>\n#include <a.h>\nT b = A(__LINE__);\n#pragma pack(1)\n',
};
const tail = 'int c = A(X1) - __COUNTER__ - __LINE__; T t; struct s7 v;\n';

describe('main files that begin alike', () => {
  it('are what they are alone', () => {
    const bench = new Bench();
    const mains: Files = {
      'one.c': `#include <a.h>\n#include <b.h>\n#include <long.h>\n${tail}`,
      'two.c': `/* longer */ #include <a.h>\n\n#include   <b.h>\n${tail}#include <long.h>\n`,
      'three.c': `#include <b.h>\n#include <a.h>\n#include <b.h>\n${tail}`,
      'four.c': `#include <a.h>\n#define m3 other\n#include <long.h>\n#undef X1\n${tail}`,
      'five.c': `${'/* a long text */\n'.repeat(5000)}#include <a.h>\n#include <b.h>\n${tail}`,
      'dir/one.c': `#include "own.h"\n#include <a.h>\n${tail}`,
      'dir/own.h': 'int own;\n',
      'other/one.c': `#include "own.h"\n#include <a.h>\n${tail}`,
      'other/own.h': 'int other;\n#define OTHER\n',
    };
    const sources = Object.keys(mains).filter((name) => name.endsWith('.c'));
    for (let round = 0; round < 2; round++) {
      for (const main of sources) bench.check({ ...headers, ...mains }, main);
    }
  });

  it('enter only what is new', () => {
    const bench = new Bench();
    const files = {
      ...headers,
      'one.c': `#include <a.h>\n#include <b.h>\n${tail}`,
      'two.c': `/* */\n#include <a.h>\n\n#include <b.h>\n#include <long.h>\n`,
      'three.c': `#include <a.h>\n#define B\n#include <b.h>\n`,
    };
    // The main file, two buffers, a.h, types.h, b.h, and a.h for its guard.
    expect([1, 2, 3].map(() => bench.entered(files, 'one.c'))).toEqual([7, 7, 1]);
    expect([1, 2, 3].map(() => bench.entered(files, 'two.c'))).toEqual([2, 2, 1]);
    expect([1, 2, 3].map(() => bench.entered(files, 'three.c'))).toEqual([3, 3, 3]);
    const many = new Bench();
    many.preludes.expectMore();
    expect([1, 2].map(() => many.entered(files, 'one.c'))).toEqual([7, 1]);
    // With room for one state only, each makes the others go.
    const small = new Bench(10);
    expect([1, 2, 3, 4, 5].map(() => small.entered(files, 'one.c'))).toEqual([7, 7, 5, 3, 1]);
    expect([1, 2, 3].map(() => small.entered(files, 'two.c'))).toEqual([2, 2, 1]);
    expect(small.entered(files, 'one.c')).toBe(7);
  });

  it('ask for each file again', () => {
    const bench = new Bench();
    const main = { 'one.c': `#include <a.h>\n#include <b.h>\n${tail}` };
    const before = { ...headers, ...main };
    bench.check(before, 'one.c');
    bench.check({ ...before, '/i/types.h': 'typedef long T;\n' }, 'one.c');
    bench.check({ ...before, '/first/a.h': 'int first;\n' }, 'one.c');
    bench.check({ ...before, '/i/maybe.h': '' }, 'one.c');
    bench.check(before, 'one.c');
    const { '/i/types.h': _, ...lacking } = headers;
    bench.check({ ...lacking, ...main }, 'one.c');
    bench.check(before, 'one.c', { actions: [{ kind: 'define', text: 'X1=4' }] });
    bench.check(before, 'one.c', { actions: [{ kind: 'include', path: '/i/long.h' }] });
    bench.check(before, 'one.c', { folds: false });
  });

  it.each([
    ['a message', '#warning no\nint x;\n'],
    ['a change of lines', '#line 7 "other.c"\nint x;\n'],
    ['a change of severity', '#pragma GCC diagnostic ignored "-Wunused"\nint x;\n'],
    ['a pushed macro', '#pragma push_macro("X1")\n#define X1 5\nint x = X1;\n'],
    ['the main file itself', '#ifndef X\n#define X\n#include "one.c"\n#endif\n'],
    ['its name', 'const char *x = __BASE_FILE__ __FILE__;\n'],
    ['a system header', '#pragma GCC system_header\nint x;\n'],
    ['an open conditional', '#if 1\nint x;\n'],
    ['an open call', '#define F(x) x\nint x = F\n'],
  ])('are not mixed up by %s', (_, text) => {
    const bench = new Bench();
    const files = {
      ...headers,
      '/i/odd.h': text,
      'one.c': `#include <a.h>\n#include <odd.h>\n#include <b.h>\n(4); ${tail}\n#pragma pop_macro("X1")\nX1\n`,
      'two.c': `#include <a.h>\n#include <odd.h>\n\n#include <b.h>\n${tail}`,
    };
    for (const main of ['one.c', 'two.c', 'one.c']) bench.check(files, main);
  });
});
