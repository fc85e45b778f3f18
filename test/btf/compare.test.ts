/** Our BTF against clang's of the same source, and as bpftool reads it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { printBtf } from '../../src/btf/print.ts';
import { nodeHost, packageRoot } from '../../src/cli/node-host.ts';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { readCase } from '../end-to-end/fixture-case.ts';
import { bpftool, bpftoolDump, clang, clangObject } from './clang.ts';
import { compareFacts, type Facts, factsOf, showDifference, typesOfObject } from './compare-btf.ts';

const fixtures = join(packageRoot(), 'test/fixtures');

function ourObject(folder: string, name: string, flags: readonly string[], host = folderHost(folder)) {
  const { result } = compileText(name, host, flags, { noWarnings: true });
  if (result.object === undefined)
    throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
  return result.object;
}

function facts(object: Uint8Array): Facts {
  const types = typesOfObject(object);
  if (typeof types === 'string') throw new Error(types);
  return factsOf(types);
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
      const theirs = facts(clangObject(join(folder, name), fixture.flags));
      const differences = compareFacts(facts(ourObject(folder, name, fixture.flags)), theirs);
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

// The corpus of real programs, where it is: list.tsv (name, source, flags) and clang's objects in c19/.
const corpus = process.env['CORPUS'] ?? join(tmpdir(), 'bpf-corpus');
const hasCorpus = existsSync(join(corpus, 'list.tsv')) && existsSync(join(corpus, 'c19'));
const slice = [
  'iproute2/bpf-bpf_map_in_map',
  'selftests/bind4_prog',
  'selftests/cgroup_iter',
  'systemd/restrict-fs',
];

describe.skipIf(!hasCorpus)(
  'map definitions and global symbols of real programs equal clang-19 (skipped without the corpus)',
  () => {
    const rows = hasCorpus ? readFileSync(join(corpus, 'list.tsv'), 'utf8').split('\n') : [];
    for (const name of slice) {
      it(name, () => {
        const [, source = '', flags = ''] =
          rows.find((row) => row.startsWith(`${name}\t`))?.split('\t') ?? [];
        expect(source).not.toBe('');
        const ours = facts(ourObject('/', source, flags.split(' '), nodeHost()));
        const theirs = facts(readFileSync(join(corpus, 'c19', `${name}.o`)));
        // Static functions may be inlined by one and not by the other.
        const differences = compareFacts(ours, theirs).filter(
          (each) => /^(map|func|var) /.test(each.key) && !`${each.ours}${each.clang}`.includes('static'),
        );
        expect(differences.map(showDifference)).toEqual([]);
        expect([...ours.keys()].filter((key) => key.startsWith('func ')).length).toBeGreaterThan(0);
      });
    }
  },
);
