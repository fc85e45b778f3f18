/**
 * Live range splitting: an interval that found no register -> smaller ones that live in a stack slot in between.
 *
 * Three steps, each tried when the one before was not enough: between calls (the parts of the range that no call
 * interrupts, over several blocks where a reload serves them all best), per block, per instruction. The slot is the home of a split value:
 * every write is followed by a store (as far as a reload may read it), every part that begins without a write starts with a
 * reload. So no values have to be moved on edges. Constants and addresses are made again instead and have no slot.
 */

import { Interval, Stage } from './interval.ts';
import {
  destroysArguments,
  type Numbering,
  type Occurrence,
  Occurs,
  type RangeBuilder,
} from './live-ranges.ts';
import { maxStretches, placeReloads, type ReloadPlacement } from './reload-placement.ts';
import { firstEndingAfter } from './segments.ts';

/** A stretch of the interval inside one block, between two cuts. */
interface Stretch {
  readonly block: number;
  /** Positions. */
  readonly start: number;
  readonly end: number;
  /** Begins behind a call: the value has to come from its home. */
  readonly isCut: boolean;
  readonly reachesEnd: boolean;
  readonly occurrences: Occurrence[];
  /** Group that the stretch belongs to (union-find). */
  parent: Stretch | undefined;
}

function findRoot(stretch: Stretch): Stretch {
  let at = stretch;
  while (at.parent !== undefined) at = at.parent;
  if (at !== stretch) stretch.parent = at;
  return at;
}

/** Instruction numbers of the calls that the interval lives across. */
function crossedCalls(calls: readonly number[], interval: Interval): number[] {
  const result: number[] = [];
  const { segments } = interval;
  for (let i = 0; i < segments.length; i += 2) {
    const first = Math.ceil((segments[i] ?? 0) / 2);
    const last = Math.floor(((segments[i + 1] ?? 0) - 2) / 2);
    for (let at = firstFrom(calls, first); at < calls.length; at++) {
      const index = calls[at] ?? 0;
      if (index > last) break;
      if ((segments[i + 1] ?? 0) > 2 * index + 2) result.push(index);
    }
  }
  return result;
}

