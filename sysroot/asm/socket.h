/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: options of SOL_SOCKET. */
#ifndef BPFCC_ASM_SOCKET_H
#define BPFCC_ASM_SOCKET_H

#include <asm-generic/socket.h>

#endif
