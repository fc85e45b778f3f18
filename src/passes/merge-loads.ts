/**
 * Adjacent narrow loads whose values are put together by shifts and ors become one wide load, with a byte swap where the order
 * asks for it: `p[0] << 8 | p[1]` is a 16-bit load in network order.
 *
 * Method: the tree under an `or` (or an `add` or `xor` of values without common bits) is read as bytes, each of which is zero or
 * one byte of memory; runs of bytes whose addresses ascend or descend are loaded at once. All loads of a run stand
 * in one block, nothing between them writes what they read, and each has no other use. Only memory that is plain
 * bytes to the verifier takes part; never more bytes are read than the source read.
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
    if (bytes === undefined) return;
    const loads = new Set(bytes.flatMap((byte) => (byte === 'zero' ? [] : [byte.access.ins])));
    if (loads.size < 2) return;
    const { uses } = this.cx.analyses;
    for (const ins of inner) {
      this.seen.add(ins.id);
      if (ins !== root && uses.count(ins.id) !== 1) return;
    }
    const runs = this.runsOf(bytes);
    if (runs !== undefined && runs.length < loads.size) this.rewrite(root, runs);
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
        if (by === undefined || by % 8n !== 0n) return undefined;
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

  private rewrite(root: Ins, runs: readonly Run[]): void {
    const { func, insertions } = this;
    const make = (op: Op, operands: ValueId[]): ValueId => insertions.make(root, op, root.type, operands).id;
    let all: ValueId | undefined;
    for (const run of runs) {
      const loaded = this.load(run, root);
      const wide = func.ins(loaded).type === root.type ? loaded : make(Op.zext, [loaded]);
      const placed =
        run.low === 0 ? wide : make(Op.shl, [wide, func.constant(root.type, BigInt(run.low * 8))]);
      all = all === undefined ? placed : make(Op.or, [all, placed]);
    }
    if (all !== undefined) this.replacements.set(root.id, all);
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
