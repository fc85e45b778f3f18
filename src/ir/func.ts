/**
 * Functions in SSA form.
 *
 * A function owns its instructions by `ValueId` and its blocks by `BlockId`; operands are ids. There is one shape of
 * instruction. A value that belongs to no block (see `placed` in the op table) is unique per content and dominates
 * everything.
 *
 * Invariants (checked by the validator): a block ends with its only terminator; phis stand first and have one operand
 * for each predecessor; an operand's definition dominates its use; types agree with the op table; allocas stand in
 * the entry block; `blocks[entry]` has no predecessors.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { noPos } from '../diagnostics/source-manager.ts';
import { bug } from '../support/bug.ts';
import { asId, type Id } from '../support/ids.ts';
import { Op, opRow } from './ops.ts';
import { bitsOf, Type } from './types.ts';
import type { LocalInfo, ValueName, ValueNames } from './value-names.ts';

export type ValueId = Id<'Value'>;
export type BlockId = Id<'Block'>;
export type SymbolId = Id<'Symbol'>;

export const noBlock: BlockId = asId<BlockId>(-1);

/** Bits of `Ins.flags`. */
export const InsFlag = Object.freeze({
  /** load, store, memcpy...: may not be merged, removed or moved. */
  volatile: 1,
  /** atomicrmw: the old value is not wanted, so a form without fetch will do. */
  resultUnused: 2,
  /** add, sub, mul, shl: no signed wrap (C's rule for signed types). */
  noSignedWrap: 4,
  /** call: must be inlined / must not be inlined (from attributes at the call). */
  alwaysInline: 8,
  neverInline: 16,
  /** call: does not return. */
  noReturn: 32,
});

/** Bits of `Ins.flags` above this shift hold the row of `orderings`. */
export const orderingShift = 8;

/** One instruction; absent fields are -1, 0 or empty. What `imm`, `aux` and `targets` mean is said by its op's row. */
export class Ins {
  readonly id: ValueId;
  op: Op;
  type: Type;
  operands: ValueId[];
  targets: BlockId[];
  imm: bigint;
  aux: number;
  /** Bytes, for memory accesses and allocas; 0 elsewhere. */
  align: number;
  flags: number;
  block: BlockId;
  pos: Pos;

  constructor(id: ValueId, op: Op, type: Type, operands: ValueId[], pos: Pos) {
    this.id = id;
    this.op = op;
    this.type = type;
    this.operands = operands;
    this.targets = [];
    this.imm = 0n;
    this.aux = 0;
    this.align = 0;
    this.flags = 0;
    this.block = noBlock;
    this.pos = pos;
  }

  get isVolatile(): boolean {
    return (this.flags & InsFlag.volatile) !== 0;
  }
}

export class Block {
  readonly id: BlockId;
  /** In order; the last is the terminator. */
  instructions: ValueId[] = [];
  /** On a loop header: 0 nothing said, -1 unroll fully, -2 do not unroll, n unroll n times. */
  unroll = 0;

  constructor(id: BlockId) {
    this.id = id;
  }
}

/** An inline asm statement (extended or basic). */
export interface AsmInfo {
  readonly template: string;
  /** Where the template stands in the source: from each offset on, character by character up to the next row. */
  readonly places: readonly { readonly offset: number; readonly pos: Pos }[];
  readonly isVolatile: boolean;
  readonly isExtended: boolean;
  /** Constraints in the order of `%0`, `%1`...: outputs first, then inputs. */
  readonly constraints: readonly AsmConstraint[];
  readonly clobbers: readonly string[];
  /** Names of `asm goto` labels, aligned with `targets.slice(1)`. */
  readonly labels: readonly string[];
}

/**
 * One constraint. A register output (`isOutput`, no memory) takes no operand: it is the asm's value or an `asm_output`.
 * A read-write output (`+r`) is split by lowering into an output and an input with a matching constraint (`0`). Inputs
 * and memory outputs (whose operand is the address) take the instruction's operands in order.
 */
export interface AsmConstraint {
  readonly name: string | undefined;
  readonly constraint: string;
  readonly isOutput: boolean;
  readonly isMemory: boolean;
  readonly type: Type;
}

