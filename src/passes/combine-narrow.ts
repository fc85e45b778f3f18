/**
 * A rule of instruction combining: the low half of a 64-bit sum, product or mask of extended values is computed in 32 bits
 * (LLVM's EvaluateInDifferentType, for one width). See `combine.ts`.
 *
 * It saves the extension of what is cut off again, and it saves the verifier states: a 32-bit counter that runs on is unknown
 * after the first round, while the same sum in 64 bits has other bounds in each.
 *
 * Leaves are constants and extensions of integers only, so that no pointer is ever added up in 32 bits.
 */

import { constantOf, type Ins, type ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { toUnsigned } from '../support/eval-alu.ts';
import type { CombineContext, CombineResult } from './combine-context.ts';

const narrowBits = 32;
/** Longest chain of operations that is followed. */
const maxDepth = 8;

/** Operations whose low half depends on the low halves of their operands only. */
const lowHalf: ReadonlySet<Op> = new Set([Op.add, Op.sub, Op.mul, Op.and, Op.or, Op.xor]);

function isExtension(ins: Ins): boolean {
  return ins.op === Op.zext || ins.op === Op.sext;
}

/** Whether the low half of `value` can be had without its upper one. */
function isNarrowable(cx: CombineContext, value: ValueId, depth: number): boolean {
  const ins = cx.func.ins(value);
  if (ins.op === Op.const || isExtension(ins)) return true;
  if (depth === 0 || cx.useCount(value) !== 1) return false;
  const [left, right] = ins.operands;
  if (left === undefined || right === undefined) return false;
  if (ins.op === Op.shl) {
    const amount = constantOf(cx.func, right);
    return amount !== undefined && amount < BigInt(narrowBits) && isNarrowable(cx, left, depth - 1);
  }
  return lowHalf.has(ins.op) && isNarrowable(cx, left, depth - 1) && isNarrowable(cx, right, depth - 1);
}

function narrow(cx: CombineContext, value: ValueId): ValueId {
  const { func, builder } = cx;
  const ins = func.ins(value);
  if (ins.op === Op.const) return func.constant(Type.i32, toUnsigned(ins.imm, narrowBits));
  const [left = value, right = value] = ins.operands;
  if (!isExtension(ins)) return builder.binary(ins.op, narrow(cx, left), narrow(cx, right));
  const { type } = func.ins(left);
  if (type === Type.i32) return left;
  return ins.op === Op.zext ? builder.zext(Type.i32, left) : builder.sext(Type.i32, left);
}

/** `trunc i32` of arithmetic on i64. */
export function narrowTruncated(cx: CombineContext, ins: Ins): CombineResult {
  const [operand] = ins.operands;
  if (operand === undefined || ins.op !== Op.trunc || ins.type !== Type.i32) return undefined;
  const inner = cx.func.ins(operand);
  if (bitsOf(inner.type) !== 64 || isExtension(inner) || inner.op === Op.const) return undefined;
  return isNarrowable(cx, operand, maxDepth) ? narrow(cx, operand) : undefined;
}
