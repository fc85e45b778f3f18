/** The value of a character constant in `#if` (C11 6.4.4.4, 6.10.1 p4). */

import { decodeUtf8 } from '../support/utf8.ts';

const simpleEscapes: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['e', 27],
  ['E', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
]);

/** The value and signedness of a constant with prefix and quotes; undefined where it is none. */
export function characterValue(
  text: string,
): { readonly value: bigint; readonly unsigned: boolean } | undefined {
  const parts = /^(u8|[LuU])?'([\s\S]+)'$/.exec(text);
  if (parts === null) return undefined;
  const prefix = parts[1] ?? '';
  const units = unitsOf(parts[2] ?? '', prefix !== '' && prefix !== 'u8');
  if (units === undefined) return undefined;
  const last = units.at(-1) ?? 0;
  if (prefix === 'L') return { value: BigInt(last | 0), unsigned: false };
  if (prefix !== '') return { value: BigInt(last >>> 0), unsigned: true };
  // Several characters pack into an int, the first highest; one alone is a signed char.
  const packed =
    units.length === 1 ? (last << 24) >> 24 : units.reduce((value, unit) => (value << 8) | (unit & 0xff), 0);
  return { value: BigInt(packed), unsigned: false };
}

function unitsOf(body: string, isWide: boolean): number[] | undefined {
  const units: number[] = [];
  for (let at = 0; at < body.length; ) {
    if (body[at] !== '\\') {
      const { codePoint, length } = isWide
        ? decodeUtf8(body, at)
        : { codePoint: body.charCodeAt(at), length: 1 };
      units.push(codePoint);
      at += length;
      continue;
    }
    const match = /^\\(?:([0-7]{1,3})|x([0-9a-fA-F]+)|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/.exec(
      body.slice(at),
    );
    if (match === null) return undefined;
    const [whole, octal, hex, short, long, simple = ''] = match;
    const digits = octal ?? hex ?? short ?? long;
    const value =
      digits === undefined ? undefined : Number.parseInt(digits, octal === undefined ? 16 : 8) | 0;
    units.push(value ?? simpleEscapes.get(simple) ?? simple.charCodeAt(0));
    at += whole.length;
  }
  return units;
}
