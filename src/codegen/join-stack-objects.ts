/**
 * Stack objects whose first values are constants are laid side by side, and those are stored at once: `u32 key = 0; u32 value = 1;`
 * is one store of 64 bits where the upper half is what the immediate's sign extension gives.
 *
 *     *(u32 *)(key + 0) = 0           *(u64 *)(value + 0) = 1
 *     *(u32 *)(value + 0) = 1    ->
 *
 * Method: rounds over all blocks. In each a sweep keeps the stores of constants that nothing has read, written or passed on yet;
 * two that fill an aligned word when their objects lie one behind the other are a vote for that order. The pairs with the most votes are
 * joined (every object once a round) and the stores merged, the word standing where the second store stood; what was joined may
 * join again, so that four bytes become a word in two rounds. The frame places joined objects as one, alive as long as any of them.
 *
 * Stores of one object that are neighbours merge as well. Volatile stores and objects whose address escapes take no part; nor do
 * keys of lookups whose result nobody compares: since Linux 6.14 the verifier takes such a program where it knows the key of
 * an array (`get_constant_map_key`), which it does not know as half of a word.
 * A function that needs much of the stack is left alone: joined objects leave less room for others to share.
 *
 * Needs references by virtual registers, thus stands before allocation and before lifetimes are computed.
 */

import { Kind } from '../isa/table.ts';
import { maxStack } from './frame.ts';
import {
  type MachineBlock,
  type MachineFunction,
  type MachineIns,
  type Opcode,
  Pseudo,
  type Register,
  type StackUnit,
} from './machine.ts';
import { type StackReferences, stackReferences } from './stack-references.ts';

const widest = 8;
/** Forms of the store of an immediate, and their bytes. */
const storeBytes: ReadonlyMap<Opcode, number> = new Map([
  [Kind.st_b, 1],
  [Kind.st_h, 2],
  [Kind.st_w, 4],
  [Kind.st_dw, widest],
]);
const storeForms: ReadonlyMap<number, Opcode> = new Map(
  [...storeBytes].map(([form, bytes]) => [bytes, form]),
);
/** `bpf_map_lookup_elem`. */
const mapLookup = 1;
const nullTests: ReadonlySet<Opcode> = new Set([Kind.jeq64_imm, Kind.jne64_imm]);
/** Stores that are kept at most: each new one is held against all of them. */
const maxPending = 32;

/** A store of a constant to an object of the frame, by its place in the object's unit. */
interface ConstantStore {
  readonly ins: MachineIns;
  readonly unit: StackUnit;
  readonly from: number;
  readonly bytes: number;
}

/** Units that may be laid one behind the other. */
interface Pair {
  readonly low: StackUnit;
  readonly high: StackUnit;
  /** Bytes of the word that stores of both fill. */
  readonly word: number;
  votes: number;
}

class StackJoining {
  private readonly func: MachineFunction;
  private readonly littleEndian: boolean;
  private readonly references: StackReferences;
  /** Objects that stay as they are. */
  private readonly excluded: ReadonlySet<number>;
  /** By the lower unit, in order of appearance. */
  private readonly pairs = new Map<StackUnit, Pair[]>();
  private readonly removed = new Set<MachineIns>();

  constructor(func: MachineFunction, littleEndian: boolean) {
    this.func = func;
    this.littleEndian = littleEndian;
    this.references = stackReferences(func);
    this.excluded = new Set([...this.references.escaped, ...uncheckedKeys(func, this.references)]);
  }

  run(): void {
    do {
      this.pairs.clear();
      for (const block of this.func.eachBlock()) this.visit(block);
    } while (this.joinPairs());
    if (this.removed.size === 0) return;
    for (const block of this.func.eachBlock()) {
      block.instructions = block.instructions.filter((ins) => !this.removed.has(ins));
    }
  }

  private visit({ instructions }: MachineBlock): void {
    let pending: ConstantStore[] = [];
    for (const ins of instructions) {
      if (this.removed.has(ins)) continue;
      const store = this.constantStore(ins);
      if (store !== undefined) {
        pending = pending.filter((other) => !overlap(other, store)).slice(-maxPending);
        pending.push(this.merged(store, pending));
      } else if (pending.length > 0) pending = this.undisturbed(pending, ins);
    }
  }

  private constantStore(ins: MachineIns): ConstantStore | undefined {
    const bytes = storeBytes.get(ins.opcode);
    if (bytes === undefined || ins.object < 0 || ins.core >= 0 || ins.isVolatile) return undefined;
    if (this.excluded.has(ins.object)) return undefined;
    const { unit, at } = this.func.frameObject(ins.object);
    return { ins, unit, from: at + ins.off, bytes };
  }

