/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: numbers of system calls. */
#ifndef BPFCC_LINUX_UNISTD_H
#define BPFCC_LINUX_UNISTD_H

#include <asm/unistd.h>

#endif
