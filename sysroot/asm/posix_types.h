/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: types of system calls that differ between architectures. */
#ifndef BPFCC_ASM_POSIX_TYPES_H
#define BPFCC_ASM_POSIX_TYPES_H

#if !defined(__TARGET_ARCH_arm64) && !defined(__TARGET_ARCH_riscv) && !defined(__TARGET_ARCH_s390)
typedef unsigned short __kernel_old_uid_t;
typedef unsigned short __kernel_old_gid_t;
typedef unsigned long __kernel_old_dev_t;
#define __kernel_old_uid_t __kernel_old_uid_t
#define __kernel_old_dev_t __kernel_old_dev_t
#endif

#include <asm-generic/posix_types.h>

#endif
