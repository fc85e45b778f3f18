/**
 * Sparse conditional constant propagation: values that are constant on every way that can be taken become constants,
 * and ways that cannot be taken go.
 *
 * Method: Wegman and Zadeck, "Constant Propagation with Conditional Branches" (1991): values go down a lattice
 * (unknown, one constant, varying) over two worklists, edges and users. An undefined value counts as varying, except
 * in a phi, where it takes the value of the others.
 */

import { buildCfg, removeUnreachable } from '../ir/cfg.ts';
import { foldValues } from '../ir/fold.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import type { Uses } from '../ir/uses.ts';
import type { PassContext } from './pass.ts';
import { branchAlways, discard, isRemovable, Replacements, sweep } from './rewrite.ts';

const unknown = 0;
const constant = 1;
const varying = 2;

export function sccp(func: Func, cx: PassContext): boolean {
  const solver = new Solver(func, cx.analyses.uses);
  solver.solve();
  return rewrite(func, solver);
}

class Solver {
  readonly state: Uint8Array;
  readonly values: (bigint | undefined)[];
  private readonly func: Func;
  private readonly uses: Uses;
  private readonly isReached: Uint8Array;
  /** Edges taken, as `from * blocks + to`. */
  private readonly edges = new Set<number>();
  private readonly edgeWork: { from: BlockId; to: BlockId }[] = [];
  /** Reached blocks with a new edge, whose phis are to be visited once all of the new edges are known. */
  private readonly phiWork = new Set<BlockId>();
  private readonly valueWork: ValueId[] = [];

  constructor(func: Func, uses: Uses) {
    this.func = func;
    this.uses = uses;
    this.state = new Uint8Array(func.values.length);
    this.values = new Array<bigint | undefined>(func.values.length);
    this.isReached = new Uint8Array(func.blocks.length);
  }

  solve(): void {
    this.reach(this.func.entry);
    for (;;) {
      const edge = this.edgeWork.pop();
      if (edge !== undefined) {
        this.takeEdge(edge.from, edge.to);
        continue;
      }
      if (this.phiWork.size > 0) {
        this.visitPhis();
        continue;
      }
      const value = this.valueWork.pop();
      if (value === undefined) {
        if (this.giveUpUnknown()) continue;
        return;
      }
      for (const user of this.uses.of(value)) if (this.isReached[user.block] === 1) this.visit(user);
    }
  }

  /** A branch that waits for a value which never comes (a loop over undefined ones) may go any way. */
  private giveUpUnknown(): boolean {
    for (const block of this.func.eachBlock()) {
      if (this.isReached[block.id] === 0) continue;
      const terminator = this.func.terminator(block.id);
      const [value] = terminator.operands;
      if (value === undefined || this.knownTarget(terminator) !== 'none') continue;
      this.lower(this.func.ins(value), varying, undefined);
      return true;
    }
    return false;
  }

  isTaken(from: BlockId, to: BlockId): boolean {
    return this.edges.has(from * this.func.blocks.length + to);
  }

  private takeEdge(from: BlockId, to: BlockId): void {
    const key = from * this.func.blocks.length + to;
    if (this.edges.has(key)) return;
    this.edges.add(key);
    if (this.isReached[to] === 0) this.reach(to);
    else this.phiWork.add(to);
  }

  private visitPhis(): void {
    const blocks = [...this.phiWork];
    this.phiWork.clear();
    for (const block of blocks) {
      for (const id of this.func.block(block).instructions) {
        const ins = this.func.ins(id);
        if (ins.op !== Op.phi) break;
        this.visitPhi(ins);
      }
    }
  }

  private reach(block: BlockId): void {
    this.isReached[block] = 1;
    for (const id of this.func.block(block).instructions) this.visit(this.func.ins(id));
  }

  private stateOf(value: ValueId): number {
    const ins = this.func.ins(value);
    if (opRow(ins.op).placed) return this.state[value] ?? varying;
    return ins.op === Op.const ? constant : varying;
  }

  constantAt(value: ValueId): bigint | undefined {
    return constantOf(this.func, value) ?? (this.state[value] === constant ? this.values[value] : undefined);
  }

  private lower(ins: Ins, state: number, value: bigint | undefined): void {
    const before = this.state[ins.id] ?? varying;
    if (before === varying) return;
    let next = state;
    if (before === constant && state === constant && this.values[ins.id] !== value) next = varying;
    if (next <= before) return;
    this.state[ins.id] = next;
    this.values[ins.id] = next === constant ? value : undefined;
    this.valueWork.push(ins.id);
  }

  private visit(ins: Ins): void {
    if (opRow(ins.op).terminator) this.visitTerminator(ins);
    else if (ins.op === Op.phi) this.visitPhi(ins);
    else this.visitValue(ins);
  }

