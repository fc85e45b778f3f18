/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/ip.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_IP_H
#define BPFCC_UAPI_LINUX_IP_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/ip.h>

#endif
