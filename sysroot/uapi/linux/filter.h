/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/filter.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_FILTER_H
#define BPFCC_UAPI_LINUX_FILTER_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/filter.h>

#endif
