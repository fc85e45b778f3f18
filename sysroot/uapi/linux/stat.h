/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/stat.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_STAT_H
#define BPFCC_UAPI_LINUX_STAT_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/stat.h>

#endif
