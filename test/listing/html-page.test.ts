/** `--emit=html` of programs too long to be shown; what the page looks like otherwise is tested in a browser (test/browser). */

import { describe, expect, it } from 'vitest';
import { compile } from '../../src/driver/api.ts';
import { rowLimit } from '../../src/listing/html-page.ts';

describe('--emit=html', () => {
  it('shows short functions whole and the beginning of a long one', async () => {
    const text = `#define SEC __attribute__((section("xdp")))
SEC int wide(int *c) { asm volatile(".rept 30000\\n r0 = 0\\n .endr" ::: "r0"); return c[1]; }
SEC int small(int *c) { return c[2]; }
`;
    const { page = '', messages } = await compile({ sources: { 'a.c': text }, flags: ['--emit=html'] });
    expect(messages).toBe('');
    expect(page).toMatch(/>100\d\d more instructions are not shown; -S --source writes all of the code</);
    expect(page.split('not shown').length).toBe(2);
    expect(page.length).toBeLessThan(4_000_000);
    expect(page.lastIndexOf('<h3>small')).toBeGreaterThan(page.indexOf('not shown'));
  });

  it.each([
    [[], 10],
    [[3, 7], 10],
    [[3, 8], 7],
    [[100, 1, 100, 2], 3],
    [[20, 20, 20], 3],
  ])('%j rows have room for %i each', (sizes, limit) => {
    expect(rowLimit(sizes, 10)).toBe(limit);
  });
});
