/**
 * Helpers that change socket buffers: VLAN tags, room for headers, protocol and type, lengths, hash, tunnel keys. A VLAN tag
 * lives beside the packet first, as in the kernel, and goes into the packet when a second one is pushed.
 */

import { Errno } from '../errno.ts';
import type { Execution, HelperTable } from '../execution.ts';
import { frameProtocol } from '../packet.ts';
import { packetArgument } from './packet-helpers.ts';

const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const LINK_HEADER = 14;
/** SKB_MAX_ALLOC: four pages less what the kernel keeps at the end of the buffer. */
const MAX_LENGTH = 4 * 4096 - 320;

const swap16 = (value: number): number => ((value & 0xff) << 8) | ((value >> 8) & 0xff);

/** A context field as a number. */
const field = (x: Execution, name: string): number => Number(x.context?.get(name) ?? 0n);

/** The protocol of the packet in host order. */
const protocol = (x: Execution): number => swap16(field(x, 'protocol'));

function setProtocol(x: Execution, value: number): void {
  x.context?.set('protocol', swap16(value));
}

function setTag(x: Execution, present: boolean, tagProtocol: number, tci: number): void {
  x.context?.set('vlan_present', present ? 1 : 0);
  x.context?.set('vlan_proto', present ? swap16(tagProtocol) : 0);
  x.context?.set('vlan_tci', present ? tci : 0);
}

/** Puts a tag behind the MAC addresses. */
function insertTag(x: Execution, tagProtocol: number, tci: number): void {
  const packet = packetArgument(x);
  packet.insertAt(12, 4);
  const { bytes } = packet;
  // By element: a packet that is too short for it loses the rest.
  for (const [i, byte] of [tagProtocol >> 8, tagProtocol, tci >> 8, tci].entries()) bytes[12 + i] = byte;
}

function vlanPush(x: Execution): number {
  const given = swap16(x.cpu.u32(2));
  const tagProtocol = given === ETH_P_8021AD ? given : ETH_P_8021Q;
  packetArgument(x);
  if (field(x, 'vlan_present') !== 0) {
    const old = swap16(field(x, 'vlan_proto'));
    insertTag(x, old, field(x, 'vlan_tci'));
    setProtocol(x, old);
  }
  setTag(x, true, tagProtocol, x.cpu.u32(3) & 0xffff);
  x.packetChanged('bpf_skb_vlan_push');
  return 0;
}

const isTag = (kind: number): boolean => kind === ETH_P_8021Q || kind === ETH_P_8021AD;

/** Takes the tag that the protocol says is there out of the packet; its tag control information, or an error. */
function takeTag(x: Execution): number {
  const packet = packetArgument(x);
  if (packet.length < LINK_HEADER + 4) return Errno.ENOMEM;
  const { bytes } = packet;
  const tci = ((bytes[14] ?? 0) << 8) | (bytes[15] ?? 0);
  packet.removeAt(12, 4);
  x.networkOffset = Math.max(LINK_HEADER, x.networkOffset - 4);
  setProtocol(x, frameProtocol(packet.bytes));
  return tci;
}

/** A second tag moves out of the packet, beside which the first was. */
function popTags(x: Execution): number {
  if (field(x, 'vlan_present') !== 0) setTag(x, false, 0, 0);
  else if (!isTag(protocol(x))) return 0;
  else {
    const first = takeTag(x);
    if (first < 0) return first;
  }
  const next = protocol(x);
  if (!isTag(next)) return 0;
  const tci = takeTag(x);
  if (tci < 0) return tci;
  setTag(x, true, next, tci);
  return 0;
}

function vlanPop(x: Execution): number {
  packetArgument(x);
  const result = popTags(x);
  x.packetChanged('bpf_skb_vlan_pop');
  return result;
}

/** Opens room at an offset from the link header; the headers move with what is before it. */
function pushHeader(x: Execution, offset: number, bytes: number): number {
  packetArgument(x).insertAt(offset, bytes);
  return 0;
}

/** Takes room away; refused where the packet does not have as much. */
function popHeader(x: Execution, offset: number, bytes: number): number {
  const packet = packetArgument(x);
  if (offset + bytes > packet.length) return Errno.ENOMEM;
  packet.removeAt(offset, bytes);
  return 0;
}

