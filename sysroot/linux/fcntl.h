/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: flags of open(2) and of the *at calls. */
#ifndef BPFCC_LINUX_FCNTL_H
#define BPFCC_LINUX_FCNTL_H

#include <asm/fcntl.h>

#define AT_FDCWD -100
#define AT_SYMLINK_NOFOLLOW 256
#define AT_EACCESS 512
#define AT_REMOVEDIR 512
#define AT_SYMLINK_FOLLOW 1024
#define AT_NO_AUTOMOUNT 2048
#define AT_EMPTY_PATH 4096
#define AT_STATX_SYNC_TYPE 24576
#define AT_STATX_SYNC_AS_STAT 0
#define AT_STATX_FORCE_SYNC 8192
#define AT_STATX_DONT_SYNC 16384
#define AT_RECURSIVE 32768

#endif
