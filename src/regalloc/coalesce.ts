/**
 * Copy coalescing: virtual registers that a copy joins and whose ranges never overlap become one register.
 *
 * Aggressive on purpose (Chaitin): copies in inner loops first; what gets too long to be allocated is split afterwards.
 * Result: for every virtual register its representative, and the representatives' ranges and occurrences.
 */

import { isRematerializable, isVirtual, Pseudo, type Register } from '../codegen/machine.ts';
import { type Numbering, type Occurrence, Occurs } from './live-ranges.ts';
import { insertAll, overlaps, type Segments } from './segments.ts';

export interface VirtualRange {
  segments: Segments;
  occurrences: Occurrence[];
}

/** Occurrences of all members, in order; what several do at one instruction becomes one occurrence. */
function mergeOccurrences(lists: readonly (readonly Occurrence[])[]): Occurrence[] {
  const all = lists.flat().sort((a, b) => a.index - b.index);
  const result: Occurrence[] = [];
  for (const occurrence of all) {
    const last = result.at(-1);
    if (last?.index !== occurrence.index) result.push(occurrence);
    else result[result.length - 1] = { index: last.index, flags: last.flags | occurrence.flags };
  }
  return result;
}

/** A constant with several readers stays by itself: what it is merged with could not be made again at each. */
function isSharedConstant(numbering: Numbering, range: VirtualRange | undefined): boolean {
  if (range === undefined || range.occurrences.length < 3) return false;
  const writes = range.occurrences.filter(({ flags }) => (flags & Occurs.write) !== 0);
  const [only] = writes;
  return only !== undefined && writes.length === 1 && isRematerializable(numbering.instruction(only.index));
}

/** Merges ranges in place; returns the representative of every virtual register. */
export function coalesce(numbering: Numbering, ranges: Map<Register, VirtualRange>): Int32Array {
  const parent = Int32Array.from({ length: numbering.func.nextRegister }, (_, register) => register);
  const find = (register: Register): Register => {
    let at = register;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  /** Occurrences of the members of each group that has several. */
  const members = new Map<Register, (readonly Occurrence[])[]>();
  const copies: { readonly index: number; readonly frequency: number }[] = [];
  numbering.instructions.forEach((ins, index) => {
    if (ins.opcode !== Pseudo.copy || !isVirtual(ins.dst) || !isVirtual(ins.src)) return;
    copies.push({ index, frequency: numbering.frequency(index) });
  });
  const isShared = (register: Register): boolean => isSharedConstant(numbering, ranges.get(register));
  copies.sort((a, b) => b.frequency - a.frequency || a.index - b.index);
  for (const { index } of copies) {
    const ins = numbering.instruction(index);
    const dst = find(ins.dst);
    const src = find(ins.src);
    const a = ranges.get(dst);
    const b = ranges.get(src);
    if (dst === src || a === undefined || b === undefined || overlaps(a.segments, b.segments)) continue;
    if (isShared(src)) continue;
    // The larger range takes in the smaller, so that a long chain of copies costs little each time.
    const [into, from] = a.segments.length > b.segments.length ? [dst, src] : [src, dst];
    const [large, small] = into === dst ? [a, b] : [b, a];
    parent[from] = into;
    insertAll(large.segments, small.segments);
    const joined = members.get(into) ?? [large.occurrences];
    for (const list of members.get(from) ?? [small.occurrences]) joined.push(list);
    members.set(into, joined);
    members.delete(from);
    ranges.delete(from);
  }
  for (const [register, lists] of members) {
    const range = ranges.get(register);
    if (range !== undefined) range.occurrences = mergeOccurrences(lists);
  }
  return parent.map((_, register) => find(register));
}
