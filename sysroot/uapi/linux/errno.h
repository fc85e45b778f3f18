/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/errno.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_ERRNO_H
#define BPFCC_UAPI_LINUX_ERRNO_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/errno.h>

#endif
