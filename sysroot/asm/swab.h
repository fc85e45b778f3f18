/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: byte swapping: nothing of its own, the compiler has the instruction. */
#ifndef BPFCC_ASM_SWAB_H
#define BPFCC_ASM_SWAB_H



#endif
