/**
 * Register allocation: a two-address machine function with virtual registers -> the same with r0-r9 and stack slots.
 *
 * Method: greedy allocation with eviction and live range splitting (the scheme of LLVM's greedy allocator and of
 * regalloc2's "ion"): coalesce copies; take intervals from a queue, the longest first; give each a free register, wished-for ones
 * first; else evict cheaper intervals from one register; else split. Weights never change, eviction goes only from cheap to
 * dear and splitting only to smaller stages, so the loop ends.
 *
 * Guarantees: a value that lives across a call is in r6-r9 or on the stack; spills are whole 8-byte slots; r10 and the
 * reserved registers are never written. What the allocator did is checked by `checker.ts` from the original function.
 */

import {
  type AllocatedInstruction,
  isRematerializable,
  type MachineFunction,
  type MachineIns,
  type Register,
} from '../codegen/machine.ts';
import { bug } from '../support/bug.ts';
import { coalesce, type VirtualRange } from './coalesce.ts';
import { Interval, Stage } from './interval.ts';
import { collectOccurrences, fixedRanges, Numbering, Occurs, RangeBuilder } from './live-ranges.ts';
import { IntervalQueue } from './queue.ts';
import { Rewriter } from './rewrite.ts';
import { Occupancy, type Segments } from './segments.ts';
import { Splitter } from './splitting.ts';
import { Wishes } from './wishes.ts';

export interface AllocationOptions {
  /** Machine registers that may be used: bit n for rn. Tests take some away to force spills. */
  readonly registers?: number;
}

export interface Allocation {
  /** The function after allocation, by block number. */
  readonly blocks: readonly (readonly AllocatedInstruction[])[];
  /** Where each spill slot holds a value: positions by stack object. */
  readonly slotRanges: ReadonlyMap<number, Segments>;
  readonly numbering: Numbering;
  /** Instructions that ask for more registers than there are (asm with many operands). */
  readonly failed: readonly MachineIns[];
}

/** Order of preference: what calls destroy first, so that r6-r9 stay free for what lives across calls. */
const preference: readonly Register[] = [1, 2, 3, 4, 5, 0, 6, 7, 8, 9];
const allRegisters = 0b11_1111_1111;

export function allocateRegisters(func: MachineFunction, options: AllocationOptions = {}): Allocation {
  return new Allocator(func, (options.registers ?? allRegisters) & ~func.reserved).run();
}

class Allocator {
  private readonly func: MachineFunction;
  private readonly registers: readonly Register[];
  private readonly numbering: Numbering;
  private readonly builder: RangeBuilder;
  private readonly splitter: Splitter;
  private readonly occupied: readonly Occupancy<Interval | 'fixed'>[];
  private readonly queue = new IntervalQueue();
  private readonly wishes = new Wishes();
  /** Instruction that makes the value of a root again. */
  private readonly remakes = new Map<Register, MachineIns>();
  private readonly failed: MachineIns[] = [];
  private readonly done = new Set<Interval>();

  constructor(func: MachineFunction, mask: number) {
    this.func = func;
    this.registers = preference.filter((register) => (mask & (1 << register)) !== 0);
    this.numbering = new Numbering(func);
    this.builder = new RangeBuilder(this.numbering);
    this.splitter = new Splitter(this.numbering, this.builder);
    this.occupied = fixedRanges(this.numbering).map((segments) => {
      const occupancy = new Occupancy<Interval | 'fixed'>();
      occupancy.add(segments, 'fixed');
      return occupancy;
    });
  }

  run(): Allocation {
    const ranges = new Map<Register, VirtualRange>();
    for (const [register, occurrences] of collectOccurrences(this.numbering)) {
      ranges.set(register, { occurrences, segments: this.builder.build(occurrences).segments });
    }
    const representatives = coalesce(this.numbering, ranges);
    for (const [root, range] of ranges) {
      this.noteRemake(root, range);
      const { segments, occurrences } = range;
      this.enqueue(
        new Interval(this.numbering, root, segments, occurrences, Stage.whole, [], this.remakes.has(root)),
      );
    }
    for (let interval = this.queue.pop(); interval !== undefined; interval = this.queue.pop()) {
      this.place(interval);
    }
    const rewriter = new Rewriter(this.func, this.numbering, this.builder, representatives, this.remakes);
    const { blocks, slotRanges } = rewriter.run([...this.done]);
    return { blocks, slotRanges, numbering: this.numbering, failed: this.failed };
  }

