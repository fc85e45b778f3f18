/** `--emit=html`: the page links C, IR and code, and hostile sources stay text. */

import { createHash } from 'node:crypto';
import { compile, createSession } from 'bpfcc-ts';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { script, scriptHash } from '../../src/listing/html-style.ts';
import { executablePath, skipReason, withPage } from './chromium.ts';

const session = createSession();

const source = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct entry { __u64 packets; };
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct entry);
} seen SEC(".maps");
static __always_inline void account(__u32 key) {
  struct entry *found = bpf_map_lookup_elem(&seen, &key);
  if (found)
    found->packets++;
}
SEC("xdp") int count(struct xdp_md *ctx) {
  account(ctx->ingress_ifindex);
  return XDP_PASS;
}
char license[] SEC("license") = "GPL";
`;

const pageOf = async (sources: Readonly<Record<string, string>>): Promise<string> => {
  const { page = '', messages } = await compile({ session, sources, flags: ['--emit=html'] });
  expect(messages).toBe('');
  return page;
};

/** Texts of the marked rows of a column. */
const marked = (tab: Page, column: string, mark = 'on'): Promise<string[]> =>
  tab.locator(`.column[aria-label="${column}"] .${mark} .t`).allTextContents();

describe('--emit=html', () => {
  it('is complete without scripts, and the same each time', async () => {
    const page = await pageOf({ 'count.c': source });
    expect(page).toBe(await pageOf({ 'count.c': source }));
    // Each instruction links to its line.
    expect(page).toContain('<a href="#L0-13" title="count.c:13">:13</a>');
    expect(page).toContain('id="L0-13"');
    expect(page).toContain('<b title="account inlined at count.c:16">account</b>');
    expect(page).not.toMatch(/(?:src|href)="(?!#)/);
  });

  it('lets its own script run only', () => {
    expect(scriptHash).toBe(`sha256-${createHash('sha256').update(script).digest('base64')}`);
  });

  const hostile = `// </span><script>window.hacked = 1</script>
/* <img src=x onerror="window.hacked = 2"> "' \x1b[31m \u202e */
struct s { int x; };
__attribute__((section("xdp/\\"><script>window.hacked=3</script>"))) int prog(struct s *p) {
  return p->x; } // &lt;b&gt; ]]> -->
#line 7 "<script>window.hacked=4</script>"
int other(int *p) { return *p; }
`;

  it('escapes what sources hold', async () => {
    const page = await pageOf({ '<img src=x onerror=hacked()>.c': hostile });
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain('<img');
    expect(page).not.toMatch(/[\x00-\x08\x0b-\x1f\u202e]/);
  });

  it.skipIf(executablePath === undefined)(`runs nothing of a hostile source${skipReason}`, async () => {
    const page = await pageOf({ '<img src=x onerror=hacked()>.c': hostile });
    const seen = await withPage({ 'page.html': page }, 'page.html', (tab) =>
      tab.evaluate(() => ['hacked' in window, document.images.length, document.scripts.length]),
    );
    expect(seen).toEqual([false, 0, 1]);
  });

  it.skipIf(executablePath === undefined)(`links rows in a browser${skipReason}`, async () => {
    const page = await pageOf({ 'count.c': source });
    await withPage({ 'page.html': page }, 'page.html', async (tab) => {
      await tab.hover('#L0-17');
      expect(await marked(tab, 'BPF')).toEqual(
        ['r0 = 2', 'exit'].map((text) => expect.stringMatching(text.replace('r0', '[rw]0'))),
      );
      await tab.click('#L0-13');
      expect(await marked(tab, 'C')).toEqual(['    found->packets++;']);
      const code = [
        'r1 = *(u64 *)(r0 + 0)  ; found->packets',
        'r1 += 1',
        '*(u64 *)(r0 + 0) = r1  ; found->packets',
      ];
      expect(await marked(tab, 'BPF')).toEqual(code);
      expect((await marked(tab, 'IR')).join('\n')).toMatch(/load i64[\s\S]*add i64[\s\S]*store/);
      // The call it came through.
      expect(await marked(tab, 'C', 'via')).toEqual(['  account(ctx->ingress_ifindex);']);
      // What is held stays when the pointer moves.
      await tab.hover('#L0-17');
      expect(await marked(tab, 'C')).toEqual(['    found->packets++;']);
      await tab.keyboard.press('ArrowRight');
      await tab.keyboard.press('ArrowRight');
      expect(await tab.locator('[aria-current] .t').textContent()).toBe(code[0]);
      await tab.keyboard.press('ArrowDown');
      expect(await tab.locator('[aria-current] .t').textContent()).toBe(code[1]);
      expect(await tab.evaluate(() => document.activeElement?.textContent)).toContain('r1 += 1');
      await tab.keyboard.press('Escape');
      expect(await tab.locator('.on, .via, [aria-current]').count()).toBe(0);
    });
  });

  it.skipIf(executablePath === undefined)(`leads from code to C without scripts${skipReason}`, async () => {
    const page = await pageOf({ 'count.c': source });
    const use = async (tab: Page): Promise<void> => {
      expect(await tab.locator('.help').isVisible()).toBe(false);
      await tab.locator('.column[aria-label="BPF"] .f a', { hasText: ':13' }).first().click();
      expect(await tab.locator('.r:target .t').textContent()).toBe('    found->packets++;');
    };
    await withPage({ 'page.html': page }, 'page.html', use, { scripts: false });
  });
});
