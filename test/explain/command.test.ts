/** `bpfcc-ts explain` as users run it. */

import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Command } from '../cli/command.ts';
import { refusalFolder, refusalLog } from './refusal-case.ts';

let command: Command;

beforeAll(() => {
  command = new Command();
  for (const file of ['stack-hole.c', 'stack-hole.log', 'name-value.c', 'name-value.log', 'program.h']) {
    copyFileSync(join(refusalFolder, file), join(command.work, file));
  }
}, 60_000);
afterAll(() => command.dispose());

const run = (args: readonly string[], input = '') => command.run(['explain', ...args], { input });

describe('bpfcc-ts explain', () => {
  test('a log with an object', () => {
    expect(command.run(['-O2', '-g', '-w', '-c', 'stack-hole.c']).status).toBe(0);
    const { status, stdout, stderr } = run(['stack-hole.log', '--object', 'stack-hole.o']);
    expect(stderr).toBe('');
    expect(stdout).toContain("stack-hole.c:20:3: error: program 'account': bytes of 'flow'");
    expect(stdout).toContain("the padding behind 'protocol'");
    expect(status).toBe(0);
  });

  test('a log with an object and its source: then the compiler knows the variables', () => {
    const files = ['--object', 'name-value.o', '--source', 'name-value.c', '-w'];
    expect(command.run(['-O2', '-g', '-w', '-c', 'name-value.c']).status).toBe(0);
    const { stdout, stderr } = run(['name-value.log', ...files, '-O2']);
    expect(stderr).toBe('');
    expect(stdout).toContain("'setting->count' has no upper bound");
    const other = run(['name-value.log', ...files, '-O0']);
    expect(other.stderr).toContain("gives other code than 'name-value.o': its variables are not known");
    expect(other.stdout).toContain('the index has no upper bound');
  });

  test('a log with an object of other code: then only the log counts', () => {
    expect(command.run(['-O0', '-g', '-w', '-c', 'name-value.c', '-o', 'other.o']).status).toBe(0);
    const { stdout } = run(['name-value.log', '--object', 'other.o']);
    expect(stdout).toContain('note: the log is of other code than the object');
    const { stdout: json } = run(['--json', 'name-value.log', '--object', 'other.o']);
    expect(JSON.parse(json)).toMatchObject([{ otherCode: true }]);
  });

  test('a log from standard input with a source and its flags', () => {
    const { status, stdout } = run(['-', '--source', 'stack-hole.c', '-O2', '-w'], refusalLog('stack-hole'));
    expect(stdout).toContain("the padding behind 'protocol'");
    expect(status).toBe(0);
    const bare = run(['--source', 'stack-hole.c', '-O2', '-w'], refusalLog('stack-hole'));
    expect(bare.stdout).toBe(stdout);
  });

  test('JSON', () => {
    const { stdout } = run(['--json', 'stack-hole.log']);
    expect(JSON.parse(stdout)).toMatchObject([{ program: 'account', kind: 'stack-hole', instruction: 7 }]);
  });

  test('one program only', () => {
    const { status, stdout } = run(['stack-hole.log', '--prog', 'other']);
    expect(stdout).toBe('no refusal was found in this log\n');
    expect(status).toBe(1);
  });

  test('a kind, and the list of kinds', () => {
    expect(run(['stack-hole']).stdout).toMatch(/^stack-hole: .*\n/);
    expect(run(['--list']).stdout).toContain('\n  stack-hole ');
  });

  test('a message of no known kind', () => {
    const { status, stdout } = run([], '0: (95) exit\nsomething else went wrong\n');
    expect(stdout).toContain('error: something else went wrong\n');
    expect(status).toBe(1);
  });

  test.each([
    ['no such log', ['missing.log'], "cannot read 'missing.log': no such file"],
    ['a folder', ['.'], "cannot read '.': is a directory"],
    ['no object', ['stack-hole.log', '--object', 'stack-hole.c'], "'stack-hole.c': not an ELF file"],
    ['a source that does not compile', ['stack-hole.log', '--source', 'bad.c'], "'bad.c' does not compile"],
    ['a flag without a source', ['stack-hole.log', '-O2'], "unknown option '-O2'"],
  ])('complains about %s', (_what, args, message) => {
    writeFileSync(join(command.work, 'bad.c'), 'int f(void) { return x; }\n');
    const { status, stderr } = run(args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