  /** A value with one definition that can be repeated anywhere. */
  private noteRemake(root: Register, range: VirtualRange): void {
    const writes = range.occurrences.filter(({ flags }) => (flags & Occurs.write) !== 0);
    const [only] = writes;
    if (only === undefined || writes.length > 1) return;
    const ins = this.numbering.instruction(only.index);
    if (isRematerializable(ins)) this.remakes.set(root, ins);
  }

  private place(interval: Interval): void {
    if (interval.segments.length === 0) {
      this.done.add(interval);
      return;
    }
    this.wishes.remove(interval);
    let cheapest: { readonly register: Register; readonly weight: number } | undefined;
    let free: { readonly register: Register; readonly harm: number } | undefined;
    for (const register of this.candidates(interval)) {
      const weight = this.conflictWeight(register, interval.segments);
      if (weight < 0) {
        if (interval.hints.includes(register)) return this.assign(interval, register);
        // Of the free registers the one that the fewest others in the same place are wishing for.
        const harm = this.wishes.count(register, interval.segments);
        if (harm === 0) return this.assign(interval, register);
        if (free === undefined || harm < free.harm) free = { register, harm };
      } else if (weight < interval.weight && (cheapest === undefined || weight < cheapest.weight)) {
        cheapest = { register, weight };
      }
    }
    if (free !== undefined) return this.assign(interval, free.register);
    if (cheapest !== undefined) {
      this.evict(cheapest.register, interval.segments);
      return this.assign(interval, cheapest.register);
    }
    if (interval.stage === Stage.instruction) return this.fail(interval);
    for (const part of this.splitter.split(interval, this.remakes.has(interval.root))) this.enqueue(part);
  }

  /** Wished-for registers first. */
  private candidates(interval: Interval): Register[] {
    const { registers } = this;
    const wanted = interval.hints.filter((register) => registers.includes(register));
    return [...wanted, ...registers.filter((register) => !wanted.includes(register))];
  }

  private enqueue(interval: Interval): void {
    this.wishes.add(interval);
    this.queue.push(interval);
  }

  /** Weight of the dearest interval in the way; infinite for fixed uses, negative when the register is free. */
  private conflictWeight(register: Register, segments: Segments): number {
    let dearest = -1;
    this.occupancy(register).forEachOverlap(segments, (owner) => {
      dearest = Math.max(dearest, owner === 'fixed' ? Number.POSITIVE_INFINITY : owner.weight);
      return dearest !== Number.POSITIVE_INFINITY;
    });
    return dearest;
  }

  private evict(register: Register, segments: Segments): void {
    const victims = new Set<Interval>();
    this.occupancy(register).forEachOverlap(segments, (owner) => {
      if (owner !== 'fixed') victims.add(owner);
      return true;
    });
    for (const victim of victims) {
      this.occupancy(register).remove(victim.segments);
      victim.assigned = -1;
      this.done.delete(victim);
      this.enqueue(victim);
    }
  }

  private assign(interval: Interval, register: Register): void {
    interval.assigned = register;
    this.occupancy(register).add(interval.segments, interval);
    this.done.add(interval);
  }

  private occupancy(register: Register): Occupancy<Interval | 'fixed'> {
    return this.occupied[register] ?? bug(`r${register} is not for allocation`);
  }

  /** Gives up on an instruction that needs more registers than there are; the caller reports it. */
  private fail(interval: Interval): void {
    const index = interval.occurrences[0]?.index ?? 0;
    this.failed.push(this.numbering.instruction(index));
    interval.assigned = 0;
    this.done.add(interval);
  }
}