/** Where the first of ascending numbers stands that is at least `least`. */
function firstFrom(numbers: readonly number[], least: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Splitter {
  private readonly numbering: Numbering;
  private readonly builder: RangeBuilder;
  /** Instruction numbers of the calls, ascending. */
  private readonly calls: readonly number[];

  constructor(numbering: Numbering, builder: RangeBuilder) {
    this.numbering = numbering;
    this.builder = builder;
    this.calls = [...numbering.instructions.keys()].filter((index) =>
      destroysArguments(numbering.instruction(index)),
    );
  }

  /** The parts that take the interval's place. */
  split(interval: Interval, isRematerializable: boolean): Interval[] {
    // A constant that is loaded before a branch for what is behind it costs the other way, and keeps tails from being equal.
    if (interval.stage < Stage.betweenCalls && !isRematerializable) {
      const parts = this.betweenCalls(interval, isRematerializable);
      if (parts !== undefined) return parts;
    }
    if (interval.stage < Stage.block) {
      const groups = this.byBlock(interval);
      if (groups.length > 1) return this.build(interval, groups, Stage.block, isRematerializable);
    }
    const singles = interval.occurrences.map((occurrence) => [occurrence]);
    return this.build(interval, singles, Stage.instruction, isRematerializable);
  }

  /** One interval for each group of occurrences; a group that does not begin with a write begins with a reload. */
  private build(
    interval: Interval,
    groups: readonly (readonly Occurrence[])[],
    stage: number,
    isRematerializable: boolean,
  ): Interval[] {
    return groups.map((group) => {
      const [first, ...rest] = group;
      const occurrences = first === undefined ? [] : [withReload(first), ...rest];
      return this.part(interval, occurrences, stage, isRematerializable);
    });
  }

  private part(
    interval: Interval,
    occurrences: readonly Occurrence[],
    stage: number,
    isRematerializable: boolean,
  ): Interval {
    const { segments, reloads } = this.builder.build(occurrences);
    const needed = new Set(reloads);
    const kept = occurrences
      .map(({ index, flags }) => ({
        index,
        flags: needed.has(index) ? flags : flags & ~Occurs.reload,
      }))
      .filter(({ flags }) => flags !== 0);
    return new Interval(this.numbering, interval.root, segments, kept, stage, reloads, isRematerializable);
  }

  private byBlock(interval: Interval): Occurrence[][] {
    const groups: Occurrence[][] = [];
    let block = -1;
    for (const occurrence of interval.occurrences) {
      const at = this.numbering.blockOf(occurrence.index);
      // A part that was reloaded before keeps its own reload.
      if (at !== block || (occurrence.flags & Occurs.reload) !== 0) groups.push([]);
      block = at;
      groups.at(-1)?.push(occurrence);
    }
    return groups;
  }

  /** Undefined when no call interrupts the interval. */
  private betweenCalls(interval: Interval, isRematerializable: boolean): Interval[] | undefined {
    const calls = crossedCalls(this.calls, interval);
    if (calls.length === 0) return undefined;
    const stretches = this.stretchesOf(interval, calls);
    const predecessors = this.predecessorsOf(stretches);
    const reloads = this.reloadsOf(stretches, predecessors);
    const groups = new Map<Stretch, Stretch[]>();
    for (const stretch of stretches) {
      const root = findRoot(stretch);
      const group = groups.get(root);
      if (group === undefined) groups.set(root, [stretch]);
      else group.push(stretch);
    }
    const parts: Interval[] = [];
    for (const group of groups.values()) {
      if (group.every(({ occurrences }) => occurrences.length === 0)) continue;
      const occurrences = group.flatMap((stretch) =>
        reloads.has(stretch) ? reloadedOccurrences(stretch) : stretch.occurrences,
      );
      parts.push(this.part(interval, occurrences, Stage.betweenCalls, isRematerializable));
    }
    return parts;
  }

  /** Cuts the interval at block borders and calls. */
  private stretchesOf(interval: Interval, calls: readonly number[]): Stretch[] {
    const { numbering } = this;
    const stretches: Stretch[] = [];
    const { segments } = interval;
    let nextCall = 0;
    for (let i = 0; i < segments.length; i += 2) {
      const segmentEnd = segments[i + 1] ?? 0;
      let start = segments[i] ?? 0;
      let isCut = false;
      while (start < segmentEnd) {
        const block = numbering.blockOf(start >> 1);
        const blockEnd = 2 * numbering.end(block);
        const call = calls[nextCall];
        const callEnd = call === undefined ? Number.POSITIVE_INFINITY : 2 * call + 2;
        const end = Math.min(segmentEnd, blockEnd, callEnd);
        stretches.push({
          block,
          start,
          end,
          isCut,
          reachesEnd: end === blockEnd && callEnd !== end,
          occurrences: [],
          parent: undefined,
        });
        isCut = end === callEnd;
        if (isCut) nextCall++;
        start = end;
      }
    }
    const starts = stretches.flatMap(({ start, end }) => [start, end]);
    for (const occurrence of interval.occurrences) {
      const position =
        (occurrence.flags & Occurs.read) !== 0 ? 2 * occurrence.index : 2 * occurrence.index + 1;
      const at = firstEndingAfter(starts, position);
      stretches[at >> 1]?.occurrences.push(occurrence);
    }
    return stretches;
  }

  /** By stretch: the stretches at the ends of its block's predecessors, none behind a call. */
  private predecessorsOf(stretches: readonly Stretch[]): Map<Stretch, Stretch[]> {
    const { numbering } = this;
    const atEnd = new Map<number, Stretch>();
    for (const stretch of stretches) if (stretch.reachesEnd) atEnd.set(stretch.block, stretch);
    const result = new Map<Stretch, Stretch[]>();
    for (const stretch of stretches) {
      if (stretch.isCut || stretch.start !== 2 * numbering.first(stretch.block)) continue;
      const before = (numbering.predecessors[stretch.block] ?? []).flatMap((block) => atEnd.get(block) ?? []);
      if (before.length > 0) result.set(stretch, before);
    }
    return result;
  }

  /** The stretches that begin with a reload; those that the value enters in a register are put together with what is before. */
  private reloadsOf(
    stretches: readonly Stretch[],
    predecessors: ReadonlyMap<Stretch, readonly Stretch[]>,
  ): Set<Stretch> {
    const { entersInRegister, leavesInRegister } = this.placement(stretches, predecessors);
    const reloads = new Set<Stretch>();
    stretches.forEach((stretch, s) => {
      const { occurrences, isCut } = stretch;
      const enters = entersInRegister[s] === true;
      const wants = occurrences.length === 0 ? leavesInRegister[s] === true : isCut || !enters;
      if (wants && !enters) reloads.add(stretch);
      if (!enters) return;
      for (const before of predecessors.get(stretch) ?? []) {
        const a = findRoot(before);
        const b = findRoot(stretch);
        if (a !== b) b.parent = a;
      }
    });
    return reloads;
  }

  private placement(
    stretches: readonly Stretch[],
    predecessors: ReadonlyMap<Stretch, readonly Stretch[]>,
  ): ReloadPlacement {
    if (stretches.length > maxStretches) {
      return {
        entersInRegister: stretches.map((stretch) => predecessors.has(stretch)),
        leavesInRegister: stretches.map(({ reachesEnd }) => reachesEnd),
      };
    }
    const numbers = new Map(stretches.map((stretch, s) => [stretch, s]));
    return placeReloads(
      stretches.map((stretch) => {
        const [first] = stretch.occurrences;
        return {
          frequency: this.numbering.frequency(stretch.start >> 1),
          isCut: stretch.isCut,
          reachesEnd: stretch.reachesEnd,
          isUsed: first !== undefined,
          readsFirst: first !== undefined && (first.flags & Occurs.read) !== 0,
          predecessors: (predecessors.get(stretch) ?? []).flatMap((before) => numbers.get(before) ?? []),
        };
      }),
    );
  }
}

function withReload(occurrence: Occurrence): Occurrence {
  if ((occurrence.flags & Occurs.read) === 0) return occurrence;
  return { index: occurrence.index, flags: occurrence.flags | Occurs.reload };
}

/** The occurrences of a stretch that begins with a reload. */
function reloadedOccurrences(stretch: Stretch): Occurrence[] {
  const [first, ...rest] = stretch.occurrences;
  if (first !== undefined) return [withReload(first), ...rest];
  return [{ index: stretch.start >> 1, flags: Occurs.reload }];
}
