/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: C11 7.18. */
#ifndef BPFCC_STDBOOL_H
#define BPFCC_STDBOOL_H

#define __bool_true_false_are_defined 1

#if !defined(__STDC_VERSION__) || __STDC_VERSION__ <= 201710L
#define bool _Bool
#define true 1
#define false 0
#endif

#endif
