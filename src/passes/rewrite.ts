/**
 * What several passes need to change a function: batched replacement of values, batched removal, edges of the graph.
 * Everything here is linear in the function or in what is changed; nothing searches a list per value.
 */

import { removePhiSource } from '../ir/cfg.ts';
import { type Block, type BlockId, type Func, type Ins, InsFlag, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';

/** Values to be replaced by others, applied in one sweep. */
export class Replacements {
  private readonly map = new Map<ValueId, ValueId>();

  get isEmpty(): boolean {
    return this.map.size === 0;
  }

  has(value: ValueId): boolean {
    return this.map.has(value);
  }

  set(from: ValueId, to: ValueId): void {
    const final = this.resolve(to);
    if (final !== from) this.map.set(from, final);
  }

  /** What stands for `value` in the end; chains are shortened on the way (union-find's path halving). */
  resolve(value: ValueId): ValueId {
    let at = value;
    for (let next = this.map.get(at); next !== undefined; next = this.map.get(at)) {
      const after = this.map.get(next);
      if (after !== undefined) this.map.set(at, after);
      at = next;
    }
    return at;
  }

  /** Puts the final values in as operands of one instruction; true when there were any. */
  applyTo(ins: Ins): boolean {
    if (this.map.size === 0) return false;
    const { operands } = ins;
    let changed = false;
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i];
      if (operand === undefined || !this.map.has(operand)) continue;
      operands[i] = this.resolve(operand);
      changed = true;
    }
    return changed;
  }

  /** Puts the final values in everywhere. */
  apply(func: Func): void {
    if (this.map.size === 0) return;
    if (func.names !== undefined)
      for (const from of this.map.keys()) func.takeNames(from, this.resolve(from));
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) {
        const ins = func.values[id];
        if (ins !== undefined) this.applyTo(ins);
      }
    }
  }
}

/** How often each value is an operand. */
export function countUses(func: Func): Int32Array {
  const counts = new Int32Array(func.values.length);
  for (const block of func.layout) {
    for (const id of func.block(block).instructions) {
      const { operands } = func.ins(id);
      for (let i = 0; i < operands.length; i++) {
        const operand = operands[i];
        if (operand !== undefined) counts[operand] = (counts[operand] ?? 0) + 1;
      }
    }
  }
  return counts;
}

/** Forgets an instruction now and leaves its number in the block's list, for `sweep` to take out. */
export function discard(func: Func, ins: Ins): void {
  func.values[ins.id] = undefined;
}

/** Takes discarded instructions out of all lists. */
export function sweep(func: Func): void {
  for (const block of func.eachBlock()) sweepBlock(func, block);
}

export function sweepBlock(func: Func, block: Block): void {
  const { instructions } = block;
  let kept = 0;
  for (const id of instructions) {
    if (func.values[id] !== undefined) instructions[kept++] = id;
  }
  instructions.length = kept;
}

/** True when an unused instruction can go: no effect, and no access that the user marked. */
export function isRemovable(ins: Ins): boolean {
  const row = opRow(ins.op);
  return row.placed && !row.effect && !ins.isVolatile && ins.flags >>> 8 === 0;
}

/** True for accesses that passes must leave as they are. */
export function isOrdered(ins: Ins): boolean {
  return ins.isVolatile || ins.flags >>> 8 !== 0;
}

/**
 * Gives a user of `value` what `load` makes in front of it instead; a phi gets it at the end of each way it comes by, but for
 * the ways from blocks where `keeps` holds (the users' half of LLVM's DemoteRegToStack).
 */
export function reloadOperand(
  func: Func,
  user: Ins,
  value: ValueId,
  load: (before: Ins) => ValueId,
  keeps: (from: BlockId) => boolean,
): void {
  if (user.op !== Op.phi) {
    const loaded = load(user);
    user.operands = user.operands.map((operand) => (operand === value ? loaded : operand));
    return;
  }
  user.operands = user.operands.map((operand, i) => {
    const from = user.targets[i];
    return operand !== value || from === undefined || keeps(from) ? operand : load(func.terminator(from));
  });
}

/** Makes the terminator of `from` a plain branch to `to` and takes the other edges away. */
export function branchAlways(func: Func, from: BlockId, to: BlockId): void {
  const terminator = func.terminator(from);
  for (const target of new Set(terminator.targets)) {
    if (target !== to) removePhiSource(func, target, from);
  }
  terminator.op = Op.br;
  terminator.operands = [];
  terminator.targets = [to];
  terminator.aux = 0;
  terminator.imm = 0n;
  terminator.flags = 0;
}

/** The phis of a block. */
export function phisOf(func: Func, block: BlockId): Ins[] {
  const phis: Ins[] = [];
  for (const id of func.block(block).instructions) {
    const ins = func.ins(id);
    if (ins.op !== Op.phi) break;
    phis.push(ins);
  }
  return phis;
}

/** Makes `ins` another instruction in place, so that its users see the new value. */
export function become(ins: Ins, op: Op, operands: ValueId[]): void {
  ins.op = op;
  ins.operands = operands;
  ins.targets = [];
  ins.aux = 0;
  ins.imm = 0n;
  ins.align = 0;
  ins.flags &= InsFlag.noSignedWrap & (opRow(op).alu === undefined ? 0 : -1);
}
