/** The status line of a build. */

import { expect, it } from 'vitest';
import { type BuildSummary, programChanges, statusLine } from '../../../src/cli/watch/status.ts';

const program = (name: string, instructions: number, stack = 0) => ({
  name,
  section: 'xdp',
  instructions,
  stack,
});

const summary: BuildSummary = {
  source: 'a.c',
  output: 'a.o',
  milliseconds: 12.3,
  errors: 0,
  warnings: 0,
  size: 4132,
  programs: [],
};

it('gives time, size, instructions with their delta, and stack', () => {
  const programs = programChanges(
    [program('one', 120, 32), program('two', 40), program('three', 7, 8), program('new', 2)],
    [program('one', 117), program('two', 44), program('three', 7), program('gone', 1)],
  );
  expect(statusLine({ ...summary, programs })).toBe(
    'a.o: 12 ms, 4.1 kB: one 120 insns (+3), 32 B stack; two 40 insns (-4); three 7 insns, 8 B stack; new 2 insns',
  );
});

it('sums up many programs and shows those that changed', () => {
  const many = Array.from({ length: 20 }, (_, i) => program(`p${i}`, 10));
  const now = many.map((one, i) => (i === 3 ? { ...one, instructions: 12 } : one));
  expect(statusLine({ ...summary, size: 999, programs: programChanges(now, many) })).toBe(
    'a.o: 12 ms, 999 B: 20 programs, 202 insns (+2); p3 12 insns (+2)',
  );
});

it('counts errors and warnings', () => {
  expect(statusLine({ ...summary, output: undefined, errors: 2, warnings: 1 })).toBe(
    'a.c: 2 errors, 1 warning, 12 ms',
  );
  expect(statusLine({ ...summary, warnings: 3, milliseconds: 12_345 })).toBe(
    'a.o: 12.3 s, 4.1 kB, 3 warnings',
  );
});
