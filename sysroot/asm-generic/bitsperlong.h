/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: size of long. */
#ifndef BPFCC_ASM_GENERIC_BITSPERLONG_H
#define BPFCC_ASM_GENERIC_BITSPERLONG_H

#ifndef __BITS_PER_LONG
#define __BITS_PER_LONG 64
#endif
#ifndef __BITS_PER_LONG_LONG
#define __BITS_PER_LONG_LONG 64
#endif

#endif
