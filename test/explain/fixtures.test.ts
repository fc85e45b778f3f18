/**
 * Every refused program is explained as its golden file says (`npx vitest run test/explain -u` writes them), with the object and, by
 * kind, from the log alone; and the running kernel still refuses it for that reason.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/cli/node-host.ts';
import { explainLog } from '../../src/explain/index.ts';
import { explainRefusal, refusalFolder, refusalLog, refusalNames, wantedKind } from './refusal-case.ts';

describe('refusals of the kernel', () => {
  test.each(refusalNames)('%s', async (name) => {
    const { text, kinds } = explainRefusal(name);
    expect(kinds).toEqual([wantedKind(name)]);
    await expect(text).toMatchFileSnapshot(join(refusalFolder, `${name}.txt`));
  });

  test.each(refusalNames)('%s without its object', (name) => {
    const explanations = explainLog(refusalLog(name), undefined, undefined);
    expect(explanations.map((one) => one.refusal?.id)).toEqual([wantedKind(name)]);
  });

  test('every golden file has a program', () => {
    const names = new Set(refusalNames);
    const others = readdirSync(refusalFolder).filter((file) => !names.has(file.replace(/\.\w+$/, '')));
    expect(others).toEqual(['program.h']);
  });
});

const canLoad =
  process.getuid?.() === 0 &&
  existsSync('/sys/fs/bpf') &&
  existsSync('/sys/kernel/btf/vmlinux') &&
  spawnSync('bpftool', ['version']).status === 0 &&
  spawnSync('setpriv', ['--version']).status === 0 &&
  spawnSync('bpftool', ['prog', 'list']).status === 0;

describe.runIf(canLoad)('the running kernel', () => {
  test('refuses each program for the recorded reason', { timeout: 180_000 }, () => {
    const scratch = mkdtempSync(join(tmpdir(), 'refusals-'));
    const script = join(packageRoot(), 'scripts/make-refusals.js');
    const made = spawnSync(process.execPath, [script, `--out=${scratch}`], { encoding: 'utf8' });
    const kinds = refusalNames.map((name) => {
      const text = readFileSync(join(scratch, `${name}.log`), 'latin1');
      return [name, explainLog(text, undefined, undefined).map((one) => one.refusal?.id)];
    });
    rmSync(scratch, { recursive: true });
    expect(made.stderr).toBe('');
    expect(kinds).toEqual(refusalNames.map((name) => [name, [wantedKind(name)]]));
  });
});
