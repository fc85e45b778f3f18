/**
 * Operations that BPF does not have, in terms of those it has.
 *
 * Bit counts: ctpop adds neighbouring fields in parallel, cttz and ctlz are a ctpop of what lies below the lowest
 * and above the highest bit (Warren, "Hacker's Delight", 5-1 to 5-4). Signed division below version 4 of the instruction
 * set divides magnitudes and gives the result its sign; division by zero comes out as BPF defines it. Accesses that are
 * less aligned than they are wide are done in aligned pieces where the verifier asks for that.
 * A fence is an atomic addition of 0 to a word of the stack that gives the old value: the kernel's JITs order all memory around
 * such operations (Linux memory model, value-returning read-modify-write).
 *
 * Needs: integers of 32 and 64 bits only (`promote`), which it keeps.
 */

import { Builder } from '../ir/builder.ts';
import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { atomicOperations, Op } from '../ir/ops.ts';
import { bitsOf, bytesOf, integerType, Type } from '../ir/types.ts';
import { AccessWidths } from './access-width.ts';
import type { PassContext } from './pass.ts';
import { Replacements } from './rewrite.ts';

type Expansion = (b: Builder, ins: Ins, cx: PassContext) => ValueId | undefined;

export function expand(func: Func, cx: PassContext): boolean {
  const widths = new AccessWidths(func, cx);
  const isNeeded = func.layout.some((id) =>
    func.block(id).instructions.some((value) => expansionOf(func, func.ins(value), cx, widths) !== undefined),
  );
  if (!isNeeded) return false;
  const builder = new Builder(func);
  const replacements = new Replacements();
  for (const id of func.layout) {
    const block = func.block(id);
    const old = block.instructions;
    block.instructions = [];
    builder.block = id;
    for (const value of old) {
      const ins = func.ins(value);
      replacements.applyTo(ins);
      const expansion = expansionOf(func, ins, cx, widths);
      if (expansion === undefined) {
        builder.place(ins);
        continue;
      }
      builder.pos = ins.pos;
      const result = expansion(builder, ins, cx);
      if (result !== undefined) replacements.set(ins.id, result);
      func.values[ins.id] = undefined;
    }
  }
  replacements.apply(func);
  return true;
}

function expansionOf(func: Func, ins: Ins, cx: PassContext, widths: AccessWidths): Expansion | undefined {
  switch (ins.op) {
    case Op.ctpop:
      return (b, row) => populationCount(b, operandOf(row));
    case Op.cttz:
      return trailingZeros;
    case Op.ctlz:
      return leadingZeros;
    case Op.sdiv:
      return cx.options.cpu >= 4 ? undefined : signedQuotient;
    case Op.srem:
      return cx.options.cpu >= 4 ? undefined : signedRemainder;
    case Op.load:
      return isSplit(ins, ins.operands[0], ins.type, widths) ? splitLoad : undefined;
    case Op.store:
      return isSplit(ins, ins.operands[1], func.ins(operandOf(ins)).type, widths) ? splitStore : undefined;
    case Op.fence:
      return cx.options.cpu >= 3 ? fullFence : undefined;
    default:
      return undefined;
  }
}

function fullFence(b: Builder): undefined {
  const { func } = b;
  const row = func.locals.length;
  func.locals.push({ name: 'fence', pos: b.pos, inlinedFrom: [] });
  const word = b.alloca(8n, 8, row);
  b.store(b.i64(0), word, { align: 8 });
  // The old value counts as used: only operations that give it are ordered.
  b.barrier(b.atomicrmw(atomicOperations.indexOf('add'), word, b.i64(0), { ordering: 'seq_cst' }));
}

function operandOf(ins: Ins): ValueId {
  return ins.operands[0] ?? ins.id;
}

function typeOf(b: Builder, value: ValueId): Type {
  return b.func.ins(value).type;
}

function populationCount(b: Builder, value: ValueId): ValueId {
  const type = typeOf(b, value);
  const constant = (bits: bigint): ValueId => b.constant(type, bits);
  const shifted = (of: ValueId, by: bigint): ValueId => b.lshr(of, constant(by));
  const fives = constant(0x5555_5555_5555_5555n);
  const threes = constant(0x3333_3333_3333_3333n);
  const pairs = b.sub(value, b.and(shifted(value, 1n), fives));
  const nibbles = b.add(b.and(pairs, threes), b.and(shifted(pairs, 2n), threes));
  const bytes = b.and(b.add(nibbles, shifted(nibbles, 4n)), constant(0x0f0f_0f0f_0f0f_0f0fn));
  return shifted(b.mul(bytes, constant(0x0101_0101_0101_0101n)), BigInt(bitsOf(type) - 8));
}

function trailingZeros(b: Builder, ins: Ins): ValueId {
  const value = operandOf(ins);
  const ones = b.constant(ins.type, -1n);
  return populationCount(b, b.and(b.xor(value, ones), b.add(value, ones)));
}

function leadingZeros(b: Builder, ins: Ins): ValueId {
  let value = operandOf(ins);
  for (let by = 1; by < bitsOf(ins.type); by *= 2) {
    value = b.or(value, b.lshr(value, b.constant(ins.type, BigInt(by))));
  }
  return populationCount(b, b.xor(value, b.constant(ins.type, -1n)));
}

