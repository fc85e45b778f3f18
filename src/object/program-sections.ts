/**
 * Section name -> what kind of program it holds: program type, expected attach type, load flags and the type of the
 * context argument. The rules are those of libbpf 1.x, which every loader follows: a name is looked up in table
 * order, either as a whole or, where the table's name ends in `+`, also with `/` and a target behind it.
 * Numbers are the kernel's (uapi/linux/bpf.h of Linux 6.18); positions in the lists are those numbers.
 */

/** Program types in the order of `enum bpf_prog_type`, each with the struct its context argument points to. */
const PROGRAM_TYPES = [
  ['unspec', undefined],
  ['socket_filter', '__sk_buff'],
  ['kprobe', 'pt_regs'],
  ['sched_cls', '__sk_buff'],
  ['sched_act', '__sk_buff'],
  ['tracepoint', undefined],
  ['xdp', 'xdp_md'],
  ['perf_event', 'bpf_perf_event_data'],
  ['cgroup_skb', '__sk_buff'],
  ['cgroup_sock', 'bpf_sock'],
  ['lwt_in', '__sk_buff'],
  ['lwt_out', '__sk_buff'],
  ['lwt_xmit', '__sk_buff'],
  ['sock_ops', 'bpf_sock_ops'],
  ['sk_skb', '__sk_buff'],
  ['cgroup_device', 'bpf_cgroup_dev_ctx'],
  ['sk_msg', 'sk_msg_md'],
  ['raw_tracepoint', 'bpf_raw_tracepoint_args'],
  ['cgroup_sock_addr', 'bpf_sock_addr'],
  ['lwt_seg6local', '__sk_buff'],
  ['lirc_mode2', undefined],
  ['sk_reuseport', 'sk_reuseport_md'],
  ['flow_dissector', '__sk_buff'],
  ['cgroup_sysctl', 'bpf_sysctl'],
  ['raw_tracepoint_writable', 'bpf_raw_tracepoint_args'],
  ['cgroup_sockopt', 'bpf_sockopt'],
  ['tracing', undefined],
  ['struct_ops', undefined],
  ['ext', undefined],
  ['lsm', undefined],
  ['sk_lookup', 'bpf_sk_lookup'],
  ['syscall', undefined],
  ['netfilter', 'bpf_nf_ctx'],
] as const;

/** Attach types in the order of `enum bpf_attach_type`. */
const ATTACH_TYPES = [
  'cgroup_inet_ingress',
  'cgroup_inet_egress',
  'cgroup_inet_sock_create',
  'cgroup_sock_ops',
  'sk_skb_stream_parser',
  'sk_skb_stream_verdict',
  'cgroup_device',
  'sk_msg_verdict',
  'cgroup_inet4_bind',
  'cgroup_inet6_bind',
  'cgroup_inet4_connect',
  'cgroup_inet6_connect',
  'cgroup_inet4_post_bind',
  'cgroup_inet6_post_bind',
  'cgroup_udp4_sendmsg',
  'cgroup_udp6_sendmsg',
  'lirc_mode2',
  'flow_dissector',
  'cgroup_sysctl',
  'cgroup_udp4_recvmsg',
  'cgroup_udp6_recvmsg',
  'cgroup_getsockopt',
  'cgroup_setsockopt',
  'trace_raw_tp',
  'trace_fentry',
  'trace_fexit',
  'modify_return',
  'lsm_mac',
  'trace_iter',
  'cgroup_inet4_getpeername',
  'cgroup_inet6_getpeername',
  'cgroup_inet4_getsockname',
  'cgroup_inet6_getsockname',
  'xdp_devmap',
  'cgroup_inet_sock_release',
  'xdp_cpumap',
  'sk_lookup',
  'xdp',
  'sk_skb_verdict',
  'sk_reuseport_select',
  'sk_reuseport_select_or_migrate',
  'perf_event',
  'trace_kprobe_multi',
  'lsm_cgroup',
  'struct_ops',
  'netfilter',
  'tcx_ingress',
  'tcx_egress',
  'trace_uprobe_multi',
  'cgroup_unix_connect',
  'cgroup_unix_sendmsg',
  'cgroup_unix_recvmsg',
  'cgroup_unix_getpeername',
  'cgroup_unix_getsockname',
  'netkit_primary',
  'netkit_peer',
  'trace_kprobe_session',
  'trace_uprobe_session',
] as const;

