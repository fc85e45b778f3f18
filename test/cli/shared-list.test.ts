/** A list with two ends: each entry is taken once, the front's from the first on, the back's from the last on. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SharedList } from '../../src/cli/shared-list.ts';

it('gives each entry to one taker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bpfcc-ts-test-'));
  let lists = 0;
  const takers = fc.array(fc.constantFrom('front', 'back'), { minLength: 40, maxLength: 60 });
  try {
    fc.assert(
      fc.property(fc.nat(40), takers, (length, ends) => {
        const list = SharedList.create(length, join(folder, `${lists++}`));
        // As another process has it.
        const other = new SharedList(length, list.files);
        const taken = { front: [] as number[], back: [] as number[] };
        for (const [turn, end] of ends.entries()) {
          const entry = (turn % 3 === 0 ? other : list).take(end);
          if (entry !== undefined) taken[end].push(entry);
        }
        list.close();
        const all = Array.from({ length }, (_, number) => number);
        expect([...taken.front, ...taken.back.reverse()]).toEqual(all);
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
