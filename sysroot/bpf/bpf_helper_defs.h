/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: the kernel helpers as callable constants.
   Generated from src/isa/helpers.ts by scripts/generate-helper-defs.js; include linux/bpf.h or vmlinux.h first. */
#ifndef BPFCC_BPF_HELPER_DEFS_H
#define BPFCC_BPF_HELPER_DEFS_H

#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

struct __sk_buff;
struct bpf_dynptr;
struct bpf_fib_lookup;
struct bpf_perf_event_data;
struct bpf_perf_event_value;
struct bpf_pidns_info;
struct bpf_redir_neigh;
struct bpf_sock;
struct bpf_sock_addr;
struct bpf_sock_ops;
struct bpf_sock_tuple;
struct bpf_spin_lock;
struct bpf_sysctl;
struct bpf_tcp_sock;
struct bpf_timer;
struct bpf_tunnel_key;
struct bpf_xfrm_state;
struct btf_ptr;
struct cgroup;
struct file;
struct inode;
struct iphdr;
struct ipv6hdr;
struct linux_binprm;
struct mptcp_sock;
struct path;
struct pt_regs;
struct seq_file;
struct sk_msg_md;
struct sk_reuseport_md;
struct sockaddr;
struct socket;
struct task_struct;
struct tcp6_sock;
struct tcp_request_sock;
struct tcp_sock;
struct tcp_timewait_sock;
struct tcphdr;
struct udp6_sock;
struct unix_sock;
struct xdp_md;

