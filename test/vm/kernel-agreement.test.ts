/**
 * The machine against the kernel: small programs are loaded with bpftool, run with BPF_PROG_TEST_RUN, and have to give the
 * same return value and packet. Needs root and a kernel that takes bpf(); skipped elsewhere.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assemble } from '../../src/isa/assembler.ts';
import { helperByName } from '../../src/isa/helpers.ts';
import { assemblyToObject } from '../../src/object/assembly.ts';
import { writeElf } from '../../src/object/elf-writer.ts';
import { createMachine, loadObject, renderFault } from '../../src/vm/index.ts';
import { SKB_PROGRAMS, XDP_PROGRAMS } from './kernel-programs.ts';

const PINS = `/sys/fs/bpf/machine-test-${process.pid}`;

function bpftool(...args: string[]): string {
  return execFileSync('bpftool', ['-j', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function hasKernel(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    bpftool('prog', 'list');
    execFileSync('sh', ['-c', 'mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

const canRun = hasKernel();
if (!canRun) console.log('kernel agreement: skipped, it needs root, bpftool and bpf()');

/** One object of all programs, each a function of one section. */
function listingOf(section: string, programs: Readonly<Record<string, string>>): string {
  const functions = Object.entries(programs).map(
    ([name, body]) =>
      `.globl ${name}\n.type ${name}, @function\n${name}:\n${body.trim()}\n.size ${name}, .-${name}`,
  );
  return `.section ${section}, "ax", @progbits\n${functions.join('\n')}\n.section license, "aw", @progbits\n.globl _license\n.type _license, @object\n_license:\n.asciz "GPL"\n.size _license, 4\n`;
}

function objectBytes(section: string, programs: Readonly<Record<string, string>>): Uint8Array {
  const assembly = assemble(listingOf(section, programs), { helper: (name) => helperByName(name)?.id });
  const [error] = assembly.errors;
  if (error !== undefined) throw new Error(`line ${error.line}: ${error.message}`);
  return writeElf(assemblyToObject(assembly));
}

const PACKET = Uint8Array.from([
  2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 1, 0, 0x32, 0, 1, 0, 0, 64, 17, 0x26, 0xb7, 10, 0, 0, 1, 10,
  0, 0, 2, 0x30, 0x39, 0, 0x50, 0, 0x1e, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
  17, 18, 19, 20, 21, 22,
]);
const TAGGED = Uint8Array.from([...PACKET.subarray(0, 12), 0x81, 0, 0x20, 5, ...PACKET.subarray(12)]);

describe.skipIf(!canRun).each([
  ['xdp', XDP_PROGRAMS],
  ['tc', SKB_PROGRAMS],
] as const)('%s', (section, programs) => {
  const folder = canRun ? mkdtempSync(join(tmpdir(), 'machine-')) : '';
  const pins = `${PINS}-${section}`;
  const bytes = canRun ? objectBytes(section, programs) : new Uint8Array(0);

  beforeAll(() => {
    const file = join(folder, 'programs.o');
    writeFileSync(file, bytes);
    try {
      bpftool('prog', 'loadall', file, pins);
    } catch (error) {
      throw new Error(
        `the kernel refuses the programs: ${(error as { stderr?: string }).stderr?.slice(-3000)}`,
      );
    }
  });

  afterAll(() => {
    rmSync(pins, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(Object.keys(programs))('%s', (name) => {
    const packet = name.includes('tagged') ? TAGGED : PACKET;
    const input = join(folder, 'in');
    const output = join(folder, 'out');
    writeFileSync(input, packet);
    const said: unknown = JSON.parse(
      bpftool('prog', 'run', 'pinned', `${pins}/${name}`, 'data_in', input, 'data_out', output),
    );
    const kernel = {
      returnValue: (said as { retval: number }).retval >>> 0,
      packet: [...readFileSync(output)],
    };
    const run = createMachine(loadObject(bytes)).program(name).run({ packet });
    expect(run.fault === undefined ? '' : renderFault(run.fault)).toBe('');
    expect({ returnValue: run.returnValue, packet: [...(run.meta ?? []), ...(run.packet ?? [])] }).toEqual(
      kernel,
    );
  });
});
