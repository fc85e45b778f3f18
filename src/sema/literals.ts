/**
 * Values of numbers and characters (C11 6.4.4): spelling in, typed constant out.
 *
 * Spellings hold one character per byte (UTF-8); characters outside ASCII are decoded where a wide literal asks for it.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { CharacterLiteral, NumberLiteral } from '../parser/ast.ts';
import {
  doubleType,
  type FloatType,
  float16Type,
  floatType,
  type IntegerType,
  intType,
  longDoubleType,
  longLongType,
  longType,
  unsignedIntType,
  unsignedLongLongType,
  unsignedLongType,
  unsignedShortType,
} from '../types/types.ts';
import type { Checker } from './checker.ts';
import { makeError, makeFloat, makeInteger, wrapInteger } from './factories.ts';
import type { TypedExpression } from './typed-tree.ts';

// ---- Numbers ----

const integerPattern = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)([uUlLzZ]*)$/;
const floatPattern =
  /^(?:([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?[0-9]+))(f16|F16|f128|F128|[fFlLqQ])?$/;
const suffixPattern = /^(u?(l|L|ll|LL|z|Z)?|(l|L|ll|LL|z|Z)?u?)$/i;

/** Types that a constant may have, in the order C11 6.4.4.1 p5 tries them. */
const ladder: readonly IntegerType[] = [
  intType,
  unsignedIntType,
  longType,
  unsignedLongType,
  longLongType,
  unsignedLongLongType,
];

/** No integer type holds more, leading zeros aside. */
const maxDigits = 4096;

interface Suffix {
  readonly isUnsigned: boolean;
  readonly rank: number;
}

function readSuffix(text: string): Suffix | undefined {
  if (!suffixPattern.test(text) || /lL|Ll/.test(text)) return undefined;
  const lower = text.toLowerCase();
  const rank = lower.includes('ll') ? longLongType.rank : /[lz]/.test(lower) ? longType.rank : intType.rank;
  return { isUnsigned: lower.includes('u'), rank };
}

function fits(value: bigint, type: IntegerType): boolean {
  return wrapInteger(value, type) === value;
}

function integerLiteral(checker: Checker, digits: string, suffix: Suffix, span: Span): TypedExpression {
  if (digits.length > maxDigits) return checker.fail('integer-too-large', span);
  const isOctal = /^0[0-7]+$/.test(digits);
  const isDecimal = /^[1-9]|^0$/.test(digits);
  if (!isOctal && !isDecimal && !/^0[xXbB]/.test(digits)) {
    const digit = /[89]/.exec(digits)?.[0] ?? '8';
    return checker.fail('invalid-octal-digit', span, [digit]);
  }
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  const type = ladder.find(
    (row) =>
      row.rank >= suffix.rank &&
      (suffix.isUnsigned ? !row.signed : row.signed || !isDecimal) &&
      fits(value, row),
  );
  if (type !== undefined) return makeInteger(value, type, span);
  if (!fits(value, unsignedLongLongType)) return checker.fail('integer-too-large', span);
  checker.report('integer-only-unsigned', span);
  return makeInteger(value, unsignedLongLongType, span);
}

const floatSuffixes: Readonly<Record<string, FloatType>> = {
  '': doubleType,
  f: floatType,
  l: longDoubleType,
  q: longDoubleType,
  f16: float16Type,
  f128: longDoubleType,
};

function hexFloat(whole: string, fraction: string, exponent: string): number {
  const all = whole + fraction;
  const digits = all.slice(0, maxDigits);
  const mantissa = BigInt(digits === '' ? 0 : `0x${digits}`);
  return Number(mantissa) * 2 ** (Number(exponent) + 4 * (all.length - digits.length - fraction.length));
}

export function checkNumber(checker: Checker, node: NumberLiteral): TypedExpression {
  const text = node.text.replace(/(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])/g, '');
  const integer = integerPattern.exec(text);
  if (integer !== null) {
    const [, digits = '0', letters = ''] = integer;
    const suffix = readSuffix(letters);
    if (suffix !== undefined) return integerLiteral(checker, digits, suffix, node.span);
    return checker.fail('invalid-number-suffix', node.span, [letters, 'integer']);
  }
  const float = floatPattern.exec(text);
  if (float !== null) {
    const [, decimal, power = '', whole, fraction = '', exponent = '0', letters = ''] = float;
    const type = floatSuffixes[letters.toLowerCase()] ?? doubleType;
    const value = decimal === undefined ? hexFloat(whole ?? '', fraction, exponent) : Number(decimal + power);
    return makeFloat(value, type, node.span);
  }
  const shape = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]*\.?[0-9]*)(.*)$/.exec(text);
  const isFloat = shape?.[1]?.includes('.') === true;
  return checker.fail('invalid-number-suffix', node.span, [
    shape?.[2] ?? '',
    isFloat ? 'floating' : 'integer',
  ]);
}

// ---- Characters and escapes ----

const simpleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  e: 27,
  E: 27,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
};

/** One character of a literal: a byte as spelled, a code unit given by number, or a code point given by name. */
interface LiteralUnit {
  readonly kind: 'byte' | 'number' | 'codePoint';
  readonly value: number;
}

