/**
 * Reads the compact prototypes of the builtin table: `void*(void*,const void*,size_t)`. An ellipsis may come last.
 */

import { bug } from '../support/bug.ts';
import {
  boolType,
  type CType,
  charType,
  type FunctionType,
  intType,
  longLongType,
  longType,
  pointerTo,
  unsignedCharType,
  unsignedInt128Type,
  unsignedIntType,
  unsignedLongLongType,
  unsignedLongType,
  unsignedShortType,
  voidType,
} from '../types/types.ts';
import type { BuiltinRow } from './builtin-table.ts';
import { withQualifiers } from './type-queries.ts';

const baseTypes: Readonly<Record<string, CType>> = {
  void: voidType,
  _Bool: boolType,
  char: charType,
  int: intType,
  long: longType,
  'long long': longLongType,
  unsigned: unsignedIntType,
  'unsigned char': unsignedCharType,
  'unsigned short': unsignedShortType,
  'unsigned long': unsignedLongType,
  'unsigned long long': unsignedLongLongType,
  'unsigned __int128': unsignedInt128Type,
  size_t: unsignedLongType,
};

function readType(text: string): CType {
  const parts = /^(const |volatile )?([\w ]+?)(\*?)$/.exec(text.trim());
  const base = baseTypes[parts?.[2] ?? ''];
  if (parts === null || base === undefined) return bug(`type '${text}' in the builtin table`);
  const qualified = withQualifiers(base, {
    isConst: parts[1] === 'const ',
    isVolatile: parts[1] === 'volatile ',
    isRestrict: false,
    isAtomic: false,
  });
  return parts[3] === '*' ? pointerTo(qualified) : qualified;
}

function readPrototype(text: string): FunctionType {
  const open = text.indexOf('(');
  const list = text.slice(open + 1, -1);
  const words = list === '' ? [] : list.split(',');
  const isVariadic = words.at(-1) === '...';
  return {
    kind: 'function',
    returns: readType(text.slice(0, open)),
    parameters: (isVariadic ? words.slice(0, -1) : words).map((word) => ({
      name: undefined,
      type: readType(word),
      declTags: [],
    })),
    isVariadic,
    isPrototype: true,
    isNoreturn: false,
  };
}

/** The prototype of a row; undefined for builtins without a fixed one. */
export function prototypeOf(row: BuiltinRow | undefined): FunctionType | undefined {
  if (row === undefined || row.how === 'unsupported' || row.prototype === undefined) return undefined;
  return readPrototype(row.prototype);
}
