/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/utsname.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_UTSNAME_H
#define BPFCC_UAPI_LINUX_UTSNAME_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/utsname.h>

#endif
