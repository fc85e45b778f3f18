/** Every command's report of a bug of ours. The bug is made from outside: a module loaded first breaks a function of the language. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command } from './command.ts';

let command: Command;
beforeAll(() => {
  command = new Command();
  const breakage = "() => { throw new Error('broken on purpose'); }";
  command.write(
    'break.mjs',
    `BigInt.asUintN = String.prototype.padEnd = ${breakage};
`,
  );
  command.write('a.h', 'int from_header;\n');
  command.write('a.c', '#include "a.h"\nint main(void) { return from_header + VALUE; }\n');
  command.write('b.c', 'int b;\n');
});
afterAll(() => command.dispose());

function broken(args: readonly string[]) {
  return command.run(args, {
    node: ['--import', command.path('break.mjs')],
    env: { TMPDIR: command.work },
  });
}

describe('a bug of ours', () => {
  it.each([
    ['compile', []],
    ['run', ['run']],
    ['run --hosted', ['run', '--hosted']],
  ])('%s: exit status 70, a report and a file that reproduces it', (_, words) => {
    const { status, stdout, stderr } = broken([...words, '-DVALUE=42', 'a.c']);
    expect([status, stdout]).toEqual([70, '']);
    expect(stderr).toMatch(/^bpfcc-ts: internal error: broken on purpose\n/);
    const path = /^bpfcc-ts: please report this; a file that reproduces it is at (.*\.c)$/m.exec(stderr)?.[1];
    const [first, second, ...lines] = readFileSync(path ?? '', 'latin1').split('\n');
    expect(first).toMatch(/^\/\/ bpfcc-ts \S+ -DVALUE=42 a\.c$/);
    expect(second).toBe('// broken on purpose');
    expect(lines.join('\n')).toContain('int from_header;');
    expect(lines.join('\n')).toContain('from_header + 42');
    // The bundle's text is no help to anyone.
    expect(stderr.split('\n').every((line) => line.length < 400)).toBe(true);
  });
  it('goes on with further inputs', () => {
    const { status, stderr } = broken(['-DVALUE=1', 'a.c', 'missing.c']);
    expect(status).toBe(70);
    expect(stderr).toContain('missing.c');
  });
  it('without a source there is no file', () => {
    expect(command.run(['b.c', '-o', 'b.o']).status).toBe(0);
    const { status, stderr } = broken(['dump', 'b.o']);
    expect(status).toBe(70);
    expect(stderr).toMatch(/^bpfcc-ts: please report this with the source and the command line$/m);
  });
});

describe('assembly as input', () => {
  const source = '.section "xdp","ax"\n.globl prog\nprog:\n  w0 = 2\n  exit\n';
  it('.s gives an object', () => {
    command.write('prog.s', source);
    expect(command.run(['-c', 'prog.s'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(command.run(['dump', 'prog.o']).stdout).toContain('w0 = 2');
  });
  it('what -S writes is read back to the same code', () => {
    command.write('c.c', 'int counter; int f(int x) { counter += x; return counter; }\n');
    expect(command.run(['-S', 'c.c', '-o', 'c.s']).status).toBe(0);
    expect(command.run(['-c', 'c.s', '-o', 'again.o'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(command.run(['-c', 'c.c', '-o', 'c.o']).status).toBe(0);
    const code = (name: string) => command.run(['dump', name]).stdout.match(/^.*(?:r\d|w\d|exit|call).*$/gm);
    expect(code('again.o')).toEqual(code('c.o'));
    expect(code('c.o')?.length).toBeGreaterThan(3);
  });
  it('names the line of a mistake', () => {
    command.write('bad.s', 'prog:\n  r0 = 1\n  r11 = 2\n  exit\n');
    const { status, stderr } = command.run(['-c', 'bad.s']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^bad\.s:3:\d+: error: /);
  });
});
