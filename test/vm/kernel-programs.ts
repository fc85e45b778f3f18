/** The programs that machine and kernel have to agree on, by name: XDP programs, and TC programs on socket buffers. */

import { load64 } from './tools.ts';

const VALUES = [
  0n,
  1n,
  7n,
  63n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0001n,
  1n << 63n,
  (1n << 64n) - 1n,
  0xdead_beef_cafe_f00dn,
];

/** Folds r6 into r0 so that every bit counts. */
const FOLD = 'r0 = r6\nr0 >>= 32\nw0 ^= w6\nexit';

/** An operation on all pairs of values, results mixed into r6. */
function sweep(operation: string): string {
  const parts = VALUES.flatMap((a) =>
    VALUES.map((b) => `${load64(1, a)}\n${load64(2, b)}\n${operation}\nr6 *= 31\nr6 += r1`),
  );
  return `r6 = 1\n${parts.join('\n')}\n${FOLD}`;
}

const OPERATIONS: Readonly<Record<string, string>> = {
  mul64: 'r1 *= r2',
  div64: 'r1 /= r2',
  mod64: 'r1 %= r2',
  sdiv64: 'r1 s/= r2',
  smod64: 'r1 s%= r2',
  div32: 'w1 /= w2',
  mod32: 'w1 %= w2',
  sdiv32: 'w1 s/= w2',
  smod32: 'w1 s%= w2',
  mul32: 'w1 *= w2',
  shifts: 'r2 &= 63\nr3 = r1\nr3 <<= r2\nr4 = r1\nr4 >>= r2\nr1 s>>= r2\nr1 ^= r3\nr1 += r4',
  shifts32: 'w2 &= 31\nw3 = w1\nw3 <<= w2\nw4 = w1\nw4 >>= w2\nw1 s>>= w2\nr1 ^= r3\nr1 += r4',
  swaps:
    'r3 = r1\nr3 = be16 r3\nr4 = r1\nr4 = bswap32 r4\nr5 = r2\nr5 = be64 r5\nr1 = le32 r1\nr1 += r3\nr1 ^= r4\nr1 += r5',
  extensions: 'r3 = (s8)r1\nr4 = (s16)r2\nr5 = (s32)r1\nw1 = (s8)w1\nr1 += r3\nr1 ^= r4\nr1 += r5',
};

const ALU = Object.fromEntries(
  Object.entries(OPERATIONS).map(([name, text]) => [`alu_${name}`, sweep(text)]),
);

const ATOMICS = `
  r6 = 5
  *(u64 *)(r10 - 8) = r6
  r1 = 7
  r1 = atomic_fetch_add((u64 *)(r10 - 8), r1)
  r6 += r1
  w2 = -1
  w2 = atomic_fetch_xor((u32 *)(r10 - 8), w2)
  r6 *= 3
  r6 += r2
  r0 = *(u64 *)(r10 - 8)
  r3 = 9
  r0 = cmpxchg_64(r10 - 8, r0, r3)
  r6 ^= r0
  lock *(u32 *)(r10 - 4) += w3
  r1 = *(u64 *)(r10 - 8)
  r6 += r1
  ${FOLD}`;

/** Runs a body with r6 the context, r7 data and r8 data_end with at least `size` bytes, from XDP or skb. */
function withPacket(kind: 'xdp' | 'skb', size: number, body: string): string {
  const [data, end] = kind === 'xdp' ? [0, 4] : [76, 80];
  return `
  r6 = r1
  r7 = *(u32 *)(r6 + ${data})
  r8 = *(u32 *)(r6 + ${end})
  r1 = r7
  r1 += ${size}
  r0 = 0
  if r1 > r8 goto L_out%
  ${body}
L_out%:
  exit`.replaceAll('%', `${labels++}`);
}
let labels = 0;

const call = (name: string, ...args: (number | string)[]): string =>
  [
    'r1 = r6',
    ...args.map((value, i) => (typeof value === 'number' ? `r${i + 2} = ${value}` : `r${i + 2} = ${value}`)),
    `call bpf_${name}`,
  ].join('\n');

