import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decode } from '../../src/isa/decode.ts';
import { insn, loadImmediate64 } from '../../src/isa/instruction.ts';
import { Kind } from '../../src/isa/table.ts';
import { buildObject } from '../../src/object/builder.ts';
import type { ObjectFile } from '../../src/object/elf.ts';
import { writeElf } from '../../src/object/elf-writer.ts';
import { layoutObject } from '../../src/object/layout.ts';
import { findTool, runTool } from '../isa/tools.ts';
import { func, input, text, variable } from './samples.ts';

const exit = insn(Kind.exit);
const zero = insn(Kind.mov64_imm, { dst: 0, imm: 0 });
const call = insn(Kind.call_local, { imm: -1 });
const address = (dst: number) => loadImmediate64(dst, 0n);

const callOf = (index: number, symbol: string) => ({ index, kind: 'call', symbol, addend: 0n }) as const;
const addressOf = (index: number, symbol: string, addend = 0n) =>
  ({ index, kind: 'address', symbol, addend }) as const;

/** Relocations of a section as `offset type symbol+addend`, a section symbol by its section's name. */
function relocationsOf(object: ObjectFile, name: string): string[] {
  const section = object.sections.find((candidate) => candidate.name === name);
  return (section?.relocations ?? []).map(({ offset, type, symbol, addend }) => {
    const target = object.symbols[symbol];
    const place = typeof target?.section === 'number' ? object.sections[target.section]?.name : '?';
    return `${offset} ${type} ${target?.type === 'section' ? `[${place}]` : target?.name}+${addend}`;
  });
}

function immediates(object: ObjectFile, name: string): number[] {
  const section = object.sections.find((candidate) => candidate.name === name);
  return decode(section?.data ?? new Uint8Array(), object.littleEndian).instructions.map(({ imm }) => imm);
}

/** A program that uses every kind of reference. */
const everything = input({
  fileName: 'all.c',
  functions: [
    func('global_func', '.text', [call, exit], { relocations: [callOf(0, 'static_func')] }),
    func('static_func', '.text', [zero, exit], { linkage: 'static' }),
    func('hidden', 'xdp', [zero, exit], { visibility: 'hidden' }),
    func(
      'prog',
      'xdp',
      [address(1), address(2), address(3), address(4), address(5), call, call, call, call, call, zero, exit],
      {
        relocations: [
          addressOf(0, 'counter'),
          addressOf(1, 'shared', 4n),
          addressOf(2, 'literal'),
          addressOf(3, 'static_func'),
          addressOf(4, 'weak_symbol'),
          callOf(5, 'static_func'),
          callOf(6, 'global_func'),
          callOf(7, 'hidden'),
          callOf(8, 'kernel_func'),
          callOf(9, 'last'),
        ],
      },
    ),
    func('last', 'xdp', [zero, exit], { linkage: 'static' }),
  ],
  variables: [
    variable('pad', '.bss', { size: 1, align: 1, linkage: 'static' }),
    variable('counter', '.bss', { size: 8, align: 8, linkage: 'static' }),
    variable('shared', '.data', { data: new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0]) }),
    variable('pointer', '.data', {
      data: new Uint8Array(8),
      align: 8,
      relocations: [{ offset: 0, symbol: 'literal', addend: 1n }],
    }),
    variable('handler', '.data', {
      size: 8,
      align: 8,
      relocations: [{ offset: 0, symbol: 'last', addend: 0n }],
    }),
    variable('literal', '.rodata.str1.1', {
      data: text('hi'),
      align: 1,
      linkage: 'private',
      writable: false,
    }),
    variable('limit', '.rodata', { data: new Uint8Array(4), writable: false }),
    variable('_license', 'license', { data: text('GPL'), align: 1 }),
  ],
  externs: [
    { name: 'kernel_func', weak: false },
    { name: 'weak_symbol', weak: true },
  ],
  extraSections: [
    {
      name: '.BTF.ext',
      data: new Uint8Array(8),
      align: 4,
      relocations: [{ offset: 4, type: 4, target: { section: 'xdp' }, addend: 16n }],
    },
  ],
});

