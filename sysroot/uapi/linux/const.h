/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/const.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_CONST_H
#define BPFCC_UAPI_LINUX_CONST_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/const.h>

#endif
