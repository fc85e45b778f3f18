/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: byte order of the network (no functions). */
#ifndef BPFCC_ARPA_INET_H
#define BPFCC_ARPA_INET_H

#include <netinet/in.h>

#endif