/** Bytes from the link header to the network header. */
const linkLength = (x: Execution): number => x.networkOffset - x.linkOffset;

/** IPv4's header to IPv6's, which is 20 bytes longer, or back. */
function translateProtocol(x: Execution, from: number, to: number): number {
  if (from === ETH_P_IP && to === ETH_P_IPV6) return pushHeader(x, linkLength(x), 20);
  if (from === ETH_P_IPV6 && to === ETH_P_IP) return popHeader(x, linkLength(x), 20);
  return Errno.ENOTSUPP;
}

function changeProtocol(x: Execution): number {
  packetArgument(x);
  if (!x.cpu.isNull(3)) return Errno.EINVAL;
  const to = swap16(x.cpu.u32(2));
  const result = translateProtocol(x, protocol(x), to);
  if (result === 0) {
    setProtocol(x, to);
    x.context?.set('hash', 0);
  }
  x.packetChanged('bpf_skb_change_proto');
  return result;
}

function changeTail(x: Execution): number {
  const packet = packetArgument(x);
  const length = x.cpu.u32(2);
  if (!x.cpu.isNull(3) || length > MAX_LENGTH || length < x.networkOffset) return Errno.EINVAL;
  packet.setLength(length);
  x.packetChanged('bpf_skb_change_tail');
  return 0;
}

function changeHead(x: Execution): number {
  const packet = packetArgument(x);
  const room = x.cpu.u32(2);
  if (!x.cpu.isNull(3) || packet.length + room > MAX_LENGTH) return Errno.EINVAL;
  packet.insertAt(0, room);
  // The link header starts at the new first byte; the network header stays where it was.
  x.linkOffset = 0;
  x.networkOffset += room;
  x.packetChanged('bpf_skb_change_head');
  return 0;
}

const ADJUST_NET = 0;
const ADJUST_MAC = 1;
/** Flags of bpf_skb_adjust_room; the length of an inner link header is in the highest byte. */
const AdjustFlag = {
  fixedGso: 1,
  encapIpv4: 2,
  encapIpv6: 4,
  encapGre: 8,
  encapUdp: 16,
  noChecksumReset: 32,
  encapEthernet: 64,
  decapIpv4: 128,
  decapIpv6: 256,
} as const;
const ADJUST_FLAGS = 0x1ff;
const L2_SHIFT = 24;
const MOST_ADJUSTED = 0xfff;

const hasBoth = (flags: number, first: number, second: number): boolean =>
  (flags & first) !== 0 && (flags & second) !== 0;

/** The protocol follows the flags that say what the outermost header is now. */
function followFlags(x: Execution, flags: number, ipv4: number, ipv6: number): void {
  const now = protocol(x);
  if (now === ETH_P_IP && (flags & ipv6) !== 0) setProtocol(x, ETH_P_IPV6);
  else if (now === ETH_P_IPV6 && (flags & ipv4) !== 0) setProtocol(x, ETH_P_IP);
}

function growRoom(x: Execution, offset: number, bytes: number, flags: number, innerLink: number): number {
  const encapsulates = (flags & (AdjustFlag.encapIpv4 | AdjustFlag.encapIpv6)) !== 0;
  if (encapsulates) {
    if (hasBoth(flags, AdjustFlag.encapIpv4, AdjustFlag.encapIpv6)) return Errno.EINVAL;
    if (hasBoth(flags, AdjustFlag.encapGre, AdjustFlag.encapUdp)) return Errno.EINVAL;
    if ((flags & AdjustFlag.encapEthernet) !== 0 && innerLink < LINK_HEADER) return Errno.EINVAL;
    if (x.isEncapsulated) return Errno.EALREADY;
    if (innerLink > bytes) return Errno.EINVAL;
  }
  pushHeader(x, offset, bytes);
  if (encapsulates) {
    x.isEncapsulated = true;
    followFlags(x, flags, AdjustFlag.encapIpv4, AdjustFlag.encapIpv6);
  }
  return 0;
}

