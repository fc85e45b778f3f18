/** Which helpers programs of a type may call: the table's form, and facts that the kernel's documentation has. */

import { describe, expect, it } from 'vitest';
import { isRefused, typesWith } from '../../src/isa/helper-programs.ts';
import { HELPERS, helperByName } from '../../src/isa/helpers.ts';
import { programTypeOf } from '../../src/object/program-sections.ts';

const named = (name: string) => {
  const helper = helperByName(name);
  if (helper === undefined) throw new Error(name);
  return helper;
};

describe('helpers by program type', () => {
  it('says of every listed helper who may call it', () => {
    const all = typesWith(named('bpf_skb_load_bytes')).length;
    expect(all).toBeGreaterThan(5);
    for (const helper of HELPERS) {
      const types = typesWith(helper);
      for (const type of types) expect(isRefused(type, helper)).toBe(false);
    }
  });
  it.each([
    ['xdp', 'bpf_skb_load_bytes', true],
    ['xdp', 'bpf_xdp_adjust_head', false],
    ['xdp', 'bpf_probe_read', true],
    ['tc', 'bpf_skb_load_bytes', false],
    ['tc', 'bpf_redirect_map', true],
    ['tc', 'bpf_xdp_adjust_head', true],
    ['kprobe/x', 'bpf_probe_read_kernel', false],
    ['kprobe/x', 'bpf_redirect', true],
    ['sk_reuseport', 'bpf_sk_select_reuseport', false],
    ['socket', 'bpf_skb_store_bytes', true],
  ])('%s and %s', (section, helper, expected) => {
    expect(isRefused(programTypeOf(section)?.type ?? '', named(helper))).toBe(expected);
  });
  it('refuses nobody the helpers that all have, and knows nothing of others', () => {
    for (const name of ['bpf_map_lookup_elem', 'bpf_map_update_elem', 'bpf_ktime_get_ns', 'bpf_tail_call']) {
      expect(typesWith(named(name))).toEqual([]);
    }
    expect(isRefused('lsm', named('bpf_redirect'))).toBe(false);
  });
});
