/**
 * What the verifier can say of values in a loop: is a value new in each turn, and how many of its bits are unknown; is a number without
 * bound; does a pointer move? In doubt a value is none of these.
 *
 * Loads tell nothing but their width where memory is the kernel's, a packet's or a map's, and where a helper fills a local anew. What is
 * on the stack otherwise, in read-only data, or comes from a caller of a static function may be a constant.
 */

import type { Analyses } from '../ir/analyses.ts';
import { constantOf, type Func, type Ins, type SymbolId, type ValueId } from '../ir/func.ts';
import type { Loop } from '../ir/loops.ts';
import type { Module } from '../ir/module.ts';
import { Op, opRow, Predicate } from '../ir/ops.ts';
import type { Provenance } from '../ir/provenance-kinds.ts';
import { bitsOf, isIntegerType, Type } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import { isAnyNumber, isNullable } from './helper-results.ts';

/** Memory of which the verifier knows no contents. */
const unknownMemory: ReadonlySet<Provenance> = new Set<Provenance>([
  'ctx',
  'packet',
  'map_value',
  'btf',
  'socket',
  'memory',
  'arena',
  'kernel',
]);

const pointerKinds: ReadonlySet<Provenance> = new Set<Provenance>([
  'packet',
  'packet_end',
  'map_value',
  'stack',
  'global',
  'memory',
]);

/** Operations with a constant that leave a number as unknown as it was, or narrower. */
const followed: ReadonlySet<number> = new Set([
  Op.zext,
  Op.sext,
  Op.trunc,
  Op.and,
  Op.lshr,
  Op.bswap,
  Op.ptrtoint,
  Op.inttoptr,
  Op.ptradd,
  Op.add,
  Op.sub,
]);

/** Of those the ones after which a number of 32 bits has no bound still. */
const widening: ReadonlySet<number> = new Set([Op.zext, Op.sext, Op.trunc, Op.add, Op.sub, Op.mul, Op.shl]);

const maxSteps = 16;

/** Bits that a counter never gets to in the verifier's patience. */
const wideBits = 32;

export class LoopValues {
  private readonly func: Func;
  private readonly module: Module;
  private readonly analyses: Analyses;

  constructor(module: Module, analyses: Analyses) {
    this.func = analyses.func;
    this.module = module;
    this.analyses = analyses;
  }

  isPointer(value: ValueId): boolean {
    return pointerKinds.has(this.analyses.provenance.of(value));
  }

  private isInside(ins: Ins, loop: Loop): boolean {
    return opRow(ins.op).placed && loop.blocks.has(ins.block);
  }

  /** A pointer that is another one in each turn. */
  isMoving(pointer: ValueId, loop: Loop): boolean {
    const root = this.rootOf(
      pointer,
      (ins) => ins.op === Op.ptradd || ins.op === Op.ptrtoint || ins.op === Op.inttoptr,
    );
    return root !== undefined && root.op === Op.phi && root.block === loop.header;
  }

  /** Through operations that `leads` to where the value comes from. */
  private rootOf(value: ValueId, leads: (ins: Ins) => boolean): Ins | undefined {
    let at = this.func.ins(value);
    for (let steps = 0; leads(at); steps++) {
      const [operand] = at.operands;
      if (operand === undefined || steps === maxSteps) return undefined;
      at = this.func.ins(operand);
    }
    return at;
  }

  // Values that are new in each turn.

  /** Can the comparison come out in both ways, whatever was seen in the turns before? */
  isOpen(value: ValueId, other: ValueId, comparison: Ins, loop: Loop): boolean {
    const bits = this.freshBits(value, loop);
    if (bits === 0) return false;
    if (comparison.aux === Predicate.eq || comparison.aux === Predicate.ne) return true;
    const constant = constantOf(this.func, other);
    if (constant === undefined) return bits >= wideBits;
    const isAboveZero = comparison.aux === Predicate.sgt || comparison.aux === Predicate.sle;
    return (constant > 0n || isAboveZero) && constant < 1n << BigInt(bits - 1);
  }

  /** How many bits the verifier does not know of a value that each turn has anew; 0 where it may know more. */
  freshBits(value: ValueId, loop: Loop, seen = new Set<ValueId>()): number {
    const ins = this.func.ins(value);
    // A value that two ways lead to is left alone, too: trees of phis can be large.
    if (seen.has(value) || seen.size > maxSteps || !this.isInside(ins, loop)) return 0;
    seen.add(value);
    const width = ins.type === Type.ptr ? 64 : bitsOf(ins.type);
    if (ins.op === Op.load) return this.isUnknownLoad(ins, loop) ? width : 0;
    if (ins.op === Op.atomicrmw || ins.op === Op.cmpxchg) return this.isUnknownLoad(ins, loop) ? width : 0;
    if (ins.op === Op.call_helper) return isAnyNumber(ins) || isNullable(ins) ? width : 0;
    if (ins.op === Op.phi) {
      const turns = ins.operands.filter((_, i) => loop.blocks.has(ins.targets[i] ?? loop.header));
      const bits = turns.map((operand) => this.freshBits(operand, loop, seen));
      return turns.length === 0 ? 0 : Math.min(...bits);
    }
    const [first, second] = ins.operands;
    if (!followed.has(ins.op) || first === undefined) return 0;
    const bits = Math.min(this.freshBits(first, loop, seen), width);
    if (second === undefined) return bits;
    const constant = constantOf(this.func, second);
    if (constant === undefined || bits === 0) return 0;
    if (ins.op === Op.and) return Math.min(bits, constant.toString(2).length);
    return ins.op === Op.lshr ? Math.max(0, bits - Number(constant)) : bits;
  }

