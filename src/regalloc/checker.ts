/**
 * An independent check of register allocation: the function before and after -> a list of faults. It knows nothing of
 * intervals, weights or splitting; it runs the two programs side by side over all paths.
 *
 * Lattice. A location is a machine register or a stack slot (by its byte offset). To each location belongs the set of names
 * whose current value it certainly holds; names are the virtual registers of the original and the machine registers that the
 * original mentions itself. Unvisited is the top (every name), paths meet by intersection, so facts only shrink
 * and the iteration ends.
 *
 * Transfer.
 * - an original instruction: each name it reads must be in the set of the register that the placed instruction reads; what it
 *   destroys holds nothing; each name it writes leaves every set, and the register written holds that name alone;
 *   what an asm destroys is none of its inputs' registers;
 * - an original copy `d = s`, placed or dropped: d leaves every set and joins every set that has s;
 * - an inserted move, reload or store: the destination's set becomes the source's;
 * - an inserted constant: allowed when its name has exactly one definition in the original, which is the same instruction;
 * - a store of the program into a stack object empties the slots whose bytes it overlaps.
 *
 * Rules besides: placed instructions equal their originals but for registers; early outputs share no register with inputs;
 * outputs are not among the destroyed registers; r10 and reserved registers are not written; no original instruction is missing.
 * (The idea is that of regalloc2's checker: "symbolic" execution of the allocated code against the names of the original.)
 */

import {
  type AllocatedInstruction,
  forEachDefinition,
  forEachUse,
  isPure,
  type MachineFunction,
  type MachineIns,
  Pseudo,
  type Register,
  rowOf,
} from '../codegen/machine.ts';
import { printMachineIns } from '../codegen/print-machine.ts';
import { Kind } from '../isa/table.ts';

/** What is to be compared. Blocks are by number; `func` has its frame laid out. */
export interface AllocationCase {
  readonly func: MachineFunction;
  readonly original: readonly (readonly MachineIns[])[];
  readonly allocated: readonly (readonly AllocatedInstruction[])[];
}

type Names = ReadonlySet<number>;

const registerCount = 10;
const slotSize = 8;
const nothing: Names = new Set();

/** Names by location: registers 0-9, then slots by offset from r10 (negative). */
class State {
  readonly names: Map<number, Names>;

  constructor(names: Map<number, Names>) {
    this.names = names;
  }

  at(location: number): Names {
    return this.names.get(location) ?? nothing;
  }

  set(location: number, names: Names): void {
    if (names.size === 0) this.names.delete(location);
    else this.names.set(location, names);
  }

  /** Takes a name out of every location. */
  forget(name: number): void {
    for (const [location, names] of [...this.names]) {
      if (!names.has(name)) continue;
      const left = new Set(names);
      left.delete(name);
      this.set(location, left);
    }
  }

  /** Every location that holds `source` also holds `name` from now on. */
  alias(name: number, source: number): void {
    if (name === source) return;
    this.forget(name);
    for (const [location, names] of [...this.names]) {
      if (names.has(source)) this.names.set(location, new Set([...names, name]));
    }
  }

  /** Keeps what both have; true when something was lost. */
  meet(other: State): boolean {
    let shrank = false;
    for (const [location, names] of [...this.names]) {
      const rival = other.at(location);
      const common = new Set([...names].filter((name) => rival.has(name)));
      if (common.size === names.size) continue;
      this.set(location, common);
      shrank = true;
    }
    return shrank;
  }

  clone(): State {
    return new State(new Map(this.names));
  }
}

function usesOf(ins: MachineIns): Register[] {
  const result: Register[] = [];
  forEachUse(ins, (register) => result.push(register));
  return result;
}

function definitionsOf(ins: MachineIns): { readonly register: Register; readonly isEarly: boolean }[] {
  const result: { register: Register; isEarly: boolean }[] = [];
  forEachDefinition(ins, (register, isEarly) => result.push({ register, isEarly }));
  return result;
}

/** Everything but the registers. */
function sameButRegisters(a: MachineIns, b: MachineIns): boolean {
  return (
    a.opcode === b.opcode &&
    a.off === b.off &&
    a.imm === b.imm &&
    a.wide === b.wide &&
    a.symbol === b.symbol &&
    a.core === b.core &&
    a.object === b.object &&
    a.target === b.target &&
    a.otherTarget === b.otherTarget &&
    a.reads === b.reads &&
    a.writes === b.writes &&
    a.asm?.info === b.asm?.info
  );
}

