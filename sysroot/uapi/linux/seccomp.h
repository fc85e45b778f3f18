/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/seccomp.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_SECCOMP_H
#define BPFCC_UAPI_LINUX_SECCOMP_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/seccomp.h>

#endif
