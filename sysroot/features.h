/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: glibc's own switches have no meaning for BPF, but glibc's other headers, where a
 * program names their directory, need theirs. */
#if __has_include_next(<features.h>)
#include_next <features.h>
#endif
