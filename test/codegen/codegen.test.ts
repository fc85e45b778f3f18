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

describe('jumps beyond 16 bits', () => {
  const count = 40_000;
  // A loop of two rounds, whose long body is jumped over when the first argument is zero.
  const body = Array.from(
    { length: count },
    (_, i) => `  v${i + 20} = add i64 v${i + 19}, i64 ${(i % 7) + 1}`,
  );
  const text = `@f = function external

func @f(i32, i32, i64, i64) i64 {
b0:
  br b1
b1:
  v1 = phi i64 [i64 0 b0], [v4 b3]
  v19 = phi i64 [%2 b0], [v3 b3]
  v2 = icmp.eq %0, i32 0
  condbr v2, b3, b2
b2:
${body.join('\n')}
  br b3
b3:
  v3 = phi i64 [v19 b1], [v${count + 19} b2]
  v4 = add i64 v1, i64 1
  v5 = icmp.ult v4, i64 2
  condbr v5, b1, b4
b4:
  ret v3
}
`;
  const module = moduleOf(text);
  for (const cpu of [3, 4] as const) {
    it(`reach their targets at v${cpu}`, () => {
      const { functions, faults } = compile(module, { cpu });
      expect(faults).toEqual([]);
      const code = functions[0]?.instructions ?? [];
      expect(evaluateBpf(code, [0n, 0n, 5n, 0n])).toBe(5n);
      const round = Array.from({ length: count }, (_, i) => (i % 7) + 1).reduce((sum, step) => sum + step, 0);
      expect(evaluateBpf(code, [1n, 0n, 5n, 0n])).toBe(5n + 2n * BigInt(round));
      expect(code.length - count).toBeLessThan(30);
    });
  }
});
