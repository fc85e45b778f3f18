/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: IPv4 and IPv6 addresses (no functions). */
#ifndef BPFCC_NETINET_IN_H
#define BPFCC_NETINET_IN_H

#include <stdint.h>
#include <sys/socket.h>
#include <linux/in.h>
#include <linux/in6.h>

typedef uint16_t in_port_t;
typedef uint32_t in_addr_t;

#define INET_ADDRSTRLEN 16
#define INET6_ADDRSTRLEN 46

/* Levels of socket options, where no protocol's own header has them. */
#define SOL_IP 0
#define SOL_IPV6 41
#define SOL_ICMPV6 58

#define htons(x) __cpu_to_be16(x)
#define ntohs(x) __be16_to_cpu(x)
#define htonl(x) __cpu_to_be32(x)
#define ntohl(x) __be32_to_cpu(x)

#endif
