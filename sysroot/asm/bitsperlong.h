/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: size of long. */
#ifndef BPFCC_ASM_BITSPERLONG_H
#define BPFCC_ASM_BITSPERLONG_H

#include <asm-generic/bitsperlong.h>

#endif
