/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/sched.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_SCHED_H
#define BPFCC_UAPI_LINUX_SCHED_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/sched.h>

#endif
