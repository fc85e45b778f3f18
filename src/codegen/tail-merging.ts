/**
 * Tail merging (cross-jumping): blocks that end with the same instructions keep one copy of them and jump to it. Functions
 * that were inlined several times in a row of returns leave such tails.
 *
 * Works on laid out blocks with physical registers and a settled frame. The verifier wants one kind of pointer in a load,
 * a store and a call's argument, so a register that is used as such and comes from before the tail must have the same
 * definition on both ways: forward data flow, "the definition that reaches, or the block where several meet".
 */

import { Kind } from '../isa/table.ts';
import {
  forEachDefinition,
  isExit,
  keepCommonNames,
  type MachineBlock,
  type MachineFunction,
  type MachineIns,
  makeJump,
  predecessorsOf,
  rowOf,
} from './machine.ts';

/** Shortest tail that is worth a jump. */
const minTail = 4;
/** Shortest tail that is worth a jump in the place of an exit. */
const minReturn = 2;
/** Blocks with one ending that are compared with each other. */
const maxGroup = 64;
/** A tail may end in another that was merged before. */
const maxRounds = 8;
const registerCount = 10;
/** r0-r5 are lost in a call. */
const callClobbers = 6;

/** What two instructions must share to be the same; undefined for those that are left alone. */
function contentKey(func: MachineFunction, ins: MachineIns): string | undefined {
  if (ins.asm !== undefined || ins.core >= 0 || ins.otherTarget >= 0) return undefined;
  // Objects that lie in the same place are the same.
  const place = ins.off + (func.frame[ins.object]?.offset ?? 0);
  const { opcode, dst, src, imm, wide, symbol, target } = ins;
  return [opcode, dst, src, place, imm, wide, symbol, target].join();
}

/** By register: the number of the definition that reaches, negative where definitions meet or are not known yet. */
type Origins = Int32Array;

const unknown = -1;

class OriginFlow {
  private readonly func: MachineFunction;
  private readonly numbers = new Map<MachineIns, number>();
  private readonly starts: Origins[];

  constructor(func: MachineFunction) {
    this.func = func;
    for (const block of func.eachBlock()) {
      for (const ins of block.instructions) this.numbers.set(ins, this.numbers.size);
    }
    this.starts = func.blocks.map(() => new Int32Array(registerCount).fill(unknown));
    this.solve();
  }

  private solve(): void {
    const { func, starts } = this;
    const predecessors = predecessorsOf(func);
    const ends: Origins[] = func.blocks.map(() => new Int32Array(registerCount).fill(unknown));
    for (let changed = true; changed; ) {
      changed = false;
      for (const [position, id] of func.layout.entries()) {
        const start = starts[id];
        if (start === undefined) continue;
        for (let register = 0; register < registerCount; register++) {
          const meeting = -2 - (id * registerCount + register);
          if (start[register] === meeting) continue;
          let origin = position === 0 ? meeting : unknown;
          for (const from of predecessors[id] ?? []) {
            const other = ends[from]?.[register] ?? unknown;
            if (other === unknown || other === origin) continue;
            origin = origin === unknown ? other : meeting;
          }
          start[register] = origin;
        }
        const end = this.at(func.block(id), func.block(id).instructions.length);
        if (ends[id]?.every((origin, register) => origin === end[register]) === true) continue;
        ends[id] = end;
        changed = true;
      }
    }
  }

  /** The origins of all registers before instruction `index` of a block. */
  at(block: MachineBlock, index: number): Origins {
    const origins = Int32Array.from(this.starts[block.id] ?? []);
    for (let i = 0; i < index; i++) {
      const ins = block.instructions[i];
      if (ins === undefined) break;
      const number = this.numbers.get(ins) ?? 0;
      if (ins.opcode === Kind.mov64_reg && ins.src < registerCount) {
        origins[ins.dst] = origins[ins.src] ?? unknown;
        continue;
      }
      if (rowOf(ins.opcode)?.operation === 'call' || ins.asm !== undefined) {
        origins.fill(number, 0, callClobbers);
      }
      for (let register = 0; register < registerCount; register++) {
        if ((ins.writes >> register) & 1) origins[register] = number;
      }
      forEachDefinition(ins, (register) => {
        if (register < registerCount) origins[register] = number;
      });
    }
    return origins;
  }
}

