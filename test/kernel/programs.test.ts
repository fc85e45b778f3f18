/**
 * Small programs in the running kernel: compiled at -O0, -O2 and -Osize for every processor level, loaded by the verifier, run
 * over one packet, compared on return value and map contents. Needs root, bpftool and bpf(); skipped elsewhere.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';

const pinRoot = '/sys/fs/bpf';
const canRun =
  process.getuid?.() === 0 &&
  existsSync(pinRoot) &&
  spawnSync('bpftool', ['map', 'list'], { stdio: 'ignore' }).status === 0;

/** Byte i of the packet is 7 * i + 3. */
const packet = Uint8Array.from({ length: 64 }, (_, i) => 7 * i + 3);
const byte = (i: number) => packet[i] ?? 0;
const word = (i: number) => new DataView(packet.buffer).getUint32(i, true);
const int = (i: number) => new DataView(packet.buffer).getInt32(i, true);
const wide = (i: number) => new DataView(packet.buffer).getBigUint64(i, true);
const fold = (value: bigint) => Number(BigInt.asUintN(32, value ^ (value >> 32n)));

/** Body of a program: `d` points to 64 bytes of packet; what it returns, as an unsigned 32-bit number. */
interface Program {
  readonly body: string;
  /** File-scope declarations. */
  readonly before?: string;
  readonly returns: number;
}

