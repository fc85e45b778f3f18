/** Images of static objects on both endiannesses, and what local initialisers leave to zeroing. */

import { describe, expect, it } from 'vitest';
import type { LocalDeclaration } from '../../src/sema/typed-tree.ts';
import { analyzeText } from './analyze-text.ts';

function image(text: string, littleEndian: boolean): string {
  const { variable } = analyzeText(text, { littleEndian });
  return Buffer.from(variable('x').initializer?.bytes ?? []).toString('hex');
}

describe('images', () => {
  it.each([
    ['short x[2] = { 0x1234, -2 };', '3412feff', '1234fffe'],
    ['__int128 x = -2;', `fe${'ff'.repeat(15)}`, `${'ff'.repeat(15)}fe`],
    ['struct { unsigned a : 4, b : 12, c : 16; } x = { 1, 0x234, 0x5678 };', '41237856', '12345678'],
    ['struct { unsigned long a : 3, b : 60; } x = { 5, 1 };', '0d00000000000000', 'a000000000000002'],
    ['float x = 1.5f;', '0000c03f', '3fc00000'],
    ['_Float16 x = 1.5;', '003e', '3e00'],
    ['_Bool x[2] = { 5, 0 };', '0100', '0100'],
    ['unsigned short x[] = u"h";', '68000000', '00680000'],
  ])('%s', (text, little, big) => {
    expect(image(text, true)).toBe(little);
    expect(image(text, false)).toBe(big);
  });

  it('keep the later of two stores, relocations included', () => {
    const { variable } = analyzeText(
      'int y; int *x[3] = { [0 ... 2] = &y, [1] = 0 }; union { long l; int *p; } u = { .p = &y, .l = 3 };',
    );
    expect(variable('x').initializer?.relocations.map(({ offset }) => offset)).toEqual([0, 16]);
    expect(variable('u').initializer?.relocations).toEqual([]);
  });

  it('of zeros are known as such', () => {
    const { variable } = analyzeText('int x[100] = { 0 }; int y = 1 - 1; int z[2] = { 0, 1 };');
    expect(variable('x').initializer?.isZero).toBe(true);
    expect(variable('y').initializer?.isZero).toBe(true);
    expect(variable('z').initializer?.isZero).toBe(false);
  });
});

describe('local initialisers', () => {
  const local = (text: string): LocalDeclaration => {
    const { typed } = analyzeText(
      `struct p { char c; int i; }; struct q { int a, b; }; void f(struct p v) { ${text} }`,
    );
    const statement = typed.functions[0]?.body.items[0];
    if (statement?.kind !== 'Local') throw new Error('no local');
    return statement;
  };

  it.each([
    ['int x = 1;', false, 1],
    ['int x[2] = { 1, 2 };', false, 2],
    ['int x[3] = { 1, 2 };', true, 2],
    ['char x[] = "ab";', false, 1],
    ['char x[8] = "ab";', true, 1],
    ['struct q x = { 1, 2 };', false, 2],
    ['struct p x = { 1, 2 };', true, 2],
    ['struct p x = v;', false, 1],
    ['struct p x = {};', true, 0],
    ['int x[4] = { [0 ... 3] = 7, [2] = 8 };', false, 4],
    ['struct { struct q q[2]; } x = { .q[1] = { 3, 4 }, .q[1].a = 5, .q[0] = { 1, 2 } };', false, 4],
  ])('%s zero: %s, stores: %i', (text, zeroFill, stores) => {
    const { initializer } = local(text);
    expect(initializer?.zeroFill).toBe(zeroFill);
    expect(initializer?.entries).toHaveLength(stores);
  });

  it('replace what was stored before', () => {
    const { initializer } = local('struct q x[2] = { { 1, 2 }, { 3, 4 }, [0].b = 9, [1] = { 5 } };');
    expect(initializer?.zeroFill).toBe(true);
    const stores = initializer?.entries.map(({ offset, value }) => [
      offset,
      value.kind === 'IntegerConstant' && value.value,
    ]);
    expect(stores).toEqual([
      [0, 1n],
      [4, 9n],
      [8, 5n],
    ]);
  });
});
