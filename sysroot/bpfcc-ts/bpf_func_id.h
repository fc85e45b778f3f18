/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: numbers of the kernel helpers.
   Generated from src/isa/helpers.ts by scripts/generate-helper-defs.js; included by linux/bpf.h. */
#ifndef BPFCC_BPF_FUNC_ID_H
#define BPFCC_BPF_FUNC_ID_H

/* Calls FN(name, number, context...) for every helper. */
#define ___BPF_FUNC_MAPPER(FN, ctx...) \
	FN(unspec, 0, ##ctx) \
	FN(map_lookup_elem, 1, ##ctx) \
	FN(map_update_elem, 2, ##ctx) \
	FN(map_delete_elem, 3, ##ctx) \
	FN(probe_read, 4, ##ctx) \
	FN(ktime_get_ns, 5, ##ctx) \
	FN(trace_printk, 6, ##ctx) \
	FN(get_prandom_u32, 7, ##ctx) \
	FN(get_smp_processor_id, 8, ##ctx) \
	FN(skb_store_bytes, 9, ##ctx) \
	FN(l3_csum_replace, 10, ##ctx) \
	FN(l4_csum_replace, 11, ##ctx) \
	FN(tail_call, 12, ##ctx) \
	FN(clone_redirect, 13, ##ctx) \
	FN(get_current_pid_tgid, 14, ##ctx) \
	FN(get_current_uid_gid, 15, ##ctx) \
	FN(get_current_comm, 16, ##ctx) \
	FN(get_cgroup_classid, 17, ##ctx) \
	FN(skb_vlan_push, 18, ##ctx) \
	FN(skb_vlan_pop, 19, ##ctx) \
	FN(skb_get_tunnel_key, 20, ##ctx) \
	FN(skb_set_tunnel_key, 21, ##ctx) \
	FN(perf_event_read, 22, ##ctx) \
	FN(redirect, 23, ##ctx) \
	FN(get_route_realm, 24, ##ctx) \
	FN(perf_event_output, 25, ##ctx) \
	FN(skb_load_bytes, 26, ##ctx) \
	FN(get_stackid, 27, ##ctx) \
	FN(csum_diff, 28, ##ctx) \
	FN(skb_get_tunnel_opt, 29, ##ctx) \
	FN(skb_set_tunnel_opt, 30, ##ctx) \
	FN(skb_change_proto, 31, ##ctx) \
	FN(skb_change_type, 32, ##ctx) \
	FN(skb_under_cgroup, 33, ##ctx) \
	FN(get_hash_recalc, 34, ##ctx) \
	FN(get_current_task, 35, ##ctx) \
	FN(probe_write_user, 36, ##ctx) \
	FN(current_task_under_cgroup, 37, ##ctx) \
	FN(skb_change_tail, 38, ##ctx) \
	FN(skb_pull_data, 39, ##ctx) \
	FN(csum_update, 40, ##ctx) \
	FN(set_hash_invalid, 41, ##ctx) \
	FN(get_numa_node_id, 42, ##ctx) \
	FN(skb_change_head, 43, ##ctx) \
	FN(xdp_adjust_head, 44, ##ctx) \
	FN(probe_read_str, 45, ##ctx) \
	FN(get_socket_cookie, 46, ##ctx) \
	FN(get_socket_uid, 47, ##ctx) \
	FN(set_hash, 48, ##ctx) \
	FN(setsockopt, 49, ##ctx) \
	FN(skb_adjust_room, 50, ##ctx) \
	FN(redirect_map, 51, ##ctx) \
	FN(sk_redirect_map, 52, ##ctx) \
	FN(sock_map_update, 53, ##ctx) \
	FN(xdp_adjust_meta, 54, ##ctx) \
	FN(perf_event_read_value, 55, ##ctx) \
	FN(perf_prog_read_value, 56, ##ctx) \
	FN(getsockopt, 57, ##ctx) \
	FN(override_return, 58, ##ctx) \
	FN(sock_ops_cb_flags_set, 59, ##ctx) \
	FN(msg_redirect_map, 60, ##ctx) \
	FN(msg_apply_bytes, 61, ##ctx) \
	FN(msg_cork_bytes, 62, ##ctx) \
	FN(msg_pull_data, 63, ##ctx) \
	FN(bind, 64, ##ctx) \
	FN(xdp_adjust_tail, 65, ##ctx) \
	FN(skb_get_xfrm_state, 66, ##ctx) \
	FN(get_stack, 67, ##ctx) \
	FN(skb_load_bytes_relative, 68, ##ctx) \
	FN(fib_lookup, 69, ##ctx) \
	FN(sock_hash_update, 70, ##ctx) \
	FN(msg_redirect_hash, 71, ##ctx) \
	FN(sk_redirect_hash, 72, ##ctx) \
	FN(lwt_push_encap, 73, ##ctx) \
	FN(lwt_seg6_store_bytes, 74, ##ctx) \
	FN(lwt_seg6_adjust_srh, 75, ##ctx) \
	FN(lwt_seg6_action, 76, ##ctx) \
	FN(rc_repeat, 77, ##ctx) \
	FN(rc_keydown, 78, ##ctx) \
	FN(skb_cgroup_id, 79, ##ctx) \
	FN(get_current_cgroup_id, 80, ##ctx) \
	FN(get_local_storage, 81, ##ctx) \
	FN(sk_select_reuseport, 82, ##ctx) \
	FN(skb_ancestor_cgroup_id, 83, ##ctx) \
	FN(sk_lookup_tcp, 84, ##ctx) \
	FN(sk_lookup_udp, 85, ##ctx) \
	FN(sk_release, 86, ##ctx) \
	FN(map_push_elem, 87, ##ctx) \
	FN(map_pop_elem, 88, ##ctx) \
	FN(map_peek_elem, 89, ##ctx) \
	FN(msg_push_data, 90, ##ctx) \
	FN(msg_pop_data, 91, ##ctx) \
	FN(rc_pointer_rel, 92, ##ctx) \
	FN(spin_lock, 93, ##ctx) \
	FN(spin_unlock, 94, ##ctx) \
	FN(sk_fullsock, 95, ##ctx) \
	FN(tcp_sock, 96, ##ctx) \
	FN(skb_ecn_set_ce, 97, ##ctx) \
	FN(get_listener_sock, 98, ##ctx) \
	FN(skc_lookup_tcp, 99, ##ctx) \
	FN(tcp_check_syncookie, 100, ##ctx) \
	FN(sysctl_get_name, 101, ##ctx) \
	FN(sysctl_get_current_value, 102, ##ctx) \
	FN(sysctl_get_new_value, 103, ##ctx) \
	FN(sysctl_set_new_value, 104, ##ctx) \
	FN(strtol, 105, ##ctx) \
	FN(strtoul, 106, ##ctx) \
	FN(sk_storage_get, 107, ##ctx) \
	FN(sk_storage_delete, 108, ##ctx) \
	FN(send_signal, 109, ##ctx) \
	FN(tcp_gen_syncookie, 110, ##ctx) \
	FN(skb_output, 111, ##ctx) \
	FN(probe_read_user, 112, ##ctx) \
	FN(probe_read_kernel, 113, ##ctx) \
	FN(probe_read_user_str, 114, ##ctx) \
	FN(probe_read_kernel_str, 115, ##ctx) \
	FN(tcp_send_ack, 116, ##ctx) \
	FN(send_signal_thread, 117, ##ctx) \
	FN(jiffies64, 118, ##ctx) \
	FN(read_branch_records, 119, ##ctx) \
	FN(get_ns_current_pid_tgid, 120, ##ctx) \
	FN(xdp_output, 121, ##ctx) \
	FN(get_netns_cookie, 122, ##ctx) \
	FN(get_current_ancestor_cgroup_id, 123, ##ctx) \
	FN(sk_assign, 124, ##ctx) \
	FN(ktime_get_boot_ns, 125, ##ctx) \
	FN(seq_printf, 126, ##ctx) \
	FN(seq_write, 127, ##ctx) \
	FN(sk_cgroup_id, 128, ##ctx) \
	FN(sk_ancestor_cgroup_id, 129, ##ctx) \
	FN(ringbuf_output, 130, ##ctx) \
	FN(ringbuf_reserve, 131, ##ctx) \
	FN(ringbuf_submit, 132, ##ctx) \
	FN(ringbuf_discard, 133, ##ctx) \
	FN(ringbuf_query, 134, ##ctx) \
	FN(csum_level, 135, ##ctx) \
	FN(skc_to_tcp6_sock, 136, ##ctx) \
	FN(skc_to_tcp_sock, 137, ##ctx) \
	FN(skc_to_tcp_timewait_sock, 138, ##ctx) \
	FN(skc_to_tcp_request_sock, 139, ##ctx) \
	FN(skc_to_udp6_sock, 140, ##ctx) \
	FN(get_task_stack, 141, ##ctx) \
	FN(load_hdr_opt, 142, ##ctx) \
	FN(store_hdr_opt, 143, ##ctx) \
	FN(reserve_hdr_opt, 144, ##ctx) \
	FN(inode_storage_get, 145, ##ctx) \
	FN(inode_storage_delete, 146, ##ctx) \
	FN(d_path, 147, ##ctx) \
	FN(copy_from_user, 148, ##ctx) \
	FN(snprintf_btf, 149, ##ctx) \
	FN(seq_printf_btf, 150, ##ctx) \
	FN(skb_cgroup_classid, 151, ##ctx) \
	FN(redirect_neigh, 152, ##ctx) \
	FN(per_cpu_ptr, 153, ##ctx) \
	FN(this_cpu_ptr, 154, ##ctx) \
	FN(redirect_peer, 155, ##ctx) \
	FN(task_storage_get, 156, ##ctx) \
	FN(task_storage_delete, 157, ##ctx) \
	FN(get_current_task_btf, 158, ##ctx) \
	FN(bprm_opts_set, 159, ##ctx) \
	FN(ktime_get_coarse_ns, 160, ##ctx) \
	FN(ima_inode_hash, 161, ##ctx) \
	FN(sock_from_file, 162, ##ctx) \
	FN(check_mtu, 163, ##ctx) \
	FN(for_each_map_elem, 164, ##ctx) \
	FN(snprintf, 165, ##ctx) \
	FN(sys_bpf, 166, ##ctx) \
	FN(btf_find_by_name_kind, 167, ##ctx) \
	FN(sys_close, 168, ##ctx) \
	FN(timer_init, 169, ##ctx) \
	FN(timer_set_callback, 170, ##ctx) \
	FN(timer_start, 171, ##ctx) \
	FN(timer_cancel, 172, ##ctx) \
	FN(get_func_ip, 173, ##ctx) \
	FN(get_attach_cookie, 174, ##ctx) \
	FN(task_pt_regs, 175, ##ctx) \
	FN(get_branch_snapshot, 176, ##ctx) \
	FN(trace_vprintk, 177, ##ctx) \
	FN(skc_to_unix_sock, 178, ##ctx) \
	FN(kallsyms_lookup_name, 179, ##ctx) \
	FN(find_vma, 180, ##ctx) \
	FN(loop, 181, ##ctx) \
	FN(strncmp, 182, ##ctx) \
	FN(get_func_arg, 183, ##ctx) \
	FN(get_func_ret, 184, ##ctx) \
	FN(get_func_arg_cnt, 185, ##ctx) \
	FN(get_retval, 186, ##ctx) \
	FN(set_retval, 187, ##ctx) \
	FN(xdp_get_buff_len, 188, ##ctx) \
	FN(xdp_load_bytes, 189, ##ctx) \
	FN(xdp_store_bytes, 190, ##ctx) \
	FN(copy_from_user_task, 191, ##ctx) \
	FN(skb_set_tstamp, 192, ##ctx) \
	FN(ima_file_hash, 193, ##ctx) \
	FN(kptr_xchg, 194, ##ctx) \
	FN(map_lookup_percpu_elem, 195, ##ctx) \
	FN(skc_to_mptcp_sock, 196, ##ctx) \
	FN(dynptr_from_mem, 197, ##ctx) \
	FN(ringbuf_reserve_dynptr, 198, ##ctx) \
	FN(ringbuf_submit_dynptr, 199, ##ctx) \
	FN(ringbuf_discard_dynptr, 200, ##ctx) \
	FN(dynptr_read, 201, ##ctx) \
	FN(dynptr_write, 202, ##ctx) \
	FN(dynptr_data, 203, ##ctx) \
	FN(tcp_raw_gen_syncookie_ipv4, 204, ##ctx) \
	FN(tcp_raw_gen_syncookie_ipv6, 205, ##ctx) \
	FN(tcp_raw_check_syncookie_ipv4, 206, ##ctx) \
	FN(tcp_raw_check_syncookie_ipv6, 207, ##ctx) \
	FN(ktime_get_tai_ns, 208, ##ctx) \
	FN(user_ringbuf_drain, 209, ##ctx) \
	FN(cgrp_storage_get, 210, ##ctx) \
	FN(cgrp_storage_delete, 211, ##ctx)

/* The older form: FN(name), for every helper. */
#define __BPF_FUNC_MAPPER_APPLY(name, value, FN) FN(name),
#define __BPF_FUNC_MAPPER(FN) ___BPF_FUNC_MAPPER(__BPF_FUNC_MAPPER_APPLY, FN)

enum bpf_func_id {
	BPF_FUNC_unspec = 0,
	BPF_FUNC_map_lookup_elem = 1,
	BPF_FUNC_map_update_elem = 2,
	BPF_FUNC_map_delete_elem = 3,
	BPF_FUNC_probe_read = 4,
	BPF_FUNC_ktime_get_ns = 5,
	BPF_FUNC_trace_printk = 6,
	BPF_FUNC_get_prandom_u32 = 7,
	BPF_FUNC_get_smp_processor_id = 8,
	BPF_FUNC_skb_store_bytes = 9,
	BPF_FUNC_l3_csum_replace = 10,
	BPF_FUNC_l4_csum_replace = 11,
	BPF_FUNC_tail_call = 12,
	BPF_FUNC_clone_redirect = 13,
	BPF_FUNC_get_current_pid_tgid = 14,
	BPF_FUNC_get_current_uid_gid = 15,
	BPF_FUNC_get_current_comm = 16,
	BPF_FUNC_get_cgroup_classid = 17,
	BPF_FUNC_skb_vlan_push = 18,
	BPF_FUNC_skb_vlan_pop = 19,
	BPF_FUNC_skb_get_tunnel_key = 20,
	BPF_FUNC_skb_set_tunnel_key = 21,
	BPF_FUNC_perf_event_read = 22,
	BPF_FUNC_redirect = 23,
	BPF_FUNC_get_route_realm = 24,
	BPF_FUNC_perf_event_output = 25,
	BPF_FUNC_skb_load_bytes = 26,
	BPF_FUNC_get_stackid = 27,
	BPF_FUNC_csum_diff = 28,
	BPF_FUNC_skb_get_tunnel_opt = 29,
	BPF_FUNC_skb_set_tunnel_opt = 30,
	BPF_FUNC_skb_change_proto = 31,
	BPF_FUNC_skb_change_type = 32,
	BPF_FUNC_skb_under_cgroup = 33,
	BPF_FUNC_get_hash_recalc = 34,
	BPF_FUNC_get_current_task = 35,
	BPF_FUNC_probe_write_user = 36,
	BPF_FUNC_current_task_under_cgroup = 37,
	BPF_FUNC_skb_change_tail = 38,
	BPF_FUNC_skb_pull_data = 39,
	BPF_FUNC_csum_update = 40,
	BPF_FUNC_set_hash_invalid = 41,
	BPF_FUNC_get_numa_node_id = 42,
	BPF_FUNC_skb_change_head = 43,
	BPF_FUNC_xdp_adjust_head = 44,
	BPF_FUNC_probe_read_str = 45,
	BPF_FUNC_get_socket_cookie = 46,
	BPF_FUNC_get_socket_uid = 47,
	BPF_FUNC_set_hash = 48,
	BPF_FUNC_setsockopt = 49,
	BPF_FUNC_skb_adjust_room = 50,
	BPF_FUNC_redirect_map = 51,
	BPF_FUNC_sk_redirect_map = 52,
	BPF_FUNC_sock_map_update = 53,
	BPF_FUNC_xdp_adjust_meta = 54,
	BPF_FUNC_perf_event_read_value = 55,
	BPF_FUNC_perf_prog_read_value = 56,
	BPF_FUNC_getsockopt = 57,
	BPF_FUNC_override_return = 58,
	BPF_FUNC_sock_ops_cb_flags_set = 59,
	BPF_FUNC_msg_redirect_map = 60,
	BPF_FUNC_msg_apply_bytes = 61,
	BPF_FUNC_msg_cork_bytes = 62,
	BPF_FUNC_msg_pull_data = 63,
	BPF_FUNC_bind = 64,
	BPF_FUNC_xdp_adjust_tail = 65,
	BPF_FUNC_skb_get_xfrm_state = 66,
	BPF_FUNC_get_stack = 67,
	BPF_FUNC_skb_load_bytes_relative = 68,
	BPF_FUNC_fib_lookup = 69,
	BPF_FUNC_sock_hash_update = 70,
	BPF_FUNC_msg_redirect_hash = 71,
	BPF_FUNC_sk_redirect_hash = 72,
	BPF_FUNC_lwt_push_encap = 73,
	BPF_FUNC_lwt_seg6_store_bytes = 74,
	BPF_FUNC_lwt_seg6_adjust_srh = 75,
	BPF_FUNC_lwt_seg6_action = 76,
	BPF_FUNC_rc_repeat = 77,
	BPF_FUNC_rc_keydown = 78,
	BPF_FUNC_skb_cgroup_id = 79,
	BPF_FUNC_get_current_cgroup_id = 80,
	BPF_FUNC_get_local_storage = 81,
	BPF_FUNC_sk_select_reuseport = 82,
	BPF_FUNC_skb_ancestor_cgroup_id = 83,
	BPF_FUNC_sk_lookup_tcp = 84,
	BPF_FUNC_sk_lookup_udp = 85,
	BPF_FUNC_sk_release = 86,
	BPF_FUNC_map_push_elem = 87,
	BPF_FUNC_map_pop_elem = 88,
	BPF_FUNC_map_peek_elem = 89,
	BPF_FUNC_msg_push_data = 90,
	BPF_FUNC_msg_pop_data = 91,
	BPF_FUNC_rc_pointer_rel = 92,
	BPF_FUNC_spin_lock = 93,
	BPF_FUNC_spin_unlock = 94,
	BPF_FUNC_sk_fullsock = 95,
	BPF_FUNC_tcp_sock = 96,
	BPF_FUNC_skb_ecn_set_ce = 97,
	BPF_FUNC_get_listener_sock = 98,
	BPF_FUNC_skc_lookup_tcp = 99,
	BPF_FUNC_tcp_check_syncookie = 100,
	BPF_FUNC_sysctl_get_name = 101,
	BPF_FUNC_sysctl_get_current_value = 102,
	BPF_FUNC_sysctl_get_new_value = 103,
	BPF_FUNC_sysctl_set_new_value = 104,
	BPF_FUNC_strtol = 105,
	BPF_FUNC_strtoul = 106,
	BPF_FUNC_sk_storage_get = 107,
	BPF_FUNC_sk_storage_delete = 108,
	BPF_FUNC_send_signal = 109,
	BPF_FUNC_tcp_gen_syncookie = 110,
	BPF_FUNC_skb_output = 111,
	BPF_FUNC_probe_read_user = 112,
	BPF_FUNC_probe_read_kernel = 113,
	BPF_FUNC_probe_read_user_str = 114,
	BPF_FUNC_probe_read_kernel_str = 115,
	BPF_FUNC_tcp_send_ack = 116,
	BPF_FUNC_send_signal_thread = 117,
	BPF_FUNC_jiffies64 = 118,
	BPF_FUNC_read_branch_records = 119,
	BPF_FUNC_get_ns_current_pid_tgid = 120,
	BPF_FUNC_xdp_output = 121,
	BPF_FUNC_get_netns_cookie = 122,
	BPF_FUNC_get_current_ancestor_cgroup_id = 123,
	BPF_FUNC_sk_assign = 124,
	BPF_FUNC_ktime_get_boot_ns = 125,
	BPF_FUNC_seq_printf = 126,
	BPF_FUNC_seq_write = 127,
	BPF_FUNC_sk_cgroup_id = 128,
	BPF_FUNC_sk_ancestor_cgroup_id = 129,
	BPF_FUNC_ringbuf_output = 130,
	BPF_FUNC_ringbuf_reserve = 131,
	BPF_FUNC_ringbuf_submit = 132,
	BPF_FUNC_ringbuf_discard = 133,
	BPF_FUNC_ringbuf_query = 134,
	BPF_FUNC_csum_level = 135,
	BPF_FUNC_skc_to_tcp6_sock = 136,
	BPF_FUNC_skc_to_tcp_sock = 137,
	BPF_FUNC_skc_to_tcp_timewait_sock = 138,
	BPF_FUNC_skc_to_tcp_request_sock = 139,
	BPF_FUNC_skc_to_udp6_sock = 140,
	BPF_FUNC_get_task_stack = 141,
	BPF_FUNC_load_hdr_opt = 142,
	BPF_FUNC_store_hdr_opt = 143,
	BPF_FUNC_reserve_hdr_opt = 144,
	BPF_FUNC_inode_storage_get = 145,
	BPF_FUNC_inode_storage_delete = 146,
	BPF_FUNC_d_path = 147,
	BPF_FUNC_copy_from_user = 148,
	BPF_FUNC_snprintf_btf = 149,
	BPF_FUNC_seq_printf_btf = 150,
	BPF_FUNC_skb_cgroup_classid = 151,
	BPF_FUNC_redirect_neigh = 152,
	BPF_FUNC_per_cpu_ptr = 153,
	BPF_FUNC_this_cpu_ptr = 154,
	BPF_FUNC_redirect_peer = 155,
	BPF_FUNC_task_storage_get = 156,
	BPF_FUNC_task_storage_delete = 157,
	BPF_FUNC_get_current_task_btf = 158,
	BPF_FUNC_bprm_opts_set = 159,
	BPF_FUNC_ktime_get_coarse_ns = 160,
	BPF_FUNC_ima_inode_hash = 161,
	BPF_FUNC_sock_from_file = 162,
	BPF_FUNC_check_mtu = 163,
	BPF_FUNC_for_each_map_elem = 164,
	BPF_FUNC_snprintf = 165,
	BPF_FUNC_sys_bpf = 166,
	BPF_FUNC_btf_find_by_name_kind = 167,
	BPF_FUNC_sys_close = 168,
	BPF_FUNC_timer_init = 169,
	BPF_FUNC_timer_set_callback = 170,
	BPF_FUNC_timer_start = 171,
	BPF_FUNC_timer_cancel = 172,
	BPF_FUNC_get_func_ip = 173,
	BPF_FUNC_get_attach_cookie = 174,
	BPF_FUNC_task_pt_regs = 175,
	BPF_FUNC_get_branch_snapshot = 176,
	BPF_FUNC_trace_vprintk = 177,
	BPF_FUNC_skc_to_unix_sock = 178,
	BPF_FUNC_kallsyms_lookup_name = 179,
	BPF_FUNC_find_vma = 180,
	BPF_FUNC_loop = 181,
	BPF_FUNC_strncmp = 182,
	BPF_FUNC_get_func_arg = 183,
	BPF_FUNC_get_func_ret = 184,
	BPF_FUNC_get_func_arg_cnt = 185,
	BPF_FUNC_get_retval = 186,
	BPF_FUNC_set_retval = 187,
	BPF_FUNC_xdp_get_buff_len = 188,
	BPF_FUNC_xdp_load_bytes = 189,
	BPF_FUNC_xdp_store_bytes = 190,
	BPF_FUNC_copy_from_user_task = 191,
	BPF_FUNC_skb_set_tstamp = 192,
	BPF_FUNC_ima_file_hash = 193,
	BPF_FUNC_kptr_xchg = 194,
	BPF_FUNC_map_lookup_percpu_elem = 195,
	BPF_FUNC_skc_to_mptcp_sock = 196,
	BPF_FUNC_dynptr_from_mem = 197,
	BPF_FUNC_ringbuf_reserve_dynptr = 198,
	BPF_FUNC_ringbuf_submit_dynptr = 199,
	BPF_FUNC_ringbuf_discard_dynptr = 200,
	BPF_FUNC_dynptr_read = 201,
	BPF_FUNC_dynptr_write = 202,
	BPF_FUNC_dynptr_data = 203,
	BPF_FUNC_tcp_raw_gen_syncookie_ipv4 = 204,
	BPF_FUNC_tcp_raw_gen_syncookie_ipv6 = 205,
	BPF_FUNC_tcp_raw_check_syncookie_ipv4 = 206,
	BPF_FUNC_tcp_raw_check_syncookie_ipv6 = 207,
	BPF_FUNC_ktime_get_tai_ns = 208,
	BPF_FUNC_user_ringbuf_drain = 209,
	BPF_FUNC_cgrp_storage_get = 210,
	BPF_FUNC_cgrp_storage_delete = 211,
	__BPF_FUNC_MAX_ID
};

#endif
