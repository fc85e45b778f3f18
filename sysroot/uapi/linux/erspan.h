/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/erspan.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_ERSPAN_H
#define BPFCC_UAPI_LINUX_ERSPAN_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/erspan.h>

#endif
