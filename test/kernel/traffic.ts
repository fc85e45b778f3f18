/**
 * The traffic of examples/traffic.pcap, and what the packet counter must count in it. `scripts/make-traffic.js` writes the
 * file from here; a test proves that the two agree.
 */

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

export interface Frame {
  readonly frame: Bytes;
  /** The address that it counts for, or nothing. */
  readonly counted: Bytes | undefined;
}

const web = [192, 0, 2, 10];
const dns = [192, 0, 2, 53];
const far = [198, 51, 100, 7];
const six = address6(0x42);

const plain = (to: Bytes, length: number): Frame => ({
  frame: ethernet(EtherType.ipv4, ipv4(to, Protocol.udp, udp(length))),
  counted: to,
});

export const traffic: readonly Frame[] = [
  plain(web, 100),
  plain(dns, 40),
  plain(web, 1200),
  { frame: ethernet(EtherType.ipv6, ipv6(six, Protocol.udp, udp(64))), counted: six },
  { frame: ethernet(EtherType.vlan, vlan(EtherType.ipv4, ipv4(far, Protocol.udp, udp(32)))), counted: far },
  {
    frame: ethernet(
      EtherType.ipv4,
      ipv4(web, Protocol.gre, gre(EtherType.ipv4, ipv4(far, Protocol.udp, udp(18)), { key: true })),
    ),
    counted: far,
  },
  {
    frame: ethernet(EtherType.ipv4, ipv4(web, Protocol.ipip, ipv4(dns, Protocol.udp, udp(12)))),
    counted: dns,
  },
  { frame: ethernet(EtherType.arp, new Array<number>(46).fill(0)), counted: undefined },
  { frame: ethernet(EtherType.ipv6, ipv6(six, Protocol.udp, udp(512))), counted: six },
  plain(web, 60),
];

/** Seconds between two packets of the capture, and when it begins. */
export const captureStart = 1_700_000_000n * 1_000_000_000n;
export const captureStep = 1_000_000n;
