/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/limits.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_LIMITS_H
#define BPFCC_UAPI_LINUX_LIMITS_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/limits.h>

#endif
