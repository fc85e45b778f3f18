/** Long and deep expressions take linear time and no stack. */

import { describe, expect, it } from 'vitest';
import { printTypedFunction } from '../../src/sema/print-expressions.ts';
import { analyzeText } from './analyze-text.ts';

const many = 20_000;

function chain(operand: string, operator: string, count = many): string {
  return Array(count).fill(operand).join(operator);
}

function analyzed(text: string) {
  const result = analyzeText(text);
  expect(result.messages).toEqual([]);
  return result;
}

describe('long chains', () => {
  it('folds a constant of 20,000 operands', () => {
    const { variable } = analyzed(`long x = ${chain('3', '+')};`);
    const bytes = variable('x').initializer?.bytes ?? new Uint8Array();
    expect(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true)).toBe(BigInt(3 * many));
  });

  it.each(['+', '|', '&&', ','])('checks and prints 20,000 variables with %s', (operator) => {
    const { typed } = analyzed(`int f(volatile int a) { return (${chain('a', operator)}); }`);
    const text = typed.functions.map(printTypedFunction).join('');
    expect(text.split('lvalue-to-rvalue').length - 1).toBe(many);
  });

  it('mixes types, so that every link has a conversion', () => {
    const half = chain('(short)a + 1u - 2l', '+', many / 4);
    analyzed(`long f(int a) { return ${half}; }`);
  });

  it('moves a pointer 20,000 times', () => {
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
