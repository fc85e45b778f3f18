/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: times of system calls. */
#ifndef BPFCC_LINUX_TIME_TYPES_H
#define BPFCC_LINUX_TIME_TYPES_H

#include <linux/posix_types.h>
#include <linux/types.h>

struct __kernel_timespec {
	__kernel_time64_t tv_sec;
	long long tv_nsec;
};

#endif
