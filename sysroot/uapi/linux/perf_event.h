/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/perf_event.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_PERF_EVENT_H
#define BPFCC_UAPI_LINUX_PERF_EVENT_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/perf_event.h>

#endif
