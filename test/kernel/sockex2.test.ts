/**
 * The socket filters in the real kernel: compiled, loaded with bpftool, run over packets with BPF_PROG_TEST_RUN; the map must hold
 * what is worked out here. The kernel's own sample and clang's object of it go through the same, where they are installed.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  address6,
  type Bytes,
  EtherType,
  ethernet,
  gre,
  ipv4,
  ipv6,
  Protocol,
  udp,
  vlan,
} from './packets.ts';

const root = join(import.meta.dirname, '../..');
const corpus = process.env['CORPUS'] ?? join(tmpdir(), 'bpf-corpus');

const canLoad = process.getuid?.() === 0 && spawnSync('bpftool', ['prog', 'show']).status === 0;

/** A frame, and the address that it counts for: as bytes, or nothing when it counts for none. */
interface Case {
  readonly name: string;
  readonly frame: Bytes;
  readonly counted: Bytes | undefined;
  readonly onlyExample?: boolean;
}

const [a, b] = [
  [192, 0, 2, 1],
  [198, 51, 100, 7],
];

const allCases: readonly Case[] = [
  { name: 'ipv4', frame: ethernet(EtherType.ipv4, ipv4(a, Protocol.udp, udp())), counted: a },
  {
    name: 'ipv4 again, longer',
    frame: ethernet(EtherType.ipv4, ipv4(a, Protocol.udp, udp(300))),
    counted: a,
  },
  {
    name: 'ipv6',
    frame: ethernet(EtherType.ipv6, ipv6(address6(9), Protocol.udp, udp())),
    counted: address6(9),
  },
  {
    name: 'vlan',
    frame: ethernet(EtherType.vlan, vlan(EtherType.ipv4, ipv4(b, Protocol.udp, udp()))),
    counted: b,
  },
  {
    name: 'two vlan tags',
    frame: ethernet(
      EtherType.qinq,
      vlan(EtherType.vlan, vlan(EtherType.ipv4, ipv4(b, Protocol.udp, udp(2)))),
    ),
    counted: b,
  },
  {
    name: 'ip in ip',
    frame: ethernet(EtherType.ipv4, ipv4(a, Protocol.ipip, ipv4(b, Protocol.udp, udp()))),
    counted: b,
  },
  {
    name: 'ipv6 in ip',
    frame: ethernet(EtherType.ipv4, ipv4(a, Protocol.ipv6, ipv6(address6(3), Protocol.udp, udp()))),
    counted: address6(3),
  },
  {
    name: 'gre',
    frame: ethernet(EtherType.ipv4, ipv4(a, Protocol.gre, gre(EtherType.ipv4, ipv4(b, Protocol.udp, udp())))),
    counted: b,
  },
  {
    // The kernel's sample compares the flags of GRE in the wrong byte order.
    name: 'gre with key and sequence number',
    onlyExample: true,
    frame: ethernet(
      EtherType.ipv4,
      ipv4(a, Protocol.gre, gre(EtherType.ipv4, ipv4(b, Protocol.udp, udp()), { key: true, sequence: true })),
    ),
    counted: b,
  },
  { name: 'arp', frame: ethernet(EtherType.arp, new Array<number>(28).fill(1)), counted: undefined },
];

const sampleCases = allCases.filter((item) => !item.onlyExample);

/** IPv6 addresses count under the XOR of their words. */
function fold(address: Bytes): number[] {
  const out = [0, 0, 0, 0];
  address.forEach((byte, i) => {
    out[i % 4] = (out[i % 4] ?? 0) ^ byte;
  });
  return out;
}

interface Counter {
  packets: bigint;
  bytes: bigint;
}

