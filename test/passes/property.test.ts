import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printModule } from '../../src/ir/printer.ts';
import { readModule } from '../../src/ir/reader.ts';
import { validateModule } from '../../src/ir/validator.ts';
import type { OptLevel, PassOptions } from '../../src/passes/pass.ts';
import { type PassRow, pipeline } from '../../src/passes/pipeline.ts';
import { runPasses } from '../../src/passes/runner.ts';
import { behaviour } from './oracle.ts';
import { randomModule } from './random.ts';

const optionsAt = (optLevel: OptLevel, cpu: PassOptions['cpu'] = 3): PassOptions => ({
  optLevel,
  cpu,
  littleEndian: true,
  features: new Set(),
});

/** One row of each name. */
const passes: readonly PassRow[] = [...new Map(pipeline.map((row) => [row.name, row])).values()];

describe('random functions', () => {
  it('are valid and print what was read', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const module = randomModule(seed);
      expect(validateModule(module)).toEqual([]);
      const text = printModule(module);
      const again = readModule(text);
      expect(again.errors).toEqual([]);
      expect(printModule(again.module)).toBe(text);
      expect(behaviour(again.module)).toEqual(behaviour(module));
    }
  });

  it('behave the same after any sequence of passes', () => {
    const sequence = fc.array(fc.constantFrom(...passes), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(fc.integer(), sequence, (seed, rows) => {
        const module = randomModule(seed);
        const before = behaviour(module);
        runPasses(module, optionsAt(2), () => {}, { validate: true }, rows);
        expect(behaviour(module)).toEqual(before);
        const text = printModule(module);
        expect(printModule(readModule(text).module)).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  it.each([0, 1, 2, 's', 'size', 'verify'] as const)('behave the same at level %s', (level) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const module = randomModule(seed);
        const before = behaviour(module);
        runPasses(module, optionsAt(level), () => {}, { validate: true });
        expect(validateModule(module, { late: true })).toEqual([]);
        expect(behaviour(module)).toEqual(before);
      }),
      { numRuns: 12 },
    );
  });
});
