/**
 * Arithmetic on 8 and 16 bits is done in 32: what code generation asks for.
 *
 * After this pass i8 and i16 are only results of load, call, parameter, asm, trunc and bswap (i16), and operands of
 * store, call, ret, asm, extensions and bswap; i1 is only compared, combined by and, or, xor, phi and select, extended
 * and branched on. A narrow value lives in the low bits of an i32 whose upper bits are either known to be zero (a load,
 * a mask, what is built from such values: found optimistically over phis) or anything; operations that look at the
 * upper bits ask for a zero- or sign-extended form, all others do without (after Sassa's and LLVM's demanded-bits
 * argument: the low bits of +, -, *, &, |, ^ and << do not depend on upper bits).
 */

import { Builder } from '../ir/builder.ts';
import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow, Predicate } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { bug } from '../support/bug.ts';
import type { PassContext } from './pass.ts';
import { upperBound } from './ranges.ts';
import { Replacements } from './rewrite.ts';

export function promote(func: Func, cx: PassContext): boolean {
  if (
    !func.layout.some((id) => func.block(id).instructions.some((value) => needsWork(func, func.ins(value))))
  ) {
    return false;
  }
  new Promotion(func, cx).run();
  return true;
}

function isNarrow(type: Type): boolean {
  return type === Type.i8 || type === Type.i16;
}

/** Operations whose narrow form must go, and sign extensions, whose operand may need one. */
function needsWork(func: Func, ins: Ins): boolean {
  const [first] = ins.operands;
  const from = first === undefined ? Type.void : func.ins(first).type;
  return (ins.op === Op.sext && bitsOf(from) < 32) || isNarrowOperation(ins.op, ins.type, from);
}

/** Is an operation that gives `type`, with a first operand of type `from`, none after this pass? */
export function isNarrowOperation(op: Op, type: Type, from: Type): boolean {
  if (op === Op.icmp) return from !== Type.void && bitsOf(from) < 32;
  if (op === Op.zext || op === Op.sext) return isNarrow(type) || (op === Op.sext && from === Type.i1);
  if (isNarrow(type)) return isPromoted(op, type);
  if (op === Op.trunc) return type === Type.i1;
  return type === Type.i1 && opRow(op).alu !== undefined && !booleanOps.has(op);
}

const booleanOps: ReadonlySet<Op> = new Set([Op.and, Op.or, Op.xor]);
const unaryOps: ReadonlySet<Op> = new Set([Op.ctlz, Op.cttz, Op.ctpop, Op.barrier]);

/** Narrow results that are computed in 32 bits instead. */
function isPromoted(op: Op, type: Type): boolean {
  if (op === Op.bswap) return type === Type.i8;
  return opRow(op).alu !== undefined || op === Op.phi || op === Op.select || unaryOps.has(op);
}

class Promotion {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly builder: Builder;
  private readonly replacements = new Replacements();
  /** The i32 that holds a narrow value in its low bits. */
  private readonly wide = new Map<ValueId, ValueId>();
  /** Narrow values whose i32 has zero above them. */
  private readonly clean: Set<ValueId>;
  /** Narrow values whose own instruction stays. */
  private readonly kept = new Set<ValueId>();
  private readonly masked: ReadonlySet<ValueId>;
  private readonly phis: { readonly phi: Ins; readonly operands: readonly ValueId[] }[] = [];
  /** What must stand after the phis, or the outputs of an asm, at hand. */
  private later: (() => void)[] = [];
  private readonly gone: Ins[] = [];

  constructor(func: Func, cx: PassContext) {
    this.func = func;
    this.cx = cx;
    this.builder = new Builder(func);
    this.clean = findClean(func);
    this.masked = findMasked(func, this.clean);
  }

  run(): void {
    const { func, builder } = this;
    for (const id of this.cx.analyses.cfg.rpo) {
      const block = func.block(id);
      const old = block.instructions;
      block.instructions = [];
      builder.block = id;
      if (id === func.entry) this.extendParameters();
      for (const value of old) {
        const ins = func.ins(value);
        if (ins.op !== Op.phi && ins.op !== Op.asm_output) this.runLater();
        builder.pos = ins.pos;
        this.replacements.applyTo(ins);
        this.rewrite(ins);
      }
    }
    for (const { phi, operands } of this.phis) {
      phi.operands = operands.map((operand) => this.any(this.replacements.resolve(operand)));
    }
    for (const ins of this.gone) func.values[ins.id] = undefined;
    this.replacements.apply(func);
  }

