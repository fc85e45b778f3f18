/** `bpfcc-ts watch` as users run it: real files, real events. How fast it is, `npm run bench -- watch` tells. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Command } from '../command.ts';

interface Event {
  readonly event: string;
  readonly source?: string;
  readonly ok?: boolean;
  readonly status?: number;
  readonly stdout?: string;
  readonly programs?: readonly {
    readonly name: string;
    readonly instructions: number;
    readonly delta?: number;
  }[];
  readonly changes?: readonly { readonly path: string; readonly kind: string }[];
  readonly diagnostics?: readonly { readonly message: string }[];
}

let command: Command;
let running: Watched | undefined;

/** A watch under way and its events. */
class Watched {
  readonly child: ChildProcess;
  stderr = '';
  private readonly events: Event[] = [];
  private readonly waiting: ((event: Event) => void)[] = [];

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [command.script, 'watch', '--json', ...args], { cwd: command.work });
    this.child.stderr?.on('data', (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
    if (this.child.stdout === null) throw new Error('no output');
    createInterface(this.child.stdout).on('line', (line) => {
      const event: Event = JSON.parse(line);
      const next = this.waiting.shift();
      if (next === undefined) this.events.push(event);
      else next(event);
    });
  }

  next(): Promise<Event> {
    const known = this.events.shift();
    return known !== undefined
      ? Promise.resolve(known)
      : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The next event of this name; those before it are passed over. */
  async nextOf(name: string): Promise<Event> {
    for (;;) {
      const event = await this.next();
      if (event.event === name) return event;
    }
  }

  /** Builds until one is good and was made of these files' last state. */
  async goodBuild(): Promise<Event> {
    for (;;) {
      const event = await this.nextOf('build');
      if (event.ok) return event;
    }
  }

  interrupt(): Promise<number | null> {
    const end = new Promise<number | null>((resolve) => this.child.on('exit', resolve));
    this.child.kill('SIGINT');
    return end;
  }
}

const program = (value: string) => `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "limit.h"
SEC("xdp") int prog(struct xdp_md *ctx) { return ctx->data_end - ctx->data > LIMIT + ${value}; }
`;

async function start(...args: string[]): Promise<Event> {
  running = new Watched(args);
  const first = await running.nextOf('build');
  await running.nextOf('ready');
  return first;
}

const watched = () => running ?? expect.unreachable('no watch');

beforeAll(() => {
  command = new Command();
});
afterAll(() => command.dispose());
beforeEach(() => {
  rmSync(command.work, { recursive: true });
  mkdirSync(command.work);
  command.write('limit.h', '#define LIMIT 10\n');
  command.write('a.c', program('1'));
});
afterEach(() => {
  running?.child.kill('SIGKILL');
  running = undefined;
});

describe('bpfcc-ts watch', { timeout: 60_000 }, () => {
  it('builds after each kind of save, and ends with status 0 when interrupted', async () => {
    const first = await start('a.c', '-MMD', '--out-dir', 'out');
    expect(first).toMatchObject({ source: 'a.c', ok: true, output: 'out/a.o', programs: [{ name: 'prog' }] });
    const before = command.read('out/a.o');

    command.write('a.c', program('2000'));
    expect(await watched().goodBuild()).toMatchObject({
      changes: [{ path: 'a.c', kind: 'changed' }],
      programs: [{ name: 'prog', delta: 0 }],
    });
    expect(command.read('out/a.o').equals(before)).toBe(false);
    // As vim saves: the old file gets another name, the new one its own.
    renameSync(command.path('a.c'), command.path('a.c~'));
    command.write('a.c', program('3'));
    await watched().goodBuild();
    // As other editors do: a new file takes the name.
    command.write('.a.c.new', program('1'));
    renameSync(command.path('.a.c.new'), command.path('a.c'));
    await watched().goodBuild();
    expect(command.read('out/a.o').equals(before)).toBe(true);
    expect(command.run(['-c', 'a.c', '-o', 'cold.o']).status).toBe(0);
    expect(command.read('cold.o').equals(before)).toBe(true);

    command.write('limit.h', '#define LIMIT 20\n');
    expect(await watched().goodBuild()).toMatchObject({ changes: [{ path: 'limit.h', kind: 'changed' }] });
    expect(existsSync(command.path('out/a.d'))).toBe(true);
    expect(await watched().interrupt()).toBe(0);
    expect(watched().stderr).toBe('');
  });

  it('survives broken, deleted and returning files, and keeps the last object', async () => {
    await start('a.c');
    const before = command.read('a.o');
    command.write('a.c', program('x'));
    expect(await watched().nextOf('build')).toMatchObject({
      ok: false,
      diagnostics: [{ message: "use of undeclared identifier 'x'" }],
    });
    rmSync(command.path('a.c'));
    expect(await watched().nextOf('build')).toMatchObject({ ok: false, changes: [{ kind: 'removed' }] });
    expect(command.read('a.o').equals(before)).toBe(true);
    command.write('a.c', program('1'));
    expect((await watched().goodBuild()).programs).toMatchObject([{ delta: 0 }]);
    rmSync(command.path('limit.h'));
    expect(await watched().nextOf('build')).toMatchObject({ ok: false });
    command.write('limit.h', '#define LIMIT 10\n');
    await watched().goodBuild();
    expect(command.read('a.o').equals(before)).toBe(true);
  });

  it('builds for headers in folders that did not exist, again after the folder was replaced', async () => {
    const first = await start('a.c', '-Ilater/include', '-iquote', 'later/include');
    expect(first.ok).toBe(true);
    command.write('a.c', program('1').replace('limit.h', 'deep/new.h'));
    expect(await watched().nextOf('build')).toMatchObject({ ok: false });
    for (const text of ['#define LIMIT 7\n', '#define LIMIT 8\n']) {
      rmSync(command.path('later'), { recursive: true, force: true });
      mkdirSync(command.path('later/include/deep'), { recursive: true });
      writeFileSync(command.path('later/include/deep/new.h'), text);
      await watched().goodBuild();
    }
  });

  it('builds only what is concerned', async () => {
    command.write('b.c', 'int b;\n');
    await start('a.c', 'b.c');
    command.write('b.c', 'int b = 1;\n');
    expect(await watched().nextOf('build')).toMatchObject({ source: 'b.c', changes: [{ path: 'b.c' }] });
    command.write('limit.h', '#define LIMIT 20\n');
    expect(await watched().nextOf('build')).toMatchObject({ source: 'a.c', changes: [{ path: 'limit.h' }] });
  });

  it('runs the machine and a command after good builds', async () => {
    running = new Watched([
      'a.c',
      '--run',
      '--packet 00112233445566778899',
      '--exec',
      'echo "<$BPFCC_OBJECTS>"',
    ]);
    expect((await running.nextOf('run')).stdout).toContain('XDP_ABORTED');
    expect(await running.nextOf('exec')).toMatchObject({ status: 0, stdout: '<a.o>\n' });
    command.write('limit.h', '#define LIMIT 0\n');
    expect((await running.nextOf('run')).stdout).toContain('XDP_DROP');
    expect(await running.nextOf('exec')).toMatchObject({ status: 0 });
  });

  it('prints diagnostics as the compiler does, and a line a build', async () => {
    const child = spawn(process.execPath, [command.script, 'watch', '--poll', 'a.c'], { cwd: command.work });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => {
      stdout += bytes.toString();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    try {
      await expect
        .poll(() => stdout, { timeout: 20_000 })
        .toMatch(/^a\.o: \d+ ms, [\d.]+ k?B: prog \d+ insns\nwatching a\.c\n$/);
      command.write('a.c', program('x'));
      await expect.poll(() => stdout, { timeout: 20_000 }).toMatch(/^a\.c: 1 error, \d+ ms$/m);
      expect(stderr).toBe(command.run(['a.c']).stderr);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('refuses what cannot be watched', () => {
    const refused = (...args: string[]) => {
      const { status, stderr } = command.run(['watch', ...args]);
      return `${status} ${stderr}`;
    };
    expect(refused()).toBe('2 bpfcc-ts: error: no input files\n');
    expect(refused('-')).toBe('2 bpfcc-ts: error: standard input cannot be watched\n');
    expect(refused('-E', 'a.c')).toContain('2 bpfcc-ts: error: standard output cannot be kept up to date');
    expect(refused('a.c', '--run', '--nonsense')).toContain(
      "2 bpfcc-ts: error: --run: unknown option '--nonsense'",
    );
    expect(refused('a.c', '--run', 'b.o')).toContain("2 bpfcc-ts: error: --run: 'b.o' is no option");
  });
});
