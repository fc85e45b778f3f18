/**
 * Values of builtins on constant integers (clang folds them wherever a constant is required).
 */

import { evalAlu, toUnsigned } from '../support/eval-alu.ts';

/** The bits of a value from the lowest up, as characters. */
function bitsOf(value: bigint, width: number): string {
  return [...toUnsigned(value, width).toString(2).padStart(width, '0')].reverse().join('');
}

function swapBytes(value: bigint, width: number): bigint {
  let result = 0n;
  for (let rest = toUnsigned(value, width), at = 0; at < width; at += 8, rest >>= 8n) {
    result = (result << 8n) | (rest & 0xffn);
  }
  return result;
}

function rotate(value: bigint, amount: bigint, width: number): bigint {
  const by = BigInt.asUintN(64, amount) % BigInt(width);
  const high = evalAlu('shl', width, value, by);
  return by === 0n ? toUnsigned(value, width) : high | evalAlu('lshr', width, value, BigInt(width) - by);
}

/** Results on a bit pattern of `width` bits; undefined where the builtin has no value (ctz of 0). */
type Fold = (value: bigint, width: number, second: bigint) => bigint | undefined;

function count(text: string): bigint {
  return BigInt(text.split('1').length - 1);
}

const folds: Readonly<Record<string, Fold>> = {
  bswap16: swapBytes,
  bswap32: swapBytes,
  bswap64: swapBytes,
  bitreverse: (value, width) => BigInt(`0b${bitsOf(value, width)}`),
  popcount: (value, width) => count(bitsOf(value, width)),
  parity: (value, width) => count(bitsOf(value, width)) & 1n,
  ctz: (value, width) => (value === 0n ? undefined : BigInt(bitsOf(value, width).indexOf('1'))),
  clz: (value, width) =>
    value === 0n ? undefined : BigInt(width - 1 - bitsOf(value, width).lastIndexOf('1')),
  ffs: (value, width) => BigInt(bitsOf(value, width).indexOf('1') + 1),
  clrsb: (value, width) => {
    const bits = bitsOf(value, width);
    const sign = bits.at(-1) ?? '0';
    return BigInt(width - 2 - bits.lastIndexOf(sign === '1' ? '0' : '1'));
  },
  abs: (value, width) => {
    const lowest = -(1n << BigInt(width - 1));
    return value === lowest ? undefined : value < 0n ? -value : value;
  },
  rotate_left: (value, width, by) => rotate(value, by, width),
  rotate_right: (value, width, by) => rotate(value, BigInt(width) - (by % BigInt(width)), width),
};

/** The value of a builtin's call; `width` is that of its first argument. */
export function foldBuiltin(name: string, width: number, args: readonly bigint[]): bigint | undefined {
  const [first, second = 0n] = args;
  return first === undefined || !Object.hasOwn(folds, name) ? undefined : folds[name]?.(first, width, second);
}