function readEscape(
  checker: Checker,
  body: string,
  at: number,
  unitSize: number,
  span: Span,
): [LiteralUnit, number] {
  const letter = body[at + 1] ?? '';
  const simple = simpleEscapes[letter];
  if (simple !== undefined) return [{ kind: 'number', value: simple }, at + 2];
  const limit = 2 ** (8 * unitSize);
  const octal = /^[0-7]{1,3}/.exec(body.slice(at + 1, at + 4))?.[0];
  if (octal !== undefined) {
    const value = Number.parseInt(octal, 8);
    if (value >= limit) checker.report('escape-out-of-range', span, ['octal']);
    return [{ kind: 'number', value: value % limit }, at + 1 + octal.length];
  }
  if (letter === 'x') {
    const digits = hexDigits(body, at + 2, Number.POSITIVE_INFINITY);
    if (digits === '') checker.report('escape-without-digits', span, ['\\x']);
    const value = digits === '' ? 0n : BigInt(`0x${digits}`);
    if (value >= BigInt(limit)) checker.report('escape-out-of-range', span, ['hex']);
    return [{ kind: 'number', value: Number(value % BigInt(limit)) }, at + 2 + digits.length];
  }
  if (letter === 'u' || letter === 'U') {
    const digits = hexDigits(body, at + 2, letter === 'u' ? 4 : 8);
    const value = Number.parseInt(digits === '' ? '0' : digits, 16);
    const isValid =
      digits.length === (letter === 'u' ? 4 : 8) && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    if (!isValid) checker.report('invalid-universal-character', span);
    return [{ kind: 'codePoint', value: isValid ? value : 0xfffd }, at + 2 + digits.length];
  }
  checker.report('unknown-escape', span, [letter]);
  return [{ kind: 'byte', value: letter.charCodeAt(0) & 0xff }, at + 2];
}

function hexDigits(body: string, start: number, most: number): string {
  let end = start;
  while (end < body.length && end - start < most && /[0-9a-fA-F]/.test(body[end] ?? '')) end++;
  return body.slice(start, end);
}

/** Splits what stands between the quotes into characters. */
export function literalUnits(checker: Checker, body: string, unitSize: number, span: Span): LiteralUnit[] {
  const units: LiteralUnit[] = [];
  for (let at = 0; at < body.length; ) {
    if (body[at] === '\\') {
      const [unit, next] = readEscape(checker, body, at, unitSize, span);
      units.push(unit);
      at = next;
    } else {
      units.push({ kind: 'byte', value: body.charCodeAt(at) & 0xff });
      at++;
    }
  }
  return units;
}

/** Code points of a wide literal: runs of bytes are UTF-8. */
export function decodeUnits(units: readonly LiteralUnit[]): number[] {
  const points: number[] = [];
  let run: number[] = [];
  const flush = (): void => {
    if (run.length === 0) return;
    for (const character of new TextDecoder().decode(Uint8Array.from(run)))
      points.push(character.codePointAt(0) ?? 0);
    run = [];
  };
  for (const unit of units) {
    if (unit.kind === 'byte') {
      run.push(unit.value);
    } else {
      flush();
      points.push(unit.value);
    }
  }
  flush();
  return points;
}

/** UTF-8 bytes of a narrow literal. */
export function narrowBytes(units: readonly LiteralUnit[]): number[] {
  return units.flatMap((unit) =>
    unit.kind === 'codePoint'
      ? [...new TextEncoder().encode(String.fromCodePoint(unit.value))]
      : [unit.value],
  );
}

/** Prefix of a character or string literal and what stands between its quotes. */
export function splitLiteral(text: string): { readonly prefix: string; readonly body: string } {
  const quote = text.search(/["']/);
  return { prefix: text.slice(0, Math.max(quote, 0)), body: text.slice(quote + 1, -1) };
}

/** Element types by prefix; `wchar_t` is int, `char16_t` unsigned short, `char32_t` unsigned int on bpf. */
export const wideTypes: Readonly<Record<string, IntegerType>> = {
  L: intType,
  u: unsignedShortType,
  U: unsignedIntType,
};

export function checkCharacter(checker: Checker, node: CharacterLiteral): TypedExpression {
  const { span } = node;
  const { prefix, body } = splitLiteral(node.text);
  const wide = wideTypes[prefix];
  const units = literalUnits(checker, body, wide?.size ?? 1, span);
  // The preprocessor reported an empty one.
  if (units.length === 0) return makeError(span);
  if (wide !== undefined) {
    const points = decodeUnits(units);
    if (points.length > 1) checker.report('wide-multichar', span);
    return makeInteger(BigInt(points.at(-1) ?? 0), wide, span);
  }
  const bytes = narrowBytes(units);
  if (bytes.length > 4) checker.report('character-too-long', span);
  else if (bytes.length > 1) checker.report('multichar', span);
  if (bytes.length === 1) {
    const byte = BigInt(bytes[0] ?? 0);
    const isUnsigned = checker.sema.options.unsignedChar;
    return makeInteger(isUnsigned ? byte : BigInt.asIntN(8, byte), intType, span);
  }
  const value = bytes.reduce((sum, byte) => BigInt.asIntN(32, (sum << 8n) | BigInt(byte)), 0n);
  return makeInteger(value, intType, span);
}
