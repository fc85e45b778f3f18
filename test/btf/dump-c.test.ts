/** BTF as C declarations: their form, and that the compiler lays them out again as BTF says. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printCHeader } from '../../src/btf/c-header.ts';
import { type BtfType, IntEncoding } from '../../src/btf/format.ts';
import { printBtf } from '../../src/btf/print.ts';
import { readBtf } from '../../src/btf/reader.ts';
import { btfOf } from '../../src/driver/kernel-header.ts';
import { btfBytes, compileFiles, messages } from './btf-bytes.ts';

const int = (name: string, size: number, encoding: number = IntEncoding.signed): BtfType => ({
  kind: 'INT',
  name,
  size,
  encoding,
  bits: size * 8,
  bitOffset: 0,
});
const member = (name: string, type: number, bitOffset: number, bitWidth = 0) => ({
  name,
  type,
  bitOffset,
  bitWidth,
});

function declarations(types: readonly BtfType[], names: readonly string[] = []): string {
  const header = printCHeader(btfBytes(types), { names });
  if (header.kind !== 'ok') return header.kind === 'error' ? header.message : `no ${header.names}`;
  const start = header.text.indexOf('#endif\n\n') + 8;
  return header.text.slice(start, header.text.indexOf('#ifndef BPF_NO', start));
}

describe('C declarations of BTF', () => {
  it('come behind all that they need, records behind pointers only mentioned', () => {
    const text = declarations([
      int('int', 4),
      {
        kind: 'STRUCT',
        name: 'outer',
        size: 24,
        members: [member('in', 3, 0), member('next', 4, 64), member('f', 6, 128)],
      },
      { kind: 'STRUCT', name: 'inner', size: 8, members: [member('x', 1, 0), member('t', 5, 32)] },
      { kind: 'PTR', type: 8 },
      { kind: 'TYPEDEF', name: 'number', type: 1 },
      { kind: 'PTR', type: 7 },
      {
        kind: 'FUNC_PROTO',
        type: 0,
        parameters: [
          { name: 'o', type: 9 },
          { name: '', type: 0 },
        ],
      },
      { kind: 'STRUCT', name: 'later', size: 4, members: [member('y', 1, 0)] },
      { kind: 'PTR', type: 2 },
    ]);
    expect(text).toBe(`typedef int number;

struct inner {
	int x;
	number t;
};

struct later;

struct outer {
	struct inner in;
	struct later *next;
	void (*f)(struct outer *o, ...);
};

struct later {
	int y;
};

`);
  });

  it('write declarators as C reads them', () => {
    const text = declarations([
      int('int', 4),
      { kind: 'CONST', type: 1 },
      { kind: 'PTR', type: 2 },
      { kind: 'CONST', type: 3 },
      { kind: 'ARRAY', type: 4, indexType: 1, length: 3 },
      { kind: 'TYPEDEF', name: 'pointers', type: 5 },
      { kind: 'ARRAY', type: 1, indexType: 1, length: 2 },
      { kind: 'ARRAY', type: 7, indexType: 1, length: 5 },
      { kind: 'PTR', type: 8 },
      { kind: 'TYPEDEF', name: 'to_array', type: 9 },
      { kind: 'FUNC_PROTO', type: 9, parameters: [] },
      { kind: 'PTR', type: 11 },
      { kind: 'VOLATILE', type: 12 },
      { kind: 'TYPEDEF', name: 'function', type: 13 },
      { kind: 'TYPE_TAG', name: 'user', type: 1 },
      { kind: 'PTR', type: 15 },
      { kind: 'TYPEDEF', name: 'tagged', type: 16 },
    ]);
    expect(text.split('\n').filter((line) => line !== '')).toEqual([
      'typedef const int *const pointers[3];',
      'typedef int (*to_array)[5][2];',
      'typedef int (*(*volatile function)(void))[5][2];',
      'typedef int __attribute__((btf_type_tag("user"))) *tagged;',
    ]);
  });

  it('give each name once', () => {
    const text = declarations([
      int('int', 4),
      { kind: 'STRUCT', name: 'same', size: 4, members: [member('a', 1, 0)] },
      { kind: 'STRUCT', name: 'same', size: 8, members: [member('a', 1, 0), member('b', 1, 32)] },
      { kind: 'ENUM', name: '', size: 4, signed: false, values: [{ name: 'same', value: 1n }] },
      { kind: 'TYPEDEF', name: 'same', type: 3 },
      { kind: 'FWD', name: 'same', isUnion: false },
      { kind: 'FWD', name: 'same', isUnion: true },
    ]);
    expect(text.match(/\w*same\w*( =|;| \{)/g)).toEqual([
      'same {',
      'same___2 {',
      'same =',
      'same___2;',
      'same___3;',
    ]);
  });

  it('take the names that are asked for and what they need', () => {
    const types: BtfType[] = [
      int('int', 4),
      { kind: 'STRUCT', name: 'one', size: 4, members: [member('a', 1, 0)] },
      { kind: 'TYPEDEF', name: 'one_t', type: 2 },
      { kind: 'STRUCT', name: 'two', size: 4, members: [member('o', 3, 0)] },
      { kind: 'STRUCT', name: 'three', size: 4, members: [] },
    ];
    expect(declarations(types, ['two'])).not.toContain('three');
    expect(declarations(types, ['two'])).toContain('struct one {');
    expect(declarations(types, ['one_t'])).toContain('struct one {');
    expect(declarations(types, ['two', 'four', 'five'])).toBe('no four,five');
  });

  it('declare the functions with the tag of kernel functions', () => {
    const header = printCHeader(
      btfBytes([
        int('int', 4),
        { kind: 'FUNC_PROTO', type: 1, parameters: [{ name: 'flags', type: 1 }] },
        { kind: 'FUNC', name: 'bpf_do', type: 2, linkage: 'static' },
        { kind: 'FUNC', name: 'other', type: 2, linkage: 'static' },
        { kind: 'DECL_TAG', name: 'bpf_kfunc', type: 3, component: -1 },
      ]),
    );
    expect(header.kind === 'ok' && header.text.match(/^extern.*$/gm)).toEqual([
      'extern int bpf_do(int flags) __weak __ksym;',
    ]);
  });

  it('make C names of others', () => {
    const text = declarations([
      { kind: 'STRUCT', name: 'core::Option<u8>;\n#error', size: 0, members: [] },
      int('char"; int x', 1),
      { kind: 'TYPEDEF', name: '9', type: 2 },
    ]);
    expect(text).toBe('struct core__Option_u8____error {};\n\ntypedef char__ int x _9;\n\n');
  });
});

/** The types that a program has which uses the header of these types, without those that only the use made. */
function recompiled(btf: Uint8Array, uses: string): string {
  const result = compileFiles({ 'main.c': `#include "vmlinux.h"\n${uses}` }, btf);
  if (result.object === undefined) return messages(result).join('\n');
  const section = btfOf(result.object);
  const read = typeof section === 'string' ? undefined : readBtf(section);
  return read?.kind === 'ok' ? printBtf(read.types) : 'no BTF';
}

