/**
 * `__attribute__((mode(M)))`: GCC's machine modes -> the types of their sizes, an integer's signedness kept.
 */

import {
  type CType,
  canonical,
  doubleType,
  floatType,
  int128Type,
  integerTypeOf,
  intType,
  longType,
  shortType,
  signedCharType,
  unsignedCharType,
  unsignedInt128Type,
  unsignedIntType,
  unsignedLongType,
  unsignedShortType,
} from '../types/types.ts';
import type { IntegerMode } from './attributes.ts';

const modeSizes: Readonly<Record<Exclude<IntegerMode, 'SF' | 'DF'>, number>> = {
  QI: 1,
  byte: 1,
  HI: 2,
  SI: 4,
  DI: 8,
  word: 8,
  pointer: 8,
  TI: 16,
};

const integersBySize: ReadonlyMap<number, readonly [signed: CType, unsigned: CType]> = new Map([
  [1, [signedCharType, unsignedCharType]],
  [2, [shortType, unsignedShortType]],
  [4, [intType, unsignedIntType]],
  [8, [longType, unsignedLongType]],
  [16, [int128Type, unsignedInt128Type]],
]);

/** The type of this machine mode; undefined where it is not one of the type's kind. */
export function typeOfMode(type: CType, mode: IntegerMode): CType | undefined {
  if (mode === 'SF' || mode === 'DF') {
    if (canonical(type).kind !== 'float') return undefined;
    return mode === 'SF' ? floatType : doubleType;
  }
  const integer = integerTypeOf(type);
  const pair = integersBySize.get(modeSizes[mode]);
  if (integer === undefined || pair === undefined) return undefined;
  return integer.signed ? pair[0] : pair[1];
}
