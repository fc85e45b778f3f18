/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/socket.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_SOCKET_H
#define BPFCC_UAPI_LINUX_SOCKET_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/socket.h>

#endif
