/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: ERSPAN metadata of tunnel helpers. */
#ifndef BPFCC_LINUX_ERSPAN_H
#define BPFCC_LINUX_ERSPAN_H

#include <linux/types.h>
#include <asm/byteorder.h>

struct erspan_md2 {
	__be32 timestamp;
	__be16 sgt;
#if defined(__LITTLE_ENDIAN_BITFIELD)
	__u8 hwid_upper : 2;
	__u8 ft : 5;
	__u8 p : 1;
	__u8 o : 1;
	__u8 gra : 2;
	__u8 dir : 1;
	__u8 hwid : 4;
#else
	__u8 p : 1;
	__u8 ft : 5;
	__u8 hwid_upper : 2;
	__u8 hwid : 4;
	__u8 dir : 1;
	__u8 gra : 2;
	__u8 o : 1;
#endif
};

struct erspan_metadata {
	int version;
	union {
		__be32 index;
		struct erspan_md2 md2;
	} u;
};

#endif
