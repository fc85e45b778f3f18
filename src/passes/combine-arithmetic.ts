/**
 * Rules of instruction combining for integer arithmetic and casts. See `combine.ts`.
 */

import { constantOf, type Ins, InsFlag, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { evalAlu, toUnsigned } from '../support/eval-alu.ts';
import type { CombineContext, CombineResult } from './combine-context.ts';
import { followedBound } from './ranges.ts';
import { become } from './rewrite.ts';

export function combineArithmetic(cx: CombineContext, ins: Ins): CombineResult {
  const { func } = cx;
  const [left, right] = ins.operands;
  if (left === undefined || right === undefined) return undefined;
  const leftConstant = constantOf(func, left);
  if (leftConstant !== undefined && opRow(ins.op).commutative) {
    ins.operands = [right, left];
    return true;
  }
  if (left === right) return sameOperands(cx, ins, left);
  const constant = constantOf(func, right);
  if (constant === undefined) return variableOperands(cx, ins, left, right, leftConstant);
  return (
    identity(cx, ins, left, constant) ??
    shiftedBoolean(cx, ins, left, constant) ??
    strength(cx, ins, left, constant) ??
    chain(cx, ins, left, constant)
  );
}

function sameOperands(cx: CombineContext, ins: Ins, value: ValueId): CombineResult {
  switch (ins.op) {
    case Op.sub:
    case Op.xor:
      return cx.func.constant(ins.type, 0n);
    case Op.and:
    case Op.or:
      return value;
    default:
      return undefined;
  }
}

function variableOperands(
  cx: CombineContext,
  ins: Ins,
  left: ValueId,
  right: ValueId,
  leftConstant: bigint | undefined,
): CombineResult {
  const { func } = cx;
  // 0 shifted or divided is 0.
  if (leftConstant === 0n && ins.op !== Op.sub) return func.constant(ins.type, 0n);
  if (ins.op !== Op.add && ins.op !== Op.sub) return undefined;
  // x + (0 - y) is x - y; (x - y) + y and (x + y) - y are x.
  const other = func.ins(right);
  const [a, b] = other.operands;
  if (ins.op === Op.add && other.op === Op.sub && a !== undefined && b !== undefined) {
    if (constantOf(func, a) === 0n) {
      ins.op = Op.sub;
      ins.operands = [left, b];
      return true;
    }
    if (b === left) return a;
  }
  const first = func.ins(left);
  const [c, d] = first.operands;
  if (first.op === (ins.op === Op.add ? Op.sub : Op.add) && d === right) return c;
  return undefined;
}

/** A condition shifted to its place is a choice of two constants, which needs no shift. */
function shiftedBoolean(cx: CombineContext, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const { func } = cx;
  const boolean = func.ins(left);
  const [condition] = boolean.operands;
  if (ins.op !== Op.shl || boolean.op !== Op.zext || condition === undefined) return undefined;
  if (func.ins(condition).type !== Type.i1 || cx.useCount(left) !== 1) return undefined;
  if (constant >= BigInt(bitsOf(ins.type) - 1)) return undefined;
  become(ins, Op.select, [condition, func.constant(ins.type, 1n << constant), func.constant(ins.type, 0n)]);
  return true;
}

/** Constants that leave the other operand, or only themselves. */
function identity(cx: CombineContext, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const { func } = cx;
  const ones = toUnsigned(-1n, bitsOf(ins.type));
  switch (ins.op) {
    case Op.add:
    case Op.sub:
    case Op.shl:
    case Op.lshr:
    case Op.ashr:
    case Op.xor:
      return constant === 0n ? left : undefined;
    case Op.or:
      if (constant === 0n) return left;
      return constant === ones ? func.constant(ins.type, ones) : undefined;
    case Op.and:
      if (constant === 0n) return func.constant(ins.type, 0n);
      return constant === ones || isImplied(cx, left, constant) ? left : undefined;
    case Op.mul:
      if (constant === 0n) return func.constant(ins.type, 0n);
      return constant === 1n ? left : undefined;
    case Op.udiv:
    case Op.sdiv:
      return constant === 1n ? left : undefined;
    case Op.urem:
    case Op.srem:
      return constant === 1n ? func.constant(ins.type, 0n) : undefined;
    default:
      return undefined;
  }
}

/** True when a value has no bit that the mask would clear, as the verifier knows too. */
function isImplied(cx: CombineContext, value: ValueId, mask: bigint): boolean {
  const bound = followedBound(cx.func, value);
  const possible = (1n << BigInt(bound === 0n ? 0 : bound.toString(2).length)) - 1n;
  return (mask & possible) === possible;
}

/** Cheaper operations: powers of two become shifts and masks, a subtraction of a constant an addition. */
function strength(cx: CombineContext, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const { func } = cx;
  const become2 = (op: Op, value: bigint): true => {
    const flags = op === Op.add ? 0 : ins.flags;
    become(ins, op, [left, func.constant(ins.type, value)]);
    ins.flags = flags & InsFlag.noSignedWrap;
    return true;
  };
  if (ins.op === Op.sub) return become2(Op.add, -constant);
  if (constant <= 0n || (constant & (constant - 1n)) !== 0n) return undefined;
  const shift = BigInt(constant.toString(2).length - 1);
  switch (ins.op) {
    case Op.mul:
      // x * the least number does not overflow for 1, a shift into the sign does.
      if (shift === BigInt(bitsOf(ins.type) - 1)) ins.flags &= ~InsFlag.noSignedWrap;
      return become2(Op.shl, shift);
    case Op.udiv:
      return become2(Op.lshr, shift);
    case Op.urem:
      return become2(Op.and, constant - 1n);
    default:
      return undefined;
  }
}

/** `(x op c1) op c2` is `x op c` for associative operations; shifts in one direction add up. */
function chain(cx: CombineContext, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const { func } = cx;
  const inner = func.ins(left);
  const [x, second] = inner.operands;
  const first = second === undefined ? undefined : constantOf(func, second);
  if (x === undefined || first === undefined || inner.op !== ins.op) return undefined;
  const width = bitsOf(ins.type);
  const { alu, commutative } = opRow(ins.op);
  if (commutative && alu !== undefined) {
    ins.operands = [x, func.constant(ins.type, evalAlu(alu, width, first, constant))];
    ins.flags &= ~InsFlag.noSignedWrap;
    return true;
  }
  const isShift = ins.op === Op.shl || ins.op === Op.lshr || ins.op === Op.ashr;
  if (!isShift || first >= BigInt(width) || constant >= BigInt(width)) return undefined;
  const sum = first + constant;
  if (sum >= BigInt(width) && ins.op !== Op.ashr) return func.constant(ins.type, 0n);
  const amount = sum >= BigInt(width) ? BigInt(width - 1) : sum;
  ins.operands = [x, func.constant(ins.type, amount)];
  ins.flags &= ~InsFlag.noSignedWrap;
  return true;
}

/** Chains of casts, and a swap of a swap. */
export function combineCast(cx: CombineContext, ins: Ins): CombineResult {
  const { func } = cx;
  const [operand] = ins.operands;
  if (operand === undefined) return undefined;
  const inner = func.ins(operand);
  const [x] = inner.operands;
  if (x === undefined) return undefined;
  if (ins.op === Op.bswap) return inner.op === Op.bswap ? x : undefined;
  const from = func.ins(x).type;
  switch (ins.op) {
    case Op.trunc:
      return combineTrunc(cx, ins, inner, x);
    case Op.zext:
      if (inner.op === Op.zext) {
        ins.operands = [x];
        return true;
      }
      // Cutting to a narrow type and back is a mask (on 32 bits a move does it, so that stays).
      if (inner.op === Op.trunc && from === ins.type && bitsOf(inner.type) < 32) {
        become(ins, Op.and, [x, func.constant(ins.type, (1n << BigInt(bitsOf(inner.type))) - 1n)]);
        return true;
      }
      return undefined;
    case Op.sext:
      if (inner.op !== Op.sext && inner.op !== Op.zext) return undefined;
      ins.op = inner.op;
      ins.operands = [x];
      return true;
    default:
      return undefined;
  }
}

function combineTrunc(cx: CombineContext, ins: Ins, inner: Ins, x: ValueId): CombineResult {
  const from = cx.func.ins(x).type;
  if (inner.op === Op.trunc) {
    ins.operands = [x];
    return true;
  }
  if (inner.op === Op.zext || inner.op === Op.sext) {
    if (from === ins.type) return x;
    if (cx.keepsWide && bitsOf(from) < bitsOf(ins.type)) return undefined;
    ins.op = bitsOf(from) < bitsOf(ins.type) ? inner.op : Op.trunc;
    ins.operands = [x];
    return true;
  }
  // A mask that only clears what is cut off does nothing.
  const mask = inner.op === Op.and ? constantOf(cx.func, inner.operands[1] ?? x) : undefined;
  const kept = (1n << BigInt(bitsOf(ins.type))) - 1n;
  if (mask === undefined || (mask & kept) !== kept || ins.type === Type.i1) return undefined;
  ins.operands = [x];
  return true;
}
