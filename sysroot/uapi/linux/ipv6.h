/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/ipv6.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_IPV6_H
#define BPFCC_UAPI_LINUX_IPV6_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/ipv6.h>

#endif
