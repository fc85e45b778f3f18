/**
 * Branded number types: a `ValueId` cannot be passed where a `BlockId` is expected, yet both are plain
 * small integers at run time and index columns directly.
 */

declare const brand: unique symbol;

/** A number that belongs to the id space `Name`. */
export type Id<Name extends string> = number & { readonly [brand]: Name };

/** Marks a number as an id of the space that the caller names; the only cast into an id space. */
export function asId<T extends Id<string>>(value: number): T {
  return value as T;
}
