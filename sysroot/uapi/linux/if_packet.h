/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/if_packet.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_IF_PACKET_H
#define BPFCC_UAPI_LINUX_IF_PACKET_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/if_packet.h>

#endif
