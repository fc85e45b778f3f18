/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/swab.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_SWAB_H
#define BPFCC_UAPI_LINUX_SWAB_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/swab.h>

#endif
