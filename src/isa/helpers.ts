/**
 * The numbered helper functions of the kernel, up to Linux 6.18: the one table that everything else derives from
 * (`sysroot/bpf/bpf_helper_defs.h`, `enum bpf_func_id`, provenance of call results, memory effects of calls, the VM, docs).
 *
 * In:  nothing; the rows are facts of the kernel's interface (number, C prototype, what the verifier demands of
 *      each argument and knows about the result).
 * Out: `HELPERS` in order of number, `helperById`, `helperByName`.
 *
 * Invariants, checked by test/sysroot/helpers.test.ts: numbers are dense from 1, names are unique, a memory argument
 * that takes its size from the next argument is followed by a size, and there are as many kinds as parameters.
 *
 * The set is closed: since Linux 6.2 the kernel adds kfuncs (found by BTF) instead of numbered helpers.
 */

/**
 * What an argument means to the verifier, and so to every pass that asks what a call reads and writes. `size` says
 * how many bytes are touched: by the following argument, by the map's definition, by the whole object that the pointer
 * came from, or a fixed number. Kinds that name kernel objects touch no memory of the program. `contents` is for what is
 * written: `filled` when the call writes every byte even if it fails; `wanted` when bytes that were written before are
 * asked for nonetheless (by kernels before 6.12, or where the map is a Bloom filter); `tracked` when the kernel looks after
 * the memory from then on, so that later writes to it matter.
 */
export const ARGUMENT_KINDS = {
  /** An integer, or an address that the kernel reads with fault handling (`bpf_probe_read`). */
  scalar: { pointer: false, access: 'none', size: 'none', nullable: false },
  /** Byte count of the memory argument before it; at least 1. */
  size: { pointer: false, access: 'none', size: 'none', nullable: false },
  /** Byte count of the memory argument before it; 0 allowed. */
  'size-or-zero': { pointer: false, access: 'none', size: 'none', nullable: false },
  /** An integer that the verifier must know exactly. */
  constant: { pointer: false, access: 'none', size: 'none', nullable: false },
  /** The program's context, unmodified. */
  ctx: { pointer: true, access: 'none', size: 'none', nullable: false },
  map: { pointer: true, access: 'none', size: 'none', nullable: false },
  key: { pointer: true, access: 'read', size: 'map-key', nullable: false },
  value: { pointer: true, access: 'read', size: 'map-value', nullable: false },
  'value-or-null': { pointer: true, access: 'read', size: 'map-value', nullable: true },
  'value-out': { pointer: true, access: 'write', size: 'map-value', nullable: false, contents: 'wanted' },
  'mem-in': { pointer: true, access: 'read', size: 'next-argument', nullable: false },
  'mem-in-or-null': { pointer: true, access: 'read', size: 'next-argument', nullable: true },
  'mem-out': { pointer: true, access: 'write', size: 'next-argument', nullable: false },
  'mem-fill': { pointer: true, access: 'write', size: 'next-argument', nullable: false, contents: 'filled' },
  'mem-out-written': {
    pointer: true,
    access: 'write',
    size: 'next-argument',
    nullable: false,
    contents: 'wanted',
  },
  'mem-out-or-null': {
    pointer: true,
    access: 'write',
    size: 'next-argument',
    nullable: true,
    contents: 'wanted',
  },
  'mem-in-out': { pointer: true, access: 'read-write', size: 'next-argument', nullable: false },
  'in-20': { pointer: true, access: 'read', size: 20, nullable: false },
  'in-40': { pointer: true, access: 'read', size: 40, nullable: false },
  'in-out-4': { pointer: true, access: 'read-write', size: 4, nullable: false },
  'out-8': { pointer: true, access: 'write', size: 8, nullable: false, contents: 'wanted' },
  /** A NUL-terminated string in a read-only map. */
  'constant-string': { pointer: true, access: 'read', size: 'object', nullable: false },
  /** A function of the program; it runs during the call (or later, for timers). */
  callback: { pointer: true, access: 'none', size: 'none', nullable: false },
  /** Handed through to the callback, which may read and write all of it. */
  'callback-context': { pointer: true, access: 'read-write', size: 'object', nullable: true },
  /** Memory from `bpf_ringbuf_reserve`; the call gives it back. */
  'ringbuf-memory': { pointer: true, access: 'read', size: 'object', nullable: false },
  socket: { pointer: true, access: 'none', size: 'none', nullable: false },
  /** A typed kernel object. */
  btf: { pointer: true, access: 'none', size: 'none', nullable: false },
  'btf-or-null': { pointer: true, access: 'none', size: 'none', nullable: true },
  'percpu-btf': { pointer: true, access: 'none', size: 'none', nullable: false },
  'spin-lock': { pointer: true, access: 'read-write', size: 4, nullable: false },
  timer: { pointer: true, access: 'read-write', size: 16, nullable: false },
  /** The slot of a `__kptr` field in a map value or an allocated object. */
  'kptr-slot': { pointer: true, access: 'read-write', size: 8, nullable: false },
  dynptr: { pointer: true, access: 'read-write', size: 16, nullable: false, contents: 'tracked' },
  'dynptr-out': { pointer: true, access: 'write', size: 16, nullable: false, contents: 'tracked' },
} as const satisfies Record<string, ArgumentMeaning>;

export interface ArgumentMeaning {
  readonly pointer: boolean;
  readonly access: 'none' | 'read' | 'write' | 'read-write';
  readonly size: 'none' | 'next-argument' | 'map-key' | 'map-value' | 'object' | number;
  readonly nullable: boolean;
  readonly contents?: 'filled' | 'wanted' | 'tracked';
}