/** Records in C whose BTF does not show what made their layout. */
const records = `
typedef unsigned char u8; typedef unsigned long u64;
struct packed { u8 a; int b; u64 c; } __attribute__((packed));
struct packed_bits { u8 a : 3; int b : 30; u8 c; } __attribute__((packed));
struct aligned { int a; int b __attribute__((aligned(64))); u8 c; };
struct aligned_whole { int a; } __attribute__((aligned(32)));
struct holds { u8 a; struct aligned_whole b; u8 c; struct packed d; };
struct bits { int a : 3; int : 5; unsigned b : 7; u64 c : 40; u64 : 0; u8 d : 1; u8 e : 7; short f : 9; };
struct zero { int a : 1; int : 0; int b : 1; u8 c; int : 0; u8 d : 2; };
struct nested { struct { u8 a; union { int b; u64 c; }; } x[2]; union { struct { u8 d; u8 e; }; short f; }; u8 tail[]; };
union u { u8 a[5]; int b; };
union aligned_union { u8 a; } __attribute__((aligned(16)));
struct tail { u64 a; u8 b; } __attribute__((packed, aligned(4)));
enum small { S0, S1 = 200 } __attribute__((packed));
enum big { B0 = 1, B1 = 0x100000000 };
enum negative { N0 = -5, N1 = 7 };
enum wide : short { W0 = 3 };
struct enums { enum wide e; enum small a; enum big b; enum negative c : 4; enum small d; };
struct self { struct self *next; int (*call)(struct self *, const char *const *); u8 a[0]; };
struct all { struct packed a; struct packed_bits b; struct aligned c; struct holds d; struct bits e; struct zero f;
  struct nested *g; union u h; union aligned_union i; struct tail j; struct enums k; struct self l; __int128 m; long double *n; };
`;
const users = 'struct all all; struct nested nested;\n';

