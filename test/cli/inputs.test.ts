/** `--print-inputs` and make rules: all that an output depends on, and nothing else. */

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Command } from './command.ts';

interface Inputs {
  readonly compiler: { readonly version: string; readonly build: string };
  readonly sysroot: { readonly version: string };
  readonly flags: readonly string[];
  readonly environment: readonly string[];
  readonly inputs: readonly {
    readonly source: string;
    readonly output: string;
    readonly files: readonly { readonly kind: string; readonly path: string; readonly sha256: string }[];
    readonly absent: readonly string[];
  }[];
}

let command: Command;
beforeAll(() => {
  command = new Command();
});
afterAll(() => command.dispose());
beforeEach(() => {
  rmSync(command.work, { recursive: true });
  mkdirSync(command.work);
  command.write(
    'a.c',
    '#include <linux/types.h>\n#include "near.h"\n#include <far.h>\n__u32 a = NEAR + FAR;\n',
  );
  command.write('near.h', '#define NEAR 1\n');
  command.write('inc/far.h', '#ifdef NEVER\n#include "unread.h"\n#endif\n#define FAR 2\n');
  command.write('inc/unread.h', '');
});

function inputsOf(...args: string[]): Inputs {
  const { status, stdout } = command.run(['--print-inputs=json', ...args]);
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

describe('--print-inputs', { timeout: 60_000 }, () => {
  it('lists the files that were read, with digests, and where others were looked for', () => {
    const { compiler, sysroot, flags, environment, inputs } = inputsOf(
      ...['-Inone', '-Iinc', '-O2', '-pipe', '-c', 'a.c'],
    );
    expect(compiler.version).toBe(sysroot.version);
    expect(compiler.build).toMatch(/^[0-9a-f]{16}$/);
    // -pipe means nothing here.
    expect(flags).toEqual(['-Inone', '-Iinc', '-O2', '-c']);
    expect(environment).toEqual([]);
    expect(inputs).toHaveLength(1);
    const { source, output, files, absent } = inputs[0] ?? expect.unreachable();
    expect([source, output]).toEqual(['a.c', 'a.o']);
    expect(files.filter(({ kind }) => kind !== 'bundled').map(({ kind, path }) => `${kind} ${path}`)).toEqual(
      ['source a.c', 'header near.h', 'header inc/far.h'],
    );
    expect(files.some(({ kind, path }) => kind === 'bundled' && path.endsWith('/linux/types.h'))).toBe(true);
    expect(files[0]?.sha256).toBe(createHash('sha256').update(command.read('a.c')).digest('hex'));
    expect(absent).toContain('none');
    expect(absent).toContain('inc/linux/types.h');
  });

  it('lists arguments from files, and the BTF that vmlinux.h was made from', () => {
    command.write('b.c', '#include "vmlinux.h"\nint b;\n');
    command.write('flags', '-O2\n');
    const kinds = (...args: string[]) =>
      inputsOf('@flags', '-c', 'b.c', ...args).inputs[0]?.files.map(({ kind, path }) => `${kind} ${path}`);
    expect(command.run(['-c', 'a.c', '-Iinc']).status).toBe(0);
    expect(kinds('--btf', 'a.o')).toEqual(['arguments flags', 'source b.c', 'btf a.o']);
    expect(kinds()).toEqual(['arguments flags', 'source b.c', expect.stringMatching(/^btf the .*BTF/)]);
    expect(command.run(['-M', '--btf', 'a.o', 'b.c']).stdout).toBe('b.o: b.c a.o\n');
  });

  it('names the same files as the make rule', () => {
    const { files } = inputsOf('-Iinc', '-c', '-MD', 'a.c').inputs[0] ?? expect.unreachable();
    const words = command.read('a.d').toString().replace(/\\\n/g, ' ').trim().split(/\s+/);
    expect(words.slice(1)).toEqual(files.map(({ path }) => path.replace(/^\.\//, '')));
  });

  it('is a line of text for each, and knows its formats', () => {
    const { status, stdout } = command.run(['--print-inputs', '-Iinc', '-c', 'a.c']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^compiler\tbpfcc-ts .*\nsysroot\t.*\nflag\t-Iinc\n/);
    expect(stdout).toMatch(/^header\tinc\/far\.h$/m);
    expect(command.run(['--print-inputs=xml', '-c', 'a.c'])).toMatchObject({
      status: 2,
      stderr: "bpfcc-ts: error: invalid value 'xml' in '--print-inputs=xml'; use text or json\n",
    });
  });
});
