import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { insn, loadImmediate64 } from '../../src/isa/instruction.ts';
import { Kind } from '../../src/isa/table.ts';
import { buildObject } from '../../src/object/builder.ts';
import type { ElfSymbol, ObjectFile, Section } from '../../src/object/elf.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';
import { writeElf } from '../../src/object/elf-writer.ts';
import { buildStringTable } from '../../src/object/string-table.ts';
import { findTool } from '../isa/tools.ts';
import { func, input, text, variable } from './samples.ts';

function read(bytes: Uint8Array): ObjectFile {
  const result = readElf(bytes);
  if (isElfError(result)) throw new Error(`${result.offset}: ${result.message}`);
  return result;
}

/** Reads, writes, reads again: nothing may change. Compared by hand, the matcher takes seconds for this much. */
function checkRewrite(what: string, bytes: Uint8Array): void {
  const object = read(bytes);
  expect(object.sections.length).toBeGreaterThan(3);
  expect([what, isDeepStrictEqual(read(writeElf(object)), object)]).toEqual([what, true]);
}

/** A program with calls within and across sections, relocated data, weak externs and debug information. */
const SOURCE = `
static int count = 5;
const char *message = "hello";
extern int weak_func(int) __attribute__((section(".ksyms"), weak));
static __attribute__((noinline)) int local(int x) { __asm__ volatile("" ::: "memory"); return x * 3; }
__attribute__((section("xdp"))) int prog(void *ctx) {
  count++;
  return (weak_func ? weak_func(1) : 0) + local(count) + message[0];
}
char _license[] __attribute__((section("license"), used)) = "GPL";
`;

const name = fc.stringMatching(/^[.a-z_/][a-z0-9_./]{0,12}$/);
const flags = fc.record({
  alloc: fc.boolean(),
  write: fc.boolean(),
  execinstr: fc.boolean(),
  merge: fc.boolean(),
  strings: fc.boolean(),
});

const section: fc.Arbitrary<Section> = fc
  .record({
    name,
    type: fc.constantFrom('progbits', 'nobits', 'note'),
    flags,
    align: fc.constantFrom(1, 4, 8, 64, 4096),
    entrySize: fc.nat(16),
    data: fc.uint8Array({ maxLength: 40 }),
    relocations: fc.constant([]),
  })
  .map((made) => {
    const data = made.type === 'nobits' ? new Uint8Array(0) : made.data;
    return { ...made, data, size: made.data.length };
  });

function symbolOf(sections: number): fc.Arbitrary<ElfSymbol> {
  return fc.record({
    name,
    section: fc.constantFrom<ElfSymbol['section']>(
      'abs',
      undefined,
      ...Array.from({ length: sections }, (_, i) => i),
    ),
    value: fc.bigInt(0n, (1n << 64n) - 1n),
    size: fc.bigInt(0n, (1n << 64n) - 1n),
    type: fc.constantFrom('notype', 'object', 'func', 'file'),
    binding: fc.constantFrom('local', 'global', 'weak'),
    visibility: fc.constantFrom('default', 'internal', 'hidden', 'protected'),
  });
}

const anyObject: fc.Arbitrary<ObjectFile> = fc.array(section, { maxLength: 5 }).chain((sections) =>
  fc.record({
    littleEndian: fc.boolean(),
    sections: fc.constant(sections),
    symbols: fc
      .array(symbolOf(sections.length), { maxLength: 8 })
      // Locals first, as in every file.
      .map((symbols) =>
        [...symbols].sort((a, b) => Number(b.binding === 'local') - Number(a.binding === 'local')),
      ),
  }),
);

const sample = buildObject(
  input({
    functions: [
      func('prog', 'xdp', [loadImmediate64(1, 0n), insn(Kind.call_local, { imm: -1 }), insn(Kind.exit)], {
        relocations: [
          { index: 0, kind: 'address', symbol: 'data', addend: -4n },
          { index: 1, kind: 'call', symbol: 'other', addend: 0n },
        ],
      }),
    ],
    variables: [
      variable('data', '.data', {
        data: new Uint8Array(8),
        relocations: [{ offset: 0, symbol: 'data', addend: -2n }],
      }),
      variable('_license', 'license', { data: text('GPL'), align: 1 }),
    ],
    externs: [{ name: 'other', weak: false }],
  }),
);