/** Registers that the tail uses as pointers or arguments and does not define itself. */
function pointersInto(tail: readonly MachineIns[]): Set<number> {
  const needed = new Set<number>();
  const defined = new Set<number>([registerCount]);
  const need = (register: number): void => {
    if (!defined.has(register)) needed.add(register);
  };
  for (const ins of tail) {
    const row = rowOf(ins.opcode);
    if (row?.off === 'memory') need(row.form === 'load' ? ins.src : ins.dst);
    if (row?.operation === 'call') {
      for (let register = 1; register < callClobbers; register++) {
        if ((ins.reads >> register) & 1) need(register);
      }
      for (let register = 0; register < callClobbers; register++) defined.add(register);
    }
    // Arithmetic on a pointer that comes from outside gives a pointer that does.
    if (ins.opcode === Kind.mov64_reg || row?.class === 'alu64') {
      if (ins.src >= 0 && !defined.has(ins.src)) need(ins.src);
      if (ins.opcode !== Kind.mov64_reg && row?.form !== 'mov_imm' && ins.dst >= 0) need(ins.dst);
    }
    forEachDefinition(ins, (register) => defined.add(register));
  }
  return needed;
}

function leastTail(block: MachineBlock): number {
  return isExit(block.instructions.at(-1)) ? minReturn : minTail;
}

class TailMerger {
  private readonly func: MachineFunction;
  /** Found when two tails are the same. */
  private flow: OriginFlow | undefined = undefined;
  /** Blocks that were cut: their origins are of before. */
  private readonly cut = new Set<MachineBlock>();

  constructor(func: MachineFunction) {
    this.func = func;
  }

  /** Of the function before this round changes it: who asks first has not joined anything yet. */
  private get origins(): OriginFlow {
    return (this.flow ??= new OriginFlow(this.func));
  }

  run(): boolean {
    const groups = new Map<string, MachineBlock[]>();
    for (const block of this.func.eachBlock()) {
      const least = leastTail(block);
      const keys = block.instructions.slice(-least).map((ins) => contentKey(this.func, ins));
      if (keys.length < least || keys.includes(undefined)) continue;
      const key = keys.join(';');
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [block]);
      else if (group.length < maxGroup) group.push(block);
    }
    let changed = false;
    for (const group of groups.values()) if (group.length > 1 && this.merge(group)) changed = true;
    return changed;
  }

  /** Merges the longest tails of a group first. */
  private merge(group: readonly MachineBlock[]): boolean {
    let changed = false;
    for (let i = 0; i < group.length; i++) {
      const block = group[i];
      if (block === undefined || this.cut.has(block)) continue;
      let best: MachineBlock | undefined;
      let length = leastTail(block) - 1;
      for (const other of group.slice(i + 1)) {
        const common = this.cut.has(other) ? 0 : this.commonTail(block, other);
        if (common <= length) continue;
        best = other;
        length = common;
      }
      if (best === undefined) continue;
      this.join(block, best, length);
      changed = true;
    }
    return changed;
  }

  private commonTail(a: MachineBlock, b: MachineBlock): number {
    const { func } = this;
    const most = Math.min(a.instructions.length, b.instructions.length);
    let length = 0;
    while (length < most) {
      const [left, right] = [a.instructions.at(-1 - length), b.instructions.at(-1 - length)];
      if (left === undefined || right === undefined) break;
      const key = contentKey(func, left);
      if (key === undefined || key !== contentKey(func, right)) break;
      length++;
    }
    const least = leastTail(a);
    while (length >= least && !this.isSafe(a, b, length)) length--;
    return length;
  }

  private isSafe(a: MachineBlock, b: MachineBlock, length: number): boolean {
    const before = this.origins.at(a, a.instructions.length - length);
    const other = this.origins.at(b, b.instructions.length - length);
    for (const register of pointersInto(a.instructions.slice(-length))) {
      if (before[register] !== other[register] || before[register] === unknown) return false;
    }
    return true;
  }

  /** Both blocks go on in a block with the last `length` instructions, which is one of them where that is all it has. */
  private join(a: MachineBlock, b: MachineBlock, length: number): void {
    const { func } = this;
    const isWhole = (block: MachineBlock): boolean =>
      block.instructions.length === length && block.id !== func.layout[0];
    const [kept, other] = isWhole(b) && !isWhole(a) ? [b, a] : [a, b];
    this.cut.add(a);
    this.cut.add(b);
    let tail = kept;
    keepCommonNames(kept.instructions.slice(-length), other.instructions.slice(-length));
    if (!isWhole(kept)) {
      tail = func.createBlock();
      tail.loopDepth = kept.loopDepth;
      func.layout.splice(func.layout.indexOf(kept.id) + 1, 0, tail.id);
      tail.instructions = kept.instructions.splice(-length);
      kept.instructions.push(makeJump(tail));
    }
    other.instructions.splice(-length);
    other.instructions.push(makeJump(tail));
  }
}

export function mergeTails(func: MachineFunction): void {
  for (let round = 0; round < maxRounds; round++) if (!new TailMerger(func).run()) return;
}
