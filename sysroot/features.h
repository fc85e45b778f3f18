/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: nothing: glibc's own switches have no meaning here. */
