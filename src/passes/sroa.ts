/**
 * Scalar replacement of aggregates: a stack object whose address does not escape is cut into objects of the parts that
 * are accessed, so that mem2reg can make values of them.
 *
 * Needs: constant offsets, no volatile or atomic access; other objects stay whole. Loads and stores are not cut: those
 * that overlap form one part. memcpy, memmove and memset are cut along the parts; where a part is a scalar they become a
 * load and a store, which may make the object at the other end divisible too (it is looked at again).
 * Method: slices and partitions as in LLVM's SROA (Carruth, 2012), after Muchnick, "Advanced Compiler Design", 12.2.
 */

import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, integerType, Type } from '../ir/types.ts';
import type { Uses } from '../ir/uses.ts';
import type { PassContext } from './pass.ts';
import { isOrdered } from './rewrite.ts';

/** An access to bytes `start` to `end` of an object. */
interface Slice {
  readonly ins: Ins;
  readonly start: number;
  readonly end: number;
  /** The scalar that is loaded or stored; void for block operations. */
  readonly type: Type;
}

interface Part {
  readonly start: number;
  end: number;
  /** The scalar that every access sees; void when they differ. */
  type: Type;
  alloca: Ins | undefined;
}

/** Objects larger than this are tables rather than structures; cutting them costs more than it brings. */
const maxObjectSize = 4096;

export function sroa(func: Func, cx: PassContext): boolean {
  const hasObjects = func.block(func.entry).instructions.some((id) => func.ins(id).op === Op.alloca);
  return hasObjects && new Splitter(func, cx.analyses.uses).run();
}

class Splitter {
  private readonly func: Func;
  private readonly uses: Uses;
  /** New instructions to stand before an old one. */
  private readonly pending = new Map<ValueId, Ins[]>();
  private readonly removed = new Set<ValueId>();
  private readonly newAllocas: Ins[] = [];
  private readonly work: Ins[] = [];

  constructor(func: Func, uses: Uses) {
    this.func = func;
    this.uses = uses;
  }

  run(): boolean {
    for (const id of this.func.block(this.func.entry).instructions) {
      const ins = this.func.ins(id);
      if (ins.op === Op.alloca) this.work.push(ins);
    }
    let changed = false;
    for (let alloca = this.work.pop(); alloca !== undefined; alloca = this.work.pop()) {
      if (!this.removed.has(alloca.id) && this.split(alloca)) changed = true;
    }
    if (changed) this.flush();
    return changed;
  }

  private split(alloca: Ins): boolean {
    if (alloca.imm > BigInt(maxObjectSize)) return false;
    const slices = this.collect(alloca);
    if (slices === undefined) return false;
    const parts = this.partition(slices);
    const [only] = parts;
    if (only === undefined) return false;
    const hasScalarCopies = slices.some((slice) => slice.type === Type.void && isScalarCopy(parts, slice));
    if (parts.length === 1 && !hasScalarCopies) return false;
    for (const part of parts) part.alloca = this.partAlloca(alloca, part);
    for (const marker of this.markers(alloca)) this.splitMarker(marker, parts);
    for (const slice of slices) {
      if (!this.removed.has(slice.ins.id)) this.rewrite(alloca, slice, slices, parts);
    }
    return true;
  }

  private markers(alloca: Ins): Ins[] {
    return this.uses
      .of(alloca.id)
      .filter((user) => user.op === Op.lifetime_start || user.op === Op.lifetime_end);
  }

  /** All accesses; undefined when the object must stay whole. */
  private collect(alloca: Ins): Slice[] | undefined {
    const size = Number(alloca.imm);
    const slices: Slice[] = [];
    const work: { pointer: ValueId; offset: number }[] = [{ pointer: alloca.id, offset: 0 }];
    for (let item = work.pop(); item !== undefined; item = work.pop()) {
      for (const user of this.uses.of(item.pointer)) {
        if (user.op === Op.ptradd && user.operands[0] === item.pointer) {
          const bytes = constantOf(this.func, user.operands[1] ?? user.id);
          const offset = item.offset + Number(BigInt.asIntN(64, bytes ?? -(1n << 40n)));
          if (offset < 0 || offset > size) return undefined;
          work.push({ pointer: user.id, offset });
        } else if (user.op === Op.lifetime_start || user.op === Op.lifetime_end) {
          if (item.pointer !== alloca.id) return undefined;
        } else {
          const slice = this.sliceOf(user, item.pointer, item.offset);
          if (slice === undefined || slice.end > size) return undefined;
          slices.push(slice);
        }
      }
    }
    return slices;
  }

