/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/igmp.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_IGMP_H
#define BPFCC_UAPI_LINUX_IGMP_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/igmp.h>

#endif
