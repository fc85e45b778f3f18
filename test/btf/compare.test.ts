/** Our BTF against clang's of the same source, and as bpftool reads it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { printBtf } from '../../src/btf/print.ts';
import { nodeHost, packageRoot } from '../../src/cli/node-host.ts';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { readCase } from '../end-to-end/fixture-case.ts';
import { bpftool, bpftoolDump, clang, clangObject, clangObjectOfText } from './clang.ts';
import { btfOfObject, compareObjects, type ObjectBtf, showDifference, typesOfObject } from './compare-btf.ts';

const fixtures = join(packageRoot(), 'test/fixtures');

function ourObject(folder: string, name: string, flags: readonly string[], host = folderHost(folder)) {
  const { result } = compileText(name, host, flags, { noWarnings: true });
  if (result.object === undefined)
    throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
  return result.object;
}

/** A program as our preprocessor leaves it. */
function preprocessed(source: string, flags: readonly string[]): string {
  const { result } = compileText(source, nodeHost(), [...flags, '-E'], { noWarnings: true });
  if (result.text === undefined) throw new Error(`${source} is not preprocessed`);
  return result.text;
}

function read(object: Uint8Array): ObjectBtf {
  const btf = btfOfObject(object);
  if (typeof btf === 'string') throw new Error(btf);
  return btf;
}

function casesOf(folder: string, isWanted: (kind: string) => boolean) {
  return readdirSync(join(fixtures, folder))
    .filter((name) => name.endsWith('.c') && !name.startsWith('_'))
    .map((name) => ({ name, fixture: readCase(readFileSync(join(fixtures, folder, name), 'latin1')) }))
    .filter(({ fixture }) => isWanted(fixture.kind));
}

describe.skipIf(clang === undefined)('BTF equals clang-19 (skipped without clang)', () => {
  for (const { name, fixture } of casesOf('btf', (kind) => kind === 'btf')) {
    it(name, () => {
      const folder = join(fixtures, 'btf');
      const theirs = read(clangObject(join(folder, name), fixture.flags));
      const { differences } = compareObjects(read(ourObject(folder, name, fixture.flags)), theirs);
      expect(differences.map(showDifference)).toEqual([]);
    });
  }
});

describe.skipIf(bpftool === undefined)(
  'bpftool reads our BTF as we print it (skipped without bpftool)',
  () => {
    const cases = [
      ...casesOf('btf', (kind) => kind === 'btf').map((each) => ({ ...each, folder: 'btf' })),
      ...casesOf('end-to-end', (kind) => kind === 'elf').map((each) => ({ ...each, folder: 'end-to-end' })),
    ];
    for (const { name, fixture, folder } of cases) {
      it(name, () => {
        const object = ourObject(join(fixtures, folder), name, fixture.flags);
        const types = typesOfObject(object);
        if (typeof types === 'string') throw new Error(types);
        // bpftool adds the names of what a DATASEC holds.
        const dump = bpftoolDump(object).replace(/ \((?:VAR|FUNC) '.*'\)$/gm, '');
        expect(printBtf(types)).toBe(dump);
      });
    }
  },
);

// The corpus of real programs, where it is: list.tsv (name, source, flags). Clang compiles what our preprocessor makes of
// them, since its own headers define the types of <stdint.h> and <stdbool.h> in other words.
const corpus = process.env['CORPUS'] ?? join(tmpdir(), 'bpf-corpus');
const hasCorpus = existsSync(join(corpus, 'list.tsv'));
const slice = [
  'iproute2/bpf-bpf_map_in_map',
  'selftests/bind4_prog',
  'selftests/cgroup_iter',
  'systemd/restrict-fs',
];

describe.skipIf(!hasCorpus || clang === undefined)(
  'BTF of real programs equals clang-19 (skipped without the corpus)',
  () => {
    const rows = hasCorpus ? readFileSync(join(corpus, 'list.tsv'), 'utf8').split('\n') : [];
    for (const name of slice) {
      it(name, () => {
        const [, source = '', flags = ''] =
          rows.find((row) => row.startsWith(`${name}\t`))?.split('\t') ?? [];
        expect(source).not.toBe('');
        const ours = read(ourObject('/', source, flags.split(' '), nodeHost()));
        const theirs = read(clangObjectOfText(preprocessed(source, flags.split(' ')), flags.split(' ')));
        expect(compareObjects(ours, theirs).differences.map(showDifference)).toEqual([]);
        expect(ours.types.some(({ kind }) => kind === 'FUNC')).toBe(true);
      });
    }
  },
);
