/**
 * The context structs of program types as one table: fields with their places, who may write them, and which are
 * pointers in disguise (uapi/linux/bpf.h and arch/x86/include/asm/ptrace.h of Linux 6.18). The machine serves
 * accesses from here, the compiler learns what a pointer leads to; names are those of the C structs, so that tests
 * set and read fields by them.
 */

import type { ProgramTypeName } from './program-sections.ts';

/**
 * How a field is read: as its bytes; as a pointer into the packet although it has 32 bits (the kernel rewrites the
 * access); or as a pointer to memory that the test gives.
 */
export type FieldKind = 'plain' | 'data' | 'data_end' | 'data_meta' | 'pointer';

/** What the verifier takes the value of a pointer field for. */
export type FieldPointee = 'packet' | 'packet_end' | 'socket' | 'memory' | 'btf';

export interface ContextField {
  readonly name: string;
  readonly offset: number;
  /** Bytes of an element, and elements. */
  readonly size: number;
  readonly count: number;
  readonly kind: FieldKind;
  /** For all kinds but `plain`. */
  readonly pointee: FieldPointee | undefined;
}

export interface ContextLayout {
  readonly struct: string;
  readonly size: number;
  readonly fields: readonly ContextField[];
}

/**
 * One struct as text: `name:size`, `name:size*count`, `name@kind` for the 4-byte pointers of a packet, `name@pointee`
 * for pointers of 8 bytes; `:n` alone is a hole.
 */
const STRUCTS = {
  __sk_buff:
    'len:4 pkt_type:4 mark:4 queue_mapping:4 protocol:4 vlan_present:4 vlan_tci:4 vlan_proto:4 priority:4 ' +
    'ingress_ifindex:4 ifindex:4 tc_index:4 cb:4*5 hash:4 tc_classid:4 data@data data_end@data_end napi_id:4 ' +
    'family:4 remote_ip4:4 local_ip4:4 remote_ip6:4*4 local_ip6:4*4 remote_port:4 local_port:4 data_meta@data_meta ' +
    'flow_keys@memory tstamp:8 wire_len:4 gso_segs:4 sk@socket gso_size:4 tstamp_type:1 :3 hwtstamp:8',
  xdp_md:
    'data@data data_end@data_end data_meta@data_meta ingress_ifindex:4 rx_queue_index:4 egress_ifindex:4',
  bpf_sock:
    'bound_dev_if:4 family:4 type:4 protocol:4 mark:4 priority:4 src_ip4:4 src_ip6:4*4 src_port:4 dst_port:2 :2 ' +
    'dst_ip4:4 dst_ip6:4*4 state:4 rx_queue_mapping:4',
  bpf_sock_addr:
    'user_family:4 user_ip4:4 user_ip6:4*4 user_port:4 family:4 type:4 protocol:4 msg_src_ip4:4 msg_src_ip6:4*4 sk@socket',
  bpf_sock_ops:
    'op:4 args:4*4 family:4 remote_ip4:4 local_ip4:4 remote_ip6:4*4 local_ip6:4*4 remote_port:4 local_port:4 ' +
    'is_fullsock:4 snd_cwnd:4 srtt_us:4 bpf_sock_ops_cb_flags:4 state:4 rtt_min:4 snd_ssthresh:4 rcv_nxt:4 snd_nxt:4 ' +
    'snd_una:4 mss_cache:4 ecn_flags:4 rate_delivered:4 rate_interval_us:4 packets_out:4 retrans_out:4 ' +
    'total_retrans:4 segs_in:4 data_segs_in:4 segs_out:4 data_segs_out:4 lost_out:4 sacked_out:4 sk_txhash:4 :4 ' +
    'bytes_received:8 bytes_acked:8 sk@socket skb_data@packet skb_data_end@packet_end skb_len:4 skb_tcp_flags:4 skb_hwtstamp:8',
  bpf_sockopt: 'sk@socket optval@packet optval_end@packet_end level:4 optname:4 optlen:4 retval:4',
  bpf_sysctl: 'write:4 file_pos:4',
  bpf_cgroup_dev_ctx: 'access_type:4 major:4 minor:4',
  sk_msg_md:
    'data@packet data_end@packet_end family:4 remote_ip4:4 local_ip4:4 remote_ip6:4*4 local_ip6:4*4 remote_port:4 ' +
    'local_port:4 size:4 sk@socket',
  sk_reuseport_md:
    'data@packet data_end@packet_end len:4 eth_protocol:4 ip_protocol:4 bind_inany:4 hash:4 :4 sk@socket migrating_sk@socket',
  bpf_sk_lookup:
    'sk@socket family:4 protocol:4 remote_ip4:4 remote_ip6:4*4 remote_port:2 :2 local_ip4:4 local_ip6:4*4 ' +
    'local_port:4 ingress_ifindex:4',
  bpf_nf_ctx: 'state@btf skb@btf',
  bpf_perf_event_data:
    'r15:8 r14:8 r13:8 r12:8 rbp:8 rbx:8 r11:8 r10:8 r9:8 r8:8 rax:8 rcx:8 rdx:8 rsi:8 rdi:8 orig_rax:8 rip:8 cs:8 ' +
    'eflags:8 rsp:8 ss:8 sample_period:8 addr:8',
  pt_regs:
    'r15:8 r14:8 r13:8 r12:8 rbp:8 rbx:8 r11:8 r10:8 r9:8 r8:8 rax:8 rcx:8 rdx:8 rsi:8 rdi:8 orig_rax:8 rip:8 cs:8 ' +
    'eflags:8 rsp:8 ss:8',
  bpf_raw_tracepoint_args: 'args:8*12',
  /** Arguments of traced kernel functions and of struct_ops: words, each perhaps a pointer. */
  arguments: 'args:8*13',
} as const;

