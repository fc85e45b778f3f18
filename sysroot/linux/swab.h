/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: byte swapping. Constants stay constants. */
#ifndef BPFCC_LINUX_SWAB_H
#define BPFCC_LINUX_SWAB_H

#include <linux/types.h>
#include <asm/swab.h>

#define ___constant_swab16(x) ((__u16)__builtin_bswap16((__u16)(x)))
#define ___constant_swab32(x) ((__u32)__builtin_bswap32((__u32)(x)))
#define ___constant_swab64(x) ((__u64)__builtin_bswap64((__u64)(x)))
#define ___constant_swahw32(x) ((__u32)(((__u32)(x) << 16) | ((__u32)(x) >> 16)))
#define ___constant_swahb32(x) \
	((__u32)((((__u32)(x) & 0x00ff00ffU) << 8) | (((__u32)(x) & 0xff00ff00U) >> 8)))

#define __swab16(x) ___constant_swab16(x)
#define __swab32(x) ___constant_swab32(x)
#define __swab64(x) ___constant_swab64(x)
#define __swab(x) ___constant_swab64(x)
#define __swahw32(x) ___constant_swahw32(x)
#define __swahb32(x) ___constant_swahb32(x)

#define __swab16p(p) __swab16(*(const __u16 *)(p))
#define __swab32p(p) __swab32(*(const __u32 *)(p))
#define __swab64p(p) __swab64(*(const __u64 *)(p))
#define __swab16s(p) ((void)(*(__u16 *)(p) = __swab16p(p)))
#define __swab32s(p) ((void)(*(__u32 *)(p) = __swab32p(p)))
#define __swab64s(p) ((void)(*(__u64 *)(p) = __swab64p(p)))

#endif
