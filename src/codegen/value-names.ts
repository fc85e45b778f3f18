/**
 * Names of values -> names of instructions: which variable does what an instruction makes become? After selection, and only for a
 * function that has names.
 *
 * A virtual register is called what the values are that it holds. A copy hands its register's name on to a source without one:
 * what becomes `x` in the next block may be called so. A register that gets several values without being a variable is called what
 * all of them are. Then every instruction that defines a named register has the names; the call in front of the copy of its result, too,
 * because that copy mostly goes. The names go with the instructions through everything that follows.
 */

import type { Func } from '../ir/func.ts';
import { commonNames, joinNames, type ValueName } from '../ir/value-names.ts';
import { Kind } from '../isa/table.ts';
import {
  forEachDefinition,
  isVirtual,
  type MachineFunction,
  type MachineIns,
  Pseudo,
  type Register,
} from './machine.ts';
import type { Selection } from './selection.ts';

type RegisterNames = Map<Register, readonly ValueName[]>;

function namesOfRegisters(func: Func, selection: Selection): RegisterNames {
  const found: RegisterNames = new Map();
  for (const [value, names] of func.names?.entries() ?? []) {
    const register = func.values[value] === undefined ? -1 : selection.registerOf(value);
    if (register >= 0) found.set(register, joinNames(found.get(register) ?? [], names));
  }
  return found;
}

/** The copies into each virtual register. */
function copiesInto(machine: MachineFunction): Map<Register, MachineIns[]> {
  const copies = new Map<Register, MachineIns[]>();
  for (const block of machine.eachBlock()) {
    for (const ins of block.instructions) {
      if (ins.opcode !== Pseudo.copy || !isVirtual(ins.dst) || !isVirtual(ins.src)) continue;
      const list = copies.get(ins.dst);
      if (list === undefined) copies.set(ins.dst, [ins]);
      else list.push(ins);
    }
  }
  return copies;
}

function handOn(names: RegisterNames, copies: ReadonlyMap<Register, readonly MachineIns[]>): void {
  for (const [register, list] of copies) {
    if (names.has(register)) continue;
    const sources = list.map(({ src }) => names.get(src) ?? []);
    const common = sources.reduce(commonNames);
    if (common.length > 0) names.set(register, common);
  }
  for (const [register, list] of copies) {
    const known = names.get(register);
    if (known === undefined) continue;
    for (const { src } of list) if (!names.has(src)) names.set(src, known);
  }
}

/** Does it put a value where a function or a caller wants it? */
function isPassing({ opcode, dst, src }: MachineIns): boolean {
  return (opcode === Pseudo.copy || opcode === Kind.mov32_reg) && !isVirtual(dst) && isVirtual(src);
}

/** For an instruction that makes the address of a variable. */
function addressName(machine: MachineFunction, ins: MachineIns): ValueName | undefined {
  if (ins.opcode !== Pseudo.frame_address || ins.off !== 0) return undefined;
  const { local } = machine.frameObject(ins.object);
  const isNamed = local !== undefined && local.isTemporary === undefined;
  return isNamed ? { local, part: 0, pos: local.pos, isStored: false, isAddress: true } : undefined;
}

/** Gives the instructions of a selected function the names of what they make. */
export function nameInstructions(func: Func, selection: Selection): void {
  const { machine } = selection;
  const names = namesOfRegisters(func, selection);
  handOn(names, copiesInto(machine));
  for (const block of machine.eachBlock()) {
    let before: MachineIns | undefined;
    for (const ins of block.instructions) {
      forEachDefinition(ins, (register) => {
        if (register === ins.dst) ins.names = names.get(isPassing(ins) ? ins.src : register);
      });
      const address = addressName(machine, ins);
      if (address !== undefined) ins.names = [address];
      const isResult = ins.opcode === Pseudo.copy && ins.src === 0 && ((before?.writes ?? 0) & 1) !== 0;
      if (isResult && before !== undefined && before.dst < 0) before.names = ins.names;
      before = ins;
    }
  }
}
