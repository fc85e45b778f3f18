/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: error numbers. */
#ifndef BPFCC_ASM_ERRNO_H
#define BPFCC_ASM_ERRNO_H

#include <asm-generic/errno.h>

#endif
