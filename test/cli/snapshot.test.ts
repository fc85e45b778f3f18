/** A start from a snapshot of the compiler: made after a first compilation, used by the next, and never needed. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/cli/node-host.ts';
import { Command } from './command.ts';
import { unpackPackage } from './install-package.ts';

const longestMaking = 300_000;

describe.skipIf(process.platform !== 'linux')('snapshot', () => {
  const command = new Command();
  afterAll(() => command.dispose());
  const home = dirname(dirname(command.script));
  const link = join(command.folder, 'a link/bpfcc-ts');
  const cache = join(command.folder, 'cache');
  const snapshots = join(cache, 'bpfcc-ts/snapshots');

  beforeAll(() => {
    unpackPackage(packageRoot(), home, ['sysroot', 'examples']);
    mkdirSync(dirname(link));
    symlinkSync(command.script, link);
    command.write('good.c', readFileSync(join(home, 'examples/sockex2_kern.c')));
    command.write(
      'bad.c',
      '#include <linux/bpf.h>\nint f(struct xdp_md *c) { return c->nothing; }\n#warning w\n',
    );
    command.write('deep.c', `int x = ${'('.repeat(10_000)}1${')'.repeat(10_000)};\n`);
    command.write('spin.c', '#include "spin.c"\n');
  });

  const environment = (more: Readonly<Record<string, string>> = {}) => ({
    ...process.env,
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    NODE_OPTIONS: '',
    NODE_DISABLE_COMPILE_CACHE: '',
    XDG_CACHE_HOME: cache,
    ...more,
  });

  function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, input = '') {
    const found = spawnSync(link, args, {
      cwd: command.work,
      env: environment(env),
      encoding: 'latin1',
      input,
    });
    return { status: found.status, stdout: found.stdout, stderr: found.stderr };
  }

  const plainly = (args: readonly string[], input = '') =>
    run(args, { NODE_DISABLE_COMPILE_CACHE: '1' }, input);
  const files = (ending: string) =>
    existsSync(snapshots) ? readdirSync(snapshots).filter((name) => name.endsWith(ending)) : [];

  /** Until nobody makes a snapshot any more. */
  async function made(): Promise<void> {
    const start = Date.now();
    while (files('.lock').length > 0) {
      if (Date.now() - start > longestMaking) throw new Error('a snapshot takes too long');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Whether a run of the command is started with a snapshot. */
  async function isQuick(): Promise<boolean> {
    const child: ChildProcess = spawn(link, ['-fsyntax-only', '-'], {
      env: environment(),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const line = `/proc/${child.pid}/cmdline`;
    while (!readFileSync(line, 'utf8').includes('node\0'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    const isSo = readFileSync(line, 'utf8').includes('--snapshot-blob');
    child.stdin?.end();
    await once(child, 'exit');
    return isSo;
  }

  it(
    'is made by the first compilations, once where there are several',
    async () => {
      expect(await isQuick()).toBe(false);
      const env = environment();
      const children = [1, 2, 3].map((n) =>
        spawn(link, ['-c', 'good.c', '-o', `good${n}.o`], { cwd: command.work, env, stdio: 'ignore' }),
      );
      for (const [status] of await Promise.all(children.map((child) => once(child, 'exit'))))
        expect(status).toBe(0);
      await made();
      expect([files('.blob').length, files('.boot').length, files('').length]).toEqual([1, 1, 2]);
      expect(await isQuick()).toBe(true);
    },
    longestMaking,
  );

  it(
    'compiles to the same bytes, with the same messages and the same statuses',
    () => {
      const lines = [
        ['-O2', '-g', '-c', 'good.c', '-o', 'a.o'],
        ['-O2', '-S', 'good.c', '-o', 'a.o'],
        ['-c', 'bad.c', '-o', 'a.o'],
        ['-c', 'spin.c', '-o', 'a.o'],
        ['-c', 'deep.c', '-o', 'a.o'],
        ['-c', 'missing.c', '-o', 'a.o'],
        ['-c', 'good.c', '-o', 'missing/a.o'],
        ['-E', 'good.c'],
        ['-M', 'good.c'],
        ['--no-such-flag'],
        ['--version'],
        ['--help'],
        ['-j2', '-c', 'good.c', 'bad.c', 'good1.c'],
        ['--verifier-safe-bisect=true', '-c', 'good.c', '-o', 'a.o'],
        ['explain', '--list'],
        [],
      ];
      command.write('good1.c', readFileSync(command.path('good.c')));
      const outcome = (one: (args: readonly string[]) => object, args: readonly string[]) => {
        for (const name of ['a.o', 'good.o', 'good1.o']) rmSync(command.path(name), { force: true });
        const ran = one(args);
        const objects = ['a.o', 'good.o', 'good1.o'].map(
          (name) => existsSync(command.path(name)) && command.read(name).toString('latin1'),
        );
        return { ...ran, objects };
      };
      for (const args of lines) expect(outcome(run, args), args.join(' ')).toEqual(outcome(plainly, args));
      const piped = ['-E', '-'];
      const text = `${'int x;\n'.repeat(50_000)}`;
      expect(run(piped, {}, text)).toEqual(plainly(piped, text));
    },
    longestMaking,
  );

  it('runs with NODE_OPTIONS and where node starts the file', () => {
    expect(run(['--version'], { NODE_OPTIONS: '--no-warnings --max-semi-space-size=32' }).status).toBe(0);
    const { status, stdout } = spawnSync(process.execPath, [link, '--version'], {
      env: environment(),
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, plainly(['--version']).stdout]);
  });

  it(
    'is made anew when it was damaged, belongs to others, or the package was changed',
    async () => {
      const [blob = ''] = files('.blob').map((name) => join(snapshots, name));
      const ways: (() => void)[] = [
        () => writeFileSync(blob, Buffer.alloc(1 << 20, 7)),
        () =>
          writeFileSync(
            join(home, 'dist/cli.cjs'),
            `${readFileSync(join(home, 'dist/cli.cjs'), 'latin1')}\n`,
            'latin1',
          ),
      ];
      const compile = ['-c', 'good.c', '-o', 'a.o'];
      for (const change of ways) {
        change();
        const { ino } = statSync(blob);
        expect(run(compile)).toEqual({ status: 0, stdout: '', stderr: '' });
        await made();
        expect(statSync(blob).ino).not.toBe(ino);
        expect(await isQuick()).toBe(true);
        expect(run(compile)).toEqual({ status: 0, stdout: '', stderr: '' });
        expect(files('.lock')).toEqual([]);
      }
    },
    longestMaking,
  );

  it('is not used where others may write it', () => {
    const [trial = ''] = files('.boot');
    const path = join(snapshots, trial);
    writeFileSync(path, '');
    chmodSync(snapshots, 0o777);
    expect(run(['-c', 'good.c', '-o', 'a.o']).status).toBe(0);
    expect(files('.lock')).toEqual([]);
    chmodSync(snapshots, 0o700);
  });

  it('is not made where the cache cannot be written, or nothing was compiled', () => {
    const env = { XDG_CACHE_HOME: '/dev/null' };
    expect(run(['-c', 'good.c', '-o', 'a.o'], env)).toEqual({ status: 0, stdout: '', stderr: '' });
    rmSync(snapshots, { recursive: true });
    run(['--version']);
    run(['-c', 'bad.c', '-o', 'a.o']);
    expect(existsSync(snapshots)).toBe(false);
  });
});
