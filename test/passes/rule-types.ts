/**
 * The types of a rewrite rule's terms: a rule -> classes of terms that have one type, and what is said of their widths.
 *
 * Method: unification over the rule's terms with union-find (Robinson 1965), then all assignments of widths to
 * classes that meet the constraints. It is written apart from the rewriter, which knows the types of the instructions that it matched.
 */

import { Op, opRow } from '../../src/ir/ops.ts';
import type { Operation, Rule, Term } from '../../src/passes/rule.ts';

/** Widths by class. */
export type Widths = ReadonlyMap<number, number>;

interface Constraint {
  readonly kind: 'narrower' | 'as wide';
  readonly left: number;
  readonly right: number;
}

export class RuleTypes {
  private readonly parents: number[] = [];
  private readonly terms = new Map<Term, number>();
  private readonly slots = new Map<number, number>();
  private readonly constraints: Constraint[] = [];
  private readonly fixed: [number, number][] = [];
  private readonly pointers: number[] = [];
  private readonly typed = new Set<number>();

  constructor(rule: Rule) {
    this.unify(this.walk(rule.from), this.walk(rule.to));
    for (const term of rule.when) this.walk(term);
  }

  classOf(term: Term): number {
    return this.find(this.terms.get(term) ?? -1);
  }

  classOfSlot(slot: number): number {
    return this.find(this.slots.get(slot) ?? -1);
  }

  isPointer(type: number): boolean {
    return this.pointers.some((pointer) => this.find(pointer) === type);
  }

  /** All ways to give widths of `domain` to the classes; what only numbers compare among themselves has 64 bits. */
  assignments(domain: readonly number[], pointerWidths: readonly number[]): Widths[] {
    const classes = [...new Set(this.parents.map((_, index) => this.find(index)))];
    let found: Map<number, number>[] = [new Map()];
    for (const type of classes) {
      const fixed = this.fixed.find(([row]) => this.find(row) === type)?.[1];
      const isFree = ![...this.typed].some((row) => this.find(row) === type);
      const choices =
        fixed !== undefined
          ? [fixed]
          : isFree && !this.isPointer(type)
            ? [64]
            : this.isPointer(type)
              ? pointerWidths
              : domain;
      found = found.flatMap((widths) =>
        choices
          .map((choice) => new Map([...widths, [type, choice]]))
          .filter((candidate) => this.isPossible(candidate)),
      );
    }
    return found;
  }

  private isPossible(widths: Widths): boolean {
    return this.constraints.every(({ kind, left, right }) => {
      const a = widths.get(this.find(left));
      const b = widths.get(this.find(right));
      return a === undefined || b === undefined || (kind === 'narrower' ? a < b : a === b);
    });
  }

  private find(index: number): number {
    let at = index;
    while (this.parents[at] !== at) at = this.parents[at] ?? at;
    return at;
  }

  private fresh(): number {
    return this.parents.push(this.parents.length) - 1;
  }

  private unify(left: number, right: number): void {
    this.parents[this.find(left)] = this.find(right);
  }

  private slot(slot: number): number {
    const known = this.slots.get(slot);
    if (known !== undefined) return known;
    const type = this.fresh();
    this.slots.set(slot, type);
    this.typed.add(type);
    return type;
  }

  private walk(term: Term): number {
    let type: number;
    if (term.kind === 'value' || term.kind === 'constant') type = this.slot(term.slot);
    else {
      type = this.fresh();
      if (term.kind === 'operation') this.walkOperation(term, type);
    }
    this.terms.set(term, type);
    return type;
  }

  private walkOperation(term: Operation, type: number): void {
    const operands = term.operands.map((operand) => this.walk(operand));
    const [first = -1, second = -1] = operands;
    const op = term.ops[0] ?? 0;
    const constrain = (kind: Constraint['kind'], left: number, right: number): void => {
      this.constraints.push({ kind, left, right });
    };
    if (term.slot >= 0) this.unify(type, this.slot(term.slot));
    if (term.typeSlot >= 0) this.unify(type, this.slot(term.typeSlot));
    switch (op) {
      case Op.icmp:
        this.unify(first, second);
        this.fixed.push([type, 1]);
        return;
      case Op.select:
        this.fixed.push([first, 1]);
        for (const operand of operands.slice(1)) this.unify(type, operand);
        return;
      case Op.trunc:
        this.typed.add(type);
        return constrain('narrower', type, first);
      case Op.zext:
      case Op.sext:
        this.typed.add(type);
        return constrain('narrower', first, type);
      case Op.ptradd:
        this.pointers.push(type);
        this.unify(type, first);
        this.typed.add(second);
        return constrain('as wide', type, second);
      case Op.ptrtoint:
      case Op.inttoptr:
        this.pointers.push(op === Op.ptrtoint ? first : type);
        this.typed.add(type);
        return constrain('as wide', type, first);
      default:
        if (opRow(op).result !== 'same') throw new Error(`no types for ${opRow(op).name}`);
        for (const operand of operands) this.unify(type, operand);
    }
  }
}
