/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: integer types of fixed width. */
#ifndef BPFCC_ASM_GENERIC_TYPES_H
#define BPFCC_ASM_GENERIC_TYPES_H

#include <asm-generic/int-ll64.h>

#endif
