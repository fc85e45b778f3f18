/**
 * The control flow graph in its simplest form: constant branches folded, unreachable blocks gone, straight lines merged,
 * empty blocks skipped, returns of one value shared.
 *
 * Each rule looks at one block and is repeated until nothing changes; the graph is taken anew for every round, and rounds
 * are few. A block is skipped only where no phi needs it to tell two edges apart. Headers of loops with a wish to be
 * unrolled keep their block.
 */

import { buildCfg, type Cfg, removeUnreachable, renamePhiSource, successorsOf } from '../ir/cfg.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import type { PassContext } from './pass.ts';
import { branchAlways, countUses, discard, phisOf, Replacements, sweepBlock } from './rewrite.ts';

const maxRounds = 16;

/** Leaves the graph among the facts: its last round finds what it is. */
export function simplifyCfg(func: Func, { analyses }: PassContext): boolean {
  for (let round = 0; round < maxRounds; round++) {
    let cfg = buildCfg(func);
    const removed = removeUnreachable(func, cfg);
    if (removed) cfg = buildCfg(func);
    const simplified = new Simplifier(func, cfg).run();
    if (removed || simplified) continue;
    if (round > 0) analyses.restart(cfg);
    return round > 0;
  }
  return true;
}

class Simplifier {
  private readonly func: Func;
  private readonly cfg: Cfg;
  /** Distinct predecessors by block as they are now, of blocks that were asked for. */
  private readonly predecessors: (Set<BlockId> | undefined)[] = [];
  private readonly replacements = new Replacements();
  private readonly gone = new Set<BlockId>();
  /** Uses of values when the round began, operands of phis that go included: never too low. */
  private readonly useCounts: Int32Array;

  constructor(func: Func, cfg: Cfg) {
    this.func = func;
    this.cfg = cfg;
    this.useCounts = hasSkippablePhis(func) ? countUses(func) : new Int32Array(0);
  }

  run(): boolean {
    const { func } = this;
    let changed = false;
    for (const id of this.cfg.rpo) {
      if (this.simplifyPhis(id)) changed = true;
      const before = successorsOf(func, id);
      if (!this.foldTerminator(func.terminator(id))) continue;
      changed = true;
      const after = new Set(successorsOf(func, id));
      for (const next of before) if (!after.has(next)) this.predecessorsOf(next).delete(id);
    }
    for (const id of this.cfg.rpo) {
      if (this.gone.has(id) || !this.hasPredecessors(id)) continue;
      if (this.mergeIntoPredecessor(id) || this.skipEmpty(id)) changed = true;
    }
    if (this.gone.size > 0) func.layout = func.layout.filter((id) => !this.gone.has(id));
    this.replacements.apply(func);
    return changed;
  }

  private predecessorsOf(id: BlockId): Set<BlockId> {
    return (this.predecessors[id] ??= new Set(this.cfg.predecessors[id]));
  }

  /** The one predecessor of a block. */
  private onlyPredecessor(id: BlockId): BlockId | undefined {
    const [only, second] = this.predecessors[id] ?? this.cfg.predecessors[id] ?? [];
    return second === undefined ? only : undefined;
  }

  private hasPredecessors(id: BlockId): boolean {
    const known = this.predecessors[id];
    return (known === undefined ? this.cfg.predecessors[id]?.length : known.size) !== 0;
  }

  /** Phis whose operands are all one value (or themselves) are that value. */
  private simplifyPhis(id: BlockId): boolean {
    const { func, replacements } = this;
    let changed = false;
    for (const phi of phisOf(func, id)) {
      const value = onlyOperand(func, phi, replacements);
      if (value === undefined) continue;
      replacements.set(phi.id, value);
      discard(func, phi);
      changed = true;
    }
    if (changed) sweepBlock(func, func.block(id));
    return changed;
  }

  private foldTerminator(ins: Ins): boolean {
    switch (ins.op) {
      case Op.condbr:
        return this.foldCondbr(ins);
      case Op.switch:
        return this.foldSwitch(ins);
      default:
        return false;
    }
  }

  private foldCondbr(ins: Ins): boolean {
    const { func } = this;
    const [whenTrue, whenFalse] = ins.targets;
    const [condition] = ins.operands;
    if (whenTrue === undefined || whenFalse === undefined || condition === undefined) return false;
    if (whenTrue === whenFalse) {
      branchAlways(func, ins.block, whenTrue);
      return true;
    }
    const value = func.ins(this.replacements.resolve(condition));
    // Either way may be taken on an undefined value; the second is as good.
    if (value.op !== Op.const && value.op !== Op.undef) return false;
    branchAlways(func, ins.block, value.imm === 1n ? whenTrue : whenFalse);
    return true;
  }

  private foldSwitch(ins: Ins): boolean {
    const { func } = this;
    const [value, ...cases] = ins.operands;
    const [fallback, ...targets] = ins.targets;
    if (value === undefined || fallback === undefined) return false;
    const constant = constantOf(func, this.replacements.resolve(value));
    if (constant !== undefined) {
      const at = cases.findIndex((id) => constantOf(func, id) === constant);
      branchAlways(func, ins.block, targets[at] ?? fallback);
      return true;
    }
    const kept = targets.flatMap((target, i) => (target === fallback ? [] : [i]));
    if (kept.length === targets.length) return false;
    ins.operands = [value, ...kept.flatMap((i) => cases[i] ?? [])];
    ins.targets = [fallback, ...kept.flatMap((i) => targets[i] ?? [])];
    if (kept.length === 0) branchAlways(func, ins.block, fallback);
    return true;
  }

