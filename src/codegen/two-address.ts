/**
 * Three-address to two-address form: `dst = left op src` becomes `dst = copy left; dst op= src`. The copies are what the
 * allocator removes by giving both the same register ("move mitosis").
 *
 * Where the operation commutes and `left` lives on while `src` dies here, the operands change places, which
 * saves the copy. Liveness inside the block is enough to decide: registers that are read later in the block or in
 * another block count as living on. An operand that the result is copied to later (a loop's accumulator) goes to the left
 * in any case, so that the whole cycle shares one register.
 */

import { forEachUse, type MachineFunction, MachineIns, Pseudo, type Register, rowOf } from './machine.ts';

const commutative: ReadonlySet<string> = new Set(['add', 'mul', 'and', 'or', 'xor']);

/** Registers that are read in a block where they are not first defined. */
function crossBlockRegisters(func: MachineFunction): Uint8Array {
  const blockOf = new Int32Array(func.nextRegister).fill(-1);
  const crossing = new Uint8Array(func.nextRegister);
  for (const block of func.eachBlock()) {
    const note = (register: Register): void => {
      if (blockOf[register] === -1) blockOf[register] = block.id;
      else if (blockOf[register] !== block.id) crossing[register] = 1;
    };
    for (const ins of block.instructions) {
      forEachUse(ins, note);
      if (ins.dst >= 0) note(ins.dst);
    }
  }
  return crossing;
}

/** Where a register's value is copied to, for registers with one such copy. */
function copyTargets(func: MachineFunction): Int32Array {
  const targets = new Int32Array(func.nextRegister).fill(-1);
  for (const block of func.eachBlock()) {
    for (const ins of block.instructions) {
      if (ins.opcode === Pseudo.copy && ins.src >= 0) targets[ins.src] = ins.dst;
    }
  }
  return targets;
}

function isCommutative(ins: MachineIns): boolean {
  const row = rowOf(ins.opcode);
  return row !== undefined && row.form === 'alu_reg' && commutative.has(row.operation);
}

export function toTwoAddress(func: MachineFunction): void {
  const crossing = crossBlockRegisters(func);
  const copiedTo = copyTargets(func);
  /** Position of the last read in the current block. */
  const lastRead = new Int32Array(func.nextRegister);
  for (const block of func.eachBlock()) {
    if (!block.instructions.some((ins) => ins.left >= 0)) continue;
    block.instructions.forEach((ins, index) => {
      forEachUse(ins, (register) => {
        lastRead[register] = index;
      });
    });
    const dies = (register: Register, index: number): boolean =>
      crossing[register] === 0 && lastRead[register] === index;
    const result: MachineIns[] = [];
    block.instructions.forEach((ins, index) => {
      if (ins.left >= 0) {
        if (isCommutative(ins)) {
          const accumulator = copiedTo[ins.dst] ?? -1;
          const isAccumulated = accumulator === ins.src && accumulator !== ins.left;
          const isCheaper = !dies(ins.left, index) && dies(ins.src, index) && accumulator !== ins.left;
          if (isAccumulated || isCheaper) [ins.left, ins.src] = [ins.src, ins.left];
        }
        if (ins.src === ins.left && ins.src >= 0) ins.src = ins.dst;
        if (ins.left !== ins.dst) {
          result.push(new MachineIns(Pseudo.copy, ins.dst, ins.left, 0, 0, ins.pos));
        }
        ins.left = -1;
      }
      result.push(ins);
    });
    block.instructions = result;
  }
}
