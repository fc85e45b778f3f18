import { describe, expect, it } from 'vitest';
import { targetFacts } from '../../src/driver/target-facts.ts';
import { ModuleProvenance, printProvenance } from '../../src/ir/module-provenance.ts';
import { printModule } from '../../src/ir/printer.ts';
import { joinProvenance, provenanceNames } from '../../src/ir/provenance-kinds.ts';
import { readModule } from '../../src/ir/reader.ts';
import { validateModule } from '../../src/ir/validator.ts';
import { foldLines, readCases } from './cases.ts';

/** `; want:` lines stand in the dump, in order. */
describe('provenance of', () => {
  it.each(readCases('ir/provenance.ir').map((row) => [row.name, row] as const))('%s', (_, row) => {
    const { module, errors } = readModule(row.text);
    expect(errors).toEqual([]);
    expect(validateModule(module)).toEqual([]);
    const target = targetFacts({ module, sourceSymbols: new Map(), littleEndian: true });
    const text = printProvenance(module, new ModuleProvenance(module, target));
    expect(printModule(readModule(text).module)).toBe(printModule(module));
    const lines = foldLines(text);
    let at = 0;
    const wants = row.directives.filter(({ key }) => key === 'want');
    expect(wants.length).toBeGreaterThan(0);
    for (const { value } of wants) {
      const found = lines.findIndex((line, index) => index >= at && line === value);
      if (found < 0) expect.fail(`no line "${value}" from line ${at} of\n${text}`);
      at = found + 1;
    }
  });
});

describe('the lattice', () => {
  it('has a least upper bound for all pairs', () => {
    for (const a of provenanceNames) {
      for (const b of provenanceNames) {
        const both = joinProvenance(a, b);
        expect(joinProvenance(b, a)).toBe(both);
        expect(joinProvenance(a, both)).toBe(both);
        expect(joinProvenance(both, 'unknown')).toBe('unknown');
      }
    }
  });
});
