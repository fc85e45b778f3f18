/** The code that V8 made of the command is kept where Node does not do that itself, and trusted only where it is ours. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import module_ from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'bpfcc-code-cache-'));
const command = join(import.meta.dirname, '../../bin/bpfcc-ts.js');
const cacheFolder = join(folder, 'bpfcc-ts', 'code');
afterAll(() => rmSync(folder, { recursive: true }));

const source = join(folder, 'a.c');
writeFileSync(source, '__attribute__((section("socket"))) int f(void *c) { return 0; }');

function compile(
  environment: Readonly<Record<string, string>> = {},
  args = ['-c', source, '-o', '/dev/null'],
) {
  const env = { ...process.env, XDG_CACHE_HOME: folder, ...environment };
  const { status, stderr } = spawnSync(process.execPath, [command, ...args], { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}

describe.skipIf('enableCompileCache' in module_)('code cache', () => {
  it('writes nothing where it is turned off', () => {
    compile({ NODE_DISABLE_COMPILE_CACHE: '1' });
    expect(readdirSync(folder)).toEqual(['a.c']);
  });

  it('waits for a run that compiles', () => {
    compile({}, ['--help']);
    expect(readdirSync(folder)).toEqual(['a.c']);
  });

  it('keeps one file, and runs with it, without it and with a broken one', () => {
    compile();
    const [name = ''] = readdirSync(cacheFolder);
    const path = join(cacheFolder, name);
    const first = readFileSync(path);
    compile();
    expect(readFileSync(path).equals(first)).toBe(true);
    writeFileSync(path, first.subarray(0, first.length >> 1));
    compile();
    expect(readFileSync(path).length).toBeGreaterThan(first.length >> 1);
    expect(readdirSync(cacheFolder)).toEqual([name]);
  });

  it('does not run what others may have written', () => {
    const [name = ''] = readdirSync(cacheFolder);
    const path = join(cacheFolder, name);
    writeFileSync(path, 'not ours');
    chmodSync(path, 0o666);
    compile();
    expect(readFileSync(path).length).toBeGreaterThan(100);
  });

  it('runs where the cache cannot be written', () => {
    compile({ XDG_CACHE_HOME: '/dev/null' });
  });
});