  private sliceOf(user: Ins, pointer: ValueId, start: number): Slice | undefined {
    if (isOrdered(user)) return undefined;
    const [first, second, third] = user.operands;
    switch (user.op) {
      case Op.load:
        return { ins: user, start, end: start + (bitsOf(user.type) >>> 3), type: user.type };
      case Op.store: {
        if (first === undefined || first === pointer || second !== pointer) return undefined;
        const { type } = this.func.ins(first);
        return { ins: user, start, end: start + (bitsOf(type) >>> 3), type };
      }
      case Op.memcpy:
      case Op.memmove:
      case Op.memset: {
        const size = constantOf(this.func, third ?? user.id);
        if (size === undefined || size === 0n || size > BigInt(maxObjectSize)) return undefined;
        return { ins: user, start, end: start + Number(size), type: Type.void };
      }
      default:
        return undefined;
    }
  }

  /** Parts in ascending order: unions of overlapping scalars, and what block operations cover between them. */
  private partition(slices: readonly Slice[]): Part[] {
    const scalars = slices.filter((slice) => slice.type !== Type.void).sort((a, b) => a.start - b.start);
    const parts: Part[] = [];
    for (const slice of scalars) {
      const last = parts.at(-1);
      if (last === undefined || slice.start >= last.end) {
        parts.push({ start: slice.start, end: slice.end, type: slice.type, alloca: undefined });
      } else {
        const isSame = slice.start === last.start && slice.end === last.end;
        if (!isSame) last.type = Type.void;
        else if (last.type !== Type.void && slice.type === Type.ptr) last.type = Type.ptr;
        last.end = Math.max(last.end, slice.end);
      }
    }
    return this.fillGaps(parts, slices);
  }

  private fillGaps(scalars: readonly Part[], slices: readonly Slice[]): Part[] {
    const blocks = slices.filter((slice) => slice.type === Type.void).sort((a, b) => a.start - b.start);
    const parts: Part[] = [];
    let next = 0;
    const cover = (start: number, end: number): void => {
      const last = parts.at(-1);
      if (last !== undefined && last.end === start && last.alloca === undefined && gaps.has(last))
        last.end = end;
      else {
        const gap: Part = { start, end, type: Type.void, alloca: undefined };
        gaps.add(gap);
        parts.push(gap);
      }
    };
    const gaps = new Set<Part>();
    let at = 0;
    for (const block of blocks) {
      at = Math.max(at, block.start);
      for (let part = scalars[next]; part !== undefined && part.start < block.end; part = scalars[++next]) {
        if (part.start > at) cover(at, part.start);
        parts.push(part);
        at = Math.max(at, part.end);
      }
      if (block.end > at) cover(at, block.end);
      at = Math.max(at, block.end);
    }
    parts.push(...scalars.slice(next));
    return parts;
  }

  private partAlloca(whole: Ins, part: Part): Ins {
    const alloca = this.func.create(Op.alloca, Type.ptr, [], whole.pos);
    alloca.imm = BigInt(part.end - part.start);
    alloca.align = alignAt(whole.align, part.start);
    alloca.aux = whole.aux;
    alloca.block = this.func.entry;
    this.func.names?.addPart(alloca.id);
    this.newAllocas.push(alloca);
    return alloca;
  }

  private splitMarker(marker: Ins, parts: readonly Part[]): void {
    for (const { alloca } of parts) {
      if (alloca !== undefined)
        this.insert(marker, this.func.create(marker.op, Type.void, [alloca.id], marker.pos));
    }
    this.drop(marker);
  }

  private insert(before: Ins, ins: Ins): Ins {
    ins.block = before.block;
    const list = this.pending.get(before.id);
    if (list === undefined) this.pending.set(before.id, [ins]);
    else list.push(ins);
    this.uses.addUser(ins);
    return ins;
  }

  private drop(ins: Ins): void {
    this.uses.dropUser(ins);
    this.removed.add(ins.id);
  }

