/**
 * Selection of arithmetic and conversions: an IR instruction -> three-address machine instructions.
 *
 * Width: 32-bit values use the 32-bit forms where the processor has them, which clear the upper half. Without them the
 * 64-bit forms run on operands whose upper bits are unknown; that is right for the low half of add, sub, mul, and, or,
 * xor and shl, while division, right shifts and comparisons clean their operands first. Narrower integers come
 * only as far as the same rules allow.
 */

import type { Ins, ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { Kind } from '../isa/table.ts';
import { bug } from '../support/bug.ts';
import { opcodeNamed, Pseudo, type Register } from './machine.ts';
import { asImmediate, type Selection } from './selection.ts';

interface ArithmeticRow {
  /** Operation of the instruction table. */
  readonly operation: string;
  /** How the operands' upper bits must be when a 64-bit form does the work of a narrower one. */
  readonly needs: 'nothing' | 'zero' | 'sign';
}

const arithmetic: ReadonlyMap<Op, ArithmeticRow> = new Map<Op, ArithmeticRow>([
  [Op.add, { operation: 'add', needs: 'nothing' }],
  [Op.sub, { operation: 'sub', needs: 'nothing' }],
  [Op.mul, { operation: 'mul', needs: 'nothing' }],
  [Op.udiv, { operation: 'div', needs: 'zero' }],
  [Op.urem, { operation: 'mod', needs: 'zero' }],
  [Op.sdiv, { operation: 'sdiv', needs: 'sign' }],
  [Op.srem, { operation: 'smod', needs: 'sign' }],
  [Op.and, { operation: 'and', needs: 'nothing' }],
  [Op.or, { operation: 'or', needs: 'nothing' }],
  [Op.xor, { operation: 'xor', needs: 'nothing' }],
  [Op.shl, { operation: 'lsh', needs: 'nothing' }],
  [Op.lshr, { operation: 'rsh', needs: 'zero' }],
  [Op.ashr, { operation: 'arsh', needs: 'sign' }],
]);

export function isArithmetic(op: Op): boolean {
  return arithmetic.has(op);
}

const isShift = (op: Op): boolean => op === Op.shl || op === Op.lshr || op === Op.ashr;

export function selectArithmetic(s: Selection, ins: Ins): void {
  const row = arithmetic.get(ins.op) ?? bug(`no arithmetic for op ${ins.op}`);
  const bits = bitsOf(ins.type);
  const width = bits <= 32 && s.target.alu32 ? 32 : 64;
  if ((ins.op === Op.sdiv || ins.op === Op.srem) && s.target.form('sdiv64_reg') === undefined) {
    s.error('needs-cpu', 'signed division', '4');
    return;
  }
  let left = s.operand(ins, 0);
  let right = s.operand(ins, 1);
  const isFixed = (value: ValueId): boolean =>
    s.constant(value) !== undefined || s.relocatedImmediate(value) !== undefined;
  if (isCommutative(ins.op) && isFixed(left) && s.constant(right) === undefined) {
    [left, right] = [right, left];
  }
  if (ins.op === Op.sub && s.constant(left) === 0n) {
    s.emitUpdate(width === 32 ? Kind.neg32 : Kind.neg64, s.use(right), -1, 0, s.define(ins.id));
    return;
  }
  // A 64-bit form on 32-bit values: a variable shift amount is taken modulo 64 there, so it is left to C's rule.
  const isNarrow = bits < width;
  const clean = (value: ValueId): Register => {
    if (!isNarrow || row.needs === 'nothing') return s.use(value);
    return row.needs === 'zero' ? s.zeroExtended(value) : s.signExtended(value, width);
  };
  const immediate = immediateOf(s, ins.op, right, bits, isNarrow && row.needs !== 'nothing');
  const leftRegister = clean(left);
  const dst = s.define(ins.id);
  if (immediate !== undefined) {
    // Subtraction of a constant is an addition, so that the two share their later folding and look.
    const negative = ins.op === Op.sub && immediate !== -0x8000_0000;
    const operation = negative ? 'add' : row.operation;
    s.emitUpdate(
      opcodeNamed(`${operation}${width}_imm`),
      leftRegister,
      -1,
      negative ? -immediate : immediate,
      dst,
    );
    return;
  }
  const relocation = s.relocatedImmediate(right);
  const isDivision = ins.op === Op.udiv || ins.op === Op.urem || ins.op === Op.sdiv || ins.op === Op.srem;
  if (relocation !== undefined && !isDivision && !(isShift(ins.op) && relocation.imm >= BigInt(bits))) {
    const opcode = opcodeNamed(`${row.operation}${width}_imm`);
    s.emitUpdate(opcode, leftRegister, -1, Number(relocation.imm), dst);
    s.markCore(relocation.aux);
    return;
  }
  const rightRegister = isShift(ins.op) ? s.zeroExtended(right) : clean(right);
  s.emitUpdate(opcodeNamed(`${row.operation}${width}_reg`), leftRegister, rightRegister, 0, dst);
}

function isCommutative(op: Op): boolean {
  return op === Op.add || op === Op.mul || op === Op.and || op === Op.or || op === Op.xor;
}

/** The immediate for a constant right operand. Shift amounts are reduced; division by zero stays in a register. */
function immediateOf(
  s: Selection,
  op: Op,
  value: ValueId,
  bits: number,
  isCleaned: boolean,
): number | undefined {
  const constant = s.constant(value);
  if (constant === undefined) return undefined;
  if (isShift(op)) return Number(constant & BigInt((bits === 64 ? 64 : 32) - 1));
  const divides = op === Op.udiv || op === Op.urem || op === Op.sdiv || op === Op.srem;
  if (divides && constant === 0n) return undefined;
  if (!isCleaned) return asImmediate(constant, bits);
  const isSigned = op === Op.sdiv || op === Op.srem;
  return asImmediate(isSigned ? BigInt.asIntN(bits, constant) : constant, 64);
}

/** pointer + distance; a constant distance that is needed as a value is an addition. */
export function selectPointerAdd(s: Selection, ins: Ins): void {
  const base = s.resolve(s.operand(ins, 0));
  const distance = s.operand(ins, 1);
  const dst = s.define(ins.id);
  const constant = s.constant(distance);
  const immediate = constant === undefined ? undefined : asImmediate(constant, 64);
  if (immediate !== undefined && s.ins(base).op === Op.alloca) {
    s.emit(Pseudo.frame_address, dst, -1, immediate).object = s.objectOf(base);
    return;
  }
  const pointer = s.use(base);
  if (immediate !== undefined) {
    s.emitUpdate(Kind.add64_imm, pointer, -1, immediate, dst);
    return;
  }
  const relocation = s.relocatedImmediate(distance);
  if (relocation !== undefined) {
    s.emitUpdate(Kind.add64_imm, pointer, -1, Number(relocation.imm), dst);
    s.markCore(relocation.aux);
    return;
  }
  const negated = negatedRelocation(s, distance);
  if (negated !== undefined) {
    s.emitUpdate(Kind.sub64_imm, pointer, -1, Number(negated.imm), dst);
    s.markCore(negated.aux);
    return;
  }
  s.emitUpdate(Kind.add64_reg, pointer, s.use(distance), 0, dst);
}

/** The relocation in `0 - relocation`: the way from a member to its structure (`container_of`). */
function negatedRelocation(s: Selection, distance: ValueId): Ins | undefined {
  const ins = s.ins(s.resolve(distance));
  if (ins.op !== Op.sub || s.constant(s.operand(ins, 0)) !== 0n) return undefined;
  return s.relocatedImmediate(s.operand(ins, 1));
}

/** trunc to i1, and the extensions that are not free. */
export function selectConversion(s: Selection, ins: Ins): void {
  const value = s.operand(ins, 0);
  const from = bitsOf(s.ins(value).type);
  if (s.isFree(ins)) return;
  if (ins.op === Op.trunc) {
    s.emitUpdate(s.target.alu32 ? Kind.and32_imm : Kind.and64_imm, s.use(value), -1, 1, s.define(ins.id));
    return;
  }
  if (ins.op === Op.zext) {
    s.bind(ins.id, s.emitZeroExtension(s.use(value), from));
    return;
  }
  if (s.signExtensionOf(s.ins(value)) === ins.id) return;
  const to = bitsOf(ins.type) === 64 ? 64 : 32;
  s.bind(ins.id, s.emitSignExtension(s.use(value), from, to));
}

/** Swaps the bytes of 16, 32 or 64 bits. */
export function selectByteSwap(s: Selection, ins: Ins): void {
  const opcode = s.target.byteSwap(bitsOf(ins.type));
  s.emitUpdate(opcode, s.use(s.operand(ins, 0)), -1, 0, s.define(ins.id));
}

/** An opaque copy. Nothing after selection draws conclusions from values, so a plain copy is enough. */
export function selectBarrier(s: Selection, ins: Ins): void {
  s.assign(s.define(ins.id), s.operand(ins, 0));
}

/** A value that libbpf patches in. */
export function selectCoreRelocation(s: Selection, ins: Ins): void {
  const dst = s.define(ins.id);
  const immediate = asImmediate(ins.imm, bitsOf(ins.type));
  if (s.isWideRelocation(ins) || immediate === undefined) {
    s.emit(Kind.lddw, dst, -1).wide = ins.imm;
  } else {
    const isNarrow = ins.type !== Type.i64 && s.target.alu32;
    s.emit(isNarrow ? Kind.mov32_imm : Kind.mov64_imm, dst, -1, 0, immediate);
  }
  s.markCore(ins.aux);
}

/** 1 for what is known to be constant: at this point only constants are. */
export function selectIsConstant(s: Selection, ins: Ins): void {
  const known = s.constant(s.operand(ins, 0)) !== undefined;
  s.loadConstant(s.define(ins.id), known ? 1n : 0n, 1);
}

/** Pointer cast between address spaces 0 and 1 (arena). */
export function selectAddressSpaceCast(s: Selection, ins: Ins): void {
  const from = Number(ins.imm);
  const dst = s.define(ins.id);
  const source = s.use(s.operand(ins, 0));
  if (ins.aux === 0 && from === 1) s.emit(Kind.addr_space_cast_to_kernel, dst, source, 1, 1);
  else if (ins.aux === 1 && from === 0) s.emit(Kind.addr_space_cast_to_arena, dst, source, 1, 0x10000);
  else s.emit(Pseudo.copy, dst, source);
}
