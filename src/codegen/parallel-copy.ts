/**
 * Parallel copies -> a sequence. All sources are read before any destination is written; each destination occurs once.
 *
 * Method: a copy whose destination nobody still has to read goes first; what remains are cycles, each of which is
 * opened by saving one register (Boissinot et al., CGO 2009, algorithm 1). Linear time.
 */

export interface Move {
  readonly dst: number;
  readonly src: number;
}

/** The moves in an order that works one by one; `temporary` gives a register for a cycle. */
export function sequentialize(moves: readonly Move[], temporary: () => number): Move[] {
  const result: Move[] = [];
  const pending = new Map<number, number>();
  /** How many pending moves read a register. */
  const readers = new Map<number, number>();
  for (const { dst, src } of moves) {
    if (dst === src) continue;
    pending.set(dst, src);
    readers.set(src, (readers.get(src) ?? 0) + 1);
  }
  const ready = [...pending.keys()].filter((dst) => !readers.has(dst));
  const drain = (): void => {
    for (let dst = ready.pop(); dst !== undefined; dst = ready.pop()) {
      const src = pending.get(dst);
      if (src === undefined) continue;
      result.push({ dst, src });
      pending.delete(dst);
      const left = (readers.get(src) ?? 1) - 1;
      readers.set(src, left);
      if (left === 0 && pending.has(src)) ready.push(src);
    }
  };
  drain();
  for (const dst of [...pending.keys()]) {
    if (!pending.has(dst)) continue;
    // Only cycles are left: `dst` is read by exactly one move, which reads the temporary instead.
    const saved = temporary();
    result.push({ dst: saved, src: dst });
    for (const [other, src] of pending) {
      if (src !== dst) continue;
      pending.set(other, saved);
      break;
    }
    readers.set(dst, 0);
    readers.set(saved, 1);
    ready.push(dst);
    drain();
  }
  return result;
}
