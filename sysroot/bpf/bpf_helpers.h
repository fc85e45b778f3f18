/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: what BPF programs written for libbpf 1.6 start from: sections, map definitions, attributes, loops, printing. */
#ifndef BPFCC_BPF_BPF_HELPERS_H
#define BPFCC_BPF_BPF_HELPERS_H

#include "bpf_helper_defs.h"

/* Map definitions are structures whose member types carry the attributes of the map. */
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __ulong(name, val) enum { ___bpf_concat(__unique_value, __COUNTER__) = val } name

/* Where a function or variable goes; the loader knows the program type by this name. */
#if defined(__GNUC__) && !defined(__clang__)
#define SEC(name) __attribute__((section(name), used))
#else
#define SEC(name) \
	_Pragma("GCC diagnostic push") \
	_Pragma("GCC diagnostic ignored \"-Wignored-attributes\"") \
	__attribute__((section(name), used)) \
	_Pragma("GCC diagnostic pop")
#endif

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif

/* A global function that the verifier checks with its callers, not alone. */
#define __hidden __attribute__((visibility("hidden")))

#ifndef NULL
#define NULL ((void *)0)
#endif

#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif

/* vmlinux.h brings none of these along. offsetof by address, because a CO-RE field offset is no constant. */
#undef offsetof
#define offsetof(type, member) ((unsigned long)&((type *)0)->member)

#undef container_of
#define container_of(ptr, type, member) \
	({ \
		void *___inner = (void *)(ptr); \
		((type *)(___inner - offsetof(type, member))); \
	})

/* Stops the compiler from moving memory accesses, or from knowing what `var` holds. */
#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

#ifndef likely
#define likely(x) (__builtin_expect(!!(x), 1))
#endif
#ifndef unlikely
#define unlikely(x) (__builtin_expect(!!(x), 0))
#endif

/* Code that the compiler must prove unreachable: fails the build otherwise. */
#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif

/* A tail call whose map and constant index reach the call on one path, so that the JIT can make it a direct jump. */
#ifdef __bpf__
static __always_inline void bpf_tail_call_static(void *ctx, const void *map, const __u32 slot)
{
	if (!__builtin_constant_p(slot))
		__bpf_unreachable();
	asm volatile("r1 = %[context]\n\t"
		     "r2 = %[programs]\n\t"
		     "r3 = %[index]\n\t"
		     "call 12"
		     :
		     : [context] "r"(ctx), [programs] "r"(map), [index] "i"(slot)
		     : "r0", "r1", "r2", "r3", "r4", "r5");
}
#endif

enum libbpf_pin_type {
	LIBBPF_PIN_NONE = 0,
	LIBBPF_PIN_BY_NAME = 1,
};

/* Value of a CONFIG_ option declared with __kconfig. */
enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))

/* How a pointer inside a map value or allocated object is kept. */
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __kptr_ref __attribute__((btf_type_tag("kptr_ref")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))

/* What the verifier may assume about an argument of a global function. */
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))

