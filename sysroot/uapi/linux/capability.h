/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/capability.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_CAPABILITY_H
#define BPFCC_UAPI_LINUX_CAPABILITY_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/capability.h>

#endif
