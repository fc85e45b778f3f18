/**
 * String literals (C11 6.4.5): adjacent parts become one array of units in the target's byte order, terminator
 * included.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import { type CType, charType, intType, unsignedCharType } from '../types/types.ts';
import type { Checker } from './checker.ts';
import { decodeUnits, literalUnits, narrowBytes, splitLiteral, wideTypes } from './literals.ts';

interface Part {
  readonly text: string;
  readonly span: Span;
}

interface StringBytes {
  readonly bytes: Uint8Array;
  readonly unitSize: number;
  readonly elementType: CType;
}

/** The prefix of the whole: a wide one wins over none (6.4.5 p5); two different wide ones do not go together. */
function commonPrefix(checker: Checker, parts: readonly Part[]): string {
  let prefix = '';
  for (const part of parts) {
    const own = splitLiteral(part.text).prefix;
    if (own === '' || own === prefix) continue;
    if (prefix !== '') checker.report('mixed-string-prefixes', part.span);
    prefix = own;
  }
  return prefix;
}

function encodeWide(points: readonly number[], unitSize: number, littleEndian: boolean): Uint8Array {
  const units = points.flatMap((point) => {
    if (unitSize === 4 || point < 0x10000) return [point];
    const rest = point - 0x10000;
    return [0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff)];
  });
  const view = new DataView(new ArrayBuffer((units.length + 1) * unitSize));
  units.forEach((unit, i) => {
    if (unitSize === 4) view.setUint32(i * 4, unit, littleEndian);
    else view.setUint16(i * 2, unit, littleEndian);
  });
  return new Uint8Array(view.buffer);
}

/** Bytes of an adjacent run of string literals. */
export function stringBytes(checker: Checker, parts: readonly Part[]): StringBytes {
  const prefix = commonPrefix(checker, parts);
  const wide = wideTypes[prefix];
  const unitSize = wide?.size ?? 1;
  const units = parts.flatMap((part) =>
    literalUnits(checker, splitLiteral(part.text).body, unitSize, part.span),
  );
  if (wide === undefined) {
    const narrow = narrowBytes(units);
    const bytes = new Uint8Array(narrow.length + 1);
    bytes.set(narrow);
    return { bytes, unitSize, elementType: checker.sema.options.unsignedChar ? unsignedCharType : charType };
  }
  const bytes = encodeWide(decodeUnits(units), unitSize, checker.sema.options.littleEndian);
  return { bytes, unitSize, elementType: prefix === 'L' ? intType : wide };
}

/** The text of a string that must be narrow (asm templates, constraints), without its terminator. */
export function narrowText(checker: Checker, parts: readonly Part[]): string {
  const { bytes } = stringBytes(checker, parts);
  let text = '';
  for (const byte of bytes.subarray(0, -1)) text += String.fromCharCode(byte);
  return text;
}
