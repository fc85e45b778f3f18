/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: context of perf event programs. */
#ifndef BPFCC_LINUX_BPF_PERF_EVENT_H
#define BPFCC_LINUX_BPF_PERF_EVENT_H

#include <linux/types.h>
#include <asm/bpf_perf_event.h>

struct bpf_perf_event_data {
	bpf_user_pt_regs_t regs;
	__u64 sample_period;
	__u64 addr;
};

#endif