const XDP_CALLS: Readonly<Record<string, readonly [string, ...number[]]>> = {
  head_in: ['xdp_adjust_head', 14],
  head_out: ['xdp_adjust_head', -20],
  head_limit: ['xdp_adjust_head', -216],
  head_beyond: ['xdp_adjust_head', -217],
  head_all: ['xdp_adjust_head', 60],
  tail_shrink: ['xdp_adjust_tail', -10],
  tail_shrink_too_far: ['xdp_adjust_tail', -60],
  tail_grow: ['xdp_adjust_tail', 100],
  meta: ['xdp_adjust_meta', -8],
  meta_odd: ['xdp_adjust_meta', -7],
  meta_large: ['xdp_adjust_meta', -252],
  meta_positive: ['xdp_adjust_meta', 4],
  redirect: ['redirect', 1],
};

const xdpCall = ([name, ...args]: readonly [string, ...number[]]): string =>
  `r6 = r1\n${call(name, ...args)}\nexit`;

/** bpf_csum_diff over packet-independent memory on the stack. */
const csumDiff = (fromSize: number, toSize: number, seed: number): string => `
  r6 = r1
  r1 = ${load64(2, 0x1122_3344_5566_7788n).slice(5)}
  *(u64 *)(r10 - 16) = r1
  r1 = ${load64(2, 0xf00d_cafe_dead_beefn).slice(5)}
  *(u64 *)(r10 - 8) = r1
  r1 = r10
  r1 += -16
  r2 = ${fromSize}
  r3 = r10
  r3 += -8
  r4 = ${toSize}
  r5 = ${seed}
  call bpf_csum_diff
  exit`;

export const XDP_PROGRAMS: Readonly<Record<string, string>> = {
  ...ALU,
  atomics: ATOMICS,
  ...Object.fromEntries(Object.entries(XDP_CALLS).map(([name, row]) => [name, xdpCall(row)])),
  length: 'call bpf_xdp_get_buff_len\nexit',
  fields: `r2 = *(u32 *)(r1 + 12)\nr0 = *(u32 *)(r1 + 16)\nr0 <<= 8\nr0 += r2\nexit`,
  swap_macs: withPacket(
    'xdp',
    14,
    `r1 = *(u32 *)(r7 + 0)
    r2 = *(u16 *)(r7 + 4)
    r3 = *(u32 *)(r7 + 6)
    r4 = *(u16 *)(r7 + 10)
    *(u32 *)(r7 + 0) = r3
    *(u16 *)(r7 + 4) = r4
    *(u32 *)(r7 + 6) = r1
    *(u16 *)(r7 + 10) = r2
    r0 = 3`,
  ),
  unaligned: withPacket(
    'xdp',
    40,
    'r0 = *(u64 *)(r7 + 13)\nr1 = *(u32 *)(r7 + 31)\nr0 ^= r1\n*(u64 *)(r7 + 15) = r0',
  ),
  too_short: withPacket('xdp', 200, 'r0 = 1'),
  csum_both: csumDiff(8, 8, 0),
  csum_seed: csumDiff(8, 4, 0x12345),
  csum_from: csumDiff(8, 0, 77),
  csum_to: csumDiff(0, 8, -3),
  csum_none: csumDiff(0, 0, 0x7654321),
  csum_odd: csumDiff(4, 3, 0),
  load_bytes: `r6 = r1\n*(u64 *)(r10 - 8) = 0\nr3 = r10\nr3 += -8\nr2 = 20\nr4 = 8\ncall bpf_xdp_load_bytes\nr1 = *(u32 *)(r10 - 8)\nr0 += r1\nexit`,
  load_bytes_beyond: `r6 = r1\n*(u64 *)(r10 - 8) = 7\nr3 = r10\nr3 += -8\nr2 = 60\nr4 = 8\ncall bpf_xdp_load_bytes\nr1 = *(u32 *)(r10 - 8)\nr0 += r1\nexit`,
  store_bytes: `r6 = r1\n*(u64 *)(r10 - 8) = 1234\nr3 = r10\nr3 += -8\nr2 = 20\nr4 = 8\ncall bpf_xdp_store_bytes\nexit`,
  shrink_and_write: `r6 = r1\n${call('xdp_adjust_tail', 40)}\n${call('xdp_adjust_head', -4)}\n${withPacket('xdp', 14, '*(u32 *)(r7 + 0) = 16909060\nr0 = 3').replace('r6 = r1', '')}`,
};