const programs: Readonly<Record<string, Program>> = {
  arithmetic: {
    body: 'unsigned a = W(0), b = W(4); return a * 3 + b / 7 - b % 1000 + (a ^ b) - (a & ~b);',
    returns:
      Math.imul(word(0), 3) +
      Math.floor(word(4) / 7) -
      (word(4) % 1000) +
      (word(0) ^ word(4)) -
      (word(0) & ~word(4)),
  },
  signedArithmetic: {
    body: 'int a = (int)W(32), b = (signed char)d[40]; return a / 13 + a % 13 + (a >> 5) + b * 3 + a / b;',
    returns:
      Math.trunc(int(32) / 13) +
      (int(32) % 13) +
      (int(32) >> 5) +
      ((byte(40) << 24) >> 24) * 3 +
      Math.trunc(int(32) / ((byte(40) << 24) >> 24)),
  },
  wideArithmetic: {
    body: 'unsigned long a = L(0), b = L(8); unsigned long r = a * b + a / (b >> 40) - (b << 3) % 1000003; return r ^ (r >> 32);',
    returns: fold(
      BigInt.asUintN(
        64,
        wide(0) * wide(8) + wide(0) / (wide(8) >> 40n) - (BigInt.asUintN(64, wide(8) << 3n) % 1000003n),
      ),
    ),
  },
  comparisons: {
    body: `int a = (int)W(32), b = (int)W(0); unsigned long x = L(32), y = L(0); long s = L(32), t = L(0);
      return (a < b) | (a <= b) << 1 | ((unsigned)a > (unsigned)b) << 2 | (x < y) << 3 | (s < t) << 4 | (s >= t) << 5 | (d[0] == 3) << 6 | (d[1] != 10) << 7;`,
    returns:
      Number(int(32) < int(0)) |
      (Number(int(32) <= int(0)) << 1) |
      (Number(word(32) > word(0)) << 2) |
      (Number(wide(32) < wide(0)) << 3) |
      (Number(BigInt.asIntN(64, wide(32)) < BigInt.asIntN(64, wide(0))) << 4) |
      (Number(BigInt.asIntN(64, wide(32)) >= BigInt.asIntN(64, wide(0))) << 5) |
      (1 << 6) |
      (0 << 7),
  },
  narrow: {
    body: 'unsigned char a = d[40]; a += 200; short s = (short)(W(0) >> 3); s *= 5; signed char c = d[41]; c >>= 2; return a * 65536 + (unsigned short)s + c;',
    returns:
      ((byte(40) + 200) & 255) * 65536 +
      ((((word(0) >>> 3) & 0xffff) * 5) & 0xffff) +
      (((byte(41) << 24) >> 24) >> 2),
  },
  byteOrder: {
    body: 'return __builtin_bswap16(*(unsigned short *)(d + 2)) + __builtin_bswap32(W(4)) + (unsigned)__builtin_bswap64(L(8));',
    returns:
      new DataView(packet.buffer).getUint16(2, false) +
      new DataView(packet.buffer).getUint32(4, false) +
      new DataView(packet.buffer).getUint32(12, false),
  },
  loop: {
    body: 'unsigned sum = 0; for (int i = 0; i < 64; i++) sum = sum * 31 + d[i]; return sum;',
    returns: packet.reduce((sum, each) => (Math.imul(sum, 31) + each) >>> 0, 0),
  },
  switchStatement: {
    body: `unsigned r = 0; for (int i = 0; i < 8; i++) switch (d[i] & 15) { case 3: r += 1; break; case 10: r += 20; case 1: r += 300;
      break; case 8: r += 4000; break; case 12 ... 15: r += 50000; break; default: r += 600000; } return r;`,
    returns: [...packet.subarray(0, 8)].reduce((r, each) => {
      const k = each & 15;
      return r + (k === 3 ? 1 : k === 10 ? 320 : k === 1 ? 300 : k === 8 ? 4000 : k >= 12 ? 50000 : 600000);
    }, 0),
  },
  bitFields: {
    before: 'struct bits { unsigned a : 3; int b : 5; unsigned long c : 40; unsigned char e : 4; };',
    body: 'struct bits s = {}; s.a = d[0]; s.b = d[2]; s.c = L(8); s.e = d[5]; s.c += 5; return s.a + s.b * 100 + (unsigned)(s.c >> 8) + s.e;',
    returns:
      (byte(0) & 7) +
      (((byte(2) & 31) << 27) >> 27) * 100 +
      Number(BigInt.asUintN(32, BigInt.asUintN(40, wide(8) + 5n) >> 8n)) +
      (byte(5) & 15),
  },
  structs: {
    before: `struct point { int x, y, z; };
static __attribute__((noinline)) int sum(struct point *p) { return p->x + p->y * 2 + p->z * 3; }
static inline struct point make(int a) { return (struct point){ .z = a, .x = 1 }; }`,
    body: 'struct point p = make(d[4]), q; q = p; q.y = d[5]; return sum(&p) * 1000 + sum(&q);',
    returns: (1 + byte(4) * 3) * 1000 + 1 + byte(5) * 2 + byte(4) * 3,
  },
  packed: {
    before: 'struct __attribute__((packed)) header { char tag; unsigned length; unsigned short rest; };',
    body: 'struct header *h = (void *)(d + 6); return h->length + h->rest + h->tag;',
    returns: word(7) + new DataView(packet.buffer).getUint16(11, true) + ((byte(6) << 24) >> 24),
  },
  unaligned: {
    before: `struct __attribute__((packed)) odd { char tag; unsigned a; unsigned long b; };
struct odd kept;
static __attribute__((noinline)) unsigned of_packet(struct odd *o) { return o->a + (unsigned)o->b; }
static __attribute__((noinline)) unsigned of_either(struct odd *o) { return o->a ^ (unsigned)o->b; }`,
    body: `struct odd local; __builtin_memcpy(&local, d + 3, 13); kept = local; local.a += 1;
      int same = __builtin_memcmp(&kept, d + 3, 13), less = __builtin_memcmp(d + 1, d + 2, 13);
      return of_packet((void *)(d + 5)) + of_either(&local) * 3 + of_either((void *)(d + 9)) + kept.a + same * 7 + less;`,
    returns: word(6) + word(10) + ((word(4) + 1) ^ word(8)) * 3 + (word(10) ^ word(14)) + word(4) - 1,
  },
  globals: {
    before:
      'static volatile int counter = 5; const volatile int limit = 7; long table[4] = { 10, 20, 30, 40 }; static int zero;',
    body: 'counter = counter + 1; zero += 2; return counter * 1000000 + limit * 10000 + (int)table[d[0] & 3] * 10 + zero;',
    returns: 6 * 1000000 + 7 * 10000 + 40 * 10 + 2,
  },
  subprograms: {
    before: `static __attribute__((noinline)) int add5(int a, int b, int c, int d, int e) { return a - b * c + d / (e | 1); }
__attribute__((noinline)) int global_square(int a) { return a * a; }`,
    body: 'return add5(d[0], d[1], d[2], d[3], d[4]) + global_square(d[5]);',
    returns: byte(0) - byte(1) * byte(2) + Math.trunc(byte(3) / (byte(4) | 1)) + byte(5) ** 2,
  },
  stackArray: {
    body: 'unsigned char copy[32]; __builtin_memcpy(copy, d + 5, 32); unsigned r = 0; for (int i = 0; i < 32; i++) r += copy[i] * i; return r + __builtin_memcmp(copy, d + 5, 7);',
    returns: [...packet.subarray(5, 37)].reduce((r, each, i) => r + each * i, 0),
  },
  control: {
    body: `unsigned r = d[0] > 2 ? d[1] ?: 9 : 5; int i = 0;
again: if (i++ < 5) { if (i == 3) goto again; r = r * 3 + i; goto again; }
      do { r ^= i; } while (++i < 9 && d[i]); return ({ unsigned t = r; t + 1; }) + (d[3] && d[4] || d[5]);`,
    returns: (() => {
      let r = byte(1);
      let i = 0;
      for (; i++ < 5; ) if (i !== 3) r = r * 3 + i;
      do r ^= i;
      while (++i < 9 && byte(i) !== 0);
      return r + 1 + 1;
    })(),
  },
  updates: {
    before: `volatile unsigned long wideCounts[4]; unsigned counts[4] = { 5, 6, 7, 8 };
#define NOW(at) (*(volatile unsigned *)&counts[at])`,
    body: `wideCounts[1] += L(0); wideCounts[1] -= L(8); counts[0] += W(0); counts[1] |= W(4); counts[2] ^= 1U << 31; counts[d[0] & 3]++;
      counts[2] &= ~W(8); return (unsigned)(wideCounts[1] ^ wideCounts[1] >> 32) + NOW(0) * 3 + NOW(1) * 5 + NOW(2) * 7 + NOW(3);`,
    returns:
      fold(BigInt.asUintN(64, wide(0) - wide(8))) +
      Math.imul(5 + word(0), 3) +
      Math.imul(6 | word(4), 5) +
      Math.imul((7 ^ (1 << 31)) & ~word(8), 7) +
      8 +
      1,
  },
  atomics: {
    before: 'long total = 100; unsigned small = 7;',
    body: '__sync_fetch_and_add(&total, d[0]); __sync_fetch_and_add(&small, 3); return (unsigned)total * 100 + small;',
    returns: (100 + byte(0)) * 100 + 10,
  },
  map: {
    body: `unsigned key = 2; unsigned long *v = bpf_map_lookup_elem(&results, &key); if (!v) return 0; *v = L(0);
      key = 3; unsigned long value = 99; bpf_map_update_elem(&results, &key, &value, 0); return 1;`,
    returns: 1,
  },
  inlineAssembly: {
    body: 'unsigned long a = d[0], b = d[1]; asm volatile("%0 += %1; if %0 > 12 goto 1f; %0 = 500; 1: %0 <<= 1" : "+r"(a) : "r"(b)); return a;',
    returns: (byte(0) + byte(1)) * 2,
  },
  overflow: {
    body: 'int r; unsigned char n; int a = __builtin_mul_overflow((int)W(32), 65537, &r); int b = __builtin_add_overflow(d[40], 250, &n); return a + b * 2 + n * 4 + __builtin_popcount(W(0)) * 10000 + __builtin_clz(d[9]) * 100000;',
    returns:
      1 +
      2 +
      ((byte(40) + 250) & 255) * 4 +
      [...word(0).toString(2)].filter((bit) => bit === '1').length * 10000 +
      Math.clz32(byte(9)) * 100000,
  },
  callback: {
    before: 'static int each(unsigned i, void *sum) { *(unsigned *)sum += i; return i == 20; }',
    body: 'unsigned sum = 0; bpf_loop(100, each, &sum, 0); return sum;',
    returns: 210,
  },
};

