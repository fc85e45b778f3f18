/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: conversions for the byte order that is compiled for. */
#ifndef BPFCC_ASM_BYTEORDER_H
#define BPFCC_ASM_BYTEORDER_H

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <linux/byteorder/little_endian.h>
#else
#include <linux/byteorder/big_endian.h>
#endif

#ifdef __KERNEL__
#define htons(x) __cpu_to_be16(x)
#define ntohs(x) __be16_to_cpu(x)
#define htonl(x) __cpu_to_be32(x)
#define ntohl(x) __be32_to_cpu(x)
#endif

#endif
