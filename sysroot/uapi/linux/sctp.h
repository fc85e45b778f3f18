/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/sctp.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_SCTP_H
#define BPFCC_UAPI_LINUX_SCTP_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/sctp.h>

#endif
