import { describe, expect, it } from 'vitest';
import { A, add, and, lshr, mul, nsw, or, rule, shl, ult, width, x, y } from '../../src/passes/rule.ts';
import { rules } from '../../src/passes/rules.ts';
import { Random, refuteNarrow, refuteWide } from './rule-prover.ts';

describe('rewrite rules', () => {
  const random = new Random();
  const tables = new Map<string, Int32Array>();

  it('have names of their own', () => {
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  });

  it.each(rules.map((row) => [row.name, row] as const))('%s', (_, row) => {
    expect(refuteNarrow(row, random, tables)).toBeUndefined();
    expect(refuteWide(row, random)).toBeUndefined();
  });
});

describe('the prover', () => {
  const random = new Random();
  const narrow = (row: ReturnType<typeof rule>): string | undefined => refuteNarrow(row, random, new Map());

  it('refutes what is false of few values', () => {
    expect(narrow(rule('false', add(x, y), or(x, y)))).toBeDefined();
    expect(refuteWide(rule('false', add(x, y), or(x, y)), random)).toBeDefined();
    expect(narrow(rule('false', lshr(shl(x, A), A), x, { when: ult(A, width(x)) }))).toBeDefined();
  });

  it('refutes what its condition does not make true', () => {
    expect(narrow(rule('false', and(x, A), x, { when: ult(A, 3) }))).toBeDefined();
    expect(narrow(rule('false', mul(x, A), shl(x, A), { when: ult(A, width(x)) }))).toBeDefined();
  });

  it('refutes a claim that there is no overflow', () => {
    const row = rule('false', add(x, y), nsw(add(x, y)));
    expect(narrow(row)).toContain('overflow');
    expect(refuteWide(row, random)).toBeDefined();
    expect(narrow(rule('true', nsw(add(x, y)), nsw(add(y, x))))).toBeUndefined();
  });

  it('refutes what is true of narrow types only', () => {
    const row = rule('false', and(x, 15), x);
    expect(narrow(row)).toBeUndefined();
    expect(refuteWide(row, random)).toBeDefined();
  });

  it('does not take a rule that never applies', () => {
    expect(refuteWide(rule('vain', add(x, A), x, { when: ult(A, 0) }), random)).toBe('never applies');
  });
});
