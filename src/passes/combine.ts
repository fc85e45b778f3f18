/**
 * Instruction combining: each instruction is looked at with its operands and becomes something simpler.
 *
 * The algebra is a table of rules (`rules.ts`); what needs symbols, memory or control is code here, in `combine-compare.ts` and in
 * `combine-memory.ts`. Either returns the value that stands for the instruction, or changes the instruction in
 * place, or does nothing. New instructions go right before the one at hand. The walk is in reverse postorder, so that operands are simple already; it is repeated until
 * nothing changes, at most a few times. Later rounds look only at instructions of which something that rules see has changed.
 *
 * The verifier's rules: masks and clamps stay unless a zero extension implies them; a compared value is never narrowed
 * or extended anew; constant offsets of one pointer are added up, variable ones keep their order.
 */

import { Builder } from '../ir/builder.ts';
import { foldConstants } from '../ir/fold.ts';
import { type Block, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op, opRow } from '../ir/ops.ts';
import { bug } from '../support/bug.ts';
import { combineCompare } from './combine-compare.ts';
import { type CombineContext, type CombineResult, invertedOperand } from './combine-context.ts';
import {
  combineAtomic,
  combineCall,
  combineDistance,
  combineLoad,
  combineTransfer,
} from './combine-memory.ts';
import { narrowTruncated } from './combine-narrow.ts';
import { News } from './combine-news.ts';
import type { PassContext, PassOptions } from './pass.ts';
import { countUses, discard, isRemovable, Replacements } from './rewrite.ts';
import { Rewriter } from './rule-rewriter.ts';

const maxRounds = 4;

export function combine(func: Func, cx: PassContext): boolean {
  return combineRounds(func, cx, false);
}

/** The same after `promote`: no rule makes a narrow computation of a wide one. */
export function combineWide(func: Func, cx: PassContext): boolean {
  return combineRounds(func, cx, true);
}

function combineRounds(func: Func, cx: PassContext, keepsWide: boolean): boolean {
  const combiner = new Combiner(func, cx, keepsWide);
  let changed = false;
  for (let round = 0; round < maxRounds; round++) {
    if (!combiner.runRound()) break;
    changed = true;
  }
  return changed;
}

class Combiner implements CombineContext {
  readonly func: Func;
  readonly module: Module;
  readonly options: PassOptions;
  readonly builder: Builder;
  readonly keepsWide: boolean;
  private readonly cx: PassContext;
  private readonly rewriter: Rewriter;
  /** Of the round. */
  private replacements = new Replacements();
  private replaced: Ins[] = [];
  private counts: Int32Array = new Int32Array(0);
  private readonly news: News;

  constructor(func: Func, cx: PassContext, keepsWide: boolean) {
    this.func = func;
    this.keepsWide = keepsWide;
    this.module = cx.module;
    this.options = cx.options;
    this.cx = cx;
    this.builder = new Builder(func);
    this.rewriter = new Rewriter(this, cx.rules);
    this.news = new News(func, cx.analyses.cfg);
  }

  useCount(value: ValueId): number {
    return this.counts[value] ?? 1;
  }

  runRound(): boolean {
    const { func } = this;
    const before = this.counts;
    this.counts = countUses(func);
    this.news.beginRound(before, this.counts);
    this.replacements = new Replacements();
    this.replaced = [];
    let changed = false;
    for (const id of this.cx.analyses.cfg.rpo) if (this.visitBlock(func.block(id))) changed = true;
    // Operands of phis on back edges are seen before their replacement; rules may look through such a phi until now.
    this.applyToPhis();
    for (const ins of this.replaced) discard(func, ins);
    return changed;
  }

  private visitBlock(block: Block): boolean {
    const { func, builder, news, replacements } = this;
    const old = block.instructions;
    let changed = false;
    let isRebuilt = false;
    for (let at = 0; at < old.length; at++) {
      const ins = func.ins(old[at] ?? bug('no instruction'));
      if (replacements.applyTo(ins)) news.note(ins.id);
      if (!news.isDue(ins)) {
        if (isRebuilt) builder.place(ins);
        continue;
      }
      if (!isRebuilt) {
        block.instructions = old.slice(0, at);
        builder.block = block.id;
        isRebuilt = true;
      }
      if (!this.combineOne(ins)) continue;
      changed = true;
      news.note(ins.id);
    }
    return changed;
  }

  private applyToPhis(): void {
    const { func, news, replacements } = this;
    if (replacements.isEmpty) return;
    for (const block of func.layout) {
      for (const id of func.block(block).instructions) {
        const ins = func.ins(id);
        if (ins.op !== Op.phi) break;
        if (replacements.applyTo(ins)) news.note(id);
      }
    }
  }

  /** Simplifies one instruction and puts it, or nothing, at the end of the block. */
  private combineOne(ins: Ins): boolean {
    const { func, builder } = this;
    if (isRemovable(ins) && this.useCount(ins.id) === 0) {
      func.values[ins.id] = undefined;
      return true;
    }
    builder.pos = ins.pos;
    const result = this.simplify(ins);
    if (typeof result !== 'number') {
      if (func.values[ins.id] !== undefined) builder.place(ins);
      return result === true;
    }
    this.replacements.set(ins.id, result);
    this.replaced.push(ins);
    return true;
  }

  private simplify(ins: Ins): CombineResult {
    const row = opRow(ins.op);
    if (row.memory === 'none' && !row.effect && ins.operands.length > 0 && ins.op !== Op.phi) {
      const folded = foldConstants(this.func, ins);
      if (folded !== undefined) return this.func.constant(ins.type, folded);
    }
    return this.simplifyByCode(ins) ?? this.rewriter.apply(ins);
  }

  /** What terms over values do not say: the order of operands, symbols, memory, calls, control. */
  private simplifyByCode(ins: Ins): CombineResult {
    if (opRow(ins.op).commutative) return this.swapOperands(ins);
    switch (ins.op) {
      case Op.icmp:
        return combineCompare(this, ins);
      case Op.trunc:
        return narrowTruncated(this, ins);
      case Op.condbr:
        return this.swapBranch(ins);
      case Op.ptradd:
        return combineDistance(this, ins);
      case Op.load:
        return combineLoad(this, ins);
      case Op.atomicrmw:
        return combineAtomic(this, ins);
      case Op.memcpy:
      case Op.memmove:
      case Op.memset:
      case Op.memcmp:
        return combineTransfer(this, ins);
      case Op.call_indirect:
        return combineCall(this, ins);
      case Op.is_constant:
        return ins.operands.every((operand) => constantOf(this.func, operand) !== undefined)
          ? this.func.constant(ins.type, 1n)
          : undefined;
      default:
        return undefined;
    }
  }

  /** A constant is the right operand. */
  private swapOperands(ins: Ins): CombineResult {
    const [left, right] = ins.operands;
    if (left === undefined || right === undefined || constantOf(this.func, left) === undefined)
      return undefined;
    ins.operands = [right, left];
    return true;
  }

  /** A branch on the opposite of a condition goes the other way on the condition. */
  private swapBranch(ins: Ins): CombineResult {
    const { func } = this;
    const [condition] = ins.operands;
    const not = condition === undefined ? undefined : invertedOperand(func, condition);
    if (not === undefined) return undefined;
    ins.operands = [not];
    ins.targets.reverse();
    return true;
  }
}