describe('writeElf and readElf', () => {
  it('give back any object', () => {
    fc.assert(
      fc.property(anyObject, (object) => {
        expect(read(writeElf(object))).toEqual(object);
      }),
      { numRuns: 200 },
    );
  });

  it('take addends from the data, in both byte orders', () => {
    for (const littleEndian of [true, false]) {
      const object = read(writeElf({ ...sample, littleEndian }));
      expect(object.littleEndian).toBe(littleEndian);
    }
    const addends = read(writeElf(sample)).sections.flatMap(({ relocations }) =>
      relocations.map(({ type, addend }) => `${type} ${addend}`),
    );
    expect(addends).toEqual(['1 -4', '10 0', '2 -2']);
  });

  it('put the addends of RELA sections into the data', () => {
    const pointer = { size: 8, relocations: [{ offset: 0, symbol: 'x', addend: 5n }] };
    const bytes = writeElf(buildObject(input({ variables: [variable('x', '.data', pointer)] })));
    const file = new Uint8Array(bytes.length + 24);
    file.set(bytes);
    const view = new DataView(file.buffer);
    // Header 3 is .rel.data: its one entry, copied to the end of the file, gets an addend.
    const header = Number(view.getBigUint64(40, true)) + 3 * 64;
    const entry = Number(view.getBigUint64(header + 24, true));
    file.copyWithin(bytes.length, entry, entry + 16);
    view.setBigInt64(bytes.length + 16, -7n, true);
    view.setUint32(header + 4, 4, true);
    view.setBigUint64(header + 24, BigInt(bytes.length), true);
    view.setBigUint64(header + 32, 24n, true);
    const [data] = read(file).sections;
    expect(data?.relocations).toMatchObject([{ offset: 0, type: 2, addend: -7n }]);
    expect([...(data?.data ?? [])]).toEqual([0xf9, 255, 255, 255, 255, 255, 255, 255]);
  });

  it('give the same bytes after reading and writing again', () => {
    const bytes = writeElf(sample);
    expect(writeElf(read(bytes))).toEqual(bytes);
  });

  const clang = findTool('clang-22', 'clang-19', 'clang');
  it.skipIf(clang === undefined)("read clang's object and write it without a change (needs clang)", () => {
    for (const order of ['bpfel', 'bpfeb']) {
      const args = [`--target=${order}`, '-O2', '-g', '-xc', '-c', '-', '-o', '-'];
      const { stdout, status } = spawnSync(clang ?? '', args, { input: SOURCE });
      expect(status).toBe(0);
      checkRewrite(order, stdout);
    }
  });

  // A folder of objects made by another compiler, for a thorough run.
  const folder = process.env['BPF_OBJECTS'];
  it.skipIf(folder === undefined)('read and write the objects of BPF_OBJECTS without a change', () => {
    const files = readdirSync(folder ?? '', { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.o'))) {
      checkRewrite(file, readFileSync(`${folder}/${file}`));
    }
  });
});

describe('string tables', () => {
  it('share common ends and do not depend on the order of names', () => {
    const names = ['.text', '.rel.text', 'text', 'a', 'ba', ''];
    const { bytes, offsets } = buildStringTable(names);
    expect(bytes.length).toBe(1 + '.rel.text'.length + 1 + 'ba'.length + 1);
    expect(buildStringTable([...names].reverse()).bytes).toEqual(bytes);
    for (const entry of names) {
      const at = offsets.get(entry) ?? -1;
      expect(new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)))).toBe(entry);
    }
  });
});

describe('readElf on hostile input', () => {
  const bytes = writeElf(sample);
  const messageOf = (file: Uint8Array): string => {
    const result = readElf(file);
    return isElfError(result) ? result.message : 'no error';
  };
  const patched = (offset: number, ...values: number[]): Uint8Array => {
    const copy = bytes.slice();
    copy.set(values, offset);
    return copy;
  };

  it('says what it is not', () => {
    expect(messageOf(new Uint8Array(0))).toMatch(/too short/);
    expect(messageOf(patched(0, 0))).toMatch(/not an ELF file/);
    expect(messageOf(patched(4, 1))).toMatch(/64-bit/);
    expect(messageOf(patched(5, 3))).toMatch(/byte order/);
    expect(messageOf(patched(16, 2))).toMatch(/not a relocatable/);
    expect(messageOf(patched(18, 62, 0))).toMatch(/machine 62 is not BPF/);
    expect(messageOf(patched(40, 255, 255, 255, 255))).toMatch(/past the end/);
    expect(messageOf(patched(62, 3))).toMatch(/not a string table/);
  });

  it('does not follow names without end or shared by all', () => {
    const names = 40_000;
    const long = 'x'.repeat(200_000);
    const many = Array.from({ length: names }, (_, index): ElfSymbol => {
      const where = { section: undefined, value: 0n, size: 0n } as const;
      return {
        name: index === 0 ? long : '',
        ...where,
        type: 'notype',
        binding: 'global',
        visibility: 'default',
      };
    });
    const file = writeElf({ littleEndian: true, sections: [], symbols: many });
    const view = new DataView(file.buffer);
    const table = file.length - 3 * 64;
    const symbols = Number(view.getBigUint64(table + 2 * 64 + 24, true));
    // Every symbol's name is another tail of the long one: 8 gigabytes if all were read.
    for (let index = 1; index < names; index++) view.setUint32(symbols + (index + 1) * 24, 1 + index, true);
    const start = performance.now();
    expect(messageOf(file)).toMatch(/names take more room/);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('survives damaged and cut files', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.oneof(fc.constant(bytes.length), fc.nat(bytes.length)),
        (changes, length) => {
          const copy = bytes.slice(0, length);
          for (const [at, value] of changes) if (at < length) copy[at] = value;
          const result = readElf(copy);
          if (isElfError(result)) expect(result.message).not.toBe('');
          else
            for (const { relocations } of result.sections) {
              for (const { symbol } of relocations) expect(result.symbols[symbol]).toBeDefined();
            }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
