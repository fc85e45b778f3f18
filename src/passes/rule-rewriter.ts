/**
 * Applies rewrite rules: an instruction and a table of rules -> what stands for the instruction, by the first rule that matches.
 *
 * `rule-index.ts` finds the rows that may match. What a match captures lies in places that the next attempt overwrites.
 * Before anything is made, `to` is checked to be well typed and, late in the pipeline, to compute nothing in fewer
 * bits than code generation takes; a match that is not is none.
 */

import { foldOperation } from '../ir/fold.ts';
import { type Func, type Ins, InsFlag, type ValueId } from '../ir/func.ts';
import { invertPredicate, Op, opRow, type Predicate } from '../ir/ops.ts';
import { bitsOf, isIntegerType, Type } from '../ir/types.ts';
import { bug } from '../support/bug.ts';
import type { CombineContext, CombineResult } from './combine-context.ts';
import { isNarrowOperation } from './promote.ts';
import { followedBound } from './ranges.ts';
import { become } from './rewrite.ts';
import { type Fact, isConstantTerm, type Operation, slotCount, type Term } from './rule.ts';
import { type Candidate, type FactTest, passes, type RuleIndex } from './rule-index.ts';

const conversions: ReadonlySet<Op> = new Set([Op.trunc, Op.zext, Op.sext]);

export class Rewriter {
  private readonly cx: CombineContext;
  private readonly func: Func;
  private readonly index: RuleIndex;
  /** What the pattern has captured, by slot. */
  private readonly captured: ValueId[] = [];
  private readonly isCaptured = new Uint8Array(slotCount);
  private op: Op = 0;
  private predicate: Predicate = 0;

  constructor(cx: CombineContext, index: RuleIndex) {
    this.cx = cx;
    this.func = cx.func;
    this.index = index;
  }

  apply(ins: Ins): CombineResult {
    for (const candidate of this.index.lookup(this.func, ins)) {
      const result = this.applyRule(candidate, ins);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  private applyRule({ from, to, tests, conditions }: Candidate, ins: Ins): CombineResult {
    this.isCaptured.fill(0);
    if (!this.matchesOperation(from, ins)) return undefined;
    for (const test of tests) if (!passes(test, this.numberOf(test))) return undefined;
    for (const condition of conditions) if (this.evaluate(condition, Type.i1) !== 1n) return undefined;
    if (!this.isWellTyped(to, ins.type)) return undefined;
    if (to.kind !== 'operation' || to.isConstant) return this.build(to, ins.type);
    const op = this.opOf(to);
    const operands = this.buildOperands(to, ins.type);
    const predicate = this.predicateOf(to);
    become(ins, op, operands);
    ins.aux = predicate;
    ins.flags = to.noSignedWrap ? InsFlag.noSignedWrap : 0;
    return true;
  }

  private matches(term: Term, value: ValueId): boolean {
    const ins = this.func.ins(value);
    switch (term.kind) {
      case 'value':
        if (term.isInteger && !isIntegerType(ins.type)) return false;
        return this.capture(term.slot, value);
      case 'constant':
        return ins.op === Op.const && isIntegerType(ins.type) && this.capture(term.slot, value);
      case 'literal':
        return ins.op === Op.const && ins.imm === BigInt.asUintN(bitsOf(ins.type), term.value);
      case 'operation':
        return this.matchesOperation(term, ins);
      case 'fact':
        return bug('a fact in a pattern');
      default:
        return term satisfies never;
    }
  }

  private matchesOperation(term: Operation, ins: Ins): boolean {
    if (!term.ops.includes(ins.op)) return false;
    if (term.noSignedWrap && (ins.flags & InsFlag.noSignedWrap) === 0) return false;
    // A set of operations that stands twice in a pattern is one operation.
    if (term.ops.length > 1) {
      if (this.isCaptured[opSlot] === 1 && this.op !== ins.op) return false;
      this.isCaptured[opSlot] = 1;
      this.op = ins.op;
    }
    if (term.predicates.length > 0) {
      if (!term.predicates.includes(ins.aux)) return false;
      if (term.predicates.length > 1) this.predicate = ins.aux;
    }
    const { operands } = term;
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i];
      const value = ins.operands[i];
      if (operand === undefined || value === undefined || !this.matches(operand, value)) return false;
    }
    return term.slot < 0 || this.capture(term.slot, ins.id);
  }

  private capture(slot: number, value: ValueId): boolean {
    if (this.isCaptured[slot] === 1) return this.captured[slot] === value;
    this.isCaptured[slot] = 1;
    this.captured[slot] = value;
    return true;
  }

  private valueIn(slot: number): ValueId {
    const value = this.captured[slot];
    return value === undefined || this.isCaptured[slot] !== 1 ? bug(`nothing is captured as ${slot}`) : value;
  }

  private opOf(term: Operation): Op {
    return term.ops.length > 1 ? this.op : (term.ops[0] ?? 0);
  }

  private predicateOf(term: Operation): Predicate {
    if (this.opOf(term) !== Op.icmp) return 0;
    const predicate = term.predicates[0] ?? this.predicate;
    return term.predicateUse === 'inverse' ? invertPredicate(predicate) : predicate;
  }

