/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/mpls.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_MPLS_H
#define BPFCC_UAPI_LINUX_MPLS_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/mpls.h>

#endif
