/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/in6.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_IN6_H
#define BPFCC_UAPI_LINUX_IN6_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/in6.h>

#endif