  private extendParameters(): void {
    this.func.parameterTypes.forEach((type, index) => {
      if (!isNarrow(type)) return;
      const parameter = this.func.parameter(index);
      this.widen(parameter, this.builder.zext(Type.i32, parameter));
      this.kept.add(parameter);
    });
  }

  private widen(value: ValueId, wide: ValueId): void {
    this.wide.set(value, wide);
    this.func.takeNames(value, wide);
  }

  private runLater(): void {
    const { later } = this;
    if (later.length === 0) return;
    this.later = [];
    for (const action of later) action();
  }

  private isClean(value: ValueId): boolean {
    return this.clean.has(value) || this.masked.has(value) || !opRow(this.func.ins(value).op).placed;
  }

  /** The i32 whose low bits are the value; upper bits are anything unless the value is clean. */
  private any(value: ValueId): ValueId {
    const { func } = this;
    const ins = func.ins(value);
    if (!isNarrow(ins.type)) return value;
    if (ins.op === Op.const) return func.constant(Type.i32, ins.imm);
    if (ins.op === Op.undef) return func.undef(Type.i32);
    return this.wide.get(value) ?? bug(`v${value} of ${func.name} has no wide form`);
  }

  /** The value zero-extended to i32. */
  private zero(value: ValueId): ValueId {
    const { func, builder } = this;
    const { type } = func.ins(value);
    if (type === Type.i1) return builder.zext(Type.i32, value);
    if (!isNarrow(type) || this.isClean(value)) return this.any(value);
    return builder.and(this.any(value), func.constant(Type.i32, maskOf(type)));
  }

  /** The value sign-extended to i32. */
  private sign(value: ValueId): ValueId {
    const { func, builder } = this;
    const ins = func.ins(value);
    if (ins.type === Type.i1) return builder.sub(builder.i32(0), builder.zext(Type.i32, value));
    if (ins.op === Op.const) return func.constant(Type.i32, BigInt.asIntN(bitsOf(ins.type), ins.imm));
    return isNarrow(ins.type) ? builder.sext(Type.i32, this.narrow(value)) : value;
  }

  /** The value in its own type, for operations that stay narrow. */
  private narrow(value: ValueId): ValueId {
    const wide = this.wide.get(value);
    if (wide === undefined || this.kept.has(value)) return value;
    return this.builder.trunc(this.func.ins(value).type, wide);
  }

  private rewrite(ins: Ins): void {
    const { func, builder } = this;
    const [first] = ins.operands;
    const from = first === undefined ? Type.void : func.ins(first).type;
    const isExtension = ins.op === Op.zext || ins.op === Op.sext;
    if (ins.op === Op.icmp && bitsOf(from) < 32) this.rewriteCompare(ins);
    else if (ins.op === Op.trunc) this.rewriteTrunc(ins);
    else if (isExtension && bitsOf(from) < 32) this.rewriteExtension(ins);
    else if (isNarrow(ins.type) && isPromoted(ins.op, ins.type)) this.rewriteNarrow(ins);
    else if (ins.type === Type.i1 && opRow(ins.op).alu !== undefined) this.rewriteBoolean(ins);
    else {
      if (ins.op !== Op.phi) ins.operands = ins.operands.map((operand) => this.narrow(operand));
      builder.place(ins);
      if (isNarrow(ins.type)) this.keep(ins);
    }
  }

  /** The instruction stays; its i32 stands right after it. */
  private keep(ins: Ins): void {
    const extend = (): void => {
      this.widen(ins.id, this.builder.zext(Type.i32, ins.id));
    };
    this.kept.add(ins.id);
    if (ins.op === Op.asm || ins.op === Op.asm_output) this.later.push(extend);
    else extend();
  }

  /** A narrow instruction whose value `wide` holds from now on. */
  private supersede(ins: Ins, wide: ValueId): void {
    this.gone.push(ins);
    const mask = (): void => {
      const constant = this.func.constant(Type.i32, maskOf(ins.type));
      this.widen(ins.id, this.masked.has(ins.id) ? this.builder.and(wide, constant) : wide);
    };
    if (ins.op === Op.phi) this.later.push(mask);
    else mask();
  }

