/**
 * The final peephole: drops moves, constants and reloads whose register holds the value already, and turns a reload into
 * a move while another register still has the value.
 *
 * Method: value numbers of registers and spill slots, forward through extended basic blocks: a block with one predecessor
 * goes on with what its predecessor knew at the end, and where the branch was an equality test with a constant, with
 * that. (`if r0 == 0 goto L` ... `L: r0 = 0`.) Blocks must be laid out, registers and stack settled.
 */

import { Kind } from '../isa/table.ts';
import {
  forEachDefinition,
  type MachineBlock,
  type MachineFunction,
  MachineIns,
  Pseudo,
  predecessorsOf,
  rowOf,
} from './machine.ts';

const registerCount = 10;

/** Value numbers by location: registers 0-9, spill slots by their (negative) offset. */
type Knowledge = Map<number, number>;

class Numberer {
  private readonly constants = new Map<string, number>();
  private next = 0;

  fresh(): number {
    return this.next++;
  }

  constant(key: string): number {
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const made = this.fresh();
    this.constants.set(key, made);
    return made;
  }
}

/** What a constant's value is, as a key; undefined for instructions that make no constant. */
function constantKey(ins: MachineIns): string | undefined {
  if (ins.core >= 0) return undefined;
  if (ins.opcode === Pseudo.frame_address) return `frame ${ins.object} ${ins.off}`;
  if (ins.opcode === Kind.mov64_imm) return `${BigInt.asUintN(64, BigInt(ins.imm))}`;
  if (ins.opcode === Kind.mov32_imm) return `${BigInt.asUintN(32, BigInt(ins.imm))}`;
  if (ins.opcode !== Kind.lddw) return undefined;
  return ins.symbol >= 0 ? `symbol ${ins.symbol} ${ins.wide}` : `${BigInt.asUintN(64, ins.wide)}`;
}

class Sweep {
  private readonly func: MachineFunction;
  private readonly numberer = new Numberer();
  /** Knowledge at the end of each block swept so far. */
  private readonly ends: (Knowledge | undefined)[] = [];
  private readonly predecessors: number[][];

  constructor(func: MachineFunction) {
    this.func = func;
    this.predecessors = predecessorsOf(func);
  }

  run(): void {
    for (const block of this.func.eachBlock()) {
      const known = this.atStart(block);
      block.instructions = block.instructions.flatMap((ins) => this.step(ins, known));
      this.ends[block.id] = known;
    }
  }

  private atStart(block: MachineBlock): Knowledge {
    const [only, ...others] = this.predecessors[block.id] ?? [];
    const before = only === undefined || others.length > 0 ? undefined : this.ends[only];
    if (only === undefined || before === undefined) return new Map();
    const known = new Map(before);
    const branch = this.func.block(only).instructions.at(-1);
    if (branch === undefined || branch.otherTarget < 0) return known;
    const isEqual =
      (branch.opcode === Kind.jeq64_imm && branch.target === block.id) ||
      (branch.opcode === Kind.jne64_imm && branch.otherTarget === block.id);
    if (isEqual) known.set(branch.dst, this.numberer.constant(`${BigInt.asUintN(64, BigInt(branch.imm))}`));
    return known;
  }

  /** The instructions that take this one's place: itself, another or none. */
  private step(ins: MachineIns, known: Knowledge): MachineIns[] {
    const value = this.valueOf(ins, known);
    if (value !== undefined) {
      if (known.get(ins.dst) === value) return [];
      known.set(ins.dst, value);
      return [this.asMove(ins, value, known)];
    }
    const slot = this.slotOf(ins);
    if (ins.opcode === Kind.stx_dw && slot !== undefined) {
      known.set(slot, this.numberAt(ins.src, known));
      return [ins];
    }
    this.forgetBytes(ins, known);
    forEachDefinition(ins, (register) => known.delete(register));
    for (let register = 0; register < registerCount; register++) {
      if ((ins.writes & (1 << register)) !== 0) known.delete(register);
    }
    return [ins];
  }

  /** The number of the value that the instruction puts into its `dst`; undefined when it is no plain move. */
  private valueOf(ins: MachineIns, known: Knowledge): number | undefined {
    if (ins.opcode === Pseudo.copy) return this.numberAt(ins.src, known);
    const slot = this.slotOf(ins);
    if (ins.opcode === Kind.ldx_dw && slot !== undefined) return this.numberAt(slot, known);
    const key = constantKey(ins);
    return key === undefined ? undefined : this.numberer.constant(key);
  }

  private numberAt(location: number, known: Knowledge): number {
    const number = known.get(location) ?? this.numberer.fresh();
    known.set(location, number);
    return number;
  }

  /** A reload as a move from a register that has the value. */
  private asMove(ins: MachineIns, value: number, known: Knowledge): MachineIns {
    if (ins.opcode !== Kind.ldx_dw) return ins;
    for (let register = 0; register < registerCount; register++) {
      if (register !== ins.dst && known.get(register) === value) {
        return new MachineIns(Pseudo.copy, ins.dst, register, 0, 0, ins.pos);
      }
    }
    return ins;
  }

  /** Offset of the spill slot that a load or store names. */
  private slotOf(ins: MachineIns): number | undefined {
    if (ins.object < 0 || ins.off !== 0 || ins.core >= 0) return undefined;
    const object = this.func.frameObject(ins.object);
    return object.kind === 'spill' ? object.offset : undefined;
  }

  /** Locals may share bytes with a slot at other times, so a write to memory ends what is known of slots. */
  private forgetBytes(ins: MachineIns, known: Knowledge): void {
    const row = rowOf(ins.opcode);
    const isStore = row !== undefined && row.off === 'memory' && row.form !== 'load';
    const mayWrite = isStore || ins.asm !== undefined || row?.operation === 'call';
    if (!mayWrite) return;
    for (const location of [...known.keys()]) if (location < 0) known.delete(location);
  }
}

export function removeRedundantMoves(func: MachineFunction): void {
  new Sweep(func).run();
}
