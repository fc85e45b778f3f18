/**
 * Helpers on packets that socket buffers and XDP share, and XDP's own: loads and stores, checksums, moving the ends,
 * redirection, route lookup.
 */

import { readableAt } from '../access.ts';
import {
  addToChecksum,
  replaceInChecksum,
  replaceShortInChecksum,
  subtractSums,
  sumBytes,
} from '../checksum.ts';
import { Errno } from '../errno.ts';
import type { Execution, HelperTable } from '../execution.ts';
import type { Packet } from '../packet.ts';

/** Return codes that redirecting helpers give back for the program to return. */
const XDP_ABORTED = 0;
const XDP_REDIRECT = 4;
const TC_ACT_SHOT = 2;
const TC_ACT_REDIRECT = 7;
const ETH_HLEN = 14;
/** Bytes of the headroom that the kernel's frame descriptor takes. */
const XDP_FRAME = 40;
const MAX_OFFSET = 0x7fff_ffff;

/** The packet of the run; argument 1 has to be the context. */
export function packetArgument(x: Execution): Packet {
  const { packet, cpu } = x;
  if (packet === undefined || cpu.hi[1] !== x.context?.region) {
    return cpu.trap('bad-argument', 'argument 1 is not the context of a packet');
  }
  return packet;
}

const isXdp = (x: Execution): boolean => x.programType === 'xdp';

function adjustHead(x: Execution): number {
  const packet = packetArgument(x);
  const delta = x.cpu.s32(2);
  const start = packet.headroom + delta;
  if (start < XDP_FRAME + packet.metaLength || delta > packet.length - ETH_HLEN) return Errno.EINVAL;
  const meta = packet.meta.slice();
  packet.moveStart(delta);
  packet.meta.set(meta);
  x.packetChanged('bpf_xdp_adjust_head');
  return 0;
}

function adjustTail(x: Execution): number {
  const packet = packetArgument(x);
  const delta = x.cpu.s32(2);
  if (delta > packet.tailroom || packet.length + delta < ETH_HLEN) return Errno.EINVAL;
  packet.setLength(packet.length + delta);
  x.packetChanged('bpf_xdp_adjust_tail');
  return 0;
}

function adjustMeta(x: Execution): number {
  const packet = packetArgument(x);
  const length = packet.metaLength - x.cpu.s32(2);
  if (length < 0 || packet.headroom - length < XDP_FRAME) return Errno.EINVAL;
  if ((length & 3) !== 0 || length > 255) return Errno.EACCES;
  packet.setMeta(length);
  x.packetChanged('bpf_xdp_adjust_meta');
  return 0;
}

/** Offset and length of a range of the packet, or undefined where it does not lie in it. */
function range(packet: Packet, offset: number, length: number): Uint8Array | undefined {
  return offset + length <= packet.length ? packet.bytes.subarray(offset, offset + length) : undefined;
}

/**
 * Copies out of the packet; what cannot be copied leaves zeros, as the kernel does. A negative offset reaches the link header
 * of a program that starts at the network header.
 */
function loadBytes(x: Execution, offset: number, failure: number): number {
  const packet = packetArgument(x);
  const length = x.cpu.size(4);
  const out = x.output(3, length);
  if (offset < x.linkOffset || offset < -packet.headroom || offset + length > packet.length) {
    out.fill(0);
    return failure;
  }
  const at = packet.position + offset;
  out.set(x.memory.bytes.subarray(at, at + length));
  return 0;
}

function storeBytes(x: Execution, helper: string, failure: number): number {
  const packet = packetArgument(x);
  const length = x.cpu.size(4);
  const bytes = x.input(3, length);
  const target = x.cpu.u32(2) > MAX_OFFSET ? undefined : range(packet, x.cpu.u32(2), length);
  target?.set(bytes);
  if (!isXdp(x)) x.packetChanged(helper);
  return target === undefined ? failure : 0;
}

function skbStoreBytes(x: Execution): number {
  if (x.cpu.hi[5] !== 0 || (x.cpu.u32(5) & ~3) !== 0) return Errno.EINVAL;
  return storeBytes(x, 'bpf_skb_store_bytes', Errno.EFAULT);
}

/** Offsets from the link header (0) or the network header (1), of which none is beyond 0xffff. */
function loadBytesRelative(x: Execution): number {
  const header = x.cpu.u32(5);
  const offset = x.cpu.u32(2);
  const base = header === 0 ? x.linkOffset : header === 1 ? x.networkOffset : undefined;
  return loadBytes(x, base === undefined || offset > 0xffff ? MAX_OFFSET : base + offset, Errno.EFAULT);
}

