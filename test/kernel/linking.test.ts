/**
 * Two of our objects linked by `bpftool gen object`, a skeleton of the result, and a C program on the skeleton that runs: maps and
 * globals of both, subprograms of one called from the other (global, hidden, weak), statics of the same name, .rodata set before loading, .kconfig.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { whyNoTestRun } from './test-run.ts';

const sources = join(import.meta.dirname, '../fixtures/linking');
const hasConfig = ['/proc/config.gz', `/boot/config-${release()}`].some((path) => existsSync(path));
const reason = whyNoTestRun() ?? (hasConfig ? undefined : "needs the kernel's configuration");

/** How the values come about: the first call of `count` adds 40 to its own 5; classify gives 2 or 3 with `factor` 2. */
const expected = (() => {
  const [base, label, ownOfPolicy] = [20, 'f'.charCodeAt(0), 7];
  const results: number[] = [];
  for (let call = 1, limit = 20000; call <= 4; call++) {
    if (call === 4) limit = 0;
    const shared = 5 + call * base * 2 + 3;
    results.push(shared + 20 + ownOfPolicy + call + limit + label);
  }
  return `count ${results[0]}
count ${results[1]}
count ${results[2]}
packets 2: 2
packets 3: 1
event 2: 64 2
event 3: 164 3
observe 64
runs 3 has_config 1 label first
count ${results[3]}
`;
})();

describe.skipIf(reason !== undefined)(`linked objects (${reason ?? 'run'})`, () => {
  let folder: string;
  const inFolder = (name: string): string => join(folder, name);
  const bpftool = (...args: string[]): string => execFileSync('bpftool', args, { encoding: 'utf8' });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bpfcc-linking-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['-O0', '-O2'])('a program on their skeleton runs, %s', (level) => {
    for (const name of ['counters', 'policy']) {
      const { object, diagnostics } = compileText(`${name}.bpf.c`, folderHost(sources), [level, '-g']).result;
      expect(diagnostics).toEqual([]);
      writeFileSync(inFolder(`${name}.bpf.o`), object ?? new Uint8Array(0));
    }
    bpftool('gen', 'object', inFolder('app.bpf.o'), inFolder('policy.bpf.o'), inFolder('counters.bpf.o'));
    writeFileSync(inFolder('app.skel.h'), bpftool('gen', 'skeleton', inFolder('app.bpf.o'), 'name', 'app'));
    const made = spawnSync(
      'gcc',
      ['-Wall', `-I${folder}`, join(sources, 'run.c'), '-o', inFolder('run'), '-lbpf'],
      { encoding: 'utf8' },
    );
    expect(made.stderr).toBe('');
    expect(execFileSync(inFolder('run'), { encoding: 'utf8' })).toBe(expected);
  });
});
