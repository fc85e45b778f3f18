/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: registers that a perf event program sees. */
#ifndef BPFCC_ASM_BPF_PERF_EVENT_H
#define BPFCC_ASM_BPF_PERF_EVENT_H

#include <asm/ptrace.h>

#if defined(__TARGET_ARCH_arm64) || defined(__TARGET_ARCH_s390)
typedef struct user_pt_regs bpf_user_pt_regs_t;
#elif defined(__TARGET_ARCH_riscv)
typedef struct user_regs_struct bpf_user_pt_regs_t;
#else
typedef struct pt_regs bpf_user_pt_regs_t;
#endif

#endif
