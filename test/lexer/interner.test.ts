import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Interner } from '../../src/support/interner.ts';

it('gives equal strings equal ids in order of appearance', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 5000 }), (words) => {
      const interner = new Interner();
      const ids = words.map((word) => interner.internRange(`<${word}>`, 1, word.length + 1));
      const distinct = [...new Set(words)];
      expect(ids).toEqual(words.map((word) => distinct.indexOf(word)));
      expect(interner.size).toBe(distinct.length);
      expect(distinct.every((word, id) => interner.text(id) === word && interner.find(word) === id)).toBe(
        true,
      );
    }),
    { numRuns: 20 },
  );
});

it('grows', () => {
  const interner = new Interner();
  const names = Array.from({ length: 10_000 }, (_, id) => `name${id}`);
  expect(names.map((name) => interner.intern(name))).toEqual(names.map((_, id) => id));
  expect(names.every((name, id) => interner.find(name) === id)).toBe(true);
  expect(interner.find('other')).toBe(-1);
});
