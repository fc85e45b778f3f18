/** The table of refusals: every row complete, reachable, and printed in docs/refusals.md. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/cli/node-host.ts';
import { refusalDocument, refusalList, refusalPage } from '../../src/explain/pages.ts';
import { fill } from '../../src/explain/refusal.ts';
import { refusals } from '../../src/explain/table.ts';
import { refusalNames, wantedKind } from './refusal-case.ts';

describe('the table of refusals', () => {
  test('ids are unique and plain', () => {
    const ids = refusals.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
  });

  test('patterns keep no state between messages', () => {
    for (const { patterns } of refusals) {
      for (const pattern of patterns) expect(pattern.flags).not.toContain('g');
    }
  });

  test('kinds of the fixtures are rows', () => {
    const ids = new Set(refusals.map(({ id }) => id));
    for (const name of refusalNames) expect(ids).toContain(wantedKind(name));
  });

  test('pages leave no placeholder', () => {
    for (const row of refusals) expect(refusalPage(row)).not.toMatch(/\{\w+(?:\|[^{}]*)?\}/);
    expect(refusalList().split('\n').length).toBeGreaterThan(refusals.length);
  });

  test('docs/refusals.md is the table', async () => {
    await expect(refusalDocument()).toMatchFileSnapshot(join(packageRoot(), 'docs/refusals.md'));
  });
});

describe('fill', () => {
  test('names that are known go in, others have their default', () => {
    expect(fill("'{var|the pointer}' is {x|y}", { var: 'p', x: 'z' })).toBe("'p' is z");
  });

  test('a name that is not known loses its quotes', () => {
    expect(fill("'{var|the pointer}' is NULL, the size '{size|}' is 0", {})).toBe(
      'the pointer is NULL, the size is 0',
    );
  });
});
