/**
 * The types of SSA values: integers of 1 to 64 bits and pointers. Aggregates live only in memory.
 */

export const typeNames = ['void', 'i1', 'i8', 'i16', 'i32', 'i64', 'ptr'] as const;

export type TypeName = (typeof typeNames)[number];

/** Index into {@link typeNames}. */
export type Type = number;

export const Type = Object.freeze({ void: 0, i1: 1, i8: 2, i16: 3, i32: 4, i64: 5, ptr: 6 }) satisfies Record<
  TypeName,
  number
>;

const bits = [0, 1, 8, 16, 32, 64, 64] as const;

/** Width in bits; 64 for a pointer, 0 for void. */
export function bitsOf(type: Type): number {
  return bits[type] ?? 0;
}

/** Bytes in memory. An i1 is stored as a byte only by way of i8. */
export function bytesOf(type: Type): number {
  return bitsOf(type) >>> 3;
}

export function isIntegerType(type: Type): boolean {
  return type >= Type.i1 && type <= Type.i64;
}

/** The integer type of exactly `width` bits; undefined where there is none. */
export function integerType(width: number): Type | undefined {
  const found = bits.indexOf(width as (typeof bits)[number]);
  return found > 0 ? found : undefined;
}
