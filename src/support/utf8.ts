/**
 * UTF-8 (RFC 3629) in Latin-1 text, in which a character is a byte: one code point at a time, and for display.
 */

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

/** Latin-1 text as a reader wants to see it: UTF-8 decoded where it is valid, other bytes as they are. */
export function displayText(text: string): string {
  if (!/[\x80-\xff]/.test(text) || /[^\0-\xff]/.test(text)) return text;
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const { codePoint, length } = decodeUtf8(text, at);
    const isInvalid = length === 1 && text.charCodeAt(at) >= 0x80;
    parts.push(isInvalid ? text.charAt(at) : String.fromCodePoint(codePoint));
    at += length;
  }
  return parts.join('');
}
