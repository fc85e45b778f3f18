/**
 * 64-bit arithmetic on pairs of 32-bit halves, for what has no short form inside the loop. Each function takes the
 * register file and the indices of destination and source and leaves the result in the destination.
 *
 * Division and modulo as RFC 9669, 4.1 has them: by zero gives 0 or the dividend, signed division truncates, and the
 * most negative number divided by -1 is itself. Numbers below 2^53 go through doubles, the rest through bigint.
 */

/** The halves of all registers: r0-r10, then the constants. */
export interface RegisterFile {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
}

/** The unsigned value of a register. */
export function readUnsigned({ lo, hi }: RegisterFile, register: number): bigint {
  return (BigInt((hi[register] ?? 0) >>> 0) << 32n) | BigInt((lo[register] ?? 0) >>> 0);
}

/** The signed value of a register. */
export function readSigned({ lo, hi }: RegisterFile, register: number): bigint {
  return (BigInt(hi[register] ?? 0) << 32n) | BigInt((lo[register] ?? 0) >>> 0);
}

/** Sets a register to a value modulo 2^64. */
export function writeRegister({ lo, hi }: RegisterFile, register: number, value: bigint): void {
  lo[register] = Number(BigInt.asIntN(32, value));
  hi[register] = Number(BigInt.asIntN(32, value >> 32n));
}

/** The high half of the product of two unsigned 32-bit numbers, by four 16-bit products (Knuth, TAOCP 2, 4.3.1 M). */
export function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const low = Math.imul(a0, b0) >>> 0;
  const middle = (Math.imul(a1, b0) >>> 0) + (low >>> 16);
  const other = (Math.imul(a0, b1) >>> 0) + (middle & 0xffff);
  return ((Math.imul(a1, b1) >>> 0) + (middle >>> 16) + (other >>> 16)) | 0;
}

export function multiply64({ lo, hi }: RegisterFile, d: number, s: number): void {
  const a = lo[d] ?? 0;
  const b = lo[s] ?? 0;
  const high = multiplyHigh(a, b) + Math.imul(hi[d] ?? 0, b) + Math.imul(a, hi[s] ?? 0);
  lo[d] = Math.imul(a, b);
  hi[d] = high;
}

/** Below this high half (unsigned) a value is exact as a double. */
const EXACT_HIGH = 0x20_0000;
const TWO_32 = 0x1_0000_0000;

function divideUnsigned(file: RegisterFile, d: number, s: number, wantRemainder: boolean): void {
  const { lo, hi } = file;
  const b = (lo[s] ?? 0) >>> 0;
  const bh = (hi[s] ?? 0) >>> 0;
  if (b === 0 && bh === 0) {
    if (!wantRemainder) {
      lo[d] = 0;
      hi[d] = 0;
    }
    return;
  }
  const ah = (hi[d] ?? 0) >>> 0;
  if (ah < EXACT_HIGH && bh < EXACT_HIGH) {
    const dividend = ah * TWO_32 + ((lo[d] ?? 0) >>> 0);
    const divisor = bh * TWO_32 + b;
    const remainder = dividend % divisor;
    const result = wantRemainder ? remainder : (dividend - remainder) / divisor;
    lo[d] = (result % TWO_32) | 0;
    hi[d] = (result / TWO_32) | 0;
    return;
  }
  const dividend = readUnsigned(file, d);
  const divisor = readUnsigned(file, s);
  writeRegister(file, d, wantRemainder ? dividend % divisor : dividend / divisor);
}

export function divide64(file: RegisterFile, d: number, s: number): void {
  divideUnsigned(file, d, s, false);
}

export function modulo64(file: RegisterFile, d: number, s: number): void {
  divideUnsigned(file, d, s, true);
}

export function signedDivide64(file: RegisterFile, d: number, s: number): void {
  const divisor = readSigned(file, s);
  writeRegister(file, d, divisor === 0n ? 0n : readSigned(file, d) / divisor);
}

export function signedModulo64(file: RegisterFile, d: number, s: number): void {
  const divisor = readSigned(file, s);
  if (divisor !== 0n) writeRegister(file, d, readSigned(file, d) % divisor);
}

/** `x << n`, n in 0..63. */
export function shiftLeft64({ lo, hi }: RegisterFile, d: number, n: number): void {
  const a = lo[d] ?? 0;
  if (n >= 32) {
    hi[d] = a << (n - 32);
    lo[d] = 0;
  } else if (n > 0) {
    hi[d] = ((hi[d] ?? 0) << n) | (a >>> (32 - n));
    lo[d] = a << n;
  }
}

/** `x >> n` of an unsigned value, n in 0..63. */
export function shiftRight64({ lo, hi }: RegisterFile, d: number, n: number): void {
  const ah = hi[d] ?? 0;
  if (n >= 32) {
    lo[d] = ah >>> (n - 32);
    hi[d] = 0;
  } else if (n > 0) {
    lo[d] = ((lo[d] ?? 0) >>> n) | (ah << (32 - n));
    hi[d] = ah >>> n;
  }
}

/** `x >> n` of a signed value, n in 0..63. */
export function shiftRightSigned64({ lo, hi }: RegisterFile, d: number, n: number): void {
  const ah = hi[d] ?? 0;
  if (n >= 32) {
    lo[d] = ah >> (n - 32);
    hi[d] = ah >> 31;
  } else if (n > 0) {
    lo[d] = ((lo[d] ?? 0) >>> n) | (ah << (32 - n));
    hi[d] = ah >> n;
  }
}

/** The four bytes of a word turned around. */
export function swap32(a: number): number {
  return (a << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24);
}

/** Signed 32-bit division; by zero 0. */
export function signedDivide32(a: number, b: number): number {
  return b === 0 ? 0 : (a / b) | 0;
}

/** Signed 32-bit modulo; by zero the dividend. */
export function signedModulo32(a: number, b: number): number {
  return b === 0 ? a : (a % b) | 0;
}
