/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: integer types of the kernel's interface, with marks for byte order. */
#ifndef BPFCC_LINUX_TYPES_H
#define BPFCC_LINUX_TYPES_H

#include <asm/types.h>
#ifndef __VMLINUX_H__ /* which has them already, with structures that may not be defined twice */
#include <linux/posix_types.h>
#endif

#ifdef __SIZEOF_INT128__
typedef __int128 __s128 __attribute__((aligned(16)));
typedef unsigned __int128 __u128 __attribute__((aligned(16)));
#endif

#define __bitwise
#define __bitwise__ __bitwise

typedef __u16 __bitwise __le16;
typedef __u16 __bitwise __be16;
typedef __u32 __bitwise __le32;
typedef __u32 __bitwise __be32;
typedef __u64 __bitwise __le64;
typedef __u64 __bitwise __be64;

typedef __u16 __bitwise __sum16;
typedef __u32 __bitwise __wsum;

#define __aligned_u64 __u64 __attribute__((aligned(8)))
#define __aligned_s64 __s64 __attribute__((aligned(8)))
#define __aligned_be64 __be64 __attribute__((aligned(8)))
#define __aligned_le64 __le64 __attribute__((aligned(8)))

typedef unsigned __bitwise __poll_t;

#ifdef __KERNEL__
#define __force
#include <bpfcc-ts/kernel_types.h>
#endif

#endif
