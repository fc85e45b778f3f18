/**
 * Packets for the tests of socket filters: Ethernet frames put together header by header.
 */

function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

export type Bytes = readonly number[];

export const EtherType = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, qinq: 0x88a8, arp: 0x0806 } as const;
export const Protocol = { ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47 } as const;

export function ethernet(type: number, payload: Bytes): Bytes {
  return [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ...u16(type), ...payload];
}

/** A VLAN tag and the type behind it; the tag's own type stands in the header before. */
export function vlan(type: number, payload: Bytes): Bytes {
  return [...u16(42), ...u16(type), ...payload];
}

export function ipv4(
  destination: Bytes,
  protocol: number,
  payload: Bytes,
  options: { fragment?: number; words?: number } = {},
): Bytes {
  const { fragment = 0, words = 5 } = options;
  return [
    0x40 | words,
    0,
    ...u16(words * 4 + payload.length),
    ...u16(1),
    ...u16(fragment),
    64,
    protocol,
    ...u16(0),
    10,
    0,
    0,
    1,
    ...destination,
    ...new Array<number>((words - 5) * 4).fill(0),
    ...payload,
  ];
}

export function ipv6(destination: Bytes, next: number, payload: Bytes): Bytes {
  return [
    0x60,
    0,
    0,
    0,
    ...u16(payload.length),
    next,
    64,
    ...new Array<number>(15).fill(0),
    1,
    ...destination,
    ...payload,
  ];
}

/** GRE, RFC 2784 and 2890: flags choose the optional words. */
export function gre(
  type: number,
  payload: Bytes,
  flags: { checksum?: boolean; key?: boolean; sequence?: boolean } = {},
): Bytes {
  const bits = (flags.checksum ? 0x8000 : 0) | (flags.key ? 0x2000 : 0) | (flags.sequence ? 0x1000 : 0);
  const words = Number(flags.checksum ?? 0) + Number(flags.key ?? 0) + Number(flags.sequence ?? 0);
  return [...u16(bits), ...u16(type), ...new Array<number>(words * 4).fill(7), ...payload];
}

export function udp(length = 20): Bytes {
  return [...u16(1000), ...u16(53), ...u16(8 + length), 0, 0, ...new Array<number>(length).fill(0xaa)];
}

export function address6(last: number): Bytes {
  return [0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, last];
}
