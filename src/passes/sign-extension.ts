/**
 * A sign extension of a value that is never negative becomes a zero extension, which BPF's 32-bit operations give
 * for nothing and from which the verifier learns that an index is not negative.
 *
 * Method: an optimistic fixpoint: every value counts as not negative until its definition says otherwise (as
 * constants in Wegman and Zadeck 1991), so that counters of loops stay it. Signed additions, multiplications and shifts
 * of such values do not overflow in C (6.5 p5), which is what the flag on them says.
 */

import { type Func, type Ins, InsFlag, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { bitsOf, isIntegerType } from '../ir/types.ts';
import type { PassContext } from './pass.ts';

export function signExtension(func: Func, cx: PassContext): boolean {
  const extensions: Ins[] = [];
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) if (func.ins(id).op === Op.sext) extensions.push(func.ins(id));
  }
  if (extensions.length === 0) return false;
  const negative = possiblyNegative(func, cx);
  let changed = false;
  for (const ins of extensions) {
    const [operand] = ins.operands;
    if (operand === undefined || isNegative(func, operand, negative)) continue;
    ins.op = Op.zext;
    changed = true;
  }
  return changed;
}

function isNegative(func: Func, value: ValueId, negative: ReadonlySet<ValueId>): boolean {
  const ins = func.ins(value);
  if (ins.op === Op.const) return BigInt.asIntN(bitsOf(ins.type), ins.imm) < 0n;
  return !opRow(ins.op).placed || negative.has(value);
}

/** Placed values that may have their sign bit set. */
function possiblyNegative(func: Func, cx: PassContext): Set<ValueId> {
  const negative = new Set<ValueId>();
  const work: Ins[] = [];
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) if (isIntegerType(func.ins(id).type)) work.push(func.ins(id));
  }
  for (let ins = work.pop(); ins !== undefined; ins = work.pop()) {
    if (negative.has(ins.id) || staysPositive(func, ins, negative)) continue;
    negative.add(ins.id);
    for (const user of cx.analyses.uses.of(ins.id)) work.push(user);
  }
  return negative;
}

function staysPositive(func: Func, ins: Ins, negative: ReadonlySet<ValueId>): boolean {
  const isPositive = (operand: ValueId): boolean => !isNegative(func, operand, negative);
  const [first, second] = ins.operands;
  switch (ins.op) {
    case Op.zext:
      return true;
    case Op.add:
    case Op.mul:
      return (ins.flags & InsFlag.noSignedWrap) !== 0 && ins.operands.every(isPositive);
    case Op.shl:
      return (ins.flags & InsFlag.noSignedWrap) !== 0 && first !== undefined && isPositive(first);
    case Op.and:
      return ins.operands.some(isPositive);
    case Op.or:
    case Op.xor:
    case Op.phi:
    case Op.udiv:
    case Op.sdiv:
      return ins.operands.every(isPositive);
    case Op.srem:
    case Op.ashr:
    case Op.sext:
      return first !== undefined && isPositive(first);
    case Op.urem:
      return second !== undefined && isPositive(second) && first !== undefined && isPositive(first);
    case Op.lshr: {
      const amount = second === undefined ? undefined : func.ins(second);
      const isShifted = amount?.op === Op.const && amount.imm > 0n && amount.imm < BigInt(bitsOf(ins.type));
      return isShifted || (first !== undefined && isPositive(first));
    }
    case Op.select:
      return ins.operands.slice(1).every(isPositive);
    default:
      return false;
  }
}
