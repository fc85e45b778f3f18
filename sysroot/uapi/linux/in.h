/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/in.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_IN_H
#define BPFCC_UAPI_LINUX_IN_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/in.h>

#endif
