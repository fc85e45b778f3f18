/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/netlink.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_NETLINK_H
#define BPFCC_UAPI_LINUX_NETLINK_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/netlink.h>

#endif
