/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/stddef.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_STDDEF_H
#define BPFCC_UAPI_LINUX_STDDEF_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/stddef.h>

#endif
