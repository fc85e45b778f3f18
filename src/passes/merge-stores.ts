/**
 * Adjacent narrow stores become one wide store: of constants, of the parts of one value (with a byte swap where the order asks
 * for it), and of what adjacent loads gave, which become one load as well: fields that are copied one by one.
 *
 * Method: a sweep over each block gathers stores by base pointer until something may read or write their bytes; what was gathered
 * is sorted by offset and cut into the widest windows that stores fill without gap or overlap. A wide store stands where
 * the last of its stores stood, a wide load where the first of its loads stood. Only memory that is plain bytes to the
 * verifier takes part; never other bytes are touched than the source touched.
 */

import { type Block, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bytesOf, Type } from '../ir/types.ts';
import { type Access, AdjacentAccesses, Insertions, typeOfBytes } from './adjacent-accesses.ts';
import type { PassContext } from './pass.ts';
import { discard, sweep } from './rewrite.ts';

/** Stores that are gathered at most: each instruction is held against all of them. */
const maxPending = 64;
/** Bytes of the widest store. */
const wide = 8;

export function mergeStores(func: Func, cx: PassContext): boolean {
  return new StoreMerging(func, cx).run();
}

/** Adjacent stores in order of their offsets. */
interface Window {
  readonly stores: readonly Access[];
  readonly bytes: number;
}

/** What a wide store stores, made before `place`. */
type MakeValue = (place: Ins) => ValueId;

/** A value as bytes `start` and on of another. */
interface Part {
  readonly whole: ValueId;
  readonly start: number;
}

class StoreMerging {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly accesses: AdjacentAccesses;
  private readonly insertions: Insertions;
  private readonly removed: Ins[] = [];
  private pending: Access[] = [];
  private readonly indices = new Map<ValueId, number>();

  constructor(func: Func, cx: PassContext) {
    this.func = func;
    this.cx = cx;
    this.accesses = new AdjacentAccesses(func, cx);
    this.insertions = new Insertions(func);
  }

  run(): boolean {
    for (const block of this.func.eachBlock()) {
      if (this.hasNarrowStores(block)) this.visitBlock([...block.instructions]);
    }
    if (this.insertions.isEmpty) return false;
    this.insertions.apply();
    for (const ins of this.removed) discard(this.func, ins);
    sweep(this.func);
    return true;
  }

  /** Are there two that could be one? */
  private hasNarrowStores({ instructions }: Block): boolean {
    const { func } = this;
    let count = 0;
    for (const id of instructions) {
      const ins = func.ins(id);
      if (ins.op === Op.store && bytesOf(func.ins(storedBy(ins)).type) < wide && ++count > 1) return true;
    }
    return false;
  }

  private visitBlock(instructions: readonly ValueId[]): void {
    this.indices.clear();
    instructions.forEach((id, index) => {
      const ins = this.func.ins(id);
      this.indices.set(id, index);
      this.endDisturbed(ins);
      const store = ins.op === Op.store ? this.accesses.accessOf(ins, index) : undefined;
      if (store === undefined) return;
      this.pending.push(store);
      if (this.pending.length >= maxPending) this.merge(this.pending.splice(0));
    });
    this.merge(this.pending.splice(0));
  }

  /** Merges the stores whose bytes `ins` may touch: they must be done before it. */
  private endDisturbed(ins: Ins): void {
    if (this.pending.length === 0) return;
    const bases = new Set<ValueId>();
    for (const store of this.pending) {
      if (!bases.has(store.base) && this.accesses.mayTouch(ins, store)) bases.add(store.base);
    }
    if (bases.size === 0) return;
    this.merge(this.pending.filter(({ base }) => bases.has(base)));
    this.pending = this.pending.filter(({ base }) => !bases.has(base));
  }

  private merge(stores: readonly Access[]): void {
    if (stores.length < 2) return;
    const byBase = new Map<ValueId, Access[]>();
    for (const store of stores) {
      const list = byBase.get(store.base);
      if (list === undefined) byBase.set(store.base, [store]);
      else list.push(store);
    }
    for (const list of byBase.values()) {
      list.sort((a, b) => a.offset - b.offset);
      for (let at = 0; at < list.length; ) at += this.mergeAt(list, at);
    }
  }

  /** Merges the widest window from a store on; returns how many stores are done with. */
  private mergeAt(list: readonly Access[], at: number): number {
    for (const bytes of [wide, 4, 2]) {
      const window = windowOf(list, at, bytes);
      const [first] = window?.stores ?? [];
      if (window === undefined || first === undefined || !this.accesses.allows(first, bytes)) continue;
      const make = this.constantValue(window) ?? this.wholeValue(window) ?? this.copiedValue(window);
      if (make === undefined) continue;
      this.replace(window, first, make);
      return window.stores.length;
    }
    return 1;
  }

  private replace({ stores, bytes }: Window, first: Access, make: MakeValue): void {
    const last = stores.reduce((a, b) => (b.index > a.index ? b : a)).ins;
    const value = make(last);
    const pointer = this.insertions.address(last, first.base, first.offset);
    const store = this.insertions.make(last, Op.store, Type.void, [value, pointer]);
    store.align = Math.min(bytes, first.ins.align);
    for (const { ins } of stores) this.removed.push(ins);
  }

