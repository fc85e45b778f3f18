/**
 * Checks that a function keeps the rules of the IR; run after every pass in tests and under an option.
 *
 *  V1  A block is not empty, and its last instruction is its only terminator.
 *  V2  Phis stand first and have exactly one operand for each distinct predecessor.
 *  V3  An operand exists, is no removed value and has a value at all; `block` of an instruction is where it stands.
 *  V4  A definition dominates its uses (for a phi, the end of the predecessor).
 *  V5  The number of operands is that of the op table.
 *  V6  Types are those of the op table and of the operation.
 *  V7  Allocas stand in the entry block and have a row in `locals`.
 *  V8  The layout names every block once, the entry first; the entry has no predecessors.
 *  V9  Cases of a switch are constants of the value's type, each once.
 *  V10 Targets exist, as many as the terminator needs.
 *  V11 Rows of tables that are named (asm, core relocation, symbol) exist; predicates and operations too.
 *  V12 `asm_output` stands right after its asm or another output of it.
 *  V13 Accesses have a power of two as alignment and a type that memory holds.
 *  V14 `ret` gives what the function returns.
 *  V15 (late) A call has at most five arguments.
 *  V16 (late) Nothing is left that code generation does not take: no switch, block operation, bit count or open
 *      `is_constant`; arithmetic on i32 and i64, comparison of i32, i64 and pointers, and on i1 only and, or, xor.
 *
 * V2 and V4 look at reachable blocks only.
 */

import { Analyses } from './analyses.ts';
import { type Block, type BlockId, type Func, type Ins, successors, type ValueId } from './func.ts';
import type { Module } from './module.ts';
import { Op, opRow } from './ops.ts';
import { checkTypes, isSelectable } from './validator-types.ts';

export interface Violation {
  /** `V1`... as in the header of this file. */
  readonly rule: string;
  readonly message: string;
  readonly ins: Ins | undefined;
  readonly block: Block | undefined;
}

export interface ValidateOptions {
  /** The end of the pipeline: rules marked late hold too. */
  readonly late?: boolean;
}

/** All violations, in layout order; none for a sound function. */
export function validateFunction(
  module: Module,
  func: Func,
  analyses: Analyses,
  options: ValidateOptions = {},
): Violation[] {
  const validator = new Validator(module, func);
  if (!validator.checkLayout()) return validator.violations;
  for (const block of func.eachBlock()) validator.checkBlock(block, options.late === true);
  // Dominance makes sense only where the graph does.
  if (validator.violations.length === 0) validator.checkGraph(analyses);
  return validator.violations;
}

/** The violations of all functions. */
export function validateModule(module: Module, options: ValidateOptions = {}): Violation[] {
  return [...module.functions()].flatMap((func) =>
    validateFunction(module, func, new Analyses(func), options),
  );
}

class Validator {
  readonly violations: Violation[] = [];
  private readonly module: Module;
  private readonly func: Func;
  /** Place of each placed value in its block. */
  private readonly places: Int32Array;

  constructor(module: Module, func: Func) {
    this.module = module;
    this.func = func;
    this.places = new Int32Array(func.values.length).fill(-1);
    for (const id of func.layout) {
      func.blocks[id]?.instructions.forEach((value, index) => {
        this.places[value] = index;
      });
    }
  }

  private violate(rule: string, message: string, ins?: Ins, block?: Block): void {
    this.violations.push({ rule, message, ins, block });
  }

  /** V8; false when the rest makes no sense. */
  checkLayout(): boolean {
    const { func } = this;
    const seen = new Set<BlockId>(func.layout);
    const missing = func.blocks.filter((block) => block !== undefined && !seen.has(block.id));
    if (seen.size !== func.layout.length) this.violate('V8', 'a block stands twice in the layout');
    for (const block of missing) this.violate('V8', `b${block?.id} is not in the layout`, undefined, block);
    for (const id of func.layout) {
      if (func.blocks[id] === undefined) this.violate('V8', `b${id} of the layout does not exist`);
    }
    if (func.layout[0] !== func.entry) this.violate('V8', 'the entry is not the first block');
    return this.violations.length === 0;
  }

  checkBlock(block: Block, late: boolean): void {
    const { func } = this;
    if (block.instructions.length === 0) this.violate('V1', `b${block.id} is empty`, undefined, block);
    let phisEnded = false;
    block.instructions.forEach((id, index) => {
      const ins = func.values[id];
      if (ins === undefined) {
        this.violate('V3', `v${id} of b${block.id} is removed`, undefined, block);
        return;
      }
      if (ins.block !== block.id) this.violate('V3', `v${id} thinks it is in b${ins.block}`, ins);
      const isLast = index === block.instructions.length - 1;
      if (opRow(ins.op).terminator !== isLast) {
        this.violate('V1', isLast ? 'the block does not end here' : 'a terminator inside a block', ins);
      }
      if (ins.op !== Op.phi) phisEnded = true;
      else if (phisEnded) this.violate('V2', 'a phi after other instructions', ins);
      this.checkInstruction(ins, block, index, late);
    });
  }

