/**
 * Construction of instructions: a function, a current block, a current source position -> instructions at the
 * block's end.
 *
 * Pure construction: nothing is folded or shared here (constants aside, which `Func` keeps unique); the passes do that.
 * Value operations return the value's id; `emit` returns the instruction, for callers that set further fields.
 * A pass that rewrites a block takes its list away, points a builder at the block and appends the old instructions
 * again with `place`, so that no list is ever spliced.
 */

import { noPos, type Pos } from '../diagnostics/source-manager.ts';
import {
  type Block,
  type BlockId,
  type Func,
  type Ins,
  InsFlag,
  orderingShift,
  type SymbolId,
  type ValueId,
} from './func.ts';
import { Op, opRow, orderings, type Predicate } from './ops.ts';
import { bitsOf, Type } from './types.ts';

/** The name of a row of `orderings`. */
export type Ordering = (typeof orderings)[number];

/** What an access says beside its type. */
export interface AccessOptions {
  /** Bytes; by default the natural alignment of the type. */
  readonly align?: number;
  readonly isVolatile?: boolean;
  readonly ordering?: Ordering;
}

/** The bits of `Ins.flags` for an access. */
export function accessFlags(options: AccessOptions): number {
  const ordering = options.ordering === undefined ? 0 : orderings.indexOf(options.ordering);
  return (options.isVolatile ? InsFlag.volatile : 0) | (ordering << orderingShift);
}

/** The memory ordering in an instruction's flags. */
export function orderingOf(ins: Ins): Ordering {
  return orderings[ins.flags >>> orderingShift] ?? 'not_atomic';
}

export class Builder {
  readonly func: Func;
  /** Instructions go to the end of this block. */
  block: BlockId;
  /** The position that new instructions get. */
  pos: Pos;
  /** How many allocas stand in front in the entry's list. */
  private allocas = 0;
  private allocasIn: readonly ValueId[] | undefined = undefined;

  constructor(func: Func, block: BlockId = func.entry, pos: Pos = noPos) {
    this.func = func;
    this.block = block;
    this.pos = pos;
  }

  // ---- Blocks ----

  /** A new empty block, last in the layout; the current block stays. */
  addBlock(): Block {
    return this.func.addBlock();
  }

  /** Makes `block` the current one. */
  setBlock(block: Block | BlockId): void {
    this.block = typeof block === 'number' ? block : block.id;
  }

  /** True when the current block already ends with a terminator. */
  get isTerminated(): boolean {
    const last = this.func.block(this.block).instructions.at(-1);
    return last !== undefined && opRow(this.func.ins(last).op).terminator;
  }

  // ---- The general forms ----

  /** A new instruction at the end of the current block. */
  emit(op: Op, type: Type, operands: ValueId[]): Ins {
    return this.func.append(this.block, this.func.create(op, type, operands, this.pos));
  }

  /** Appends an existing instruction to the current block. */
  place(ins: Ins): Ins {
    return this.func.append(this.block, ins);
  }

  private typeOf(value: ValueId): Type {
    return this.func.ins(value).type;
  }

  /** Binary arithmetic `op` on two values of one type. */
  binary(op: Op, left: ValueId, right: ValueId, flags = 0): ValueId {
    const ins = this.emit(op, this.typeOf(left), [left, right]);
    ins.flags = flags;
    return ins.id;
  }

  private unary(op: Op, operand: ValueId): ValueId {
    return this.emit(op, this.typeOf(operand), [operand]).id;
  }

  // ---- Values without a place ----

  constant(type: Type, value: bigint): ValueId {
    return this.func.constant(type, value);
  }
  i1(value: boolean): ValueId {
    return this.func.constant(Type.i1, value ? 1n : 0n);
  }
  i32(value: bigint | number): ValueId {
    return this.func.constant(Type.i32, BigInt(value));
  }
  i64(value: bigint | number): ValueId {
    return this.func.constant(Type.i64, BigInt(value));
  }
  nullPointer(): ValueId {
    return this.func.constant(Type.ptr, 0n);
  }
  undef(type: Type): ValueId {
    return this.func.undef(type);
  }
  parameter(index: number): ValueId {
    return this.func.parameter(index);
  }
  globalAddress(symbol: SymbolId, offset = 0n): ValueId {
    return this.func.globalAddress(symbol, offset);
  }

