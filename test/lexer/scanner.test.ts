import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchWhole, scan } from '../../src/lexer/scanner.ts';
import { TokenFlag } from '../../src/lexer/token-columns.ts';
import { spellingsOf, Tok, tokenRow } from '../../src/lexer/tokens.ts';
import { Interner } from '../../src/support/interner.ts';

function scanned(text: string, trigraphs = false) {
  const interner = new Interner();
  const result = scan(text, interner, { trigraphs });
  const { tokens } = result;
  const rows = Array.from({ length: tokens.length - 1 }, (_, at) => ({
    kind: tokenRow(tokens.kind(at)).name,
    text: interner.text(tokens.id(at)),
    at: tokens.position(at) as number,
    flags: tokens.flag(at),
  }));
  return { ...result, rows };
}

const texts = (text: string, trigraphs = false) => scanned(text, trigraphs).rows.map((row) => row.text);
const kinds = (text: string) => scanned(text).rows.map((row) => row.kind);

describe('scanner', () => {
  it('knows every punctuator of the token table', () => {
    for (const [spelling, kind] of spellingsOf('punctuator')) {
      expect(matchWhole(spelling), spelling).toBe(kind);
      expect(scanned(`${spelling} `).tokens.kind(0), spelling).toBe(kind);
    }
  });

  it('takes the longest punctuator (6.4 p4)', () => {
    expect(texts('x+++++y ..... a<<=b%:%:c')).toEqual([
      'x',
      '++',
      '++',
      '+',
      'y',
      '...',
      '.',
      '.',
      'a',
      '<<=',
      'b',
      '%:%:',
      'c',
    ]);
  });

  it('reads preprocessing numbers (6.4.8)', () => {
    expect(texts('0x1p-3+.5e+1 1.2.3 0xe+1 1_a$ 5.')).toEqual([
      '0x1p-3',
      '+',
      '.5e+1',
      '1.2.3',
      '0xe+1',
      '1_a$',
      '5.',
    ]);
  });

  it('reads literals with prefixes and escapes', () => {
    expect(
      scanned(String.raw`L"a\"b" u8"x" u'c' U"" R"x" '\'' "\\"`).rows.map((row) => `${row.kind} ${row.text}`),
    ).toEqual([
      String.raw`String L"a\"b"`,
      'String u8"x"',
      "Character u'c'",
      'String U""',
      'Identifier R',
      'String "x"',
      String.raw`Character '\''`,
      String.raw`String "\\"`,
    ]);
  });

  it('marks literals without an end as unknown, up to the end of the line', () => {
    expect(scanned('"abc\n\'x\nok').rows.map((row) => `${row.kind} ${row.text}`)).toEqual([
      'Unknown "abc',
      "Unknown 'x",
      'Identifier ok',
    ]);
  });

  it('leaves splices out of spellings and keeps offsets (5.1.1.2 p1)', () => {
    const { rows } = scanned('ab\\\ncd \\\r\n+\\\n= "x\\\n y" z');
    expect(rows.map((row) => [row.text, row.at])).toEqual([
      ['abcd', 0],
      ['+=', 10],
      ['"x y"', 15],
      ['z', 23],
    ]);
    expect(rows.every((row, at) => ((row.flags & TokenFlag.startOfLine) !== 0) === (at === 0))).toBe(true);
  });

  it('treats comments as white space', () => {
    const { rows, unterminatedComment } = scanned('a/* x\n */b// c \\\n d\ne/**/f /* open');
    expect(rows.map((row) => row.text)).toEqual(['a', 'b', 'e', 'f']);
    expect(rows.map((row) => row.flags)).toEqual([
      TokenFlag.startOfLine,
      TokenFlag.leadingSpace,
      TokenFlag.startOfLine,
      TokenFlag.leadingSpace,
    ]);
    expect(unterminatedComment).toBe(27);
  });

  it('replaces trigraphs only where they are on', () => {
    expect(texts('??=define ??( "??/"" ??', true)).toEqual(['#', 'define', '[', '"\\""', '?', '?']);
    expect(texts('a??(')).toEqual(['a', '?', '?', '(']);
  });

  it('notes directives and reads header names only behind #include', () => {
    const { directives, rows } = scanned(
      '#include <a/b.h>\n# /**/ include_next <c d>\na # include <x>\n%: define X\n',
    );
    expect([...directives]).toEqual([0, 3, 12]);
    expect(rows.filter((row) => row.kind === 'HeaderName').map((row) => row.text)).toEqual([
      '<a/b.h>',
      '<c d>',
    ]);
  });

  it('takes UTF-8 and universal character names as identifiers', () => {
    const bytes = (text: string) => Buffer.from(text).toString('latin1');
    expect(texts(bytes('é ünï \\u00e9 \\U000000e9x'))).toEqual([
      bytes('é'),
      bytes('ünï'),
      bytes('é'),
      bytes('éx'),
    ]);
    expect(kinds(bytes('“a” \u00a0b'))).toEqual([
      'Unknown',
      'Identifier',
      'Unknown',
      'Unknown',
      'Identifier',
    ]);
  });

  it('skips a byte order mark, and notes NULs', () => {
    expect(texts('\xef\xbb\xbfint x;')).toEqual(['int', 'x', ';']);
    expect(scanned('a\0b').nullCharacter).toBe(1);
  });

  it('covers any input with tokens in ascending order', () => {
    const alphabet = fc.constantFrom(...'ab1 \n\\"\'/*+<%:.#?=\r\0é$u8L', '/*', '*/', '\\\n', '//', '??/');
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 60 }), fc.boolean(), (parts, trigraphs) => {
        const text = parts.join('');
        const { rows, tokens } = scanned(text, trigraphs);
        expect(rows.every((row, at) => row.text !== '' && row.at >= (rows[at - 1]?.at ?? 0))).toBe(true);
        expect(tokens.kind(tokens.length - 1)).toBe(Tok.EndOfFile);
      }),
    );
  });

  it('reads its own output back', () => {
    const alphabet = fc.constantFrom(
      'a',
      '1',
      '+',
      '"s"',
      "'c'",
      '->',
      '...',
      '.5',
      'L"w"',
      '<:',
      '##',
      '&&',
    );
    fc.assert(
      fc.property(fc.array(alphabet), (words) => {
        expect(texts(words.join(' '))).toEqual(words);
      }),
    );
  });
});
