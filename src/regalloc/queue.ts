/**
 * The allocator's work list: a binary heap of intervals, the longest first (they have the fewest places to go), ties in
 * order of position and number so that the result is the same every time.
 */

import type { Interval } from './interval.ts';

function isBefore(a: Interval, b: Interval): boolean {
  if (a.length !== b.length) return a.length > b.length;
  const startA = a.segments[0] ?? 0;
  const startB = b.segments[0] ?? 0;
  return startA !== startB ? startA < startB : a.root < b.root;
}

export class IntervalQueue {
  private readonly heap: Interval[] = [];

  push(interval: Interval): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(interval);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(interval, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = interval;
  }

  pop(): Interval | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below === undefined) break;
      if (right !== undefined && isBefore(right, below)) {
        child++;
        below = right;
      }
      if (!isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
