/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/bpf_common.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_BPF_COMMON_H
#define BPFCC_UAPI_LINUX_BPF_COMMON_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/bpf_common.h>

#endif