/** The two bytes of a checksum field, or undefined where the kernel says EFAULT. */
function checksumField(x: Execution): Uint8Array | undefined {
  const packet = packetArgument(x);
  const offset = x.cpu.u32(2);
  return offset > 0xffff || (offset & 1) === 1 ? undefined : range(packet, offset, 2);
}

const readField = (field: Uint8Array): number => (field[0] ?? 0) | ((field[1] ?? 0) << 8);

function writeField(field: Uint8Array, value: number): void {
  field[0] = value;
  field[1] = value >> 8;
}

/** The new value of a checksum field by the size in the flags; undefined for arguments the kernel refuses. */
function replaced(
  x: Execution,
  before: number,
  size: number,
  replaceShort: typeof replaceInChecksum,
): number | undefined {
  const from = x.cpu.u32(3);
  const to = x.cpu.u32(4);
  switch (size) {
    case 0:
      return x.cpu.isNull(3) ? addToChecksum(before, to) : undefined;
    case 2:
      return replaceShort(before, from & 0xffff, to & 0xffff);
    case 4:
      return replaceInChecksum(before, from, to);
    default:
      return undefined;
  }
}

function l3Replace(x: Execution): number {
  const flags = x.cpu.u32(5);
  if (x.cpu.hi[5] !== 0 || flags > 15) return Errno.EINVAL;
  const field = checksumField(x);
  if (field === undefined) return Errno.EFAULT;
  const value = replaced(x, readField(field), flags, replaceShortInChecksum);
  if (value === undefined) return Errno.EINVAL;
  writeField(field, value);
  x.packetChanged('bpf_l3_csum_replace');
  return 0;
}

const MARK_MANGLED_0 = 0x20;
const MARK_ENFORCE = 0x40;
const L4_FLAGS = 0xff;

function l4Replace(x: Execution): number {
  const flags = x.cpu.u32(5);
  if (x.cpu.hi[5] !== 0 || flags > L4_FLAGS) return Errno.EINVAL;
  const field = checksumField(x);
  if (field === undefined) return Errno.EFAULT;
  const before = readField(field);
  const isMangled = (flags & MARK_MANGLED_0) !== 0;
  if (isMangled && (flags & MARK_ENFORCE) === 0 && before === 0) return 0;
  const value = replaced(x, before, flags & 15, replaceInChecksum);
  if (value === undefined) return Errno.EINVAL;
  writeField(field, isMangled && value === 0 ? 0xffff : value);
  x.packetChanged('bpf_l4_csum_replace');
  return 0;
}

/** The difference of two blocks of memory as a sum of 16 bits (Linux 6.13 and later: folded, sizes free). */
function csumDiff(x: Execution): number {
  const { cpu } = x;
  const fromSize = cpu.u32(2);
  const toSize = cpu.u32(4);
  const from = x.input(1, fromSize);
  const to = x.input(3, toSize);
  const seed = cpu.u32(5);
  const sum =
    toSize === 0 && fromSize > 0
      ? ~sumBytes(from, ~seed >>> 0) >>> 0
      : subtractSumOf(sumBytes(to, seed), from);
  return (sum + ((sum >>> 16) | (sum << 16))) >>> 16;
}

const subtractSumOf = (sum: number, bytes: Uint8Array): number =>
  bytes.length === 0 ? sum : subtractSums(sum, sumBytes(bytes, 0));

