/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/bpf_perf_event.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_BPF_PERF_EVENT_H
#define BPFCC_UAPI_LINUX_BPF_PERF_EVENT_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/bpf_perf_event.h>

#endif
