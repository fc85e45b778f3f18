/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/netfilter.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_NETFILTER_H
#define BPFCC_UAPI_LINUX_NETFILTER_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/netfilter.h>

#endif
