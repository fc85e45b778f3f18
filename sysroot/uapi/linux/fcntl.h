/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/fcntl.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_FCNTL_H
#define BPFCC_UAPI_LINUX_FCNTL_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/fcntl.h>

#endif
