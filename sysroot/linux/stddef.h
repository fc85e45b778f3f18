/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: helpers for structures of the kernel's interface. */
#ifndef BPFCC_LINUX_STDDEF_H
#define BPFCC_LINUX_STDDEF_H

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* The same members once without a name and once as `NAME`. */
#define __struct_group(TAG, NAME, ATTRS, MEMBERS...) \
	union { \
		struct { \
			MEMBERS \
		} ATTRS; \
		struct TAG { \
			MEMBERS \
		} ATTRS NAME; \
	} ATTRS

/* A flexible array where C does not allow one. */
#define __DECLARE_FLEX_ARRAY(TYPE, NAME) \
	struct { \
		struct { \
		} __empty_##NAME; \
		TYPE NAME[]; \
	}

#ifndef __counted_by
#define __counted_by(member)
#endif
#ifndef __counted_by_le
#define __counted_by_le(member)
#endif
#ifndef __counted_by_be
#define __counted_by_be(member)
#endif

#ifdef __KERNEL__
#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#endif

#endif
