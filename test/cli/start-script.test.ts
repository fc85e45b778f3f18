/** Which way a shell starts the command (bin/start.sh), told by a node that says only what it was called with. */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { installPackage, unpackPackage } from './install-package.ts';

const home = mkdtempSync(join(tmpdir(), 'bpfcc start $x "& '));
afterAll(() => rmSync(home, { recursive: true }));

const root = join(import.meta.dirname, '../..');
const script = join(home, 'node_modules/bpfcc-ts/bin/bpfcc-ts.js');
const link = join(home, 'node_modules/.bin/bpfcc-ts');
const nodeFolder = join(home, 'its node');
const node = join(nodeFolder, 'node');
const cache = join(home, 'cache/bpfcc-ts/snapshots');

/** Unpacks the start of the command; gives what its file holds. */
function unpack(folder: string): string {
  unpackPackage(root, folder, ['bin']);
  return readFileSync(join(folder, 'bin/bpfcc-ts.js'), 'utf8');
}

/** What the command's node is given. */
function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  command = script,
  shell: readonly string[] = [],
): string[] {
  const env = {
    PATH: `/nowhere:${nodeFolder}:/usr/bin:/bin`,
    HOME: '/nowhere',
    XDG_CACHE_HOME: join(home, 'cache'),
    ...environment,
  };
  const [file = '', ...words] = [...shell, command, ...args];
  const { status, stdout, stderr } = spawnSync(file, words, { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(3);
  return stdout.split('\n').slice(0, -1);
}

const hour = 3600;
const now = Date.now() / 1000;

/** Lets a file have been written so many hours ago. */
function age(path: string, hours: number): void {
  utimesSync(path, now - hours * hour, now - hours * hour);
}

describe.skipIf(process.platform !== 'linux')('start script', () => {
  let blob = '';
  let trial = '';

  beforeEach(() => {
    rmSync(home, { recursive: true });
    expect(installPackage(root, home, ['bin'])).toBe(link);
    mkdirSync(nodeFolder);
    const says =
      'for one in "$@"; do echo "$one"; done; echo "$NODE_EXTRA_CA_CERTS|$BPFCC_TS_EXTRA_CA_CERTS"';
    const tells = '[ -z "$TELL" ] || echo "$GLIBC_TUNABLES"';
    writeFileSync(node, `#!/bin/sh\n${says}\n${tells}\nexit 3\n`, { mode: 0o755 });
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    const [, id = ''] = /^id='(\w+)'$/m.exec(readFileSync(script, 'utf8')) ?? [];
    const name = join(cache, id + node.split('/').join('%'));
    blob = `${name}.blob`;
    trial = `${name}.boot`;
    writeFileSync(blob, 'made');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(trial, `${boot} --one --two=3\n`);
    age(blob, 2);
    age(trial, 1);
    age(node, 3);
    age(nodeFolder, 3);
  });

  const quick = (command = script) => ['--one', '--two=3', '--snapshot-blob', blob, '--', command];

  it('takes the snapshot, whatever the arguments hold', () => {
    const args = ['-c', 'a b.c', '-DX="$y *"', '', '-o', "it's.o"];
    expect(start(args)).toEqual([...quick(), ...args, '|']);
    expect(start(args, {}, link)).toEqual([...quick(link), ...args, '|']);
    expect(start([])).toEqual([...quick(), '|']);
  });

  const shells = [['/bin/dash'], ['/bin/bash', '--posix'], ['/bin/busybox', 'sh']];
  it.each(shells.filter(([shell = '']) => existsSync(shell)))('is understood by %s %s', (...shell) => {
    expect(start(['a.c'], {}, script, shell)).toEqual([...quick(), 'a.c', '|']);
  });

  it('leaves commands, and what would change node, to the ordinary way', () => {
    expect(start(['watch', 'a.c'])).toEqual([script, 'watch', 'a.c', '|']);
    expect(start(['a.c'], { NODE_OPTIONS: '--no-warnings' })).toEqual([script, 'a.c', '|']);
    expect(start(['a.c'], { NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual([script, 'a.c', '|']);
  });

  it('hides certificates from node', () => {
    const certificates = { NODE_EXTRA_CA_CERTS: '/a b' };
    expect(start(['a.c'], certificates)).toEqual([...quick(), 'a.c', '|/a b']);
    expect(start(['run', 'a.c'], certificates)).toEqual([script, 'run', 'a.c', '|/a b']);
  });

  it('asks for large pages with a snapshot, where nobody asked for anything', () => {
    const TELL = '1';
    expect(start(['a.c'], { TELL }).at(-1)).toBe('glibc.malloc.hugetlb=1');
    expect(start(['run'], { TELL }).at(-1)).toBe('');
    const GLIBC_TUNABLES = 'glibc.malloc.check=0';
    expect(start(['a.c'], { TELL, GLIBC_TUNABLES }).at(-1)).toBe(GLIBC_TUNABLES);
  });

  const broken: [string, () => void][] = [
    ['no snapshot', () => rmSync(blob)],
    ['a snapshot that was not tried', () => rmSync(trial)],
    ['a snapshot that was changed after its trial', () => age(blob, 0)],
    ['another node in its place', () => age(node, 0)],
    ['something new in the folder of node', () => age(nodeFolder, 0)],
    ['a trial from before the machine booted', () => writeFileSync(trial, '00000000-0000 --one\n')],
    ['an empty trial', () => writeFileSync(trial, '')],
    ['no cache', () => rmSync(cache, { recursive: true })],
  ];
  it.each(broken)('goes the ordinary way: %s', (_, change) => {
    change();
    expect(start(['a.c'])).toEqual([script, 'a.c', '|']);
  });

  it('goes the ordinary way in a package that was moved', () => {
    const moved = join(home, 'moved.js');
    cpSync(script, moved);
    expect(start(['a.c'], {}, moved)).toEqual([moved, 'a.c', '|']);
  });

  it('is put only into installed packages, and only where a shell can name it', () => {
    const plain = readFileSync(join(root, 'bin/bpfcc-ts.js'), 'utf8');
    expect(unpack(join(home, 'checkout'))).toBe(plain);
    expect(unpack(join(home, "it's/node_modules/bpfcc-ts"))).toBe(plain);
    expect(unpack(join(home, 'a*/node_modules/bpfcc-ts'))).toBe(plain);
    expect(plain.startsWith('#!/usr/bin/env node\n')).toBe(true);
  });
});