function shrinkRoom(x: Execution, offset: number, bytes: number, flags: number, innerLink: number): number {
  const decap = AdjustFlag.decapIpv4 | AdjustFlag.decapIpv6;
  const allowed = AdjustFlag.fixedGso | decap | AdjustFlag.noChecksumReset;
  if (innerLink !== 0 || (flags & ~allowed) !== 0) return Errno.EINVAL;
  const result = popHeader(x, offset, bytes);
  if (result === 0) followFlags(x, flags, AdjustFlag.decapIpv4, AdjustFlag.decapIpv6);
  return result;
}

/** What has to be left behind the network header: an IP header; undefined for flags that contradict each other. */
function leastLength(kind: number, delta: number, flags: number): number | undefined {
  const decap = flags & (AdjustFlag.decapIpv4 | AdjustFlag.decapIpv6);
  if (decap === 0) return kind === ETH_P_IP ? 20 : 40;
  if (delta >= 0 || hasBoth(flags, AdjustFlag.decapIpv4, AdjustFlag.decapIpv6)) return undefined;
  return decap === AdjustFlag.decapIpv4 ? 20 : 40;
}

/** Opens or closes room behind the network header (mode 0) or the MAC header (mode 1). */
function adjustRoom(x: Execution): number {
  const packet = packetArgument(x);
  const delta = x.cpu.s32(2);
  const mode = x.cpu.u32(3);
  const flags = x.cpu.u32(4);
  const high = (x.cpu.hi[4] ?? 0) >>> 0;
  const innerLink = high >>> L2_SHIFT;
  if ((high & 0xff_ffff) !== 0 || (flags & ~ADJUST_FLAGS) !== 0) return Errno.EINVAL;
  if (Math.abs(delta) > MOST_ADJUSTED) return Errno.EFAULT;
  const kind = protocol(x);
  if (kind !== ETH_P_IP && kind !== ETH_P_IPV6) return Errno.ENOTSUPP;
  if (mode !== ADJUST_NET && mode !== ADJUST_MAC) return Errno.ENOTSUPP;
  const offset = linkLength(x) + (mode === ADJUST_MAC ? 0 : kind === ETH_P_IP ? 20 : 40);
  const least = leastLength(kind, delta, flags);
  if (least === undefined) return Errno.EINVAL;
  const behind = packet.length - x.networkOffset;
  if (delta < 0 && (-delta >= behind || behind + delta < least)) return Errno.ENOTSUPP;
  if (delta > 0 && packet.length + delta > MAX_LENGTH) return Errno.ENOTSUPP;
  const result =
    delta < 0
      ? shrinkRoom(x, offset, -delta, flags, innerLink)
      : growRoom(x, offset, delta, flags, innerLink);
  x.packetChanged('bpf_skb_adjust_room');
  return result;
}

function changeType(x: Execution): number {
  packetArgument(x);
  if (x.cpu.u32(2) > 3) return Errno.EINVAL;
  x.context?.set('pkt_type', x.cpu.u32(2));
  return 0;
}

function cloneRedirect(x: Execution): number {
  const packet = packetArgument(x);
  const flags = x.cpu.unsigned(3);
  if ((flags & ~1n) !== 0n) return Errno.EINVAL;
  x.clones.push({ ifindex: x.cpu.u32(2), packet: packet.bytes.slice(), flags });
  x.packetChanged('bpf_clone_redirect');
  return 0;
}

const VLAN_MAX_DEPTH = 8;

/** The protocol behind all VLAN tags in the packet, 0 where the packet ends before it. */
function innerProtocol(x: Execution): number {
  const { bytes } = packetArgument(x);
  let kind = protocol(x);
  let at = x.linkOffset + LINK_HEADER;
  for (let depth = 0; isTag(kind); depth++) {
    if (depth >= VLAN_MAX_DEPTH || at < 0 || at + 4 > bytes.length) return 0;
    kind = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    at += 4;
  }
  return kind;
}

/**
 * Sets the congestion-experienced mark of IPv4 and IPv6 (RFC 3168); 1 where the packet bears it afterwards. The header is taken
 * at the network offset, as the kernel does, although that is before VLAN tags that are in the packet.
 */
