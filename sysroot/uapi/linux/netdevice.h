/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/netdevice.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_NETDEVICE_H
#define BPFCC_UAPI_LINUX_NETDEVICE_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/netdevice.h>

#endif
