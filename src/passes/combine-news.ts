/**
 * What has changed since instruction combining last looked at an instruction, so that it need not look again.
 *
 * Rules see the instruction, the tree of its operands as far as it is computed without memory, and how often values are used.
 * Each value has the time of the latest change in its tree, each instruction the time when it was last looked at. Times pass on
 * from operands to users as the walk goes; where there are loops they are spread before each round, because a phi is visited
 * before what comes back to it.
 */

import type { Cfg } from '../ir/cfg.ts';
import { type Func, type Ins, noBlock, type ValueId } from '../ir/func.ts';
import { opRow } from '../ir/ops.ts';
import { phisOf } from './rewrite.ts';

export class News {
  private readonly func: Func;
  private readonly cfg: Cfg;
  private readonly hasLoops: boolean;
  private clock = 1;
  /** By value: when something that is seen through it changed. */
  private changed = new Int32Array(0);
  /** By value: when it was looked at. */
  private seen = new Int32Array(0);

  constructor(func: Func, cfg: Cfg) {
    this.func = func;
    this.cfg = cfg;
    this.hasLoops = cfg.rpo.some((block, index) =>
      cfg.successors[block]?.some((next) => (cfg.rpoIndex[next] ?? 0) <= index),
    );
  }

  /** How often values were used in the last round, and now; values that were made since are new. */
  beginRound(before: Int32Array, counts: Int32Array): void {
    const { func, changed, seen } = this;
    const time = ++this.clock;
    this.changed = new Int32Array(counts.length).fill(time);
    this.changed.set(changed);
    this.seen = new Int32Array(counts.length);
    this.seen.set(seen);
    for (let value = 0; value < before.length; value++) {
      // Constants and their like are in many places, and no rule asks in how many.
      if (before[value] !== counts[value] && func.values[value]?.block !== noBlock)
        this.changed[value] = time;
    }
    if (this.hasLoops && before.length > 0) this.spread();
  }

  /** The value has changed. */
  note(value: ValueId): void {
    if (value < this.changed.length) this.changed[value] = ++this.clock;
  }

  /** Whether a rule may see something in the instruction that it has not seen before; it is taken to be looked at now. */
  isDue(ins: Ins): boolean {
    const time = this.latest(ins);
    if (time <= (this.seen[ins.id] ?? 0)) return false;
    this.seen[ins.id] = this.clock;
    return true;
  }

  /** The time of the latest change that is seen in the instruction; it passes it on where its value is computed of its operands. */
  private latest({ id, op, operands }: Ins): number {
    const { changed } = this;
    let time = changed[id] ?? this.clock;
    for (let i = 0; i < operands.length; i++) {
      const other = changed[operands[i] ?? id] ?? this.clock;
      if (other > time) time = other;
    }
    const row = opRow(op);
    if (row.memory === 'none' && !row.effect) changed[id] = time;
    return time;
  }

  private spread(): void {
    const { func } = this;
    const phis = this.cfg.rpo.flatMap((block) => phisOf(func, block));
    for (let isDone = false; !isDone; ) {
      for (const block of this.cfg.rpo) {
        for (const id of func.block(block).instructions) this.latest(func.ins(id));
      }
      isDone = true;
      for (const phi of phis) {
        const before = this.changed[phi.id];
        this.latest(phi);
        if (this.changed[phi.id] !== before) isDone = false;
      }
    }
  }
}
