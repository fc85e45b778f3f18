/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: integer types of fixed width; 64 bits are long long. */
#ifndef BPFCC_ASM_GENERIC_INT_LL64_H
#define BPFCC_ASM_GENERIC_INT_LL64_H

#include <asm/bitsperlong.h>

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;

#endif