/** A program type by the kernel's name in lower case, without `BPF_PROG_TYPE_`. */
export type ProgramTypeName = (typeof PROGRAM_TYPES)[number][0];
/** An attach type by the kernel's name in lower case, without `BPF_`. */
export type AttachTypeName = (typeof ATTACH_TYPES)[number];

type SectionRow = readonly [
  name: string,
  type: ProgramTypeName,
  attach: AttachTypeName | undefined,
  flags: string,
];

/**
 * Columns: section name; program type; expected attach type; flags: `sleepable`, `frags` (XDP on multi-buffer
 * packets), `btf` (the target after `/` is a BTF id to attach to), `optional` (old kernels are not told the
 * attach type).
 */
const SECTIONS: readonly SectionRow[] = [
  ['socket', 'socket_filter', undefined, ''],
  ['sk_reuseport/migrate', 'sk_reuseport', 'sk_reuseport_select_or_migrate', ''],
  ['sk_reuseport', 'sk_reuseport', 'sk_reuseport_select', ''],
  ['kprobe+', 'kprobe', undefined, ''],
  ['uprobe+', 'kprobe', undefined, ''],
  ['uprobe.s+', 'kprobe', undefined, 'sleepable'],
  ['kretprobe+', 'kprobe', undefined, ''],
  ['uretprobe+', 'kprobe', undefined, ''],
  ['uretprobe.s+', 'kprobe', undefined, 'sleepable'],
  ['kprobe.multi+', 'kprobe', 'trace_kprobe_multi', ''],
  ['kretprobe.multi+', 'kprobe', 'trace_kprobe_multi', ''],
  ['kprobe.session+', 'kprobe', 'trace_kprobe_session', ''],
  ['uprobe.multi+', 'kprobe', 'trace_uprobe_multi', ''],
  ['uretprobe.multi+', 'kprobe', 'trace_uprobe_multi', ''],
  ['uprobe.session+', 'kprobe', 'trace_uprobe_session', ''],
  ['uprobe.multi.s+', 'kprobe', 'trace_uprobe_multi', 'sleepable'],
  ['uretprobe.multi.s+', 'kprobe', 'trace_uprobe_multi', 'sleepable'],
  ['uprobe.session.s+', 'kprobe', 'trace_uprobe_session', 'sleepable'],
  ['ksyscall+', 'kprobe', undefined, ''],
  ['kretsyscall+', 'kprobe', undefined, ''],
  ['usdt+', 'kprobe', undefined, ''],
  ['usdt.s+', 'kprobe', undefined, 'sleepable'],
  ['tc/ingress', 'sched_cls', 'tcx_ingress', ''],
  ['tc/egress', 'sched_cls', 'tcx_egress', ''],
  ['tcx/ingress', 'sched_cls', 'tcx_ingress', ''],
  ['tcx/egress', 'sched_cls', 'tcx_egress', ''],
  ['tc', 'sched_cls', undefined, ''],
  ['classifier', 'sched_cls', undefined, ''],
  ['action', 'sched_act', undefined, ''],
  ['netkit/primary', 'sched_cls', 'netkit_primary', ''],
  ['netkit/peer', 'sched_cls', 'netkit_peer', ''],
  ['tracepoint+', 'tracepoint', undefined, ''],
  ['tp+', 'tracepoint', undefined, ''],
  ['raw_tracepoint+', 'raw_tracepoint', undefined, ''],
  ['raw_tp+', 'raw_tracepoint', undefined, ''],
  ['raw_tracepoint.w+', 'raw_tracepoint_writable', undefined, ''],
  ['raw_tp.w+', 'raw_tracepoint_writable', undefined, ''],
  ['tp_btf+', 'tracing', 'trace_raw_tp', 'btf'],
  ['fentry+', 'tracing', 'trace_fentry', 'btf'],
  ['fmod_ret+', 'tracing', 'modify_return', 'btf'],
  ['fexit+', 'tracing', 'trace_fexit', 'btf'],
  ['fentry.s+', 'tracing', 'trace_fentry', 'btf sleepable'],
  ['fmod_ret.s+', 'tracing', 'modify_return', 'btf sleepable'],
  ['fexit.s+', 'tracing', 'trace_fexit', 'btf sleepable'],
  ['freplace+', 'ext', undefined, 'btf'],
  ['lsm+', 'lsm', 'lsm_mac', 'btf'],
  ['lsm.s+', 'lsm', 'lsm_mac', 'btf sleepable'],
  ['lsm_cgroup+', 'lsm', 'lsm_cgroup', 'btf'],
  ['iter+', 'tracing', 'trace_iter', 'btf'],
  ['iter.s+', 'tracing', 'trace_iter', 'btf sleepable'],
  ['syscall', 'syscall', undefined, 'sleepable'],
  ['xdp.frags/devmap', 'xdp', 'xdp_devmap', 'frags'],
  ['xdp/devmap', 'xdp', 'xdp_devmap', ''],
  ['xdp.frags/cpumap', 'xdp', 'xdp_cpumap', 'frags'],
  ['xdp/cpumap', 'xdp', 'xdp_cpumap', ''],
  ['xdp.frags', 'xdp', 'xdp', 'frags'],
  ['xdp', 'xdp', 'xdp', 'optional'],
  ['perf_event', 'perf_event', undefined, ''],
  ['lwt_in', 'lwt_in', undefined, ''],
  ['lwt_out', 'lwt_out', undefined, ''],
  ['lwt_xmit', 'lwt_xmit', undefined, ''],
  ['lwt_seg6local', 'lwt_seg6local', undefined, ''],
  ['sockops', 'sock_ops', 'cgroup_sock_ops', 'optional'],
  ['sk_skb/stream_parser', 'sk_skb', 'sk_skb_stream_parser', 'optional'],
  ['sk_skb/stream_verdict', 'sk_skb', 'sk_skb_stream_verdict', 'optional'],
  ['sk_skb/verdict', 'sk_skb', 'sk_skb_verdict', 'optional'],
  ['sk_skb', 'sk_skb', undefined, ''],
  ['sk_msg', 'sk_msg', 'sk_msg_verdict', 'optional'],
  ['lirc_mode2', 'lirc_mode2', 'lirc_mode2', 'optional'],
  ['flow_dissector', 'flow_dissector', 'flow_dissector', 'optional'],
  ['cgroup_skb/ingress', 'cgroup_skb', 'cgroup_inet_ingress', 'optional'],
  ['cgroup_skb/egress', 'cgroup_skb', 'cgroup_inet_egress', 'optional'],
  ['cgroup/skb', 'cgroup_skb', undefined, ''],
  ['cgroup/sock_create', 'cgroup_sock', 'cgroup_inet_sock_create', ''],
  ['cgroup/sock_release', 'cgroup_sock', 'cgroup_inet_sock_release', ''],
  ['cgroup/sock', 'cgroup_sock', 'cgroup_inet_sock_create', 'optional'],
  ['cgroup/post_bind4', 'cgroup_sock', 'cgroup_inet4_post_bind', ''],
  ['cgroup/post_bind6', 'cgroup_sock', 'cgroup_inet6_post_bind', ''],
  ['cgroup/bind4', 'cgroup_sock_addr', 'cgroup_inet4_bind', ''],
  ['cgroup/bind6', 'cgroup_sock_addr', 'cgroup_inet6_bind', ''],
  ['cgroup/connect4', 'cgroup_sock_addr', 'cgroup_inet4_connect', ''],
  ['cgroup/connect6', 'cgroup_sock_addr', 'cgroup_inet6_connect', ''],
  ['cgroup/connect_unix', 'cgroup_sock_addr', 'cgroup_unix_connect', ''],
  ['cgroup/sendmsg4', 'cgroup_sock_addr', 'cgroup_udp4_sendmsg', ''],
  ['cgroup/sendmsg6', 'cgroup_sock_addr', 'cgroup_udp6_sendmsg', ''],
  ['cgroup/sendmsg_unix', 'cgroup_sock_addr', 'cgroup_unix_sendmsg', ''],
  ['cgroup/recvmsg4', 'cgroup_sock_addr', 'cgroup_udp4_recvmsg', ''],
  ['cgroup/recvmsg6', 'cgroup_sock_addr', 'cgroup_udp6_recvmsg', ''],
  ['cgroup/recvmsg_unix', 'cgroup_sock_addr', 'cgroup_unix_recvmsg', ''],
  ['cgroup/getpeername4', 'cgroup_sock_addr', 'cgroup_inet4_getpeername', ''],
  ['cgroup/getpeername6', 'cgroup_sock_addr', 'cgroup_inet6_getpeername', ''],
  ['cgroup/getpeername_unix', 'cgroup_sock_addr', 'cgroup_unix_getpeername', ''],
  ['cgroup/getsockname4', 'cgroup_sock_addr', 'cgroup_inet4_getsockname', ''],
  ['cgroup/getsockname6', 'cgroup_sock_addr', 'cgroup_inet6_getsockname', ''],
  ['cgroup/getsockname_unix', 'cgroup_sock_addr', 'cgroup_unix_getsockname', ''],
  ['cgroup/sysctl', 'cgroup_sysctl', 'cgroup_sysctl', ''],
  ['cgroup/getsockopt', 'cgroup_sockopt', 'cgroup_getsockopt', ''],
  ['cgroup/setsockopt', 'cgroup_sockopt', 'cgroup_setsockopt', ''],
  ['cgroup/dev', 'cgroup_device', 'cgroup_device', 'optional'],
  ['struct_ops+', 'struct_ops', undefined, ''],
  ['struct_ops.s+', 'struct_ops', undefined, 'sleepable'],
  ['sk_lookup', 'sk_lookup', 'sk_lookup', ''],
  ['netfilter', 'netfilter', 'netfilter', ''],
];

