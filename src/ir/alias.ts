/**
 * What pointers may refer to: a function -> the object and offset behind each pointer, and whether an instruction
 * may read or write given bytes.
 *
 * An alloca is *captured* when its address is stored, returned, given to asm, mixed by phi or select, or
 * turned into an integer: then any unknown pointer may refer to it. A helper of the kernel keeps no address of the
 * stack after it returns, so an argument of `call_helper` is accessed by that call, as far as the helper's row says, and
 * not captured; a dynptr is, since the verifier goes on looking after its bytes. A function of the module does with its
 * arguments what `CallEffects` says, everything where nothing is known. Distinct allocas and globals are
 * distinct objects, and what a parameter leads to is older than any alloca; unknown pointers of one root are told apart by constant offsets.
 */

import { orderingOf } from './builder.ts';
import { constantOf, type Func, type Ins, type ValueId } from './func.ts';
import { Op, opRow } from './ops.ts';
import { type ArgumentFacts, noTargetFacts, type TargetFacts } from './target-facts.ts';
import { bitsOf, Type } from './types.ts';

export interface PointerBase {
  readonly kind: 'alloca' | 'global' | 'unknown';
  /** The alloca or the value that the chain of `ptradd` starts from; for a global its symbol. */
  readonly root: number;
  /** Bytes from the root; undefined when not constant. */
  readonly offset: bigint | undefined;
}

/** Bytes that are accessed; undefined when not known. */
export type AccessSize = bigint | undefined;

/** Bytes that an argument of a helper leads to, and what the call does with them. */
export interface HelperAccess {
  readonly base: PointerBase;
  readonly size: AccessSize;
  readonly reads: boolean;
  readonly writes: boolean;
  /** All of the bytes are written for certain. */
  readonly isFilled: boolean;
}

/** What a call does with the memory behind one of its arguments. */
export interface ArgumentEffect {
  /** The address may be used after the call. */
  readonly isCaptured: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
}

/** What is known of the functions that are called. */
export interface CallEffects {
  of(call: Ins, index: number): ArgumentEffect;
}

export class AliasFacts {
  private readonly func: Func;
  private readonly target: TargetFacts;
  private readonly calls: CallEffects | undefined;
  private readonly bases = new Map<ValueId, PointerBase>();
  private readonly captured = new Set<number>();

