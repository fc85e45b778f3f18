/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: arguments of traced functions: registers, BPF_PROG, BPF_KPROBE and their kin. */
#ifndef BPFCC_BPF_BPF_TRACING_H
#define BPFCC_BPF_BPF_TRACING_H

#include "bpf_helpers.h"

/* Whose registers: the build says so with -D__TARGET_ARCH_xxx, since the target of the compiler is always BPF. */
#if defined(__TARGET_ARCH_x86)
#define bpf_target_x86
#define bpf_target_defined
#elif defined(__TARGET_ARCH_arm64)
#define bpf_target_arm64
#define bpf_target_defined
#elif defined(__TARGET_ARCH_riscv)
#define bpf_target_riscv
#define bpf_target_defined
#elif defined(__TARGET_ARCH_s390)
#define bpf_target_s390
#define bpf_target_defined
#elif defined(__x86_64__)
#define bpf_target_x86
#define bpf_target_defined
#elif defined(__aarch64__)
#define bpf_target_arm64
#define bpf_target_defined
#elif defined(__riscv) && __riscv_xlen == 64
#define bpf_target_riscv
#define bpf_target_defined
#elif defined(__s390x__)
#define bpf_target_s390
#define bpf_target_defined
#endif

#ifndef __BPF_TARGET_MISSING
#define __BPF_TARGET_MISSING \
	"GCC error \"registers differ between architectures: name yours with -D__TARGET_ARCH_xxx (x86, arm64, riscv, s390)\""
#endif

/*
 * Names of the registers by their part in the calling convention of functions (__PT_PARMn_REG) and of
 * system calls (__PT_PARMn_SYSCALL_REG).
 */
#if defined(bpf_target_x86)

/* The kernel's headers and vmlinux.h call the registers ax, di; the interface for user space says rax, rdi. */
#if defined(__KERNEL__) || defined(__VMLINUX_H__)
#define __PT_REGS_CAST(x) (x)
#define __PT_PARM1_REG di
#define __PT_PARM2_REG si
#define __PT_PARM3_REG dx
#define __PT_PARM4_REG cx
#define __PT_PARM5_REG r8
#define __PT_PARM6_REG r9
#define __PT_PARM1_SYSCALL_REG __PT_PARM1_REG
#define __PT_PARM2_SYSCALL_REG __PT_PARM2_REG
#define __PT_PARM3_SYSCALL_REG __PT_PARM3_REG
#define __PT_PARM4_SYSCALL_REG r10
#define __PT_PARM5_SYSCALL_REG __PT_PARM5_REG
#define __PT_PARM6_SYSCALL_REG __PT_PARM6_REG
#define __PT_RET_REG sp
#define __PT_FP_REG bp
#define __PT_RC_REG ax
#define __PT_SP_REG sp
#define __PT_IP_REG ip
#else
#define __PT_REGS_CAST(x) (x)
#define __PT_PARM1_REG rdi
#define __PT_PARM2_REG rsi
#define __PT_PARM3_REG rdx
#define __PT_PARM4_REG rcx
#define __PT_PARM5_REG r8
#define __PT_PARM6_REG r9
#define __PT_PARM1_SYSCALL_REG __PT_PARM1_REG
#define __PT_PARM2_SYSCALL_REG __PT_PARM2_REG
#define __PT_PARM3_SYSCALL_REG __PT_PARM3_REG
#define __PT_PARM4_SYSCALL_REG r10
#define __PT_PARM5_SYSCALL_REG __PT_PARM5_REG
#define __PT_PARM6_SYSCALL_REG __PT_PARM6_REG
#define __PT_RET_REG rsp
#define __PT_FP_REG rbp
#define __PT_RC_REG rax
#define __PT_SP_REG rsp
#define __PT_IP_REG rip
#endif

#elif defined(bpf_target_arm64)

struct pt_regs___arm64 {
	unsigned long orig_x0;
} __attribute__((preserve_access_index));