const skbCall = (name: string, ...args: (number | string)[]): string =>
  `r6 = r1\n${call(name, ...args)}\nexit`;

/** Several calls whose results are mixed, then the length and protocol. */
const chain = (...calls: string[]): string =>
  `r6 = r1\nr9 = 0\n${calls.map((text) => `${text}\nr9 *= 7\nr9 += r0`).join('\n')}
  r0 = *(u32 *)(r6 + 0)\nr9 += r0\nr0 = *(u32 *)(r6 + 16)\nr9 ^= r0\nr0 = r9\nexit`;

/** Stack bytes that store helpers copy from. */
const STACK = `r1 = ${load64(2, 0x0807_0605_0403_0201n).slice(5)}\n*(u64 *)(r10 - 8) = r1\n`;

const store = (offset: number, length: number, flags: number): string => `r6 = r1
  ${STACK}
  r1 = r6
  r2 = ${offset}
  r3 = r10
  r3 += -8
  r4 = ${length}
  r5 = ${flags}
  call bpf_skb_store_bytes
  exit`;

const load = (offset: number, length: number): string => `r6 = r1
  ${STACK}
  r1 = r6
  r2 = ${offset}
  r3 = r10
  r3 += -8
  r4 = ${length}
  call bpf_skb_load_bytes
  r1 = *(u64 *)(r10 - 8)
  r1 *= 31
  r0 += r1
  r1 >>= 32
  w0 ^= w1
  exit`;

const field = (offset: number, size = 32): string => `r0 = *(u${size} *)(r1 + ${offset})\nexit`;