  /** `pointer + bytes` before `at`. */
  private offset(at: Ins, pointer: ValueId, bytes: number): ValueId {
    if (bytes === 0) return pointer;
    const amount = this.func.constant(Type.i64, BigInt(bytes));
    return this.insert(at, this.func.create(Op.ptradd, Type.ptr, [pointer, amount], at.pos)).id;
  }

  private rewrite(whole: Ins, slice: Slice, slices: readonly Slice[], parts: readonly Part[]): void {
    const { ins } = slice;
    if (slice.type !== Type.void) {
      const part = parts.find((row) => row.start <= slice.start && slice.end <= row.end);
      if (part?.alloca === undefined) return;
      const pointer = this.offset(ins, part.alloca.id, slice.start - part.start);
      this.uses.dropUser(ins);
      ins.operands[ins.op === Op.store ? 1 : 0] = pointer;
      this.uses.addUser(ins);
      return;
    }
    // A copy inside of one object has a slice at each end; both ends move at once.
    const ends = slices.filter((row) => row.ins === ins);
    if (ends.length > 1) {
      this.rewriteInner(whole, ins, ends, parts);
      return;
    }
    for (const part of parts) {
      const start = Math.max(part.start, slice.start);
      const end = Math.min(part.end, slice.end);
      if (start < end) this.rewritePiece(whole, slice, part, start, end);
    }
    this.drop(ins);
  }

  /** Copies between parts of one object stay copies of bytes when they fit, else the object's parts get them piecewise. */
  private rewriteInner(whole: Ins, ins: Ins, ends: readonly Slice[], parts: readonly Part[]): void {
    const [destination, source] = ins.operands;
    const first = ends[0];
    const second = ends[1];
    if (first === undefined || second === undefined || destination === undefined || source === undefined)
      return;
    const length = first.end - first.start;
    const [to, from] =
      this.offsetOf(destination, whole) === first.start
        ? [first.start, second.start]
        : [second.start, first.start];
    const pieces: { store: Ins; value: Ins }[] = [];
    for (let at = 0; at < length; ) {
      const target = parts.find((part) => part.start <= to + at && to + at < part.end);
      const origin = parts.find((part) => part.start <= from + at && from + at < part.end);
      if (target?.alloca === undefined || origin?.alloca === undefined) return;
      const room = Math.min(length - at, target.end - to - at, origin.end - from - at);
      const width = pieceWidth(room, to + at - target.start, from + at - origin.start, target, origin);
      const type =
        width === 8 && (target.type === Type.ptr || origin.type === Type.ptr)
          ? Type.ptr
          : (integerType(width * 8) ?? Type.i8);
      const load = this.access(
        ins,
        Op.load,
        type,
        [this.offset(ins, origin.alloca.id, from + at - origin.start)],
        1,
      );
      load.align = alignAt(origin.alloca.align, from + at - origin.start);
      const store = this.func.create(Op.store, Type.void, [load.id, target.alloca.id], ins.pos);
      store.align = alignAt(target.alloca.align, to + at - target.start);
      pieces.push({ store, value: load });
      at += width;
      store.operands[1] = this.offset(ins, target.alloca.id, to + at - width - target.start);
    }
    // All loads before all stores: the ranges may overlap in a memmove.
    for (const { store } of pieces) this.insert(ins, store);
    this.drop(ins);
  }

  private offsetOf(pointer: ValueId, whole: Ins): number {
    let at = this.func.ins(pointer);
    let offset = 0n;
    while (at.op === Op.ptradd && at.id !== whole.id) {
      offset += BigInt.asIntN(64, constantOf(this.func, at.operands[1] ?? at.id) ?? 0n);
      at = this.func.ins(at.operands[0] ?? at.id);
    }
    return Number(offset);
  }

  private access(at: Ins, op: Op, type: Type, operands: ValueId[], align: number): Ins {
    const ins = this.func.create(op, type, operands, at.pos);
    ins.align = align;
    return this.insert(at, ins);
  }

