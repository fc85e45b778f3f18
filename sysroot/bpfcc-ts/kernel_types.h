/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: the short type names of the kernel tree. */
#ifndef BPFCC_BPFCC_TS_KERNEL_TYPES_H
#define BPFCC_BPFCC_TS_KERNEL_TYPES_H

#include <linux/types.h>

typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;

#if defined(__KERNEL__) && !defined(__bool_true_false_are_defined)
#include <stdbool.h>
#endif

#endif
