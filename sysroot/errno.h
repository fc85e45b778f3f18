/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: error numbers (there is no errno variable in BPF). */
#ifndef BPFCC_ERRNO_H
#define BPFCC_ERRNO_H

#include <linux/errno.h>

#define ENOTSUP EOPNOTSUPP

#endif
