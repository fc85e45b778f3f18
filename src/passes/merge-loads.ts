/**
 * Adjacent narrow loads whose values are put together by shifts and ors become one wide load, with a byte swap where the order
 * asks for it: `p[0] << 8 | p[1]` is a 16-bit load in network order.
 *
 * Method: the tree under an `or` (or an `add` or `xor` of values without common bits) is read as bytes, each of which is zero or
 * one byte of memory; runs of bytes whose addresses ascend or descend are loaded at once. All loads of a run stand
 * in one block, nothing between them writes what they read, and each has no other use. Only memory that is plain
 * bytes to the verifier takes part; never more bytes are read than the source read.
 *
 * Where other terms stand between them, as in `hash + (p[1] << 8) + p[0]`, the terms are put in another order: one operator is
 * associative and commutative, and what was loaded at once comes last, so that the others wait for one operation only.
 */

import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bytesOf, isIntegerType, Type } from '../ir/types.ts';
import { type Access, AdjacentAccesses, Insertions, typeOfBytes } from './adjacent-accesses.ts';
import type { PassContext } from './pass.ts';
import { Replacements } from './rewrite.ts';

/** Trees that are deeper or larger are no words. */
const maxDepth = 20;
const maxSize = 100;

/** One byte of a value: byte `index` of what a load read. */
interface ByteSource {
  readonly access: Access;
  readonly index: number;
}

type Byte = ByteSource | 'zero';

/** Bytes of a value, from the lowest, that one load will give. */
interface Run {
  readonly low: number;
  readonly bytes: number;
  readonly isSwapped: boolean;
  readonly sources: readonly ByteSource[];
}

/** Terms of one operator that have different bytes of a value. */
interface Word {
  bytes: Byte[];
  readonly terms: ValueId[];
  /** All instructions that make them. */
  readonly inner: Ins[];
}

export function mergeLoads(func: Func, cx: PassContext): boolean {
  return new LoadMerging(func, cx).run();
}

const joins: ReadonlySet<Op> = new Set([Op.or, Op.add, Op.xor]);

class LoadMerging {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly accesses: AdjacentAccesses;
  private readonly insertions: Insertions;
  private readonly replacements = new Replacements();
  /** Places in their blocks, for loads. */
  private readonly indices = new Map<ValueId, number>();
  /** Parts of trees that were looked at as a whole. */
  private readonly seen = new Set<ValueId>();

  constructor(func: Func, cx: PassContext) {
    this.func = func;
    this.cx = cx;
    this.accesses = new AdjacentAccesses(func, cx);
    this.insertions = new Insertions(func);
  }

  run(): boolean {
    const { func } = this;
    const roots: Ins[] = [];
    for (const block of func.eachBlock()) {
      block.instructions.forEach((id, index) => {
        const ins = func.ins(id);
        if (ins.op === Op.load) this.indices.set(id, index);
        else if (joins.has(ins.op) && ins.type >= Type.i16) roots.push(ins);
      });
    }
    // Trees from their tops.
    for (const root of roots.reverse()) if (!this.seen.has(root.id)) this.visit(root);
    if (this.insertions.isEmpty) return false;
    this.insertions.apply();
    this.replacements.apply(func);
    return true;
  }

  private visit(root: Ins): void {
    const inner: Ins[] = [];
    const bytes = this.bytesOf(root.id, inner, 0);
    if (bytes === undefined) {
      this.visitTerms(root);
      return;
    }
    if (loadsOf(bytes).size < 2) return;
    const { uses } = this.cx.analyses;
    for (const ins of inner) {
      this.seen.add(ins.id);
      if (ins !== root && uses.count(ins.id) !== 1) return;
    }
    const runs = this.fewerRuns(bytes);
    if (runs !== undefined) this.replacements.set(root.id, this.join(root, runs));
  }

