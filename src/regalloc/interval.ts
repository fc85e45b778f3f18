/**
 * The unit of allocation: a virtual register, or after a split one part of it.
 */

import { isVirtual, type MachineIns, Pseudo, type Register } from '../codegen/machine.ts';
import { Kind } from '../isa/table.ts';
import { type Numbering, type Occurrence, Occurs } from './live-ranges.ts';
import { lengthOf, type Segments } from './segments.ts';

/** How small an interval is already: each split goes at least one step down, which ends the splitting. */
export const Stage = Object.freeze({ whole: 0, betweenCalls: 1, block: 2, instruction: 3 });

export class Interval {
  /** The coalesced virtual register that it is (a part of). */
  readonly root: Register;
  readonly segments: Segments;
  readonly occurrences: readonly Occurrence[];
  readonly stage: number;
  /** Instruction numbers in front of which the value is reloaded (or made again). */
  readonly reloads: readonly number[];
  readonly length: number;
  /** Cost of not having a register; infinite for what cannot be split further. */
  readonly weight: number;
  /** Wanted machine registers, best first. */
  readonly hints: readonly Register[];
  /** The machine register it got; -1 before. */
  assigned: Register = -1;

  constructor(
    numbering: Numbering,
    root: Register,
    segments: Segments,
    occurrences: readonly Occurrence[],
    stage: number,
    reloads: readonly number[],
    isRematerializable: boolean,
  ) {
    this.root = root;
    this.segments = segments;
    this.occurrences = occurrences;
    this.stage = stage;
    this.reloads = reloads;
    this.length = lengthOf(segments);
    this.weight =
      stage === Stage.instruction
        ? Number.POSITIVE_INFINITY
        : spillWeight(numbering, occurrences, this.length, isRematerializable);
    this.hints = collectHints(numbering, occurrences);
  }
}

/**
 * What a register saves counts almost alone: a density (Chaitin's cost by length) lets each short value drive out the long
 * one that is used everywhere, which costs a reload at each of its uses. Length decides between equals.
 */
const lengthExponent = 0.05;
/** Constants lose little in the end, so density is right for them: a constant weighs as other values do at about this length. */
const constantLength = 60;

/** Slots that a register saves: against a spill slot, or against making the value again at each use. */
function spillWeight(
  numbering: Numbering,
  occurrences: readonly Occurrence[],
  length: number,
  isRematerializable: boolean,
): number {
  let cost = 0;
  for (const { index, flags } of occurrences) {
    const frequency = numbering.frequency(index);
    const ins = numbering.instruction(index);
    if (isRematerializable) cost += frequency * remakeCost(ins, flags);
    else {
      if ((flags & Occurs.read) !== 0) cost += frequency;
      if ((flags & Occurs.write) !== 0) cost += frequency;
    }
  }
  const long = length + 8;
  return isRematerializable ? (constantLength * Math.max(cost, 0)) / long : cost / long ** lengthExponent;
}

/** What a use of a constant costs more without a register; its definition costs less. A move to where it is wanted is saved then. */
function remakeCost(ins: MachineIns, flags: number): number {
  const size = ins.opcode === Kind.lddw || ins.opcode === Pseudo.frame_address ? 2 : 1;
  if ((flags & Occurs.read) === 0) return (flags & Occurs.write) !== 0 ? -size : 0;
  return ins.opcode === Pseudo.copy ? size - 1 : size;
}

/** Machine registers that copies tie the interval to, by how often the copy would be saved. */
function collectHints(numbering: Numbering, occurrences: readonly Occurrence[]): readonly Register[] {
  const gains = new Map<Register, number>();
  for (const { index } of occurrences) {
    const ins = numbering.instruction(index);
    if (ins.opcode !== Pseudo.copy && ins.opcode !== Kind.mov32_reg) continue;
    for (const register of [ins.dst, ins.src]) {
      if (register < 0 || register > 9 || isVirtual(register)) continue;
      gains.set(register, (gains.get(register) ?? 0) + numbering.frequency(index));
    }
  }
  return [...gains].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([register]) => register);
}
