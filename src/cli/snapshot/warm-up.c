/* Compiled while a snapshot is made: a little of everything that BPF programs have. With LONG_HEADER it also includes one. */
#define __TARGET_ARCH_x86
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/ptrace.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#ifdef LONG_HEADER
#include "long.h"
struct record3 record;
#endif

#if defined(__bpf__) && __has_builtin(__builtin_preserve_access_index) && (__clang_major__ >= 10)
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#else
#error "no BPF"
#endif
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME_OF(x) #x
#define SAY(format, ...) bpf_printk(format, ##__VA_ARGS__)

enum verdict { Pass = 2, Drop = 1, Far = 1ULL << 40 };

typedef struct flow {
	__be32 source, destination;
	union {
		__be32 both;
		__be16 one[2];
	} ports;
	__u8 protocol : 4, flags : 4;
	struct { __u32 low; __u8 rest[3]; } __attribute__((packed));
} flow_t;

struct counter {
	__u64 packets, bytes;
	struct bpf_spin_lock lock;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, flow_t);
	__type(value, struct counter);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64[4]);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} calls SEC(".maps");

const volatile __u32 limit = 100;
__u64 total;
static int JOIN(seen, _before)[4] = { 1, [2] = 5 };
static const char text[] = NAME_OF(hello) " world";
extern int LINUX_KERNEL_VERSION __kconfig;

struct task_struct {
	int pid, tgid;
	struct task_struct *real_parent;
	char comm[16];
} __attribute__((preserve_access_index));

static __always_inline __u16 fold(__u64 sum)
{
	for (int i = 0; i < 4; i++)
		if (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static __noinline int weigh(const flow_t *flow, int start)
{
	int result = start;

	switch (flow->protocol) {
	case IPPROTO_TCP & 15: result += 7; break;
	case 1 ... 3: result *= 3;
	/* fall through */
	case 9: result ^= flow->flags; break;
	default: result = flow->ports.one[1] > 80 ? -result : result / 3;
	}
	return result;
}

__weak int global_function(struct __sk_buff *skb, __u32 *out)
{
	if (!out)
		return -1;
	*out = skb->len % limit;
	return 0;
}

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end, *data = (void *)(long)ctx->data;
	struct ethhdr *eth = data;
	flow_t flow = {};
	struct counter *known, fresh = { .packets = 1 };
	__u32 key = 0, sum = 0;
	__u64 *slots;

	if ((void *)(eth + 1) > end)
		return XDP_ABORTED;
	if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip6 = (void *)(eth + 1);

		if ((void *)(ip6 + 1) > end)
			return XDP_DROP;
		__builtin_memcpy(&flow.source, &ip6->saddr, sizeof(flow.source));
		__builtin_memset(&flow.ports, 0xff, sizeof(flow.ports));
	} else if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = (void *)(eth + 1);
		struct udphdr *udp = (void *)ip + sizeof(*ip);

		if ((void *)(ip + 1) > end || ip->ihl < 5)
			return XDP_DROP;
		flow.source = ip->saddr;
		flow.destination = ip->daddr;
		flow.protocol = ip->protocol;
		if (ip->protocol == IPPROTO_UDP && (void *)(udp + 1) <= end) {
			flow.ports.one[0] = udp->source;
			flow.ports.one[1] = udp->dest;
			udp->check = fold(bpf_csum_diff(0, 0, &flow.source, 4, udp->check));
		}
#pragma unroll
		for (int i = 0; i < 10; i++)
			sum += ((__u16 *)ip)[i];
		ip->check = fold(sum);
	} else {
		return Pass;
	}
	known = bpf_map_lookup_elem(&flows, &flow);
	if (!known) {
		bpf_map_update_elem(&flows, &flow, &fresh, BPF_ANY);
		known = bpf_map_lookup_elem(&flows, &flow);
		if (!known)
			return Pass;
	}
	bpf_spin_lock(&known->lock);
	known->packets++;
	known->bytes += end - data;
	bpf_spin_unlock(&known->lock);
	__sync_fetch_and_add(&total, known->bytes);
	slots = bpf_map_lookup_elem(&scratch, &key);
	for (unsigned int i = 0; slots && i < 4; i++) {
		if (slots[i] > limit && (seen_before[i & 3] || i > 2))
			break;
		slots[i] += weigh(&flow, i);
	}
	if (weigh(&flow, limit) < 0 || seen_before[flow.flags & 3]++ > 3)
		bpf_tail_call(ctx, &calls, 1);
	return known->packets > limit ? Drop : Pass;
}

struct event {
	__u32 pid, parent;
	__s64 when;
	char comm[16], path[32];
	bool is_new;
};

static long each(__u32 at, void *data)
{
	__u64 *sum = data;

	*sum += at * at;
	return at > 50;
}

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(on_unlink, int dfd, void *name)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	__u64 sum = 0;

	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->parent = BPF_CORE_READ(task, real_parent, tgid);
	event->when = (__s64)bpf_ktime_get_ns() / 1000;
	event->is_new = bpf_core_field_exists(task->comm) && LINUX_KERNEL_VERSION > 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (bpf_probe_read_user_str(event->path, sizeof(event->path), name) < 0 || event->path[0] == text[0]) {
		bpf_ringbuf_discard(event, 0);
		return 0;
	}
	bpf_loop(10, each, &sum, 0);
	SAY("unlink %d %llu", event->pid, sum);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u64 old = __sync_val_compare_and_swap(&total, 0, next->pid);

	if (preempt && !__builtin_memcmp(prev->comm, "ab", 2))
		asm volatile("%[sum] += 1;" : [sum] "+r"(old));
	return old ? prev->real_parent->pid : __builtin_bswap32(next->tgid);
}

SEC("tc")
int on_buffer(struct __sk_buff *skb)
{
	__u32 out = 0, port;
	struct tcphdr tcp;

	if (global_function(skb, &out) || bpf_skb_load_bytes(skb, 34, &tcp, sizeof(tcp)))
		goto done;
	port = bpf_ntohs(tcp.dest);
	do {
		port >>= 1;
		out += port & 1 ? ~port : -(__s32)port;
	} while (port > 1);
	if (tcp.syn && !tcp.ack)
		return bpf_redirect(out % 16, 0);
done:
	return out == (__u32)Far ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
