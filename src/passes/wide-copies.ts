/**
 * A copy of six bytes whose neighbours are written right afterwards is a copy of eight: two hardware addresses that
 * change places.
 *
 *     v1 = load i32 p+6                         v1 = load i64 p+6
 *     v2 = load i16 p+10                        store v1, p
 *     store v1, p                       ->      store .., p+6
 *     store v2, p+4
 *     store .., p+6
 *
 * The two bytes too many must be readable, which a comparison with the packet's end that control has passed shows, and
 * what they overwrite must be written again before anything may read it. Only in memory that may be accessed unaligned;
 * between the accesses may stand arithmetic and accesses by the same base pointer, which offsets tell apart.
 */

import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow, Predicate, swapPredicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import { AccessWidths } from './access-width.ts';
import { type Access, AdjacentAccesses } from './adjacent-accesses.ts';
import { factOf } from './known-conditions.ts';
import type { PassContext } from './pass.ts';
import { discard, sweepBlock } from './rewrite.ts';

const wide = 8;
const maxFacts = 24;

/** Loads and stores of the first four bytes and of the two behind them. */
interface Copy {
  readonly loads: readonly [Access, Access];
  readonly stores: readonly [Access, Access];
}

export function wideCopies(func: Func, cx: PassContext): boolean {
  let changed = false;
  for (const block of cx.analyses.cfg.rpo) {
    if (copiesTwoBytes(func, block) && new BlockCopies(func, cx, block).run()) changed = true;
  }
  return changed;
}

/** Most blocks have no end of such a copy, and cost nothing more. */
function copiesTwoBytes(func: Func, block: BlockId): boolean {
  return func.block(block).instructions.some((id) => {
    const { op, operands } = func.ins(id);
    const value = op === Op.store && operands[0] !== undefined ? func.ins(operands[0]) : undefined;
    return value?.op === Op.load && value.type === Type.i16;
  });
}

function placeKey(base: ValueId, offset: number): string {
  return `${base}:${offset}`;
}

class BlockCopies {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly block: BlockId;
  private readonly list: readonly Ins[];
  /** By place in the block. */
  private readonly accesses: readonly (Access | undefined)[];
  /** Loads by what they load. */
  private readonly loads = new Map<ValueId, Access>();
  /** The first store of two bytes to a place. */
  private readonly ends = new Map<string, Access>();
  private readonly taken = new Set<Access>();

  constructor(func: Func, cx: PassContext, block: BlockId) {
    this.func = func;
    this.cx = cx;
    this.block = block;
    this.list = func.block(block).instructions.map((id) => func.ins(id));
    const adjacent = new AdjacentAccesses(func, cx);
    this.accesses = this.list.map((ins, index) => adjacent.accessOf(ins, index));
    for (const access of this.accesses) {
      if (access?.ins.op === Op.load) this.loads.set(access.ins.id, access);
      if (access?.ins.op !== Op.store || access.bytes !== 2) continue;
      const place = placeKey(access.base, access.offset);
      if (!this.ends.has(place)) this.ends.set(place, access);
    }
  }

  run(): boolean {
    let changed = false;
    for (const first of this.accesses) {
      const copy = first === undefined || this.taken.has(first) ? undefined : this.copyFrom(first);
      if (copy === undefined || !this.isLegal(copy)) continue;
      this.widen(copy);
      changed = true;
    }
    if (changed) sweepBlock(this.func, this.func.block(this.block));
    return changed;
  }

  /** The copy that begins with the store of four bytes. */
  private copyFrom(first: Access): Copy | undefined {
    if (first.ins.op !== Op.store || first.bytes !== 4) return undefined;
    const second = this.ends.get(placeKey(first.base, first.offset + 4));
    if (second === undefined) return undefined;
    const [low, high] = [this.loadBehind(first), this.loadBehind(second)];
    if (low === undefined || high === undefined || low.base !== high.base) return undefined;
    if (high.offset !== low.offset + 4 || low.base !== first.base) return undefined;
    return { loads: [low, high], stores: [first, second] };
  }

  /** The load of what is stored, if it is for this store alone. */
  private loadBehind({ ins, bytes }: Access): Access | undefined {
    const value = ins.operands[0];
    if (value === undefined || this.cx.analyses.uses.count(value) !== 1) return undefined;
    const load = this.loads.get(value);
    return load?.bytes === bytes ? load : undefined;
  }

