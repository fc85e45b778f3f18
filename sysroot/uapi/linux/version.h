/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/version.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_VERSION_H
#define BPFCC_UAPI_LINUX_VERSION_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/version.h>

#endif