  /** A load whose bytes the verifier does not know, nor those of an earlier turn. */
  private isUnknownLoad(load: Ins, loop: Loop | undefined): boolean {
    const [pointer] = load.operands;
    if (pointer === undefined) return false;
    const base = this.analyses.alias.baseOf(pointer);
    switch (base.kind) {
      case 'alloca':
        return loop !== undefined && this.isFilledIn(loop, base.root);
      case 'global': {
        const { section = '', isConstant } = this.module.symbol(asId<SymbolId>(base.root));
        return !isConstant && !/^\.(?:rodata|kconfig|ksyms|maps)/.test(section);
      }
      case 'unknown':
        return unknownMemory.has(this.analyses.provenance.of(pointer));
      default:
        return base.kind satisfies never;
    }
  }

  /** Is the local written in the loop by helpers alone? */
  private isFilledIn(loop: Loop, alloca: number): boolean {
    let isFilled = false;
    for (const block of loop.blocks) {
      for (const id of this.func.block(block).instructions) {
        const ins = this.func.ins(id);
        const meets = (operand: ValueId | undefined): boolean => {
          const base = operand === undefined ? undefined : this.analyses.alias.baseOf(operand);
          return base?.kind === 'alloca' && base.root === alloca;
        };
        if (ins.op === Op.call_helper) {
          const helper = this.analyses.target.helper(ins.imm);
          const writes = ins.operands.some((operand, i) => {
            const { access } = helper?.arguments[i] ?? helper?.rest ?? { access: 'none' };
            return (access === 'write' || access === 'read-write') && meets(operand);
          });
          isFilled ||= writes;
        } else if (ins.op === Op.store && meets(ins.operands[1])) return false;
        else if (opRow(ins.op).memory !== 'none' && ins.op !== Op.load && ins.op !== Op.store) {
          const isMark = ins.op === Op.lifetime_start || ins.op === Op.lifetime_end;
          if (!isMark && ins.operands.some(meets)) return false;
        }
      }
    }
    return isFilled;
  }

  // Numbers without a bound.

  /** A number of which the verifier knows nothing, and that nothing else in the function compares. */
  isUnboundedNumber(value: ValueId, own: ReadonlySet<Ins>, loop: Loop): boolean {
    const root = this.rootOf(value, (ins) => this.isWidening(ins));
    if (root === undefined || !isIntegerType(root.type) || bitsOf(root.type) < wideBits) return false;
    if (this.isInside(root, loop) || !this.isUnknownNumber(root)) return false;
    return !this.isBoundedElsewhere(root.id, own, loop);
  }

  private isWidening(ins: Ins): boolean {
    if (!widening.has(ins.op) || bitsOf(ins.type) < wideBits) return false;
    const [, second] = ins.operands;
    return second === undefined || constantOf(this.func, second) !== undefined;
  }

  private isUnknownNumber(ins: Ins): boolean {
    switch (ins.op) {
      case Op.load:
        return this.isUnknownLoad(ins, undefined);
      case Op.call_helper:
        return isAnyNumber(ins);
      case Op.param:
        return this.module.symbol(this.func.symbol).linkage !== 'internal';
      case Op.sub:
        // The length of a packet.
        return ins.operands.every((operand) => this.isPointer(operand));
      default:
        return false;
    }
  }

  /** Counted down, or up, from a number without a bound by constants. */
  isCountdown(value: ValueId, own: ReadonlySet<Ins>, loop: Loop): boolean {
    const phi = this.rootOf(value, (ins) => this.isWidening(ins));
    if (phi === undefined || phi.op !== Op.phi || phi.block !== loop.header) return false;
    return phi.operands.every((operand, i) => {
      const from = phi.targets[i];
      if (from !== undefined && !loop.blocks.has(from)) return this.isUnboundedNumber(operand, own, loop);
      return this.rootOf(operand, (ins) => this.isWidening(ins)) === phi;
    });
  }

  /** True where anything but the loop's own ways out decides by the value, or by one made of it. */
  private isBoundedElsewhere(root: ValueId, own: ReadonlySet<Ins>, loop: Loop): boolean {
    const made = new Set<ValueId>([root]);
    for (const value of made) {
      for (const user of this.analyses.uses.of(value)) {
        if (user.op === Op.icmp) {
          if (!own.has(user) && !this.isTestOfZero(user)) return true;
          continue;
        }
        const isCounter = user.op === Op.phi && user.block === loop.header;
        const decides =
          opRow(user.op).terminator ||
          (user.op === Op.phi && !isCounter) ||
          [Op.select, Op.asm, Op.barrier].some((op) => op === user.op);
        if (decides) return true;
        if (opRow(user.op).memory === 'none') made.add(user.id);
      }
    }
    return false;
  }

  /** `n == 0`, `n > 0`: says nothing about large values. */
  private isTestOfZero(comparison: Ins): boolean {
    const constants = comparison.operands.map((operand) => constantOf(this.func, operand));
    return constants.some((constant) => constant !== undefined && constant <= 1n);
  }
}
