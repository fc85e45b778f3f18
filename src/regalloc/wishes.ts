/**
 * Which registers intervals that still wait would like to have, and where: so that an interval without a wish of its own does not
 * take the register that saves another one a copy.
 *
 * Positions are looked at in buckets; long intervals are left out on either side, so that a question costs little.
 */

import type { Register } from '../codegen/machine.ts';
import type { Interval } from './interval.ts';
import { overlaps, type Segments } from './segments.ts';

const bucketShift = 6;
const maxBuckets = 64;
const maxWishers = 16;

function* bucketsOf(segments: Segments): Generator<number> {
  let last = -1;
  let count = 0;
  for (let i = 0; i < segments.length; i += 2) {
    const first = Math.max(last + 1, (segments[i] ?? 0) >> bucketShift);
    const end = ((segments[i + 1] ?? 1) - 1) >> bucketShift;
    for (let bucket = first; bucket <= end; bucket++) {
      if (count++ >= maxBuckets) return;
      yield bucket;
    }
    last = Math.max(last, end);
  }
}

export class Wishes {
  /** Waiting intervals by register and bucket. */
  private readonly wishers = new Map<number, Set<Interval>>();

  private key(register: Register, bucket: number): number {
    return bucket * 16 + register;
  }

  add(interval: Interval): void {
    const [register] = interval.hints;
    if (register === undefined) return;
    for (const bucket of bucketsOf(interval.segments)) {
      const key = this.key(register, bucket);
      const set = this.wishers.get(key);
      if (set === undefined) this.wishers.set(key, new Set([interval]));
      else set.add(interval);
    }
  }

  remove(interval: Interval): void {
    const [register] = interval.hints;
    if (register === undefined) return;
    for (const bucket of bucketsOf(interval.segments)) {
      this.wishers.get(this.key(register, bucket))?.delete(interval);
    }
  }

  /** How many waiting intervals that overlap `segments` wish for the register. */
  count(register: Register, segments: Segments): number {
    const found = new Set<Interval>();
    for (const bucket of bucketsOf(segments)) {
      for (const wisher of this.wishers.get(this.key(register, bucket)) ?? []) {
        if (overlaps(wisher.segments, segments)) found.add(wisher);
        if (found.size >= maxWishers) return found.size;
      }
    }
    return found.size;
  }
}
