/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/ptrace.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_PTRACE_H
#define BPFCC_UAPI_LINUX_PTRACE_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/ptrace.h>

#endif