#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1_CORE_SYSCALL(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ((const struct pt_regs___arm64 *)(x), orig_x0)
#define __PT_REGS_CAST(x) ((const struct user_pt_regs *)(x))
#define __PT_PARM1_REG regs[0]
#define __PT_PARM2_REG regs[1]
#define __PT_PARM3_REG regs[2]
#define __PT_PARM4_REG regs[3]
#define __PT_PARM5_REG regs[4]
#define __PT_PARM6_REG regs[5]
#define __PT_PARM7_REG regs[6]
#define __PT_PARM8_REG regs[7]
#define __PT_PARM1_SYSCALL_REG orig_x0
#define __PT_PARM2_SYSCALL_REG regs[1]
#define __PT_PARM3_SYSCALL_REG regs[2]
#define __PT_PARM4_SYSCALL_REG regs[3]
#define __PT_PARM5_SYSCALL_REG regs[4]
#define __PT_PARM6_SYSCALL_REG regs[5]
#define __PT_RET_REG regs[30]
#define __PT_FP_REG regs[29]
#define __PT_RC_REG regs[0]
#define __PT_SP_REG sp
#define __PT_IP_REG pc

#elif defined(bpf_target_riscv)

struct pt_regs___riscv {
	unsigned long orig_a0;
} __attribute__((preserve_access_index));

#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1_CORE_SYSCALL(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ((const struct pt_regs___riscv *)(x), orig_a0)
#define __PT_REGS_CAST(x) ((const struct user_regs_struct *)(x))
#define __PT_PARM1_REG a0
#define __PT_PARM2_REG a1
#define __PT_PARM3_REG a2
#define __PT_PARM4_REG a3
#define __PT_PARM5_REG a4
#define __PT_PARM6_REG a5
#define __PT_PARM7_REG a6
#define __PT_PARM8_REG a7
#define __PT_PARM1_SYSCALL_REG orig_a0
#define __PT_PARM2_SYSCALL_REG a1
#define __PT_PARM3_SYSCALL_REG a2
#define __PT_PARM4_SYSCALL_REG a3
#define __PT_PARM5_SYSCALL_REG a4
#define __PT_PARM6_SYSCALL_REG a5
#define __PT_RET_REG ra
#define __PT_FP_REG s0
#define __PT_RC_REG a0
#define __PT_SP_REG sp
#define __PT_IP_REG pc

#elif defined(bpf_target_s390)

struct pt_regs___s390 {
	unsigned long orig_gpr2;
} __attribute__((preserve_access_index));

#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1_CORE_SYSCALL(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ((const struct pt_regs___s390 *)(x), orig_gpr2)
#define __PT_REGS_CAST(x) ((const struct user_pt_regs *)(x))
#define __PT_PARM1_REG gprs[2]
#define __PT_PARM2_REG gprs[3]
#define __PT_PARM3_REG gprs[4]
#define __PT_PARM4_REG gprs[5]
#define __PT_PARM5_REG gprs[6]
#define __PT_PARM1_SYSCALL_REG orig_gpr2
#define __PT_PARM2_SYSCALL_REG gprs[3]
#define __PT_PARM3_SYSCALL_REG gprs[4]
#define __PT_PARM4_SYSCALL_REG gprs[5]
#define __PT_PARM5_SYSCALL_REG gprs[6]
#define __PT_PARM6_SYSCALL_REG gprs[7]
#define __PT_RET_REG gprs[14]
#define __PT_FP_REG gprs[11]
#define __PT_RC_REG gprs[2]
#define __PT_SP_REG gprs[15]
#define __PT_IP_REG psw.addr

#endif

#if defined(bpf_target_defined)

struct pt_regs;

/* Arguments that the convention does not pass in registers. */
#ifndef __PT_PARM6_REG
#define __PT_PARM6_REG __unsupported__
#endif
#ifndef __PT_PARM7_REG
#define __PT_PARM7_REG __unsupported__
#endif
#ifndef __PT_PARM8_REG
#define __PT_PARM8_REG __unsupported__
#endif
#ifndef __PT_PARM7_SYSCALL_REG
#define __PT_PARM7_SYSCALL_REG __unsupported__
#endif

/* Direct access: ctx of a kprobe, or a copy of the registers. */
#define PT_REGS_PARM1(x) (__PT_REGS_CAST(x)->__PT_PARM1_REG)
#define PT_REGS_PARM2(x) (__PT_REGS_CAST(x)->__PT_PARM2_REG)
#define PT_REGS_PARM3(x) (__PT_REGS_CAST(x)->__PT_PARM3_REG)
#define PT_REGS_PARM4(x) (__PT_REGS_CAST(x)->__PT_PARM4_REG)
#define PT_REGS_PARM5(x) (__PT_REGS_CAST(x)->__PT_PARM5_REG)
#define PT_REGS_PARM6(x) (__PT_REGS_CAST(x)->__PT_PARM6_REG)
#define PT_REGS_PARM7(x) (__PT_REGS_CAST(x)->__PT_PARM7_REG)
#define PT_REGS_PARM8(x) (__PT_REGS_CAST(x)->__PT_PARM8_REG)
#define PT_REGS_RET(x) (__PT_REGS_CAST(x)->__PT_RET_REG)
#define PT_REGS_FP(x) (__PT_REGS_CAST(x)->__PT_FP_REG)
#define PT_REGS_RC(x) (__PT_REGS_CAST(x)->__PT_RC_REG)
#define PT_REGS_SP(x) (__PT_REGS_CAST(x)->__PT_SP_REG)
#define PT_REGS_IP(x) (__PT_REGS_CAST(x)->__PT_IP_REG)

