/**
 * Which instructions refer to which stack objects: by name, or through registers that hold an address derived from them.
 *
 * An object whose address may be found elsewhere has *escaped*: it was stored to memory, returned, given to inline assembly or to
 * another subprogram. Helpers do not keep pointers to the stack beyond the call.
 */

import { Kind } from '../isa/table.ts';
import {
  forEachUse,
  isVirtual,
  type MachineFunction,
  type MachineIns,
  Pseudo,
  type Register,
  registerUses,
  rowOf,
} from './machine.ts';

export interface StackReferences {
  readonly escaped: ReadonlySet<number>;
  /** Objects that the instruction names or reaches through a register. */
  of(ins: MachineIns): ReadonlySet<number>;
}

const nothing: ReadonlySet<number> = new Set();

class ReferenceCollector implements StackReferences {
  readonly escaped = new Set<number>();
  private readonly func: MachineFunction;
  private readonly derived = new Map<Register, Set<number>>();
  /** Objects whose addresses a call gets. */
  private readonly passed = new Map<MachineIns, ReadonlySet<number>>();

  constructor(func: MachineFunction) {
    this.func = func;
    let isGrowing = true;
    while (isGrowing) {
      isGrowing = false;
      for (const ins of this.instructions()) if (this.derive(ins)) isGrowing = true;
    }
    for (const block of func.eachBlock()) this.findEscapes(block.instructions);
  }

  private *instructions(): Generator<MachineIns> {
    for (const block of this.func.eachBlock()) yield* block.instructions;
  }

  of(ins: MachineIns): ReadonlySet<number> {
    const named =
      ins.object >= 0 && ins.opcode !== Pseudo.lifetime_start && ins.opcode !== Pseudo.lifetime_end;
    const result = new Set<number>(this.passed.get(ins));
    if (named) for (const object of this.func.objectsNamed(ins)) result.add(object);
    forEachUse(ins, (register) => {
      for (const object of this.derived.get(register) ?? nothing) result.add(object);
    });
    for (const operand of ins.asm?.operands ?? []) if (operand.object >= 0) result.add(operand.object);
    return result.size === 0 ? nothing : result;
  }

  /** Passes addresses on to the register that the instruction computes. */
  private derive(ins: MachineIns): boolean {
    const { dst } = registerUses(ins.opcode);
    if ((dst !== 'write' && dst !== 'update') || !isVirtual(ins.dst) || rowOf(ins.opcode)?.off === 'memory') {
      return false;
    }
    const objects = this.of(ins);
    if (objects.size === 0) return false;
    const known = this.derived.get(ins.dst) ?? new Set();
    const before = known.size;
    for (const object of objects) known.add(object);
    this.derived.set(ins.dst, known);
    return known.size > before;
  }

  private findEscapes(instructions: readonly MachineIns[]): void {
    /** Objects whose addresses are in argument registers. */
    const passed = new Set<number>();
    for (const ins of instructions) {
      const isOurs = ins.opcode === Kind.call_local || ins.opcode === Kind.callx;
      if (isOurs || ins.asm !== undefined) this.escape(passed);
      if (ins.asm !== undefined) this.escape(this.of(ins));
      const row = rowOf(ins.opcode);
      if (row?.operation === 'call' && passed.size > 0) {
        this.passed.set(ins, new Set(passed));
        passed.clear();
      }
      if (row?.off === 'memory' && row.form !== 'load' && row.src !== 'none') {
        this.escape(this.derived.get(ins.src) ?? nothing);
      }
      if (isVirtual(ins.dst) || registerUses(ins.opcode).dst !== 'write') continue;
      for (const object of this.of(ins)) {
        if (ins.dst >= 1 && ins.dst <= 5 && row?.off !== 'memory') passed.add(object);
        else if (row?.off !== 'memory') this.escaped.add(object);
      }
    }
  }

  private escape(objects: Iterable<number>): void {
    for (const object of objects) this.escaped.add(object);
  }
}

export function stackReferences(func: MachineFunction): StackReferences {
  return new ReferenceCollector(func);
}