  /** One operator's terms, of which some are bytes of memory. */
  private visitTerms(root: Ins): void {
    const terms = this.termsOf(root);
    const words: Word[] = [];
    if (terms.length > 2) for (const term of terms) this.addTo(words, term);
    const merged = words.flatMap((word) => {
      const runs = this.fewerRuns(word.bytes);
      return runs === undefined ? [] : [{ word, runs }];
    });
    if (merged.length === 0) return;
    for (const { word } of merged) for (const { id } of word.inner) this.seen.add(id);
    const taken = new Set(merged.flatMap(({ word }) => word.terms));
    const values = terms.filter((term) => !taken.has(term));
    for (const { runs } of merged) values.push(this.join(root, runs));
    const make = (left: ValueId, right: ValueId): ValueId =>
      this.insertions.make(root, root.op, root.type, [left, right]).id;
    this.replacements.set(root.id, values.reduce(make));
  }

  /** What is put together by the operator of `root`, from the left. */
  private termsOf(root: Ins): ValueId[] {
    const { uses } = this.cx.analyses;
    const terms: ValueId[] = [];
    const open: ValueId[] = [...root.operands].reverse();
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const ins = this.func.ins(id);
      const isInner =
        ins.op === root.op && ins.block === root.block && uses.count(id) === 1 && terms.length < maxSize;
      if (!isInner) {
        terms.push(id);
        continue;
      }
      this.seen.add(id);
      open.push(...[...ins.operands].reverse());
    }
    return terms;
  }

  /** A term of bytes goes to the word that has other bytes from the same place. */
  private addTo(words: Word[], term: ValueId): void {
    const inner: Ins[] = [];
    const bytes = this.bytesOf(term, inner, 0);
    const base = bytes && baseOf(bytes);
    if (base === undefined || inner.some(({ id }) => this.cx.analyses.uses.count(id) !== 1)) return;
    for (const word of words) {
      const both = baseOf(word.bytes) === base ? joined(word.bytes, bytes ?? []) : undefined;
      if (both === undefined) continue;
      word.bytes = both;
      word.terms.push(term);
      word.inner.push(...inner);
      return;
    }
    words.push({ bytes: bytes ?? [], terms: [term], inner });
  }

  /** The bytes of a value, and the instructions that make it; undefined when there is anything else in it. */
  private bytesOf(value: ValueId, inner: Ins[], depth: number): Byte[] | undefined {
    const ins = this.func.ins(value);
    if (depth > maxDepth || inner.length > maxSize || !isIntegerType(ins.type) || ins.type === Type.i1)
      return undefined;
    const size = bytesOf(ins.type);
    if (ins.op === Op.const) return ins.imm === 0n ? zeros(size) : undefined;
    const [first, second] = ins.operands;
    if (first === undefined) return undefined;
    inner.push(ins);
    if (ins.op === Op.load) return this.loadedBytes(ins);
    const low = this.bytesOf(first, inner, depth + 1);
    if (low === undefined) return undefined;
    switch (ins.op) {
      case Op.zext:
        return [...low, ...zeros(size - low.length)];
      case Op.trunc:
        return low.slice(0, size);
      case Op.bswap:
        return low.reverse();
      case Op.shl: {
        const by = second === undefined ? undefined : constantOf(this.func, second);
        // A distance beyond the value has no meaning (C11 6.5.7 p3), but it may stand there.
        if (by === undefined || by < 0n || by >= BigInt(size * 8) || by % 8n !== 0n) return undefined;
        return [...zeros(Number(by / 8n)), ...low].slice(0, size);
      }
      case Op.or:
      case Op.add:
      case Op.xor: {
        const other = second === undefined ? undefined : this.bytesOf(second, inner, depth + 1);
        return other === undefined ? undefined : joined(low, other);
      }
      default:
        return undefined;
    }
  }

  private loadedBytes(ins: Ins): Byte[] | undefined {
    const access = this.accesses.accessOf(ins, this.indices.get(ins.id) ?? 0);
    if (access === undefined) return undefined;
    const { littleEndian } = this.cx.options;
    return Array.from({ length: access.bytes }, (_, i) => ({
      access,
      index: littleEndian ? i : access.bytes - 1 - i,
    }));
  }

  /** Cuts the bytes into the longest runs; undefined when one of them cannot be loaded. */
  private runsOf(bytes: readonly Byte[]): Run[] | undefined {
    const runs: Run[] = [];
    for (let low = 0; low < bytes.length; ) {
      if (bytes[low] === 'zero') {
        low++;
        continue;
      }
      const run = this.longestRun(bytes, low);
      if (run === undefined) return undefined;
      runs.push(run);
      low += run.bytes;
    }
    return runs;
  }

  private longestRun(bytes: readonly Byte[], low: number): Run | undefined {
    for (const count of [8, 4, 2, 1]) {
      const sources = bytes.slice(low, low + count).filter((byte) => byte !== 'zero');
      if (sources.length < count) continue;
      for (const isSwapped of [false, true]) {
        const run = { low, bytes: count, isSwapped, sources };
        if (this.isLoadable(run)) return run;
      }
    }
    return undefined;
  }

  private isLoadable({ bytes, sources, isSwapped }: Run): boolean {
    const ascends = this.cx.options.littleEndian !== isSwapped;
    const lowest = sources[ascends ? 0 : bytes - 1];
    if (lowest === undefined) return false;
    const { base } = lowest.access;
    const start = lowest.access.offset + lowest.index;
    const isRun = sources.every(
      ({ access, index }, i) =>
        access.base === base && access.offset + index === start + (ascends ? i : bytes - 1 - i),
    );
    if (!isRun || (bytes > 1 && lowest.index !== 0) || !this.accesses.allows(lowest.access, bytes))
      return false;
    return this.accesses.isUndisturbed(sources.map(({ access }) => access));
  }

  /** Runs for less loads than there are. */
  private fewerRuns(bytes: readonly Byte[]): Run[] | undefined {
    const loads = loadsOf(bytes);
    const runs = loads.size < 2 ? undefined : this.runsOf(bytes);
    return runs !== undefined && runs.length < loads.size ? runs : undefined;
  }

  /** The value of all runs, before `root` and in its type. */
  private join(root: Ins, runs: readonly Run[]): ValueId {
    const { func, insertions } = this;
    const make = (op: Op, operands: ValueId[]): ValueId => insertions.make(root, op, root.type, operands).id;
    const values = runs.map((run) => {
      const loaded = this.load(run, root);
      const wide = func.ins(loaded).type === root.type ? loaded : make(Op.zext, [loaded]);
      return run.low === 0 ? wide : make(Op.shl, [wide, func.constant(root.type, BigInt(run.low * 8))]);
    });
    return values.reduce((left, right) => make(Op.or, [left, right]));
  }

  private load({ bytes, sources, isSwapped }: Run, root: Ins): ValueId {
    const { insertions } = this;
    const order = [...sources].sort((a, b) => a.access.index - b.access.index);
    const lowest = sources.reduce((a, b) => (address(b) < address(a) ? b : a));
    const place = order[0]?.access.ins ?? root;
    const pointer = insertions.address(place, lowest.access.base, address(lowest));
    const load = insertions.make(place, Op.load, typeOfBytes(bytes), [pointer]);
    load.align = Math.min(bytes, lowest.index === 0 ? lowest.access.ins.align : 1);
    return isSwapped && bytes > 1 ? insertions.make(root, Op.bswap, load.type, [load.id]).id : load.id;
  }
}

function loadsOf(bytes: readonly Byte[]): ReadonlySet<Ins> {
  return new Set(bytes.flatMap((byte) => (byte === 'zero' ? [] : [byte.access.ins])));
}

/** Where the first loaded byte comes from. */
function baseOf(bytes: readonly Byte[]): ValueId | undefined {
  return bytes.flatMap((byte) => (byte === 'zero' ? [] : [byte.access.base]))[0];
}

const address = ({ access, index }: ByteSource): number => access.offset + index;

function zeros(count: number): Byte[] {
  return new Array<Byte>(Math.max(0, count)).fill('zero');
}

/** Bytes of two values without a common one. */
function joined(left: readonly Byte[], right: readonly Byte[]): Byte[] | undefined {
  const all: Byte[] = [];
  for (const [i, byte] of left.entries()) {
    const other = right[i] ?? 'zero';
    if (byte !== 'zero' && other !== 'zero') return undefined;
    all.push(byte === 'zero' ? other : byte);
  }
  return all;
}