type ContextStruct = keyof typeof STRUCTS;

interface TypeRow {
  readonly struct: ContextStruct;
  /** Names of fields that programs write; `*` for all. */
  readonly writable: string;
  /** Names that the type must not touch. */
  readonly hidden?: string;
  /** Whether and how the program has the packet. */
  readonly packet?: 'read' | 'write' | 'hidden';
}

const SKB_HIDDEN = 'data_meta tstamp tstamp_type wire_len hwtstamp tc_classid';
const SKB_SOCKET = 'family remote_ip4 local_ip4 remote_ip6 local_ip6 remote_port local_port';

/** By program type. Types that are not here take raw bytes as context (tracepoint records, syscall arguments). */
const TYPES: Partial<Record<ProgramTypeName, TypeRow>> = {
  socket_filter: {
    struct: '__sk_buff',
    writable: 'cb',
    hidden: `${SKB_HIDDEN} ${SKB_SOCKET} data data_end`,
    packet: 'hidden',
  },
  sched_cls: {
    struct: '__sk_buff',
    writable: 'mark tc_index priority tc_classid cb tstamp queue_mapping',
    hidden: SKB_SOCKET,
    packet: 'write',
  },
  sched_act: {
    struct: '__sk_buff',
    writable: 'mark tc_index priority tc_classid cb tstamp queue_mapping',
    hidden: SKB_SOCKET,
    packet: 'write',
  },
  cgroup_skb: {
    struct: '__sk_buff',
    writable: 'mark priority cb tstamp',
    hidden: 'data_meta tc_classid wire_len',
    packet: 'read',
  },
  lwt_in: {
    struct: '__sk_buff',
    writable: 'mark priority cb',
    hidden: `${SKB_HIDDEN} ${SKB_SOCKET}`,
    packet: 'read',
  },
  lwt_out: {
    struct: '__sk_buff',
    writable: 'mark priority cb',
    hidden: `${SKB_HIDDEN} ${SKB_SOCKET}`,
    packet: 'read',
  },
  lwt_xmit: {
    struct: '__sk_buff',
    writable: 'mark priority cb',
    hidden: `${SKB_HIDDEN} ${SKB_SOCKET}`,
    packet: 'write',
  },
  lwt_seg6local: {
    struct: '__sk_buff',
    writable: 'mark priority cb',
    hidden: `${SKB_HIDDEN} ${SKB_SOCKET}`,
    packet: 'read',
  },
  sk_skb: { struct: '__sk_buff', writable: 'tc_index priority cb', hidden: SKB_HIDDEN, packet: 'write' },
  flow_dissector: {
    struct: '__sk_buff',
    writable: '',
    hidden: `${SKB_HIDDEN} ${SKB_SOCKET}`,
    packet: 'read',
  },
  xdp: { struct: 'xdp_md', writable: '', packet: 'write' },
  cgroup_sock: { struct: 'bpf_sock', writable: 'bound_dev_if mark priority' },
  cgroup_sock_addr: {
    struct: 'bpf_sock_addr',
    writable: 'user_ip4 user_ip6 user_port msg_src_ip4 msg_src_ip6',
  },
  sock_ops: { struct: 'bpf_sock_ops', writable: 'args sk_txhash' },
  cgroup_sockopt: { struct: 'bpf_sockopt', writable: 'level optname optlen retval' },
  cgroup_sysctl: { struct: 'bpf_sysctl', writable: 'file_pos' },
  cgroup_device: { struct: 'bpf_cgroup_dev_ctx', writable: '' },
  sk_msg: { struct: 'sk_msg_md', writable: '', packet: 'write' },
  sk_reuseport: { struct: 'sk_reuseport_md', writable: '', packet: 'read' },
  sk_lookup: { struct: 'bpf_sk_lookup', writable: '' },
  netfilter: { struct: 'bpf_nf_ctx', writable: '' },
  perf_event: { struct: 'bpf_perf_event_data', writable: '' },
  kprobe: { struct: 'pt_regs', writable: '' },
  raw_tracepoint: { struct: 'bpf_raw_tracepoint_args', writable: '' },
  raw_tracepoint_writable: { struct: 'bpf_raw_tracepoint_args', writable: '' },
  tracing: { struct: 'arguments', writable: '' },
  lsm: { struct: 'arguments', writable: '' },
  struct_ops: { struct: 'arguments', writable: '' },
  ext: { struct: 'arguments', writable: '' },
};

