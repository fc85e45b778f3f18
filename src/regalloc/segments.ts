/**
 * Sets of program positions as sorted, disjoint half-open segments, and a register's set of them with owners.
 *
 * Positions: instruction number i reads at 2i and writes at 2i + 1. A segment list is a flat array: start, end, start,
 * end... Overlap of two lists is found by walking the shorter one and searching in the longer.
 */

/** Flat list of half-open segments: start0, end0, start1, end1... ascending and disjoint. */
export type Segments = number[];

/** Index (even) of the first segment that ends after `position`; the list's length if none does. */
export function firstEndingAfter(list: Segments, position: number): number {
  let low = 0;
  let high = list.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[2 * middle + 1] ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return 2 * low;
}

export function overlaps(a: Segments, b: Segments): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  for (let i = 0; i < short.length; i += 2) {
    const at = firstEndingAfter(long, short[i] ?? 0);
    if ((long[at] ?? Number.POSITIVE_INFINITY) < (short[i + 1] ?? 0)) return true;
  }
  return false;
}

/** Puts the segments of `small` into `list`; the two are disjoint. Segments that touch become one. */
export function insertAll(list: Segments, small: Segments): void {
  for (let i = 0; i < small.length; i += 2) {
    const start = small[i] ?? 0;
    const end = small[i + 1] ?? 0;
    const at = firstEndingAfter(list, start);
    const joinsBefore = at > 0 && list[at - 1] === start;
    const joinsAfter = list[at] === end;
    if (joinsBefore && joinsAfter) list.splice(at - 1, 2);
    else if (joinsBefore) list[at - 1] = end;
    else if (joinsAfter) list[at] = start;
    else list.splice(at, 0, start, end);
  }
}

/** Number of positions in the list. */
export function lengthOf(list: Segments): number {
  let length = 0;
  for (let i = 0; i < list.length; i += 2) length += (list[i + 1] ?? 0) - (list[i] ?? 0);
  return length;
}

/** What occupies one register: segments with an owner each, sorted by start. */
export class Occupancy<Owner> {
  private readonly segments: Segments = [];
  private readonly owners: Owner[] = [];

  /** Calls `visit` for the owner of every segment that overlaps `list`; stops when it returns false. */
  forEachOverlap(list: Segments, visit: (owner: Owner) => boolean): void {
    for (let i = 0; i < list.length; i += 2) {
      const end = list[i + 1] ?? 0;
      for (let at = firstEndingAfter(this.segments, list[i] ?? 0); at < this.segments.length; at += 2) {
        if ((this.segments[at] ?? 0) >= end) break;
        const owner = this.owners[at >> 1];
        if (owner !== undefined && !visit(owner)) return;
      }
    }
  }

  add(list: Segments, owner: Owner): void {
    for (let i = 0; i < list.length; i += 2) {
      const at = firstEndingAfter(this.segments, list[i] ?? 0);
      this.segments.splice(at, 0, list[i] ?? 0, list[i + 1] ?? 0);
      this.owners.splice(at >> 1, 0, owner);
    }
  }

  remove(list: Segments): void {
    for (let i = 0; i < list.length; i += 2) {
      const at = firstEndingAfter(this.segments, list[i] ?? 0);
      this.segments.splice(at, 2);
      this.owners.splice(at >> 1, 1);
    }
  }
}
