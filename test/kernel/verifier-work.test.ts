/**
 * Bounds on the verifier's work: each file of test/fixtures/verifier is one program that says in comments how it is compiled and how
 * many instructions the running kernel's verifier may go through for it:
 *   // flags: -O2
 *   // at most: 1000 instructions
 * The bounds lie between what the code takes and what it took before the mechanism that the file names; the kernel's own limit of a
 * million says that the program is taken. Needs root and bpftool.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { canLoad } from './kernel-run.ts';

const sources = join(import.meta.dirname, '../fixtures/verifier');
const names = readdirSync(sources).filter((name) => name.endsWith('.c'));
const isLoadable = canLoad();

interface WorkCase {
  readonly flags: readonly string[];
  readonly limit: number;
}

/** What a file says; a file that does not say it is an error. */
function readWorkCase(source: string): WorkCase {
  const flags = /^\/\/ flags: (\S.*)$/m.exec(source)?.[1];
  const limit = /^\/\/ at most: (\d+) instructions$/m.exec(source)?.[1];
  if (flags === undefined || limit === undefined) throw new Error('no flags, or no bound');
  return { flags: flags.split(' '), limit: Number(limit) };
}

/** What the kernel allows at most. */
const kernelLimit = 1_000_000;

/** Instructions that the verifier went through, or no more than `limit`; its last words when it refuses. */
function verifierWork(object: Uint8Array, folder: string, name: string, limit: number): number | string {
  const path = join(folder, `${name}.o`);
  const pin = `/sys/fs/bpf/bpfcc-work-${process.pid}-${name.replace(/\W/g, '-')}`;
  writeFileSync(path, object);
  // The count stands at the end of a log of every step, which is long.
  const logged = limit < kernelLimit ? ['--debug'] : [];
  const run = spawnSync('bpftool', [...logged, 'prog', 'load', path, pin], {
    encoding: 'latin1',
    maxBuffer: 1 << 30,
  });
  rmSync(pin, { force: true });
  if (run.status === 0 && limit >= kernelLimit) return kernelLimit;
  const processed = /processed (\d+) insns/.exec(run.stderr) ?? /processed (\d+) insns/.exec(run.stdout);
  if (run.status === 0 && processed !== null) return Number(processed[1]);
  return (run.stderr + run.stdout).split('\n').slice(-12).join('\n');
}

describe("bounds on the verifier's work", () => {
  it('are said by every case', () => {
    expect(names).not.toEqual([]);
    for (const name of names)
      expect(readWorkCase(readFileSync(join(sources, name), 'utf8')).limit).toBeGreaterThan(0);
    expect(() => readWorkCase('// flags: -O2\n')).toThrow();
  });
});

describe.skipIf(!isLoadable)('the verifier goes through', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bpfcc-work-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(names)('no more of %s than it says', (name) => {
    const { flags, limit } = readWorkCase(readFileSync(join(sources, name), 'utf8'));
    const { object, diagnostics } = compileText(name, folderHost(sources), [...flags, '-g']).result;
    expect(diagnostics).toEqual([]);
    const work = verifierWork(object ?? new Uint8Array(0), folder, name, limit);
    expect(work).toBeTypeOf('number');
    expect(work).toBeLessThanOrEqual(limit);
  });
});
