/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/if_link.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_IF_LINK_H
#define BPFCC_UAPI_LINUX_IF_LINK_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/if_link.h>

#endif
