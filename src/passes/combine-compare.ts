/**
 * Rules of instruction combining for comparisons and selections. See `combine.ts`.
 */

import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { bitsOf, isIntegerType, Type } from '../ir/types.ts';
import { compareAddresses } from './combine-address.ts';
import { type CombineContext, type CombineResult, invertedOperand } from './combine-context.ts';
import { followedBound } from './ranges.ts';
import { become } from './rewrite.ts';

/** The predicate with the operands exchanged. */
const swapped: readonly Predicate[] = [0, 1, 4, 5, 2, 3, 8, 9, 6, 7];
/** The predicate that holds exactly when the other does not. */
const inverse: readonly Predicate[] = [1, 0, 5, 4, 3, 2, 9, 8, 7, 6];

export function swapPredicate(predicate: Predicate): Predicate {
  return swapped[predicate] ?? predicate;
}

export function invertPredicate(predicate: Predicate): Predicate {
  return inverse[predicate] ?? predicate;
}

export function combineCompare(cx: CombineContext, ins: Ins): CombineResult {
  const { func } = cx;
  const [left, right] = ins.operands;
  if (left === undefined || right === undefined) return undefined;
  const constant = constantOf(func, right);
  if (constant === undefined && constantOf(func, left) !== undefined) {
    ins.operands = [right, left];
    ins.aux = swapPredicate(ins.aux);
    return true;
  }
  const { type } = func.ins(left);
  if (left === right) return func.constant(Type.i1, holdsForEqual(ins.aux) ? 1n : 0n);
  if (constant === undefined) {
    return compareAddresses(cx, ins, left, right) ?? compareCasts(cx, ins, left, right);
  }
  if (type === Type.ptr) return comparePointer(cx, ins, left, constant);
  if (!isIntegerType(type)) return undefined;
  return (
    tautology(func, ins, left, constant) ??
    compareBoolean(cx, ins, left, constant) ??
    compareSum(cx, ins, left, constant) ??
    compareExtended(cx, ins, left, constant)
  );
}

function holdsForEqual(predicate: Predicate): boolean {
  return predicate !== Predicate.ne && ![2, 4, 6, 8].includes(predicate);
}

/**
 * Both sides made from pointers: the pointers are compared. Both extended from one type, the same way and for this alone:
 * what was extended is equal or not.
 */
function compareCasts(cx: CombineContext, ins: Ins, left: ValueId, right: ValueId): CombineResult {
  const a = cx.func.ins(left);
  const b = cx.func.ins(right);
  const [x] = a.operands;
  const [y] = b.operands;
  if (a.op !== b.op || x === undefined || y === undefined) return undefined;
  const { type } = cx.func.ins(x);
  const isExtension = (a.op === Op.sext || a.op === Op.zext) && type === cx.func.ins(y).type;
  const isForThis = ins.aux <= Predicate.ne && cx.useCount(left) === 1 && cx.useCount(right) === 1;
  const mayNarrow = type !== Type.i1 && !(cx.keepsWide && bitsOf(type) < 32);
  if (a.op !== Op.ptrtoint && !(isExtension && isForThis && mayNarrow)) return undefined;
  ins.operands = [x, y];
  return true;
}

/** Addresses of objects are not null. */
function comparePointer(cx: CombineContext, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const { func, module } = cx;
  const pointer = func.ins(left);
  if (constant !== 0n || ins.aux > Predicate.ne) return undefined;
  const isObject =
    pointer.op === Op.alloca ||
    (pointer.op === Op.globaladdr && module.symbols[pointer.aux]?.linkage !== 'weak');
  return isObject ? func.constant(Type.i1, ins.aux === Predicate.ne ? 1n : 0n) : undefined;
}

/** Comparisons that the range of the left side decides. */
function tautology(func: Func, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const max = followedBound(func, left);
  const answer = (value: boolean): ValueId => func.constant(Type.i1, value ? 1n : 0n);
  switch (ins.aux) {
    case Predicate.ult:
      if (constant === 0n) return answer(false);
      return max < constant ? answer(true) : undefined;
    case Predicate.uge:
      if (constant === 0n) return answer(true);
      return max < constant ? answer(false) : undefined;
    case Predicate.ugt:
      return max <= constant ? answer(false) : undefined;
    case Predicate.ule:
      return max <= constant ? answer(true) : undefined;
    case Predicate.eq:
      return max < constant ? answer(false) : undefined;
    case Predicate.ne:
      return max < constant ? answer(true) : undefined;
    default:
      return undefined;
  }
}

