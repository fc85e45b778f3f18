/**
 * Finds rewrite rules: an instruction and its operands -> the rows of the table that may rewrite it, in the table's order.
 *
 * A pattern with commutative operations stands for several, one for each order of their operands. Rows are found by what an
 * instruction shows at first sight: its operation (and predicate), that of its first operand, and whether the second one is a
 * constant. A list is made when it is first asked for, since a module has few of them. Conditions on how often a value is used and
 * how wide it is come first: they are numbers at hand, others are computed.
 */

import type { Func, Ins } from '../ir/func.ts';
import { Op, opRow, opTable, Predicate } from '../ir/ops.ts';
import { type Fact, isConstantTerm, type Operation, type Rule, type Term } from './rule.ts';

/** A condition on a number that is known of a captured value. */
export interface FactTest {
  readonly fact: Fact;
  readonly slot: number;
  readonly predicate: Predicate;
  readonly number: number;
}

/** A rule with its pattern in one order of the operands. */
export interface Candidate {
  readonly from: Operation;
  readonly to: Term;
  readonly tests: readonly FactTest[];
  /** What else must hold. */
  readonly conditions: readonly Term[];
}

const none: readonly Candidate[] = [];

/** By the number of the operation that they rewrite, in the order of the table. */
export type RuleTable = readonly (readonly Candidate[])[];

export function tableOf(rules: readonly Rule[]): RuleTable {
  const table = opTable.map((): Candidate[] => []);
  for (const rule of rules) {
    const candidates = candidatesOf(rule);
    for (const op of rule.from.ops) table[op]?.push(...candidates);
  }
  return table;
}

export class RuleIndex {
  private readonly table: RuleTable;
  private readonly known = new Map<number, readonly Candidate[]>();

  constructor(table: RuleTable) {
    this.table = table;
  }

  lookup(func: Func, ins: Ins): readonly Candidate[] {
    const { op, operands } = ins;
    const first = operands[0];
    const rows = this.table[op] ?? none;
    if (first === undefined || rows.length === 0) return none;
    const second = operands[1];
    const firstOp = func.ins(first).op;
    const isConstant = second !== undefined && func.ins(second).op === Op.const;
    const predicate = op === Op.icmp ? ins.aux : 0;
    const key = (((op << 4) | predicate) << 9) | (firstOp << 1) | (isConstant ? 1 : 0);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const made = rows.filter(({ from }) => mayMatch(from, predicate, firstOp, isConstant));
    this.known.set(key, made);
    return made;
  }
}

/** The rule with the operands of its pattern's commutative operations in each order. */
export function variantsOf(rule: Rule): Rule[] {
  return commuted(rule.from).map((from) => ({ ...rule, from }));
}

function candidatesOf(rule: Rule): Candidate[] {
  const tests: FactTest[] = [];
  const conditions: Term[] = [];
  for (const list of [rule.pays, rule.when]) {
    for (const term of list) {
      const test = factTest(term);
      if (test === undefined) conditions.push(term);
      else tests.push(test);
    }
  }
  return commuted(rule.from).map((from) => ({ from, to: rule.to, tests, conditions }));
}

function factTest(term: Term): FactTest | undefined {
  if (term.kind !== 'operation' || term.predicates.length !== 1) return undefined;
  const [left, right] = term.operands;
  const [predicate] = term.predicates;
  if (left?.kind !== 'fact' || right?.kind !== 'literal' || predicate === undefined) return undefined;
  const isNumber = left.fact === 'width' || left.fact === 'uses';
  if (!isNumber || !isTested(predicate)) return undefined;
  return { fact: left.fact, slot: left.slot, predicate, number: Number(right.value) };
}

function isTested(predicate: Predicate): boolean {
  return predicate === Predicate.eq || predicate === Predicate.ult || predicate === Predicate.ugt;
}

/** Whether the number is as the test wants it. */
export function passes({ predicate, number }: FactTest, found: number): boolean {
  if (predicate === Predicate.eq) return found === number;
  return predicate === Predicate.ult ? found < number : found > number;
}

/** The pattern with the operands of its commutative operations in each order. A constant is always the right one. */
function commuted(from: Operation): readonly Operation[] {
  let variants: readonly Operation[] = [from];
  for (const [index, operand] of from.operands.entries()) {
    const choices = operand.kind === 'operation' ? commuted(operand) : [operand];
    if (choices.length === 1) continue;
    variants = variants.flatMap((row) =>
      choices.map((choice) => ({ ...row, operands: row.operands.with(index, choice) })),
    );
  }
  const [left, right] = from.operands;
  const isSymmetric = right !== undefined && from.ops.every((op) => opRow(op).commutative);
  if (!isSymmetric || isConstantTerm(right) || left === right) return variants;
  return variants.flatMap((row) => [row, { ...row, operands: row.operands.toReversed() }]);
}

function mayMatch(from: Operation, predicate: Predicate, firstOp: Op, isConstant: boolean): boolean {
  if (from.predicates.length > 0 && !from.predicates.includes(predicate)) return false;
  const [first, second] = from.operands;
  if (first?.kind === 'operation' && !first.ops.includes(firstOp)) return false;
  if ((first?.kind === 'constant' || first?.kind === 'literal') && firstOp !== Op.const) return false;
  if (second === undefined || second.kind === 'value') return true;
  return (second.kind === 'operation') !== isConstant;
}