  private rewriteCompare(ins: Ins): void {
    const isSigned = ins.aux >= Predicate.slt;
    ins.operands = ins.operands.map((operand) => (isSigned ? this.sign(operand) : this.zero(operand)));
    this.builder.place(ins);
  }

  private rewriteTrunc(ins: Ins): void {
    const { func, builder } = this;
    const [first] = ins.operands;
    if (first === undefined || bitsOf(ins.type) >= 32) {
      builder.place(ins);
      return;
    }
    const isFromNarrow = isNarrow(func.ins(first).type);
    const wide = isFromNarrow ? this.any(first) : builder.resize(Type.i32, first, false);
    if (ins.type === Type.i1) {
      ins.op = Op.icmp;
      ins.aux = Predicate.ne;
      ins.operands = [builder.and(wide, builder.i32(1)), builder.i32(0)];
      builder.place(ins);
    } else this.supersede(ins, wide);
  }

  private rewriteExtension(ins: Ins): void {
    const { func, builder } = this;
    const [first] = ins.operands;
    if (first === undefined) return;
    const isPlainBit = func.ins(first).type === Type.i1 && ins.op === Op.zext && !isNarrow(ins.type);
    if (isPlainBit) {
      builder.place(ins);
      return;
    }
    const extended = ins.op === Op.zext ? this.zero(first) : this.sign(first);
    if (isNarrow(ins.type)) this.supersede(ins, extended);
    else if (ins.type === Type.i32) {
      this.replacements.set(ins.id, extended);
      func.values[ins.id] = undefined;
    } else {
      ins.operands = [extended];
      builder.place(ins);
    }
  }

  private rewriteBoolean(ins: Ins): void {
    const { builder } = this;
    const isLinear = ins.op === Op.add || ins.op === Op.sub || ins.op === Op.mul;
    if (booleanOps.has(ins.op) || isLinear) {
      // On one bit, + and - are xor and * is and.
      if (isLinear) ins.op = ins.op === Op.mul ? Op.and : Op.xor;
      builder.place(ins);
      return;
    }
    const isSigned = ins.op === Op.sdiv || ins.op === Op.srem || ins.op === Op.ashr;
    const isShift = ins.op === Op.shl || ins.op === Op.lshr || ins.op === Op.ashr;
    const [left, right] = ins.operands.map((operand) => (isSigned ? this.sign(operand) : this.zero(operand)));
    if (left === undefined || right === undefined) return;
    // A shift of one bit is by 0, whatever the amount.
    const result = isShift ? left : builder.binary(ins.op, left, right);
    ins.op = Op.icmp;
    ins.aux = Predicate.ne;
    ins.operands = [builder.and(result, builder.i32(1)), builder.i32(0)];
    builder.place(ins);
  }

  /** A narrow operation becomes the same on i32. */
  private rewriteNarrow(ins: Ins): void {
    const { builder } = this;
    if (ins.op === Op.phi) {
      const phi = builder.phi(Type.i32);
      phi.targets = ins.targets;
      this.phis.push({ phi, operands: ins.operands });
      this.supersede(ins, phi.id);
      return;
    }
    // A swap of one byte is that byte.
    const [first] = ins.operands;
    if (ins.op === Op.bswap && first !== undefined) this.supersede(ins, this.any(first));
    else this.supersede(ins, builder.emit(ins.op, Type.i32, this.wideOperands(ins)).id);
  }

  /** The operands of a narrow operation in the form that its 32-bit twin needs. */
  private wideOperands(ins: Ins): ValueId[] {
    const { builder } = this;
    const { operands } = ins;
    const width = bitsOf(ins.type);
    const [first, second] = operands;
    if (first === undefined) return [];
    switch (ins.op) {
      case Op.udiv:
      case Op.urem:
      case Op.ctpop:
        return operands.map((operand) => this.zero(operand));
      case Op.sdiv:
      case Op.srem:
        return operands.map((operand) => this.sign(operand));
      case Op.shl:
        return [this.any(first), this.amount(second ?? first, width)];
      case Op.lshr:
        return [this.zero(first), this.amount(second ?? first, width)];
      case Op.ashr:
        return [this.sign(first), this.amount(second ?? first, width)];
      case Op.cttz:
        // A bit above the value stops the count at its width.
        return [builder.or(this.any(first), builder.i32(1n << BigInt(width)))];
      case Op.ctlz: {
        // Moved to the top, with ones behind it that stop the count.
        const top = builder.shl(this.any(first), builder.i32(32 - width));
        return [builder.or(top, builder.i32((1n << BigInt(32 - width)) - 1n))];
      }
      default:
        return operands.map((operand) => this.any(operand));
    }
  }

