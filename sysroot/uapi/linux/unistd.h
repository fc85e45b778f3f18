/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/unistd.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_UNISTD_H
#define BPFCC_UAPI_LINUX_UNISTD_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/unistd.h>

#endif