  private isLegal({ loads: [low, high], stores: [first, second] }: Copy): boolean {
    const widths = new AccessWidths(this.func, this.cx);
    if (!widths.isFree(low.pointer) || !widths.isFree(first.pointer)) return false;
    if (low.index > high.index || first.index > second.index || high.index > second.index) return false;
    const source = { ...low, bytes: wide };
    const rest = { ...first, offset: first.offset + 6, bytes: 2 };
    return (
      this.isUntouched(low.index, high.index, source, [Op.store]) &&
      this.isUntouched(first.index, second.index, first, [Op.load, Op.store]) &&
      this.isOverwritten(second.index, rest) &&
      this.readableBytes(low.base) >= low.offset + wide
    );
  }

  /** Between two places only arithmetic and accesses of other bytes. */
  private isUntouched(from: number, to: number, span: Access, ops: readonly Op[]): boolean {
    for (let i = from + 1; i < to; i++) {
      const ins = this.list[i];
      const access = this.accesses[i];
      if (ins === undefined || (opRow(ins.op).effect && access === undefined)) return false;
      if (access === undefined && opRow(ins.op).memory !== 'none') return false;
      if (access === undefined) continue;
      if (access.base !== span.base || (ops.includes(ins.op) && overlaps(access, span))) return false;
    }
    return true;
  }

  /** Is each byte written again before anything may read it? */
  private isOverwritten(from: number, span: Access): boolean {
    const open = new Set(Array.from({ length: span.bytes }, (_, i) => span.offset + i));
    for (let i = from + 1; i < this.list.length && open.size > 0; i++) {
      const ins = this.list[i];
      const access = this.accesses[i];
      if (
        ins === undefined ||
        ((opRow(ins.op).effect || opRow(ins.op).memory !== 'none') && access === undefined)
      ) {
        return false;
      }
      if (access === undefined) continue;
      if (access.base !== span.base) return false;
      for (let at = access.offset; at < access.offset + access.bytes; at++) {
        if (ins.op === Op.load && open.has(at)) return false;
        open.delete(at);
      }
    }
    return open.size === 0;
  }

  /** Bytes behind a packet pointer that comparisons above the block have shown to be there. */
  private readableBytes(base: ValueId): number {
    const { cfg, dominators } = this.cx.analyses;
    let bytes = 0;
    let at = this.block;
    for (let step = 0; step < maxFacts; step++) {
      const parent = dominators.idom[at] ?? -1;
      if (parent < 0 || parent === at) break;
      const above = asId<BlockId>(parent);
      const [only, second] = cfg.predecessors[at] ?? [];
      if (only === above && second === undefined) bytes = Math.max(bytes, this.checkedBytes(above, at, base));
      at = above;
    }
    return bytes;
  }

  /** What `base + n <= end` on the edge says. */
  private checkedBytes(from: BlockId, to: BlockId, base: ValueId): number {
    const branch = this.func.terminator(from);
    const [condition] = branch.operands;
    if (branch.op !== Op.condbr || condition === undefined || branch.targets[0] === branch.targets[1])
      return 0;
    const fact = factOf(this.func.ins(condition), branch.targets[0] === to);
    if (fact === undefined) return 0;
    const { provenance } = this.cx.analyses;
    const isSwapped = provenance.of(fact.left) === 'packet_end';
    const [pointer, end] = isSwapped ? [fact.right, fact.left] : [fact.left, fact.right];
    const predicate = isSwapped ? swapPredicate(fact.predicate) : fact.predicate;
    if (provenance.of(end) !== 'packet_end') return 0;
    return predicate === Predicate.ule || predicate === Predicate.ult ? this.distance(pointer, base) : 0;
  }

  /** Constant bytes from `base` to a pointer; 0 when they are not known. */
  private distance(pointer: ValueId, base: ValueId): number {
    let bytes = 0n;
    let ins = this.func.ins(pointer);
    while (ins.id !== base) {
      const [next, offset] = ins.operands;
      const constant = offset === undefined ? undefined : constantOf(this.func, offset);
      if (ins.op !== Op.ptradd || next === undefined || constant === undefined) return 0;
      bytes += BigInt.asIntN(64, constant);
      ins = this.func.ins(next);
    }
    return bytes < 0x8000n ? Number(bytes) : 0;
  }

  /** One load where the first stood, one store where the last stood. */
  private widen({ loads: [low, high], stores: [first, second] }: Copy): void {
    const { func } = this;
    const load = func.create(Op.load, Type.i64, [low.pointer], low.ins.pos);
    load.align = 1;
    func.insertBefore(low.ins, load);
    const store = func.create(Op.store, Type.void, [load.id, first.pointer], first.ins.pos);
    store.align = 1;
    func.insertBefore(second.ins, store);
    for (const access of [low, high, first, second]) {
      this.taken.add(access);
      discard(func, access.ins);
    }
  }
}

function overlaps(a: Access, b: Access): boolean {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}