/** What the four-byte pointers of a packet lead to. */
const PACKET_KINDS: Readonly<Record<'data' | 'data_end' | 'data_meta', FieldPointee>> = {
  data: 'packet',
  data_end: 'packet_end',
  data_meta: 'packet',
};

const POINTEES: readonly FieldPointee[] = ['packet', 'packet_end', 'socket', 'memory', 'btf'];

function kindOf(separator: string | undefined, word: string): Pick<ContextField, 'kind' | 'pointee'> {
  if (separator !== '@') return { kind: 'plain', pointee: undefined };
  if (word === 'data' || word === 'data_end' || word === 'data_meta')
    return { kind: word, pointee: PACKET_KINDS[word] };
  return { kind: 'pointer', pointee: POINTEES.find((name) => name === word) };
}

function parseLayout(struct: string, text: string): ContextLayout {
  const fields: ContextField[] = [];
  let offset = 0;
  for (const item of text.split(' ')) {
    const [, name = '', separator, rest = ''] = /^(\w*)([:@])(.+)$/.exec(item) ?? [];
    const { kind, pointee } = kindOf(separator, rest);
    const [size = '8', count = '1'] = separator === ':' ? rest.split('*') : [kind === 'pointer' ? '8' : '4'];
    if (size === '8' && name !== '') offset = (offset + 7) & ~7;
    if (name !== '') fields.push({ name, offset, size: Number(size), count: Number(count), kind, pointee });
    offset += Number(size) * Number(count);
  }
  const align = fields.some(({ size }) => size === 8) ? 7 : 3;
  return { struct, fields, size: (offset + align) & ~align };
}

const LAYOUTS: ReadonlyMap<string, ContextLayout> = new Map(
  Object.entries(STRUCTS).map(([name, text]) => [name, parseLayout(name, text)]),
);

/** The layout of a context struct by its name in C; `arguments` is an array of words. */
export function contextLayout(struct: string): ContextLayout | undefined {
  return LAYOUTS.get(struct);
}

/** What a program type may do with its context. */
export interface ContextRules {
  readonly layout: ContextLayout;
  readonly isWritable: (field: ContextField) => boolean;
  readonly isHidden: (field: ContextField) => boolean;
  readonly packet: 'read' | 'write' | 'hidden' | undefined;
}

/** The rules of a program type; undefined where the context is raw bytes. */
export function contextRules(type: ProgramTypeName): ContextRules | undefined {
  const row = TYPES[type];
  const layout = row === undefined ? undefined : contextLayout(row.struct);
  if (row === undefined || layout === undefined) return undefined;
  const writable = row.writable.split(' ');
  const hidden = row.hidden?.split(' ') ?? [];
  return {
    layout,
    isWritable: ({ name }) => writable.includes(name),
    isHidden: ({ name }) => hidden.includes(name),
    packet: row.packet,
  };
}