  private checkInstruction(ins: Ins, block: Block, index: number, late: boolean): void {
    if (!this.checkOperands(ins)) return;
    this.checkTargets(ins);
    checkTypes(this.module, this.func, ins, (rule, message) => {
      this.violate(rule, message, ins);
    });
    if (ins.op === Op.alloca) {
      if (block.id !== this.func.entry) this.violate('V7', 'an alloca outside of the entry block', ins);
      if (this.func.locals[ins.aux] === undefined) this.violate('V7', `no local ${ins.aux}`, ins);
    }
    if (ins.op === Op.asm_output) this.checkAsmOutput(ins, block, index);
    const isCall = ins.op === Op.call || ins.op === Op.call_helper || ins.op === Op.call_indirect;
    const count = ins.operands.length - (ins.op === Op.call_indirect ? 1 : 0);
    if (!late) return;
    if (isCall && count > 5) this.violate('V15', `${count} arguments`, ins);
    if (!isSelectable(this.func, ins)) this.violate('V16', `${opRow(ins.op).name} in this form`, ins);
  }

  /** V3 and V5. */
  private checkOperands(ins: Ins): boolean {
    const { operands } = opRow(ins.op);
    if (operands !== 'variadic' && ins.operands.length !== operands) {
      this.violate('V5', `${operands} operands wanted, ${ins.operands.length} given`, ins);
      return false;
    }
    for (const operand of ins.operands) {
      const value = this.func.values[operand];
      const isThere = value !== undefined && (!opRow(value.op).placed || (this.places[operand] ?? -1) >= 0);
      if (isThere && value.type !== 0) continue;
      this.violate('V3', `operand v${operand} ${isThere ? 'has no value' : 'does not exist'}`, ins);
      return false;
    }
    return true;
  }

  /** V10. */
  private checkTargets(ins: Ins): void {
    const wanted = targetCount(ins);
    const count = ins.targets.length;
    const isRight = wanted === 'some' ? count > 0 : count === wanted;
    if (!isRight) this.violate('V10', `${wanted} targets wanted, ${count} given`, ins);
    for (const target of ins.targets) {
      if (this.func.blocks[target] === undefined) this.violate('V10', `no block b${target}`, ins);
    }
  }

  /** V12. */
  private checkAsmOutput(ins: Ins, block: Block, index: number): void {
    const before = this.func.values[block.instructions[index - 1] ?? -1];
    const [asm] = ins.operands;
    const follows = before?.id === asm || (before?.op === Op.asm_output && before.operands[0] === asm);
    if (!follows) this.violate('V12', 'asm_output apart from its asm', ins);
  }

  /** V2, V4 and the entry's part of V8. */
  checkGraph(analyses: Analyses): void {
    const { func } = this;
    const { cfg, dominators } = analyses;
    for (const id of func.layout) {
      const last = func.terminator(id);
      if (successors(last).includes(func.entry)) this.violate('V8', 'a branch to the entry block', last);
    }
    for (const id of cfg.rpo) {
      for (const value of func.block(id).instructions) {
        const ins = func.ins(value);
        if (ins.op === Op.phi) this.checkPhi(ins, cfg.predecessors[id] ?? []);
        ins.operands.forEach((operand, i) => {
          const from = ins.op === Op.phi ? (ins.targets[i] ?? id) : id;
          if (ins.op === Op.phi && (cfg.rpoIndex[from] ?? -1) < 0) return;
          if (!this.isAvailable(operand, ins, from, (a, b) => dominators.dominates(a, b))) {
            this.violate('V4', `v${operand} does not dominate this use`, ins);
          }
        });
      }
    }
  }

  private checkPhi(phi: Ins, predecessors: readonly BlockId[]): void {
    const sources = new Set(phi.targets);
    if (sources.size !== phi.targets.length) this.violate('V2', 'two operands for one predecessor', phi);
    for (const from of predecessors) {
      if (!sources.has(from)) this.violate('V2', `no operand for predecessor b${from}`, phi);
      sources.delete(from);
    }
    for (const from of sources) this.violate('V2', `b${from} is no predecessor`, phi);
  }

  private isAvailable(
    operand: ValueId,
    user: Ins,
    from: BlockId,
    dominates: (a: BlockId, b: BlockId) => boolean,
  ): boolean {
    const value = this.func.ins(operand);
    if (!opRow(value.op).placed) return true;
    if (value.block !== from) return dominates(value.block, from);
    return user.op === Op.phi || (this.places[operand] ?? 0) < (this.places[user.id] ?? 0);
  }
}

function targetCount(ins: Ins): number | 'some' {
  switch (ins.op) {
    case Op.br:
      return 1;
    case Op.condbr:
      return 2;
    case Op.switch:
    case Op.phi:
      return ins.operands.length;
    case Op.asm_goto:
      return 'some';
    default:
      return 0;
  }
}

/** One line for people: rule, place, text. */
export function describeViolation(violation: Violation): string {
  const { rule, message, ins, block } = violation;
  const place =
    ins !== undefined ? `v${ins.id} (${opRow(ins.op).name})` : block ? `b${block.id}` : 'function';
  return `${rule} at ${place}: ${message}`;
}