/* By CO-RE read: any pointer to registers. */
#define PT_REGS_PARM1_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM1_REG)
#define PT_REGS_PARM2_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM2_REG)
#define PT_REGS_PARM3_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM3_REG)
#define PT_REGS_PARM4_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM4_REG)
#define PT_REGS_PARM5_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM5_REG)
#define PT_REGS_PARM6_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM6_REG)
#define PT_REGS_PARM7_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM7_REG)
#define PT_REGS_PARM8_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM8_REG)
#define PT_REGS_RET_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_RET_REG)
#define PT_REGS_FP_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_FP_REG)
#define PT_REGS_RC_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_RC_REG)
#define PT_REGS_SP_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_SP_REG)
#define PT_REGS_IP_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_IP_REG)

/* Arguments of a system call. */
#ifndef PT_REGS_PARM1_SYSCALL
#define PT_REGS_PARM1_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM1_SYSCALL_REG)
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM1_SYSCALL_REG)
#endif
#define PT_REGS_PARM2_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM2_SYSCALL_REG)
#define PT_REGS_PARM3_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM3_SYSCALL_REG)
#define PT_REGS_PARM4_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM4_SYSCALL_REG)
#define PT_REGS_PARM5_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM5_SYSCALL_REG)
#define PT_REGS_PARM6_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM6_SYSCALL_REG)
#define PT_REGS_PARM7_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM7_SYSCALL_REG)
#define PT_REGS_PARM2_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM2_SYSCALL_REG)
#define PT_REGS_PARM3_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM3_SYSCALL_REG)
#define PT_REGS_PARM4_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM4_SYSCALL_REG)
#define PT_REGS_PARM5_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM5_SYSCALL_REG)
#define PT_REGS_PARM6_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM6_SYSCALL_REG)
#define PT_REGS_PARM7_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM7_SYSCALL_REG)

/* Return address, read from the stack frame. */
#define BPF_KPROBE_READ_RET_IP(ip, ctx) \
	({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)PT_REGS_RET(ctx)); })
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) \
	({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)(PT_REGS_FP(ctx) + sizeof(ip))); })

#else

/* Using one of these without an architecture is an error; including the header is not. */
#define ___bpf_no_target ({ _Pragma(__BPF_TARGET_MISSING); 0l; })
#define PT_REGS_PARM1(x) ___bpf_no_target
#define PT_REGS_PARM1_CORE(x) ___bpf_no_target
#define PT_REGS_PARM2(x) ___bpf_no_target
#define PT_REGS_PARM2_CORE(x) ___bpf_no_target
#define PT_REGS_PARM3(x) ___bpf_no_target
#define PT_REGS_PARM3_CORE(x) ___bpf_no_target
#define PT_REGS_PARM4(x) ___bpf_no_target
#define PT_REGS_PARM4_CORE(x) ___bpf_no_target
#define PT_REGS_PARM5(x) ___bpf_no_target
#define PT_REGS_PARM5_CORE(x) ___bpf_no_target
#define PT_REGS_PARM6(x) ___bpf_no_target
#define PT_REGS_PARM6_CORE(x) ___bpf_no_target
#define PT_REGS_PARM7(x) ___bpf_no_target
#define PT_REGS_PARM7_CORE(x) ___bpf_no_target
#define PT_REGS_PARM8(x) ___bpf_no_target
#define PT_REGS_PARM8_CORE(x) ___bpf_no_target
#define PT_REGS_PARM1_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM1_CORE_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM2_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM2_CORE_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM3_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM3_CORE_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM4_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM4_CORE_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM5_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM5_CORE_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM6_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM6_CORE_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM7_SYSCALL(x) ___bpf_no_target
#define PT_REGS_PARM7_CORE_SYSCALL(x) ___bpf_no_target
#define PT_REGS_RET(x) ___bpf_no_target
#define PT_REGS_RET_CORE(x) ___bpf_no_target
#define PT_REGS_FP(x) ___bpf_no_target
#define PT_REGS_FP_CORE(x) ___bpf_no_target
#define PT_REGS_RC(x) ___bpf_no_target
#define PT_REGS_RC_CORE(x) ___bpf_no_target
#define PT_REGS_SP(x) ___bpf_no_target
#define PT_REGS_SP_CORE(x) ___bpf_no_target
#define PT_REGS_IP(x) ___bpf_no_target
#define PT_REGS_IP_CORE(x) ___bpf_no_target
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ___bpf_no_target
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) ___bpf_no_target

