/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/if_arp.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_IF_ARP_H
#define BPFCC_UAPI_LINUX_IF_ARP_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/if_arp.h>

#endif