/* True if the running kernel has the weak __ksym; `sym` must be declared as such. */
#if __has_builtin(__builtin_constant_p)
#define bpf_ksym_exists(sym) \
	({ \
		_Static_assert(!__builtin_constant_p(!!sym), #sym " should be marked as __weak"); \
		!!sym; \
	})
#else
#define bpf_ksym_exists(sym) (!!sym)
#endif

/* Macros over argument lists: paste, count (up to 12), store each argument into an array of 64-bit values. */
#ifndef ___bpf_concat
#define ___bpf_concat(a, b) a##b
#endif
#ifndef ___bpf_apply
#define ___bpf_apply(fn, n) ___bpf_concat(fn, n)
#endif
#ifndef ___bpf_nth
#define ___bpf_nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, N, ...) N
#endif
#ifndef ___bpf_narg
#define ___bpf_narg(...) ___bpf_nth(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#endif

#define ___bpf_fill0(array, index) do { } while (0)
#define ___bpf_fill1(array, index, x) array[index] = (unsigned long long)(x)
#define ___bpf_fill2(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill1(array, index + 1, rest)
#define ___bpf_fill3(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill2(array, index + 1, rest)
#define ___bpf_fill4(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill3(array, index + 1, rest)
#define ___bpf_fill5(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill4(array, index + 1, rest)
#define ___bpf_fill6(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill5(array, index + 1, rest)
#define ___bpf_fill7(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill6(array, index + 1, rest)
#define ___bpf_fill8(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill7(array, index + 1, rest)
#define ___bpf_fill9(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill8(array, index + 1, rest)
#define ___bpf_fill10(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill9(array, index + 1, rest)
#define ___bpf_fill11(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill10(array, index + 1, rest)
#define ___bpf_fill12(array, index, x, rest...) \
	___bpf_fill1(array, index, x); \
	___bpf_fill11(array, index + 1, rest)
#define ___bpf_fill(array, args...) ___bpf_apply(___bpf_fill, ___bpf_narg(args))(array, 0, ##args)

/* Declares the format and the packed arguments, then evaluates `call` with both in scope. */
#define ___bpf_with_format(call, fmt, args...) \
	({ \
		static const char ___fmt[] = fmt; \
		unsigned long long ___param[___bpf_narg(args)]; \
		___bpf_fill(___param, ##args); \
		call; \
	})

#define BPF_SEQ_PRINTF(seq, fmt, args...) \
	___bpf_with_format(bpf_seq_printf(seq, ___fmt, sizeof(___fmt), ___param, sizeof(___param)), fmt, ##args)

#define BPF_SNPRINTF(out, out_size, fmt, args...) \
	___bpf_with_format(bpf_snprintf(out, out_size, ___fmt, ___param, sizeof(___param)), fmt, ##args)

/* Kernels before 5.2 have no global data: with BPF_NO_GLOBAL_DATA the format is on the stack. */
#ifdef BPF_NO_GLOBAL_DATA
#define BPF_PRINTK_FMT_MOD
#else
#define BPF_PRINTK_FMT_MOD static const
#endif

#define __bpf_printk(fmt, args...) \
	({ \
		BPF_PRINTK_FMT_MOD char ____fmt[] = fmt; \
		bpf_trace_printk(____fmt, sizeof(____fmt), ##args); \
	})

#define __bpf_vprintk(fmt, args...) \
	___bpf_with_format(bpf_trace_vprintk(___fmt, sizeof(___fmt), ___param, sizeof(___param)), fmt, ##args)

extern int bpf_stream_vprintk(int stream_id, const char *fmt__str, const void *args, __u32 len__sz,
			      void *aux__prog) __weak __ksym;

/* Prints to a stream of the program (BPF_STREAM_STDOUT, BPF_STREAM_STDERR); Linux 6.17. */
#define bpf_stream_printk(stream_id, fmt, args...) \
	___bpf_with_format(bpf_stream_vprintk(stream_id, ___fmt, ___param, sizeof(___param), NULL), fmt, ##args)

/* Up to three arguments fit in registers; more need bpf_trace_vprintk of Linux 5.16. */
#define ___bpf_pick_printk(...) \
	___bpf_nth(_, ##__VA_ARGS__, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, \
		   __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, \
		   __bpf_printk, __bpf_printk, __bpf_printk, __bpf_printk)
#define bpf_printk(fmt, args...) ___bpf_pick_printk(args)(fmt, ##args)

/* Open-coded iterators, Linux 6.4: the kernel bounds the loop, the verifier needs not unroll it. */
struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/*
 * `init` runs once, its first value ignored. The destructor is named there as well, because a name that
 * occurs only in a cleanup attribute would get no BTF.
 */
#define ___bpf_iterate(iterator, init, destroy, condition) \
	for (struct iterator ___it __attribute__((aligned(8), cleanup(destroy))), \
	     *___once __attribute__((unused)) = (init, (void)destroy, (void *)0); \
	     condition;)

#ifndef bpf_for_each
#define bpf_for_each(type, cur, args...) \
	___bpf_iterate(bpf_iter_##type, bpf_iter_##type##_new(&___it, ##args), bpf_iter_##type##_destroy, \
		       (((cur) = bpf_iter_##type##_next(&___it))))
#endif

/* for (i = start; i < end; i++) */
#ifndef bpf_for
#define bpf_for(i, start, end) \
	___bpf_iterate(bpf_iter_num, bpf_iter_num_new(&___it, (start), (end)), bpf_iter_num_destroy, ({ \
			       int *___next = bpf_iter_num_next(&___it); \
			       (___next && ((i) = *___next, (i) >= (start) && (i) < (end))); \
		       }))
#endif

#ifndef bpf_repeat
#define bpf_repeat(N) \
	___bpf_iterate(bpf_iter_num, bpf_iter_num_new(&___it, 0, (N)), bpf_iter_num_destroy, \
		       bpf_iter_num_next(&___it))
#endif

#endif
