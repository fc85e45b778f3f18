/**
 * Floating point for hosted programs: the functions that a compiler for a processor without it calls (libgcc's manual, "Soft float
 * library routines"). Values are the bits of IEEE 754 binary32 (`sf`) and binary64 (`df`) numbers in registers.
 *
 * Sums, products and quotients of binary32 numbers are computed in binary64 and rounded once more, which gives the
 * right result because 53 >= 2 * 24 + 2 (Figueroa, "When is double rounding innocuous?", 1995).
 */

import type { Execution, HelperTable } from '../execution.ts';

type Mode = 'sf' | 'df';

const view = new DataView(new ArrayBuffer(8));

function read(x: Execution, register: number, mode: Mode): number {
  view.setBigUint64(0, x.cpu.unsigned(register));
  return mode === 'sf' ? view.getFloat32(4) : view.getFloat64(0);
}

function bitsOf(value: number, mode: Mode): bigint {
  if (mode === 'sf') {
    view.setFloat32(0, value);
    return BigInt(view.getUint32(0));
  }
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

/** An integer of up to 64 bits, with what binary64 cannot hold kept as an odd last bit: rounding again is then exact. */
function nearlyExact(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const excess = BigInt(Math.max(0, magnitude.toString(2).length - 53));
  if (excess === 0n) return Number(value);
  const kept = magnitude >> excess;
  const isExact = kept << excess === magnitude;
  const result = Number(isExact ? kept : kept | 1n) * 2 ** Number(excess);
  return value < 0n ? -result : result;
}

function fromInteger(value: bigint, mode: Mode): bigint {
  return bitsOf(mode === 'sf' ? Math.fround(nearlyExact(value)) : Number(value), mode);
}

/** Truncation; what does not fit becomes the nearest integer that does, and a NaN 0. */
function toInteger(value: number, bits: number, signed: boolean): bigint {
  const low = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const high = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
  if (Number.isNaN(value)) return 0n;
  if (value >= Number(high) + 1) return high;
  if (value <= Number(low) - 1) return low;
  const whole = BigInt(Math.trunc(value));
  return whole < low ? low : whole > high ? high : whole;
}

/** -1, 0 or 1; `unordered` with a NaN. */
function compare(x: Execution, mode: Mode, unordered: number): number {
  const [a, b] = [read(x, 1, mode), read(x, 2, mode)];
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : unordered;
}

function rows(mode: Mode): HelperTable {
  const operation = (apply: (a: number, b: number) => number) => (x: Execution) =>
    bitsOf(apply(read(x, 1, mode), read(x, 2, mode)), mode);
  const comparison = (unordered: number) => (x: Execution) => compare(x, mode, unordered);
  return {
    [`__add${mode}3`]: operation((a, b) => a + b),
    [`__sub${mode}3`]: operation((a, b) => a - b),
    [`__mul${mode}3`]: operation((a, b) => a * b),
    [`__div${mode}3`]: operation((a, b) => a / b),
    [`__eq${mode}2`]: comparison(1),
    [`__ne${mode}2`]: comparison(1),
    [`__lt${mode}2`]: comparison(1),
    [`__le${mode}2`]: comparison(1),
    [`__gt${mode}2`]: comparison(-1),
    [`__ge${mode}2`]: comparison(-1),
    [`__fix${mode}si`]: (x) => toInteger(read(x, 1, mode), 32, true),
    [`__fix${mode}di`]: (x) => toInteger(read(x, 1, mode), 64, true),
    [`__fixuns${mode}si`]: (x) => toInteger(read(x, 1, mode), 32, false),
    [`__fixuns${mode}di`]: (x) => toInteger(read(x, 1, mode), 64, false),
    [`__floatsi${mode}`]: (x) => fromInteger(BigInt(x.cpu.s32(1)), mode),
    [`__floatdi${mode}`]: (x) => fromInteger(x.cpu.signed(1), mode),
    [`__floatunsi${mode}`]: (x) => fromInteger(BigInt(x.cpu.u32(1)), mode),
    [`__floatundi${mode}`]: (x) => fromInteger(x.cpu.unsigned(1), mode),
  };
}

/** <math.h>: functions of one or two arguments, for double and, with an `f`, for float. */
function mathRows(): HelperTable {
  const { abs, floor, ceil, trunc, sqrt, cbrt, sin, cos, tan, exp, log, log2, log10 } = Math;
  const table = { fabs: abs, floor, ceil, trunc, sqrt, cbrt, sin, cos, tan, exp, log, log2, log10 };
  const pairs = { pow: Math.pow, atan2: Math.atan2, fmod: (a: number, b: number) => a % b };
  const of = (apply: (value: number, other: number) => number, mode: Mode) => (x: Execution) =>
    bitsOf(apply(read(x, 1, mode), read(x, 2, mode)), mode);
  return Object.fromEntries(
    Object.entries({ ...table, ...pairs }).flatMap(([name, apply]) => [
      [name, of(apply, 'df')],
      [`${name}f`, of(apply, 'sf')],
    ]),
  );
}

export const SOFT_FLOAT: HelperTable = {
  ...mathRows(),
  ...rows('sf'),
  ...rows('df'),
  __extendsfdf2: (x) => bitsOf(read(x, 1, 'sf'), 'df'),
  __truncdfsf2: (x) => bitsOf(read(x, 1, 'df'), 'sf'),
};