/** All ones for a negative value, else zero. */
function signMask(b: Builder, value: ValueId): ValueId {
  const type = typeOf(b, value);
  return b.ashr(value, b.constant(type, BigInt(bitsOf(type) - 1)));
}

/** `value`, negated where the mask is all ones. */
function negateBy(b: Builder, value: ValueId, mask: ValueId): ValueId {
  return b.sub(b.xor(value, mask), mask);
}

/** The mask and the magnitude of an operand. */
function parts(b: Builder, value: ValueId): { readonly mask: ValueId; readonly magnitude: ValueId } {
  const type = typeOf(b, value);
  const constant = constantOf(b.func, value);
  if (constant !== undefined) {
    const signed = BigInt.asIntN(bitsOf(type), constant);
    const mask = b.constant(type, signed < 0n ? -1n : 0n);
    return { mask, magnitude: b.constant(type, signed < 0n ? -signed : signed) };
  }
  const mask = signMask(b, value);
  return { mask, magnitude: negateBy(b, value, mask) };
}

/** Unsigned division by a constant power of two is a shift or a mask. */
function divide(b: Builder, left: ValueId, right: ValueId, wantRemainder: boolean): ValueId {
  const divisor = constantOf(b.func, right) ?? 0n;
  const type = typeOf(b, left);
  if (divisor > 0n && (divisor & (divisor - 1n)) === 0n) {
    if (wantRemainder) return b.and(left, b.constant(type, divisor - 1n));
    return b.lshr(left, b.constant(type, BigInt(divisor.toString(2).length - 1)));
  }
  return wantRemainder ? b.urem(left, right) : b.udiv(left, right);
}

function signedQuotient(b: Builder, ins: Ins): ValueId {
  const [left, right] = ins.operands;
  if (left === undefined || right === undefined) return ins.id;
  const dividend = parts(b, left);
  const divisor = parts(b, right);
  const quotient = divide(b, dividend.magnitude, divisor.magnitude, false);
  if (constantOf(b.func, divisor.mask) === 0n) return negateBy(b, quotient, dividend.mask);
  return negateBy(b, quotient, b.xor(dividend.mask, divisor.mask));
}

function signedRemainder(b: Builder, ins: Ins): ValueId {
  const [left, right] = ins.operands;
  if (left === undefined || right === undefined) return ins.id;
  const dividend = parts(b, left);
  return negateBy(b, divide(b, dividend.magnitude, parts(b, right).magnitude, true), dividend.mask);
}

/**
 * An access that is wider than its place allows; its alignment becomes the width that it goes in. Atomic ones are left for
 * code generation to refuse.
 */
function isSplit(ins: Ins, pointer: ValueId | undefined, type: Type, widths: AccessWidths): boolean {
  const bytes = bytesOf(type);
  if (pointer === undefined || ins.align === 0 || ins.align >= bytes || ins.flags >>> 8 !== 0) return false;
  const width = widths.widthOf(pointer, ins.align);
  if (width >= bytes) return false;
  ins.align = width;
  return true;
}

/** Where the piece at byte `offset` stands in the value. */
function pieceShift(cx: PassContext, offset: number, unit: number, total: number): bigint {
  return BigInt(8 * (cx.options.littleEndian ? offset : total - unit - offset));
}

function splitLoad(b: Builder, ins: Ins, cx: PassContext): ValueId {
  const pointer = operandOf(ins);
  const total = bitsOf(ins.type) >>> 3;
  const unit = integerType(ins.align * 8) ?? Type.i8;
  const wide = total === 8 ? Type.i64 : Type.i32;
  let value: ValueId | undefined;
  for (let offset = 0; offset < total; offset += ins.align) {
    const address = offset === 0 ? pointer : b.ptradd(pointer, b.i64(offset));
    const piece = b.resize(
      wide,
      b.load(unit, address, { align: ins.align, isVolatile: ins.isVolatile }),
      false,
    );
    const shift = pieceShift(cx, offset, ins.align, total);
    const moved = shift === 0n ? piece : b.shl(piece, b.constant(wide, shift));
    value = value === undefined ? moved : b.or(value, moved);
  }
  const result = value ?? b.undef(wide);
  return ins.type === Type.ptr ? b.inttoptr(result) : b.resize(ins.type, result, false);
}

function splitStore(b: Builder, ins: Ins, cx: PassContext): undefined {
  const [stored, pointer] = ins.operands;
  if (stored === undefined || pointer === undefined) return;
  const type = typeOf(b, stored);
  const total = bitsOf(type) >>> 3;
  const unit = integerType(ins.align * 8) ?? Type.i8;
  const wide = total === 8 ? Type.i64 : Type.i32;
  const number = type === Type.ptr ? b.ptrtoint(stored) : b.resize(wide, stored, false);
  const constant = constantOf(b.func, stored);
  for (let offset = 0; offset < total; offset += ins.align) {
    const address = offset === 0 ? pointer : b.ptradd(pointer, b.i64(offset));
    const shift = pieceShift(cx, offset, ins.align, total);
    const piece =
      constant === undefined
        ? b.trunc(unit, shift === 0n ? number : b.lshr(number, b.constant(wide, shift)))
        : b.constant(unit, constant >> shift);
    b.store(piece, address, { align: ins.align, isVolatile: ins.isVolatile });
  }
}
