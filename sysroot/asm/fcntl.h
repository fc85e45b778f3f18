/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: flags of open(2). */
#ifndef BPFCC_ASM_FCNTL_H
#define BPFCC_ASM_FCNTL_H

#include <asm-generic/fcntl.h>

#endif