/* 1: Linux 3.19 */
static void *(* const bpf_map_lookup_elem)(void *map, const void *key) = (void *) 1;
/* 2: Linux 3.19 */
static long (* const bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *) 2;
/* 3: Linux 3.19 */
static long (* const bpf_map_delete_elem)(void *map, const void *key) = (void *) 3;
/* 4: Linux 4.1, GPL only */
static long (* const bpf_probe_read)(void *dst, __u32 size, const void *unsafe_ptr) = (void *) 4;
/* 5: Linux 4.1 */
static __u64 (* const bpf_ktime_get_ns)(void) = (void *) 5;
/* 6: Linux 4.1, GPL only */
static long (* const bpf_trace_printk)(const char *fmt, __u32 fmt_size, ...) = (void *) 6;
/* 7: Linux 4.1 */
static __u32 (* const bpf_get_prandom_u32)(void) = (void *) 7;
/* 8: Linux 4.1 */
__bpf_fastcall static __u32 (* const bpf_get_smp_processor_id)(void) = (void *) 8;
/* 9: Linux 4.1, packet pointers end here */
static long (* const bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from, __u32 len, __u64 flags) = (void *) 9;
/* 10: Linux 4.1, packet pointers end here */
static long (* const bpf_l3_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 size) = (void *) 10;
/* 11: Linux 4.1, packet pointers end here */
static long (* const bpf_l4_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 flags) = (void *) 11;
/* 12: Linux 4.2, packet pointers end here */
static long (* const bpf_tail_call)(void *ctx, void *prog_array_map, __u32 index) = (void *) 12;
/* 13: Linux 4.2, packet pointers end here */
static long (* const bpf_clone_redirect)(struct __sk_buff *skb, __u32 ifindex, __u64 flags) = (void *) 13;
/* 14: Linux 4.2 */
static __u64 (* const bpf_get_current_pid_tgid)(void) = (void *) 14;
/* 15: Linux 4.2 */
static __u64 (* const bpf_get_current_uid_gid)(void) = (void *) 15;
/* 16: Linux 4.2 */
static long (* const bpf_get_current_comm)(void *buf, __u32 size_of_buf) = (void *) 16;
/* 17: Linux 4.3 */
static __u32 (* const bpf_get_cgroup_classid)(struct __sk_buff *skb) = (void *) 17;
/* 18: Linux 4.3, packet pointers end here */
static long (* const bpf_skb_vlan_push)(struct __sk_buff *skb, __be16 vlan_proto, __u16 vlan_tci) = (void *) 18;
/* 19: Linux 4.3, packet pointers end here */
static long (* const bpf_skb_vlan_pop)(struct __sk_buff *skb) = (void *) 19;
/* 20: Linux 4.3 */
static long (* const bpf_skb_get_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags) = (void *) 20;
/* 21: Linux 4.3 */
static long (* const bpf_skb_set_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags) = (void *) 21;
/* 22: Linux 4.3, GPL only */
static __u64 (* const bpf_perf_event_read)(void *map, __u64 flags) = (void *) 22;
/* 23: Linux 4.4 */
static long (* const bpf_redirect)(__u32 ifindex, __u64 flags) = (void *) 23;
/* 24: Linux 4.4 */
static __u32 (* const bpf_get_route_realm)(struct __sk_buff *skb) = (void *) 24;
/* 25: Linux 4.4, GPL only */
static long (* const bpf_perf_event_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *) 25;
/* 26: Linux 4.5 */
static long (* const bpf_skb_load_bytes)(const void *skb, __u32 offset, void *to, __u32 len) = (void *) 26;
/* 27: Linux 4.6, GPL only */
static long (* const bpf_get_stackid)(void *ctx, void *map, __u64 flags) = (void *) 27;
/* 28: Linux 4.6 */
static __s64 (* const bpf_csum_diff)(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __wsum seed) = (void *) 28;
/* 29: Linux 4.6 */
static long (* const bpf_skb_get_tunnel_opt)(struct __sk_buff *skb, void *opt, __u32 size) = (void *) 29;
/* 30: Linux 4.6 */
static long (* const bpf_skb_set_tunnel_opt)(struct __sk_buff *skb, void *opt, __u32 size) = (void *) 30;
/* 31: Linux 4.8, packet pointers end here */
static long (* const bpf_skb_change_proto)(struct __sk_buff *skb, __be16 proto, __u64 flags) = (void *) 31;
/* 32: Linux 4.8 */
static long (* const bpf_skb_change_type)(struct __sk_buff *skb, __u32 type) = (void *) 32;
/* 33: Linux 4.8 */
static long (* const bpf_skb_under_cgroup)(struct __sk_buff *skb, void *map, __u32 index) = (void *) 33;
/* 34: Linux 4.8 */
static __u32 (* const bpf_get_hash_recalc)(struct __sk_buff *skb) = (void *) 34;
/* 35: Linux 4.8, GPL only */
static __u64 (* const bpf_get_current_task)(void) = (void *) 35;
/* 36: Linux 4.8, GPL only */
static long (* const bpf_probe_write_user)(void *dst, const void *src, __u32 len) = (void *) 36;
/* 37: Linux 4.9 */
static long (* const bpf_current_task_under_cgroup)(void *map, __u32 index) = (void *) 37;
/* 38: Linux 4.9, packet pointers end here */
static long (* const bpf_skb_change_tail)(struct __sk_buff *skb, __u32 len, __u64 flags) = (void *) 38;
/* 39: Linux 4.9, packet pointers end here */
static long (* const bpf_skb_pull_data)(struct __sk_buff *skb, __u32 len) = (void *) 39;
/* 40: Linux 4.9 */
static __s64 (* const bpf_csum_update)(struct __sk_buff *skb, __wsum csum) = (void *) 40;
/* 41: Linux 4.9 */
static void (* const bpf_set_hash_invalid)(struct __sk_buff *skb) = (void *) 41;
/* 42: Linux 4.10 */
static long (* const bpf_get_numa_node_id)(void) = (void *) 42;
/* 43: Linux 4.10, packet pointers end here */
static long (* const bpf_skb_change_head)(struct __sk_buff *skb, __u32 len, __u64 flags) = (void *) 43;
/* 44: Linux 4.10, packet pointers end here */
static long (* const bpf_xdp_adjust_head)(struct xdp_md *xdp_md, int delta) = (void *) 44;
/* 45: Linux 4.11, GPL only */
static long (* const bpf_probe_read_str)(void *dst, __u32 size, const void *unsafe_ptr) = (void *) 45;
/* 46: Linux 4.12 */
static __u64 (* const bpf_get_socket_cookie)(void *ctx) = (void *) 46;
/* 47: Linux 4.12 */
static __u32 (* const bpf_get_socket_uid)(struct __sk_buff *skb) = (void *) 47;
/* 48: Linux 4.13 */
static long (* const bpf_set_hash)(struct __sk_buff *skb, __u32 hash) = (void *) 48;
/* 49: Linux 4.13 */
static long (* const bpf_setsockopt)(void *bpf_socket, int level, int optname, void *optval, int optlen) = (void *) 49;
/* 50: Linux 4.13, packet pointers end here */
static long (* const bpf_skb_adjust_room)(struct __sk_buff *skb, __s32 len_diff, __u32 mode, __u64 flags) = (void *) 50;
/* 51: Linux 4.14 */
static long (* const bpf_redirect_map)(void *map, __u64 key, __u64 flags) = (void *) 51;
/* 52: Linux 4.14 */
static long (* const bpf_sk_redirect_map)(struct __sk_buff *skb, void *map, __u32 key, __u64 flags) = (void *) 52;
/* 53: Linux 4.14 */
static long (* const bpf_sock_map_update)(struct bpf_sock_ops *skops, void *map, void *key, __u64 flags) = (void *) 53;
/* 54: Linux 4.15, packet pointers end here */
static long (* const bpf_xdp_adjust_meta)(struct xdp_md *xdp_md, int delta) = (void *) 54;
/* 55: Linux 4.15, GPL only */
static long (* const bpf_perf_event_read_value)(void *map, __u64 flags, struct bpf_perf_event_value *buf, __u32 buf_size) = (void *) 55;
/* 56: Linux 4.15, GPL only */
static long (* const bpf_perf_prog_read_value)(struct bpf_perf_event_data *ctx, struct bpf_perf_event_value *buf, __u32 buf_size) = (void *) 56;
/* 57: Linux 4.15 */
static long (* const bpf_getsockopt)(void *bpf_socket, int level, int optname, void *optval, int optlen) = (void *) 57;
/* 58: Linux 4.16, GPL only */
static long (* const bpf_override_return)(struct pt_regs *regs, __u64 rc) = (void *) 58;
/* 59: Linux 4.16 */
static long (* const bpf_sock_ops_cb_flags_set)(struct bpf_sock_ops *bpf_sock, int argval) = (void *) 59;
/* 60: Linux 4.17 */
static long (* const bpf_msg_redirect_map)(struct sk_msg_md *msg, void *map, __u32 key, __u64 flags) = (void *) 60;
/* 61: Linux 4.17 */
static long (* const bpf_msg_apply_bytes)(struct sk_msg_md *msg, __u32 bytes) = (void *) 61;
/* 62: Linux 4.17 */
static long (* const bpf_msg_cork_bytes)(struct sk_msg_md *msg, __u32 bytes) = (void *) 62;
/* 63: Linux 4.17, packet pointers end here */
static long (* const bpf_msg_pull_data)(struct sk_msg_md *msg, __u32 start, __u32 end, __u64 flags) = (void *) 63;
/* 64: Linux 4.17 */
static long (* const bpf_bind)(struct bpf_sock_addr *ctx, struct sockaddr *addr, int addr_len) = (void *) 64;
/* 65: Linux 4.18, packet pointers end here */
static long (* const bpf_xdp_adjust_tail)(struct xdp_md *xdp_md, int delta) = (void *) 65;
/* 66: Linux 4.18 */
static long (* const bpf_skb_get_xfrm_state)(struct __sk_buff *skb, __u32 index, struct bpf_xfrm_state *xfrm_state, __u32 size, __u64 flags) = (void *) 66;
/* 67: Linux 4.18, GPL only */
static long (* const bpf_get_stack)(void *ctx, void *buf, __u32 size, __u64 flags) = (void *) 67;
/* 68: Linux 4.18 */
static long (* const bpf_skb_load_bytes_relative)(const void *skb, __u32 offset, void *to, __u32 len, __u32 start_header) = (void *) 68;
/* 69: Linux 4.18, GPL only */
static long (* const bpf_fib_lookup)(void *ctx, struct bpf_fib_lookup *params, int plen, __u32 flags) = (void *) 69;
/* 70: Linux 4.18 */
static long (* const bpf_sock_hash_update)(struct bpf_sock_ops *skops, void *map, void *key, __u64 flags) = (void *) 70;
/* 71: Linux 4.18 */
static long (* const bpf_msg_redirect_hash)(struct sk_msg_md *msg, void *map, void *key, __u64 flags) = (void *) 71;
/* 72: Linux 4.18 */
static long (* const bpf_sk_redirect_hash)(struct __sk_buff *skb, void *map, void *key, __u64 flags) = (void *) 72;
/* 73: Linux 4.18, packet pointers end here */
static long (* const bpf_lwt_push_encap)(struct __sk_buff *skb, __u32 type, void *hdr, __u32 len) = (void *) 73;
/* 74: Linux 4.18, packet pointers end here */
static long (* const bpf_lwt_seg6_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from, __u32 len) = (void *) 74;
/* 75: Linux 4.18, packet pointers end here */
static long (* const bpf_lwt_seg6_adjust_srh)(struct __sk_buff *skb, __u32 offset, __s32 delta) = (void *) 75;
/* 76: Linux 4.18, packet pointers end here */
static long (* const bpf_lwt_seg6_action)(struct __sk_buff *skb, __u32 action, void *param, __u32 param_len) = (void *) 76;
/* 77: Linux 4.18, GPL only */
static long (* const bpf_rc_repeat)(void *ctx) = (void *) 77;
/* 78: Linux 4.18, GPL only */
static long (* const bpf_rc_keydown)(void *ctx, __u32 protocol, __u64 scancode, __u32 toggle) = (void *) 78;
/* 79: Linux 4.18 */
static __u64 (* const bpf_skb_cgroup_id)(struct __sk_buff *skb) = (void *) 79;
/* 80: Linux 4.18 */
static __u64 (* const bpf_get_current_cgroup_id)(void) = (void *) 80;
/* 81: Linux 4.19 */
static void *(* const bpf_get_local_storage)(void *map, __u64 flags) = (void *) 81;
/* 82: Linux 4.19 */
static long (* const bpf_sk_select_reuseport)(struct sk_reuseport_md *reuse, void *map, void *key, __u64 flags) = (void *) 82;
/* 83: Linux 4.19 */
static __u64 (* const bpf_skb_ancestor_cgroup_id)(struct __sk_buff *skb, int ancestor_level) = (void *) 83;
/* 84: Linux 4.20 */
static struct bpf_sock *(* const bpf_sk_lookup_tcp)(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags) = (void *) 84;
/* 85: Linux 4.20 */
static struct bpf_sock *(* const bpf_sk_lookup_udp)(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags) = (void *) 85;
/* 86: Linux 4.20 */
static long (* const bpf_sk_release)(void *sock) = (void *) 86;
/* 87: Linux 4.20 */
static long (* const bpf_map_push_elem)(void *map, const void *value, __u64 flags) = (void *) 87;
/* 88: Linux 4.20 */
static long (* const bpf_map_pop_elem)(void *map, void *value) = (void *) 88;
/* 89: Linux 4.20 */
static long (* const bpf_map_peek_elem)(void *map, void *value) = (void *) 89;
/* 90: Linux 4.20, packet pointers end here */
static long (* const bpf_msg_push_data)(struct sk_msg_md *msg, __u32 start, __u32 len, __u64 flags) = (void *) 90;
/* 91: Linux 5.0, packet pointers end here */
static long (* const bpf_msg_pop_data)(struct sk_msg_md *msg, __u32 start, __u32 len, __u64 flags) = (void *) 91;
/* 92: Linux 5.0, GPL only */
static long (* const bpf_rc_pointer_rel)(void *ctx, __s32 rel_x, __s32 rel_y) = (void *) 92;
/* 93: Linux 5.1 */
static long (* const bpf_spin_lock)(struct bpf_spin_lock *lock) = (void *) 93;
/* 94: Linux 5.1 */
static long (* const bpf_spin_unlock)(struct bpf_spin_lock *lock) = (void *) 94;
/* 95: Linux 5.1 */
static struct bpf_sock *(* const bpf_sk_fullsock)(struct bpf_sock *sk) = (void *) 95;
/* 96: Linux 5.1 */
static struct bpf_tcp_sock *(* const bpf_tcp_sock)(struct bpf_sock *sk) = (void *) 96;
/* 97: Linux 5.1 */
static long (* const bpf_skb_ecn_set_ce)(struct __sk_buff *skb) = (void *) 97;
/* 98: Linux 5.1 */
static struct bpf_sock *(* const bpf_get_listener_sock)(struct bpf_sock *sk) = (void *) 98;
/* 99: Linux 5.2 */
static struct bpf_sock *(* const bpf_skc_lookup_tcp)(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags) = (void *) 99;
/* 100: Linux 5.2, GPL only */
static long (* const bpf_tcp_check_syncookie)(void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len) = (void *) 100;
/* 101: Linux 5.2 */
static long (* const bpf_sysctl_get_name)(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len, __u64 flags) = (void *) 101;
/* 102: Linux 5.2 */
static long (* const bpf_sysctl_get_current_value)(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len) = (void *) 102;
/* 103: Linux 5.2 */
static long (* const bpf_sysctl_get_new_value)(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len) = (void *) 103;
/* 104: Linux 5.2 */
static long (* const bpf_sysctl_set_new_value)(struct bpf_sysctl *ctx, const char *buf, unsigned long buf_len) = (void *) 104;
/* 105: Linux 5.2 */
static long (* const bpf_strtol)(const char *buf, unsigned long buf_len, __u64 flags, long *res) = (void *) 105;
/* 106: Linux 5.2 */
static long (* const bpf_strtoul)(const char *buf, unsigned long buf_len, __u64 flags, unsigned long *res) = (void *) 106;
/* 107: Linux 5.2 */
static void *(* const bpf_sk_storage_get)(void *map, void *sk, void *value, __u64 flags) = (void *) 107;
/* 108: Linux 5.2 */
static long (* const bpf_sk_storage_delete)(void *map, void *sk) = (void *) 108;
/* 109: Linux 5.3 */
static long (* const bpf_send_signal)(__u32 sig) = (void *) 109;
/* 110: Linux 5.3, GPL only */
static __s64 (* const bpf_tcp_gen_syncookie)(void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len) = (void *) 110;
/* 111: Linux 5.5, GPL only */
static long (* const bpf_skb_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *) 111;
/* 112: Linux 5.5, GPL only */
static long (* const bpf_probe_read_user)(void *dst, __u32 size, const void *unsafe_ptr) = (void *) 112;
/* 113: Linux 5.5, GPL only */
static long (* const bpf_probe_read_kernel)(void *dst, __u32 size, const void *unsafe_ptr) = (void *) 113;
/* 114: Linux 5.5, GPL only */
static long (* const bpf_probe_read_user_str)(void *dst, __u32 size, const void *unsafe_ptr) = (void *) 114;
/* 115: Linux 5.5, GPL only */
static long (* const bpf_probe_read_kernel_str)(void *dst, __u32 size, const void *unsafe_ptr) = (void *) 115;
/* 116: Linux 5.6 */
static long (* const bpf_tcp_send_ack)(void *tp, __u32 rcv_nxt) = (void *) 116;
/* 117: Linux 5.6 */
static long (* const bpf_send_signal_thread)(__u32 sig) = (void *) 117;
/* 118: Linux 5.6 */
static __u64 (* const bpf_jiffies64)(void) = (void *) 118;
/* 119: Linux 5.6, GPL only */
static long (* const bpf_read_branch_records)(struct bpf_perf_event_data *ctx, void *buf, __u32 size, __u64 flags) = (void *) 119;
/* 120: Linux 5.7 */
static long (* const bpf_get_ns_current_pid_tgid)(__u64 dev, __u64 ino, struct bpf_pidns_info *nsdata, __u32 size) = (void *) 120;
/* 121: Linux 5.7, GPL only */
static long (* const bpf_xdp_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *) 121;
/* 122: Linux 5.7 */
static __u64 (* const bpf_get_netns_cookie)(void *ctx) = (void *) 122;
/* 123: Linux 5.7 */
static __u64 (* const bpf_get_current_ancestor_cgroup_id)(int ancestor_level) = (void *) 123;
/* 124: Linux 5.7 */
static long (* const bpf_sk_assign)(void *ctx, void *sk, __u64 flags) = (void *) 124;
/* 125: Linux 5.8 */
static __u64 (* const bpf_ktime_get_boot_ns)(void) = (void *) 125;
/* 126: Linux 5.8, GPL only */
static long (* const bpf_seq_printf)(struct seq_file *m, const char *fmt, __u32 fmt_size, const void *data, __u32 data_len) = (void *) 126;
/* 127: Linux 5.8, GPL only */
static long (* const bpf_seq_write)(struct seq_file *m, const void *data, __u32 len) = (void *) 127;
/* 128: Linux 5.8 */
static __u64 (* const bpf_sk_cgroup_id)(void *sk) = (void *) 128;
/* 129: Linux 5.8 */
static __u64 (* const bpf_sk_ancestor_cgroup_id)(void *sk, int ancestor_level) = (void *) 129;
/* 130: Linux 5.8 */
static long (* const bpf_ringbuf_output)(void *ringbuf, void *data, __u64 size, __u64 flags) = (void *) 130;
/* 131: Linux 5.8 */
static void *(* const bpf_ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *) 131;
/* 132: Linux 5.8 */
static void (* const bpf_ringbuf_submit)(void *data, __u64 flags) = (void *) 132;
/* 133: Linux 5.8 */
static void (* const bpf_ringbuf_discard)(void *data, __u64 flags) = (void *) 133;
/* 134: Linux 5.8 */
static __u64 (* const bpf_ringbuf_query)(void *ringbuf, __u64 flags) = (void *) 134;
/* 135: Linux 5.8 */
static long (* const bpf_csum_level)(struct __sk_buff *skb, __u64 level) = (void *) 135;
/* 136: Linux 5.9 */
static struct tcp6_sock *(* const bpf_skc_to_tcp6_sock)(void *sk) = (void *) 136;
/* 137: Linux 5.9 */
static struct tcp_sock *(* const bpf_skc_to_tcp_sock)(void *sk) = (void *) 137;
/* 138: Linux 5.9 */
static struct tcp_timewait_sock *(* const bpf_skc_to_tcp_timewait_sock)(void *sk) = (void *) 138;
/* 139: Linux 5.9 */
static struct tcp_request_sock *(* const bpf_skc_to_tcp_request_sock)(void *sk) = (void *) 139;
/* 140: Linux 5.9 */
static struct udp6_sock *(* const bpf_skc_to_udp6_sock)(void *sk) = (void *) 140;
/* 141: Linux 5.9 */
static long (* const bpf_get_task_stack)(struct task_struct *task, void *buf, __u32 size, __u64 flags) = (void *) 141;
/* 142: Linux 5.10 */
static long (* const bpf_load_hdr_opt)(struct bpf_sock_ops *skops, void *searchby_res, __u32 len, __u64 flags) = (void *) 142;
/* 143: Linux 5.10, packet pointers end here */
static long (* const bpf_store_hdr_opt)(struct bpf_sock_ops *skops, const void *from, __u32 len, __u64 flags) = (void *) 143;
/* 144: Linux 5.10 */
static long (* const bpf_reserve_hdr_opt)(struct bpf_sock_ops *skops, __u32 len, __u64 flags) = (void *) 144;
/* 145: Linux 5.10 */
static void *(* const bpf_inode_storage_get)(void *map, void *inode, void *value, __u64 flags) = (void *) 145;
/* 146: Linux 5.10 */
static int (* const bpf_inode_storage_delete)(void *map, void *inode) = (void *) 146;
/* 147: Linux 5.10 */
static long (* const bpf_d_path)(const struct path *path, char *buf, __u32 sz) = (void *) 147;
/* 148: Linux 5.10 */
static long (* const bpf_copy_from_user)(void *dst, __u32 size, const void *user_ptr) = (void *) 148;
/* 149: Linux 5.10 */
static long (* const bpf_snprintf_btf)(char *str, __u32 str_size, struct btf_ptr *ptr, __u32 btf_ptr_size, __u64 flags) = (void *) 149;
/* 150: Linux 5.10, GPL only */
static long (* const bpf_seq_printf_btf)(struct seq_file *m, struct btf_ptr *ptr, __u32 ptr_size, __u64 flags) = (void *) 150;
/* 151: Linux 5.10 */
static __u64 (* const bpf_skb_cgroup_classid)(struct __sk_buff *skb) = (void *) 151;
/* 152: Linux 5.10 */
static long (* const bpf_redirect_neigh)(__u32 ifindex, struct bpf_redir_neigh *params, int plen, __u64 flags) = (void *) 152;
/* 153: Linux 5.10 */
static void *(* const bpf_per_cpu_ptr)(const void *percpu_ptr, __u32 cpu) = (void *) 153;
/* 154: Linux 5.10 */
static void *(* const bpf_this_cpu_ptr)(const void *percpu_ptr) = (void *) 154;
/* 155: Linux 5.10 */
static long (* const bpf_redirect_peer)(__u32 ifindex, __u64 flags) = (void *) 155;
/* 156: Linux 5.11 */
static void *(* const bpf_task_storage_get)(void *map, struct task_struct *task, void *value, __u64 flags) = (void *) 156;
/* 157: Linux 5.11 */
static long (* const bpf_task_storage_delete)(void *map, struct task_struct *task) = (void *) 157;
/* 158: Linux 5.11, GPL only */
static struct task_struct *(* const bpf_get_current_task_btf)(void) = (void *) 158;
/* 159: Linux 5.11 */
static long (* const bpf_bprm_opts_set)(struct linux_binprm *bprm, __u64 flags) = (void *) 159;
/* 160: Linux 5.11 */
static __u64 (* const bpf_ktime_get_coarse_ns)(void) = (void *) 160;
/* 161: Linux 5.11 */
static long (* const bpf_ima_inode_hash)(struct inode *inode, void *dst, __u32 size) = (void *) 161;
/* 162: Linux 5.11 */
static struct socket *(* const bpf_sock_from_file)(struct file *file) = (void *) 162;
/* 163: Linux 5.12, GPL only */
static long (* const bpf_check_mtu)(void *ctx, __u32 ifindex, __u32 *mtu_len, __s32 len_diff, __u64 flags) = (void *) 163;
/* 164: Linux 5.13 */
static long (* const bpf_for_each_map_elem)(void *map, void *callback_fn, void *callback_ctx, __u64 flags) = (void *) 164;
/* 165: Linux 5.13, GPL only */
static long (* const bpf_snprintf)(char *str, __u32 str_size, const char *fmt, __u64 *data, __u32 data_len) = (void *) 165;
/* 166: Linux 5.14 */
static long (* const bpf_sys_bpf)(__u32 cmd, void *attr, __u32 attr_size) = (void *) 166;
/* 167: Linux 5.14 */
static long (* const bpf_btf_find_by_name_kind)(char *name, int name_sz, __u32 kind, int flags) = (void *) 167;
/* 168: Linux 5.14 */
static long (* const bpf_sys_close)(__u32 fd) = (void *) 168;
/* 169: Linux 5.15, GPL only */
static long (* const bpf_timer_init)(struct bpf_timer *timer, void *map, __u64 flags) = (void *) 169;
/* 170: Linux 5.15, GPL only */
static long (* const bpf_timer_set_callback)(struct bpf_timer *timer, void *callback_fn) = (void *) 170;
/* 171: Linux 5.15, GPL only */
static long (* const bpf_timer_start)(struct bpf_timer *timer, __u64 nsecs, __u64 flags) = (void *) 171;
/* 172: Linux 5.15, GPL only */
static long (* const bpf_timer_cancel)(struct bpf_timer *timer) = (void *) 172;
/* 173: Linux 5.15, GPL only */
static __u64 (* const bpf_get_func_ip)(void *ctx) = (void *) 173;
/* 174: Linux 5.15 */
static __u64 (* const bpf_get_attach_cookie)(void *ctx) = (void *) 174;
/* 175: Linux 5.15, GPL only */
static long (* const bpf_task_pt_regs)(struct task_struct *task) = (void *) 175;
/* 176: Linux 5.16, GPL only */
static long (* const bpf_get_branch_snapshot)(void *entries, __u32 size, __u64 flags) = (void *) 176;
/* 177: Linux 5.16, GPL only */
static long (* const bpf_trace_vprintk)(const char *fmt, __u32 fmt_size, const void *data, __u32 data_len) = (void *) 177;
/* 178: Linux 5.16 */
static struct unix_sock *(* const bpf_skc_to_unix_sock)(void *sk) = (void *) 178;
/* 179: Linux 5.16 */
static long (* const bpf_kallsyms_lookup_name)(const char *name, int name_sz, int flags, __u64 *res) = (void *) 179;
/* 180: Linux 5.17 */
static long (* const bpf_find_vma)(struct task_struct *task, __u64 addr, void *callback_fn, void *callback_ctx, __u64 flags) = (void *) 180;
/* 181: Linux 5.17 */
static long (* const bpf_loop)(__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags) = (void *) 181;
/* 182: Linux 5.17 */
static long (* const bpf_strncmp)(const char *s1, __u32 s1_sz, const char *s2) = (void *) 182;
/* 183: Linux 5.17 */
static long (* const bpf_get_func_arg)(void *ctx, __u32 n, __u64 *value) = (void *) 183;
/* 184: Linux 5.17 */
static long (* const bpf_get_func_ret)(void *ctx, __u64 *value) = (void *) 184;
/* 185: Linux 5.17 */
static long (* const bpf_get_func_arg_cnt)(void *ctx) = (void *) 185;
/* 186: Linux 5.18 */
static int (* const bpf_get_retval)(void) = (void *) 186;
/* 187: Linux 5.18 */
static int (* const bpf_set_retval)(int retval) = (void *) 187;
/* 188: Linux 5.18 */
static __u64 (* const bpf_xdp_get_buff_len)(struct xdp_md *xdp_md) = (void *) 188;
/* 189: Linux 5.18 */
static long (* const bpf_xdp_load_bytes)(struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len) = (void *) 189;
/* 190: Linux 5.18 */
static long (* const bpf_xdp_store_bytes)(struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len) = (void *) 190;
/* 191: Linux 5.18, GPL only */
static long (* const bpf_copy_from_user_task)(void *dst, __u32 size, const void *user_ptr, struct task_struct *tsk, __u64 flags) = (void *) 191;
/* 192: Linux 5.18 */
static long (* const bpf_skb_set_tstamp)(struct __sk_buff *skb, __u64 tstamp, __u32 tstamp_type) = (void *) 192;
/* 193: Linux 5.18 */
static long (* const bpf_ima_file_hash)(struct file *file, void *dst, __u32 size) = (void *) 193;
/* 194: Linux 5.19 */
static void *(* const bpf_kptr_xchg)(void *dst, void *ptr) = (void *) 194;
/* 195: Linux 5.19 */
static void *(* const bpf_map_lookup_percpu_elem)(void *map, const void *key, __u32 cpu) = (void *) 195;
/* 196: Linux 5.19 */
static struct mptcp_sock *(* const bpf_skc_to_mptcp_sock)(void *sk) = (void *) 196;
/* 197: Linux 5.19 */
static long (* const bpf_dynptr_from_mem)(void *data, __u32 size, __u64 flags, struct bpf_dynptr *ptr) = (void *) 197;
/* 198: Linux 5.19 */
static long (* const bpf_ringbuf_reserve_dynptr)(void *ringbuf, __u32 size, __u64 flags, struct bpf_dynptr *ptr) = (void *) 198;
/* 199: Linux 5.19 */
static void (* const bpf_ringbuf_submit_dynptr)(struct bpf_dynptr *ptr, __u64 flags) = (void *) 199;
/* 200: Linux 5.19 */
static void (* const bpf_ringbuf_discard_dynptr)(struct bpf_dynptr *ptr, __u64 flags) = (void *) 200;
/* 201: Linux 5.19 */
static long (* const bpf_dynptr_read)(void *dst, __u32 len, const struct bpf_dynptr *src, __u32 offset, __u64 flags) = (void *) 201;
/* 202: Linux 5.19 */
static long (* const bpf_dynptr_write)(const struct bpf_dynptr *dst, __u32 offset, void *src, __u32 len, __u64 flags) = (void *) 202;
/* 203: Linux 5.19 */
static void *(* const bpf_dynptr_data)(const struct bpf_dynptr *ptr, __u32 offset, __u32 len) = (void *) 203;
/* 204: Linux 6.0, GPL only */
static __s64 (* const bpf_tcp_raw_gen_syncookie_ipv4)(struct iphdr *iph, struct tcphdr *th, __u32 th_len) = (void *) 204;
/* 205: Linux 6.0, GPL only */
static __s64 (* const bpf_tcp_raw_gen_syncookie_ipv6)(struct ipv6hdr *iph, struct tcphdr *th, __u32 th_len) = (void *) 205;
/* 206: Linux 6.0, GPL only */
static long (* const bpf_tcp_raw_check_syncookie_ipv4)(struct iphdr *iph, struct tcphdr *th) = (void *) 206;
/* 207: Linux 6.0, GPL only */
static long (* const bpf_tcp_raw_check_syncookie_ipv6)(struct ipv6hdr *iph, struct tcphdr *th) = (void *) 207;
/* 208: Linux 6.1 */
static __u64 (* const bpf_ktime_get_tai_ns)(void) = (void *) 208;
/* 209: Linux 6.1 */
static long (* const bpf_user_ringbuf_drain)(void *map, void *callback_fn, void *ctx, __u64 flags) = (void *) 209;
/* 210: Linux 6.2 */
static void *(* const bpf_cgrp_storage_get)(void *map, struct cgroup *cgroup, void *value, __u64 flags) = (void *) 210;
/* 211: Linux 6.2 */
static long (* const bpf_cgrp_storage_delete)(void *map, struct cgroup *cgroup) = (void *) 211;

#endif
