/**
 * Live ranges: a machine function in two-address form -> where each register is occupied.
 *
 * Instructions are numbered in layout order; number i reads its registers at position 2i and writes them at 2i + 1.
 * The range of one virtual register is found from its occurrences alone, by walking from each read backwards
 * through the predecessors up to the writes (Boissinot et al., "Fast liveness checking", and the path exploration of Brandner et
 * al., "Computing liveness sets for SSA-form programs", 2011, section 4). The cost is the size of the result, so that
 * functions with many blocks need no bit set per block, and a part of a range can be computed the same way after a split.
 */

import {
  forEachDefinition,
  forEachUse,
  isVirtual,
  type MachineFunction,
  type MachineIns,
  predecessorsOf,
  type Register,
  rowOf,
} from '../codegen/machine.ts';
import { bug } from '../support/bug.ts';
import type { Segments } from './segments.ts';

/** What an instruction does with a register, as bits of {@link Occurrence.flags}. */
export const Occurs = Object.freeze({
  read: 1,
  write: 2,
  /** The write happens at the position of the reads (early outputs of asm). */
  early: 4,
  /** A reload in front of the instruction makes the value anew. */
  reload: 8,
});

export interface Occurrence {
  /** Number of the instruction. */
  readonly index: number;
  readonly flags: number;
}

/** The instructions in order, with their blocks. */
export class Numbering {
  readonly func: MachineFunction;
  readonly instructions: MachineIns[] = [];
  /** Block number by instruction number. */
  readonly blockAt: number[] = [];
  /** First instruction number by block number, and the number after the last. */
  readonly firstOf: Int32Array;
  readonly endOf: Int32Array;
  readonly predecessors: readonly (readonly number[])[];

  constructor(func: MachineFunction) {
    this.func = func;
    this.firstOf = new Int32Array(func.blocks.length);
    this.endOf = new Int32Array(func.blocks.length);
    this.predecessors = predecessorsOf(func);
    for (const block of func.eachBlock()) {
      this.firstOf[block.id] = this.instructions.length;
      for (const ins of block.instructions) {
        this.instructions.push(ins);
        this.blockAt.push(block.id);
      }
      this.endOf[block.id] = this.instructions.length;
    }
  }

  instruction(index: number): MachineIns {
    return this.instructions[index] ?? bug(`no instruction ${index} in ${this.func.name}`);
  }

  blockOf(index: number): number {
    return this.blockAt[index] ?? bug(`no instruction ${index} in ${this.func.name}`);
  }

  first(block: number): number {
    return this.firstOf[block] ?? 0;
  }

  end(block: number): number {
    return this.endOf[block] ?? 0;
  }

  /** How often the instruction runs, estimated: ten times for each loop around it. */
  frequency(index: number): number {
    return 10 ** Math.min(this.func.block(this.blockOf(index)).loopDepth, 6);
  }
}

/** Occurrences of every virtual register, in order. */
export function collectOccurrences(numbering: Numbering): Map<Register, Occurrence[]> {
  const result = new Map<Register, Occurrence[]>();
  numbering.instructions.forEach((ins, index) => {
    const note = (register: Register, flags: number): void => {
      if (!isVirtual(register)) return;
      const list = result.get(register);
      if (list === undefined) {
        result.set(register, [{ index, flags }]);
        return;
      }
      const last = list[list.length - 1];
      if (last?.index === index) list[list.length - 1] = { index, flags: last.flags | flags };
      else list.push({ index, flags });
    };
    forEachUse(ins, (register) => note(register, Occurs.read));
    forEachDefinition(ins, (register, isEarly) =>
      note(register, isEarly ? Occurs.write | Occurs.early : Occurs.write),
    );
  });
  return result;
}

export interface RangeResult {
  readonly segments: Segments;
  /** Reloads that somebody reads. */
  readonly reloads: readonly number[];
  /** Instruction numbers of writes that nobody reads. */
  readonly deadWrites: ReadonlySet<number>;
}

interface Piece {
  start: number;
  end: number;
  /** Instruction number and kind of the write at the start; -1 for a piece that is live into the block. */
  readonly from: number;
  readonly isReload: boolean;
}

/** Computes ranges of single registers; keeps columns by block between calls. */
export class RangeBuilder {
  private readonly numbering: Numbering;
  /** Which call last saw the block live at its start or end, and its last piece in that call. */
  private readonly seenIn: Int32Array;
  private readonly seenOut: Int32Array;
  private readonly lastPiece: (Piece | undefined)[] = [];
  private readonly pieceStamp: Int32Array;
  private stamp = 0;

  constructor(numbering: Numbering) {
    this.numbering = numbering;
    const count = numbering.func.blocks.length;
    this.seenIn = new Int32Array(count);
    this.seenOut = new Int32Array(count);
    this.pieceStamp = new Int32Array(count);
  }

