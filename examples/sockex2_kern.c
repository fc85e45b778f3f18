/*
 * Counts packets and bytes per address: a socket filter that finds the IPv4 or IPv6 destination behind
 * Ethernet, up to two VLAN tags, GRE and IP-in-IP, and adds up in a hash map that user space reads.
 *
 * IPv6 addresses are folded to 32 bits by XOR, so that one map serves both.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_tunnel.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

/* The bytes as they stand in the packet, so that a dump of the map reads as an address. */
struct address {
	__u8 octets[4];
};

struct counter {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct address);
	__type(value, struct counter);
} counters SEC(".maps");

/* Where parsing stands: the protocol (ETH_P_*) that begins at this offset of the packet. */
struct cursor {
	__u32 offset;
	__u16 protocol;
};

static __always_inline void skip_vlan(struct __sk_buff *skb, struct cursor *at)
{
	struct {
		__be16 tag;
		__be16 protocol;
	} vlan;

	if (at->protocol != ETH_P_8021Q && at->protocol != ETH_P_8021AD)
		return;
	if (bpf_skb_load_bytes(skb, at->offset, &vlan, sizeof(vlan)) < 0)
		return;
	at->protocol = bpf_ntohs(vlan.protocol);
	at->offset += sizeof(vlan);
}

/* The folded destination address, and the cursor behind the header; 0 where there is none. */
static __always_inline __u32 parse_network(struct __sk_buff *skb, struct cursor *at, __u8 *next)
{
	if (at->protocol == ETH_P_IP) {
		struct iphdr ip;

		if (bpf_skb_load_bytes(skb, at->offset, &ip, sizeof(ip)) < 0)
			return 0;
		at->offset += ip.ihl * 4;
		/* Only the first fragment has a header behind it. */
		*next = ip.frag_off & bpf_htons(0x1fff) ? 0 : ip.protocol;
		return ip.daddr;
	}
	if (at->protocol == ETH_P_IPV6) {
		struct ipv6hdr ip6;
		const __be32 *word = ip6.daddr.in6_u.u6_addr32;

		if (bpf_skb_load_bytes(skb, at->offset, &ip6, sizeof(ip6)) < 0)
			return 0;
		at->offset += sizeof(ip6);
		*next = ip6.nexthdr;
		return word[0] ^ word[1] ^ word[2] ^ word[3];
	}
	return 0;
}

/* GRE and IP-in-IP: the cursor at the inner packet, or protocol 0 where there is none. */
static __always_inline void enter_tunnel(struct __sk_buff *skb, struct cursor *at, __u8 next)
{
	struct {
		__be16 flags;
		__be16 protocol;
	} gre;

	at->protocol = 0;
	if (next == IPPROTO_IPIP) {
		at->protocol = ETH_P_IP;
	} else if (next == IPPROTO_IPV6) {
		at->protocol = ETH_P_IPV6;
	} else if (next == IPPROTO_GRE) {
		if (bpf_skb_load_bytes(skb, at->offset, &gre, sizeof(gre)) < 0)
			return;
		if (gre.flags & (GRE_VERSION | GRE_ROUTING))
			return;
		at->offset += sizeof(gre);
		at->offset += gre.flags & GRE_CSUM ? 4 : 0;
		at->offset += gre.flags & GRE_KEY ? 4 : 0;
		at->offset += gre.flags & GRE_SEQ ? 4 : 0;
		at->protocol = bpf_ntohs(gre.protocol);
	}
}

SEC("socket")
int count_destinations(struct __sk_buff *skb)
{
	struct cursor at = { .offset = ETH_HLEN };
	struct counter *known;
	struct address key;
	__u32 address, inner;
	__be16 protocol;
	__u8 next = 0;

	if (bpf_skb_load_bytes(skb, __builtin_offsetof(struct ethhdr, h_proto), &protocol, 2) < 0)
		return 0;
	at.protocol = bpf_ntohs(protocol);
	skip_vlan(skb, &at);
	skip_vlan(skb, &at);

	address = parse_network(skb, &at, &next);
	if (!address)
		return 0;
	enter_tunnel(skb, &at, next);
	inner = parse_network(skb, &at, &next);
	if (inner)
		address = inner;

	__builtin_memcpy(&key, &address, sizeof(key));
	known = bpf_map_lookup_elem(&counters, &key);
	if (known) {
		__sync_fetch_and_add(&known->packets, 1);
		__sync_fetch_and_add(&known->bytes, skb->len);
	} else {
		struct counter first = { .packets = 1, .bytes = skb->len };

		bpf_map_update_elem(&counters, &key, &first, BPF_ANY);
	}
	return 0;
}

char _license[] SEC("license") = "MIT";
