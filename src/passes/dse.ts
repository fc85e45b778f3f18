/**
 * Dead stores: a store to a stack object of which every byte is overwritten, or ends with the object, before anything
 * reads it.
 *
 * Only objects that nothing but this function's own instructions can reach. A helper reads the bytes that its row says
 * (padding included, and as many as its size argument says at most), so these stay written; one that writes all of them
 * for certain overwrites. Method: a backward data flow over the bytes of each object, a bit a byte, for what may be read
 * (the least fixed point; what a store that goes reads does not count), then one sweep that drops the stores.
 */

import type { AliasFacts, PointerBase } from '../ir/alias.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import type { PassContext } from './pass.ts';
import { discard, isOrdered, sweep } from './rewrite.ts';

/** Larger objects are left as they are: a program's frame has 512 bytes. */
const maxObject = 4096n;

/** For each object, by the number of its alloca, the bytes that may be read; no row is none. */
type Live = Map<number, bigint>;

/** Some bytes of an object. */
interface Bytes {
  readonly root: number;
  readonly mask: bigint;
}

/** What an instruction does with private objects, in the order in which the flow, backwards, comes by it. */
interface Effects {
  readonly ins: Ins;
  /** What it overwrites for certain: the instruction goes when nobody reads that. */
  readonly written: Bytes | undefined;
  /** Other bytes whose value before does not matter. */
  readonly ended: readonly Bytes[];
  readonly read: readonly Bytes[];
}

export function dse(func: Func, cx: PassContext): boolean {
  const objects = privateObjects(func, cx);
  if (objects.length === 0) return false;
  return new DeadStores(func, cx, objects).run();
}

function privateObjects(func: Func, cx: PassContext): Ins[] {
  const found: Ins[] = [];
  for (const id of func.block(func.entry).instructions) {
    const ins = func.ins(id);
    if (ins.op !== Op.alloca || ins.imm > maxObject) continue;
    if (!cx.analyses.alias.isCaptured(id)) found.push(ins);
  }
  return found;
}

/** Bits `start` to `end`. */
function maskOf(start: bigint, end: bigint): bigint {
  const from = start < 0n ? 0n : start;
  return end <= from ? 0n : ((1n << (end - from)) - 1n) << from;
}

class DeadStores {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly alias: AliasFacts;
  /** All bytes of each object. */
  private readonly whole = new Map<number, bigint>();
  private readonly sizes = new Map<number, bigint>();
  /** By block, of the last instruction first. */
  private readonly effects: (readonly Effects[])[] = [];
  /** By block. */
  private readonly atStart: (Live | undefined)[] = [];
  private changed = false;

  constructor(func: Func, cx: PassContext, objects: readonly Ins[]) {
    this.func = func;
    this.cx = cx;
    this.alias = cx.analyses.alias;
    for (const { id, imm } of objects) {
      this.sizes.set(id, imm);
      this.whole.set(id, maskOf(0n, imm));
    }
  }

  run(): boolean {
    const { func, effects } = this;
    for (const block of func.layout) effects[block] = this.effectsOf(block);
    this.solve();
    for (const block of func.layout) this.visitBlock(block, true);
    if (this.changed) sweep(func);
    return this.changed;
  }

  /** Blocks in postorder until nothing changes: more and more bytes are found to be read. */
  private solve(): void {
    const { atStart } = this;
    const { rpo } = this.cx.analyses.cfg;
    for (let changed = true; changed; ) {
      changed = false;
      for (let i = rpo.length - 1; i >= 0; i--) {
        const block = rpo[i];
        if (block === undefined) continue;
        const before = atStart[block];
        const live = this.visitBlock(block, false);
        if (before !== undefined && isSame(before, live)) continue;
        atStart[block] = live;
        changed = true;
      }
    }
  }

  private liveAtEnd(block: BlockId): Live {
    // Where the program, or the call, ends, the frame ends with it; a successor that is not known yet says nothing.
    const live: Live = new Map();
    for (const next of this.cx.analyses.cfg.successors[block] ?? []) {
      for (const [root, mask] of this.atStart[next] ?? []) live.set(root, (live.get(root) ?? 0n) | mask);
    }
    return live;
  }

  /** What is read from the start of a block on; drops its dead stores when told so. */
  private visitBlock(block: BlockId, drops: boolean): Live {
    const live = this.liveAtEnd(block);
    for (const { ins, written, ended, read } of this.effects[block] ?? []) {
      if (written !== undefined) {
        if (((live.get(written.root) ?? 0n) & written.mask) === 0n) {
          if (drops) {
            discard(this.func, ins);
            this.changed = true;
          }
          continue;
        }
        end(live, written);
      }
      for (const bytes of ended) end(live, bytes);
      for (const { root, mask } of read) live.set(root, (live.get(root) ?? 0n) | mask);
    }
    return live;
  }

