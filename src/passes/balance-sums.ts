/**
 * Long sums in the order in which their terms are ready: a checksum's words are added in two rows side by side, and what takes long
 * to compute comes last.
 *
 *     ((((late + a) + b) + c) + d)     ->     ((a + c) + (b + d)) + late
 *
 * Why: each addition of a chain waits for the one before. A processor does several at once, and stores what depends on a sum, a
 * packet's header with its checksum, long before the chain would end. The number of operations stays.
 *
 * Method: the maximal trees of one associative and commutative operator in a block (the reassociation of Briggs and Cooper, "Effective Partial
 * Redundancy Elimination", PLDI 1994, with ranks that are times), whose inner values have no other use. Times are estimates: what the operands need and a
 * latency for each operation; a call ends when all before it has. Two rows, not a tree, since terms that are loaded one after
 * the other then need two registers. Each operation stands behind the later one of its operands, so no term waits in a
 * register for the end but the late ones. A sum that addresses memory or goes to a call keeps its order: the verifier may know its bounds in that one.
 */

import { type Block, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { isIntegerType } from '../ir/types.ts';
import type { PassContext } from './pass.ts';
import { Replacements } from './rewrite.ts';

/** Cycles that a new order has to save. */
const leastGain = 2;
/** Longer sums are cut. */
const mostTerms = 100;

const sums: ReadonlySet<Op> = new Set([Op.add, Op.xor, Op.or]);

/** Where an order of the verifier's knowledge may matter. */
const boundUsers: ReadonlySet<Op> = new Set([Op.ptradd, Op.inttoptr, Op.call, Op.call_helper, Op.icmp]);

/** Cycles until a result is there; 1 for the rest. Loads find their bytes in the cache. */
const latencies: ReadonlyMap<Op, number> = new Map([
  [Op.load, 5],
  [Op.mul, 3],
  [Op.udiv, 15],
  [Op.urem, 15],
  [Op.sdiv, 15],
  [Op.srem, 15],
  [Op.bswap, 2],
  [Op.zext, 0],
  [Op.trunc, 0],
  [Op.phi, 0],
]);

/** A packet load is a call for the processor. */
const calls: ReadonlySet<Op> = new Set([Op.call, Op.call_helper, Op.call_indirect, Op.packet_load]);

/** A value or a sum of two, when it is ready, and the place in the block behind which that is. */
interface Term {
  readonly what: ValueId | readonly [Term, Term];
  readonly time: number;
  readonly place: number;
  /** Nothing else uses it. */
  readonly isLast: boolean;
}

export function balanceSums(func: Func, cx: PassContext): boolean {
  let changed = false;
  const replacements = new Replacements();
  for (const block of func.eachBlock())
    if (new BlockSums(func, cx, block, replacements).run()) changed = true;
  replacements.apply(func);
  return changed;
}

class BlockSums {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly block: Block;
  private readonly replacements: Replacements;
  private readonly places = new Map<ValueId, number>();
  private readonly times = new Map<ValueId, number>();
  private lastPhi = -1;
  /** New operations, by the place behind which they stand. */
  private readonly made = new Map<number, Ins[]>();

  constructor(func: Func, cx: PassContext, block: Block, replacements: Replacements) {
    this.func = func;
    this.cx = cx;
    this.block = block;
    this.replacements = replacements;
  }

  run(): boolean {
    const { func, block } = this;
    const all = block.instructions.map((id) => func.ins(id));
    const roots = all.filter((ins) => sums.has(ins.op) && isIntegerType(ins.type));
    if (roots.length < 3) return false;
    this.estimate(all);
    const seen = new Set<ValueId>();
    for (const root of roots.reverse()) if (!seen.has(root.id)) this.visit(root, seen);
    if (this.made.size === 0) return false;
    block.instructions = [];
    const placeMade = (place: number): void => {
      for (const made of this.made.get(place) ?? []) func.append(block.id, made);
    };
    placeMade(-1);
    all.forEach((ins, place) => {
      block.instructions.push(ins.id);
      placeMade(place);
    });
    return true;
  }

  private estimate(all: readonly Ins[]): void {
    let start = 0;
    let last = 0;
    all.forEach((ins, place) => {
      const time =
        Math.max(start, ...ins.operands.map((operand) => this.timeOf(operand))) +
        (latencies.get(ins.op) ?? 1);
      this.places.set(ins.id, place);
      if (ins.op === Op.phi) this.lastPhi = place;
      this.times.set(ins.id, time);
      last = Math.max(last, time);
      if (calls.has(ins.op)) start = last;
    });
  }

  private timeOf(value: ValueId): number {
    return this.times.get(value) ?? 0;
  }

  private visit(root: Ins, seen: Set<ValueId>): void {
    const { inner, terms } = this.termsOf(root);
    for (const { id } of inner) seen.add(id);
    if (terms.length < 4 || this.isBound(root)) return;
    const { uses } = this.cx.analyses;
    const first = Math.min(...inner.map(({ id }) => this.places.get(id) ?? 0)) - 1;
    const isConstant = (value: ValueId): boolean => constantOf(this.func, value) !== undefined;
    const known = terms.map((what) => ({
      what,
      time: isConstant(what) ? -1 : this.timeOf(what),
      place: Math.max(this.lastPhi, this.places.get(what) ?? -1),
      isLast: uses.count(what) === 1 && !isConstant(what),
    }));
    const whole = inRows(
      known.sort((a, b) => a.time - b.time || a.place - b.place),
      first,
    );
    if (whole !== undefined && this.timeOf(root.id) - whole.time >= leastGain)
      this.replacements.set(root.id, this.make(root, whole));
  }

  private make(root: Ins, { what, place }: Term): ValueId {
    if (typeof what === 'number') return what;
    const operands = what.map((term) => this.make(root, term));
    const ins = this.func.create(root.op, root.type, operands, root.pos);
    const list = this.made.get(place);
    if (list === undefined) this.made.set(place, [ins]);
    else list.push(ins);
    return ins.id;
  }

  private isBound(root: Ins): boolean {
    return this.cx.analyses.uses.of(root.id).some(({ op }) => boundUsers.has(op));
  }

  /** The operations of the tree under `root`, and what they put together. */
  private termsOf(root: Ins): { readonly inner: readonly Ins[]; readonly terms: readonly ValueId[] } {
    const { uses } = this.cx.analyses;
    const inner = [root];
    const terms: ValueId[] = [];
    const open = [...root.operands].reverse();
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const ins = this.func.ins(id);
      const isInner =
        ins.op === root.op && this.places.has(id) && uses.count(id) === 1 && inner.length < mostTerms;
      if (isInner) {
        inner.push(ins);
        open.push(...[...ins.operands].reverse());
      } else terms.push(id);
    }
    return { inner, terms };
  }
}

/** Two rows, each term to the one that is ready earlier; what comes after both goes to their sum. */
function inRows(terms: readonly Term[], first: number): Term | undefined {
  const sumOf = (a: Term, b: Term): Term => ({
    what: [a, b],
    time: Math.max(a.time, b.time) + 1,
    // Before the old sums only where the new one needs one register less than its terms.
    place: Math.max(a.place, b.place, a.isLast && b.isLast ? -1 : first),
    isLast: true,
  });
  let row: Term | undefined;
  let other: Term | undefined;
  for (const term of terms) {
    if (row === undefined) row = term;
    else if (other === undefined) other = term;
    else if (term.time > Math.max(row.time, other.time)) [row, other] = [sumOf(row, other), term];
    else if (row.time <= other.time) row = sumOf(row, term);
    else other = sumOf(other, term);
  }
  return row !== undefined && other !== undefined ? sumOf(row, other) : row;
}