  // ---- Arithmetic ----

  /** `flags`: InsFlag.noSignedWrap for C's signed types. */
  add(left: ValueId, right: ValueId, flags = 0): ValueId {
    return this.binary(Op.add, left, right, flags);
  }
  sub(left: ValueId, right: ValueId, flags = 0): ValueId {
    return this.binary(Op.sub, left, right, flags);
  }
  mul(left: ValueId, right: ValueId, flags = 0): ValueId {
    return this.binary(Op.mul, left, right, flags);
  }
  shl(left: ValueId, right: ValueId, flags = 0): ValueId {
    return this.binary(Op.shl, left, right, flags);
  }
  udiv(left: ValueId, right: ValueId): ValueId {
    return this.binary(Op.udiv, left, right);
  }
  sdiv(left: ValueId, right: ValueId): ValueId {
    return this.binary(Op.sdiv, left, right);
  }
  urem(left: ValueId, right: ValueId): ValueId {
    return this.binary(Op.urem, left, right);
  }
  srem(left: ValueId, right: ValueId): ValueId {
    return this.binary(Op.srem, left, right);
  }
  and(left: ValueId, right: ValueId): ValueId {
    return this.binary(Op.and, left, right);
  }
  or(left: ValueId, right: ValueId): ValueId {
    return this.binary(Op.or, left, right);
  }
  xor(left: ValueId, right: ValueId): ValueId {
    return this.binary(Op.xor, left, right);
  }
  lshr(left: ValueId, right: ValueId): ValueId {
    return this.binary(Op.lshr, left, right);
  }
  ashr(left: ValueId, right: ValueId): ValueId {
    return this.binary(Op.ashr, left, right);
  }
  icmp(predicate: Predicate, left: ValueId, right: ValueId): ValueId {
    const ins = this.emit(Op.icmp, Type.i1, [left, right]);
    ins.aux = predicate;
    return ins.id;
  }
  select(condition: ValueId, whenTrue: ValueId, whenFalse: ValueId): ValueId {
    return this.emit(Op.select, this.typeOf(whenTrue), [condition, whenTrue, whenFalse]).id;
  }
  trunc(type: Type, value: ValueId): ValueId {
    return this.emit(Op.trunc, type, [value]).id;
  }
  zext(type: Type, value: ValueId): ValueId {
    return this.emit(Op.zext, type, [value]).id;
  }
  sext(type: Type, value: ValueId): ValueId {
    return this.emit(Op.sext, type, [value]).id;
  }
  /** `value` in `type`: truncated, extended by sign or zero, or as it is. */
  resize(type: Type, value: ValueId, isSigned: boolean): ValueId {
    const from = bitsOf(this.typeOf(value));
    const to = bitsOf(type);
    if (from === to) return value;
    if (from > to) return this.trunc(type, value);
    return isSigned ? this.sext(type, value) : this.zext(type, value);
  }
  ptrtoint(pointer: ValueId): ValueId {
    return this.emit(Op.ptrtoint, Type.i64, [pointer]).id;
  }
  inttoptr(value: ValueId): ValueId {
    return this.emit(Op.inttoptr, Type.ptr, [value]).id;
  }
  addrspacecast(pointer: ValueId, to: number, from: number): ValueId {
    const ins = this.emit(Op.addrspacecast, Type.ptr, [pointer]);
    ins.aux = to;
    ins.imm = BigInt(from);
    return ins.id;
  }
  ptradd(pointer: ValueId, bytes: ValueId): ValueId {
    return this.emit(Op.ptradd, Type.ptr, [pointer, bytes]).id;
  }
  bswap(value: ValueId): ValueId {
    return this.unary(Op.bswap, value);
  }
  ctlz(value: ValueId): ValueId {
    return this.unary(Op.ctlz, value);
  }
  cttz(value: ValueId): ValueId {
    return this.unary(Op.cttz, value);
  }
  ctpop(value: ValueId): ValueId {
    return this.unary(Op.ctpop, value);
  }
  barrier(value: ValueId): ValueId {
    return this.unary(Op.barrier, value);
  }
  isConstant(value: ValueId): ValueId {
    return this.emit(Op.is_constant, Type.i1, [value]).id;
  }
  /** A phi without operands; see `addIncoming`. Phis must come before all else in their block. */
  phi(type: Type): Ins {
    return this.emit(Op.phi, type, []);
  }

