import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Analyses } from '../../src/ir/analyses.ts';
import { printModule } from '../../src/ir/printer.ts';
import { readModule } from '../../src/ir/reader.ts';
import { validateFunction } from '../../src/ir/validator.ts';
import { readCases } from './cases.ts';

const sample = readFileSync(new URL('../fixtures/ir/roundtrip.ir', import.meta.url), 'utf8');

describe('textual IR', () => {
  it('prints what it read, byte for byte', () => {
    const { module, errors } = readModule(sample);
    expect(errors).toEqual([]);
    expect(printModule(module, { positions: true })).toBe(sample);
  });

  it('reports every malformed line and goes on', () => {
    const text = [
      '@f = function external',
      'what',
      'func @f() i32 {',
      'b0:',
      '  v1 = bogus i32 1',
      '  ret i32',
      '}',
    ];
    const { errors } = readModule(text.join('\n'));
    expect(errors.map((error) => error.line)).toEqual([2, 5, 6]);
  });

  it.each([
    'func @nowhere() void {\nb0:\n ret\n}',
    '@f = function external\nfunc @f() void {\nb0:\n ret\n',
    '@f = function external\nfunc @f() void {\n}',
    '@f = function external\nfunc @f() void {\nb99999999999:\n ret\n}',
    '@f = function external\nfunc @f() void {\nb0:\n v4194309 = add i32 i32 1, i32 1\n ret\n}',
    '@v = variable external data 99999999999',
    '@v = variable external data 1\n bytes 0011',
    '@v = variable external\n@v = variable external',
    '@"\\q = variable',
    '\0\u2028"',
  ])('has an error for %j', (text) => {
    expect(readModule(text).errors.length).toBeGreaterThan(0);
  });

  it('survives any damage to a text', () => {
    const lines = sample.split('\n');
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.nat(60), fc.string({ maxLength: 4 }), (row, column, junk) => {
        const line = lines[row] ?? '';
        const damaged = lines.with(row, line.slice(0, column) + junk + line.slice(column + junk.length));
        const { module } = readModule(damaged.join('\n'));
        expect(typeof printModule(module)).toBe('string');
      }),
      { numRuns: 200 },
    );
  });
});

describe('validator', () => {
  it.each(readCases('ir/validator.ir').map((row) => [row.name, row] as const))('%s', (_, row) => {
    const { module, errors, lines } = readModule(row.text);
    expect(errors).toEqual([]);
    const late = /^V1[56]/.test(row.name);
    const found = new Set<string>();
    for (const func of module.functions()) {
      for (const violation of validateFunction(module, func, new Analyses(func), { late })) {
        const line = lines.get(violation.ins ?? violation.block ?? func);
        found.add(`${line}: ${violation.rule}`);
      }
    }
    expect([...found]).toEqual(row.errors.map((error) => `${error.line}: ${error.text}`));
  });
});
