/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/bpf.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_BPF_H
#define BPFCC_UAPI_LINUX_BPF_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/bpf.h>

#endif
