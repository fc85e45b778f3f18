/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/time.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_TIME_H
#define BPFCC_UAPI_LINUX_TIME_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/time.h>

#endif
