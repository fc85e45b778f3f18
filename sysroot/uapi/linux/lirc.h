/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/lirc.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_LIRC_H
#define BPFCC_UAPI_LINUX_LIRC_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/lirc.h>

#endif
