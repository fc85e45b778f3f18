/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/tcp.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_TCP_H
#define BPFCC_UAPI_LINUX_TCP_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/tcp.h>

#endif
