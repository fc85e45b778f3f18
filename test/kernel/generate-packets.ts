/**
 * Random frames for comparing the machine with the kernel: well-formed ones of all the header combinations that networking programs
 * tell apart, then mutations that steer towards the branches of a program: constants of its code at the places of types, protocols,
 * addresses and ports, cut ends, flipped bytes. The same seed gives the same frames.
 */

import { type Bytes, EtherType, ethernet, gre, ipv4, ipv6, Protocol, vlan } from './packets.ts';

/** xorshift32 (Marsaglia 2003). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  }

  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[], otherwise: T): T {
    return list[this.below(Math.max(1, list.length))] ?? otherwise;
  }

  bytes(count: number): number[] {
    return Array.from({ length: count }, () => this.below(256));
  }
}

const SHORTEST = 14;
const LONGEST = 1500;
const ICMP = 1;
const ICMPV6 = 58;

const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255];

/** Addresses come from small sets, so that keys of maps meet again. */
const address4 = (random: Random): number[] => [10, 0, 0, random.below(4)];
const address6 = (random: Random): number[] => [
  0x20,
  1,
  0x0d,
  0xb8,
  ...new Array<number>(11).fill(0),
  random.below(4),
];

const PORTS = [22, 53, 80, 443, 1000, 8080, 8472, 6081, 4789, 5555];

function payload(random: Random): Bytes {
  const size = random.chance(70) ? random.below(64) : random.below(1300);
  return random.bytes(size);
}

function tcp(random: Random): Bytes {
  const words = 5 + (random.chance(30) ? random.below(11) : 0);
  return [
    ...u16(random.pick(PORTS, 80)),
    ...u16(random.pick(PORTS, 80)),
    ...random.bytes(8),
    words << 4,
    random.below(64),
    ...random.bytes(6),
    ...random.bytes((words - 5) * 4),
    ...payload(random),
  ];
}

function udp(random: Random, data: Bytes): Bytes {
  return [
    ...u16(random.pick(PORTS, 53)),
    ...u16(random.pick(PORTS, 53)),
    ...u16(8 + data.length),
    ...random.bytes(2),
    ...data,
  ];
}

/** ICMP echo, or an error that quotes a packet. */
function icmp(random: Random, isV6: boolean, depth: number): Bytes {
  const types = isV6 ? [128, 129, 1, 2, 135] : [8, 0, 3, 11, 5];
  const type = random.pick(types, 8);
  const quoted = isV6 ? packet6(random, depth + 1) : packet4(random, depth + 1);
  return [
    type,
    random.below(4),
    ...random.bytes(2),
    ...random.bytes(4),
    ...(type === 3 || type === 1 ? quoted : payload(random)),
  ];
}

/** What follows an IP header: the protocol number and its bytes. */
function transport(random: Random, isV6: boolean, depth: number): readonly [number, Bytes] {
  const kind = random.below(depth > 1 ? 7 : 11);
  if (kind < 3) return [Protocol.tcp, tcp(random)];
  if (kind < 6)
    return [
      Protocol.udp,
      udp(random, depth === 0 && random.chance(20) ? tunnelled(random) : payload(random)),
    ];
  if (kind === 6) return [random.below(256), payload(random)];
  if (kind === 7) return [isV6 ? ICMPV6 : ICMP, icmp(random, isV6, depth)];
  if (kind === 8) return [Protocol.ipip, packet4(random, depth + 1)];
  if (kind === 9) return [Protocol.ipv6, packet6(random, depth + 1)];
  const flags = { checksum: random.chance(30), key: random.chance(30), sequence: random.chance(30) };
  const inner = random.chance(60) ? packet4(random, depth + 1) : packet6(random, depth + 1);
  return [Protocol.gre, gre(random.chance(80) ? EtherType.ipv4 : EtherType.ipv6, inner, flags)];
}

/** VXLAN (RFC 7348) around a frame. */
function tunnelled(random: Random): Bytes {
  return [8, 0, 0, 0, ...random.bytes(3), 0, ...ethernet(EtherType.ipv4, packet4(random, 2))];
}

function packet4(random: Random, depth: number): Bytes {
  const [protocol, data] = transport(random, false, depth);
  const words = random.chance(20) ? 5 + random.below(11) : 5;
  const fragment = random.chance(10) ? random.pick([0x2000, 0x4000, 0x0010, 0x2010], 0) : 0;
  const bytes = [...ipv4(address4(random), protocol, data, { words, fragment })];
  bytes[1] = random.chance(30) ? random.below(256) : 0;
  bytes[15] = random.below(4);
  const sum = headerSum(bytes.slice(0, words * 4));
  return [...bytes.slice(0, 10), ...u16(random.chance(80) ? sum : random.below(65536)), ...bytes.slice(12)];
}