  // ---- Memory ----

  /** `bytes` of stack in the entry block (before its terminator or at its end), whatever block is current. */
  alloca(bytes: bigint, align: number, local: number): ValueId {
    const { func } = this;
    const ins = func.create(Op.alloca, Type.ptr, [], this.pos);
    ins.imm = bytes;
    ins.align = align;
    ins.aux = local;
    ins.block = func.entry;
    const list = func.block(func.entry).instructions;
    // Allocas stay together at the top, so that the entry block may be finished already.
    const at = func.entry !== this.block || this.isTerminated ? this.endOfAllocas(list) : list.length;
    if (at === list.length) list.push(ins.id);
    else list.splice(at, 0, ins.id);
    return ins.id;
  }

  /** The first place without an alloca. What this builder has seen of them stays in front. */
  private endOfAllocas(list: readonly ValueId[]): number {
    const { func } = this;
    let at = this.allocasIn === list ? this.allocas : 0;
    for (let id = list[at]; id !== undefined && func.ins(id).op === Op.alloca; id = list[at]) at++;
    this.allocasIn = list;
    this.allocas = at;
    return at;
  }

  lifetimeStart(alloca: ValueId): Ins {
    return this.emit(Op.lifetime_start, Type.void, [alloca]);
  }
  lifetimeEnd(alloca: ValueId): Ins {
    return this.emit(Op.lifetime_end, Type.void, [alloca]);
  }

  private access(ins: Ins, accessed: Type, options: AccessOptions): Ins {
    ins.align = options.align ?? bitsOf(accessed) >>> 3;
    ins.flags = accessFlags(options);
    return ins;
  }
  load(type: Type, pointer: ValueId, options: AccessOptions = {}): ValueId {
    return this.access(this.emit(Op.load, type, [pointer]), type, options).id;
  }
  store(value: ValueId, pointer: ValueId, options: AccessOptions = {}): Ins {
    return this.access(this.emit(Op.store, Type.void, [value, pointer]), this.typeOf(value), options);
  }
  /** The alignment holds for both pointers. */
  memcpy(destination: ValueId, source: ValueId, size: ValueId, align = 1, isVolatile = false): Ins {
    const ins = this.emit(Op.memcpy, Type.void, [destination, source, size]);
    return this.access(ins, Type.void, { align, isVolatile });
  }
  memmove(destination: ValueId, source: ValueId, size: ValueId, align = 1, isVolatile = false): Ins {
    const ins = this.emit(Op.memmove, Type.void, [destination, source, size]);
    return this.access(ins, Type.void, { align, isVolatile });
  }
  memset(destination: ValueId, byte: ValueId, size: ValueId, align = 1, isVolatile = false): Ins {
    const ins = this.emit(Op.memset, Type.void, [destination, byte, size]);
    return this.access(ins, Type.void, { align, isVolatile });
  }
  memcmp(left: ValueId, right: ValueId, size: ValueId, align = 1): ValueId {
    const ins = this.emit(Op.memcmp, Type.i32, [left, right, size]);
    ins.align = align;
    return ins.id;
  }
  /** `operation` is a row of `atomicOperations`. */
  atomicrmw(
    operation: number,
    pointer: ValueId,
    value: ValueId,
    options: AccessOptions & { readonly resultUnused?: boolean } = {},
  ): ValueId {
    const type = this.typeOf(value);
    const ins = this.access(this.emit(Op.atomicrmw, type, [pointer, value]), type, options);
    ins.aux = operation;
    if (options.resultUnused) ins.flags |= InsFlag.resultUnused;
    return ins.id;
  }
  cmpxchg(pointer: ValueId, expected: ValueId, replacement: ValueId, options: AccessOptions = {}): ValueId {
    const type = this.typeOf(expected);
    return this.access(this.emit(Op.cmpxchg, type, [pointer, expected, replacement]), type, options).id;
  }
  compilerFence(): void {
    this.emit(Op.compiler_fence, Type.void, []);
  }
  fence(ordering: Ordering = 'seq_cst'): Ins {
    const ins = this.emit(Op.fence, Type.void, []);
    ins.flags = accessFlags({ ordering });
    return ins;
  }

