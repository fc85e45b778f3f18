/**
 * The last step of allocation: registers into instructions, reloads in front of them, stores behind, and the positions
 * at which each spill slot holds a value that is still wanted.
 *
 * A split value's slot is written after every write whose value a reload may read. Copies of a register to itself and
 * constants that were made again everywhere they are wanted disappear.
 */

import {
  type AllocatedInstruction,
  isVirtual,
  type MachineFunction,
  MachineIns,
  mapRegisters,
  Pseudo,
  type Register,
} from '../codegen/machine.ts';
import { FRAME_POINTER } from '../isa/instruction.ts';
import { Kind } from '../isa/table.ts';
import { bug } from '../support/bug.ts';
import { type Interval, Stage } from './interval.ts';
import { type Numbering, type Occurrence, Occurs, type RangeBuilder } from './live-ranges.ts';
import type { Segments } from './segments.ts';

/** What stands around an instruction after allocation. */
interface Surroundings {
  readonly before: AllocatedInstruction[];
  readonly after: AllocatedInstruction[];
}

const spillSize = 8;

export class Rewriter {
  private readonly func: MachineFunction;
  private readonly numbering: Numbering;
  private readonly builder: RangeBuilder;
  private readonly representatives: Int32Array;
  private readonly remakes: ReadonlyMap<Register, MachineIns>;
  /** Machine register of an unsplit root. */
  private readonly whole = new Map<Register, Register>();
  /** Machine registers of a split root by instruction number. */
  private readonly parts = new Map<Register, Map<number, Register>>();
  private readonly around = new Map<number, Surroundings>();
  /** Constants whose own register nobody reads. */
  private readonly dropped = new Set<number>();

  constructor(
    func: MachineFunction,
    numbering: Numbering,
    builder: RangeBuilder,
    representatives: Int32Array,
    remakes: ReadonlyMap<Register, MachineIns>,
  ) {
    this.func = func;
    this.numbering = numbering;
    this.builder = builder;
    this.representatives = representatives;
    this.remakes = remakes;
  }

  run(intervals: readonly Interval[]): {
    readonly blocks: AllocatedInstruction[][];
    readonly slotRanges: Map<number, Segments>;
  } {
    const split = new Map<Register, Interval[]>();
    for (const interval of intervals) {
      if (interval.stage === Stage.whole) {
        this.whole.set(interval.root, interval.assigned);
        continue;
      }
      const list = split.get(interval.root);
      if (list === undefined) split.set(interval.root, [interval]);
      else list.push(interval);
    }
    const slotRanges = new Map<number, Segments>();
    for (const [root, list] of [...split].sort((a, b) => a[0] - b[0])) {
      this.placeParts(root, list);
      const remake = this.remakes.get(root);
      if (remake === undefined) this.spill(list, slotRanges);
      else this.remake(list, remake);
    }
    return { blocks: this.rewriteBlocks(), slotRanges };
  }

  private placeParts(root: Register, list: readonly Interval[]): void {
    const registers = new Map<number, Register>();
    for (const { occurrences, assigned } of list) {
      for (const { index, flags } of occurrences) {
        if ((flags & (Occurs.read | Occurs.write)) !== 0) registers.set(index, assigned);
      }
    }
    this.parts.set(root, registers);
  }

  /** Makes the constant where a part begins; the original goes when its own part has no reader. */
  private remake(list: readonly Interval[], original: MachineIns): void {
    for (const { occurrences, reloads, assigned } of list) {
      for (const index of reloads) {
        const placed = original.clone();
        placed.dst = assigned;
        placed.pos = this.numbering.instruction(index).pos;
        this.surroundings(index).before.push({ origin: undefined, placed, remakes: original.dst });
      }
      const [first] = occurrences;
      const isOriginal = first !== undefined && this.numbering.instruction(first.index) === original;
      if (isOriginal && !occurrences.some(({ flags }) => (flags & Occurs.read) !== 0)) {
        this.dropped.add(first.index);
      }
    }
  }

  /** Stores after writes, reloads before parts. */
  private spill(list: readonly Interval[], slotRanges: Map<number, Segments>): void {
    const slotUses: Occurrence[] = [];
    for (const { occurrences, reloads } of list) {
      for (const index of reloads) slotUses.push({ index, flags: Occurs.read });
      for (const { index, flags } of occurrences) {
        if ((flags & Occurs.write) !== 0) slotUses.push({ index, flags: Occurs.write });
      }
    }
    slotUses.sort((a, b) => a.index - b.index || a.flags - b.flags);
    const { segments, deadWrites } = this.builder.build(slotUses);
    const slot = this.func.addFrameObject(spillSize, spillSize, 'spill');
    slotRanges.set(slot, segments);
    for (const { occurrences, reloads, assigned } of list) {
      for (const index of reloads) this.surroundings(index).before.push(this.reload(slot, assigned, index));
      for (const { index, flags } of occurrences) {
        if ((flags & Occurs.write) === 0 || deadWrites.has(index)) continue;
        this.surroundings(index).after.push(this.store(slot, assigned, index));
      }
    }
  }

  private reload(slot: number, register: Register, index: number): AllocatedInstruction {
    const pos = this.numbering.instruction(index).pos;
    const placed = new MachineIns(Kind.ldx_dw, register, FRAME_POINTER, 0, 0, pos);
    placed.object = slot;
    return { origin: undefined, placed, remakes: -1 };
  }

  private store(slot: number, register: Register, index: number): AllocatedInstruction {
    const pos = this.numbering.instruction(index).pos;
    const placed = new MachineIns(Kind.stx_dw, FRAME_POINTER, register, 0, 0, pos);
    placed.object = slot;
    return { origin: undefined, placed, remakes: -1 };
  }

  private surroundings(index: number): Surroundings {
    const known = this.around.get(index);
    if (known !== undefined) return known;
    const made: Surroundings = { before: [], after: [] };
    this.around.set(index, made);
    return made;
  }

  private registerAt(register: Register, index: number): Register {
    if (!isVirtual(register)) return register;
    const root = this.representatives[register] ?? register;
    const assigned = this.whole.get(root) ?? this.parts.get(root)?.get(index);
    return assigned ?? bug(`%${register} has no register at instruction ${index} of ${this.func.name}`);
  }

  private rewriteBlocks(): AllocatedInstruction[][] {
    const blocks: AllocatedInstruction[][] = this.func.blocks.map(() => []);
    for (const block of this.func.eachBlock()) {
      const result: AllocatedInstruction[] = [];
      const first = this.numbering.first(block.id);
      block.instructions.forEach((origin, offset) => {
        const index = first + offset;
        const around = this.around.get(index);
        if (around !== undefined) result.push(...around.before);
        result.push({ origin, placed: this.rewrite(origin, index), remakes: -1 });
        if (around !== undefined) result.push(...around.after);
      });
      blocks[block.id] = result;
    }
    return blocks;
  }

  private rewrite(origin: MachineIns, index: number): MachineIns | undefined {
    if (this.dropped.has(index)) return undefined;
    const placed = origin.clone();
    mapRegisters(placed, (register) => this.registerAt(register, index));
    const isIdentity = placed.opcode === Pseudo.copy && placed.dst === placed.src;
    return isIdentity ? undefined : placed;
  }
}
