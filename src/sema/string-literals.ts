/**
 * String literals (C11 6.4.5): adjacent parts become one array of units in the target's byte order, terminator
 * included.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import { latin1Bytes } from '../support/file-system.ts';
import { type CType, charType, type IntegerType, unsignedPlainCharType } from '../types/types.ts';
import type { Checker } from './checker.ts';
import { decodeUnits, literalUnits, narrowBytes, splitLiteral, wideTypes } from './literals.ts';

/** Plain `char`, signed or not as the options say. */
export function plainChar(checker: Checker): IntegerType {
  return checker.sema.options.unsignedChar ? unsignedPlainCharType : charType;
}

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

/** Bytes of a narrow part; almost all have no escapes and are copied. */
function narrowPart(checker: Checker, part: Part): Uint8Array {
  const { body } = splitLiteral(part.text);
  return body.includes('\\')
    ? Uint8Array.from(narrowBytes(literalUnits(checker, body, 1, part.span)))
    : latin1Bytes(body);
}

function narrowString(checker: Checker, parts: readonly Part[]): Uint8Array {
  const pieces = parts.map((part) => narrowPart(checker, part));
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 1));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Bytes of an adjacent run of string literals. */
export function stringBytes(checker: Checker, parts: readonly Part[]): StringBytes {
  const { littleEndian } = checker.sema.options;
  const prefix = commonPrefix(checker, parts);
  const wide = wideTypes[prefix];
  if (wide === undefined) {
    const bytes = narrowString(checker, parts);
    return { bytes, unitSize: 1, elementType: plainChar(checker) };
  }
  const unitSize = wide.size;
  const units = parts.flatMap((part) =>
    literalUnits(checker, splitLiteral(part.text).body, unitSize, part.span),
  );
  return { bytes: encodeWide(decodeUnits(units), unitSize, littleEndian), unitSize, elementType: wide };
}

/** The text of a string that must be narrow (asm templates, constraints), without its terminator. */
export function narrowText(checker: Checker, parts: readonly Part[]): string {
  const { bytes } = stringBytes(checker, parts);
  let text = '';
  for (const byte of bytes.subarray(0, -1)) text += String.fromCharCode(byte);
  return text;
}
