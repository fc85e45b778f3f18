/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: what glibc asks for on a target that is not x86_64; nothing is stubbed on BPF. */
