/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: clocks and times. */
#ifndef BPFCC_LINUX_TIME_H
#define BPFCC_LINUX_TIME_H

#include <linux/posix_types.h>
#include <linux/types.h>
#include <linux/time_types.h>

struct timespec {
	__kernel_old_time_t tv_sec;
	long tv_nsec;
};

struct timeval {
	__kernel_old_time_t tv_sec;
	__kernel_suseconds_t tv_usec;
};

#define ITIMER_REAL 0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF 2
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_SGI_CYCLE 10
#define CLOCK_TAI 11
#define TIMER_ABSTIME 1

#endif