#endif

/* The caller's registers as a system call sees them, behind the wrapper that most architectures have. */
#ifndef PT_REGS_SYSCALL_REGS
#define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
#endif

/*
 * BPF_PROG(name, args) and its kin define a program that takes its context and calls a function with the
 * arguments the user wrote. ___bpf_wrap is their common form; `call` is the argument list for the inner function.
 */
#define ___bpf_wrap(name, context, call, args...) \
	name(context *ctx); \
	static inline __attribute__((always_inline)) typeof(name(0)) ____##name(context *ctx, ##args); \
	typeof(name(0)) name(context *ctx) \
	{ \
		_Pragma("GCC diagnostic push") \
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"") \
		return ____##name(call); \
		_Pragma("GCC diagnostic pop") \
	} \
	static inline __attribute__((always_inline)) typeof(name(0)) ____##name(context *ctx, ##args)

/* fentry, fexit, lsm, tp_btf, raw tracepoints, struct_ops: an array of 64-bit values. */
#define ___bpf_ctx_cast0() ctx
#define ___bpf_ctx_cast1(x) ___bpf_ctx_cast0(), ctx[0]
#define ___bpf_ctx_cast2(x, rest...) ___bpf_ctx_cast1(rest), ctx[1]
#define ___bpf_ctx_cast3(x, rest...) ___bpf_ctx_cast2(rest), ctx[2]
#define ___bpf_ctx_cast4(x, rest...) ___bpf_ctx_cast3(rest), ctx[3]
#define ___bpf_ctx_cast5(x, rest...) ___bpf_ctx_cast4(rest), ctx[4]
#define ___bpf_ctx_cast6(x, rest...) ___bpf_ctx_cast5(rest), ctx[5]
#define ___bpf_ctx_cast7(x, rest...) ___bpf_ctx_cast6(rest), ctx[6]
#define ___bpf_ctx_cast8(x, rest...) ___bpf_ctx_cast7(rest), ctx[7]
#define ___bpf_ctx_cast9(x, rest...) ___bpf_ctx_cast8(rest), ctx[8]
#define ___bpf_ctx_cast10(x, rest...) ___bpf_ctx_cast9(rest), ctx[9]
#define ___bpf_ctx_cast11(x, rest...) ___bpf_ctx_cast10(rest), ctx[10]
#define ___bpf_ctx_cast12(x, rest...) ___bpf_ctx_cast11(rest), ctx[11]
#define ___bpf_ctx_cast(args...) ___bpf_apply(___bpf_ctx_cast, ___bpf_narg(args))(args)

#define BPF_PROG(name, args...) ___bpf_wrap(name, unsigned long long, ___bpf_ctx_cast(args), ##args)

/*
 * BPF_PROG2(name, type, arg, type, arg...) also takes structures of up to 16 bytes, which arrive in one or two
 * values. `at` is the index of the first value of an argument.
 */
#define ___bpf_pair_nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, \
			_20, _21, _22, _23, _24, N, ...) N
#define ___bpf_pairs(...) \
	___bpf_pair_nth(_, ##__VA_ARGS__, 12, 12, 11, 11, 10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, \
			2, 2, 1, 1, 0)

#define ___bpf_pick_size(t, one, two, four, eight, sixteen) \
	__builtin_choose_expr(sizeof(t) == 1, one, \
	__builtin_choose_expr(sizeof(t) == 2, two, \
	__builtin_choose_expr(sizeof(t) == 4, four, \
	__builtin_choose_expr(sizeof(t) == 8, eight, \
	__builtin_choose_expr(sizeof(t) == 16, sixteen, (void)0)))))

#define ___bpf_values_of(t) ___bpf_pick_size(t, 1, 1, 1, 1, 2)
#define ___bpf_view(t, raw, values...) \
	({ \
		union { \
			raw; \
			t ___typed; \
		} ___view = {.___raw = {values}}; \
		___view.___typed; \
	})