export type ArgumentKind = keyof typeof ARGUMENT_KINDS;

/** What is known about r0 after the call. Kinds that end in `-or-null` must be tested before use. */
export type ReturnKind =
  | 'void'
  | 'integer'
  | 'map-value'
  | 'map-value-or-null'
  | 'socket-or-null'
  | 'tcp-socket-or-null'
  | 'socket-common-or-null'
  | 'ringbuf-memory-or-null'
  | 'dynptr-memory-or-null'
  | 'btf'
  | 'btf-or-null'
  | 'percpu-btf'
  | 'percpu-btf-or-null';

/**
 * `gpl`: only for programs with a GPL-compatible license. `packet`: packet pointers taken before the call are
 * invalid after it. `fastcall`: the kernel keeps r1-r5 across the call where it inlines it.
 */
type Flag = 'gpl' | 'packet' | 'fastcall';

type Row = readonly [
  id: number,
  since: string,
  prototype: string,
  returns: ReturnKind,
  kinds: readonly ArgumentKind[],
  ...flags: Flag[],
];

// biome-ignore format: one row per helper
const ROWS: readonly Row[] = [
  [1, '3.19', 'void *map_lookup_elem(void *map, const void *key)', 'map-value-or-null', ['map', 'key']],
  [2, '3.19', 'long map_update_elem(void *map, const void *key, const void *value, __u64 flags)', 'integer', ['map', 'key', 'value', 'scalar']],
  [3, '3.19', 'long map_delete_elem(void *map, const void *key)', 'integer', ['map', 'key']],
  [4, '4.1', 'long probe_read(void *dst, __u32 size, const void *unsafe_ptr)', 'integer', ['mem-fill', 'size-or-zero', 'scalar'], 'gpl'],
  [5, '4.1', '__u64 ktime_get_ns(void)', 'integer', []],
  [6, '4.1', 'long trace_printk(const char *fmt, __u32 fmt_size, ...)', 'integer', ['mem-in', 'size'], 'gpl'],
  [7, '4.1', '__u32 get_prandom_u32(void)', 'integer', []],
  [8, '4.1', '__u32 get_smp_processor_id(void)', 'integer', [], 'fastcall'],
  [9, '4.1', 'long skb_store_bytes(struct __sk_buff *skb, __u32 offset, const void *from, __u32 len, __u64 flags)', 'integer', ['ctx', 'scalar', 'mem-in', 'size', 'scalar'], 'packet'],
  [10, '4.1', 'long l3_csum_replace(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 size)', 'integer', ['ctx', 'scalar', 'scalar', 'scalar', 'scalar'], 'packet'],
  [11, '4.1', 'long l4_csum_replace(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar', 'scalar', 'scalar'], 'packet'],
  [12, '4.2', 'long tail_call(void *ctx, void *prog_array_map, __u32 index)', 'void', ['ctx', 'map', 'scalar'], 'packet'],
  [13, '4.2', 'long clone_redirect(struct __sk_buff *skb, __u32 ifindex, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar'], 'packet'],
  [14, '4.2', '__u64 get_current_pid_tgid(void)', 'integer', []],
  [15, '4.2', '__u64 get_current_uid_gid(void)', 'integer', []],
  [16, '4.2', 'long get_current_comm(void *buf, __u32 size_of_buf)', 'integer', ['mem-fill', 'size']],
  [17, '4.3', '__u32 get_cgroup_classid(struct __sk_buff *skb)', 'integer', ['ctx']],
  [18, '4.3', 'long skb_vlan_push(struct __sk_buff *skb, __be16 vlan_proto, __u16 vlan_tci)', 'integer', ['ctx', 'scalar', 'scalar'], 'packet'],
  [19, '4.3', 'long skb_vlan_pop(struct __sk_buff *skb)', 'integer', ['ctx'], 'packet'],
  [20, '4.3', 'long skb_get_tunnel_key(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags)', 'integer', ['ctx', 'mem-out', 'size', 'scalar']],
  [21, '4.3', 'long skb_set_tunnel_key(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags)', 'integer', ['ctx', 'mem-in', 'size', 'scalar']],
  [22, '4.3', '__u64 perf_event_read(void *map, __u64 flags)', 'integer', ['map', 'scalar'], 'gpl'],
  [23, '4.4', 'long redirect(__u32 ifindex, __u64 flags)', 'integer', ['scalar', 'scalar']],
  [24, '4.4', '__u32 get_route_realm(struct __sk_buff *skb)', 'integer', ['ctx']],
  [25, '4.4', 'long perf_event_output(void *ctx, void *map, __u64 flags, void *data, __u64 size)', 'integer', ['ctx', 'map', 'scalar', 'mem-in', 'size-or-zero'], 'gpl'],
  [26, '4.5', 'long skb_load_bytes(const void *skb, __u32 offset, void *to, __u32 len)', 'integer', ['ctx', 'scalar', 'mem-fill', 'size']],
  [27, '4.6', 'long get_stackid(void *ctx, void *map, __u64 flags)', 'integer', ['ctx', 'map', 'scalar'], 'gpl'],
  [28, '4.6', '__s64 csum_diff(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __wsum seed)', 'integer', ['mem-in-or-null', 'size-or-zero', 'mem-in-or-null', 'size-or-zero', 'scalar']],
  [29, '4.6', 'long skb_get_tunnel_opt(struct __sk_buff *skb, void *opt, __u32 size)', 'integer', ['ctx', 'mem-out', 'size']],
  [30, '4.6', 'long skb_set_tunnel_opt(struct __sk_buff *skb, void *opt, __u32 size)', 'integer', ['ctx', 'mem-in', 'size']],
  [31, '4.8', 'long skb_change_proto(struct __sk_buff *skb, __be16 proto, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar'], 'packet'],
  [32, '4.8', 'long skb_change_type(struct __sk_buff *skb, __u32 type)', 'integer', ['ctx', 'scalar']],
  [33, '4.8', 'long skb_under_cgroup(struct __sk_buff *skb, void *map, __u32 index)', 'integer', ['ctx', 'map', 'scalar']],
  [34, '4.8', '__u32 get_hash_recalc(struct __sk_buff *skb)', 'integer', ['ctx']],
  [35, '4.8', '__u64 get_current_task(void)', 'integer', [], 'gpl'],
  [36, '4.8', 'long probe_write_user(void *dst, const void *src, __u32 len)', 'integer', ['scalar', 'mem-in', 'size'], 'gpl'],
  [37, '4.9', 'long current_task_under_cgroup(void *map, __u32 index)', 'integer', ['map', 'scalar']],
  [38, '4.9', 'long skb_change_tail(struct __sk_buff *skb, __u32 len, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar'], 'packet'],
  [39, '4.9', 'long skb_pull_data(struct __sk_buff *skb, __u32 len)', 'integer', ['ctx', 'scalar'], 'packet'],
  [40, '4.9', '__s64 csum_update(struct __sk_buff *skb, __wsum csum)', 'integer', ['ctx', 'scalar']],
  [41, '4.9', 'void set_hash_invalid(struct __sk_buff *skb)', 'void', ['ctx']],
  [42, '4.10', 'long get_numa_node_id(void)', 'integer', []],
  [43, '4.10', 'long skb_change_head(struct __sk_buff *skb, __u32 len, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar'], 'packet'],
  [44, '4.10', 'long xdp_adjust_head(struct xdp_md *xdp_md, int delta)', 'integer', ['ctx', 'scalar'], 'packet'],
  [45, '4.11', 'long probe_read_str(void *dst, __u32 size, const void *unsafe_ptr)', 'integer', ['mem-out', 'size-or-zero', 'scalar'], 'gpl'],
  [46, '4.12', '__u64 get_socket_cookie(void *ctx)', 'integer', ['ctx']],
  [47, '4.12', '__u32 get_socket_uid(struct __sk_buff *skb)', 'integer', ['ctx']],
  [48, '4.13', 'long set_hash(struct __sk_buff *skb, __u32 hash)', 'integer', ['ctx', 'scalar']],
  [49, '4.13', 'long setsockopt(void *bpf_socket, int level, int optname, void *optval, int optlen)', 'integer', ['ctx', 'scalar', 'scalar', 'mem-in', 'size']],
  [50, '4.13', 'long skb_adjust_room(struct __sk_buff *skb, __s32 len_diff, __u32 mode, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar', 'scalar'], 'packet'],
  [51, '4.14', 'long redirect_map(void *map, __u64 key, __u64 flags)', 'integer', ['map', 'scalar', 'scalar']],
  [52, '4.14', 'long sk_redirect_map(struct __sk_buff *skb, void *map, __u32 key, __u64 flags)', 'integer', ['ctx', 'map', 'scalar', 'scalar']],
  [53, '4.14', 'long sock_map_update(struct bpf_sock_ops *skops, void *map, void *key, __u64 flags)', 'integer', ['ctx', 'map', 'key', 'scalar']],
  [54, '4.15', 'long xdp_adjust_meta(struct xdp_md *xdp_md, int delta)', 'integer', ['ctx', 'scalar'], 'packet'],
  [55, '4.15', 'long perf_event_read_value(void *map, __u64 flags, struct bpf_perf_event_value *buf, __u32 buf_size)', 'integer', ['map', 'scalar', 'mem-fill', 'size'], 'gpl'],
  [56, '4.15', 'long perf_prog_read_value(struct bpf_perf_event_data *ctx, struct bpf_perf_event_value *buf, __u32 buf_size)', 'integer', ['ctx', 'mem-fill', 'size'], 'gpl'],
  [57, '4.15', 'long getsockopt(void *bpf_socket, int level, int optname, void *optval, int optlen)', 'integer', ['ctx', 'scalar', 'scalar', 'mem-out', 'size']],
  [58, '4.16', 'long override_return(struct pt_regs *regs, __u64 rc)', 'integer', ['ctx', 'scalar'], 'gpl'],
  [59, '4.16', 'long sock_ops_cb_flags_set(struct bpf_sock_ops *bpf_sock, int argval)', 'integer', ['ctx', 'scalar']],
  [60, '4.17', 'long msg_redirect_map(struct sk_msg_md *msg, void *map, __u32 key, __u64 flags)', 'integer', ['ctx', 'map', 'scalar', 'scalar']],
  [61, '4.17', 'long msg_apply_bytes(struct sk_msg_md *msg, __u32 bytes)', 'integer', ['ctx', 'scalar']],
  [62, '4.17', 'long msg_cork_bytes(struct sk_msg_md *msg, __u32 bytes)', 'integer', ['ctx', 'scalar']],
  [63, '4.17', 'long msg_pull_data(struct sk_msg_md *msg, __u32 start, __u32 end, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar', 'scalar'], 'packet'],
  [64, '4.17', 'long bind(struct bpf_sock_addr *ctx, struct sockaddr *addr, int addr_len)', 'integer', ['ctx', 'mem-in', 'size']],
  [65, '4.18', 'long xdp_adjust_tail(struct xdp_md *xdp_md, int delta)', 'integer', ['ctx', 'scalar'], 'packet'],
  [66, '4.18', 'long skb_get_xfrm_state(struct __sk_buff *skb, __u32 index, struct bpf_xfrm_state *xfrm_state, __u32 size, __u64 flags)', 'integer', ['ctx', 'scalar', 'mem-out', 'size', 'scalar']],
  [67, '4.18', 'long get_stack(void *ctx, void *buf, __u32 size, __u64 flags)', 'integer', ['ctx', 'mem-out', 'size-or-zero', 'scalar'], 'gpl'],
  [68, '4.18', 'long skb_load_bytes_relative(const void *skb, __u32 offset, void *to, __u32 len, __u32 start_header)', 'integer', ['ctx', 'scalar', 'mem-fill', 'size', 'scalar']],
  [69, '4.18', 'long fib_lookup(void *ctx, struct bpf_fib_lookup *params, int plen, __u32 flags)', 'integer', ['ctx', 'mem-in-out', 'size', 'scalar'], 'gpl'],
  [70, '4.18', 'long sock_hash_update(struct bpf_sock_ops *skops, void *map, void *key, __u64 flags)', 'integer', ['ctx', 'map', 'key', 'scalar']],
  [71, '4.18', 'long msg_redirect_hash(struct sk_msg_md *msg, void *map, void *key, __u64 flags)', 'integer', ['ctx', 'map', 'key', 'scalar']],
  [72, '4.18', 'long sk_redirect_hash(struct __sk_buff *skb, void *map, void *key, __u64 flags)', 'integer', ['ctx', 'map', 'key', 'scalar']],
  [73, '4.18', 'long lwt_push_encap(struct __sk_buff *skb, __u32 type, void *hdr, __u32 len)', 'integer', ['ctx', 'scalar', 'mem-in', 'size'], 'packet'],
  [74, '4.18', 'long lwt_seg6_store_bytes(struct __sk_buff *skb, __u32 offset, const void *from, __u32 len)', 'integer', ['ctx', 'scalar', 'mem-in', 'size'], 'packet'],
  [75, '4.18', 'long lwt_seg6_adjust_srh(struct __sk_buff *skb, __u32 offset, __s32 delta)', 'integer', ['ctx', 'scalar', 'scalar'], 'packet'],
  [76, '4.18', 'long lwt_seg6_action(struct __sk_buff *skb, __u32 action, void *param, __u32 param_len)', 'integer', ['ctx', 'scalar', 'mem-in', 'size'], 'packet'],
  [77, '4.18', 'long rc_repeat(void *ctx)', 'integer', ['ctx'], 'gpl'],
  [78, '4.18', 'long rc_keydown(void *ctx, __u32 protocol, __u64 scancode, __u32 toggle)', 'integer', ['ctx', 'scalar', 'scalar', 'scalar'], 'gpl'],
  [79, '4.18', '__u64 skb_cgroup_id(struct __sk_buff *skb)', 'integer', ['ctx']],
  [80, '4.18', '__u64 get_current_cgroup_id(void)', 'integer', []],
  [81, '4.19', 'void *get_local_storage(void *map, __u64 flags)', 'map-value', ['map', 'scalar']],
  [82, '4.19', 'long sk_select_reuseport(struct sk_reuseport_md *reuse, void *map, void *key, __u64 flags)', 'integer', ['ctx', 'map', 'key', 'scalar']],
  [83, '4.19', '__u64 skb_ancestor_cgroup_id(struct __sk_buff *skb, int ancestor_level)', 'integer', ['ctx', 'scalar']],
  [84, '4.20', 'struct bpf_sock *sk_lookup_tcp(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags)', 'socket-or-null', ['ctx', 'mem-in', 'size', 'scalar', 'scalar']],
  [85, '4.20', 'struct bpf_sock *sk_lookup_udp(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags)', 'socket-or-null', ['ctx', 'mem-in', 'size', 'scalar', 'scalar']],
  [86, '4.20', 'long sk_release(void *sock)', 'integer', ['socket']],
  [87, '4.20', 'long map_push_elem(void *map, const void *value, __u64 flags)', 'integer', ['map', 'value', 'scalar']],
  [88, '4.20', 'long map_pop_elem(void *map, void *value)', 'integer', ['map', 'value-out']],
  [89, '4.20', 'long map_peek_elem(void *map, void *value)', 'integer', ['map', 'value-out']],
  [90, '4.20', 'long msg_push_data(struct sk_msg_md *msg, __u32 start, __u32 len, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar', 'scalar'], 'packet'],
  [91, '5.0', 'long msg_pop_data(struct sk_msg_md *msg, __u32 start, __u32 len, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar', 'scalar'], 'packet'],
  [92, '5.0', 'long rc_pointer_rel(void *ctx, __s32 rel_x, __s32 rel_y)', 'integer', ['ctx', 'scalar', 'scalar'], 'gpl'],
  [93, '5.1', 'long spin_lock(struct bpf_spin_lock *lock)', 'void', ['spin-lock']],
  [94, '5.1', 'long spin_unlock(struct bpf_spin_lock *lock)', 'void', ['spin-lock']],
  [95, '5.1', 'struct bpf_sock *sk_fullsock(struct bpf_sock *sk)', 'socket-or-null', ['socket']],
  [96, '5.1', 'struct bpf_tcp_sock *tcp_sock(struct bpf_sock *sk)', 'tcp-socket-or-null', ['socket']],
  [97, '5.1', 'long skb_ecn_set_ce(struct __sk_buff *skb)', 'integer', ['ctx']],
  [98, '5.1', 'struct bpf_sock *get_listener_sock(struct bpf_sock *sk)', 'socket-or-null', ['socket']],
  [99, '5.2', 'struct bpf_sock *skc_lookup_tcp(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags)', 'socket-common-or-null', ['ctx', 'mem-in', 'size', 'scalar', 'scalar']],
  [100, '5.2', 'long tcp_check_syncookie(void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len)', 'integer', ['socket', 'mem-in', 'size', 'mem-in', 'size'], 'gpl'],
  [101, '5.2', 'long sysctl_get_name(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len, __u64 flags)', 'integer', ['ctx', 'mem-out', 'size', 'scalar']],
  [102, '5.2', 'long sysctl_get_current_value(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len)', 'integer', ['ctx', 'mem-out', 'size']],
  [103, '5.2', 'long sysctl_get_new_value(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len)', 'integer', ['ctx', 'mem-out', 'size']],
  [104, '5.2', 'long sysctl_set_new_value(struct bpf_sysctl *ctx, const char *buf, unsigned long buf_len)', 'integer', ['ctx', 'mem-in', 'size']],
  [105, '5.2', 'long strtol(const char *buf, unsigned long buf_len, __u64 flags, long *res)', 'integer', ['mem-in', 'size', 'scalar', 'out-8']],
  [106, '5.2', 'long strtoul(const char *buf, unsigned long buf_len, __u64 flags, unsigned long *res)', 'integer', ['mem-in', 'size', 'scalar', 'out-8']],
  [107, '5.2', 'void *sk_storage_get(void *map, void *sk, void *value, __u64 flags)', 'map-value-or-null', ['map', 'socket', 'value-or-null', 'scalar']],
  [108, '5.2', 'long sk_storage_delete(void *map, void *sk)', 'integer', ['map', 'socket']],
  [109, '5.3', 'long send_signal(__u32 sig)', 'integer', ['scalar']],
  [110, '5.3', '__s64 tcp_gen_syncookie(void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len)', 'integer', ['socket', 'mem-in', 'size', 'mem-in', 'size'], 'gpl'],
  [111, '5.5', 'long skb_output(void *ctx, void *map, __u64 flags, void *data, __u64 size)', 'integer', ['btf', 'map', 'scalar', 'mem-in', 'size-or-zero'], 'gpl'],
  [112, '5.5', 'long probe_read_user(void *dst, __u32 size, const void *unsafe_ptr)', 'integer', ['mem-fill', 'size-or-zero', 'scalar'], 'gpl'],
  [113, '5.5', 'long probe_read_kernel(void *dst, __u32 size, const void *unsafe_ptr)', 'integer', ['mem-fill', 'size-or-zero', 'scalar'], 'gpl'],
  [114, '5.5', 'long probe_read_user_str(void *dst, __u32 size, const void *unsafe_ptr)', 'integer', ['mem-out', 'size-or-zero', 'scalar'], 'gpl'],
  [115, '5.5', 'long probe_read_kernel_str(void *dst, __u32 size, const void *unsafe_ptr)', 'integer', ['mem-out', 'size-or-zero', 'scalar'], 'gpl'],
  [116, '5.6', 'long tcp_send_ack(void *tp, __u32 rcv_nxt)', 'integer', ['btf', 'scalar']],
  [117, '5.6', 'long send_signal_thread(__u32 sig)', 'integer', ['scalar']],
  [118, '5.6', '__u64 jiffies64(void)', 'integer', []],
  [119, '5.6', 'long read_branch_records(struct bpf_perf_event_data *ctx, void *buf, __u32 size, __u64 flags)', 'integer', ['ctx', 'mem-out-or-null', 'size-or-zero', 'scalar'], 'gpl'],
  [120, '5.7', 'long get_ns_current_pid_tgid(__u64 dev, __u64 ino, struct bpf_pidns_info *nsdata, __u32 size)', 'integer', ['scalar', 'scalar', 'mem-out', 'size']],
  [121, '5.7', 'long xdp_output(void *ctx, void *map, __u64 flags, void *data, __u64 size)', 'integer', ['btf', 'map', 'scalar', 'mem-in', 'size-or-zero'], 'gpl'],
  [122, '5.7', '__u64 get_netns_cookie(void *ctx)', 'integer', ['ctx']],
  [123, '5.7', '__u64 get_current_ancestor_cgroup_id(int ancestor_level)', 'integer', ['scalar']],
  [124, '5.7', 'long sk_assign(void *ctx, void *sk, __u64 flags)', 'integer', ['ctx', 'socket', 'scalar']],
  [125, '5.8', '__u64 ktime_get_boot_ns(void)', 'integer', []],
  [126, '5.8', 'long seq_printf(struct seq_file *m, const char *fmt, __u32 fmt_size, const void *data, __u32 data_len)', 'integer', ['btf', 'mem-in', 'size', 'mem-in-or-null', 'size-or-zero'], 'gpl'],
  [127, '5.8', 'long seq_write(struct seq_file *m, const void *data, __u32 len)', 'integer', ['btf', 'mem-in', 'size-or-zero'], 'gpl'],
  [128, '5.8', '__u64 sk_cgroup_id(void *sk)', 'integer', ['socket']],
  [129, '5.8', '__u64 sk_ancestor_cgroup_id(void *sk, int ancestor_level)', 'integer', ['socket', 'scalar']],
  [130, '5.8', 'long ringbuf_output(void *ringbuf, void *data, __u64 size, __u64 flags)', 'integer', ['map', 'mem-in', 'size-or-zero', 'scalar']],
  [131, '5.8', 'void *ringbuf_reserve(void *ringbuf, __u64 size, __u64 flags)', 'ringbuf-memory-or-null', ['map', 'constant', 'scalar']],
  [132, '5.8', 'void ringbuf_submit(void *data, __u64 flags)', 'void', ['ringbuf-memory', 'scalar']],
  [133, '5.8', 'void ringbuf_discard(void *data, __u64 flags)', 'void', ['ringbuf-memory', 'scalar']],
  [134, '5.8', '__u64 ringbuf_query(void *ringbuf, __u64 flags)', 'integer', ['map', 'scalar']],
  [135, '5.8', 'long csum_level(struct __sk_buff *skb, __u64 level)', 'integer', ['ctx', 'scalar']],
  [136, '5.9', 'struct tcp6_sock *skc_to_tcp6_sock(void *sk)', 'btf-or-null', ['socket']],
  [137, '5.9', 'struct tcp_sock *skc_to_tcp_sock(void *sk)', 'btf-or-null', ['socket']],
  [138, '5.9', 'struct tcp_timewait_sock *skc_to_tcp_timewait_sock(void *sk)', 'btf-or-null', ['socket']],
  [139, '5.9', 'struct tcp_request_sock *skc_to_tcp_request_sock(void *sk)', 'btf-or-null', ['socket']],
  [140, '5.9', 'struct udp6_sock *skc_to_udp6_sock(void *sk)', 'btf-or-null', ['socket']],
  [141, '5.9', 'long get_task_stack(struct task_struct *task, void *buf, __u32 size, __u64 flags)', 'integer', ['btf', 'mem-out', 'size-or-zero', 'scalar']],
  [142, '5.10', 'long load_hdr_opt(struct bpf_sock_ops *skops, void *searchby_res, __u32 len, __u64 flags)', 'integer', ['ctx', 'mem-in-out', 'size', 'scalar']],
  [143, '5.10', 'long store_hdr_opt(struct bpf_sock_ops *skops, const void *from, __u32 len, __u64 flags)', 'integer', ['ctx', 'mem-in', 'size', 'scalar'], 'packet'],
  [144, '5.10', 'long reserve_hdr_opt(struct bpf_sock_ops *skops, __u32 len, __u64 flags)', 'integer', ['ctx', 'scalar', 'scalar']],
  [145, '5.10', 'void *inode_storage_get(void *map, void *inode, void *value, __u64 flags)', 'map-value-or-null', ['map', 'btf-or-null', 'value-or-null', 'scalar']],
  [146, '5.10', 'int inode_storage_delete(void *map, void *inode)', 'integer', ['map', 'btf-or-null']],
  [147, '5.10', 'long d_path(const struct path *path, char *buf, __u32 sz)', 'integer', ['btf', 'mem-out-written', 'size-or-zero']],
  [148, '5.10', 'long copy_from_user(void *dst, __u32 size, const void *user_ptr)', 'integer', ['mem-fill', 'size-or-zero', 'scalar']],
  [149, '5.10', 'long snprintf_btf(char *str, __u32 str_size, struct btf_ptr *ptr, __u32 btf_ptr_size, __u64 flags)', 'integer', ['mem-out-written', 'size', 'mem-in', 'size', 'scalar']],
  [150, '5.10', 'long seq_printf_btf(struct seq_file *m, struct btf_ptr *ptr, __u32 ptr_size, __u64 flags)', 'integer', ['btf', 'mem-in', 'size-or-zero', 'scalar'], 'gpl'],
  [151, '5.10', '__u64 skb_cgroup_classid(struct __sk_buff *skb)', 'integer', ['ctx']],
  [152, '5.10', 'long redirect_neigh(__u32 ifindex, struct bpf_redir_neigh *params, int plen, __u64 flags)', 'integer', ['scalar', 'mem-in-or-null', 'size-or-zero', 'scalar']],
  [153, '5.10', 'void *per_cpu_ptr(const void *percpu_ptr, __u32 cpu)', 'percpu-btf-or-null', ['percpu-btf', 'scalar']],
  [154, '5.10', 'void *this_cpu_ptr(const void *percpu_ptr)', 'percpu-btf', ['percpu-btf']],
  [155, '5.10', 'long redirect_peer(__u32 ifindex, __u64 flags)', 'integer', ['scalar', 'scalar']],
  [156, '5.11', 'void *task_storage_get(void *map, struct task_struct *task, void *value, __u64 flags)', 'map-value-or-null', ['map', 'btf-or-null', 'value-or-null', 'scalar']],
  [157, '5.11', 'long task_storage_delete(void *map, struct task_struct *task)', 'integer', ['map', 'btf-or-null']],
  [158, '5.11', 'struct task_struct *get_current_task_btf(void)', 'btf', [], 'gpl'],
  [159, '5.11', 'long bprm_opts_set(struct linux_binprm *bprm, __u64 flags)', 'integer', ['btf', 'scalar']],
  [160, '5.11', '__u64 ktime_get_coarse_ns(void)', 'integer', []],
  [161, '5.11', 'long ima_inode_hash(struct inode *inode, void *dst, __u32 size)', 'integer', ['btf', 'mem-out', 'size']],
  [162, '5.11', 'struct socket *sock_from_file(struct file *file)', 'btf-or-null', ['btf']],
  [163, '5.12', 'long check_mtu(void *ctx, __u32 ifindex, __u32 *mtu_len, __s32 len_diff, __u64 flags)', 'integer', ['ctx', 'scalar', 'in-out-4', 'scalar', 'scalar'], 'gpl'],
  [164, '5.13', 'long for_each_map_elem(void *map, void *callback_fn, void *callback_ctx, __u64 flags)', 'integer', ['map', 'callback', 'callback-context', 'scalar']],
  [165, '5.13', 'long snprintf(char *str, __u32 str_size, const char *fmt, __u64 *data, __u32 data_len)', 'integer', ['mem-out-or-null', 'size-or-zero', 'constant-string', 'mem-in-or-null', 'size-or-zero'], 'gpl'],
  [166, '5.14', 'long sys_bpf(__u32 cmd, void *attr, __u32 attr_size)', 'integer', ['scalar', 'mem-in-out', 'size']],
  [167, '5.14', 'long btf_find_by_name_kind(char *name, int name_sz, __u32 kind, int flags)', 'integer', ['mem-in', 'size', 'scalar', 'scalar']],
  [168, '5.14', 'long sys_close(__u32 fd)', 'integer', ['scalar']],
  [169, '5.15', 'long timer_init(struct bpf_timer *timer, void *map, __u64 flags)', 'integer', ['timer', 'map', 'scalar'], 'gpl'],
  [170, '5.15', 'long timer_set_callback(struct bpf_timer *timer, void *callback_fn)', 'integer', ['timer', 'callback'], 'gpl'],
  [171, '5.15', 'long timer_start(struct bpf_timer *timer, __u64 nsecs, __u64 flags)', 'integer', ['timer', 'scalar', 'scalar'], 'gpl'],
  [172, '5.15', 'long timer_cancel(struct bpf_timer *timer)', 'integer', ['timer'], 'gpl'],
  [173, '5.15', '__u64 get_func_ip(void *ctx)', 'integer', ['ctx'], 'gpl'],
  [174, '5.15', '__u64 get_attach_cookie(void *ctx)', 'integer', ['ctx']],
  [175, '5.15', 'long task_pt_regs(struct task_struct *task)', 'btf', ['btf'], 'gpl'],
  [176, '5.16', 'long get_branch_snapshot(void *entries, __u32 size, __u64 flags)', 'integer', ['mem-out', 'size-or-zero', 'scalar'], 'gpl'],
  [177, '5.16', 'long trace_vprintk(const char *fmt, __u32 fmt_size, const void *data, __u32 data_len)', 'integer', ['mem-in', 'size', 'mem-in-or-null', 'size-or-zero'], 'gpl'],
  [178, '5.16', 'struct unix_sock *skc_to_unix_sock(void *sk)', 'btf-or-null', ['socket']],
  [179, '5.16', 'long kallsyms_lookup_name(const char *name, int name_sz, int flags, __u64 *res)', 'integer', ['mem-in', 'size', 'scalar', 'out-8']],
  [180, '5.17', 'long find_vma(struct task_struct *task, __u64 addr, void *callback_fn, void *callback_ctx, __u64 flags)', 'integer', ['btf', 'scalar', 'callback', 'callback-context', 'scalar']],
  [181, '5.17', 'long loop(__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags)', 'integer', ['scalar', 'callback', 'callback-context', 'scalar']],
  [182, '5.17', 'long strncmp(const char *s1, __u32 s1_sz, const char *s2)', 'integer', ['mem-in', 'size', 'constant-string']],
  [183, '5.17', 'long get_func_arg(void *ctx, __u32 n, __u64 *value)', 'integer', ['ctx', 'scalar', 'out-8']],
  [184, '5.17', 'long get_func_ret(void *ctx, __u64 *value)', 'integer', ['ctx', 'out-8']],
  [185, '5.17', 'long get_func_arg_cnt(void *ctx)', 'integer', ['ctx']],
  [186, '5.18', 'int get_retval(void)', 'integer', []],
  [187, '5.18', 'int set_retval(int retval)', 'integer', ['scalar']],
  [188, '5.18', '__u64 xdp_get_buff_len(struct xdp_md *xdp_md)', 'integer', ['ctx']],
  [189, '5.18', 'long xdp_load_bytes(struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len)', 'integer', ['ctx', 'scalar', 'mem-out', 'size']],
  [190, '5.18', 'long xdp_store_bytes(struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len)', 'integer', ['ctx', 'scalar', 'mem-in', 'size']],
  [191, '5.18', 'long copy_from_user_task(void *dst, __u32 size, const void *user_ptr, struct task_struct *tsk, __u64 flags)', 'integer', ['mem-out', 'size-or-zero', 'scalar', 'btf', 'scalar'], 'gpl'],
  [192, '5.18', 'long skb_set_tstamp(struct __sk_buff *skb, __u64 tstamp, __u32 tstamp_type)', 'integer', ['ctx', 'scalar', 'scalar']],
  [193, '5.18', 'long ima_file_hash(struct file *file, void *dst, __u32 size)', 'integer', ['btf', 'mem-out', 'size']],
  [194, '5.19', 'void *kptr_xchg(void *dst, void *ptr)', 'btf-or-null', ['kptr-slot', 'btf-or-null']],
  [195, '5.19', 'void *map_lookup_percpu_elem(void *map, const void *key, __u32 cpu)', 'map-value-or-null', ['map', 'key', 'scalar']],
  [196, '5.19', 'struct mptcp_sock *skc_to_mptcp_sock(void *sk)', 'btf-or-null', ['socket']],
  [197, '5.19', 'long dynptr_from_mem(void *data, __u32 size, __u64 flags, struct bpf_dynptr *ptr)', 'integer', ['mem-in-out', 'size-or-zero', 'scalar', 'dynptr-out']],
  [198, '5.19', 'long ringbuf_reserve_dynptr(void *ringbuf, __u32 size, __u64 flags, struct bpf_dynptr *ptr)', 'integer', ['map', 'scalar', 'scalar', 'dynptr-out']],
  [199, '5.19', 'void ringbuf_submit_dynptr(struct bpf_dynptr *ptr, __u64 flags)', 'void', ['dynptr', 'scalar']],
  [200, '5.19', 'void ringbuf_discard_dynptr(struct bpf_dynptr *ptr, __u64 flags)', 'void', ['dynptr', 'scalar']],
  [201, '5.19', 'long dynptr_read(void *dst, __u32 len, const struct bpf_dynptr *src, __u32 offset, __u64 flags)', 'integer', ['mem-out', 'size-or-zero', 'dynptr', 'scalar', 'scalar']],
  [202, '5.19', 'long dynptr_write(const struct bpf_dynptr *dst, __u32 offset, void *src, __u32 len, __u64 flags)', 'integer', ['dynptr', 'scalar', 'mem-in', 'size-or-zero', 'scalar']],
  [203, '5.19', 'void *dynptr_data(const struct bpf_dynptr *ptr, __u32 offset, __u32 len)', 'dynptr-memory-or-null', ['dynptr', 'scalar', 'constant']],
  [204, '6.0', '__s64 tcp_raw_gen_syncookie_ipv4(struct iphdr *iph, struct tcphdr *th, __u32 th_len)', 'integer', ['in-20', 'mem-in', 'size'], 'gpl'],
  [205, '6.0', '__s64 tcp_raw_gen_syncookie_ipv6(struct ipv6hdr *iph, struct tcphdr *th, __u32 th_len)', 'integer', ['in-40', 'mem-in', 'size'], 'gpl'],
  [206, '6.0', 'long tcp_raw_check_syncookie_ipv4(struct iphdr *iph, struct tcphdr *th)', 'integer', ['in-20', 'in-20'], 'gpl'],
  [207, '6.0', 'long tcp_raw_check_syncookie_ipv6(struct ipv6hdr *iph, struct tcphdr *th)', 'integer', ['in-40', 'in-20'], 'gpl'],
  [208, '6.1', '__u64 ktime_get_tai_ns(void)', 'integer', []],
  [209, '6.1', 'long user_ringbuf_drain(void *map, void *callback_fn, void *ctx, __u64 flags)', 'integer', ['map', 'callback', 'callback-context', 'scalar']],
  [210, '6.2', 'void *cgrp_storage_get(void *map, struct cgroup *cgroup, void *value, __u64 flags)', 'map-value-or-null', ['map', 'btf-or-null', 'value-or-null', 'scalar']],
  [211, '6.2', 'long cgrp_storage_delete(void *map, struct cgroup *cgroup)', 'integer', ['map', 'btf-or-null']],
];

