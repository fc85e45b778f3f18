import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CpuVersion } from '../../src/codegen/target.ts';
import { compile, moduleOf } from './cases.ts';
import { evaluateBpf, evaluateIr } from './evaluate.ts';
import { randomModule } from './random-ir.ts';

const folder = new URL('../fixtures/codegen/', import.meta.url);

/** Directives `; name: value` of a fixture, in order. */
function directives(text: string): { readonly name: string; readonly value: string }[] {
  return [...text.matchAll(/^; (want no|want|error|note|cpu|endian|registers): (.*)$/gm)].map((match) => ({
    name: match[1] ?? '',
    value: (match[2] ?? '').trim(),
  }));
}

/** A fixture holds cases that are separated by lines of dashes; each has its own directives. */
describe('fixtures', () => {
  for (const file of readdirSync(folder)) {
    const cases = readFileSync(new URL(file, folder), 'utf8').split(/^; ---.*\n/m);
    cases.forEach((text, number) => {
      it(`${file} ${number}`, () => {
        const rows = directives(text);
        const setting = (name: string): string | undefined => rows.find((row) => row.name === name)?.value;
        const mask = setting('registers');
        const result = compile(moduleOf(text), {
          cpu: Number(setting('cpu') ?? '3') as CpuVersion,
          littleEndian: setting('endian') !== 'big',
          ...(mask === undefined ? {} : { registers: Number(mask) }),
        });
        expect(result.faults).toEqual([]);
        const errors = rows.filter(({ name }) => name === 'error').map(({ value }) => value);
        expect(result.messages).toEqual(errors);
        expect(rows.some(({ name }) => name === 'want' || name === 'error')).toBe(true);
        for (const { name, value } of rows) {
          if (name === 'note') expect(result.notes.join('\n')).toContain(value);
          if (name === 'want no') expect(result.text).not.toContain(value);
        }
        let at = 0;
        for (const { value } of rows.filter(({ name }) => name === 'want')) {
          const found = result.text.indexOf(`\t${value}\n`, at);
          expect(found, `${value} in order in\n${result.text}`).toBeGreaterThanOrEqual(0);
          at = found + value.length;
        }
      });
    });
  }
});

const edgeValues = [
  0n,
  1n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x8000_0000_0000_0000n,
  2n ** 64n - 1n,
];

describe('random functions', () => {
  const seeds = fc.integer({ min: 1, max: 1_000_000 });
  const argument = fc.constantFrom(...edgeValues);
  const args = fc.tuple(argument, argument, argument, argument);
  const cpus = fc.constantFrom<CpuVersion>(1, 2, 3, 4);
  // All registers; few of each kind; none that survives a call; hardly any.
  const masks = fc.constantFrom(0b11_1111_1111, 0b00_0100_0111, 0b00_0011_1111, 0b00_0000_1111);

  it('give the same result as their IR, at every level and with few registers', () => {
    fc.assert(
      fc.property(seeds, cpus, masks, args, fc.boolean(), (seed, cpu, registers, values, calls) => {
        const module = moduleOf(randomModule(seed, { size: 30, calls }));
        const [func] = module.functions();
        const result = compile(module, { cpu, registers });
        expect(result.faults).toEqual([]);
        if (result.messages.length > 0) return expect(result.messages[0]).toContain('bytes of stack');
        const [compiled] = result.functions;
        if (func === undefined || compiled === undefined) throw new Error('nothing compiled');
        const expected = evaluateIr(func, values);
        if (expected === undefined) return;
        expect(evaluateBpf(compiled.instructions, values)).toBe(expected);
      }),
      { numRuns: 80 },
    );
  });

  it('are compiled to the same bytes twice', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const text = randomModule(seed, { size: 40, calls: true });
        expect(compile(moduleOf(text)).text).toBe(compile(moduleOf(text)).text);
      }),
      { numRuns: 10 },
    );
  });
});
