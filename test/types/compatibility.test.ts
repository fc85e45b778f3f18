/** Same, compatible and composite types (C11 6.2.7, 6.7.6), on types and on C declarations. */

import { describe, expect, it } from 'vitest';
import {
  compatibleTypes,
  compositeType,
  sameType,
  sameUnqualifiedType,
} from '../../src/types/compatibility.ts';
import { printType } from '../../src/types/print.ts';
import {
  arrayOf,
  type CType,
  charType,
  EnumType,
  type FunctionType,
  floatType,
  intType,
  longLongType,
  longType,
  noQualifiers,
  pointerTo,
  RecordType,
  signedCharType,
  unsignedIntType,
  voidType,
} from '../../src/types/types.ts';

const constant = (type: CType): CType => ({ kind: 'qualified', type, ...noQualifiers, isConst: true });
const named = (type: CType): CType => ({ kind: 'typedef', name: 't', type, align: 0, declTags: [] });
const space = (type: CType): CType => ({ kind: 'attributed', type, typeTag: undefined, addressSpace: 1 });
const func = (parameters: readonly CType[] | undefined, rest: Partial<FunctionType> = {}): FunctionType => ({
  kind: 'function',
  returns: intType,
  parameters: (parameters ?? []).map((type) => ({ name: undefined, type, declTags: [] })),
  isVariadic: false,
  isPrototype: parameters !== undefined,
  isNoreturn: false,
  ...rest,
});

const colour = new EnumType('colour');
colour.underlying = unsignedIntType;
colour.constants = [];

describe('the same type', () => {
  it.each<[string, CType, CType, boolean]>([
    ['a typedef', named(intType), intType, true],
    ['types of one size', longType, longLongType, false],
    ['char and signed char', charType, signedCharType, false],
    ['qualifiers at the top', constant(intType), intType, false],
    ['qualifiers behind a pointer', pointerTo(constant(intType)), pointerTo(intType), false],
    ['qualified arrays', constant(arrayOf(intType, 2)), arrayOf(constant(intType), 2), true],
    ['address spaces', pointerTo(space(intType)), pointerTo(intType), false],
    ['records of one tag', new RecordType(false, 's'), new RecordType(false, 's'), false],
    ['unknown lengths', arrayOf(intType, undefined), arrayOf(intType, 2), false],
    ['own qualifiers', func([constant(intType)]), func([intType]), true],
  ])('%s', (_what, a, b, expected) => {
    expect(sameType(a, b)).toBe(expected);
    expect(sameType(b, a)).toBe(expected);
  });

  it('but for the qualifiers at the top', () => {
    expect(sameUnqualifiedType(constant(intType), intType)).toBe(true);
  });
});

describe('compatible types', () => {
  it.each<[string, CType, CType, boolean]>([
    ['arrays of unknown length', arrayOf(intType, undefined), arrayOf(intType, 3), true],
    ['arrays of other lengths', arrayOf(intType, 2), arrayOf(intType, 3), false],
    ['an enumeration and its integer type', colour, unsignedIntType, true],
    ['an enumeration and another integer type', colour, intType, false],
    ['no prototype and promoted parameters', func(undefined), func([intType, pointerTo(voidType)]), true],
    ['no prototype and a char parameter', func(undefined), func([charType]), false],
    ['no prototype and a float parameter', func(undefined), func([floatType]), false],
    ['no prototype and a variadic one', func(undefined), func([intType], { isVariadic: true }), false],
    ['other numbers of parameters', func([intType]), func([intType, intType]), false],
  ])('%s', (_what, a, b, expected) => {
    expect(compatibleTypes(a, b)).toBe(expected);
    expect(compatibleTypes(b, a)).toBe(expected);
  });
});

describe('the composite type', () => {
  it.each<[CType, CType, string]>([
    [arrayOf(intType, undefined), arrayOf(intType, 3), 'int[3]'],
    [pointerTo(arrayOf(intType, undefined)), pointerTo(arrayOf(intType, 3)), 'int (*)[3]'],
    [func(undefined), func([longType]), 'int (long)'],
    [named(intType), intType, 't'],
  ])('of %o and %o', (a, b, expected) => {
    expect(printType(compositeType(a, b))).toBe(expected);
  });
});
