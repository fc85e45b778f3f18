/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: types only: there are no library functions in BPF. */
#ifndef BPFCC_STDLIB_H
#define BPFCC_STDLIB_H

#include <stddef.h>

#endif