  /** All constants, unless the wide one is no immediate: then halves of four bytes are better. */
  private constantValue({ stores, bytes }: Window): MakeValue | undefined {
    let all = 0n;
    for (const { ins, offset, bytes: size } of stores) {
      const constant = constantOf(this.func, storedBy(ins));
      if (constant === undefined) return undefined;
      const from = offset - (stores[0]?.offset ?? 0);
      const at = this.cx.options.littleEndian ? from : bytes - from - size;
      all |= constant << BigInt(8 * at);
    }
    if (bytes === 8 && BigInt.asIntN(32, all) !== BigInt.asIntN(64, all)) return undefined;
    return () => this.func.constant(typeOfBytes(bytes), all);
  }

  /** Parts of one value, in memory's order or against it. */
  private wholeValue({ stores, bytes }: Window): MakeValue | undefined {
    const parts = stores.map(({ ins }) => this.partOf(storedBy(ins)));
    const ordered = this.cx.options.littleEndian ? parts : [...parts].reverse();
    const sizes = stores.map((store) => store.bytes);
    if (!this.cx.options.littleEndian) sizes.reverse();
    const whole = parts[0]?.whole;
    if (whole === undefined || parts.some((part) => part.whole !== whole)) return undefined;
    if (ascends(ordered, sizes)) return (place) => this.slice(place, whole, ordered[0]?.start ?? 0, bytes);
    if (sizes.some((size) => size !== 1) || !ascends([...ordered].reverse(), sizes)) return undefined;
    const start = ordered.at(-1)?.start ?? 0;
    return (place) => {
      const value = this.slice(place, whole, start, bytes);
      return this.insertions.make(place, Op.bswap, typeOfBytes(bytes), [value]).id;
    };
  }

  /** Looks through truncations, extensions, masks and shifts by whole bytes that leave all of the part as it is. */
  private partOf(value: ValueId): Part {
    const size = bytesOf(this.func.ins(value).type);
    let whole = value;
    let start = 0;
    for (let ins = this.func.ins(whole); ; ins = this.func.ins(whole)) {
      const [first, second] = ins.operands;
      if (first === undefined) break;
      if (ins.op === Op.lshr || ins.op === Op.ashr) {
        const shift = second === undefined ? undefined : constantOf(this.func, second);
        if (shift === undefined || shift % 8n !== 0n) break;
        const next = start + Number(shift / 8n);
        if (next + size > bytesOf(ins.type)) break;
        start = next;
      } else if (ins.op === Op.and) {
        const mask = second === undefined ? undefined : constantOf(this.func, second);
        if (mask === undefined || BigInt.asUintN(8 * size, ~(mask >> BigInt(8 * start))) !== 0n) break;
      } else if (ins.op === Op.zext || ins.op === Op.sext) {
        if (start + size > bytesOf(this.func.ins(first).type)) break;
      } else if (ins.op !== Op.trunc) break;
      whole = first;
    }
    return { whole, start };
  }

  /** Bytes `start` to `start + bytes` of a value. */
  private slice(place: Ins, whole: ValueId, start: number, bytes: number): ValueId {
    const { type } = this.func.ins(whole);
    const shift = this.func.constant(type, BigInt(8 * start));
    const low = start === 0 ? whole : this.insertions.make(place, Op.lshr, type, [whole, shift]).id;
    const narrow = typeOfBytes(bytes);
    return narrow === type ? low : this.insertions.make(place, Op.trunc, narrow, [low]).id;
  }

  /** What adjacent loads gave, in the order of the stores. */
  private copiedValue({ stores, bytes }: Window): MakeValue | undefined {
    const loads: Access[] = [];
    for (const store of stores) {
      const load = this.loadOf(storedBy(store.ins), store.ins);
      if (load !== undefined && load.bytes === store.bytes) loads.push(load);
    }
    const [first] = loads;
    const start = stores[0]?.offset ?? 0;
    if (first === undefined || loads.length < stores.length || !this.accesses.allows(first, bytes))
      return undefined;
    const isRun = loads.every(
      (load, i) =>
        load.base === first.base && load.offset - first.offset === (stores[i]?.offset ?? 0) - start,
    );
    if (!isRun || !this.accesses.isUndisturbed(loads)) return undefined;
    const place = loads.reduce((a, b) => (b.index < a.index ? b : a)).ins;
    return () => {
      const pointer = this.insertions.address(place, first.base, first.offset);
      const load = this.insertions.make(place, Op.load, typeOfBytes(bytes), [pointer]);
      load.align = Math.min(bytes, first.ins.align);
      return load.id;
    };
  }

  /** The load of this block that gave a value which only `store` uses. */
  private loadOf(value: ValueId, store: Ins): Access | undefined {
    const ins = this.func.ins(value);
    if (ins.op !== Op.load || ins.block !== store.block || this.cx.analyses.uses.count(value) !== 1)
      return undefined;
    return this.accesses.accessOf(ins, this.indices.get(value) ?? 0);
  }
}

function storedBy(store: Ins): ValueId {
  return store.operands[0] ?? store.id;
}

/** The stores from `at` on that fill `bytes` bytes without gap or overlap. */
function windowOf(list: readonly Access[], at: number, bytes: number): Window | undefined {
  const stores: Access[] = [];
  let filled = 0;
  for (let i = at; filled < bytes; i++) {
    const [store, first] = [list[i], list[at]];
    if (store === undefined || first === undefined || store.offset !== first.offset + filled)
      return undefined;
    stores.push(store);
    filled += store.bytes;
  }
  return filled === bytes && stores.length > 1 ? { stores, bytes } : undefined;
}

/** Do parts of these sizes follow each other? */
function ascends(parts: readonly Part[], sizes: readonly number[]): boolean {
  let next = parts[0]?.start ?? 0;
  return parts.every(({ start }, i) => {
    const follows = start === next;
    next = start + (sizes[i] ?? 0);
    return follows;
  });
}
