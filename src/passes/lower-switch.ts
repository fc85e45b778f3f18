/**
 * Turns a switch into comparisons: BPF has no jump tables that every kernel takes.
 *
 * Neighbouring values with one target are a range. Up to a few ranges are tested one after the other; more are halved
 * by an unsigned comparison with the first value of the upper half, so that depth is logarithmic (Sayle, "A
 * Superoptimizer Analysis of Multiway Branch Code Generation", 2008). The tested value itself is compared each time,
 * never a difference, so that the verifier learns its range on every path.
 */

import { Builder } from '../ir/builder.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { bitsOf, type Type } from '../ir/types.ts';
import type { PassContext } from './pass.ts';
import { phisOf } from './rewrite.ts';

/** So many ranges are tested in a row. */
const chainLength = 8;

interface Range {
  readonly low: bigint;
  high: bigint;
  readonly target: BlockId;
}

/**
 * The order of tests in a row: single values by their targets, so that ways to one target stand together and set what
 * its phis take once. Two neighbouring values are two single ones. Beside wider ranges the order of values stays, which spares
 * tests of their bounds.
 */
function orderForChain(ranges: readonly Range[], low: bigint, high: bigint): readonly Range[] {
  const singles = ranges.flatMap((range) =>
    range.high === range.low + 1n && range.low > low && range.high < high
      ? [
          { ...range, high: range.low },
          { ...range, low: range.high },
        ]
      : [range],
  );
  if (singles.some((range) => range.low !== range.high)) return ranges;
  const targets = singles.map(({ target }) => target);
  return singles.sort((a, b) => targets.indexOf(a.target) - targets.indexOf(b.target));
}

export function lowerSwitch(func: Func, _cx: PassContext): boolean {
  let changed = false;
  const layout: BlockId[] = [];
  for (const id of [...func.layout]) {
    layout.push(id);
    const terminator = func.terminator(id);
    if (terminator.op !== Op.switch) continue;
    layout.push(...new SwitchLowering(func, terminator).run());
    changed = true;
  }
  if (changed) func.layout = layout;
  return changed;
}

class SwitchLowering {
  private readonly func: Func;
  private readonly ins: Ins;
  private readonly builder: Builder;
  private readonly value: ValueId;
  private readonly type: Type;
  private readonly fallback: BlockId;
  private readonly made: BlockId[] = [];
  /** The blocks from which each target is reached now. */
  private readonly sources = new Map<BlockId, Set<BlockId>>();

  constructor(func: Func, ins: Ins) {
    this.func = func;
    this.ins = ins;
    this.builder = new Builder(func, ins.block, ins.pos);
    this.value = ins.operands[0] ?? ins.id;
    this.type = func.ins(this.value).type;
    this.fallback = ins.targets[0] ?? ins.block;
  }

  /** The blocks that were added. */
  run(): BlockId[] {
    const { func, ins } = this;
    const home = ins.block;
    func.block(home).instructions.pop();
    func.values[ins.id] = undefined;
    this.build(this.ranges(), 0n, (1n << BigInt(bitsOf(this.type))) - 1n);
    for (const target of new Set(ins.targets)) this.updatePhis(target, home);
    return this.made;
  }

  private ranges(): Range[] {
    const cases = this.ins.operands.slice(1).map((id, i) => ({
      value: constantOf(this.func, id) ?? 0n,
      target: this.ins.targets[i + 1] ?? this.fallback,
    }));
    cases.sort((a, b) => (a.value < b.value ? -1 : 1));
    const ranges: Range[] = [];
    for (const { value, target } of cases) {
      const last = ranges.at(-1);
      if (last !== undefined && last.target === target && last.high + 1n === value) last.high = value;
      else ranges.push({ low: value, high: value, target });
    }
    return ranges;
  }

  private addBlock(): BlockId {
    const { id } = this.builder.addBlock();
    this.made.push(id);
    return id;
  }

  /** Notes an edge out of the current block. */
  private goes(target: BlockId): BlockId {
    const known = this.sources.get(target);
    if (known === undefined) this.sources.set(target, new Set([this.builder.block]));
    else known.add(this.builder.block);
    return target;
  }

  /** Tests for `ranges`, given that the value lies between `low` and `high`. */
  private build(ranges: readonly Range[], low: bigint, high: bigint): void {
    const { builder } = this;
    if (ranges.length <= chainLength) {
      this.chain(orderForChain(ranges, low, high), low, high);
      return;
    }
    const middle = ranges.length >>> 1;
    const pivot = ranges[middle];
    if (pivot === undefined) return;
    const below = this.addBlock();
    const above = this.addBlock();
    builder.condbr(this.compare(Predicate.ult, pivot.low), below, above);
    builder.block = below;
    this.build(ranges.slice(0, middle), low, pivot.low - 1n);
    builder.block = above;
    this.build(ranges.slice(middle), pivot.low, high);
  }

  private compare(predicate: Predicate, constant: bigint): ValueId {
    return this.builder.icmp(predicate, this.value, this.func.constant(this.type, constant));
  }

  private chain(ranges: readonly Range[], low: bigint, high: bigint): void {
    const { builder } = this;
    let from = low;
    for (const range of ranges) {
      // What lies below this range was tested, or belongs to the default.
      const tests: [Predicate, bigint][] = [];
      if (range.low === range.high && !(range.low === from && range.high === high)) {
        tests.push([Predicate.eq, range.low]);
      } else if (range.low !== range.high) {
        if (range.low > from) tests.push([Predicate.uge, range.low]);
        if (range.high < high) tests.push([Predicate.ule, range.high]);
      }
      if (tests.length === 0) {
        builder.br(this.goes(range.target));
        return;
      }
      this.test(tests, range.target);
      // With single values in between, a lower bound is known only while the ranges touch.
      if (range.low === from) from = range.high + 1n;
    }
    builder.br(this.goes(this.fallback));
  }

  /** Goes to `target` when all tests hold; the builder is left where one of them does not. */
  private test(tests: readonly [Predicate, bigint][], target: BlockId): void {
    const { builder } = this;
    const otherwise = this.addBlock();
    tests.forEach(([predicate, constant], index) => {
      const isLast = index === tests.length - 1;
      const yes = isLast ? this.goes(target) : this.addBlock();
      builder.condbr(this.compare(predicate, constant), yes, otherwise);
      if (!isLast) builder.block = yes;
    });
    builder.block = otherwise;
  }

  private updatePhis(target: BlockId, home: BlockId): void {
    const sources = [...(this.sources.get(target) ?? [])];
    for (const phi of phisOf(this.func, target)) {
      const at = phi.targets.indexOf(home);
      const value = phi.operands[at];
      if (value === undefined) continue;
      phi.operands.splice(at, 1, ...sources.map(() => value));
      phi.targets.splice(at, 1, ...sources);
    }
  }
}
