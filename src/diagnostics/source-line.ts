/**
 * One line of source as it is shown under a message: bytes -> display columns, with tabs expanded, control
 * characters made visible, wide characters counted twice, and long lines cut around the place that matters.
 */

import { decodeUtf8 } from '../support/utf8.ts';

export interface DisplayLine {
  readonly text: string;
  /** Display column (from 0) of each byte of the line, and of its end. */
  readonly columns: readonly number[];
}

const tabStop = 8;

/** The display form of a line of Latin-1 text. */
export function displayLine(line: string): DisplayLine {
  const parts: string[] = [];
  const columns: number[] = [];
  let column = 0;
  for (let at = 0; at < line.length; ) {
    const { codePoint, length } = decodeUtf8(line, at);
    const shown = displayCharacter(line.charCodeAt(at), codePoint, length, column);
    for (let byte = 0; byte < length; byte++) columns.push(column);
    parts.push(shown.text);
    column += shown.width;
    at += length;
  }
  columns.push(column);
  return { text: parts.join(''), columns };
}

function displayCharacter(
  byte: number,
  codePoint: number,
  length: number,
  column: number,
): { readonly text: string; readonly width: number } {
  if (byte === 9) {
    const width = tabStop - (column % tabStop);
    return { text: ' '.repeat(width), width };
  }
  const isPlain = byte >= 0x20 && byte < 0x7f;
  if (length === 1 && !isPlain) {
    const hex = byte.toString(16).toUpperCase();
    const text = byte < 0x80 ? `<U+${hex.padStart(4, '0')}>` : `<${hex}>`;
    return { text, width: text.length };
  }
  return { text: String.fromCodePoint(codePoint), width: widthOf(codePoint) };
}

/** Blocks whose characters take two columns (Unicode TR 11, by block). */
const wideBlocks: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

function widthOf(codePoint: number): number {
  const isCombining =
    (codePoint >= 0x300 && codePoint <= 0x36f) || (codePoint >= 0x200b && codePoint <= 0x200f);
  if (isCombining) return 0;
  return wideBlocks.some(([first, last]) => codePoint >= first && codePoint <= last) ? 2 : 1;
}

/** A cut of a line: it begins at display column `start`, behind `prefix`. */
export interface Window {
  readonly start: number;
  readonly width: number;
}

/** Where to cut a line of `length` columns so that `from`..`to` stays in sight; undefined where it fits. */
export function windowFor(length: number, from: number, to: number, limit: number): Window | undefined {
  if (length <= limit) return undefined;
  const middle = Math.floor((from + Math.min(to, from + limit / 2)) / 2);
  const start = Math.max(0, Math.min(middle - Math.floor(limit / 2), length - limit));
  return { start, width: limit };
}

/** The characters of `text` in a window, with dots where something is missing. */
export function cut(text: string, { start, width }: Window): string {
  const piece = [...text].slice(start, start + width);
  if (start > 0) piece.splice(0, 3, '...');
  if (start + width < text.length) piece.splice(-3, 3, '...');
  return piece.join('');
}
