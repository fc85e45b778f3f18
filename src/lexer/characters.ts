/**
 * What a byte may begin or continue (C11 5.2.1, 6.4), as one table of bits for the scanner and everyone who
 * splits spellings. Input is Latin-1 text: bytes of UTF-8 above 0x7f belong to identifiers (6.4.2.1 p3).
 */

export const CharacterClass = Object.freeze({
  /** Space, tab, vertical tab, form feed. */
  blank: 1,
  newline: 2,
  /** Begins an identifier; `$` as in GNU C. */
  identifierStart: 4,
  digit: 8,
  /** Goes on an identifier: the two above. */
  identifierPart: 16,
  hexDigit: 32,
});

/** Bits of {@link CharacterClass} by byte. */
export const characterClasses: Readonly<Uint8Array> = classify();

function classify(): Uint8Array {
  const classes = new Uint8Array(256);
  const mark = (characters: string, bits: number) => {
    for (const character of characters) classes[character.charCodeAt(0)] = bits;
  };
  const { blank, newline, identifierStart, identifierPart, digit, hexDigit } = CharacterClass;
  mark(' \t\v\f', blank);
  mark('\n\r', newline);
  mark('ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ_$', identifierStart | identifierPart);
  mark('abcdefABCDEF', identifierStart | identifierPart | hexDigit);
  mark('0123456789', digit | identifierPart | hexDigit);
  classes.fill(identifierStart | identifierPart, 0x80);
  return classes;
}

export function isIdentifierStart(code: number): boolean {
  return ((characterClasses[code] ?? 0) & CharacterClass.identifierStart) !== 0;
}

export function isIdentifierPart(code: number): boolean {
  return ((characterClasses[code] ?? 0) & CharacterClass.identifierPart) !== 0;
}

/** A code point that may not stand in an identifier though it is no ASCII: spaces, quotes and dashes that editors put in. */
export function isForbiddenInIdentifier(codePoint: number): boolean {
  return (
    codePoint < 0xa8 ||
    (codePoint >= 0x2000 && codePoint <= 0x206f) ||
    (codePoint >= 0x3000 && codePoint <= 0x3003) ||
    codePoint === 0xfeff ||
    codePoint === 0xfffd
  );
}
