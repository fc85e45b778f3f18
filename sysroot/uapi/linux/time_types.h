/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/time_types.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_TIME_TYPES_H
#define BPFCC_UAPI_LINUX_TIME_TYPES_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/time_types.h>

#endif