export interface HelperParameter {
  readonly name: string;
  /** C type as written in a declaration: `const void *`, `__u32`. */
  readonly type: string;
  readonly kind: ArgumentKind;
}

export interface Helper {
  /** The number in the call instruction, `BPF_FUNC_<name>`. */
  readonly id: number;
  /** Name in C, with the prefix: `bpf_map_lookup_elem`. */
  readonly name: string;
  /** First kernel version that has it: `4.18`. */
  readonly since: string;
  /** C type of the result: `void *`, `long`. What r0 holds is in `returns`. */
  readonly returnType: string;
  readonly returns: ReturnKind;
  readonly parameters: readonly HelperParameter[];
  /** More scalar arguments may follow, up to five in all. */
  readonly variadic: boolean;
  readonly gplOnly: boolean;
  readonly changesPacketData: boolean;
  readonly fastcall: boolean;
}

/** Splits `const void *key` into type and name; the name is the last word. */
function parseDeclaration(text: string): { readonly type: string; readonly name: string } {
  const nameStart = text.length - (/\w+$/.exec(text)?.[0].length ?? 0);
  return { type: text.slice(0, nameStart).trimEnd(), name: text.slice(nameStart) };
}

function helperOf(row: Row): Helper {
  const [id, since, prototype, returns, kinds, ...flags] = row;
  const open = prototype.indexOf('(');
  const head = parseDeclaration(prototype.slice(0, open));
  const parts = prototype.slice(open + 1, -1).split(', ');
  const declared = parts.filter((part) => part !== 'void' && part !== '...').map(parseDeclaration);
  return {
    id,
    name: `bpf_${head.name}`,
    since,
    returnType: head.type,
    returns,
    parameters: declared.map((parameter, i) => ({ ...parameter, kind: kinds[i] ?? 'scalar' })),
    variadic: parts.at(-1) === '...',
    gplOnly: flags.includes('gpl'),
    changesPacketData: flags.includes('packet'),
    fastcall: flags.includes('fastcall'),
  };
}

/** All helpers in order of their number, from 1. */
export const HELPERS: readonly Helper[] = ROWS.map(helperOf);

const BY_NAME: ReadonlyMap<string, Helper> = new Map(HELPERS.map((helper) => [helper.name, helper]));

export function helperById(id: number): Helper | undefined {
  return HELPERS[id - 1];
}

/** Takes the C name with its prefix, `bpf_redirect`. */
export function helperByName(name: string): Helper | undefined {
  return BY_NAME.get(name);
}

/** What the call does with the memory behind this argument. */
export function argumentMeaning(parameter: HelperParameter): ArgumentMeaning {
  return ARGUMENT_KINDS[parameter.kind];
}
