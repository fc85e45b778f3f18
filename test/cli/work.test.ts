/** How the work is done changes no output: several processes, kept scans; and what it took is told. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command } from './command.ts';

let command: Command;
const count = 7;
const sources = Array.from({ length: count }, (_, n) => `s${n}.c`);

beforeAll(() => {
  command = new Command();
  for (const [n, name] of sources.entries()) {
    const wrong = n === 2 || n === 5 ? `int wrong${n} = nothing${n};\n` : '';
    const text = `#include <long.h>\n__attribute__((section("socket"))) int f${n}(struct s${n} *p) { return p->m + ${n}; }\n`;
    writeFileSync(join(command.work, name), text + wrong);
  }
  const structs = Array.from({ length: 4000 }, (_, n) => `struct s${n} {\n\tint a, b;\n\tint m;\n};\n`);
  mkdirSync(join(command.work, 'include'));
  writeFileSync(join(command.work, 'include/long.h'), structs.join(''));
}, 60_000);
afterAll(() => command.dispose());

function build(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stderr } = command.run(['-c', '-Iinclude', ...args, ...sources, `--out-dir=${folder}`], {
    env,
  });
  const path = join(command.work, folder);
  const objects = readdirSync(path)
    .sort()
    .map((name) => [name, readFileSync(join(path, name)).toString('hex')]);
  return { status, stderr, objects };
}

describe('processes', () => {
  it('write the same objects and the same messages in the order of the sources', () => {
    const alone = build('alone', ['--jobs=1']);
    expect(alone.status).toBe(1);
    expect(alone.objects.map(([name]) => name)).toEqual(['s0.o', 's1.o', 's3.o', 's4.o', 's6.o']);
    for (const jobs of ['--jobs=2', '-j3', '-j64']) expect(build(`with${jobs}`, [jobs])).toEqual(alone);
  });

  it('leave to the first what only that one can read', () => {
    spawnSync('sh', ['-c', 'mkfifo fifo.c'], { cwd: command.work });
    const writer = spawn('sh', ['-c', 'cat s0.c > fifo.c'], { cwd: command.work, stdio: 'ignore' });
    const { status, stderr } = command.run(['-c', '-Iinclude', '-j2', 'fifo.c', 's1.c', 'missing.c']);
    writer.kill();
    expect(status).toBe(1);
    expect(stderr).toContain("no such file or directory: 'missing.c'");
    expect(readdirSync(command.work)).toEqual(expect.arrayContaining(['fifo.o', 's1.o']));
  });

  it('are done without where they cannot be started', () => {
    const alone = build('quiet', ['--jobs=1']);
    expect(build('nowhere', ['-j2'], { TMPDIR: join(command.work, 'missing') })).toEqual(alone);
  });

  it('are a number from 1 on', () => {
    for (const wrong of ['0', '-1', 'x', '1e9', '1.5']) {
      const { status, stderr } = command.run([`--jobs=${wrong}`, '-c', 's0.c']);
      expect([status, stderr]).toEqual([
        2,
        `bpfcc-ts: error: invalid value '${wrong}' in '--jobs=${wrong}'; use a number from 1 on\n`,
      ]);
    }
  });
});

describe('kept scans', () => {
  it('change nothing, whole, damaged or gone', () => {
    const cache = join(command.work, 'cache');
    const env = { XDG_CACHE_HOME: cache };
    const none = build('none', [], { NODE_DISABLE_COMPILE_CACHE: '1' });
    expect(build('first', [], env)).toEqual(none);
    const scans = join(cache, 'bpfcc-ts/scans');
    const [name = ''] = readdirSync(scans);
    expect(readdirSync(scans)).toEqual([name]);
    expect(build('second', [], env)).toEqual(none);
    const kept = readFileSync(join(scans, name));
    kept[kept.length >> 1] = (kept[kept.length >> 1] ?? 0) ^ 1;
    for (const damaged of [kept, kept.subarray(0, 100), Buffer.alloc(0)]) {
      writeFileSync(join(scans, name), damaged, { mode: 0o600 });
      expect(build('damaged', [], env)).toEqual(none);
    }
  });
});

describe('reports', () => {
  it('tell what was looked at, the same in every run', () => {
    const report = () => command.run(['-c', '-Iinclude', 's0.c', '-o', 'a.o', '--stats']).stderr;
    const text = report();
    expect(text).toMatch(/^s0\.c:\n {2}files +2\n/);
    expect(text).toMatch(/declarations +4001\n {4}parsed +2\n {4}passed over +3999\n/);
    expect(text).toMatch(/functions emitted +1\n {2}instructions +\d+\n {2}pass +runs +changes\n/);
    expect(report()).toBe(text);
  });

  it('tell what took how long', () => {
    const { stderr } = command.run(['-c', '-Iinclude', 's0.c', '-o', 'a.o', '--time=json', '--stats=json']);
    const { source, stages, counts, passes } = JSON.parse(stderr);
    expect(source).toBe('s0.c');
    const names = stages.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['preprocess', 'analyze', 'lower', 'optimize', 'generate', 'assemble']);
    expect(counts).toMatchObject({ files: 2, declarations: 4001, parsed: 2, bodies: 1, emitted: 1 });
    expect(passes.some(({ runs }: { runs: number }) => runs > 0)).toBe(true);
    const table = command.run(['-c', '-Iinclude', 's0.c', '-o', 'a.o', '--time']).stderr;
    expect(table).toMatch(/^s0\.c:\n {2}stage +ms\n {2}preprocess +[\d.]+\n/);
  });
});
