/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: conversions of byte order where the machine is little-endian. */
#ifndef BPFCC_LINUX_BYTEORDER_LITTLE_ENDIAN_H
#define BPFCC_LINUX_BYTEORDER_LITTLE_ENDIAN_H

#ifndef __LITTLE_ENDIAN
#define __LITTLE_ENDIAN 1234
#endif
#ifndef __LITTLE_ENDIAN_BITFIELD
#define __LITTLE_ENDIAN_BITFIELD
#endif

#include <linux/stddef.h>
#include <linux/types.h>
#include <linux/swab.h>

#define __constant_htonl(x) ((__be32)___constant_swab32(x))
#define __constant_ntohl(x) ___constant_swab32(x)
#define __constant_htons(x) ((__be16)___constant_swab16(x))
#define __constant_ntohs(x) ___constant_swab16(x)

#define __constant_cpu_to_le64(x) ((__le64)(__u64)(x))
#define __constant_le64_to_cpu(x) ((__u64)(__le64)(x))
#define __constant_cpu_to_be64(x) ((__be64)___constant_swab64(x))
#define __constant_be64_to_cpu(x) ___constant_swab64((__u64)(__be64)(x))
#define __constant_cpu_to_le32(x) ((__le32)(__u32)(x))
#define __constant_le32_to_cpu(x) ((__u32)(__le32)(x))
#define __constant_cpu_to_be32(x) ((__be32)___constant_swab32(x))
#define __constant_be32_to_cpu(x) ___constant_swab32((__u32)(__be32)(x))
#define __constant_cpu_to_le16(x) ((__le16)(__u16)(x))
#define __constant_le16_to_cpu(x) ((__u16)(__le16)(x))
#define __constant_cpu_to_be16(x) ((__be16)___constant_swab16(x))
#define __constant_be16_to_cpu(x) ___constant_swab16((__u16)(__be16)(x))
#define __cpu_to_le64(x) ((__le64)(__u64)(x))
#define __le64_to_cpu(x) ((__u64)(__le64)(x))
#define __cpu_to_be64(x) ((__be64)__swab64(x))
#define __be64_to_cpu(x) __swab64((__u64)(__be64)(x))
#define __cpu_to_le32(x) ((__le32)(__u32)(x))
#define __le32_to_cpu(x) ((__u32)(__le32)(x))
#define __cpu_to_be32(x) ((__be32)__swab32(x))
#define __be32_to_cpu(x) __swab32((__u32)(__be32)(x))
#define __cpu_to_le16(x) ((__le16)(__u16)(x))
#define __le16_to_cpu(x) ((__u16)(__le16)(x))
#define __cpu_to_be16(x) ((__be16)__swab16(x))
#define __be16_to_cpu(x) __swab16((__u16)(__be16)(x))

#define __cpu_to_le64p(p) ((__le64)*(const __u64 *)(p))
#define __le64_to_cpup(p) ((__u64)*(const __le64 *)(p))
#define __cpu_to_be64p(p) ((__be64)__swab64(*(const __u64 *)(p)))
#define __be64_to_cpup(p) __swab64((__u64)*(const __be64 *)(p))
#define __cpu_to_le64s(p) ((void)(p))
#define __le64_to_cpus(p) ((void)(p))
#define __cpu_to_be64s(p) __swab64s(p)
#define __be64_to_cpus(p) __swab64s(p)
#define __cpu_to_le32p(p) ((__le32)*(const __u32 *)(p))
#define __le32_to_cpup(p) ((__u32)*(const __le32 *)(p))
#define __cpu_to_be32p(p) ((__be32)__swab32(*(const __u32 *)(p)))
#define __be32_to_cpup(p) __swab32((__u32)*(const __be32 *)(p))
#define __cpu_to_le32s(p) ((void)(p))
#define __le32_to_cpus(p) ((void)(p))
#define __cpu_to_be32s(p) __swab32s(p)
#define __be32_to_cpus(p) __swab32s(p)
#define __cpu_to_le16p(p) ((__le16)*(const __u16 *)(p))
#define __le16_to_cpup(p) ((__u16)*(const __le16 *)(p))
#define __cpu_to_be16p(p) ((__be16)__swab16(*(const __u16 *)(p)))
#define __be16_to_cpup(p) __swab16((__u16)*(const __be16 *)(p))
#define __cpu_to_le16s(p) ((void)(p))
#define __le16_to_cpus(p) ((void)(p))
#define __cpu_to_be16s(p) __swab16s(p)
#define __be16_to_cpus(p) __swab16s(p)

#endif