/** What a section's name says about the program in it. */
export interface ProgramSection {
  readonly type: ProgramTypeName;
  /** `BPF_PROG_TYPE_*`. */
  readonly typeNumber: number;
  readonly attachType: AttachTypeName | undefined;
  /** `expected_attach_type`; 0 when there is none. */
  readonly attachTypeNumber: number;
  /** True when the expected attach type is left out on kernels that do not know it. */
  readonly attachTypeOptional: boolean;
  readonly sleepable: boolean;
  /** True when XDP takes packets in several buffers. */
  readonly xdpFrags: boolean;
  /** True when the program attaches to a kernel function or hook by BTF id. */
  readonly attachBtf: boolean;
  /** The struct that the context argument points to; undefined where it depends on the target or is an array of words. */
  readonly contextType: string | undefined;
  /** What follows the first `/` after the table's name: a function, a tracepoint, a hook. */
  readonly target: string | undefined;
  /** False for `SEC("?...")`: not loaded unless the user asks for it. */
  readonly autoload: boolean;
}

function makeSection(row: SectionRow, target: string | undefined, autoload: boolean): ProgramSection {
  const [, type, attachType, flags] = row;
  const has = (flag: string): boolean => flags.split(' ').includes(flag);
  const typeNumber = PROGRAM_TYPES.findIndex(([name]) => name === type);
  return {
    type,
    typeNumber,
    attachType,
    attachTypeNumber: attachType === undefined ? 0 : ATTACH_TYPES.indexOf(attachType),
    attachTypeOptional: has('optional'),
    sleepable: has('sleepable'),
    xdpFrags: has('frags'),
    attachBtf: has('btf'),
    contextType: PROGRAM_TYPES[typeNumber]?.[1],
    target,
    autoload,
  };
}

/** Rows by the name that stands before any target. */
const ROW_BY_NAME: ReadonlyMap<string, SectionRow> = new Map(
  SECTIONS.map((row) => [row[0].replace(/\+$/, ''), row]),
);

/**
 * The kind of program that a section holds; undefined when the name is not a program section's (`.text`, `maps`,
 * an unknown name that the loader has to be told about).
 */
export function programTypeOf(sectionName: string): ProgramSection | undefined {
  const autoload = !sectionName.startsWith('?');
  const name = autoload ? sectionName : sectionName.slice(1);
  const whole = ROW_BY_NAME.get(name);
  if (whole !== undefined) return makeSection(whole, undefined, autoload);
  const slash = name.indexOf('/');
  if (slash < 0) return undefined;
  const prefixed = ROW_BY_NAME.get(name.slice(0, slash));
  if (prefixed === undefined || !prefixed[0].endsWith('+')) return undefined;
  return makeSection(prefixed, name.slice(slash + 1), autoload);
}

/** All section names of the table, for messages and completion; those ending in `+` may have a target. */
export const PROGRAM_SECTION_NAMES: readonly string[] = SECTIONS.map(([name]) => name);
