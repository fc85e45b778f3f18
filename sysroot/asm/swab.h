/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: byte swapping: nothing of its own, the compiler has the instruction. */