/** `zext i1 x` compared with 0 or 1, and i1 itself. */
function compareBoolean(cx: CombineContext, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const { func } = cx;
  const value = func.ins(left);
  const [source] = value.operands;
  const condition = value.op === Op.zext ? source : value.type === Type.i1 ? left : undefined;
  if (condition === undefined || func.ins(condition).type !== Type.i1 || ins.aux > Predicate.ne)
    return undefined;
  if (constant > 1n) return undefined;
  if ((ins.aux === Predicate.eq) === (constant === 1n)) return condition;
  return invert(cx, ins, condition);
}

/** Makes `ins` the opposite of a condition: the inverse comparison where it has no other use, else `xor 1`. */
function invert(cx: CombineContext, ins: Ins, condition: ValueId): CombineResult {
  const { func } = cx;
  const known = invertedOperand(func, condition);
  if (known !== undefined) return known;
  const comparison = func.ins(condition);
  if (comparison.op === Op.icmp) {
    become(ins, Op.icmp, [...comparison.operands]);
    ins.aux = invertPredicate(comparison.aux);
  } else become(ins, Op.xor, [condition, func.constant(Type.i1, 1n)]);
  return true;
}

/** `x - y == 0` is `x == y`; `x ^ y == 0` too. */
function compareSum(cx: CombineContext, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const value = cx.func.ins(left);
  if (constant !== 0n || ins.aux > Predicate.ne || (value.op !== Op.sub && value.op !== Op.xor))
    return undefined;
  if (cx.useCount(left) !== 1) return undefined;
  ins.operands = [...value.operands];
  return true;
}

/**
 * A sign extension made only to be compared with a constant that the narrow type has. (Where the wide value is used
 * afterwards it is the one that must be compared.)
 */
function compareExtended(cx: CombineContext, ins: Ins, left: ValueId, constant: bigint): CombineResult {
  const { func } = cx;
  const value = func.ins(left);
  const [narrow] = value.operands;
  if (value.op !== Op.sext || narrow === undefined || cx.useCount(left) !== 1) return undefined;
  const { type } = func.ins(narrow);
  const signed = BigInt.asIntN(bitsOf(value.type), constant);
  const isUnsigned = ins.aux >= Predicate.ult && ins.aux <= Predicate.uge;
  const fits = BigInt.asIntN(bitsOf(type), signed) === signed && !(isUnsigned && signed < 0n);
  if (!fits || type === Type.i1 || (cx.keepsWide && bitsOf(type) < 32)) return undefined;
  ins.operands = [narrow, func.constant(type, signed)];
  return true;
}

/** `xor i1 x, 1` of a comparison that has no other use is the inverse comparison. */
export function combineNot(cx: CombineContext, ins: Ins): CombineResult {
  const inner = invertedOperand(cx.func, ins.id);
  if (inner === undefined || cx.useCount(inner) !== 1 || cx.func.ins(inner).op !== Op.icmp) return undefined;
  return invert(cx, ins, inner);
}

export function combineSelect(cx: CombineContext, ins: Ins): CombineResult {
  const { func } = cx;
  const [condition, whenTrue, whenFalse] = ins.operands;
  if (condition === undefined || whenTrue === undefined || whenFalse === undefined) return undefined;
  const known = constantOf(func, condition);
  if (known !== undefined) return known === 1n ? whenTrue : whenFalse;
  if (whenTrue === whenFalse) return whenTrue;
  const not = invertedOperand(func, condition);
  if (not !== undefined) {
    ins.operands = [not, whenFalse, whenTrue];
    return true;
  }
  const a = constantOf(func, whenTrue);
  const b = constantOf(func, whenFalse);
  if (a !== 1n || b !== 0n || !isIntegerType(ins.type)) return undefined;
  if (ins.type === Type.i1) return condition;
  become(ins, Op.zext, [condition]);
  return true;
}