  private numberOf({ fact, slot }: FactTest): number {
    const value = this.valueIn(slot);
    return fact === 'uses' ? this.cx.useCount(value) : bitsOf(this.func.ins(value).type);
  }

  // Types.

  /** The type that a term has of itself; undefined for numbers, which take that of their place. */
  private typeOf(term: Term): Type | undefined {
    switch (term.kind) {
      case 'value':
      case 'constant':
        return this.func.ins(this.valueIn(term.slot)).type;
      case 'literal':
      case 'fact':
        return undefined;
      case 'operation':
        return this.typeOfOperation(term);
      default:
        return term satisfies never;
    }
  }

  private typeOfOperation(term: Operation): Type | undefined {
    const op = this.opOf(term);
    if (term.typeSlot >= 0) return this.func.ins(this.valueIn(term.typeSlot)).type;
    if (conversions.has(op)) return undefined;
    switch (opRow(op).result) {
      case 'i1':
        return Type.i1;
      case 'ptr':
        return Type.ptr;
      case 'i64':
        return Type.i64;
      default:
        for (const operand of term.operands.slice(op === Op.select ? 1 : 0)) {
          const type = this.typeOf(operand);
          if (type !== undefined) return type;
        }
        return undefined;
    }
  }

  /** The type of an operand of a term that has `type`. */
  private operandType(term: Operation, index: number, type: Type): Type {
    const op = this.opOf(term);
    switch (op) {
      case Op.icmp:
      case Op.trunc:
      case Op.zext:
      case Op.sext: {
        for (const operand of term.operands) {
          const found = this.typeOf(operand);
          if (found !== undefined) return found;
        }
        return Type.i64;
      }
      case Op.select:
        return index === 0 ? Type.i1 : type;
      case Op.ptradd:
        return index === 0 ? Type.ptr : Type.i64;
      case Op.ptrtoint:
        return Type.ptr;
      case Op.inttoptr:
        return Type.i64;
      default:
        return type;
    }
  }

  private isWellTyped(term: Term, type: Type): boolean {
    if (term.kind === 'literal' || term.kind === 'fact') return isIntegerType(type);
    const own = this.typeOf(term);
    if (own !== undefined && own !== type) return false;
    if (term.kind !== 'operation') return true;
    const op = this.opOf(term);
    const from = this.operandType(term, 0, type);
    if (conversions.has(op)) {
      const difference = bitsOf(type) - bitsOf(from);
      if (!isIntegerType(type) || !isIntegerType(from)) return false;
      if (op === Op.trunc ? difference >= 0 : difference <= 0) return false;
    }
    if (this.cx.keepsWide && !term.isConstant && isNarrowOperation(op, type, from)) return false;
    return term.operands.every((operand, i) => this.isWellTyped(operand, this.operandType(term, i, type)));
  }

  // Results.

  private evaluate(term: Term, type: Type): bigint {
    switch (term.kind) {
      case 'constant':
        return this.func.ins(this.valueIn(term.slot)).imm;
      case 'literal':
        return BigInt.asUintN(bitsOf(type), term.value);
      case 'fact':
        return BigInt.asUintN(bitsOf(type), this.factOf(term.fact, this.valueIn(term.slot)));
      case 'operation':
        return this.evaluateOperation(term, type);
      case 'value':
        return bug('a value where a constant is wanted');
      default:
        return term satisfies never;
    }
  }

  private evaluateOperation(term: Operation, type: Type): bigint {
    const { operands } = term;
    const op = this.opOf(term);
    const from = this.operandType(term, 0, type);
    const isUniform = op !== Op.select && op !== Op.ptradd;
    const values: bigint[] = [];
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i];
      if (operand === undefined) break;
      values.push(this.evaluate(operand, i === 0 || isUniform ? from : this.operandType(term, i, type)));
    }
    const result = foldOperation(op, this.predicateOf(term), bitsOf(type), bitsOf(from), values);
    return result ?? bug('a constant of no value');
  }

  private factOf(fact: Fact, value: ValueId): bigint {
    const { type } = this.func.ins(value);
    switch (fact) {
      case 'width':
        return BigInt(bitsOf(type));
      case 'ones':
        return (1n << BigInt(bitsOf(type))) - 1n;
      case 'limit':
        return followedBound(this.func, value);
      case 'uses':
        return BigInt(this.cx.useCount(value));
      default:
        return fact satisfies never;
    }
  }

  private build(term: Term, type: Type): ValueId {
    if (isConstantTerm(term)) return this.func.constant(type, this.evaluate(term, type));
    if (term.kind !== 'operation') return this.valueIn(term.kind === 'value' ? term.slot : -1);
    const ins = this.func.create(this.opOf(term), type, this.buildOperands(term, type), this.cx.builder.pos);
    ins.aux = this.predicateOf(term);
    ins.flags = term.noSignedWrap ? InsFlag.noSignedWrap : 0;
    this.cx.builder.place(ins);
    return ins.id;
  }

  private buildOperands(term: Operation, type: Type): ValueId[] {
    return term.operands.map((operand, i) => this.build(operand, this.operandType(term, i, type)));
  }
}

/** Marks in `isCaptured` that a set of operations has matched. */
const opSlot = slotCount - 1;
