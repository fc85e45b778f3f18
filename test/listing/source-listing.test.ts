/** `-S --source`: what people read is the same code. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CompileOutput, compile, createSession } from 'bpfcc-ts';
import { describe, expect, it } from 'vitest';

const session = createSession();
const folder = join(import.meta.dirname, '../fixtures/kernel');

const annotated = (text: string, flags: readonly string[] = []): Promise<CompileOutput> =>
  compile({ session, sources: { 'prog.c': text }, flags: ['--source', ...flags] });

/** The code of the listing's first function. */
const codeOf = ({ listing = '', messages }: CompileOutput): string => {
  expect(messages).toBe('');
  return /^\t# prog.c[\s\S]*?\texit$/m.exec(listing)?.[0] ?? listing;
};

const withoutComments = (listing = ''): string =>
  listing
    .split('\n')
    .filter((line) => !line.startsWith('\t# '))
    .map((line) => line.replace(/\t# .*/, ''))
    .join('\n');

describe('-S --source', () => {
  it('shows lines, inlined calls, helpers, fields, variables on the stack', async () => {
    const text = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct entry { __u64 packets; struct { __u32 first, last; }; };
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct entry);
} seen SEC(".maps");
static __always_inline void bump(struct entry *entry) {
  entry->last = 3;
}
static __always_inline void account(__u32 key) {
  struct entry *found = bpf_map_lookup_elem(&seen, &key);
  if (found)
    bump(found);
}
SEC("xdp") int count(struct xdp_md *ctx) {
  account(ctx->ingress_ifindex);
  return XDP_PASS;
}
`;
    expect(codeOf(await annotated(text))).toMatchInlineSnapshot(`
      "	# prog.c:20: account(ctx->ingress_ifindex);
      	w1 = *(u32 *)(r1 + 12)	# ctx->ingress_ifindex
      	# prog.c:20: inlined account: account(ctx->ingress_ifindex);
      	# | prog.c:14: static __always_inline void account(__u32 key) {
      	*(u32 *)(r10 - 4) = w1	# key
      	# | prog.c:15: struct entry *found = bpf_map_lookup_elem(&seen, &key);
      	r1 = seen ll	# map
      	r2 = r10
      	r2 += -4	# r2 = &key
      	call 1	# r0 = found, bpf_map_lookup_elem
      	# | prog.c:16: if (found)
      	if r0 == 0 goto .L0_9
      	# | prog.c:17: inlined bump: bump(found);
      	# | | prog.c:12: entry->last = 3;
      	*(u32 *)(r0 + 12) = 3	# entry->last
      .L0_9:
      	# prog.c:21: return XDP_PASS;
      	w0 = 2
      	exit"
    `);
  });

  it('quotes strings and names variables on the stack', async () => {
    const text = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct pair { unsigned a, b; };
SEC("socket") int f(struct pair *p) {
  struct pair copy = { p->b, p->a };
  bpf_probe_read_kernel(&copy.b, 4, p);
  bpf_printk("value \\n %d", copy.b);
  return 0;
}
char license[] SEC("license") = "GPL";
`;
    const { listing = '', messages } = await annotated(text, ['-O0']);
    expect(messages).toBe('');
    expect(listing).toContain('# "value \\n %d"');
    expect(listing).toMatch(/\(r10 - \d+\)\t# copy\.b/);
    expect(listing).toMatch(/\(r\d \+ 4\)\t# p->b/);
  });

  it('names what CO-RE relocates', async () => {
    const text = `
struct inner { int pad, value; } __attribute__((preserve_access_index));
struct task { char name[4]; struct inner in[3]; } __attribute__((preserve_access_index));
__attribute__((section("kprobe"))) int f(struct task *t) {
  return t->in[2].value + __builtin_preserve_field_info(t->name, 2);
}
`;
    const code = codeOf(await annotated(text));
    expect(code).toContain('# CO-RE task.in[2].value');
    expect(code).toContain('# CO-RE exists task.name');
  });

  it('is a comment whatever the source holds', async () => {
    const text = 'int f(int *p) { /* \x1b[31m \u202e "\' */ return *p; /* */ }\r\nint g;\n';
    const { listing = '', object } = await annotated(text);
    expect(listing).not.toMatch(/[\x1b\u202e\r]/);
    const again = await compile({ session, sources: { 'prog.s': listing } });
    expect(again.messages).toBe('');
    expect(object).toBeDefined();
  });

  const fixtures = readdirSync(folder).filter((name) => name.endsWith('.c'));
  const sampled = fixtures.filter((_, i) => i % Math.ceil(fixtures.length / 12) === 0);

  it.each(sampled)('does not change the code of %s', async (name) => {
    const text = readFileSync(join(folder, name), 'latin1');
    const sources = { 'prog.c': text };
    for (const level of ['-O0', '-O2']) {
      const plain = await compile({ session, sources, flags: [level] });
      const shown = await compile({ session, sources, flags: [level, '--source'] });
      expect(shown.messages).toBe(plain.messages);
      expect(shown.object).toEqual(plain.object);
      expect(withoutComments(shown.listing)).toBe(withoutComments(plain.listing));
      const again = await compile({ session, sources: { 'prog.s': shown.listing ?? '' } });
      const assembled = await compile({ session, sources: { 'prog.s': plain.listing ?? '' } });
      expect(again.object).toEqual(assembled.object);
    }
  });
});