/** The checksum of an IPv4 header whose field is 0 (RFC 1071). */
function headerSum(header: Bytes): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += ((header[i] ?? 0) << 8) | (header[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** Hop-by-hop, routing, fragment and destination options (RFC 8200). */
function packet6(random: Random, depth: number): Bytes {
  let [next, data] = transport(random, true, depth);
  const headers = random.chance(30) ? 1 + random.below(3) : 0;
  for (let i = 0; i < headers; i++) {
    const type = random.pick([0, 43, 44, 60], 0);
    const words = type === 44 ? 0 : random.below(3);
    data = [next, words, ...random.bytes(6 + words * 8), ...data];
    next = type;
  }
  const bytes = [...ipv6(address6(random), next, data)];
  bytes[1] = random.chance(30) ? random.below(256) : 0;
  return bytes;
}

const ARP = [0, 1, 8, 0, 6, 4, 0, 1];

function network(random: Random, tags: number): readonly [number, Bytes] {
  const kind = random.below(20);
  if (kind < 10) return [EtherType.ipv4, packet4(random, 0)];
  if (kind < 16) return [EtherType.ipv6, packet6(random, 0)];
  if (kind === 16) return [EtherType.arp, [...ARP, ...random.bytes(20)]];
  // A length of 802.3 rather than a type; and any type.
  if (kind === 17) return [random.below(1536), random.bytes(60)];
  if (kind === 18 || tags > 2) return [random.below(65536), payload(random)];
  const [type, data] = network(random, tags + 1);
  return [random.pick([EtherType.vlan, EtherType.qinq], EtherType.vlan), vlan(type, data)];
}

function frame(random: Random): number[] {
  const [type, data] = network(random, 0);
  const isTagged = random.chance(12);
  const bytes = [...(isTagged ? ethernet(EtherType.vlan, vlan(type, data)) : ethernet(type, data))];
  const destination = random.below(4);
  if (destination === 0) bytes.fill(0, 0, 6);
  if (destination === 1) bytes.fill(255, 0, 6);
  if (destination === 2) bytes[0] = 1;
  return bytes;
}

/** Places of types, protocols, addresses and ports in frames without options. */
const PLACES_BY_SIZE: Readonly<Record<number, readonly number[]>> = {
  1: [14, 15, 20, 21, 22, 23, 34, 46, 47, 54],
  2: [12, 16, 18, 20, 24, 34, 36, 38, 54, 56],
  4: [0, 6, 26, 30, 34, 38, 42, 46, 50],
};

/** Puts a constant of the program where programs look. */
export function plant(random: Random, bytes: number[], constants: readonly bigint[]): void {
  const value = random.pick(constants, 0n);
  const size = value < 256n ? random.pick([1, 1, 2], 1) : value < 65536n ? 2 : 4;
  const at = random.chance(85)
    ? random.pick(PLACES_BY_SIZE[size] ?? [], 0)
    : random.below(Math.max(1, bytes.length - size));
  const isBigEndian = random.chance(50);
  for (let i = 0; i < size && at + i < bytes.length; i++) {
    const shift = BigInt(8 * (isBigEndian ? size - 1 - i : i));
    bytes[at + i] = Number((value >> shift) & 255n);
  }
}

/** `count` frames of 14 to 1500 bytes. */
export function generatePackets(count: number, seed: number, constants: readonly bigint[]): Uint8Array[] {
  const random = new Random(seed);
  const steering = constants.filter((value) => value < 0x1_0000_0000n);
  return Array.from({ length: count }, () => {
    const bytes = frame(random);
    if (steering.length > 0 && random.chance(50)) {
      for (let i = random.below(3); i >= 0; i--) plant(random, bytes, steering);
    }
    for (let i = random.chance(15) ? 1 + random.below(4) : 0; i > 0; i--)
      bytes[random.below(bytes.length)] = random.below(256);
    const cut = random.chance(15) ? SHORTEST + random.below(60) : LONGEST;
    while (bytes.length < SHORTEST) bytes.push(0);
    return Uint8Array.from(bytes.slice(0, cut));
  });
}
