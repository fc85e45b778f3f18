import { describe, expect, it } from 'vitest';
import { NameFilter } from '../../src/lexer/folded-names.ts';
import { FoldedText, Folder } from '../../src/lexer/folded-text.ts';

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

describe('the filter of names', () => {
  it('knows each name of a text, and takes few others for one', () => {
    const own = names('own_', 2000);
    const filter = NameFilter.of(own.join(' '));
    expect(own.filter((name) => !filter.mayHave(name))).toEqual([]);
    expect(names('other_', 20_000).filter((name) => filter.mayHave(name)).length).toBeLessThan(20);
  });
});

describe('names in a text', () => {
  it('are found one by one and many at once', () => {
    const text = 'ab abc xab ab\nab_ (ab)';
    const find = (wanted: readonly string[]) =>
      new FoldedText(text, new Folder(text, false)).offsetsOf(wanted);
    const many = names('none', 20);
    expect(find(['ab', 'b', 'abc'])).toEqual([[0, 11, 19], [], [3]]);
    expect(find(['ab', 'b', 'abc', ...many]).slice(0, 3)).toEqual([[0, 11, 19], [], [3]]);
  });
});
