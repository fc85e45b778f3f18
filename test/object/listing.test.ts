import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/isa/assembler.ts';
import { insn, loadImmediate64 } from '../../src/isa/instruction.ts';
import { Kind } from '../../src/isa/table.ts';
import { assemblyToObject } from '../../src/object/assembly.ts';
import { buildObject } from '../../src/object/builder.ts';
import type { ObjectFile } from '../../src/object/elf.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';
import { writeListing } from '../../src/object/listing.ts';
import { findTool, runToolForBytes } from '../isa/tools.ts';
import { func, input, text, variable } from './samples.ts';

/** What a listing keeps: sections by name and relocations by the names of their targets. */
function kept(object: ObjectFile): unknown {
  const sections = object.sections
    .filter(({ name, size }) => size > 0 && !name.startsWith('.debug_'))
    .map(({ name, type, flags, align, entrySize, data, size, relocations }) => ({
      name,
      type: type === 'other' ? 'progbits' : type,
      flags,
      align,
      entrySize,
      size,
      data: Buffer.from(data).toString('hex'),
      relocations: relocations.map(({ offset, type: kind, symbol, addend }) => {
        const target = object.symbols[symbol];
        const section = typeof target?.section === 'number' ? object.sections[target.section]?.name : '';
        return `${offset} ${kind} ${target?.type === 'section' ? `[${section}]` : target?.name} ${addend}`;
      }),
    }));
  const symbols = object.symbols
    .filter(({ type, section }) => type !== 'section' && type !== 'file' && section !== 'abs')
    .map(({ section, ...rest }) => ({
      ...rest,
      section: typeof section === 'number' ? object.sections[section]?.name : '',
    }))
    .filter(({ section, name }) => !section?.startsWith('.debug_') && !/^(?:LBB\d|\.L)/.test(name))
    .map(({ name, section, value, size, type, binding, visibility }) =>
      [name, section, value, size, type, binding, visibility].join(' '),
    )
    .sort();
  return { sections, symbols };
}

function reassembled(object: ObjectFile): ObjectFile {
  const assembly = assemble(writeListing(object), { littleEndian: object.littleEndian });
  expect(assembly.errors).toEqual([]);
  return assemblyToObject(assembly, object.littleEndian);
}

const llvmMc = findTool('llvm-mc-22', 'llvm-mc-19', 'llvm-mc');

const exit = insn(Kind.exit);
const sample = (littleEndian: boolean): ObjectFile =>
  buildObject(
    input({
      littleEndian,
      functions: [
        func('first', 'xdp', [loadImmediate64(1, 0n), insn(Kind.jne64_imm, { dst: 1, off: 1 }), exit, exit], {
          relocations: [{ index: 0, kind: 'address', symbol: 'hidden', addend: 0n }],
        }),
        func(
          'r1',
          'odd name',
          [insn(Kind.call_local, { imm: -1 }), insn(Kind.call_helper, { imm: 5 }), exit],
          {
            relocations: [{ index: 0, kind: 'call', symbol: 'first', addend: 0n }],
            visibility: 'hidden',
            linkage: 'weak',
          },
        ),
        func('local', 'xdp', [insn(Kind.call_local, { imm: -1 }), exit], { linkage: 'static' }),
      ],
      variables: [
        variable('hidden', '.bss', { size: 20, linkage: 'static', align: 16 }),
        variable('näme', '.data', {
          data: new Uint8Array([1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]),
          relocations: [{ offset: 4, symbol: 'literal', addend: 0n }],
        }),
        variable('literal', '.rodata.str1.1', {
          data: text('a "b"\n\\'),
          align: 1,
          linkage: 'private',
          writable: false,
        }),
      ],
      externs: [{ name: 'kernel_func', weak: true }],
    }),
  );

describe('writeListing', () => {
  it('writes what assembles to the same object, in both byte orders', () => {
    for (const littleEndian of [true, false]) {
      const object = sample(littleEndian);
      expect(kept(reassembled(object))).toEqual(kept(object));
    }
  });

  it.skipIf(llvmMc === undefined)("is read by LLVM's assembler as by ours (needs llvm-mc)", () => {
    for (const littleEndian of [true, false]) {
      const object = sample(littleEndian);
      const args = [`-triple=${littleEndian ? 'bpfel' : 'bpfeb'}`, '-mcpu=v4', '-filetype=obj', '-'];
      const theirs = readElf(runToolForBytes(llvmMc ?? '', args, writeListing(object)));
      if (isElfError(theirs)) throw new Error(theirs.message);
      expect(kept(theirs)).toEqual(kept(object));
    }
  });

  it('is readable', () => {
    const listing = writeListing(sample(true), {
      helper: (id) => (id === 5 ? 'bpf_ktime_get_ns' : undefined),
    });
    expect(listing.split('\n').slice(0, 11)).toEqual([
      '\t.section\txdp,"ax",@progbits',
      '\t.p2align\t3',
      '\t.globl\tfirst',
      '\t.type\tfirst,@function',
      'first:',
      '\t.size\tfirst, 40',
      '\tr1 = hidden ll',
      '\tif r1 != 0 goto .L0_4',
      '\texit',
      '.L0_4:',
      '\texit',
    ]);
    expect(listing).toContain('\tcall 5\t# bpf_ktime_get_ns\n');
    expect(listing).toContain('\t.quad\t.Lsection4\n');
  });

  it('writes as bytes what is no instruction', () => {
    const object = sample(true);
    object.sections[0]?.data.fill(0xff, 16, 24);
    expect(writeListing(object)).toContain(
      '\t.byte\t255, 255, 255, 255, 255, 255, 255, 255\t# not an instruction',
    );
  });

  const folder = process.env['BPF_OBJECTS'];
  it.skipIf(folder === undefined)('keeps the objects of BPF_OBJECTS', { timeout: 120_000 }, () => {
    const files = readdirSync(folder ?? '', { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.o'))) {
      const object = readElf(readFileSync(`${folder}/${file}`));
      if (isElfError(object)) throw new Error(`${file}: ${object.message}`);
      const again = kept(reassembled(object));
      // The matcher is slow on this much: it is asked for the difference only.
      if (!isDeepStrictEqual(again, kept(object))) expect([file, again]).toEqual([file, kept(object)]);
    }
  });
});