  // ---- Calls ----

  call(symbol: SymbolId, type: Type, args: readonly ValueId[], flags = 0): ValueId {
    const ins = this.emit(Op.call, type, [...args]);
    ins.aux = symbol;
    ins.flags = flags;
    return ins.id;
  }
  callHelper(helper: number, type: Type, args: readonly ValueId[], flags = 0): ValueId {
    const ins = this.emit(Op.call_helper, type, [...args]);
    ins.imm = BigInt(helper);
    ins.flags = flags;
    return ins.id;
  }
  callIndirect(callee: ValueId, type: Type, args: readonly ValueId[], flags = 0): ValueId {
    const ins = this.emit(Op.call_indirect, type, [callee, ...args]);
    ins.flags = flags;
    return ins.id;
  }
  /** `bytes` is 1, 2 or 4. */
  packetLoad(bytes: number, context: ValueId, offset: ValueId): ValueId {
    const ins = this.emit(Op.packet_load, Type.i64, [context, offset]);
    ins.aux = bytes;
    return ins.id;
  }
  /** `row` of `func.coreRelocations`; `before` is the value without the loader. */
  coreRelocation(type: Type, row: number, before: bigint): ValueId {
    const ins = this.emit(Op.core_relocation, type, []);
    ins.aux = row;
    ins.imm = before;
    return ins.id;
  }
  /** `row` of `func.asms`. */
  asm(type: Type, row: number, operands: readonly ValueId[]): ValueId {
    const ins = this.emit(Op.asm, type, [...operands]);
    ins.aux = row;
    return ins.id;
  }
  /** Output `number` (from 1) of `asm`; emit it right after. */
  asmOutput(type: Type, asm: ValueId, number: number): ValueId {
    const ins = this.emit(Op.asm_output, type, [asm]);
    ins.aux = number;
    return ins.id;
  }

  // ---- Terminators ----

  private terminate(op: Op, operands: ValueId[], targets: BlockId[]): Ins {
    const ins = this.emit(op, Type.void, operands);
    ins.targets = targets;
    return ins;
  }
  br(target: BlockId): Ins {
    return this.terminate(Op.br, [], [target]);
  }
  condbr(condition: ValueId, whenTrue: BlockId, whenFalse: BlockId): Ins {
    return this.terminate(Op.condbr, [condition], [whenTrue, whenFalse]);
  }
  /** Case values are constants of the value's type. */
  switch(value: ValueId, fallback: BlockId, cases: readonly (readonly [ValueId, BlockId])[]): Ins {
    const operands = [value, ...cases.map(([constant]) => constant)];
    return this.terminate(Op.switch, operands, [fallback, ...cases.map(([, target]) => target)]);
  }
  asmGoto(row: number, operands: readonly ValueId[], targets: readonly BlockId[]): Ins {
    const ins = this.terminate(Op.asm_goto, [...operands], [...targets]);
    ins.aux = row;
    return ins;
  }
  ret(value?: ValueId): Ins {
    return this.terminate(Op.ret, value === undefined ? [] : [value], []);
  }
  unreachable(): Ins {
    return this.terminate(Op.unreachable, [], []);
  }
}

/** Adds an operand to a phi: `value` when control comes from `from`. */
export function addIncoming(phi: Ins, value: ValueId, from: BlockId): void {
  phi.operands.push(value);
  phi.targets.push(from);
}
