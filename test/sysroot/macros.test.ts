import { describe, expect, it } from 'vitest';
import { clang, hasClang } from './clang.ts';

const PROLOGUE = `
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
`;

/** clang's messages for the text after the usual includes; empty if it compiles without a warning. */
function compile(source: string, ...options: string[]): string {
  const flags = ['-O2', '-g', '-Wall', '-Werror', '-D__TARGET_ARCH_x86', '-S', '-o', '/dev/null', ...options];
  const { ok, messages } = clang('bundled', PROLOGUE + source, ...flags);
  return ok ? '' : messages || 'failed without a message';
}

/** BPF assembly of the text. */
function assembly(source: string, ...options: string[]): string {
  const flags = ['-O2', '-D__TARGET_ARCH_x86', '-S', '-o', '-', ...options];
  return clang('bundled', PROLOGUE + source, ...flags).output;
}

describe.skipIf(!hasClang)('macros of the bundled headers', () => {
  it('convert byte order in constants on both kinds of machine', () => {
    const source = `
      static const __u16 port = bpf_htons(0x1234);
      static const __u64 wide = bpf_cpu_to_be64(0x0102030405060708);
      enum { FOUR = bpf_htonl(4) };
      _Static_assert(bpf_ntohs(bpf_htons(0xbeef)) == 0xbeef, "16");
      _Static_assert(bpf_ntohl(bpf_htonl(0xdeadbeef)) == 0xdeadbeef, "32");
      _Static_assert(bpf_le32_to_cpu(bpf_cpu_to_le32(77)) == 77, "le");
      #if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
      _Static_assert(bpf_htons(0x1234) == 0x3412, "swapped");
      _Static_assert(bpf_cpu_to_be64(0x0102030405060708) == 0x0807060504030201, "swapped");
      _Static_assert(__constant_htonl(1) == 0x01000000 && __cpu_to_le16(1) == 1, "kernel's names");
      #else
      _Static_assert(bpf_htons(0x1234) == 0x1234 && __constant_htonl(1) == 1, "kept");
      _Static_assert(bpf_cpu_to_le32(1) == 0x01000000 && __cpu_to_le16(1) == 0x100, "swapped");
      #endif
      #include <asm/byteorder.h>
      __u64 use(void) { return port + wide + FOUR; }`;
    const withByteorder = `#include <asm/byteorder.h>\n${source}`;
    expect(compile(withByteorder)).toBe('');
    expect(compile(withByteorder, '-target', 'bpfeb')).toBe('');
  });

  it('convert byte order of variables with one instruction', () => {
    expect(assembly('__u32 f(__u32 x) { return bpf_htonl(x); }')).toMatch(/be32/);
  });

  it.each(Array.from({ length: 13 }, (_, i) => i))('bpf_printk takes %i arguments', (count) => {
    const format = 'x%d '.repeat(count);
    const args = Array.from({ length: count }, (_, i) => `, p->v[${i}]`).join('');
    const source = `struct v { int v[12]; }; int f(struct v *p) { return p ? bpf_printk("${format}"${args}) : 0; }`;
    expect(compile(source)).toBe('');
    expect(assembly(source)).toContain(count <= 3 ? 'call 6' : 'call 177');
  });

  it('pack pointers and integers for the format helpers', () => {
    const source = `
      int f(struct seq_file *m, void *p, char *out) {
        BPF_SEQ_PRINTF(m, "none\\n");
        BPF_SNPRINTF(out, 16, "%d %p", 3, p);
        bpf_stream_printk(BPF_STREAM_STDERR, "%d", 1);
        return BPF_SEQ_PRINTF(m, "%s %d %lx\\n", "text", -1, ~0UL);
      }`;
    expect(compile(source)).toBe('');
    expect(assembly(source)).toMatch(/call 126[\s\S]*call 165[\s\S]*call bpf_stream_vprintk[\s\S]*call 126/);
  });

  it('define programs from typed arguments', () => {
    const source = `
      struct task_struct; struct pair { long a, b; }; struct small { short s; };
      SEC("fentry/f") int BPF_PROG(none) { return 0; }
      SEC("fentry/f") int BPF_PROG(three, struct task_struct *t, int b, bool c) { return b + c + !t; }
      SEC("fentry/f") int BPF_PROG(twelve, int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) { return l; }
      SEC("fentry/f") int BPF_PROG2(pairs, int, a, struct pair, b, struct small, c, char *, d) { return a + b.b + c.s + !d; }
      SEC("kprobe/f") int BPF_KPROBE(probe, void *p, int b, long c, long d, long e, int f) { return f + !p + b; }
      SEC("kretprobe/f") int BPF_KRETPROBE(ret, int result) { return result; }
      SEC("uprobe") int BPF_UPROBE(user, char *text) { return !text; }
      SEC("uretprobe") int BPF_URETPROBE(user_ret, void *p) { return !p; }
      SEC("ksyscall/openat") int BPF_KSYSCALL(openat, int dir, char *path, int flags, int mode) { return dir + mode; }
      SEC("kprobe/f") int probe_ctx(struct pt_regs *ctx) { return PT_REGS_IP(ctx) + PT_REGS_RC_CORE(ctx) + PT_REGS_PARM6(ctx); }`;
    expect(compile(source)).toBe('');
    const text = assembly(source, '-g');
    expect(text.match(/^twelve:[\s\S]*?exit/m)?.[0]).toContain('r1 + 88');
    expect(text.match(/^ret:[\s\S]*?exit/m)?.[0]).toContain('r1 + 80');
    expect(text.match(/^probe:[\s\S]*?exit/m)?.[0]).toContain('r1 + 64');
  });

  it('read arguments of user-space probes', () => {
    const source = `
      #include <bpf/usdt.bpf.h>
      _Static_assert(sizeof(struct __bpf_usdt_arg_spec) == 16, "shared with the loader");
      _Static_assert(sizeof(struct __bpf_usdt_spec) == 208, "shared with the loader");
      SEC("usdt") int BPF_USDT(probe, int a, char *text, long c) { return a + !text + c; }
      SEC("usdt") int plain(struct pt_regs *ctx) { return bpf_usdt_arg_cnt(ctx) + bpf_usdt_arg_size(ctx, 1) + bpf_usdt_cookie(ctx); }`;
    expect(compile(source)).toBe('');
  });

  it.each(['arm64', 'riscv', 's390'])('know the registers of %s', (arch) => {
    const source = `
      SEC("kprobe/f") int BPF_KPROBE(probe, int a, int b, int c, int d, int e) { return a + e + PT_REGS_RET(ctx); }
      SEC("ksyscall/f") int BPF_KSYSCALL(call, int a, int b, int c, int d, int e, int f) { return a + f; }
      SEC("kretprobe/f") int BPF_KRETPROBE(ret, long r) { return r + PT_REGS_SP(ctx) + PT_REGS_FP_CORE(ctx); }`;
    expect(compile(source, '-U__TARGET_ARCH_x86', `-D__TARGET_ARCH_${arch}`)).toBe('');
  });

  it('say what is missing when registers are used without an architecture', () => {
    expect(compile('SEC("fentry/f") int BPF_PROG(fine, int a) { return a; }', '-U__TARGET_ARCH_x86')).toBe(
      '',
    );
    const source = 'int f(struct pt_regs *ctx) { return PT_REGS_PARM1(ctx); }';
    expect(compile(source, '-U__TARGET_ARCH_x86')).toContain('__TARGET_ARCH_xxx');
  });

  const TYPES = `
    struct inner { int id; char name[16]; int low : 3; unsigned high : 5; } __attribute__((preserve_access_index));
    struct middle { struct inner *inner; struct inner all[4]; } __attribute__((preserve_access_index));
    struct outer { struct middle *middle; } __attribute__((preserve_access_index));
    enum color { RED, GREEN = 7 };`;

  it('read along paths of pointers', () => {
    const source = `${TYPES}
      int f(struct outer *o) {
        char text[16]; int id;
        BPF_CORE_READ_INTO(&id, o, middle, inner, id);
        BPF_CORE_READ_STR_INTO(&text, o, middle, inner, name);
        BPF_CORE_READ_USER_STR_INTO(&text, o, middle, inner, name);
        BPF_PROBE_READ_USER_INTO(&id, o, middle, inner, id);
        return id + text[0] + BPF_CORE_READ(o, middle, all[2].id) + BPF_PROBE_READ(o, middle, inner, id);
      }`;
    expect(compile(source)).toBe('');
    const calls = assembly(source, '-g').match(/call \d+/g) ?? [];
    const expected = [113, 113, 113, 113, 113, 115, 112, 112, 114, 112, 112, 112, 113, 113, 113, 113, 113];
    expect(calls).toEqual(expected.map((id) => `call ${id}`));
  });

  it('ask about fields, types and enumerators, with the numbers the loader knows', () => {
    const source = `${TYPES}
      long f(struct inner *i) {
        return bpf_core_field_exists(i->id) + bpf_core_field_exists(struct inner, name) + bpf_core_field_size(i->name) +
          bpf_core_field_offset(struct inner, name) + bpf_core_type_exists(struct outer) + bpf_core_type_size(struct outer) +
          bpf_core_type_matches(struct outer) + bpf_core_type_id_local(struct outer) + bpf_core_type_id_kernel(struct outer) +
          bpf_core_enum_value(enum color, GREEN) + bpf_core_enum_value_exists(enum color, RED);
      }
      long g(struct inner *i) {
        BPF_CORE_WRITE_BITFIELD(i, low, -1);
        return BPF_CORE_READ_BITFIELD_PROBED(i, low) + BPF_CORE_READ_BITFIELD(i, high);
      }`;
    expect(compile(source)).toBe('');
    const records = assembly(source, '-g').split('# FieldReloc').at(-1) ?? '';
    const kinds = [...records.matchAll(/\.long\s\.Ltmp\d+(?:\s+\.long\s+\d+){2}\s+\.long\s+(\d+)/g)].map(
      (m) => Number(m[1]),
    );
    expect([...new Set(kinds)].sort((x, y) => x - y)).toEqual(Array.from({ length: 13 }, (_, i) => i));
  });

  it('loop by iterators', () => {
    const source = `
      int f(int n) {
        int i, sum = 0, *p;
        bpf_for(i, 0, n) sum += i;
        bpf_repeat(3) sum++;
        bpf_for_each(num, p, 0, n) { if (*p == 3) continue; if (*p == 5) break; sum += *p; }
        return sum;
      }`;
    expect(compile(source)).toBe('');
    const text = assembly(source);
    for (const step of ['new', 'next', 'destroy']) expect(text).toContain(`call bpf_iter_num_${step}`);
  });

  it('define maps, tags and guards', () => {
    const source = `
      struct node { struct bpf_list_node link; struct bpf_refcount uses; };
      struct value { struct node __kptr *kept; struct node __kptr_untrusted *loose; int __percpu_kptr *each; };
      struct { __uint(type, BPF_MAP_TYPE_ARENA); __uint(max_entries, 4); __ulong(map_extra, 1UL << 44); } arena SEC(".maps");
      struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(pinning, LIBBPF_PIN_BY_NAME); __type(key, int); __type(value, struct value); __array(values, int ()); } map SEC(".maps");
      extern int option __kconfig; extern void kfunc(void) __ksym __weak; extern enum libbpf_tristate state __kconfig;
      __noinline int global(void *ctx __arg_ctx, int *p __arg_nullable) { return bpf_ksym_exists(kfunc) + option + (state == TRI_MODULE); }
      __hidden int hidden(struct node *n) { return likely(n) ? n == container_of(&n->uses, struct node, uses) : (int)offsetof(struct node, uses); }
      SEC("xdp") int prog(struct xdp_md *ctx) { int x = 3; barrier(); barrier_var(x); bpf_tail_call_static(ctx, &map, 2); return x; }
      char _license[] SEC("license") = "GPL"; int _version SEC("version") = KERNEL_VERSION(6, 18, 300);
      _Static_assert(KERNEL_VERSION(6, 18, 300) == 0x0612ff, "capped");`;
    expect(compile(source)).toBe('');
    expect(assembly(source)).toMatch(/r3 = 2\n[\s\S]*call 12/);
  });
});
