/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/icmpv6.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_ICMPV6_H
#define BPFCC_UAPI_LINUX_ICMPV6_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/icmpv6.h>

#endif