function redirect(x: Execution, helper: string, ifindex: number, flags: bigint, allowed: bigint): number {
  const isBad = (flags & ~allowed) !== 0n;
  if (!isBad) x.redirect = { helper, ifindex, flags };
  if (isXdp(x)) return isBad ? XDP_ABORTED : XDP_REDIRECT;
  return isBad ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

function redirectMap(x: Execution): number {
  const map = x.map(1);
  const key = x.cpu.u32(2);
  const flags = x.cpu.unsigned(3);
  const isDevice = map.definition.type === 14 || map.definition.type === 25;
  const broadcast = 8n;
  const allowed = isDevice ? 3n | broadcast | 16n : 3n;
  if ((flags & ~allowed) !== 0n) return XDP_ABORTED;
  const isAll = (flags & broadcast) !== 0n;
  if (!isAll && !x.mapHas(map, key)) return Number(flags & 3n);
  x.redirect = { helper: 'bpf_redirect_map', map: map.definition.name, key, flags };
  return XDP_REDIRECT;
}

/** Redirection between sockets: the verdict is SK_PASS where the map has the socket, else SK_DROP. */
function redirectSocket(x: Execution, helper: string, byKey: boolean): number {
  const map = x.map(2);
  const flags = x.cpu.unsigned(4);
  if ((flags & ~1n) !== 0n) return 0;
  if (byKey) {
    const at = readableAt(x.cpu, 3, map.definition.keySize);
    const key = x.memory.bytes.slice(at, at + map.definition.keySize);
    if (map.peekValue(at) === 0) return 0;
    x.redirect = { helper, map: map.definition.name, key, flags };
    return 1;
  }
  const key = x.cpu.u32(3);
  if (!x.mapHas(map, key)) return 0;
  x.redirect = { helper, map: map.definition.name, key, flags };
  return 1;
}

/** Result codes of a route lookup, and the places in struct bpf_fib_lookup. */
const FIB_SUCCESS = 0;
const FIB_NOT_FORWARDED = 4;
const FIB_SIZE = 64;

function matches(address: Uint8Array, prefix: Uint8Array, length: number): boolean {
  for (let bit = 0; bit < length; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((address[bit >> 3] ?? 0) & mask) !== ((prefix[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

function fibLookup(x: Execution): number {
  const { cpu } = x;
  if (cpu.size(3) < FIB_SIZE || cpu.u32(4) > 0x7f) return Errno.EINVAL;
  const params = x.output(2, FIB_SIZE);
  const family = params[0];
  if (family !== 2 && family !== 10) return -97;
  const address = params.subarray(32, 32 + (family === 2 ? 4 : 16));
  const found = x.routes
    .filter((route) => route.prefix.length === address.length && matches(address, route.prefix, route.length))
    .sort((a, b) => b.length - a.length)[0];
  if (found === undefined) return FIB_NOT_FORWARDED;
  const view = new DataView(params.buffer, params.byteOffset, params.byteLength);
  view.setUint32(8, found.ifindex, true);
  view.setUint32(48, 0, true);
  params.set(found.sourceMac, 52);
  params.set(found.destinationMac, 58);
  if (found.gateway !== undefined) params.set(found.gateway, 32);
  return FIB_SUCCESS;
}

export const PACKET_HELPERS: HelperTable = {
  xdp_adjust_head: adjustHead,
  xdp_adjust_tail: adjustTail,
  xdp_adjust_meta: adjustMeta,
  xdp_get_buff_len: (x) => packetArgument(x).length,
  xdp_load_bytes: (x) => {
    const packet = packetArgument(x);
    const source = range(packet, x.cpu.u32(2), x.cpu.size(4));
    const out = x.output(3, x.cpu.size(4));
    if (source === undefined) return Errno.EINVAL;
    out.set(source);
    return 0;
  },
  xdp_store_bytes: (x) => storeBytes(x, 'bpf_xdp_store_bytes', Errno.EINVAL),
  skb_load_bytes: (x) => loadBytes(x, x.cpu.u32(2), Errno.EFAULT),
  skb_load_bytes_relative: loadBytesRelative,
  skb_store_bytes: skbStoreBytes,
  l3_csum_replace: l3Replace,
  l4_csum_replace: l4Replace,
  csum_diff: csumDiff,
  redirect: (x) => redirect(x, 'bpf_redirect', x.cpu.u32(1), x.cpu.unsigned(2), isXdp(x) ? 0n : 1n),
  redirect_peer: (x) => redirect(x, 'bpf_redirect_peer', x.cpu.u32(1), x.cpu.unsigned(2), 0n),
  redirect_neigh: (x) => redirect(x, 'bpf_redirect_neigh', x.cpu.u32(1), x.cpu.unsigned(4), 0n),
  redirect_map: redirectMap,
  sk_redirect_map: (x) => redirectSocket(x, 'bpf_sk_redirect_map', false),
  msg_redirect_map: (x) => redirectSocket(x, 'bpf_msg_redirect_map', false),
  sk_redirect_hash: (x) => redirectSocket(x, 'bpf_sk_redirect_hash', true),
  msg_redirect_hash: (x) => redirectSocket(x, 'bpf_msg_redirect_hash', true),
  fib_lookup: fibLookup,
};
