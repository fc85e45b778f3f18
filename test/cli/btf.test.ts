/** `bpfcc-ts btf dump` and `--btf`, as users run them. */

import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BtfType } from '../../src/btf/format.ts';
import { kernelBtf } from '../../src/cli/node-host.ts';
import { dumpBtf } from '../../src/driver/dump-btf.ts';
import { btfBytes } from '../btf/btf-bytes.ts';
import { Command } from './command.ts';

const types: BtfType[] = [
  { kind: 'INT', name: 'int', size: 4, encoding: 1, bits: 32, bitOffset: 0 },
  { kind: 'STRUCT', name: 'task', size: 4, members: [{ name: 'pid', type: 1, bitOffset: 0, bitWidth: 0 }] },
  { kind: 'STRUCT', name: 'other', size: 0, members: [] },
];

let command: Command;
beforeAll(() => {
  command = new Command();
  writeFileSync(join(command.work, 'k.btf'), btfBytes(types));
  command.write('a.c', '#include "vmlinux.h"\nstruct task t; int f(void) { return t.pid; }\n');
});
afterAll(() => command.dispose());

describe('--btf', () => {
  it('keeps the header it made, for this BTF alone', () => {
    const env = { XDG_CACHE_HOME: join(command.work, 'cache') };
    const folder = join(command.work, 'cache/bpfcc-ts/headers');
    const compile = (btf: string) => command.run([`--btf=${btf}`, '-fsyntax-only', 'a.c'], { env });
    expect(compile('k.btf').stderr).toBe('');
    const [kept = ''] = readdirSync(folder);
    // What is kept is what is read.
    writeFileSync(join(folder, kept), 'struct task { int other; };');
    expect(compile('k.btf').stderr).toContain("no member named 'pid'");
    writeFileSync(join(command.work, 'more.btf'), btfBytes([...types, { kind: 'PTR', type: 1 }]));
    expect(compile('more.btf').stderr).toBe('');
    // Others may write it: not trusted.
    chmodSync(join(folder, kept), 0o666);
    expect(compile('k.btf').stderr).toBe('');
  });
});

describe('the bundled BTF', () => {
  it('is taken where the kernel has none', () => {
    const source = kernelBtf('/nonexistent');
    expect(source?.title).toMatch(/^the bundled BTF of linux-\d+\.\d+-\w+$/);
    const header = dumpBtf(source?.bytes ?? new Uint8Array(), {
      type: ['task_struct', 'xdp_md'],
      format: 'c',
    });
    expect('text' in header && header.text).toContain('struct xdp_md {\n\t__u32 data;\n');
  });
});

describe('btf dump', () => {
  it('prints C, of the types that are named', () => {
    const { status, stdout } = command.run(['btf', 'dump', 'k.btf', '--type', 'task']);
    expect(stdout).toContain('struct task {\n\tint pid;\n};\n');
    expect(stdout).not.toContain('other');
    expect(status).toBe(0);
  });

  it('prints types of an object one by one', () => {
    expect(command.run(['--btf=k.btf', 'a.c', '-o', 'a.o']).stderr).toBe('');
    const { stdout } = command.run(['btf', 'dump', 'a.o', '--format', 'raw', '--type', 'task']);
    expect(stdout).toMatch(/^\[\d+\] STRUCT 'task' size=4 vlen=1\n\t'pid' type_id=\d+ bits_offset=0\n$/);
  });

  it('is named where an object is shown, not printed as bytes', () => {
    const { stdout } = command.run(['dump', 'a.o']);
    expect(stdout).not.toContain('.section\t.BTF');
    expect(stdout).toMatch(/\n# types: bpfcc-ts btf dump a\.o\n$/);
  });

  it('says what is wrong', () => {
    const unknown = command.run(['btf', 'dump', 'k.btf', '--type', 'tusk']);
    expect(unknown).toMatchObject({
      status: 1,
      stderr: "bpfcc-ts: error: 'k.btf': there is no type 'tusk'\n",
    });
    expect(command.run(['btf', 'dump', 'none']).stderr).toBe(
      "bpfcc-ts: error: cannot read 'none': no such file\n",
    );
    expect(command.run(['btf', 'dump', 'a.c']).stderr).toContain('not BTF');
    expect(command.run(['btf', 'dump', 'k.btf', '--format', 'pascal']).status).not.toBe(0);
  });
});
