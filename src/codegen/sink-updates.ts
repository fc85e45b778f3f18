/**
 * Moves an operation on a register and a constant (`next = i + 1`) behind the last use of the register in its block, so that
 * both values can have one machine register: what was two live ranges at once becomes one in place.
 *
 * Needs three-address form with virtual registers. Nothing is moved over a read or write of the result or over a write of
 * the operand, so each instruction computes what it did. Linear in the block.
 */

import {
  forEachDefinition,
  forEachUse,
  isPure,
  isVirtual,
  type MachineBlock,
  type MachineFunction,
  type MachineIns,
  type Register,
} from './machine.ts';

/** Positions in one block at which registers are read and written, ascending. */
class Positions {
  private readonly lists = new Map<Register, number[]>();

  add(register: Register, index: number): void {
    const list = this.lists.get(register);
    if (list === undefined) this.lists.set(register, [index]);
    else if (list[list.length - 1] !== index) list.push(index);
  }

  last(register: Register): number {
    return this.lists.get(register)?.at(-1) ?? -1;
  }

  /** The first position after `index`; infinite without one. */
  after(register: Register, index: number): number {
    return this.lists.get(register)?.find((position) => position > index) ?? Number.POSITIVE_INFINITY;
  }
}

function isUpdate(ins: MachineIns): boolean {
  return ins.left >= 0 && ins.src < 0 && isVirtual(ins.left) && isVirtual(ins.dst) && isPure(ins);
}

function sinkInBlock(block: MachineBlock): void {
  const { instructions } = block;
  if (!instructions.some(isUpdate)) return;
  const reads = new Positions();
  const writes = new Positions();
  instructions.forEach((ins, index) => {
    forEachUse(ins, (register) => reads.add(register, index));
    forEachDefinition(ins, (register) => writes.add(register, index));
  });
  const behind = new Map<number, MachineIns[]>();
  const moved = new Set<MachineIns>();
  instructions.forEach((ins, index) => {
    const to = isUpdate(ins) ? reads.last(ins.left) : -1;
    if (to <= index || to === instructions.length - 1) return;
    const limit = Math.min(
      reads.after(ins.dst, index),
      writes.after(ins.dst, index),
      writes.after(ins.left, index),
    );
    if (to >= limit) return;
    moved.add(ins);
    const list = behind.get(to);
    if (list === undefined) behind.set(to, [ins]);
    else list.push(ins);
  });
  if (moved.size === 0) return;
  block.instructions = instructions.flatMap((ins, index) => [
    ...(moved.has(ins) ? [] : [ins]),
    ...(behind.get(index) ?? []),
  ]);
}

export function sinkUpdates(func: MachineFunction): void {
  for (const block of func.eachBlock()) sinkInBlock(block);
}