/** A CO-RE access: kind and access string as in `.BTF.ext`; `typeKey` is the front end's number of the root type. */
export interface CoreRelocationInfo {
  readonly kind: number;
  readonly typeKey: number;
  readonly access: string;
}

export class Func {
  readonly name: string;
  readonly symbol: SymbolId;
  parameterTypes: readonly Type[];
  returnType: Type;
  /** Of the parameters that it was made with, the numbers of those that nobody wants any more; its type has lost them. */
  droppedParameters: readonly number[] = [];
  /** It had a result that nobody wants any more. */
  dropsResult = false;
  readonly pos: Pos;
  /** By `ValueId`; removed instructions leave holes. */
  readonly values: (Ins | undefined)[] = [];
  /** By `BlockId`; removed blocks leave holes. */
  readonly blocks: (Block | undefined)[] = [];
  entry: BlockId = asId<BlockId>(0);
  /** Blocks in the order of printing and emission; the entry is first. */
  layout: BlockId[] = [];
  locals: LocalInfo[] = [];
  asms: AsmInfo[] = [];
  coreRelocations: CoreRelocationInfo[] = [];
  /** What values are called in C, where somebody wants to know. */
  names: ValueNames | undefined = undefined;
  private readonly unplaced = new Map<string, ValueId>();

  constructor(name: string, symbol: SymbolId, parameterTypes: readonly Type[], returnType: Type, pos: Pos) {
    this.name = name;
    this.symbol = symbol;
    this.parameterTypes = parameterTypes;
    this.returnType = returnType;
    this.pos = pos;
  }

  ins(id: ValueId): Ins {
    return this.values[id] ?? bug(`no value v${id} in ${this.name}`);
  }

  block(id: BlockId): Block {
    return this.blocks[id] ?? bug(`no block b${id} in ${this.name}`);
  }

  /** The terminator of a finished block. */
  terminator(id: BlockId): Ins {
    const last = this.block(id).instructions.at(-1);
    return last === undefined ? bug(`block b${id} of ${this.name} is empty`) : this.ins(last);
  }

  /** Blocks in layout order. */
  *eachBlock(): Generator<Block> {
    for (const id of this.layout) yield this.block(id);
  }

  /** A new empty block, last in the layout. */
  addBlock(): Block {
    const block = new Block(asId<BlockId>(this.blocks.length));
    this.blocks.push(block);
    this.layout.push(block.id);
    return block;
  }

  /** Drops a block and all its instructions. Nothing may refer to them. */
  removeBlock(id: BlockId): void {
    for (const value of this.block(id).instructions) this.values[value] = undefined;
    this.blocks[id] = undefined;
    this.layout = this.layout.filter((other) => other !== id);
  }

  /** A new instruction that is in no block yet. */
  create(op: Op, type: Type, operands: ValueId[], pos: Pos = noPos): Ins {
    const ins = new Ins(asId<ValueId>(this.values.length), op, type, operands, pos);
    this.values.push(ins);
    return ins;
  }

  /** Puts `ins` at the end of `block`. */
  append(block: BlockId, ins: Ins): Ins {
    ins.block = block;
    this.block(block).instructions.push(ins.id);
    return ins;
  }

  /** Puts `ins` right before `before`. */
  insertBefore(before: Ins, ins: Ins): Ins {
    const list = this.block(before.block).instructions;
    ins.block = before.block;
    list.splice(list.indexOf(before.id), 0, ins.id);
    return ins;
  }

  /** Takes `ins` out of its block and forgets it. Nothing may use it any more. */
  remove(ins: Ins): void {
    if (ins.block !== noBlock) {
      const list = this.block(ins.block).instructions;
      list.splice(list.indexOf(ins.id), 1);
    }
    this.values[ins.id] = undefined;
  }

  private unplacedValue(key: string, op: Op, type: Type, set: (ins: Ins) => void): ValueId {
    const known = this.unplaced.get(key);
    if (known !== undefined) return known;
    const ins = this.create(op, type, []);
    set(ins);
    this.unplaced.set(key, ins.id);
    return ins.id;
  }