class Checker {
  private readonly subject: AllocationCase;
  private readonly faults = new Set<string>();
  private readonly definitions = new Map<Register, MachineIns[]>();
  private readonly entryStates: (State | undefined)[] = [];
  private block = -1;

  constructor(subject: AllocationCase) {
    this.subject = subject;
    for (const id of subject.func.layout) {
      for (const ins of subject.original[id] ?? []) {
        for (const { register } of definitionsOf(ins)) {
          const list = this.definitions.get(register);
          if (list === undefined) this.definitions.set(register, [ins]);
          else list.push(ins);
        }
      }
    }
  }

  run(): string[] {
    const { func, original, allocated } = this.subject;
    for (const id of func.layout) {
      this.block = id;
      const origins = (allocated[id] ?? []).flatMap(({ origin }) => (origin === undefined ? [] : [origin]));
      const wanted = original[id] ?? [];
      if (origins.length !== wanted.length || origins.some((ins, index) => ins !== wanted[index])) {
        this.fault('instructions are missing, added or out of order');
      }
    }
    const entry = func.layout[0] ?? 0;
    this.entryStates[entry] = new State(
      new Map([1, 2, 3, 4, 5].map((register) => [register, new Set([register])])),
    );
    const work = [entry];
    for (let id = work.pop(); id !== undefined; id = work.pop()) {
      const state = this.entryStates[id]?.clone();
      if (state === undefined) continue;
      this.block = id;
      for (const entry of allocated[id] ?? []) this.step(state, entry);
      for (const successor of this.successors(id)) {
        const known = this.entryStates[successor];
        if (known === undefined) this.entryStates[successor] = state.clone();
        else if (!known.meet(state)) continue;
        work.push(successor);
      }
    }
    return [...this.faults];
  }

  private successors(block: number): number[] {
    const last = this.subject.original[block]?.at(-1);
    if (last === undefined) return [];
    return [last.target, last.otherTarget, ...(last.asm?.labels ?? [])].filter((target) => target >= 0);
  }

  private fault(text: string): void {
    this.faults.add(`${this.subject.func.name}, b${this.block}: ${text}`);
  }

  private step(state: State, { origin, placed, remakes }: AllocatedInstruction): void {
    if (origin === undefined) {
      if (placed === undefined) this.fault('an entry without instruction');
      else this.stepInserted(state, placed, remakes);
    } else if (origin.opcode === Pseudo.copy) {
      this.stepCopy(state, origin, placed);
    } else if (placed === undefined) {
      if (!isPure(origin)) this.fault(`dropped ${printMachineIns(origin)}`);
      for (const { register } of definitionsOf(origin)) state.forget(register);
    } else {
      this.stepOriginal(state, origin, placed);
    }
  }

  private checkWritable(register: Register, ins: MachineIns): void {
    const isReserved = (this.subject.func.reserved & (1 << register)) !== 0;
    if (register < 0 || register >= registerCount || isReserved) {
      this.fault(`${printMachineIns(ins)} writes r${register}`);
    }
  }

  private slotOf(ins: MachineIns): number | undefined {
    if (ins.object < 0) return undefined;
    const object = this.subject.func.frameObject(ins.object);
    return object.kind === 'spill' && ins.off === 0 ? object.offset : undefined;
  }

  private stepInserted(state: State, ins: MachineIns, remakes: Register): void {
    if (remakes >= 0) return this.stepConstant(state, ins, remakes);
    const slot = this.slotOf(ins);
    if (ins.opcode === Kind.ldx_dw && slot !== undefined) {
      this.checkWritable(ins.dst, ins);
      state.set(ins.dst, state.at(slot));
    } else if (ins.opcode === Kind.stx_dw && slot !== undefined) {
      this.clobberBytes(state, slot, slotSize);
      state.set(slot, state.at(ins.src));
    } else if (ins.opcode === Pseudo.copy) {
      this.checkWritable(ins.dst, ins);
      state.set(ins.dst, state.at(ins.src));
    } else {
      this.fault(`inserted ${printMachineIns(ins)}`);
    }
  }