/** The map as it must be; keys as hex of the bytes in memory. The filter sees a frame behind a header of the test run's. */
function expected(cases: readonly Case[], keyOf: (address: Bytes) => number[]): Map<string, Counter> {
  const counters = new Map<string, Counter>();
  for (const { frame, counted } of cases) {
    if (counted === undefined) continue;
    const key = Buffer.from(keyOf(counted)).toString('hex');
    const counter = counters.get(key) ?? { packets: 0n, bytes: 0n };
    counters.set(key, { packets: counter.packets + 1n, bytes: counter.bytes + BigInt(frame.length) });
  }
  return counters;
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpfcc-sockex2-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Loads an object, runs every frame, and reads the map. */
function runInKernel(object: string, mapName: string, cases: readonly Case[]): Map<string, Counter> {
  const pins = `/sys/fs/bpf/bpfcc-test-${process.pid}`;
  const bpftool = (...args: string[]) => execFileSync('bpftool', args, { encoding: 'utf8' });
  bpftool('prog', 'loadall', object, `${pins}-progs`, 'type', 'socket', 'pinmaps', `${pins}-maps`);
  try {
    const program = execFileSync('ls', [`${pins}-progs`], { encoding: 'utf8' }).trim();
    cases.forEach(({ frame }, i) => {
      const path = join(folder, `${i}.bin`);
      // BPF_PROG_TEST_RUN takes the first 14 bytes as the header a socket filter does not see.
      writeFileSync(path, Uint8Array.from([...new Array<number>(14).fill(0), ...frame]));
      bpftool('prog', 'run', 'pinned', `${pins}-progs/${program}`, 'data_in', path);
    });
    const dump: { key: string[]; value: string[] }[] = JSON.parse(
      bpftool('-j', 'map', 'dump', 'pinned', `${pins}-maps/${mapName}`),
    );
    const bytesOf = (list: readonly string[]) => Buffer.from(list.map((byte) => Number(byte)));
    return new Map(
      dump.map(({ key, value }) => {
        const data = bytesOf(value);
        const counter = { packets: data.readBigUInt64LE(0), bytes: data.readBigUInt64LE(8) };
        return [bytesOf(key).toString('hex'), counter] as const;
      }),
    );
  } finally {
    rmSync(`${pins}-progs`, { recursive: true, force: true });
    rmSync(`${pins}-maps`, { recursive: true, force: true });
  }
}

function compile(source: string, object: string, flags: readonly string[] = []): void {
  execFileSync(process.execPath, [join(root, 'bin/bpfcc-ts.js'), '-w', ...flags, '-c', source, '-o', object]);
}

const sorted = (counters: Map<string, Counter>) => [...counters].sort(([x], [y]) => (x < y ? -1 : 1));

describe.skipIf(!canLoad)('socket filters in the kernel (needs root, bpf() and bpftool)', () => {
  it.each(['-O0', '-O1', '-O2', '-Os', '-mcpu=v1', '-mcpu=v2', '-mcpu=v4'])('our example, %s', (flag) => {
    const object = join(folder, 'example.o');
    compile(join(root, 'examples/sockex2_kern.c'), object, [flag]);
    expect(sorted(runInKernel(object, 'counters', allCases))).toEqual(sorted(expected(allCases, fold)));
  });

  const row = existsSync(join(corpus, 'list.tsv'))
    ? readFileSync(join(corpus, 'list.tsv'), 'utf8')
        .split('\n')
        .find((line) => line.startsWith('samples/sockex2_kern\t'))
    : undefined;
  const [, source = '', flags = ''] = row?.split('\t') ?? [];
  // The sample keys IPv4 by the address in host order, IPv6 by the XOR of its words in host order.
  const keyOf = (address: Bytes) => fold(address).reverse();

  it.skipIf(row === undefined)("the kernel's sockex2_kern.c", () => {
    const object = join(folder, 'sockex2.o');
    compile(source, object, flags.split(' '));
    expect(sorted(runInKernel(object, 'hash_map', sampleCases))).toEqual(
      sorted(expected(sampleCases, keyOf)),
    );
  });

  const clangObject = join(corpus, 'c19/samples/sockex2_kern.o');
  it.skipIf(!existsSync(clangObject))("clang's object of it", () => {
    expect(sorted(runInKernel(clangObject, 'hash_map', sampleCases))).toEqual(
      sorted(expected(sampleCases, keyOf)),
    );
  });
});
