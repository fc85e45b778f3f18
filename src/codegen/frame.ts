/**
 * The stack frame: objects -> distances from r10. Objects that never hold a value at the same time share bytes; those that
 * were joined (see `join-stack-objects.ts`) are placed as one.
 *
 *     r10      end of the frame (highest address + 1)
 *     r10-8    first word: placed first, so that big and aligned objects do not leave holes
 *     ...
 *     r10-512  the limit
 *
 * Method: first fit in order of alignment, then size; a byte is free for an object when no object on it is live at
 * the same time. Distances are multiples of the object's alignment (at most 8: r10 itself is 8-aligned).
 */

import type { DiagnosticSink, Note } from '../diagnostics/diagnostic.ts';
import type { MachineFunction, StackUnit } from './machine.ts';

/** Positions at which an object holds a value: flat list of half-open segments, ascending. */
export type LiveSegments = readonly number[];

export const maxStack = 512;

/** When at least one of the members is alive; undefined when one lives all the time. */
function unitLifetime(
  unit: StackUnit,
  lifetimes: ReadonlyMap<number, LiveSegments>,
): LiveSegments | undefined {
  const [first, ...others] = unit.members.map((id) => lifetimes.get(id));
  if (others.length === 0 || first === undefined || others.includes(undefined)) {
    return others.length === 0 ? first : undefined;
  }
  const segments: [number, number][] = [];
  for (const list of [first, ...others]) {
    for (let i = 0; i + 1 < (list?.length ?? 0); i += 2) segments.push([list?.[i] ?? 0, list?.[i + 1] ?? 0]);
  }
  segments.sort(([a], [b]) => a - b);
  const result: number[] = [];
  for (const [start, end] of segments) {
    if (start <= (result.at(-1) ?? -1)) result[result.length - 1] = Math.max(end, result.at(-1) ?? end);
    else result.push(start, end);
  }
  return result;
}

function isShared(a: LiveSegments | undefined, b: LiveSegments | undefined): boolean {
  // An object without a known lifetime is always live.
  if (a === undefined || b === undefined) return true;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if ((a[i + 1] ?? 0) <= (b[j] ?? 0)) i += 2;
    else if ((b[j + 1] ?? 0) <= (a[i] ?? 0)) j += 2;
    else return true;
  }
  return false;
}

const roundUp = (distance: number, align: number): number => Math.ceil(distance / align) * align;

interface Placed {
  /** Distance of the object's two ends below r10. */
  readonly low: number;
  readonly high: number;
  readonly lifetime: LiveSegments | undefined;
}

/** The smallest distance at which the unit fits among those placed before. */
function distanceFor(
  { size, align: wanted }: StackUnit,
  lifetime: LiveSegments | undefined,
  placed: readonly Placed[],
): number {
  const rivals = placed.filter((other) => isShared(lifetime, other.lifetime)).sort((a, b) => a.low - b.low);
  const align = Math.min(Math.max(wanted, 1), 8);
  let end = roundUp(size, align);
  for (const rival of rivals) {
    // The objects cover the distances from `end` - size to `end`.
    if (end <= rival.low || end - size >= rival.high) continue;
    end = roundUp(rival.high + size, align);
  }
  return end;
}

/** Gives every object its offset and sets the function's stack size. */
export function layOutFrame(func: MachineFunction, lifetimes: ReadonlyMap<number, LiveSegments>): void {
  const units = [...new Set(func.frame.map(({ unit }) => unit))];
  units.sort((a, b) => b.align - a.align || b.size - a.size || (a.members[0] ?? 0) - (b.members[0] ?? 0));
  const placed: Placed[] = [];
  let deepest = 0;
  for (const unit of units) {
    const lifetime = unitLifetime(unit, lifetimes);
    if (lifetime !== undefined && lifetime.length === 0) continue;
    if (unit.size === 0) {
      // Its address must be one of the stack's; it needs no bytes of its own.
      setOffset(func, unit, 8);
      deepest = Math.max(deepest, 8);
      continue;
    }
    // A frame that is far too large is an error anyway; packing it well would only take time.
    const high =
      deepest > 8 * maxStack ? deepest + roundUp(unit.size, 8) : distanceFor(unit, lifetime, placed);
    setOffset(func, unit, high);
    placed.push({ low: high - unit.size, high, lifetime });
    deepest = Math.max(deepest, high);
  }
  func.stackSize = deepest;
}

function setOffset(func: MachineFunction, unit: StackUnit, distance: number): void {
  for (const id of unit.members) {
    const object = func.frameObject(id);
    object.offset = object.at - distance;
  }
}

/** Reports a frame above the limit with a note for each local and one for the spills. */
export function checkStackSize(func: MachineFunction, diagnostics: DiagnosticSink, limit: number): void {
  if (func.stackSize <= limit) return;
  const span = { start: func.pos, end: func.pos };
  const locals = func.frame.filter((object) => object.kind === 'local').sort((a, b) => b.size - a.size);
  const notes: Note[] = locals.slice(0, 20).map(({ size, local }) => {
    const inlined = local?.inlinedFrom.length
      ? `, inlined from '${local.inlinedFrom.join("', from '")}'`
      : '';
    const pos = local?.pos ?? func.pos;
    return {
      span: { start: pos, end: pos },
      text: `'${local?.name ?? '(temporary)'}' takes ${size} bytes${inlined}`,
    };
  });
  if (locals.length > 20) notes.push({ span, text: `and ${locals.length - 20} smaller locals` });
  const spills = func.frame.filter((object) => object.kind === 'spill').length;
  if (spills > 0) notes.push({ span, text: `${spills} values are kept on the stack for want of registers` });
  notes.push({
    span,
    text: 'move large data into a map (a per-CPU array holds one scratch value) or split the function into subprograms',
  });
  diagnostics.report('stack-too-large', span, [func.name, `${func.stackSize}`], { notes });
}
