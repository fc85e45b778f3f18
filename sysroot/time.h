/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: clocks and times (no functions). */
#ifndef BPFCC_TIME_H
#define BPFCC_TIME_H

#include <stddef.h>
#include <linux/time.h>

typedef long time_t;
typedef long clock_t;
typedef int clockid_t;

#endif