const scratch = mkdtempSync(join(tmpdir(), 'object-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function toFile(name: string, bytes: Uint8Array): string {
  const path = join(scratch, name);
  writeFileSync(path, bytes);
  return path;
}

describe('buildObject', () => {
  const object = buildObject(everything);

  it('relocates calls and addresses as clang does', () => {
    expect(relocationsOf(object, '.text')).toEqual([]);
    expect(relocationsOf(object, 'xdp')).toEqual([
      '16 1 [.bss]+8',
      '32 1 shared+4',
      '48 1 [.rodata.str1.1]+0',
      '64 1 [.text]+16',
      '80 1 weak_symbol+0',
      '96 10 [.text]+16',
      '104 10 global_func+0',
      '112 10 hidden+0',
      '120 10 kernel_func+0',
    ]);
    expect(immediates(object, '.text')).toEqual([1, 0, 0, 0]);
    expect(immediates(object, 'xdp').slice(2, 12)).toEqual([8, 4, 0, 16, 0, 1, -1, -1, -1, 2]);
    expect(relocationsOf(object, '.data')).toEqual(['8 2 [.rodata.str1.1]+1', '16 2 last+0']);
    expect(relocationsOf(object, '.BTF.ext')).toEqual(['4 4 [xdp]+16']);
  });

  it('gives sections the types and flags clang gives them', () => {
    const shown = object.sections.map(({ name, type, flags, align, entrySize, size }) => {
      const set = Object.entries(flags).filter(([, on]) => on);
      return `${name} ${type} ${set.map(([flag]) => flag.charAt(0)).join('')} ${align} ${entrySize} ${size}`;
    });
    expect(shown).toEqual([
      '.text progbits ae 8 0 32',
      'xdp progbits ae 8 0 168',
      '.bss nobits aw 8 0 16',
      '.data progbits aw 8 0 24',
      '.rodata.str1.1 progbits ams 1 1 3',
      '.rodata progbits a 4 0 4',
      'license progbits aw 1 0 4',
      '.BTF.ext progbits  4 0 8',
    ]);
  });

  it('names private objects nowhere and keeps visibility and binding', () => {
    const named = object.symbols.filter(({ name }) => name !== '');
    expect(
      named.map(({ name, binding, visibility, type }) => `${name} ${binding} ${visibility} ${type}`),
    ).toEqual([
      'all.c local default file',
      'global_func global default func',
      'static_func local default func',
      'hidden global hidden func',
      'prog global default func',
      'last local default func',
      'pad local default object',
      'counter local default object',
      'shared global default object',
      'pointer global default object',
      'handler global default object',
      'limit global default object',
      '_license global default object',
      'kernel_func global default notype',
      'weak_symbol weak default notype',
    ]);
  });

  it("keeps its own sections apart from a user's of the same name", () => {
    const made = buildObject(
      input({
        variables: [variable('x', '.BTF', { data: text('user') })],
        extraSections: [{ name: '.BTF', data: text('ours'), align: 4, relocations: [] }],
      }),
    );
    const contents = made.sections.map(({ name, data }) => `${name} ${new TextDecoder().decode(data)}`);
    expect(contents).toEqual(['.BTF user\0', '.BTF ours\0']);
  });

  it('refuses references to nothing and two definitions of a name', () => {
    const dangling = func('f', '.text', [call, exit], { relocations: [callOf(0, 'nobody')] });
    expect(() => buildObject(input({ functions: [dangling] }))).toThrow(/nobody/);
    const twice = [func('f', '.text', [exit]), func('f', 'xdp', [exit])];
    expect(() => layoutObject(input({ functions: twice }))).toThrow(/twice/);
  });
});

const readelf = findTool('readelf');
const objdump = findTool('llvm-objdump-19', 'llvm-objdump-22', 'llvm-objdump');
const isRoot = process.getuid?.() === 0;
const bpftool = isRoot ? findTool('bpftool') : undefined;

describe('the object file as others read it', () => {
  for (const littleEndian of [true, false]) {
    const order = littleEndian ? 'little' : 'big';
    it.skipIf(readelf === undefined)(
      `has nothing that readelf warns about, ${order}-endian (needs readelf)`,
      () => {
        const path = toFile(`${order}.o`, writeElf(buildObject({ ...everything, littleEndian })));
        const { stdout, stderr, status } = runTool('readelf', ['-aW', path]);
        expect([status, stderr]).toEqual([0, '']);
        expect(stdout).not.toMatch(/warning|error|<corrupt|unknown>:/i);
        expect(stdout).toMatch(/Linux BPF/);
        expect(stdout).toMatch(/GLOBAL HIDDEN +\d+ hidden/);
      },
    );

    it.skipIf(objdump === undefined)(
      `shows its relocations in llvm-objdump, ${order}-endian (needs it)`,
      () => {
        const path = toFile(`${order}-dump.o`, writeElf(buildObject({ ...everything, littleEndian })));
        const { stdout, stderr } = runTool(objdump ?? '', [
          '-dr',
          '--no-print-imm-hex',
          '--section=xdp',
          path,
        ]);
        expect(stderr).toBe('');
        expect([...stdout.matchAll(/\bcall -?\d+/g)].map((match) => match[0])).toEqual([
          'call 1',
          'call -1',
          'call -1',
          'call -1',
          'call 2',
        ]);
        expect(
          [...stdout.matchAll(/R_BPF_64_(64|32)\t(\S+)/g)].map((match) => `${match[1]} ${match[2]}`),
        ).toEqual([
          '64 .bss',
          '64 shared',
          '64 .rodata.str1.1',
          '64 .text',
          '64 weak_symbol',
          '32 .text',
          '32 global_func',
          '32 hidden',
          '32 kernel_func',
        ]);
      },
    );
  }

  it.skipIf(bpftool === undefined)('loads into the kernel with a subprogram (needs root and bpftool)', () => {
    const object = buildObject(
      input({
        functions: [
          func('helper', '.text', [insn(Kind.mov64_imm, { dst: 0, imm: 2 }), exit], { linkage: 'static' }),
          func('loaded', 'xdp', [call, exit], { relocations: [callOf(0, 'helper')] }),
        ],
        variables: [variable('_license', 'license', { data: text('GPL'), align: 1 })],
      }),
    );
    const path = toFile('load.o', writeElf(object));
    const pin = `/sys/fs/bpf/object-test-${process.pid}`;
    try {
      const { stderr, status } = runTool('bpftool', ['prog', 'load', path, pin]);
      expect([status, stderr]).toEqual([0, '']);
    } finally {
      rmSync(pin, { force: true });
    }
  });
});
