/**
 * A value of a map that is loaded, changed and stored again becomes one atomic operation without result, at -Osize only: it is two
 * slots less with a register, one less with a constant, and slower, for a locked operation waits for the stores before it.
 *
 *     v1 = load i64 p
 *     v2 = add i64 v1, v3      ->      atomicrmw.add i64 p, v3 unused
 *     store v2, p
 *
 * Only in memory where the verifier takes atomics for certain: values that a lookup gave and variables of this unit, at addresses whose
 * alignment it finds, which atomics need and plain accesses of these do not (`check_atomic_rmw`). The load and the result have no other
 * use, all stand in one block, and nothing between the accesses writes there or is ordered. 32 and 64 bits; `add` is as old as
 * BPF, `and`, `or` and `xor` need Linux 5.12 (-mcpu=v3).
 *
 * Volatile accesses may be fused: of C11 5.1.2.3 and 6.7.3 p7 what counts is that one read and then one write of that width happen, which
 * is what the operation does; that nothing comes between them is more than was asked for, as for the kernel's READ_ONCE and WRITE_ONCE.
 */

import {
  type Block,
  constantOf,
  type Func,
  type Ins,
  InsFlag,
  orderingShift,
  type ValueId,
} from '../ir/func.ts';
import { atomicOperations, Op, orderings } from '../ir/ops.ts';
import { bytesOf, Type } from '../ir/types.ts';
import type { PassContext } from './pass.ts';
import { discard, isOrdered, sweepBlock } from './rewrite.ts';

interface Operation {
  readonly atomic: (typeof atomicOperations)[number];
  /** The lowest instruction set version that has it. */
  readonly cpu: number;
}

const operations: ReadonlyMap<Op, Operation> = new Map([
  [Op.add, { atomic: 'add', cpu: 1 }],
  [Op.sub, { atomic: 'sub', cpu: 1 }],
  [Op.and, { atomic: 'and', cpu: 3 }],
  [Op.or, { atomic: 'or', cpu: 3 }],
  [Op.xor, { atomic: 'xor', cpu: 3 }],
]);

/** Chains of pointer arithmetic and of its offsets that are longer are not looked at. */
const maxDepth = 8;
/** Instructions that may stand between the load and the store. */
const maxDistance = 100;

export function fuseUpdates(func: Func, cx: PassContext): boolean {
  if (cx.options.optLevel !== 'size') return false;
  let changed = false;
  for (const block of func.eachBlock()) {
    if (!new Fusion(func, cx, block).run()) continue;
    sweepBlock(func, block);
    changed = true;
  }
  return changed;
}

class Fusion {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly block: Block;

  constructor(func: Func, cx: PassContext, block: Block) {
    this.func = func;
    this.cx = cx;
    this.block = block;
  }

  run(): boolean {
    let changed = false;
    this.block.instructions.forEach((id, index) => {
      const ins = this.func.values[id];
      if (ins?.op === Op.store && this.fuse(ins, index)) changed = true;
    });
    return changed;
  }

  /** Makes one operation of an update that ends with the store at a place of the block. */
  private fuse(store: Ins, index: number): boolean {
    const { func, cx } = this;
    const [stored = store.id, pointer = store.id] = store.operands;
    const update = func.ins(stored);
    const operation = operations.get(update.op);
    if (operation === undefined || operation.cpu > cx.options.cpu || !isFusible(store)) return false;
    if (update.type !== Type.i32 && update.type !== Type.i64) return false;
    const [left = stored, right = stored] = update.operands;
    const isLoaded = (value: ValueId): boolean => this.isOldValue(func.ins(value), update, store);
    const isLeft = isLoaded(left);
    if (!isLeft && (update.op === Op.sub || !isLoaded(right))) return false;
    const [load, operand] = isLeft ? [func.ins(left), right] : [func.ins(right), left];
    if (!this.isCheap(operand, update.op) || !this.isAtomic(pointer, bytesOf(update.type))) return false;
    if (!this.isUndisturbed(load, index)) return false;
    const atomic = func.create(Op.atomicrmw, update.type, [pointer, operand], store.pos);
    atomic.aux = atomicOperations.indexOf(operation.atomic);
    atomic.align = bytesOf(update.type);
    atomic.flags = InsFlag.resultUnused | (orderings.indexOf('relaxed') << orderingShift);
    atomic.block = this.block.id;
    this.block.instructions[index] = atomic.id;
    for (const gone of [load, update, store]) discard(func, gone);
    return true;
  }