  private effectsOf(block: BlockId): Effects[] {
    const { func } = this;
    const { instructions } = func.block(block);
    const list: Effects[] = [];
    for (let i = instructions.length - 1; i >= 0; i--) {
      const ins = func.ins(instructions[i] ?? asId<ValueId>(-1));
      if (opRow(ins.op).memory === 'none') continue;
      const row = ins.op === Op.call_helper ? this.effectsOfHelper(ins) : this.effectsOfAccess(ins);
      if (row.written !== undefined || row.ended.length > 0 || row.read.length > 0) list.push(row);
    }
    return list;
  }

  private effectsOfAccess(ins: Ins): Effects {
    const isMark = ins.op === Op.lifetime_end || ins.op === Op.lifetime_start;
    return {
      ins,
      written: this.writtenBy(ins),
      ended: isMark ? this.wholeObject(ins.operands[0]) : nothing,
      read: this.readBy(ins),
    };
  }

  /** What a helper fills does not matter before the call, what it reads does, arguments in either role included. */
  private effectsOfHelper(call: Ins): Effects {
    const ended: Bytes[] = [];
    const read: Bytes[] = [];
    for (const { base, size, reads, isFilled } of this.alias.helperAccesses(call)) {
      if (base.kind !== 'alloca') continue;
      const bytes = this.bytesAt(base, size);
      if (isFilled && bytes !== undefined) ended.push(bytes);
      if (reads) read.push(...(bytes === undefined ? this.wholeObject(base.root) : [bytes]));
    }
    return { ins: call, written: undefined, ended, read };
  }

  /** The bytes of a private object that `ins` overwrites for certain. */
  private writtenBy(ins: Ins): Bytes | undefined {
    if (isOrdered(ins)) return undefined;
    const [first, second, third] = ins.operands;
    switch (ins.op) {
      case Op.store:
        if (first === undefined || second === undefined) return undefined;
        return this.bytesAt(this.alias.baseOf(second), BigInt(bitsOf(this.func.ins(first).type) >>> 3));
      case Op.memset:
      case Op.memcpy:
      case Op.memmove:
        if (first === undefined || third === undefined) return undefined;
        return this.bytesAt(this.alias.baseOf(first), constantOf(this.func, third));
      default:
        return undefined;
    }
  }

  /** Bytes of one of the objects, if they are known and inside of it. */
  private bytesAt({ kind, root, offset }: PointerBase, size: bigint | undefined): Bytes | undefined {
    const all = this.sizes.get(root);
    if (kind !== 'alloca' || all === undefined || offset === undefined || size === undefined)
      return undefined;
    if (offset < 0n || offset + size > all) return undefined;
    return { root, mask: maskOf(offset, offset + size) };
  }

  /** All bytes of one of the objects. */
  private wholeObject(root: number | undefined): readonly Bytes[] {
    const mask = root === undefined ? undefined : this.whole.get(root);
    return root === undefined || mask === undefined ? nothing : [{ root, mask }];
  }

  /** What `ins` may read: an object that no unknown pointer leads to is read through operands that lead to it. */
  private readBy(ins: Ins): readonly Bytes[] {
    const { alias, func } = this;
    const { memory } = opRow(ins.op);
    if (memory !== 'read' && memory !== 'read-write') return nothing;
    const [first] = ins.operands;
    if (ins.op === Op.load && first !== undefined) {
      const loaded = this.bytesAt(alias.baseOf(first), BigInt(bitsOf(ins.type) >>> 3));
      if (loaded !== undefined) return [loaded];
    }
    return ins.operands.flatMap((operand) => {
      if (func.ins(operand).type !== Type.ptr) return nothing;
      const { kind, root } = alias.baseOf(operand);
      if (kind !== 'alloca' || !alias.mayRead(ins, asId<ValueId>(root), undefined)) return nothing;
      return this.wholeObject(root);
    });
  }
}

const nothing: readonly Bytes[] = [];

/** What these bytes are before does not matter. */
function end(live: Live, { root, mask }: Bytes): void {
  const left = (live.get(root) ?? 0n) & ~mask;
  if (left === 0n) live.delete(root);
  else live.set(root, left);
}

function isSame(a: Live, b: Live): boolean {
  for (const [root, mask] of a) if (b.get(root) !== mask) return false;
  return a.size === b.size;
}
