/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: arguments of user-space probes (USDT), in the protocol of libbpf 1.6. */
#ifndef BPFCC_BPF_USDT_BPF_H
#define BPFCC_BPF_USDT_BPF_H

#include <linux/errno.h>
#include "bpf_helpers.h"
#include "bpf_tracing.h"

/* Sizes of the two maps below; define them before the include to change them. */
#ifndef BPF_USDT_MAX_SPEC_CNT
#define BPF_USDT_MAX_SPEC_CNT 256
#endif
#ifndef BPF_USDT_MAX_IP_CNT
#define BPF_USDT_MAX_IP_CNT (4 * BPF_USDT_MAX_SPEC_CNT)
#endif
#define BPF_USDT_MAX_ARG_CNT 12

enum __bpf_usdt_arg_type {
	BPF_USDT_ARG_CONST = 0,
	BPF_USDT_ARG_REG = 1,
	BPF_USDT_ARG_REG_DEREF = 2,
};

/* Where one argument is. The loader writes these; layout and names are shared with it. */
struct __bpf_usdt_arg_spec {
	__u64 val_off; /* the constant, or the offset from what the register points at */
	enum __bpf_usdt_arg_type arg_type;
	short reg_off; /* offset of the register in struct pt_regs */
	_Bool arg_signed;
	char arg_bitshift; /* 64 minus the size of the argument in bits */
};

struct __bpf_usdt_spec {
	struct __bpf_usdt_arg_spec args[BPF_USDT_MAX_ARG_CNT];
	__u64 usdt_cookie;
	short arg_cnt;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPF_USDT_MAX_SPEC_CNT);
	__type(key, int);
	__type(value, struct __bpf_usdt_spec);
} __bpf_usdt_specs SEC(".maps") __weak;

/* For kernels before 5.15, which cannot attach a cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPF_USDT_MAX_IP_CNT);
	__type(key, long);
	__type(value, __u32);
} __bpf_usdt_ip_to_spec_id SEC(".maps") __weak;

extern const _Bool LINUX_HAS_BPF_COOKIE __kconfig;

static __always_inline struct __bpf_usdt_spec *___bpf_usdt_find(struct pt_regs *ctx)
{
	int id;

	if (LINUX_HAS_BPF_COOKIE) {
		id = bpf_get_attach_cookie(ctx);
	} else {
		long ip = PT_REGS_IP(ctx);
		int *known = bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &ip);

		if (!known)
			return NULL;
		id = *known;
	}
	return bpf_map_lookup_elem(&__bpf_usdt_specs, &id);
}

/* Number of arguments, or -ESRCH. */
__weak __hidden int bpf_usdt_arg_cnt(struct pt_regs *ctx)
{
	struct __bpf_usdt_spec *spec = ___bpf_usdt_find(ctx);

	return spec ? spec->arg_cnt : -ESRCH;
}

/* Size of an argument in bytes, or a negative error. */
__weak __hidden int bpf_usdt_arg_size(struct pt_regs *ctx, __u64 arg_num)
{
	struct __bpf_usdt_spec *spec = ___bpf_usdt_find(ctx);

	if (!spec)
		return -ESRCH;
	if (arg_num >= BPF_USDT_MAX_ARG_CNT)
		return -ENOENT;
	barrier_var(arg_num);
	if (arg_num >= (__u64)spec->arg_cnt)
		return -ENOENT;
	return (64 - (unsigned int)spec->args[arg_num].arg_bitshift) >> 3;
}

/* Reads argument `arg_num` (from 0), extended to 64 bits, into `*res`; 0 or a negative error. */
__weak __hidden int bpf_usdt_arg(struct pt_regs *ctx, __u64 arg_num, long *res)
{
	struct __bpf_usdt_spec *spec = ___bpf_usdt_find(ctx);
	struct __bpf_usdt_arg_spec *where;
	unsigned long value = 0;
	int error;

	*res = 0;
	if (!spec)
		return -ESRCH;
	if (arg_num >= BPF_USDT_MAX_ARG_CNT)
		return -ENOENT;
	barrier_var(arg_num);
	if (arg_num >= (__u64)spec->arg_cnt)
		return -ENOENT;

	where = &spec->args[arg_num];
	switch (where->arg_type) {
	case BPF_USDT_ARG_CONST:
		value = where->val_off;
		break;
	case BPF_USDT_ARG_REG:
		error = bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + where->reg_off);
		if (error)
			return error;
		break;
	case BPF_USDT_ARG_REG_DEREF:
		error = bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + where->reg_off);
		if (error)
			return error;
		error = bpf_probe_read_user(&value, sizeof(value), (void *)value + where->val_off);
		if (error)
			return error;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		value >>= where->arg_bitshift;
#endif
		break;
	default:
		return -EINVAL;
	}

	value <<= where->arg_bitshift;
	if (where->arg_signed)
		*res = ((long)value) >> where->arg_bitshift;
	else
		*res = value >> where->arg_bitshift;
	return 0;
}

/* The number that user space gave when it attached. */
__weak __hidden long bpf_usdt_cookie(struct pt_regs *ctx)
{
	struct __bpf_usdt_spec *spec = ___bpf_usdt_find(ctx);

	return spec ? (long)spec->usdt_cookie : 0;
}

#define ___bpf_usdt_value(n) \
	({ \
		long ___argument; \
		bpf_usdt_arg(ctx, n, &___argument); \
		(unsigned long long)___argument; \
	})
#define ___bpf_usdt_args0() ctx
#define ___bpf_usdt_args1(x) ___bpf_usdt_args0(), ___bpf_usdt_value(0)
#define ___bpf_usdt_args2(x, rest...) ___bpf_usdt_args1(rest), ___bpf_usdt_value(1)
#define ___bpf_usdt_args3(x, rest...) ___bpf_usdt_args2(rest), ___bpf_usdt_value(2)
#define ___bpf_usdt_args4(x, rest...) ___bpf_usdt_args3(rest), ___bpf_usdt_value(3)
#define ___bpf_usdt_args5(x, rest...) ___bpf_usdt_args4(rest), ___bpf_usdt_value(4)
#define ___bpf_usdt_args6(x, rest...) ___bpf_usdt_args5(rest), ___bpf_usdt_value(5)
#define ___bpf_usdt_args7(x, rest...) ___bpf_usdt_args6(rest), ___bpf_usdt_value(6)
#define ___bpf_usdt_args8(x, rest...) ___bpf_usdt_args7(rest), ___bpf_usdt_value(7)
#define ___bpf_usdt_args9(x, rest...) ___bpf_usdt_args8(rest), ___bpf_usdt_value(8)
#define ___bpf_usdt_args10(x, rest...) ___bpf_usdt_args9(rest), ___bpf_usdt_value(9)
#define ___bpf_usdt_args11(x, rest...) ___bpf_usdt_args10(rest), ___bpf_usdt_value(10)
#define ___bpf_usdt_args12(x, rest...) ___bpf_usdt_args11(rest), ___bpf_usdt_value(11)
#define ___bpf_usdt_args(args...) ___bpf_apply(___bpf_usdt_args, ___bpf_narg(args))(args)

/* A program whose arguments are those of the probe. */
#define BPF_USDT(name, args...) ___bpf_wrap(name, struct pt_regs, ___bpf_usdt_args(args), ##args)

#endif