  /** The range of a register with these occurrences (ascending; a reload comes before a read at the same instruction). */
  build(occurrences: readonly Occurrence[]): RangeResult {
    this.stamp++;
    const pieces: Piece[] = [];
    const liveIn: number[] = [];
    this.localPieces(occurrences, pieces, liveIn);
    this.propagate(pieces, liveIn);
    pieces.sort((a, b) => a.start - b.start);
    const segments: Segments = [];
    const reloads: number[] = [];
    const deadWrites = new Set<number>();
    for (const piece of pieces) {
      if (piece.isReload) {
        if (piece.end <= piece.start) continue;
        reloads.push(piece.from);
      } else if (piece.from >= 0 && piece.end <= 2 * piece.from + 2) {
        deadWrites.add(piece.from);
      }
      const last = segments.length - 1;
      if (last >= 0 && (segments[last] ?? 0) >= piece.start) {
        segments[last] = Math.max(segments[last] ?? 0, piece.end);
      } else {
        segments.push(piece.start, piece.end);
      }
    }
    return { segments, reloads, deadWrites };
  }

  /** Pieces inside the blocks that have occurrences. */
  private localPieces(occurrences: readonly Occurrence[], pieces: Piece[], liveIn: number[]): void {
    const { numbering, stamp } = this;
    let open: Piece | undefined;
    let block = -1;
    for (const { index, flags } of occurrences) {
      const at = numbering.blockOf(index);
      if (at !== block) {
        open = undefined;
        block = at;
      }
      if ((flags & Occurs.reload) !== 0) {
        open = { start: 2 * index, end: 2 * index, from: index, isReload: true };
        pieces.push(open);
      }
      if ((flags & Occurs.read) !== 0) {
        if (open === undefined) {
          open = { start: 2 * numbering.first(block), end: 0, from: -1, isReload: false };
          pieces.push(open);
          this.seenIn[block] = stamp;
          liveIn.push(block);
        }
        open.end = 2 * index + 1;
      }
      if ((flags & Occurs.write) !== 0) {
        if ((flags & Occurs.read) !== 0 && open !== undefined) {
          open.end = 2 * index + 2;
        } else {
          const start = (flags & Occurs.early) !== 0 ? 2 * index : 2 * index + 1;
          open = { start, end: 2 * index + 2, from: index, isReload: false };
          pieces.push(open);
        }
      }
      this.lastPiece[block] = open;
      this.pieceStamp[block] = stamp;
    }
  }

  /** Extends pieces over the blocks between writes and reads. */
  private propagate(pieces: Piece[], liveIn: number[]): void {
    const { numbering, stamp } = this;
    for (let block = liveIn.pop(); block !== undefined; block = liveIn.pop()) {
      for (const predecessor of numbering.predecessors[block] ?? []) {
        if (this.seenOut[predecessor] === stamp) continue;
        this.seenOut[predecessor] = stamp;
        const end = 2 * numbering.end(predecessor);
        const last = this.pieceStamp[predecessor] === stamp ? this.lastPiece[predecessor] : undefined;
        if (last !== undefined) {
          last.end = end;
          continue;
        }
        pieces.push({ start: 2 * numbering.first(predecessor), end, from: -1, isReload: false });
        if (this.seenIn[predecessor] === stamp) continue;
        this.seenIn[predecessor] = stamp;
        liveIn.push(predecessor);
      }
    }
  }
}

/** Where the machine registers r0-r9 are in use by name or destroyed, by register. */
export function fixedRanges(numbering: Numbering): Segments[] {
  const result: Segments[] = Array.from({ length: 10 }, () => []);
  const reversed: Segments[] = Array.from({ length: 10 }, () => []);
  for (const block of [...numbering.func.eachBlock()].reverse()) {
    const liveUntil = new Int32Array(10).fill(-1);
    const first = numbering.first(block.id);
    for (let index = numbering.end(block.id) - 1; index >= first; index--) {
      const ins = numbering.instruction(index);
      const { reads, writes } = physicalMasks(ins);
      for (let register = 0; register < 10; register++) {
        if ((writes & (1 << register)) !== 0) {
          const until = liveUntil[register] ?? -1;
          // The text of an asm may destroy a register before it reads its inputs.
          const isEarly = ins.asm !== undefined && (reads & (1 << register)) === 0;
          reversed[register]?.push(until < 0 ? 2 * index + 2 : until, 2 * index + (isEarly ? 0 : 1));
          liveUntil[register] = -1;
        }
        if ((reads & (1 << register)) !== 0 && (liveUntil[register] ?? -1) < 0) {
          liveUntil[register] = 2 * index + 1;
        }
      }
    }
    liveUntil.forEach((until, register) => {
      if (until >= 0) reversed[register]?.push(until, 2 * first);
    });
  }
  reversed.forEach((list, register) => {
    result[register] = list.reverse();
  });
  return result;
}

/** Machine registers that an instruction reads and writes, named or not. */
export function physicalMasks(ins: MachineIns): { readonly reads: number; readonly writes: number } {
  let { reads, writes } = ins;
  forEachUse(ins, (register) => {
    if (!isVirtual(register)) reads |= 1 << register;
  });
  forEachDefinition(ins, (register) => {
    if (!isVirtual(register)) writes |= 1 << register;
  });
  return { reads, writes };
}

/** Is this the kind of instruction that destroys r1-r5? */
export function destroysArguments(ins: MachineIns): boolean {
  return (ins.writes & 0b11_1110) === 0b11_1110 && (rowOf(ins.opcode) !== undefined || ins.asm !== undefined);
}
