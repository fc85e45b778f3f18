/** Types in clang's spelling. */

import { expect, it } from 'vitest';
import { printType, quoteType } from '../../src/types/print.ts';
import {
  arrayOf,
  type CType,
  charType,
  type FunctionType,
  intType,
  noQualifiers,
  pointerTo,
  RecordType,
  unsignedIntType,
  voidType,
} from '../../src/types/types.ts';

const constant = (type: CType): CType => ({ kind: 'qualified', type, ...noQualifiers, isConst: true });
const u32: CType = { kind: 'typedef', name: 'u32', type: unsignedIntType, align: 0, declTags: [] };
const handler: FunctionType = {
  kind: 'function',
  returns: pointerTo(charType),
  parameters: [{ name: 'x', type: u32, declTags: [] }],
  isVariadic: true,
  isPrototype: true,
  isNoreturn: false,
};
const none: FunctionType = { ...handler, parameters: [], isVariadic: false, returns: voidType };

it.each<[CType, string]>([
  [constant(intType), 'const int'],
  [pointerTo(constant(charType)), 'const char *'],
  [constant(pointerTo(charType)), 'char *const'],
  [arrayOf(arrayOf(intType, 3), undefined), 'int[][3]'],
  [pointerTo(arrayOf(intType, 3)), 'int (*)[3]'],
  [arrayOf(pointerTo(intType), 3), 'int *[3]'],
  [handler, 'char *(u32, ...)'],
  [pointerTo(handler), 'char *(*)(u32, ...)'],
  [arrayOf(pointerTo(none), 2), 'void (*[2])(void)'],
  [pointerTo({ ...none, isPrototype: false }), 'void (*)()'],
  [new RecordType(true, 'u'), 'union u'],
  [{ kind: 'vector', element: intType, length: 4 }, '__attribute__((__vector_size__(4 * sizeof(int)))) int'],
])('%o', (type, expected) => {
  expect(printType(type)).toBe(expected);
});

it('with a name is a declaration', () => {
  expect(printType(pointerTo(handler), 'f')).toBe('char *(*f)(u32, ...)');
  expect(printType(arrayOf(u32, 2), 'a')).toBe('u32 a[2]');
  expect(printType(constant(pointerTo(charType)), 'p')).toBe('char *const p');
});

it('says what a typedef stands for', () => {
  expect(quoteType(pointerTo(u32))).toBe("'u32 *' (aka 'unsigned int *')");
  expect(quoteType(intType)).toBe("'int'");
});

it('shortens types without end', () => {
  let type: CType = intType;
  for (let i = 0; i < 100_000; i++) type = pointerTo(type);
  expect(printType(type)).toMatch(/^\.\.\. \*+$/);
});