  private stepConstant(state: State, ins: MachineIns, name: Register): void {
    const [definition, ...others] = this.definitions.get(name) ?? [];
    const isConstant = definition !== undefined && usesOf(definition).length === 0 && isPure(definition);
    if (!isConstant || others.length > 0 || !sameButRegisters(definition, ins)) {
      this.fault(`${printMachineIns(ins)} does not make %${name}`);
    }
    this.checkWritable(ins.dst, ins);
    state.set(ins.dst, new Set([name]));
  }

  private stepCopy(state: State, origin: MachineIns, placed: MachineIns | undefined): void {
    const from = placed?.src ?? -1;
    if (placed !== undefined && !state.at(from).has(origin.src)) {
      this.fault(`${printMachineIns(origin)}: r${from} does not hold its source`);
    }
    state.alias(origin.dst, origin.src);
    if (placed !== undefined) {
      if (origin.dst >= registerCount) this.checkWritable(placed.dst, placed);
      state.set(placed.dst, state.at(from));
    }
    if (origin.dst >= registerCount) return;
    // A machine register's name is bound to its place.
    if (placed !== undefined && placed.dst !== origin.dst)
      this.fault(`${printMachineIns(placed)} misses r${origin.dst}`);
    if (!state.at(origin.dst).has(origin.src)) {
      this.fault(`${printMachineIns(origin)}: r${origin.dst} does not hold the value`);
    }
  }

  private stepOriginal(state: State, origin: MachineIns, placed: MachineIns): void {
    const text = printMachineIns(origin);
    if (!sameButRegisters(origin, placed)) this.fault(`${text} became ${printMachineIns(placed)}`);
    const names = usesOf(origin);
    const reads = usesOf(placed);
    if (names.length !== reads.length) this.fault(`${text}: operands lost`);
    names.forEach((name, index) => {
      const register = reads[index] ?? -1;
      if (!state.at(register).has(name)) this.fault(`${text}: r${register} does not hold operand ${index}`);
      if (name < registerCount && name !== register) this.fault(`${text}: machine register renamed`);
      if (origin.asm !== undefined && name >= registerCount && (origin.writes & (1 << register)) !== 0) {
        this.fault(`${text}: operand ${index} is in r${register}, which the text destroys`);
      }
    });
    for (let register = 0; register < registerCount; register++) {
      if ((origin.reads & (1 << register)) !== 0 && !state.at(register).has(register)) {
        this.fault(`${text}: r${register} was not prepared`);
      }
    }
    this.clobberStack(state, placed);
    for (let register = 0; register < registerCount; register++) {
      if ((origin.writes & (1 << register)) === 0) continue;
      state.forget(register);
      state.set(register, new Set([register]));
    }
    this.define(state, origin, placed, reads);
  }

  private define(state: State, origin: MachineIns, placed: MachineIns, reads: readonly Register[]): void {
    const text = printMachineIns(origin);
    const results = definitionsOf(placed);
    const written = new Set<Register>();
    definitionsOf(origin).forEach(({ register: name, isEarly }, index) => {
      const register = results[index]?.register ?? -1;
      if (name >= registerCount) this.checkWritable(register, placed);
      else if (name !== register) this.fault(`${text}: machine register renamed`);
      if (written.has(register)) this.fault(`${text}: two results in r${register}`);
      if (isEarly && reads.includes(register)) this.fault(`${text}: early output shares r${register}`);
      if (name >= registerCount && (origin.writes & (1 << register)) !== 0) {
        this.fault(`${text}: result in r${register}, which is destroyed`);
      }
      written.add(register);
      state.forget(name);
      state.set(register, new Set([name]));
    });
  }

  /** A store of the program into one of its own stack objects. */
  private clobberStack(state: State, ins: MachineIns): void {
    const row = rowOf(ins.opcode);
    if (ins.object < 0 || row === undefined || row.off !== 'memory' || row.form === 'load') return;
    const offset = this.subject.func.frameObject(ins.object).offset + ins.off;
    this.clobberBytes(state, offset, row.bits / 8);
  }

  private clobberBytes(state: State, offset: number, size: number): void {
    for (const location of [...state.names.keys()]) {
      if (location < 0 && location < offset + size && offset < location + slotSize)
        state.set(location, nothing);
    }
  }
}

/** Faults of an allocation; none when it is right. */
export function checkAllocation(subject: AllocationCase): string[] {
  return new Checker(subject).run();
}