  /** The part of a block operation that meets one part of the object. */
  private rewritePiece(whole: Ins, slice: Slice, part: Part, start: number, end: number): void {
    const { ins } = slice;
    const [destination, second] = ins.operands;
    if (part.alloca === undefined || destination === undefined || second === undefined) return;
    const isWhole = start === part.start && end === part.end;
    const here = this.offset(ins, part.alloca.id, start - part.start);
    const hereAlign = alignAt(part.alloca.align, start - part.start);
    if (ins.op === Op.memset) {
      const value = isWhole ? this.splat(ins, second, part.type) : undefined;
      if (value !== undefined) this.access(ins, Op.store, Type.void, [value, here], hereAlign);
      else {
        const size = this.func.constant(Type.i64, BigInt(end - start));
        this.access(ins, Op.memset, Type.void, [here, second, size], Math.min(ins.align, hereAlign));
      }
      return;
    }
    const isSource = this.isAt(second, whole);
    const other = this.offset(ins, isSource ? destination : second, start - slice.start);
    const otherAlign = alignAt(ins.align, start - slice.start);
    if (isWhole && part.type !== Type.void) {
      const load = this.access(
        ins,
        Op.load,
        part.type,
        [isSource ? here : other],
        isSource ? hereAlign : otherAlign,
      );
      this.access(
        ins,
        Op.store,
        Type.void,
        [load.id, isSource ? other : here],
        isSource ? otherAlign : hereAlign,
      );
      this.revisit(other);
      return;
    }
    const size = this.func.constant(Type.i64, BigInt(end - start));
    const operands = isSource ? [other, here, size] : [here, other, size];
    this.access(ins, ins.op, Type.void, operands, Math.min(otherAlign, hereAlign));
    this.revisit(other);
  }

  private isAt(pointer: ValueId, whole: Ins): boolean {
    let at = this.func.ins(pointer);
    while (at.op === Op.ptradd) at = this.func.ins(at.operands[0] ?? whole.id);
    return at.id === whole.id;
  }

  /** The object at the other end of a copy may be divisible now. */
  private revisit(pointer: ValueId): void {
    let at = this.func.ins(pointer);
    while (at.op === Op.ptradd) at = this.func.ins(at.operands[0] ?? pointer);
    if (at.op === Op.alloca && this.work.at(-1) !== at) this.work.push(at);
  }

  /** The scalar that memset leaves in a part: a constant byte, repeated; undefined when it is not constant. */
  private splat(ins: Ins, byte: ValueId, type: Type): ValueId | undefined {
    const constant = constantOf(this.func, byte);
    if (constant === undefined || type === Type.void) return undefined;
    if (type !== Type.ptr) return this.func.constant(type, constant * 0x0101010101010101n);
    if (constant === 0n) return this.func.constant(Type.ptr, 0n);
    const bits = this.func.constant(Type.i64, constant * 0x0101010101010101n);
    return this.access(ins, Op.inttoptr, Type.ptr, [bits], 0).id;
  }

  /** Writes all lists anew with what is pending and without what is removed. */
  private flush(): void {
    for (const block of this.func.eachBlock()) {
      const list: ValueId[] = block.id === this.func.entry ? this.newAllocas.map((ins) => ins.id) : [];
      // New instructions may themselves have something pending before them.
      const stack = [...block.instructions].reverse();
      const opened = new Set<ValueId>();
      for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
        const before = this.pending.get(id);
        if (before !== undefined && !opened.has(id)) {
          opened.add(id);
          stack.push(id);
          for (let i = before.length - 1; i >= 0; i--) {
            const ins = before[i];
            if (ins !== undefined) stack.push(ins.id);
          }
        } else if (!this.removed.has(id)) list.push(id);
      }
      block.instructions = list;
    }
    for (const id of this.removed) this.func.values[id] = undefined;
  }
}

/** Bytes of the next piece of a copy between two parts: a whole scalar where both ends have one, else what is aligned. */
function pieceWidth(room: number, to: number, from: number, target: Part, origin: Part): number {
  let width = room >= 8 ? 8 : room >= 4 ? 4 : room >= 2 ? 2 : 1;
  const align = Math.min(alignAt(target.alloca?.align ?? 1, to), alignAt(origin.alloca?.align ?? 1, from));
  while (width > align) width >>>= 1;
  return width;
}

/** True when a block operation covers all of a scalar part, so that it becomes a load and a store. */
function isScalarCopy(parts: readonly Part[], slice: Slice): boolean {
  return parts.some((part) => part.type !== Type.void && slice.start <= part.start && part.end <= slice.end);
}

/** The alignment known at an offset from something aligned. */
export function alignAt(align: number, offset: number): number {
  return offset === 0 ? align : Math.min(align, offset & -offset);
}
