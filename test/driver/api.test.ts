/** `compile()`: what a user of the package gets. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, compileSync, createSession } from 'bpfcc-ts';
import { createMachine, load } from 'bpfcc-ts/machine';
import { describe, expect, it } from 'vitest';

const counter = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "shared.h"
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, LIMIT);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(pinning, LIBBPF_PIN_BY_NAME);
  __type(key, __u32);
  __type(value, struct entry);
} seen SEC(".maps");
struct bpf_map_def { unsigned int type, key_size, value_size, max_entries, map_flags; };
struct bpf_map_def SEC("maps") old = { BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0 };
static __attribute__((noinline)) int note(__u32 key) {
  struct entry *e = bpf_map_lookup_elem(&seen, &key);
  if (e) e->count++;
  return 0;
}
SEC("xdp") int count(struct xdp_md *ctx) {
  __u32 key = 1;
  struct entry first = { .count = 1 };
  if (!bpf_map_lookup_elem(&seen, &key)) bpf_map_update_elem(&seen, &key, &first, 0);
  else note(key);
  __u32 zero = 0;
  __u64 *n = bpf_map_lookup_elem(&old, &zero);
  if (n) *n += 1;
  return XDP_PASS;
}
char license[] SEC("license") = "GPL";
`;
const sources = {
  'src/count.c': counter,
  'include/shared.h': 'struct entry { __u64 count; char name[8]; };',
};
/** Most tests share what is costly to make. */
const session = createSession();
const flags = ['-O2', '-mcpu=v3', '-Iinclude', '-DLIMIT=64'];

describe('compile', () => {
  it('gives the object and what is in it', async () => {
    const output = await compile({ session, sources, flags });
    expect(output.messages).toBe('');
    expect(output).toMatchObject({ ok: true, diagnostics: [], preprocessed: undefined });
    expect(output.files).toEqual(['src/count.c', 'include/shared.h']);
    expect(output.maps).toEqual([
      { name: 'seen', type: 'hash', keySize: 4, valueSize: 16, maxEntries: 64, flags: 1, pinning: 'by-name' },
      { name: 'old', type: 'array', keySize: 4, valueSize: 8, maxEntries: 2, flags: 0, pinning: 'none' },
    ]);
    expect(output.programs.map(({ name, section, type }) => [name, section, type])).toEqual([
      ['note', '.text', undefined],
      ['count', 'xdp', 'xdp'],
    ]);
    expect(output.programs[1]?.stack).toBeGreaterThanOrEqual(20);
    expect(output.programs[1]?.instructions).toBeGreaterThan(10);
    expect(output.listing).toContain('call 1\t# bpf_map_lookup_elem');
    expect(JSON.parse(output.sourceMap ?? '')).toMatchObject({ version: 3, sources: ['src/count.c'] });
    const machine = createMachine(await load(output.object ?? new Uint8Array()));
    for (let i = 0; i < 3; i++) machine.program('count').run({ packet: new Uint8Array(64) });
    expect(machine.map('seen').get(1)).toEqual({ count: 3n, name: '' });
  });

  it('gives the same bytes with and without a session', async () => {
    const first = await compile({ sources, flags, session });
    const again = await compile({ sources, flags, session });
    const alone = await compile({ sources, flags });
    expect(again.object).toEqual(first.object);
    expect(alone.object).toEqual(first.object);
  });

  it('reports errors as data and as text', async () => {
    const { ok, object, listing, diagnostics, messages } = await compile({
      session,
      sources: { 'prog.c': 'int f(void) {\n  return undefned;\n}\nint undefined_;' },
    });
    expect([ok, object, listing]).toEqual([false, undefined, undefined]);
    expect(diagnostics).toMatchObject([
      {
        severity: 'error',
        code: 'undeclared-identifier',
        range: { file: 'prog.c', line: 2, column: 10, endLine: 2, endColumn: 18 },
      },
    ]);
    expect(diagnostics[0]?.text).toContain("prog.c:2:10: error: use of undeclared identifier 'undefned'");
    expect(messages).toBe(`${diagnostics[0]?.text}1 error generated.\n`);
  });

  it('gives fixes and names of warnings', async () => {
    const text = 'int h(int x) { return x / 0; }\nint count;\n\nint f(void) { return coun; }';
    const { diagnostics } = await compile({ session, sources: { 'a.c': text } });
    expect(diagnostics.map(({ severity, option }) => [severity, option])).toEqual([
      ['warning', '-Wdivision-by-zero'],
      ['error', undefined],
    ]);
    expect(diagnostics[1]?.fixes).toEqual([
      { range: { file: 'a.c', line: 4, column: 22, endLine: 4, endColumn: 26 }, text: 'count' },
    ]);
  });

  it('reports what is wrong with the request', async () => {
    const messageOf = async (input: Parameters<typeof compile>[0]) =>
      (await compile({ session, ...input })).messages;
    expect(await messageOf({ sources: {} })).toContain('no file that ends in .c');
    expect(await messageOf({ sources: { 'a.c': '', 'b.c': '' } })).toContain("'main'");
    expect(await messageOf({ sources: { 'a.c': '' }, main: 'b.c' })).toContain("'b.c'");
    expect(await messageOf({ sources: { 'a.c': '' }, flags: ['-mcpu=v9'] })).toContain(
      "unknown target CPU 'v9'",
    );
    const bad = Uint8Array.of(0x1f, 0x8b, 1);
    expect(await messageOf({ sources: { 'a.c': '' }, btf: bad })).toContain('cannot be unpacked');
  });

  it('takes typed options over flags, several sources, assembly, and -E', async () => {
    const both = { 'a.c': '#include "b.h"\nint a(int x) { return x + B; }', 'b.h': '#define B 2' };
    const big = await compile({ session, sources: both, flags: ['-O0'], options: { littleEndian: false } });
    expect(big.object?.[5]).toBe(2);
    const { listing = '' } = await compile({ session, sources: both });
    expect((await compile({ session, sources: { 'a.s': listing } })).ok).toBe(true);
    const refused = await compile({ session, sources: { 'a.s': listing }, flags: ['--emit=html'] });
    expect(refused.messages).toContain(
      "'a.s' is assembly already: -E, -S and --emit=html are for C, -c makes its object",
    );
    const { preprocessed, object } = await compile({ session, sources: both, flags: ['-E', '-P'] });
    expect(preprocessed).toContain('return x + 2;');
    expect(object).toBeUndefined();
  });

  it('makes vmlinux.h from a packed BTF', async () => {
    const btf = readFileSync(join(import.meta.dirname, '../../sysroot/bpfcc-ts/linux-6.18-x86_64.btf.gz'));
    const text = '#include "vmlinux.h"\nint f(struct task_struct *t) { return t->pid; }';
    expect((await compile({ session, sources: { 'a.c': text }, btf })).messages).toBe('');
  });

  it('needs no headers, and has those of the object prototype for none', () => {
    expect(compileSync({ session, sources: { 'a.c': 'int f(void) { return 1; }' } }).ok).toBe(true);
    expect(compileSync({ session, sources: { 'a.c': '#include <constructor>' } }).ok).toBe(false);
    expect(compileSync({ session, sources: { 'a.c': '#include "__proto__"' }, headers: {} }).ok).toBe(false);
  });
});
