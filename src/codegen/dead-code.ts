/**
 * Removes machine instructions whose only effect is a virtual register that nobody reads: what selection folded into
 * its users. Linear: reads are counted once, and a removal lowers the counts of what it read.
 */

import {
  forEachDefinition,
  forEachUse,
  isPure,
  isVirtual,
  type MachineFunction,
  type MachineIns,
  type Register,
} from './machine.ts';

/** Does the instruction only write a virtual register, and may it therefore go when that is not read? */
function isRemovable(ins: MachineIns): boolean {
  return isPure(ins) && isVirtual(ins.dst);
}

export function removeDeadInstructions(func: MachineFunction): void {
  const readers = new Int32Array(func.nextRegister);
  const writers = new Map<Register, MachineIns[]>();
  for (const block of func.eachBlock()) {
    for (const ins of block.instructions) {
      forEachUse(ins, (register) => {
        readers[register] = (readers[register] ?? 0) + 1;
      });
      forEachDefinition(ins, (register) => {
        const list = writers.get(register);
        if (list === undefined) writers.set(register, [ins]);
        else list.push(ins);
      });
    }
  }
  const dead = new Set<MachineIns>();
  const work = [...writers.keys()].filter((register) => isVirtual(register) && readers[register] === 0);
  for (let register = work.pop(); register !== undefined; register = work.pop()) {
    for (const ins of writers.get(register) ?? []) {
      if (dead.has(ins) || !isRemovable(ins)) continue;
      dead.add(ins);
      forEachUse(ins, (read) => {
        const left = (readers[read] ?? 0) - 1;
        readers[read] = left;
        if (left === 0 && isVirtual(read)) work.push(read);
      });
    }
  }
  if (dead.size === 0) return;
  for (const block of func.eachBlock()) {
    block.instructions = block.instructions.filter((ins) => !dead.has(ins));
  }
}
