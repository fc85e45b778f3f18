/** Every shape of large program, small and with validators on; and at sizes that took minutes once, with a time that linear work never needs. */

import { describe, expect, it } from 'vitest';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { shapes } from './large-inputs.ts';

/** An object, or what is wrong with the program. */
function outcome(text: string, level: string, validate: boolean): string {
  const { result } = compileText('a.c', folderHost('/nowhere', new Map([['a.c', text]])), [level, '-w'], {
    validate,
  });
  const error = result.diagnostics.find(({ severity }) => severity === 'error' || severity === 'fatal');
  expect(result.object === undefined).toBe(error !== undefined);
  return error?.message ?? 'object';
}

const expected: Readonly<Record<string, RegExp>> = {
  warnings: /incompatible pointer to integer/,
  'wrong-names': /undeclared identifier/,
  'wrong-tokens': /expected identifier/,
  locals: /bytes of stack|object/,
  'locals-of-constants': /bytes of stack|object/,
  phis: /bytes of stack|object/,
  'phis-of-a-loop': /bytes of stack|object/,
  'phis-of-many-joins': /bytes of stack|object/,
  'too-many-locals': /bytes of stack|object/,
};

describe('shapes', () => {
  for (const [name, { text, size }] of Object.entries(shapes)) {
    const n = Math.max(4, Math.round(size / 3000));
    it(name, () => expect(outcome(text(n), '-O2', true)).toMatch(expected[name] ?? /^object$/));
  }
});

describe('no work per pair', () => {
  const sizes: Readonly<Record<string, number>> = {
    // Facts of phis with an operand for every case.
    'switch-same': 3000,
    // Loops of goto that contain each other.
    gotos: 1000,
    // Users of what jump threading copies.
    'ifs-on-one': 600,
    // What each unrolled loop leaves.
    'counted-loops': 200,
    // Two-byte stores, results of helpers, outputs of assembly in one block.
    prints: 500,
    lookups: 500,
    assembly: 2500,
  };
  for (const [name, size] of Object.entries(sizes)) {
    it(name, () => expect(outcome(shapes[name]?.text(size) ?? '', '-O2', false)).toBe('object'), 20_000);
  }
});
