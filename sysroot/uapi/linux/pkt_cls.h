/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/pkt_cls.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_PKT_CLS_H
#define BPFCC_UAPI_LINUX_PKT_CLS_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/pkt_cls.h>

#endif