  /** The stores that may still wait behind `ins`. */
  private undisturbed(pending: readonly ConstantStore[], ins: MachineIns): ConstantStore[] {
    if (ins.asm !== undefined) return [];
    if (ins.opcode === Pseudo.frame_address) return [...pending];
    const isMark = ins.opcode === Pseudo.lifetime_start || ins.opcode === Pseudo.lifetime_end;
    const touched = isMark ? new Set([ins.object]) : this.references.of(ins);
    if (touched.size === 0) return [...pending];
    return pending.filter((store) => !this.func.objectsNamed(store.ins).some((id) => touched.has(id)));
  }

  /** Merges a store with those that wait as far as they fill words, and votes for what would fill one. */
  private merged(store: ConstantStore, pending: ConstantStore[]): ConstantStore {
    for (const [index, other] of pending.entries()) {
      if (other.bytes !== store.bytes || 2 * store.bytes > widest) continue;
      if (other.unit !== store.unit) {
        this.vote(store, other);
        this.vote(other, store);
        continue;
      }
      const [low, high] = other.from > store.from ? [store, other] : [other, store];
      const immediate = this.immediate(low, high);
      const word = 2 * store.bytes;
      if (high.from !== low.from + low.bytes || immediate === undefined) continue;
      if (low.from % word !== 0 || low.unit.align < word) continue;
      pending.splice(index, 1);
      return this.merged(this.merge(low, other.ins, store.ins, immediate), pending);
    }
    return store;
  }

  private merge(low: ConstantStore, first: MachineIns, last: MachineIns, immediate: number): ConstantStore {
    const { object, off } = low.ins;
    const bytes = 2 * low.bytes;
    last.opcode = storeForms.get(bytes) ?? last.opcode;
    last.object = object;
    last.off = off;
    last.imm = immediate;
    this.removed.add(first);
    return { ...low, ins: last, bytes };
  }

  /** The immediate of one store for both; undefined when its sign extension gives something else. */
  private immediate(low: ConstantStore, high: ConstantStore): number | undefined {
    const bits = 8 * low.bytes;
    const [lower, upper] = this.littleEndian ? [low, high] : [high, low];
    const value =
      BigInt.asUintN(bits, BigInt(lower.ins.imm)) |
      (BigInt.asUintN(bits, BigInt(upper.ins.imm)) << BigInt(bits));
    const immediate = BigInt.asIntN(Math.min(32, 2 * bits), value);
    return BigInt.asIntN(2 * bits, value) === immediate ? Number(immediate) : undefined;
  }

  /** Counts that the last bytes of one unit and the first ones of another could be stored at once. */
  private vote(low: ConstantStore, high: ConstantStore): void {
    const word = 2 * low.bytes;
    if (high.from !== 0 || low.from + low.bytes !== low.unit.size || low.from % word !== 0) return;
    if (low.unit.size % high.unit.align !== 0 || this.immediate(low, high) === undefined) return;
    const list = this.pairs.get(low.unit) ?? [];
    const known = list.find((pair) => pair.high === high.unit && pair.word === word);
    if (known !== undefined) known.votes++;
    else this.pairs.set(low.unit, [...list, { low: low.unit, high: high.unit, word, votes: 1 }]);
  }

  /** Joins the pairs with the most votes, each unit once; false when there was none. */
  private joinPairs(): boolean {
    const pairs = [...this.pairs.values()].flat().sort((a, b) => b.votes - a.votes);
    const taken = new Set<StackUnit>();
    for (const { low, high, word } of pairs) {
      if (taken.has(low) || taken.has(high)) continue;
      taken.add(low).add(high);
      this.func.joinFrameObjects(low, high, word);
    }
    return pairs.length > 0;
  }
}

/** What lookups get whose result is not compared with null by name. */
function uncheckedKeys(func: MachineFunction, references: StackReferences): Set<number> {
  const compared = new Set<Register>();
  for (const { instructions } of func.eachBlock()) {
    const last = instructions.at(-1);
    if (last !== undefined && nullTests.has(last.opcode) && last.imm === 0) compared.add(last.dst);
  }
  const keys = new Set<number>();
  for (const { instructions } of func.eachBlock()) {
    instructions.forEach((ins, index) => {
      if (ins.opcode !== Kind.call_helper || ins.imm !== mapLookup) return;
      const result = instructions[index + 1];
      if (result?.opcode === Pseudo.copy && result.src === 0 && compared.has(result.dst)) return;
      for (const object of references.of(ins)) keys.add(object);
    });
  }
  return keys;
}

const overlap = (a: ConstantStore, b: ConstantStore): boolean =>
  a.unit === b.unit && a.from < b.from + b.bytes && b.from < a.from + a.bytes;

export function joinStackObjects(func: MachineFunction, littleEndian: boolean): void {
  const locals = func.frame.filter(({ kind }) => kind === 'local');
  const bytes = locals.reduce((sum, { size }) => sum + size, 0);
  if (locals.length > 0 && bytes <= maxStack / 2) new StackJoining(func, littleEndian).run();
}