/** What only processors from this level on can do. */
const since3 = {
  atomicsFetch: {
    before: 'long swapped = 5;',
    body: 'long a = __sync_fetch_and_add(&swapped, 3), b = __sync_val_compare_and_swap(&swapped, 8, d[0]); return a * 10000 + b * 100 + __sync_lock_test_and_set(&swapped, 1);',
    returns: 5 * 10000 + 8 * 100 + byte(0),
  },
} satisfies Record<string, Program>;

function sourceOf(all: Readonly<Record<string, Program>>): string {
  const parts = Object.entries(all).map(
    ([name, { body, before }]) => `${before ?? ''}
SEC("tc") int ${name}(struct __sk_buff *skb) {
  unsigned char *d = (void *)(long)skb->data;
  if ((void *)(d + 64) > (void *)(long)skb->data_end) return -1;
  ${body}
}`,
  );
  return `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#define W(at) (*(unsigned *)(d + (at)))
#define L(at) (*(unsigned long *)(d + (at)))
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, unsigned); __type(value, unsigned long); __uint(max_entries, 4); } results SEC(".maps");
${parts.join('\n')}
char _license[] SEC("license") = "GPL";
`;
}

function bpftool(...args: string[]): string {
  const run = spawnSync('bpftool', args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`bpftool ${args.join(' ')}\n${run.stdout}${run.stderr}`.slice(-6000));
  return run.stdout;
}

