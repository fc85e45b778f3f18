import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/isa/assembler.ts';
import { assemblyToObject } from '../../src/object/assembly.ts';
import type { ObjectFile } from '../../src/object/elf.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';
import { writeElf } from '../../src/object/elf-writer.ts';
import { findTool, runTool, runToolForBytes } from '../isa/tools.ts';

const clang = findTool('clang-22', 'clang-19', 'clang');

const SOURCE = `
typedef unsigned long long u64;
static u64 count;
static int start = 6;
const volatile int limit = 7;
extern u64 table[4];
u64 *pointer = &table[2];
const char *message = "hello";
extern int weak_func(int) __attribute__((section(".ksyms"), weak));
static __attribute__((noinline)) int local(int x) { __asm__ volatile("" ::: "memory"); return x * 3; }
__attribute__((noinline)) int shared(int x) { __asm__ volatile(""); return local(x) + 1; }
static __attribute__((noinline)) long callback(unsigned i, void *c) { return local(i); }
static long (*bpf_loop)(unsigned, void *, void *, u64) = (void *)181;
__attribute__((section("xdp"), visibility("hidden"))) int prog(void *ctx) {
  count++;
  start += limit;
  for (int i = 0; i < start; i++) __sync_fetch_and_add(&count, table[i & 3] / 3);
  bpf_loop(3, callback, 0, 0);
  return (weak_func ? weak_func(1) : 0) + shared(1) + local(2) + message[0];
}
__attribute__((section("tc/ingress"), weak)) int other(void *ctx) { return local(1); }
char _license[] __attribute__((section("license"), used)) = "GPL";
`;

/** Everything that matters about the sections of an object, by name, debug information left out. */
function contents(object: ObjectFile): Map<string, unknown> {
  const entries = object.sections
    .filter(({ name, size }) => size > 0 && !name.startsWith('.debug'))
    .map(({ name, type, flags, entrySize, size, data, relocations }) => {
      const shown = relocations.map(({ offset, type: kind, symbol, addend }) => {
        const target = object.symbols[symbol];
        const section = typeof target?.section === 'number' ? object.sections[target.section]?.name : '';
        return `${offset} ${kind} ${target?.type === 'section' ? `[${section}]` : target?.name} ${addend}`;
      });
      const bytes = Buffer.from(data).toString('hex');
      return [name, { type, flags, entrySize, size, bytes, relocations: shown }] as const;
    });
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function symbolsOf(object: ObjectFile): string[] {
  return (
    object.symbols
      // Labels inside functions are symbols of LLVM's objects, not of ours.
      .filter(({ type, name }) => type !== 'section' && type !== 'file' && !/^LBB\d/.test(name))
      .map(({ name, section, value, size, type, binding, visibility }) => {
        const place = typeof section === 'number' ? object.sections[section]?.name : 'undefined';
        return `${name} ${place}+${value} ${size} ${type} ${binding} ${visibility}`;
      })
      .sort()
  );
}

describe('assemblyToObject', () => {
  for (const version of ['v1', 'v3', 'v4']) {
    it.skipIf(clang === undefined)(
      `makes of clang's listing what clang makes of it, ${version} (needs clang)`,
      () => {
        const args = ['--target=bpfel', `-mcpu=${version}`, '-O2', '-g', '-gdwarf-5'];
        const written = runTool(clang ?? '', [...args, '-S', '-xc', '-', '-o', '-'], SOURCE).stdout;
        // clang's assembler does not read its own spelling of a zero extension; ours does.
        expect(assemble(written).errors).toEqual([]);
        const listing = written.replaceAll(/\br(\d) = w(\d)/g, 'w$1 = w$2');
        const assembly = assemble(listing);
        expect(assembly.errors).toEqual([]);
        const ours = readElf(writeElf(assemblyToObject(assembly)));
        const clangs = readElf(
          runToolForBytes(clang ?? '', [...args, '-c', '-xassembler', '-', '-o', '-'], listing),
        );
        if (isElfError(ours) || isElfError(clangs)) throw new Error('an object cannot be read');
        expect(contents(ours)).toEqual(contents(clangs));
        expect(symbolsOf(ours)).toEqual(symbolsOf(clangs));
      },
    );
  }

  it('resolves local calls and leaves empty sections out', () => {
    const object = assemblyToObject(
      assemble(
        '.data\n.section xdp,"ax",@progbits\n.globl prog\nprog: call f\nexit\nf: exit\n.text\n.section a,"aw"\nx: .quad f',
      ),
    );
    expect(object.sections.map(({ name }) => name)).toEqual(['xdp', 'a']);
    expect(object.sections[0]?.relocations).toEqual([]);
    expect(object.sections[0]?.data[4]).toBe(1);
    expect(object.sections[1]?.relocations).toMatchObject([{ offset: 0, type: 2, addend: 0n }]);
  });
});
