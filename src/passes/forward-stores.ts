/**
 * A load of bytes that several stores have just written is put together from what they stored.
 *
 *     store v, p            (8 bytes)            store v, p
 *     store 47, p+1         (1 byte)      ->     store 47, p+1
 *     x = load i16, p                            x = v & 255 | 47 << 8
 *
 * Why: a processor hands a store's value on to a load only where one store has all of its bytes; any other load waits until the
 * stores have reached the cache, ten cycles and more (Intel's optimization manual, "Store Forwarding"; Fog, "The
 * Microarchitecture", on store forwarding stalls). A few shifts cost less. Where one store has all bytes, a load is the shortest.
 * But a part of what has just been copied is loaded from where it was copied from, if that still has it: it need not wait for the copy.
 *
 *     v = load i64, q; store v, p; x = load i16, p+2     ->     ...; x = load i16, q+2
 *
 * Within a block, since the last call, for plain integers in memory that is bytes to the verifier, while it takes few operations. The stores
 * stay: dead ones are another pass's.
 */

import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { bytesOf } from '../ir/types.ts';
import { type Access, AdjacentAccesses, Insertions } from './adjacent-accesses.ts';
import type { PassContext } from './pass.ts';
import { Replacements } from './rewrite.ts';

/** Operations in place of a load. */
const mostOperations = 3;
/** Stores, and loads, that are remembered; the oldest stores have long reached the cache. */
const mostStores = 16;

interface Stored extends Access {
  readonly value: ValueId;
}

/** Bytes of a load, from the lowest of its value, that one store has written: from byte `skipped` of the stored value on. */
interface Part {
  readonly store: Stored;
  readonly low: number;
  readonly bytes: number;
  readonly skipped: number;
}

export function forwardStores(func: Func, cx: PassContext): boolean {
  return new Forwarding(func, cx).run();
}

class Forwarding {
  private readonly func: Func;
  private readonly littleEndian: boolean;
  private readonly accesses: AdjacentAccesses;
  private readonly insertions: Insertions;
  private readonly replacements = new Replacements();

  constructor(func: Func, cx: PassContext) {
    this.func = func;
    this.littleEndian = cx.options.littleEndian;
    this.accesses = new AdjacentAccesses(func, cx);
    this.insertions = new Insertions(func);
  }

  run(): boolean {
    for (const block of this.func.eachBlock()) this.visitBlock(block.instructions);
    if (this.replacements.isEmpty) return false;
    this.insertions.apply();
    this.replacements.apply(this.func);
    return true;
  }

  private visitBlock(list: readonly ValueId[]): void {
    let recent: Stored[] = [];
    /** What these read has not changed since. */
    let loads: Access[] = [];
    for (const [index, id] of list.entries()) {
      const ins = this.func.ins(id);
      const { memory } = opRow(ins.op);
      if (memory === 'none') continue;
      const access = this.accesses.accessOf(ins, index);
      if (access !== undefined && ins.op === Op.load) {
        this.visitLoad(access, recent, loads);
        loads = [...loads.slice(1 - mostStores), access];
      }
      if (memory === 'read') continue;
      loads = loads.filter((one) => !this.accesses.mayWrite(ins, one));
      const [value] = ins.operands;
      const isStore = access !== undefined && ins.op === Op.store && value !== undefined;
      recent = recent.filter(
        (one) => (isStore && one.base === access.base) || !this.accesses.mayWrite(ins, one),
      );
      if (isStore) recent = [...recent.slice(1 - mostStores), { ...access, value }];
      else if (ins.op !== Op.store) recent = [];
    }
  }

  private visitLoad(load: Access, recent: readonly Stored[], loads: readonly Access[]): void {
    const parts = this.partsOf(load, recent);
    const [first] = parts ?? [];
    if (parts === undefined || first === undefined) return;
    if (parts.every(({ store }) => store === first.store)) this.loadOriginal(load, first.store, loads);
    else if (this.operationsOf(load, parts) <= mostOperations) this.rewrite(load, parts);
  }

