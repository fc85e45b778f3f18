/**
 * Copy coalescing: virtual registers that a copy joins and whose ranges never overlap become one register.
 *
 * Aggressive on purpose (Chaitin): copies in inner loops first; what gets too long to be allocated is split afterwards.
 * Result: for every virtual register its representative, and the representatives' ranges and occurrences.
 */

import { isVirtual, Pseudo, type Register } from '../codegen/machine.ts';
import type { Numbering, Occurrence } from './live-ranges.ts';
import { overlaps, type Segments, union } from './segments.ts';

export interface VirtualRange {
  segments: Segments;
  occurrences: Occurrence[];
}

function mergeOccurrences(a: readonly Occurrence[], b: readonly Occurrence[]): Occurrence[] {
  const result: Occurrence[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a[i];
    const right = b[j];
    if (left === undefined && right === undefined) return result;
    if (right === undefined || (left !== undefined && left.index < right.index)) {
      if (left !== undefined) result.push(left);
      i++;
    } else if (left === undefined || right.index < left.index) {
      result.push(right);
      j++;
    } else {
      result.push({ index: left.index, flags: left.flags | right.flags });
      i++;
      j++;
    }
  }
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
  const copies: { readonly index: number; readonly frequency: number }[] = [];
  numbering.instructions.forEach((ins, index) => {
    if (ins.opcode !== Pseudo.copy || !isVirtual(ins.dst) || !isVirtual(ins.src)) return;
    copies.push({ index, frequency: numbering.frequency(index) });
  });
  copies.sort((a, b) => b.frequency - a.frequency || a.index - b.index);
  for (const { index } of copies) {
    const ins = numbering.instruction(index);
    const dst = find(ins.dst);
    const src = find(ins.src);
    const a = ranges.get(dst);
    const b = ranges.get(src);
    if (dst === src || a === undefined || b === undefined || overlaps(a.segments, b.segments)) continue;
    parent[dst] = src;
    b.segments = union(a.segments, b.segments);
    b.occurrences = mergeOccurrences(a.occurrences, b.occurrences);
    ranges.delete(dst);
  }
  return parent.map((_, register) => find(register));
}
