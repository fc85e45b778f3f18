/** Long and deep expressions take linear time and no stack. */

import { describe, expect, it } from 'vitest';
import { printTypedFunction } from '../../src/sema/print-expressions.ts';
import { analyzeText } from './analyze-text.ts';

const many = 12_000;

function chain(operand: string, operator: string, count = many): string {
  return Array(count).fill(operand).join(operator);
}

function analyzed(text: string) {
  const result = analyzeText(text);
  expect(result.messages).toEqual([]);
  return result;
}

describe('long chains', () => {
  it('folds a constant of 12,000 operands', () => {
    const { variable } = analyzed(`long x = ${chain('3', '+')};`);
    const bytes = variable('x').initializer?.bytes ?? new Uint8Array();
    expect(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true)).toBe(BigInt(3 * many));
  });

  it.each(['+', '|', '&&', ','])('checks and prints 12,000 variables with %s', (operator) => {
    const { typed } = analyzed(`int f(volatile int a) { return (${chain('a', operator)}); }`);
    const text = typed.functions.map(printTypedFunction).join('');
    expect(text.split('lvalue-to-rvalue').length - 1).toBe(many);
  });

  it('mixes types, so that every link has a conversion', () => {
    const half = chain('(short)a + 1u - 2l', '+', many / 4);
    analyzed(`long f(int a) { return ${half}; }`);
  });

  it('moves a pointer 12,000 times', () => {
    const { variable } = analyzed(`int a[8]; int *p = a + ${chain('1 - 1', '+')};`);
    expect(variable('p').initializer?.relocations[0]?.addend).toBe(0n);
  });
});

describe('long statements', () => {
  const count = 3_000;
  const numbers = Array.from({ length: count }, (_, i) => i);

  it.each([
    ['cases', numbers.map((i) => `case ${i}: n++;`).join('\n')],
    ['cases in a row', `${numbers.map((i) => `case ${i}:`).join(' ')} n++;`],
    ['else ifs', `case 1: ${numbers.map((i) => `if (n == ${i}) n++; else`).join(' ')} n--;`],
  ])('takes thousands of %s', (_, text) => {
    const { typed } = analyzed(`int f(int n) { switch (n) { ${text} } return n; }`);
    expect(typed.functions.map(printTypedFunction).join('').length).toBeGreaterThan(count);
  });

  it('limits what no walk can take without recursion', () => {
    const { messages } = analyzeText(
      `long f(int n, int *p) { return p - (${chain('n + p - p', '+', 1000)} + p); }`,
    );
    expect(messages.join()).toContain('mixes pointers and integers');
  });
});

describe('long literals', () => {
  it('reads or rejects them in linear time', () => {
    const digits = '7'.repeat(200_000);
    const { messages } = analyzeText(`long a = ${digits};\nlong b = ${digits}zz;\nlong c = 0x${digits};`);
    expect(messages.map((text) => text.slice(0, 20))).toEqual([
      '1:10: error: integer',
      '2:10: error: invalid',
      '3:10: error: integer',
    ]);
    const { variable } = analyzed(`char s[] = "${'x'.repeat(200_000)}" "${'\\t'.repeat(10_000)}";`);
    expect(variable('s').initializer?.bytes).toHaveLength(210_001);
  });

  it('knows -funsigned-char and big-endian units', () => {
    const text = `int c = '\\xff'; unsigned w[] = U"a"; _Static_assert("\\xff"[0] == 255, "");`;
    const { messages, variable } = analyzeText(text, { unsignedChar: true, littleEndian: false });
    expect(messages).toEqual([]);
    expect([...(variable('c').initializer?.bytes ?? [])]).toEqual([0, 0, 0, 255]);
    expect([...(variable('w').initializer?.bytes ?? [])].slice(0, 4)).toEqual([0, 0, 0, 97]);
  });
});