  /** What lay where the store goes, read for this update alone. */
  private isOldValue(load: Ins, update: Ins, store: Ins): boolean {
    if (load.op !== Op.load || !isFusible(load) || load.type !== update.type) return false;
    const { uses, alias } = this.cx.analyses;
    if (load.block !== store.block || update.block !== store.block) return false;
    if (uses.count(load.id) !== 1 || uses.count(update.id) !== 1) return false;
    const [from = load.id] = load.operands;
    const [, to = store.id] = store.operands;
    if (from === to) return true;
    const [a, b] = [alias.baseOf(from), alias.baseOf(to)];
    return a.kind === b.kind && a.root === b.root && a.offset !== undefined && a.offset === b.offset;
  }

  /** A constant takes a move, which a wide one makes as long as what is saved; so does what has to be negated and kept. */
  private isCheap(operand: ValueId, op: Op): boolean {
    const constant = constantOf(this.func, operand);
    if (constant === undefined) return op !== Op.sub || this.cx.analyses.uses.count(operand) === 1;
    return BigInt.asIntN(32, constant) === BigInt.asIntN(64, constant) || constant < 1n << 32n;
  }

  /** Does the verifier take an atomic operation at this address? */
  private isAtomic(pointer: ValueId, bytes: number): boolean {
    const provenance = this.cx.analyses.provenance.of(pointer);
    if (provenance !== 'map_value' && provenance !== 'global') return false;
    let at = this.func.ins(pointer);
    for (let depth = 0; at.op === Op.ptradd && depth < maxDepth; depth++) {
      const [base = at.id, offset = at.id] = at.operands;
      if (!this.isMultiple(offset, bytes, 0)) return false;
      at = this.func.ins(base);
    }
    if (at.op === Op.call_helper) return true;
    if (at.op !== Op.globaladdr) return false;
    return (this.cx.module.symbols[at.aux]?.align ?? 0) >= bytes && at.imm % BigInt(bytes) === 0n;
  }

  /** Is the offset a multiple of a power of two, as the verifier's known bits show? */
  private isMultiple(value: ValueId, bytes: number, depth: number): boolean {
    const ins = this.func.ins(value);
    const [left = value, right = value] = ins.operands;
    const constant = constantOf(this.func, right);
    const isMultiple = (operand: ValueId): boolean => this.isMultiple(operand, bytes, depth + 1);
    if (depth > maxDepth) return false;
    switch (ins.op) {
      case Op.const:
        return ins.imm % BigInt(bytes) === 0n;
      case Op.shl:
        return (
          (constant !== undefined && 1n << BigInt.asUintN(6, constant) >= BigInt(bytes)) || isMultiple(left)
        );
      case Op.mul:
      case Op.and:
        return isMultiple(left) || isMultiple(right);
      case Op.add:
      case Op.sub:
        return isMultiple(left) && isMultiple(right);
      case Op.zext:
        return isMultiple(left);
      default:
        return false;
    }
  }

  /** Nothing between the two writes there or is ordered, so that the load may stand where the store does. */
  private isUndisturbed(load: Ins, end: number): boolean {
    const { alias } = this.cx.analyses;
    const [pointer = load.id] = load.operands;
    const size = BigInt(bytesOf(load.type));
    for (let i = end - 1; i >= Math.max(0, end - maxDistance); i--) {
      const id = this.block.instructions[i];
      if (id === load.id) return true;
      const between = id === undefined ? undefined : this.func.values[id];
      if (between === undefined) continue;
      if (isOrdered(between) || alias.mayWrite(between, pointer, size)) return false;
    }
    return false;
  }
}

/** Plain or volatile, but not atomic. */
function isFusible(access: Ins): boolean {
  return access.flags >>> orderingShift === 0;
}