function ecnSetCe(x: Execution): number {
  const { bytes } = packetArgument(x);
  const at = x.networkOffset;
  const kind = innerProtocol(x);
  if (kind === ETH_P_IP && at + 20 <= bytes.length) {
    const before = bytes[at + 1] ?? 0;
    const ecn = (before + 1) & 3;
    if ((ecn & 2) === 0) return ecn === 0 ? 1 : 0;
    // The type of service grows by 4 - ecn, so the checksum, its complement, shrinks (RFC 1624).
    const sum = ((bytes[at + 10] ?? 0) << 8) + (bytes[at + 11] ?? 0) + 0xfffb + ecn;
    const check = (sum & 0xffff) + (sum >> 16);
    bytes[at + 1] = before | 3;
    bytes[at + 10] = check >> 8;
    bytes[at + 11] = check;
    return 1;
  }
  if (kind !== ETH_P_IPV6 || at + 40 > bytes.length) return 0;
  const before = bytes[at + 1] ?? 0;
  if ((before & 0x30) === 0) return 0;
  bytes[at + 1] = before | 0x30;
  return 1;
}

/** A hash of the packet that stays the same until it changes, never 0. */
function packetHash(x: Execution): number {
  const known = field(x, 'hash');
  if (known !== 0) return known;
  let hash = 0x811c9dc5 | 0;
  for (const byte of packetArgument(x).bytes.subarray(x.networkOffset, x.networkOffset + 40)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  const made = hash >>> 0 || 1;
  x.context?.set('hash', made);
  return made;
}

export const SKB_HELPERS: HelperTable = {
  skb_vlan_push: vlanPush,
  skb_vlan_pop: vlanPop,
  skb_change_proto: changeProtocol,
  skb_change_type: changeType,
  skb_change_tail: changeTail,
  skb_change_head: changeHead,
  skb_adjust_room: adjustRoom,
  skb_pull_data: (x) => {
    const packet = packetArgument(x);
    const result = x.cpu.u32(2) > packet.length ? Errno.ENOMEM : 0;
    x.packetChanged('bpf_skb_pull_data');
    return result;
  },
  csum_update: () => Errno.ENOTSUPP,
  csum_level: (x) => (x.cpu.u32(2) > 3 ? Errno.EINVAL : x.cpu.u32(2) === 0 ? Errno.EACCES : 0),
  set_hash: (x) => {
    x.context?.set('hash', x.cpu.u32(2));
    return 0;
  },
  set_hash_invalid: (x) => {
    x.context?.set('hash', 0);
    return undefined;
  },
  get_hash_recalc: packetHash,
  clone_redirect: cloneRedirect,
  skb_ecn_set_ce: ecnSetCe,
  get_cgroup_classid: () => 0,
  get_route_realm: () => 0,
  get_socket_cookie: (x) => x.identity.socketCookie,
  get_socket_uid: (x) => x.identity.uid,
  get_netns_cookie: (x) => x.identity.netnsCookie,
  skb_cgroup_id: (x) => x.identity.cgroupId,
  skb_ancestor_cgroup_id: (x) => x.identity.ancestorCgroupIds[x.cpu.s32(2)] ?? 0n,
  skb_get_tunnel_key: (x) => {
    const size = x.cpu.size(3);
    const out = x.output(2, size);
    out.fill(0);
    if (x.tunnelKey === undefined) return Errno.EINVAL;
    out.set(x.tunnelKey.subarray(0, size));
    return 0;
  },
  skb_set_tunnel_key: (x) => {
    x.tunnelKey = x.input(2, x.cpu.size(3));
    return 0;
  },
  skb_get_tunnel_opt: (x) => {
    const size = x.cpu.size(3);
    const out = x.output(2, size);
    out.fill(0);
    if (x.tunnelOptions === undefined) return Errno.ENOENT;
    if (size < x.tunnelOptions.length) return Errno.ENOMEM;
    out.set(x.tunnelOptions);
    return x.tunnelOptions.length;
  },
  skb_set_tunnel_opt: (x) => {
    x.tunnelOptions = x.input(2, x.cpu.size(3));
    return 0;
  },
};
