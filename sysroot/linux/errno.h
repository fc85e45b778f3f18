/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: error numbers. */
#ifndef BPFCC_LINUX_ERRNO_H
#define BPFCC_LINUX_ERRNO_H

#include <asm/errno.h>

#endif
