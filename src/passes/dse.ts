/**
 * Dead stores: a store to a stack object of which every byte is overwritten, or ends with the object, before anything
 * reads it.
 *
 * Only objects that nothing but this function's own instructions can reach. A helper reads the bytes that its row says
 * (padding included, and as many as its size argument says at most), so these stay written; one that writes all of them
 * for certain overwrites. Method: a backward data flow over the bytes of each object, a bit a byte, for what will not be read
 * (the greatest fixed point, so that loops keep what they leave alone), then one sweep that drops the stores.
 */

import type { AliasFacts, PointerBase } from '../ir/alias.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { bitsOf } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import type { PassContext } from './pass.ts';
import { discard, isOrdered, sweep } from './rewrite.ts';

/** Larger objects are left as they are: a program's frame has 512 bytes. */
const maxObject = 4096n;

/** For each object, by the number of its alloca, the bytes that nobody will read; no row is none. */
type Dead = Map<number, bigint>;

/** Some bytes of an object. */
interface Bytes {
  readonly root: number;
  readonly mask: bigint;
}

export function dse(func: Func, cx: PassContext): boolean {
  const objects = privateObjects(func, cx.analyses.alias);
  if (objects.length === 0) return false;
  return new DeadStores(func, cx, objects).run();
}

function privateObjects(func: Func, alias: AliasFacts): Ins[] {
  const found: Ins[] = [];
  for (const id of func.block(func.entry).instructions) {
    const ins = func.ins(id);
    if (ins.op === Op.alloca && ins.imm <= maxObject && !alias.isCaptured(id)) found.push(ins);
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
  private readonly atStart = new Map<BlockId, Dead>();
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
    this.solve();
    for (const block of this.func.eachBlock()) this.visitBlock(block.id, true);
    if (this.changed) sweep(this.func);
    return this.changed;
  }

  /** Blocks in postorder until nothing changes: facts only get fewer. */
  private solve(): void {
    const { rpo } = this.cx.analyses.cfg;
    for (let changed = true; changed; ) {
      changed = false;
      for (let i = rpo.length - 1; i >= 0; i--) {
        const block = rpo[i];
        if (block === undefined) continue;
        const before = this.atStart.get(block);
        const dead = this.visitBlock(block, false);
        if (before !== undefined && isSame(before, dead)) continue;
        this.atStart.set(block, dead);
        changed = true;
      }
    }
  }

  private deadAtEnd(block: BlockId): Dead {
    // Where the program, or the call, ends, the frame ends with it; a successor that is not known yet says nothing.
    const dead: Dead = new Map(this.whole);
    for (const next of this.cx.analyses.cfg.successors[block] ?? []) {
      const there = this.atStart.get(next);
      if (there === undefined) continue;
      for (const [root, mask] of dead) dead.set(root, mask & (there.get(root) ?? 0n));
    }
    return dead;
  }

  /** What is dead at the start of a block; drops its dead stores when told so. */
  private visitBlock(id: BlockId, drops: boolean): Dead {
    const { func } = this;
    const dead = this.deadAtEnd(id);
    const { instructions } = func.block(id);
    for (let i = instructions.length - 1; i >= 0; i--) {
      const ins = func.ins(instructions[i] ?? asId<ValueId>(-1));
      if (ins.op === Op.call_helper) {
        this.callHelper(ins, dead);
        continue;
      }
      const written = this.writtenBy(ins);
      if (written !== undefined) {
        const before = dead.get(written.root) ?? 0n;
        if ((before & written.mask) === written.mask) {
          if (drops) {
            discard(func, ins);
            this.changed = true;
          }
          continue;
        }
        dead.set(written.root, before | written.mask);
      }
      this.revive(ins, dead);
      if (ins.op === Op.lifetime_end || ins.op === Op.lifetime_start) this.endLifetime(ins, dead);
    }
    return dead;
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

  /** Before an object's life and after it nobody reads it. */
  private endLifetime(ins: Ins, dead: Dead): void {
    const [alloca] = ins.operands;
    const all = alloca === undefined ? undefined : this.whole.get(alloca);
    if (alloca !== undefined && all !== undefined) dead.set(alloca, all);
  }

  /** What a helper fills is dead before the call, what it reads is not, arguments in either role included. */
  private callHelper(call: Ins, dead: Dead): void {
    const accesses = this.alias.helperAccesses(call);
    for (const { base, size, isFilled } of accesses) {
      const bytes = isFilled ? this.bytesAt(base, size) : undefined;
      if (bytes !== undefined) dead.set(bytes.root, (dead.get(bytes.root) ?? 0n) | bytes.mask);
    }
    for (const { base, size, reads } of accesses) {
      if (!reads || base.kind !== 'alloca') continue;
      const read = this.bytesAt(base, size)?.mask ?? this.whole.get(base.root) ?? 0n;
      dead.set(base.root, (dead.get(base.root) ?? 0n) & ~read);
    }
  }

  /** Takes out what `ins` may read. */
  private revive(ins: Ins, dead: Dead): void {
    const { memory } = opRow(ins.op);
    if (memory !== 'read' && memory !== 'read-write') return;
    const [first] = ins.operands;
    const loaded =
      ins.op === Op.load && first !== undefined
        ? this.bytesAt(this.alias.baseOf(first), BigInt(bitsOf(ins.type) >>> 3))
        : undefined;
    if (loaded !== undefined) {
      dead.set(loaded.root, (dead.get(loaded.root) ?? 0n) & ~loaded.mask);
      return;
    }
    for (const [root, mask] of dead) {
      if (mask !== 0n && this.alias.mayRead(ins, asId<ValueId>(root), undefined)) dead.set(root, 0n);
    }
  }
}

function isSame(a: Dead, b: Dead): boolean {
  for (const [root, mask] of a) if (b.get(root) !== mask) return false;
  return a.size === b.size;
}
