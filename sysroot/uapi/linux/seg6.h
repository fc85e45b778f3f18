/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/seg6.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_SEG6_H
#define BPFCC_UAPI_LINUX_SEG6_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/seg6.h>

#endif