const folder = mkdtempSync(join(tmpdir(), 'bpfcc-kernel-'));
const pins = join(pinRoot, `bpfcc-test-${process.pid}`);

describe.skipIf(!canRun)('programs in the kernel (skipped without root, bpftool and bpf())', () => {
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    if (canRun) rmSync(pins, { recursive: true, force: true });
  });
  for (const cpu of [1, 2, 3, 4]) {
    for (const level of ['-O0', '-O2', '-Osize']) {
      it(`${level} -mcpu=v${cpu}`, () => {
        const all: Readonly<Record<string, Program>> = cpu < 3 ? programs : { ...programs, ...since3 };
        const host = folderHost(folder, new Map([['all.c', sourceOf(all)]]));
        const { result, messages } = compileText('all.c', host, [level, `-mcpu=v${cpu}`]);
        expect(messages).toEqual([]);
        const object = join(folder, 'all.o');
        const input = join(folder, 'packet');
        writeFileSync(object, result.object ?? new Uint8Array());
        writeFileSync(input, packet);
        rmSync(pins, { recursive: true, force: true });
        bpftool('prog', 'loadall', object, pins, 'pinmaps', join(pins, 'maps'));
        const returned = Object.keys(all).map((name) => {
          const run: unknown = JSON.parse(
            bpftool('-j', 'prog', 'run', 'pinned', join(pins, name), 'data_in', input),
          );
          const value =
            typeof run === 'object' && run !== null && 'retval' in run ? Number(run.retval) : Number.NaN;
          return [name, value >>> 0];
        });
        expect(Object.fromEntries(returned)).toEqual(
          Object.fromEntries(Object.entries(all).map(([name, { returns }]) => [name, returns >>> 0])),
        );
        const dump: unknown = JSON.parse(bpftool('-j', 'map', 'dump', 'pinned', join(pins, 'maps/results')));
        const bytesOf = (value: bigint) =>
          Array.from({ length: 8 }, (_, i) => {
            const part = Number((value >> BigInt(8 * i)) & 255n);
            return `0x${part.toString(16).padStart(2, '0')}`;
          });
        const values = [0n, 0n, wide(0), 99n].map((value) => ({ value: bytesOf(value) }));
        expect(dump).toMatchObject(values);
      });
    }
  }
});
