/**
 * The stack frame: objects -> distances from r10. Objects that never hold a value at the same time share bytes.
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
import type { FrameObject, MachineFunction } from './machine.ts';

/** Positions at which an object holds a value: flat list of half-open segments, ascending. */
export type LiveSegments = readonly number[];

export const maxStack = 512;

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

/** The smallest distance at which the object fits among those placed before. */
function distanceFor(
  object: FrameObject,
  lifetime: LiveSegments | undefined,
  placed: readonly Placed[],
): number {
  const rivals = placed.filter((other) => isShared(lifetime, other.lifetime)).sort((a, b) => a.low - b.low);
  const align = Math.min(Math.max(object.align, 1), 8);
  let end = roundUp(object.size, align);
  for (const rival of rivals) {
    // The object covers the distances from `end` - size to `end`.
    if (end <= rival.low || end - object.size >= rival.high) continue;
    end = roundUp(rival.high + object.size, align);
  }
  return end;
}

/** Gives every object its offset and sets the function's stack size. */
export function layOutFrame(func: MachineFunction, lifetimes: ReadonlyMap<number, LiveSegments>): void {
  const order = func.frame
    .map((object, id) => ({ object, id }))
    .sort((a, b) => b.object.align - a.object.align || b.object.size - a.object.size || a.id - b.id);
  const placed: Placed[] = [];
  let deepest = 0;
  for (const { object, id } of order) {
    const lifetime = lifetimes.get(id);
    if (lifetime !== undefined && lifetime.length === 0) continue;
    if (object.size === 0) {
      // Its address must be one of the stack's; it needs no bytes of its own.
      object.offset = -8;
      deepest = Math.max(deepest, 8);
      continue;
    }
    // A frame that is far too large is an error anyway; packing it well would only take time.
    const high =
      deepest > 8 * maxStack ? deepest + roundUp(object.size, 8) : distanceFor(object, lifetime, placed);
    object.offset = -high;
    placed.push({ low: high - object.size, high, lifetime });
    deepest = Math.max(deepest, high);
  }
  func.stackSize = deepest;
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
