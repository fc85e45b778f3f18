/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: byte order conversions for BPF programs. Constants fold, variables become one instruction. */
#ifndef BPFCC_BPF_BPF_ENDIAN_H
#define BPFCC_BPF_BPF_ENDIAN_H

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define __bpf_swap_for_be(bits, x) __builtin_bswap##bits(x)
#define __bpf_swap_for_le(bits, x) (x)
#define __bpf_constant_for_be(bits, x) ___bpf_swab##bits(x)
#define __bpf_constant_for_le(bits, x) (x)
#elif __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define __bpf_swap_for_be(bits, x) (x)
#define __bpf_swap_for_le(bits, x) __builtin_bswap##bits(x)
#define __bpf_constant_for_be(bits, x) (x)
#define __bpf_constant_for_le(bits, x) ___bpf_swab##bits(x)
#else
#error "the byte order of the target is not known"
#endif

/* Swapping written with shifts, so that it is a constant expression everywhere. */
#define ___bpf_mvb(x, bits, from, to) ((__u##bits)(((__u##bits)(x) >> (8 * (from)) & 0xff) << (8 * (to))))
#define ___bpf_swab16(x) ((__u16)(___bpf_mvb(x, 16, 0, 1) | ___bpf_mvb(x, 16, 1, 0)))
#define ___bpf_swab32(x) \
	((__u32)(___bpf_mvb(x, 32, 0, 3) | ___bpf_mvb(x, 32, 1, 2) | \
		 ___bpf_mvb(x, 32, 2, 1) | ___bpf_mvb(x, 32, 3, 0)))
#define ___bpf_swab64(x) \
	((__u64)(___bpf_mvb(x, 64, 0, 7) | ___bpf_mvb(x, 64, 1, 6) | \
		 ___bpf_mvb(x, 64, 2, 5) | ___bpf_mvb(x, 64, 3, 4) | \
		 ___bpf_mvb(x, 64, 4, 3) | ___bpf_mvb(x, 64, 5, 2) | \
		 ___bpf_mvb(x, 64, 6, 1) | ___bpf_mvb(x, 64, 7, 0)))

#define __bpf_htons(x) __bpf_swap_for_be(16, x)
#define __bpf_ntohs(x) __bpf_swap_for_be(16, x)
#define __bpf_htonl(x) __bpf_swap_for_be(32, x)
#define __bpf_ntohl(x) __bpf_swap_for_be(32, x)
#define __bpf_cpu_to_be64(x) __bpf_swap_for_be(64, x)
#define __bpf_be64_to_cpu(x) __bpf_swap_for_be(64, x)
#define __bpf_constant_htons(x) __bpf_constant_for_be(16, x)
#define __bpf_constant_ntohs(x) __bpf_constant_for_be(16, x)
#define __bpf_constant_htonl(x) __bpf_constant_for_be(32, x)
#define __bpf_constant_ntohl(x) __bpf_constant_for_be(32, x)
#define __bpf_constant_cpu_to_be64(x) __bpf_constant_for_be(64, x)
#define __bpf_constant_be64_to_cpu(x) __bpf_constant_for_be(64, x)

#define ___bpf_swap_pick(order, bits, x) \
	(__builtin_constant_p(x) ? __bpf_constant_for_##order(bits, x) : __bpf_swap_for_##order(bits, x))

#define bpf_htons(x) ___bpf_swap_pick(be, 16, x)
#define bpf_ntohs(x) ___bpf_swap_pick(be, 16, x)
#define bpf_htonl(x) ___bpf_swap_pick(be, 32, x)
#define bpf_ntohl(x) ___bpf_swap_pick(be, 32, x)

#define bpf_cpu_to_be16(x) ___bpf_swap_pick(be, 16, x)
#define bpf_be16_to_cpu(x) ___bpf_swap_pick(be, 16, x)
#define bpf_cpu_to_be32(x) ___bpf_swap_pick(be, 32, x)
#define bpf_be32_to_cpu(x) ___bpf_swap_pick(be, 32, x)
#define bpf_cpu_to_be64(x) ___bpf_swap_pick(be, 64, x)
#define bpf_be64_to_cpu(x) ___bpf_swap_pick(be, 64, x)
#define bpf_cpu_to_le16(x) ___bpf_swap_pick(le, 16, x)
#define bpf_le16_to_cpu(x) ___bpf_swap_pick(le, 16, x)
#define bpf_cpu_to_le32(x) ___bpf_swap_pick(le, 32, x)
#define bpf_le32_to_cpu(x) ___bpf_swap_pick(le, 32, x)
#define bpf_cpu_to_le64(x) ___bpf_swap_pick(le, 64, x)
#define bpf_le64_to_cpu(x) ___bpf_swap_pick(le, 64, x)

#endif
