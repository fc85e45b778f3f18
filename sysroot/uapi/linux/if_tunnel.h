/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/if_tunnel.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_IF_TUNNEL_H
#define BPFCC_UAPI_LINUX_IF_TUNNEL_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/if_tunnel.h>

#endif