  /** The constant `value` (any bigint; reduced to the type's bits). */
  constant(type: Type, value: bigint): ValueId {
    const bits = BigInt.asUintN(bitsOf(type), value);
    return this.unplacedValue(`c${type}:${bits}`, Op.const, type, (ins) => {
      ins.imm = bits;
    });
  }

  undef(type: Type): ValueId {
    return this.unplacedValue(`u${type}`, Op.undef, type, () => {});
  }

  parameter(index: number): ValueId {
    const type = this.parameterTypes[index] ?? bug(`${this.name} has no parameter ${index}`);
    return this.unplacedValue(`p${index}`, Op.param, type, (ins) => {
      ins.aux = index;
    });
  }

  /** Gives the function other parameters from the `first` on; nothing may use the old ones any more. */
  changeParameters(first: number, types: readonly Type[]): void {
    for (let index = first; index < this.parameterTypes.length; index++) this.unplaced.delete(`p${index}`);
    this.parameterTypes = [...this.parameterTypes.slice(0, first), ...types];
  }

  /** Takes parameters away by number, with the values of those that stay behind them; what used them sees others. */
  dropParameters(isDropped: (index: number) => boolean): void {
    const old = this.parameterTypes.map((_type, index) => this.parameter(index));
    const first = old.findIndex((_value, index) => isDropped(index));
    if (first < 0) return;
    const numbers: number[] = [];
    for (let number = 0; numbers.length < old.length; number++) {
      if (!this.droppedParameters.includes(number)) numbers.push(number);
    }
    const dropped = numbers.filter((_number, index) => isDropped(index));
    this.droppedParameters = [...this.droppedParameters, ...dropped].sort((a, b) => a - b);
    const types = this.parameterTypes.filter((_type, index) => index >= first && !isDropped(index));
    const map = new Map<ValueId, ValueId>();
    this.changeParameters(first, types);
    let next = first;
    for (const [index, value] of old.entries()) {
      if (index < first) continue;
      map.set(value, isDropped(index) ? this.undef(this.ins(value).type) : this.parameter(next++));
    }
    this.replaceUses(map);
  }

  globalAddress(symbol: SymbolId, offset = 0n): ValueId {
    return this.unplacedValue(`g${symbol}:${offset}`, Op.globaladdr, Type.ptr, (ins) => {
      ins.aux = symbol;
      ins.imm = offset;
    });
  }

  /** Replaces every use of `from` by `to`, over the whole function. For many replacements use `replaceUses`. */
  replaceAllUses(from: ValueId, to: ValueId): void {
    this.replaceUses(new Map([[from, to]]));
  }

  /** `to` is what `from` was, or is a copy of it: it is called so, too. Constants, which are shared, have no names. */
  takeNames(from: ValueId, to: ValueId): void {
    if (this.names !== undefined) this.addNames(to, this.names.of(from));
  }

  addNames(value: ValueId, names: readonly ValueName[]): void {
    const op = this.values[value]?.op;
    if (op !== undefined && (opRow(op).placed || op === Op.param)) this.names?.add(value, names);
  }

  /** Replaces uses by a map in one sweep; chains in the map are followed. */
  replaceUses(map: ReadonlyMap<ValueId, ValueId>): void {
    const resolve = (value: ValueId): ValueId => {
      let at = value;
      for (let next = map.get(at); next !== undefined; next = map.get(at)) at = next;
      return at;
    };
    if (this.names !== undefined) for (const from of map.keys()) this.takeNames(from, resolve(from));
    for (const ins of this.values) {
      if (ins === undefined) continue;
      for (let i = 0; i < ins.operands.length; i++) {
        const operand = ins.operands[i];
        if (operand !== undefined && map.has(operand)) ins.operands[i] = resolve(operand);
      }
    }
  }
}

/** The constant behind a value; undefined for all others. */
export function constantOf(func: Func, value: ValueId): bigint | undefined {
  const ins = func.ins(value);
  return ins.op === Op.const ? ins.imm : undefined;
}

/** Blocks that a terminator may go to, in order, possibly repeated. */
export function successors(terminator: Ins): readonly BlockId[] {
  return opRow(terminator.op).terminator ? terminator.targets : [];
}
