/**
 * Which machine registers hold a value that is still read, at the start of each block of an allocated function: a bit
 * set per block, bit n for rn. Backward data flow over the blocks of the layout (Aho, Lam, Sethi, Ullman, 9.2.5).
 */

import {
  forEachDefinition,
  forEachUse,
  type MachineFunction,
  type MachineIns,
  successorsOf,
} from './machine.ts';

/** Registers that `ins` reads: bit n for rn. */
export function readRegisters(ins: MachineIns): number {
  let mask = ins.reads;
  forEachUse(ins, (register) => {
    mask |= 1 << register;
  });
  return mask;
}

/** Registers that `ins` writes: bit n for rn. */
export function writtenRegisters(ins: MachineIns): number {
  let mask = ins.writes;
  forEachDefinition(ins, (register) => {
    mask |= 1 << register;
  });
  return mask;
}

/** The registers that are live before `ins`, given those behind it. */
function liveBefore(ins: MachineIns, after: number): number {
  return (after & ~writtenRegisters(ins)) | readRegisters(ins);
}

/** Registers that are live at the start of each block, by block number. */
export function liveRegistersAtStart(func: MachineFunction): Int32Array {
  const live = new Int32Array(func.blocks.length);
  const order = [...func.layout].reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      const block = func.block(id);
      let mask = 0;
      for (const successor of successorsOf(block)) mask |= live[successor] ?? 0;
      for (let i = block.instructions.length - 1; i >= 0; i--) {
        const ins = block.instructions[i];
        if (ins !== undefined) mask = liveBefore(ins, mask);
      }
      if (live[id] === mask) continue;
      live[id] = mask;
      changed = true;
    }
  }
  return live;
}
