/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/btf.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_BTF_H
#define BPFCC_UAPI_LINUX_BTF_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/btf.h>

#endif