describe('the layout of declarations', () => {
  it('is that of the BTF they were made from', () => {
    const first = compileFiles({ 'main.c': records + users }, undefined);
    expect(messages(first)).toEqual([]);
    const section = btfOf(first.object ?? new Uint8Array());
    if (typeof section === 'string') throw new Error(section);
    const read = readBtf(section);
    if (read.kind !== 'ok') throw new Error(read.message);
    expect(recompiled(section, users)).toBe(printBtf(read.types));
  });

  it('is that of BTF of the other byte order', () => {
    const types: BtfType[] = [
      int('int', 4),
      { kind: 'STRUCT', name: 's', size: 12, members: [member('a', 1, 64)] },
    ];
    const big = printCHeader(btfBytes(types, false));
    expect(big).toEqual(printCHeader(btfBytes(types)));
    expect(big.kind === 'ok' && big.text).toContain('\tlong: 64;\n\tint a;\n');
  });
});

describe('broken BTF', () => {
  const broken = (types: readonly BtfType[]) => declarations(types);

  it('is refused with a reason', () => {
    expect(printCHeader(new Uint8Array(3))).toEqual({ kind: 'error', message: 'BTF header is cut off' });
    expect(broken([{ kind: 'STRUCT', name: 's', size: 4, members: [member('s', 1, 0)] }])).toContain(
      'contains itself',
    );
    expect(broken([{ kind: 'TYPEDEF', name: 't', type: 1 }])).toContain('contains itself');
    expect(broken([{ kind: 'TYPEDEF', name: 't', type: 9 }])).toContain('type 9, which is not there');
    expect(
      broken([
        { kind: 'PTR', type: 1 },
        { kind: 'TYPEDEF', name: 't', type: 1 },
      ]),
    ).toContain('circles');
    expect(
      broken([
        { kind: 'TYPEDEF', name: 't', type: 2 },
        { kind: 'UNION', name: '', size: 0, members: [member('u', 2, 0)] },
      ]),
    ).toContain('nested too deep');
  });

  it('takes no stack and little time', () => {
    const chain = Array.from({ length: 100_000 }, (_, i): BtfType => ({ kind: 'PTR', type: i + 2 }));
    expect(declarations([...chain, int('int', 4), { kind: 'TYPEDEF', name: 't', type: 1 }])).toHaveLength(
      100_016,
    );
    // Each record holds the one before twice: 2^60 members.
    const doubling = Array.from(
      { length: 60 },
      (_, i): BtfType => ({
        kind: 'STRUCT',
        name: '',
        size: 0,
        members: [member('a', i + 1, 0), member('b', i + 1, 0)],
      }),
    );
    expect(declarations([int('int', 4), ...doubling, { kind: 'TYPEDEF', name: 't', type: 61 }])).toContain(
      'too large',
    );
    expect(declarations([{ kind: 'STRUCT', name: 's', size: 0xffff_ffff, members: [] }]).length).toBeLessThan(
      200,
    );
  });

  it('throws nothing, whatever its bytes are', () => {
    const whole = btfBytes([
      int('int', 4),
      { kind: 'STRUCT', name: 's', size: 12, members: [member('a', 1, 0, 3), member('b', 3, 64)] },
      { kind: 'ARRAY', type: 1, indexType: 1, length: 1 },
      { kind: 'ENUM', name: 'e', size: 4, signed: true, values: [{ name: 'v', value: -1n }] },
      { kind: 'FUNC_PROTO', type: 1, parameters: [{ name: 'p', type: 2 }] },
    ]);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        expect(printCHeader(bytes).kind).toMatch(/ok|error/);
      }),
      { numRuns: 300 },
    );
  });
});
