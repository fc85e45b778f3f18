/**
 * What a comparison that control has passed says about another: a fact (`left predicate right` holds) and a comparison ->
 * its value, or undefined.
 *
 * A fact decides a comparison of the same two values, and one of the same value with another constant: the values
 * that the fact leaves form an interval, and the comparison holds for both of its ends or for neither. What equals the
 * address of one object does not equal that of another (C11 6.5.9p6).
 */

import { predicateName } from '../ir/fold.ts';
import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { invertPredicate, Op, Predicate, swapPredicate } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { evalCompare } from '../support/eval-alu.ts';

/** `left predicate right` holds. */
export interface Fact {
  readonly predicate: Predicate;
  readonly left: ValueId;
  readonly right: ValueId;
}

/** What is known when `condition` is `truth`; undefined when it is no comparison. */
export function factOf(condition: Ins, truth: boolean): Fact | undefined {
  const [left, right] = condition.operands;
  if (condition.op !== Op.icmp || left === undefined || right === undefined) return undefined;
  return { predicate: truth ? condition.aux : invertPredicate(condition.aux), left, right };
}

/** Says whether a symbol is no other symbol's name: not weak. */
export type IsStrong = (symbol: number) => boolean;

/** Does `wanted` hold, given `fact`? */
export function decide(func: Func, fact: Fact, wanted: Fact, isStrong: IsStrong): boolean | undefined {
  const isSwapped = fact.left !== wanted.left && fact.left === wanted.right;
  const predicate = isSwapped ? swapPredicate(wanted.predicate) : wanted.predicate;
  const other = isSwapped ? wanted.left : wanted.right;
  if (fact.left !== (isSwapped ? wanted.right : wanted.left)) return undefined;
  if (fact.right === other) {
    if (predicate === fact.predicate) return true;
    return predicate === invertPredicate(fact.predicate) ? false : undefined;
  }
  if (fact.predicate === Predicate.eq && areDistinctObjects(func, fact.right, other, isStrong)) {
    return predicate > Predicate.ne ? undefined : predicate === Predicate.ne;
  }
  const limit = constantOf(func, fact.right);
  const constant = constantOf(func, other);
  if (limit === undefined || constant === undefined) return undefined;
  return decideRange(fact.predicate, limit, predicate, constant, bitsOf(func.ins(fact.left).type));
}

/** The two ends of the values for which `value predicate limit` holds; undefined when they form no interval in this order. */
function interval(
  predicate: Predicate,
  limit: bigint,
  lowest: bigint,
  highest: bigint,
): readonly [bigint, bigint] | undefined {
  switch (predicate) {
    case Predicate.eq:
      return [limit, limit];
    case Predicate.ult:
    case Predicate.slt:
      return [lowest, limit - 1n];
    case Predicate.ule:
    case Predicate.sle:
      return [lowest, limit];
    case Predicate.ugt:
    case Predicate.sgt:
      return [limit + 1n, highest];
    case Predicate.uge:
    case Predicate.sge:
      return [limit, highest];
    case Predicate.ne:
      if (limit === lowest) return [lowest + 1n, highest];
      return limit === highest ? [lowest, highest - 1n] : undefined;
    default:
      return undefined;
  }
}

function decideRange(
  known: Predicate,
  limit: bigint,
  wanted: Predicate,
  constant: bigint,
  bits: number,
): boolean | undefined {
  const isSigned = (predicate: Predicate): boolean => predicate >= Predicate.slt;
  const isOrderless = (predicate: Predicate): boolean => predicate <= Predicate.ne;
  if (!isOrderless(known) && !isOrderless(wanted) && isSigned(known) !== isSigned(wanted)) return undefined;
  const signed = isSigned(known) || isSigned(wanted);
  const read = (value: bigint): bigint => (signed ? BigInt.asIntN(bits, value) : value);
  const lowest = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const highest = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
  const range = interval(known, read(limit), lowest, highest);
  if (range === undefined) return undefined;
  const [low, high] = range;
  const value = read(constant);
  if (low > high) return undefined;
  if (isOrderless(wanted)) {
    if (value < low || value > high) return wanted === Predicate.ne;
    return low === high ? wanted === Predicate.eq : undefined;
  }
  const at = (end: bigint): boolean =>
    evalCompare(predicateName(wanted), bits, BigInt.asUintN(bits, end), BigInt.asUintN(bits, value));
  return at(low) === at(high) ? at(low) : undefined;
}

/** Are these the first bytes of two symbols? */
function areDistinctObjects(func: Func, a: ValueId, b: ValueId, isStrong: IsStrong): boolean {
  const [one, other] = [func.ins(a), func.ins(b)];
  if (one.op !== Op.globaladdr || other.op !== Op.globaladdr || one.aux === other.aux) return false;
  return one.imm === 0n && other.imm === 0n && isStrong(one.aux) && isStrong(other.aux);
}

/** Is this the address of something that exists? */
export function isNonNull(func: Func, value: ValueId, isStrong: IsStrong): boolean {
  const ins = func.ins(value);
  if (ins.type !== Type.ptr) return false;
  return ins.op === Op.alloca || (ins.op === Op.globaladdr && isStrong(ins.aux));
}