  /** A block whose only predecessor goes nowhere else continues it. */
  private mergeIntoPredecessor(id: BlockId): boolean {
    const { func } = this;
    const from = this.onlyPredecessor(id);
    if (from === undefined || from === id || id === func.entry) return false;
    const branch = func.terminator(from);
    if (branch.op !== Op.br) return false;
    func.block(from).instructions.pop();
    func.values[branch.id] = undefined;
    for (const value of func.block(id).instructions) {
      const ins = func.ins(value);
      if (ins.op === Op.phi) {
        this.replacements.set(ins.id, ins.operands[0] ?? func.undef(ins.type));
        discard(func, ins);
      } else func.append(from, ins);
    }
    for (const next of successorsOf(func, from)) {
      renamePhiSource(func, next, id, from);
      this.predecessorsOf(next).delete(id);
      this.predecessorsOf(next).add(from);
    }
    this.forget(id);
    return true;
  }

  private forget(id: BlockId): void {
    this.func.blocks[id] = undefined;
    this.gone.add(id);
  }

  /** Predecessors of a block that only branches go to its target at once. */
  private skipEmpty(id: BlockId): boolean {
    const { func } = this;
    const block = func.block(id);
    const branch = func.terminator(id);
    const [target] = branch.targets;
    if (branch.op !== Op.br || target === undefined || target === id || id === func.entry) return false;
    const phis = phisOf(func, id);
    if (block.instructions.length !== phis.length + 1) return false;
    const predecessors = [...this.predecessorsOf(id)];
    if (!this.canSkip(id, target, phis, predecessors)) return false;
    this.joinPhis(id, target, phis, predecessors);
    this.predecessorsOf(target).delete(id);
    for (const from of predecessors) {
      const terminator = func.terminator(from);
      terminator.targets = terminator.targets.map((next) => (next === id ? target : next));
      this.predecessorsOf(target).add(from);
    }
    func.values[branch.id] = undefined;
    this.forget(id);
    return true;
  }

  private canSkip(
    id: BlockId,
    target: BlockId,
    phis: readonly Ins[],
    predecessors: readonly BlockId[],
  ): boolean {
    const { func } = this;
    // A loop keeps one latch, and a header that is its own block.
    if (predecessors.length > 1 && this.isBackEdge(id, target)) return false;
    if (predecessors.some((from) => keepsTargets(func.terminator(from)) || this.isBackEdge(from, id)))
      return false;
    const known = this.predecessorsOf(target);
    const wanted = phisOf(func, target);
    // An edge that exists already cannot carry a second value.
    if (wanted.length > 0 && predecessors.some((from) => known.has(from))) return false;
    return phis.every((phi) => this.isUsedOnlyBy(phi, wanted, id));
  }

  private isBackEdge(from: BlockId, to: BlockId): boolean {
    return (this.cfg.rpoIndex[from] ?? 0) >= (this.cfg.rpoIndex[to] ?? 0);
  }

  /** True when all uses of a phi are the operands of the target's phis for this edge. */
  private isUsedOnlyBy(phi: Ins, wanted: readonly Ins[], from: BlockId): boolean {
    const found = wanted.filter((row) => row.operands[row.targets.indexOf(from)] === phi.id).length;
    return found === (this.useCounts[phi.id] ?? 0);
  }

  /** The target's phis take over what the skipped block's phis told apart. */
  private joinPhis(
    id: BlockId,
    target: BlockId,
    phis: readonly Ins[],
    predecessors: readonly BlockId[],
  ): void {
    const { func } = this;
    const inner = new Map(phis.map((phi) => [phi.id, phi]));
    for (const phi of phisOf(func, target)) {
      const at = phi.targets.indexOf(id);
      const value = phi.operands[at];
      if (value === undefined) continue;
      phi.operands.splice(at, 1);
      phi.targets.splice(at, 1);
      const source = inner.get(value);
      for (const from of predecessors) {
        const operand = source?.operands[source.targets.indexOf(from)] ?? value;
        phi.operands.push(operand);
        phi.targets.push(from);
      }
    }
    for (const phi of phis) discard(func, phi);
  }
}

/** Blocks with phis and nothing else: only of their phis the uses are asked for. */
function hasSkippablePhis(func: Func): boolean {
  return func.layout.some((id) => {
    const { instructions } = func.block(id);
    const last = instructions.at(-2);
    return last !== undefined && func.ins(last).op === Op.phi;
  });
}

/** The value that a phi always has; undefined when it depends on the way. */
function onlyOperand(func: Func, phi: Ins, replacements: Replacements): ValueId | undefined {
  let found: ValueId | undefined;
  for (const operand of phi.operands) {
    const value = replacements.resolve(operand);
    if (value === phi.id || value === found) continue;
    if (found !== undefined) return undefined;
    found = value;
  }
  return found ?? func.undef(phi.type);
}

/** Terminators whose targets are known elsewhere (labels of asm). */
function keepsTargets(terminator: Ins): boolean {
  return terminator.op === Op.asm_goto;
}