export const SKB_PROGRAMS: Readonly<Record<string, string>> = {
  field_len: field(0),
  field_pkt_type: field(4),
  field_protocol: field(16),
  field_vlan: field(20),
  field_ifindex: field(40),
  field_ingress: field(36),
  field_wire_len: field(160),
  field_narrow: field(1, 8),
  field_mark: '*(u32 *)(r1 + 8) = 99\nr0 = *(u8 *)(r1 + 8)\nexit',
  field_cb:
    '*(u32 *)(r1 + 48) = 5\n*(u32 *)(r1 + 52) = 6\nr0 = *(u64 *)(r1 + 48)\nr2 = r0\nr2 >>= 30\nr0 += r2\nexit',
  store: store(20, 8, 0),
  store_hash: store(0, 6, 3),
  store_beyond: store(60, 8, 0),
  store_bad_flags: store(20, 8, 8),
  load: load(20, 8),
  load_beyond: load(60, 8),
  load_end: load(56, 8),
  l3_0: chain(call('l3_csum_replace', 24, 0, 0x1234, 0)),
  l3_2: chain(call('l3_csum_replace', 24, 0x0100, 0x0200, 2)),
  l3_4: chain(call('l3_csum_replace', 24, 0x0100000a, 0x0200000b, 4)),
  l3_odd: chain(call('l3_csum_replace', 25, 1, 2, 2)),
  l3_bad_size: chain(call('l3_csum_replace', 24, 1, 2, 3)),
  l3_bad_from: chain(call('l3_csum_replace', 24, 1, 2, 0)),
  l4_2: chain(call('l4_csum_replace', 40, 0x1111, 0x2222, 2)),
  l4_4_pseudo: chain(call('l4_csum_replace', 40, 0x0100000a, 0x0900000a, 0x14)),
  l4_mangled: chain(call('l4_csum_replace', 40, 0x1111, 0x2222, 0x22)),
  l4_far: chain(call('l4_csum_replace', 70000, 0x1111, 0x2222, 2)),
  vlan_push: chain(call('skb_vlan_push', 0x81, 5)),
  vlan_push_twice: chain(call('skb_vlan_push', 0x81, 5), call('skb_vlan_push', 0xa888, 6)),
  vlan_push_pop: chain(call('skb_vlan_push', 0x81, 5), call('skb_vlan_pop')),
  vlan_pop_none: chain(call('skb_vlan_pop')),
  vlan_pop_tagged: chain(call('skb_vlan_pop')),
  vlan_fields_tagged:
    'r0 = *(u32 *)(r1 + 20)\nr2 = *(u32 *)(r1 + 24)\nr0 <<= 16\nr0 += r2\nr2 = *(u32 *)(r1 + 0)\nr0 ^= r2\nexit',
  change_proto: chain(call('skb_change_proto', 0xdd86, 0)),
  change_proto_same: chain(call('skb_change_proto', 0x8, 0)),
  change_type: chain(call('skb_change_type', 3, 0)),
  change_type_bad: chain(call('skb_change_type', 4, 0)),
  change_tail_grow: chain(call('skb_change_tail', 100, 0)),
  change_tail_shrink: chain(call('skb_change_tail', 40, 0)),
  change_tail_too_short: chain(call('skb_change_tail', 10, 0)),
  change_head: chain(call('skb_change_head', 14, 0)),
  room_mac: chain(call('skb_adjust_room', 20, 1, 0)),
  room_net: chain(call('skb_adjust_room', 8, 0, 0)),
  room_net_shrink: chain(call('skb_adjust_room', -8, 0, 0)),
  room_too_much: chain(call('skb_adjust_room', 5000, 0, 0)),
  room_shrink_too_much: chain(call('skb_adjust_room', -40, 0, 0)),
  room_bad_mode: chain(call('skb_adjust_room', 4, 7, 0)),
  pull: chain(call('skb_pull_data', 64), call('skb_pull_data', 65), call('skb_pull_data', 0)),
  csum_update: chain(call('csum_update', 5)),
  ecn: chain(call('skb_ecn_set_ce')),
  set_hash: 'r6 = r1\nr2 = 77\ncall bpf_set_hash\nr0 = *(u32 *)(r6 + 68)\nexit',
  redirect: 'r1 = 1\nr2 = 0\ncall bpf_redirect\nexit',
  redirect_bad: 'r1 = 1\nr2 = 8\ncall bpf_redirect\nexit',
  ld_abs:
    'r6 = r1\nr0 = *(u16 *)skb[12]\nr7 = r0\nr0 = *(u32 *)skb[26]\nr0 ^= r7\nr7 = r0\nr0 = *(u8 *)skb[23]\nr0 += r7\nexit',
  ld_abs_beyond: 'r6 = r1\nr0 = *(u32 *)skb[61]\nr0 = 5\nexit',
  ld_ind: 'r6 = r1\nr7 = 10\nr0 = *(u16 *)skb[r7 + 2]\nexit',
  ld_abs_net: 'r6 = r1\nr0 = *(u32 *)skb[-1048564]\nexit',
  ld_abs_link: 'r6 = r1\nr0 = *(u32 *)skb[-2097140]\nexit',
  write: withPacket('skb', 34, '*(u32 *)(r7 + 30) = 16909060\nr0 = *(u16 *)(r7 + 12)'),
  load_relative: `r6 = r1\n${STACK}r1 = r6\nr2 = 12\nr3 = r10\nr3 += -8\nr4 = 8\nr5 = 1\ncall bpf_skb_load_bytes_relative\nr1 = *(u32 *)(r10 - 8)\nr0 += r1\nexit`,
  unused_call: skbCall('get_hash_recalc').replace('exit', 'r0 = 0\nexit'),
};
