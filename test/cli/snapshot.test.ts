/** A start from a snapshot of the compiler: made after a first compilation, used by the next, and never needed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
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

  interface Ran {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }

  async function finished(child: ChildProcess, input: string): Promise<Ran> {
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('latin1').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    child.stdin?.end(input);
    const [status] = await once(child, 'close');
    return { status, ...texts };
  }

  /** Runs the command as a shell finds it. */
  function run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    input = '',
    cwd = command.work,
  ): Promise<Ran> {
    return finished(spawn(link, args, { cwd, env: environment(env) }), input);
  }

  /** Runs the command without a snapshot, as node does. */
  function plainly(args: readonly string[], input = '', cwd = command.work): Promise<Ran> {
    return finished(spawn(process.execPath, [link, ...args], { cwd, env: environment() }), input);
  }

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
    async () => {
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
      const [quick, plain] = [command.path('quick'), command.path('plain')];
      for (const folder of [quick, plain]) {
        mkdirSync(folder);
        for (const name of ['good.c', 'bad.c', 'deep.c', 'spin.c'])
          cpSync(command.path(name), join(folder, name));
        cpSync(command.path('good.c'), join(folder, 'good1.c'));
      }
      /** What a command line gives, and leaves in its folder. */
      const outcome = async (ran: Promise<Ran>, folder: string): Promise<object> => {
        const said = await ran;
        const outputs = ['a.o', 'good.o', 'good1.o'].map((name) => {
          const path = join(folder, name);
          if (!existsSync(path)) return undefined;
          const bytes = readFileSync(path, 'latin1');
          rmSync(path);
          return bytes;
        });
        return { ...said, outputs };
      };
      for (const args of lines) {
        const [found, wanted] = await Promise.all([
          outcome(run(args, {}, '', quick), quick),
          outcome(plainly(args, '', plain), plain),
        ]);
        expect(found, args.join(' ')).toEqual(wanted);
      }
      const piped = ['-E', '-'];
      const text = `${'int x;\n'.repeat(50_000)}`;
      expect(await run(piped, {}, text)).toEqual(await plainly(piped, text));
    },
    longestMaking,
  );

  it('runs with NODE_OPTIONS, with the caches turned off, and where node starts the file', async () => {
    const plain = await plainly(['--version']);
    expect(plain).toMatchObject({ status: 0, stderr: '' });
    const settings: Readonly<Record<string, string>>[] = [
      { NODE_OPTIONS: '--no-warnings --max-semi-space-size=32' },
      { NODE_DISABLE_COMPILE_CACHE: '1' },
    ];
    for (const env of settings) expect(await run(['--version'], env)).toEqual(plain);
  });

  it(
    'is made anew when it was damaged, belongs to others, or the package was changed',
    async () => {
      // The real one took its time above.
      writeFileSync(join(home, 'dist/warm-up.c'), 'int small(int x) { return x + 1; }\n');
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
        expect(await run(compile)).toEqual({ status: 0, stdout: '', stderr: '' });
        await made();
        expect(statSync(blob).ino).not.toBe(ino);
        expect(await isQuick()).toBe(true);
        expect(await run(compile)).toEqual({ status: 0, stdout: '', stderr: '' });
        expect(files('.lock')).toEqual([]);
      }
    },
    longestMaking,
  );

  it('is not used where others may write it', async () => {
    const [trial = ''] = files('.boot');
    const path = join(snapshots, trial);
    writeFileSync(path, '');
    chmodSync(snapshots, 0o777);
    expect((await run(['-c', 'good.c', '-o', 'a.o'])).status).toBe(0);
    expect(files('.lock')).toEqual([]);
    chmodSync(snapshots, 0o700);
  });

  it('is not made where the cache cannot be written, or nothing was compiled', async () => {
    const env = { XDG_CACHE_HOME: '/dev/null' };
    expect(await run(['-c', 'good.c', '-o', 'a.o'], env)).toEqual({ status: 0, stdout: '', stderr: '' });
    rmSync(snapshots, { recursive: true });
    await run(['--version']);
    await run(['-c', 'bad.c', '-o', 'a.o']);
    expect(existsSync(snapshots)).toBe(false);
  });
});