  private visitPhi(phi: Ins): void {
    let found: bigint | undefined;
    let isDefined = false;
    for (let i = 0; i < phi.operands.length; i++) {
      const from = phi.targets[i];
      const operand = phi.operands[i];
      if (from === undefined || operand === undefined || !this.isTaken(from, phi.block)) continue;
      if (this.func.ins(operand).op === Op.undef) continue;
      isDefined = true;
      const state = this.stateOf(operand);
      if (state === unknown) continue;
      const value = this.constantAt(operand);
      if (state === varying || (found !== undefined && found !== value)) {
        this.lower(phi, varying, undefined);
        return;
      }
      found = value;
    }
    if (found !== undefined) this.lower(phi, constant, found);
    else if (!isDefined) this.lower(phi, varying, undefined);
  }

  private visitValue(ins: Ins): void {
    if (ins.op === Op.select) {
      this.visitSelect(ins);
      return;
    }
    const values: bigint[] = [];
    let lowest = constant;
    for (const operand of ins.operands) {
      const state = this.stateOf(operand);
      if (state === unknown) lowest = Math.min(lowest, unknown);
      else if (state === varying) lowest = varying;
      if (lowest === varying) break;
      values.push(this.constantAt(operand) ?? 0n);
    }
    if (lowest === unknown) return;
    if (lowest === varying) {
      const absorbed = this.absorbed(ins);
      this.lower(ins, absorbed === undefined ? varying : constant, absorbed);
      return;
    }
    const [first] = ins.operands;
    const result = this.foldAt(ins, first, values);
    this.lower(ins, result === undefined ? varying : constant, result);
  }

  private foldAt(ins: Ins, first: ValueId | undefined, values: readonly bigint[]): bigint | undefined {
    if (first === undefined) return undefined;
    if (ins.op === Op.is_constant) return 1n;
    return foldValues(ins, this.func.ins(first).type, values);
  }

  /** `x & 0` and `x * 0` are constant whatever x is. */
  private absorbed(ins: Ins): bigint | undefined {
    if (ins.op !== Op.and && ins.op !== Op.mul) return undefined;
    return ins.operands.some((operand) => this.constantAt(operand) === 0n) ? 0n : undefined;
  }

  private visitSelect(ins: Ins): void {
    const [condition, whenTrue, whenFalse] = ins.operands;
    if (condition === undefined || whenTrue === undefined || whenFalse === undefined) return;
    const state = this.stateOf(condition);
    if (state === unknown) return;
    const arms =
      state === varying ? [whenTrue, whenFalse] : [this.constantAt(condition) === 1n ? whenTrue : whenFalse];
    for (const arm of arms) {
      const armState = this.stateOf(arm);
      if (armState !== unknown) this.lower(ins, armState, this.constantAt(arm));
    }
  }

  private visitTerminator(ins: Ins): void {
    const target = this.knownTarget(ins);
    if (target === 'none') return;
    for (const next of target === 'any' ? ins.targets : [target])
      this.edgeWork.push({ from: ins.block, to: next });
  }

  /** The only way that a terminator can go; `none` while its condition is unknown. */
  knownTarget(ins: Ins): BlockId | 'any' | 'none' {
    const [value, ...cases] = ins.operands;
    if (value === undefined || (ins.op !== Op.condbr && ins.op !== Op.switch)) return 'any';
    const state = this.stateOf(value);
    if (state !== constant) return state === unknown ? 'none' : 'any';
    const number = this.constantAt(value);
    if (ins.op === Op.condbr) return ins.targets[number === 1n ? 0 : 1] ?? 'any';
    const at = cases.findIndex((id) => constantOf(this.func, id) === number);
    return ins.targets[at + 1] ?? 'any';
  }
}

function rewrite(func: Func, solver: Solver): boolean {
  const cuts: { readonly block: BlockId; readonly target: BlockId }[] = [];
  for (const block of func.eachBlock()) {
    const terminator = func.terminator(block.id);
    const target = solver.knownTarget(terminator);
    if (target !== 'any' && target !== 'none') cuts.push({ block: block.id, target });
  }
  const replacements = new Replacements();
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = func.ins(id);
      const value = solver.state[id] === constant ? solver.values[id] : undefined;
      if (value === undefined || !isRemovable(ins)) continue;
      replacements.set(id, func.constant(ins.type, value));
      discard(func, ins);
    }
  }
  if (cuts.length === 0 && replacements.isEmpty) return false;
  replacements.apply(func);
  sweep(func);
  for (const { block, target } of cuts) branchAlways(func, block, target);
  if (cuts.length > 0) removeUnreachable(func, buildCfg(func));
  return true;
}
