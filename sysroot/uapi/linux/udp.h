/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/udp.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_UDP_H
#define BPFCC_UAPI_LINUX_UDP_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/udp.h>

#endif