#define ___bpf_take(t, at) \
	___bpf_pick_size(t, ___bpf_view(t, __u8 ___raw[1], ctx[at]), ___bpf_view(t, __u16 ___raw[1], ctx[at]), \
			 ___bpf_view(t, __u32 ___raw[1], ctx[at]), ___bpf_view(t, __u64 ___raw[1], ctx[at]), \
			 ___bpf_view(t, __u64 ___raw[2], ctx[at], ctx[at + 1]))

#define ___bpf_pair_decl0()
#define ___bpf_pair_decl1(t, x) , t x
#define ___bpf_pair_decl2(t, x, rest...) , t x ___bpf_pair_decl1(rest)
#define ___bpf_pair_decl3(t, x, rest...) , t x ___bpf_pair_decl2(rest)
#define ___bpf_pair_decl4(t, x, rest...) , t x ___bpf_pair_decl3(rest)
#define ___bpf_pair_decl5(t, x, rest...) , t x ___bpf_pair_decl4(rest)
#define ___bpf_pair_decl6(t, x, rest...) , t x ___bpf_pair_decl5(rest)
#define ___bpf_pair_decl7(t, x, rest...) , t x ___bpf_pair_decl6(rest)
#define ___bpf_pair_decl8(t, x, rest...) , t x ___bpf_pair_decl7(rest)
#define ___bpf_pair_decl9(t, x, rest...) , t x ___bpf_pair_decl8(rest)
#define ___bpf_pair_decl10(t, x, rest...) , t x ___bpf_pair_decl9(rest)
#define ___bpf_pair_decl11(t, x, rest...) , t x ___bpf_pair_decl10(rest)
#define ___bpf_pair_decl12(t, x, rest...) , t x ___bpf_pair_decl11(rest)
#define ___bpf_pair_decl(args...) ___bpf_apply(___bpf_pair_decl, ___bpf_pairs(args))(args)

#define ___bpf_pair_arg0(at)
#define ___bpf_pair_arg1(at, t, x) , ___bpf_take(t, at)
#define ___bpf_pair_arg2(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg1(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg3(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg2(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg4(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg3(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg5(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg4(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg6(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg5(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg7(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg6(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg8(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg7(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg9(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg8(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg10(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg9(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg11(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg10(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg12(at, t, x, rest...) , ___bpf_take(t, at) ___bpf_pair_arg11(at + ___bpf_values_of(t), rest)
#define ___bpf_pair_arg(args...) ___bpf_apply(___bpf_pair_arg, ___bpf_pairs(args))(0, ##args)

#define BPF_PROG2(name, args...) \
	name(unsigned long long *ctx); \
	static inline __attribute__((always_inline)) typeof(name(0)) \
		____##name(unsigned long long *ctx ___bpf_pair_decl(args)); \
	typeof(name(0)) name(unsigned long long *ctx) \
	{ \
		return ____##name(ctx ___bpf_pair_arg(args)); \
	} \
	static inline __attribute__((always_inline)) typeof(name(0)) \
		____##name(unsigned long long *ctx ___bpf_pair_decl(args))

/* kprobe and uprobe: arguments from registers. */
#define ___bpf_kprobe_args0() ctx
#define ___bpf_kprobe_args1(x) ___bpf_kprobe_args0(), (unsigned long long)PT_REGS_PARM1(ctx)
#define ___bpf_kprobe_args2(x, rest...) ___bpf_kprobe_args1(rest), (unsigned long long)PT_REGS_PARM2(ctx)
#define ___bpf_kprobe_args3(x, rest...) ___bpf_kprobe_args2(rest), (unsigned long long)PT_REGS_PARM3(ctx)
#define ___bpf_kprobe_args4(x, rest...) ___bpf_kprobe_args3(rest), (unsigned long long)PT_REGS_PARM4(ctx)
#define ___bpf_kprobe_args5(x, rest...) ___bpf_kprobe_args4(rest), (unsigned long long)PT_REGS_PARM5(ctx)
#define ___bpf_kprobe_args6(x, rest...) ___bpf_kprobe_args5(rest), (unsigned long long)PT_REGS_PARM6(ctx)
#define ___bpf_kprobe_args7(x, rest...) ___bpf_kprobe_args6(rest), (unsigned long long)PT_REGS_PARM7(ctx)
#define ___bpf_kprobe_args8(x, rest...) ___bpf_kprobe_args7(rest), (unsigned long long)PT_REGS_PARM8(ctx)
#define ___bpf_kprobe_args(args...) ___bpf_apply(___bpf_kprobe_args, ___bpf_narg(args))(args)