  /** Reads a part of a copy from the original; only where its address needs no register for that: on the stack, or beside the copy. */
  private loadOriginal(load: Access, copy: Stored, loads: readonly Access[]): void {
    const original = loads.find(({ ins }) => ins.id === copy.value);
    const from = load.offset - copy.offset;
    if (original === undefined || original.bytes !== copy.bytes || from % load.bytes !== 0) return;
    const isAtHand = original.base === load.base || this.func.ins(original.base).op === Op.alloca;
    if (!isAtHand) return;
    const pointer = this.insertions.address(load.ins, original.base, original.offset + from);
    const made = this.insertions.make(load.ins, Op.load, load.ins.type, [pointer]);
    made.align = Math.min(load.bytes, original.ins.align);
    this.replacements.set(load.ins.id, made.id);
  }

  /** What each byte comes from; nothing where one of them is older. */
  private partsOf(load: Access, recent: readonly Stored[]): Part[] | undefined {
    const parts: Part[] = [];
    for (let low = 0; low < load.bytes; low++) {
      const at = load.offset + this.placeOf(low, load.bytes);
      const store = recent.findLast(
        ({ base, offset, bytes }) => base === load.base && offset <= at && at < offset + bytes,
      );
      if (store === undefined) return undefined;
      const skipped = this.placeOf(at - store.offset, store.bytes);
      const last = parts.at(-1);
      if (last?.store === store && skipped === last.skipped + last.bytes)
        parts[parts.length - 1] = { ...last, bytes: last.bytes + 1 };
      else parts.push({ store, low, bytes: 1, skipped });
    }
    return parts;
  }

  /** The address of a byte by its weight in a value of some bytes, or the other way round. */
  private placeOf(byte: number, bytes: number): number {
    return this.littleEndian ? byte : bytes - 1 - byte;
  }

  /** Bits above a part that are left when it has been shifted down and has the load's type. */
  private needsMask({ bytes }: Access, part: Part): boolean {
    return part.bytes < Math.min(part.store.bytes - part.skipped, bytes - part.low);
  }

  private operationsOf(load: Access, parts: readonly Part[]): number {
    let count = 0;
    let hasConstant = false;
    for (const part of parts) {
      if (constantOf(this.func, part.store.value) !== undefined) {
        hasConstant = true;
        continue;
      }
      count += 1 + Number(part.skipped > 0) + Number(this.needsMask(load, part)) + Number(part.low > 0);
    }
    return hasConstant ? count : count - 1;
  }

  private rewrite({ ins: load, ...span }: Access, parts: readonly Part[]): void {
    const { func, insertions } = this;
    const { type } = load;
    let bits = 0n;
    let all: ValueId | undefined;
    for (const part of parts) {
      const mask = (1n << BigInt(part.bytes * 8)) - 1n;
      const [skipped, low] = [BigInt(part.skipped * 8), BigInt(part.low * 8)];
      const constant = constantOf(func, part.store.value);
      if (constant !== undefined) {
        bits |= ((constant >> skipped) & mask) << low;
        continue;
      }
      const make = (op: Op, value: ValueId, amount: bigint): ValueId => {
        const made = func.ins(value).type;
        return insertions.make(load, op, made, [value, func.constant(made, amount)]).id;
      };
      let value = part.store.value;
      if (skipped > 0n) value = make(Op.lshr, value, skipped);
      value = this.resized(load, value);
      if (this.needsMask({ ins: load, ...span }, part)) value = make(Op.and, value, mask);
      if (low > 0n) value = make(Op.shl, value, low);
      all = all === undefined ? value : insertions.make(load, Op.or, type, [all, value]).id;
    }
    const constant = func.constant(type, bits);
    if (all !== undefined && bits !== 0n) all = insertions.make(load, Op.or, type, [all, constant]).id;
    this.replacements.set(load.id, all ?? constant);
  }

  /** A value in the type of the load. */
  private resized(load: Ins, value: ValueId): ValueId {
    const from = this.func.ins(value).type;
    if (from === load.type) return value;
    const op = bytesOf(from) < bytesOf(load.type) ? Op.zext : Op.trunc;
    return this.insertions.make(load, op, load.type, [value]).id;
  }
}