  /** Shift amounts count modulo the narrow width. */
  private amount(value: ValueId, width: number): ValueId {
    const { func, builder } = this;
    const constant = constantOf(func, value);
    if (constant !== undefined) return builder.i32(constant & BigInt(width - 1));
    return builder.and(this.any(value), builder.i32(width - 1));
  }
}

function maskOf(type: Type): bigint {
  return (1n << BigInt(bitsOf(type))) - 1n;
}

/** Narrow values whose i32 will have zero upper bits: all of which no operation says otherwise, found by striking out. */
function findClean(func: Func): Set<ValueId> {
  const clean = new Set<ValueId>();
  const users = new Map<ValueId, Ins[]>();
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = func.ins(id);
      if (!isNarrow(ins.type)) continue;
      clean.add(id);
      for (const operand of ins.operands) {
        const list = users.get(operand);
        if (list === undefined) users.set(operand, [ins]);
        else list.push(ins);
      }
    }
  }
  const work: Ins[] = [...clean].map((id) => func.ins(id));
  for (let ins = work.pop(); ins !== undefined; ins = work.pop()) {
    if (!clean.has(ins.id) || staysClean(func, ins, clean)) continue;
    clean.delete(ins.id);
    work.push(...(users.get(ins.id) ?? []));
  }
  return clean;
}

function staysClean(func: Func, ins: Ins, clean: ReadonlySet<ValueId>): boolean {
  const isCleanAt = (operand: ValueId): boolean => clean.has(operand) || !opRow(func.ins(operand).op).placed;
  switch (ins.op) {
    case Op.and:
      return ins.operands.some(isCleanAt);
    case Op.or:
    case Op.xor:
    case Op.phi:
      return ins.operands.every(isCleanAt);
    case Op.select:
      return ins.operands.slice(1).every(isCleanAt);
    case Op.trunc:
    case Op.shl:
    case Op.add:
    case Op.mul:
      return (ins.op === Op.trunc || ins.operands.every(isCleanAt)) && fitsInside(func, ins);
    case Op.sub:
    case Op.ashr:
    case Op.sdiv:
    case Op.srem:
    case Op.sext:
    case Op.barrier:
      return false;
    case Op.bswap:
      return ins.type !== Type.i8 || ins.operands.every(isCleanAt);
    default:
      // Loads, calls, unsigned division, counts: zero-extended when they are made.
      return true;
  }
}

/** Does the operation, done on 32 bits, leave nothing above the narrow width? A cut value is wide and counts as it is. */
function fitsInside(func: Func, ins: Ins): boolean {
  const [first, second] = ins.operands;
  if (first === undefined) return false;
  const left = upperBound(func, first);
  const limit = maskOf(ins.type);
  if (ins.op === Op.trunc) return left <= limit;
  if (second === undefined) return false;
  if (ins.op === Op.add) return left + upperBound(func, second) <= limit;
  if (ins.op === Op.mul) return left * upperBound(func, second) <= limit;
  const amount = constantOf(func, second);
  return amount !== undefined && left << (amount & BigInt(bitsOf(ins.type) - 1)) <= limit;
}

/**
 * Narrow values that are not clean but whose upper bits are looked at: they are masked once, where they are made, so that
 * what is compared and what is used afterwards is one value.
 */
function findMasked(func: Func, clean: ReadonlySet<ValueId>): Set<ValueId> {
  const masked = new Set<ValueId>();
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = func.ins(id);
      const [first] = ins.operands;
      if (first === undefined || !asksForZero(ins)) continue;
      for (const operand of ins.op === Op.lshr ? [first] : ins.operands) {
        const value = func.ins(operand);
        if (isNarrow(value.type) && opRow(value.op).placed && !clean.has(operand)) masked.add(operand);
      }
    }
  }
  return masked;
}

function asksForZero(ins: Ins): boolean {
  switch (ins.op) {
    case Op.icmp:
      return ins.aux < Predicate.slt;
    case Op.zext:
    case Op.udiv:
    case Op.urem:
    case Op.lshr:
    case Op.ctpop:
      return true;
    default:
      return false;
  }
}