#define BPF_KPROBE(name, args...) ___bpf_wrap(name, struct pt_regs, ___bpf_kprobe_args(args), ##args)

/* At the return of a function only its result is known. */
#define ___bpf_kretprobe_args0() ctx
#define ___bpf_kretprobe_args1(x) ctx, (unsigned long long)PT_REGS_RC(ctx)
#define ___bpf_kretprobe_args(args...) ___bpf_apply(___bpf_kretprobe_args, ___bpf_narg(args))(args)

#define BPF_KRETPROBE(name, args...) ___bpf_wrap(name, struct pt_regs, ___bpf_kretprobe_args(args), ##args)

#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)
#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)

/*
 * System calls: where the kernel has wrappers, the caller's registers are in memory behind the first argument
 * and are read by CO-RE; otherwise they are the context itself.
 */
#define ___bpf_syscall_args0() ctx
#define ___bpf_syscall_args1(x) ___bpf_syscall_args0(), (unsigned long long)PT_REGS_PARM1_SYSCALL(regs)
#define ___bpf_syscall_args2(x, rest...) ___bpf_syscall_args1(rest), (unsigned long long)PT_REGS_PARM2_SYSCALL(regs)
#define ___bpf_syscall_args3(x, rest...) ___bpf_syscall_args2(rest), (unsigned long long)PT_REGS_PARM3_SYSCALL(regs)
#define ___bpf_syscall_args4(x, rest...) ___bpf_syscall_args3(rest), (unsigned long long)PT_REGS_PARM4_SYSCALL(regs)
#define ___bpf_syscall_args5(x, rest...) ___bpf_syscall_args4(rest), (unsigned long long)PT_REGS_PARM5_SYSCALL(regs)
#define ___bpf_syscall_args6(x, rest...) ___bpf_syscall_args5(rest), (unsigned long long)PT_REGS_PARM6_SYSCALL(regs)
#define ___bpf_syscall_args7(x, rest...) ___bpf_syscall_args6(rest), (unsigned long long)PT_REGS_PARM7_SYSCALL(regs)
#define ___bpf_syscall_args(args...) ___bpf_apply(___bpf_syscall_args, ___bpf_narg(args))(args)

#define ___bpf_syswrap_args0() ctx
#define ___bpf_syswrap_args1(x) ___bpf_syswrap_args0(), (unsigned long long)PT_REGS_PARM1_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args2(x, rest...) ___bpf_syswrap_args1(rest), (unsigned long long)PT_REGS_PARM2_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args3(x, rest...) ___bpf_syswrap_args2(rest), (unsigned long long)PT_REGS_PARM3_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args4(x, rest...) ___bpf_syswrap_args3(rest), (unsigned long long)PT_REGS_PARM4_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args5(x, rest...) ___bpf_syswrap_args4(rest), (unsigned long long)PT_REGS_PARM5_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args6(x, rest...) ___bpf_syswrap_args5(rest), (unsigned long long)PT_REGS_PARM6_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args7(x, rest...) ___bpf_syswrap_args6(rest), (unsigned long long)PT_REGS_PARM7_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args(args...) ___bpf_apply(___bpf_syswrap_args, ___bpf_narg(args))(args)

#define BPF_KSYSCALL(name, args...) \
	name(struct pt_regs *ctx); \
	extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig; \
	static inline __attribute__((always_inline)) typeof(name(0)) ____##name(struct pt_regs *ctx, ##args); \
	typeof(name(0)) name(struct pt_regs *ctx) \
	{ \
		struct pt_regs *regs = LINUX_HAS_SYSCALL_WRAPPER ? (struct pt_regs *)PT_REGS_PARM1(ctx) : ctx; \
		_Pragma("GCC diagnostic push") \
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"") \
		if (LINUX_HAS_SYSCALL_WRAPPER) \
			return ____##name(___bpf_syswrap_args(args)); \
		else \
			return ____##name(___bpf_syscall_args(args)); \
		_Pragma("GCC diagnostic pop") \
	} \
	static inline __attribute__((always_inline)) typeof(name(0)) ____##name(struct pt_regs *ctx, ##args)

#define BPF_KPROBE_SYSCALL BPF_KSYSCALL

#endif
