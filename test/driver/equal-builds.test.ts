/** The same bytes however a program is built. The whole corpus: scripts/compare-builds.js. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/driver/command-line.ts';
import { compileSource } from '../../src/driver/compile.ts';
import { createSession } from '../../src/driver/session.ts';
import { latin1, memoryFileSystem } from '../../src/support/file-system.ts';
import { differences, VariantBuilder } from './build-variants.ts';

const root = join(import.meta.dirname, '../..');
const programs = [
  ...readdirSync(join(root, 'examples'))
    .filter((name) => name.endsWith('.c'))
    .map((name) => `examples/${name}`),
  'test/fixtures/kernel/keep-state.c',
  'test/fixtures/kernel/parse-headers.c',
];

describe('a program has the same bytes eagerly, after others, after a change, and from another folder', () => {
  const builder = new VariantBuilder();
  it.each(programs)('%s', (name) => {
    const flags = ['-O2', '-g', '-D__TARGET_ARCH_x86'];
    const variants = builder.build({ source: join(root, name), flags, tree: root });
    expect(variants.alone).toBeDefined();
    expect(differences(variants)).toEqual([]);
  });
});

describe('names of files in the object', () => {
  const files = new Map([
    [
      '/tree/prog/a.c',
      '#include <inline.h>\nconst char name[] = __FILE__;\nint f(void) { return one(name); }\n',
    ],
    [
      '/bundled/inline.h',
      '__attribute__((noinline)) static int one(const char *s) { return s[0]; }\nconst char *const inl = __FILE__;',
    ],
  ]);

  /** The names that the strings of the object have. */
  function namesIn(...flags: string[]): readonly string[] {
    const { options } = parseCommandLine(['-g', '-O2', ...flags]);
    const { object } = compileSource({
      session: createSession(),
      host: { fileSystem: memoryFileSystem(files), bundledHeaders: '/bundled', hostHeaders: [] },
      path: '/tree/prog/a.c',
      outputName: 'a.o',
      options,
    });
    return latin1(object ?? new Uint8Array()).match(/[\w/<>.-]+\/[\w.]+\.[ch](?=\0)/g) ?? [];
  }

  it('do not tell where the compiler is installed', () => {
    expect(new Set(namesIn())).toEqual(new Set(['/tree/prog/a.c', '<bpfcc-ts>/inline.h']));
  });

  it('have the prefixes that the maps give, the last that matches', () => {
    const names = namesIn(
      '-ffile-prefix-map=/tree=T',
      '-fdebug-prefix-map=/tree/prog=D',
      '-fmacro-prefix-map=/x=y',
    );
    expect(new Set(names)).toEqual(new Set(['T/prog/a.c', 'D/a.c', '<bpfcc-ts>/inline.h']));
  });

  it('take a map with two sides', () => {
    expect(parseCommandLine(['-ffile-prefix-map=/tree', 'a.c']).errors).toEqual([
      "invalid argument '/tree' to '-ffile-prefix-map'",
    ]);
  });
});
