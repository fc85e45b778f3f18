/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: SCTP: header of a packet and of a chunk (RFC 9260, 3). */
#ifndef BPFCC_LINUX_SCTP_H
#define BPFCC_LINUX_SCTP_H

#include <linux/types.h>

struct sctphdr {
	__be16 source;
	__be16 dest;
	__be32 vtag;
	__le32 checksum;
};

struct sctp_chunkhdr {
	__u8 type;
	__u8 flags;
	__be16 length;
};

#endif
