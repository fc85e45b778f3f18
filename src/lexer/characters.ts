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

export interface DecodedCharacter {
  readonly codePoint: number;
  /** Bytes taken; the code point is U+FFFD and this is 1 where the bytes are no UTF-8. */
  readonly length: number;
}

/** Decodes one UTF-8 sequence from Latin-1 text (RFC 3629). */
export function decodeUtf8(text: string, at: number): DecodedCharacter {
  const first = text.charCodeAt(at);
  if (first < 0x80) return { codePoint: first, length: 1 };
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : 2;
  const invalid = { codePoint: 0xfffd, length: 1 };
  if (first < 0xc2 || first >= 0xf5 || at + length > text.length) return invalid;
  let codePoint = first & (0x7f >> length);
  for (let next = at + 1; next < at + length; next++) {
    const code = text.charCodeAt(next);
    if (code >> 6 !== 2) return invalid;
    codePoint = (codePoint << 6) | (code & 0x3f);
  }
  const smallest = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  const isSurrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
  return codePoint < smallest || codePoint > 0x10ffff || isSurrogate ? invalid : { codePoint, length };
}

/** The UTF-8 bytes of a code point as Latin-1 text. */
export function encodeUtf8(codePoint: number): string {
  if (codePoint < 0x80) return String.fromCharCode(codePoint);
  const tail = (shift: number) => 0x80 | ((codePoint >> shift) & 0x3f);
  if (codePoint < 0x800) return String.fromCharCode(0xc0 | (codePoint >> 6), tail(0));
  if (codePoint < 0x10000) return String.fromCharCode(0xe0 | (codePoint >> 12), tail(6), tail(0));
  return String.fromCharCode(0xf0 | (codePoint >> 18), tail(12), tail(6), tail(0));
}