  constructor(func: Func, target: TargetFacts = noTargetFacts, calls?: CallEffects) {
    this.func = func;
    this.target = target;
    this.calls = calls;
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) this.noteCaptures(func.ins(id));
    }
  }

  /** The object behind a pointer. */
  baseOf(pointer: ValueId): PointerBase {
    const known = this.bases.get(pointer);
    if (known !== undefined) return known;
    let offset: bigint | undefined = 0n;
    let at = this.func.ins(pointer);
    while (at.op === Op.ptradd) {
      const [next, bytes] = at.operands;
      if (next === undefined || bytes === undefined) break;
      const constant = constantOf(this.func, bytes);
      if (constant === undefined) offset = undefined;
      else if (offset !== undefined) offset += BigInt.asIntN(64, constant);
      at = this.func.ins(next);
    }
    const base = this.rootBase(at, offset);
    this.bases.set(pointer, base);
    return base;
  }

  private rootBase(root: Ins, offset: bigint | undefined): PointerBase {
    if (root.op === Op.alloca) return { kind: 'alloca', root: root.id, offset };
    if (root.op !== Op.globaladdr) return { kind: 'unknown', root: root.id, offset };
    return { kind: 'global', root: root.aux, offset: offset === undefined ? undefined : offset + root.imm };
  }

  /** True when the alloca's address may be known to something that is not a `ptradd` of it in this function. */
  isCaptured(alloca: ValueId): boolean {
    return this.captured.has(alloca);
  }

  /** True when the pointer leads to an alloca that no unknown pointer can refer to. */
  isPrivate(pointer: ValueId): boolean {
    const base = this.baseOf(pointer);
    return base.kind === 'alloca' && !this.captured.has(base.root);
  }

  mayAlias(a: ValueId, aSize: AccessSize, b: ValueId, bSize: AccessSize): boolean {
    return this.mayMeet(this.baseOf(a), aSize, this.baseOf(b), bSize);
  }

  private mayMeet(left: PointerBase, aSize: AccessSize, right: PointerBase, bSize: AccessSize): boolean {
    if (left.kind === right.kind && left.root === right.root) return overlaps(left, aSize, right, bSize);
    if (left.kind !== 'unknown' && right.kind !== 'unknown') return false;
    if (this.isPrivateBase(left) || this.isPrivateBase(right)) return false;
    return !(this.isOlder(left, right) || this.isOlder(right, left));
  }

  private isPrivateBase(base: PointerBase): boolean {
    return base.kind === 'alloca' && !this.captured.has(base.root);
  }

  /** A parameter cannot lead to an object of the call that it was given to. */
  private isOlder(parameter: PointerBase, object: PointerBase): boolean {
    if (parameter.kind !== 'unknown' || object.kind !== 'alloca') return false;
    return this.func.values[parameter.root]?.op === Op.param;
  }

  /** May `ins` change any of `size` bytes at `pointer`? */
  mayWrite(ins: Ins, pointer: ValueId, size: AccessSize): boolean {
    const { memory } = opRow(ins.op);
    return (memory === 'write' || memory === 'read-write') && this.mayTouch(ins, pointer, size, true);
  }

  /** May `ins` depend on any of `size` bytes at `pointer`? */
  mayRead(ins: Ins, pointer: ValueId, size: AccessSize): boolean {
    const { memory } = opRow(ins.op);
    return (memory === 'read' || memory === 'read-write') && this.mayTouch(ins, pointer, size, false);
  }

  /** What a call of a helper does with the memory behind its arguments. */
  helperAccesses(call: Ins): HelperAccess[] {
    const helper = this.target.helper(call.imm);
    return call.operands.flatMap((operand, index) => {
      const base = this.baseOf(operand);
      const argument = helper?.arguments[index] ?? helper?.rest;
      // What is no address of memory to the helper is none, or a mistake that is not made worse.
      const isKnown = argument !== undefined && argument.access !== 'none';
      return {
        base,
        size: isKnown ? this.argumentSize(call, index, argument) : undefined,
        reads: !isKnown || argument.access !== 'write',
        writes: !isKnown || argument.access !== 'read',
        isFilled: isKnown && argument.isFilled,
      };
    });
  }

  /** A map's sizes can be changed before it is made, so its definition does not tell them. */
  private argumentSize(call: Ins, index: number, { size }: ArgumentFacts): AccessSize {
    if (typeof size === 'number') return BigInt(size);
    const next = size === 'next-argument' ? call.operands[index + 1] : undefined;
    return next === undefined ? undefined : constantOf(this.func, next);
  }

  /** A helper that reads "an object" may start anywhere in it. */
  private helperTouches(call: Ins, pointer: ValueId, size: AccessSize, isWrite: boolean): boolean {
    const place = this.baseOf(pointer);
    return this.helperAccesses(call).some(
      ({ base, size: bytes, reads, writes }) =>
        base.root === place.root &&
        base.kind === place.kind &&
        (isWrite ? writes : reads) &&
        (bytes === undefined || this.mayMeet(base, bytes, place, size)),
    );
  }

  /** Does a function's call access the private object that a pointer leads to? */
  private callTouches(call: Ins, pointer: ValueId, isWrite: boolean): boolean {
    const { root } = this.baseOf(pointer);
    return call.operands.some((operand, index) => {
      const base = this.baseOf(operand);
      if (base.kind !== 'alloca' || base.root !== root) return false;
      const effect = this.calls?.of(call, index);
      return effect === undefined || (isWrite ? effect.writes : effect.reads);
    });
  }

  private mayTouch(ins: Ins, pointer: ValueId, size: AccessSize, isWrite: boolean): boolean {
    const [first, second] = ins.operands;
    switch (ins.op) {
      case Op.store:
        return second === undefined || this.mayAlias(second, this.storedSize(ins), pointer, size);
      case Op.load:
        return first === undefined || this.mayAlias(first, BigInt(bitsOf(ins.type) >>> 3), pointer, size);
      case Op.memcpy:
      case Op.memmove:
      case Op.memset:
      case Op.memcmp:
        return this.touchesBlock(ins, pointer, size, isWrite);
      case Op.lifetime_start:
      case Op.lifetime_end:
        return first === undefined || this.mayAlias(first, undefined, pointer, size);
      case Op.atomicrmw:
      case Op.cmpxchg:
        if (orderingOf(ins) !== 'relaxed' && !this.isPrivate(pointer)) return true;
        return first === undefined || this.mayAlias(first, BigInt(bitsOf(ins.type) >>> 3), pointer, size);
      case Op.packet_load:
        return !this.isPrivate(pointer);
      case Op.asm:
      case Op.asm_goto:
        return this.asmTouches(ins) && !this.isPrivate(pointer);
      case Op.call_helper:
        return !this.isPrivate(pointer) || this.helperTouches(ins, pointer, size, isWrite);
      case Op.call:
        return !this.isPrivate(pointer) || this.callTouches(ins, pointer, isWrite);
      default:
        return !this.isPrivate(pointer);
    }
  }

  private touchesBlock(ins: Ins, pointer: ValueId, size: AccessSize, isWrite: boolean): boolean {
    const [destination, source, bytes] = ins.operands;
    if (destination === undefined || source === undefined || bytes === undefined) return true;
    const count = constantOf(this.func, bytes);
    if (isWrite) return this.mayAlias(destination, count, pointer, size);
    if (this.mayAlias(source, count, pointer, size)) return true;
    return ins.op === Op.memcmp && this.mayAlias(destination, count, pointer, size);
  }

  /** An asm touches memory when it says so, or has an operand in memory. */
  private asmTouches(ins: Ins): boolean {
    const asm = this.func.asms[ins.aux];
    if (asm === undefined || !asm.isExtended) return true;
    return asm.clobbers.includes('memory') || asm.constraints.some((constraint) => constraint.isMemory);
  }

  private storedSize(ins: Ins): bigint {
    const [value] = ins.operands;
    return value === undefined ? 0n : BigInt(bitsOf(this.func.ins(value).type) >>> 3);
  }

  private noteCaptures(ins: Ins): void {
    ins.operands.forEach((operand, index) => {
      if (this.func.values[operand]?.type !== Type.ptr) return;
      if (!this.keeps(ins, index)) return;
      const base = this.baseOf(operand);
      if (base.kind === 'alloca') this.captured.add(base.root);
    });
  }

  private keeps(ins: Ins, index: number): boolean {
    if (ins.op === Op.call) return this.calls?.of(ins, index).isCaptured !== false;
    if (ins.op !== Op.call_helper) return captures(ins, index);
    return this.target.helper(ins.imm)?.arguments[index]?.isTracked === true;
  }
}

/** True when operand `index` of `ins` may be remembered by what `ins` is or does. */
export function captures(ins: Ins, index: number): boolean {
  switch (ins.op) {
    case Op.load:
    case Op.memcpy:
    case Op.memmove:
    case Op.memset:
    case Op.memcmp:
    case Op.lifetime_start:
    case Op.lifetime_end:
    case Op.ptradd:
    case Op.icmp:
    case Op.call_helper:
    case Op.is_constant:
      return false;
    case Op.store:
    case Op.cmpxchg:
    case Op.atomicrmw:
      return ins.op === Op.store ? index === 0 : index > 0;
    default:
      return true;
  }
}

function overlaps(a: PointerBase, aSize: AccessSize, b: PointerBase, bSize: AccessSize): boolean {
  if (a.offset === undefined || b.offset === undefined) return true;
  if (a.offset <= b.offset) return aSize === undefined || a.offset + aSize > b.offset;
  return bSize === undefined || b.offset + bSize > a.offset;
}
