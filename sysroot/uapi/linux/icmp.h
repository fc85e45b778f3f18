/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/icmp.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_ICMP_H
#define BPFCC_UAPI_LINUX_ICMP_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/icmp.h>

#endif
