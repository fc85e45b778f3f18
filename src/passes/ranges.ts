/**
 * Bounds of unsigned values that follow from their definitions alone (a narrow load, a mask, a clamp).
 */

import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow, Predicate } from '../ir/ops.ts';
import { bitsOf, typeNames } from '../ir/types.ts';

const maxDepth = 6;
/** Phis with more operands are not looked into: the walk is a tree. */
const maxPhi = 4;

/** A number that `value`, read as unsigned, never exceeds. */
export function upperBound(func: Func, value: ValueId): bigint {
  return boundOf(func, value, 0, true);
}

/** A bound that the verifier finds too: to it the result of a division may be anything. */
export function followedBound(func: Func, value: ValueId): bigint {
  return boundOf(func, value, 0, false);
}

/** A number that `value`, read as unsigned, never falls below; `known` says what phis are on the way that is looked at. */
export function lowerBound(
  func: Func,
  value: ValueId,
  known: ReadonlyMap<ValueId, ValueId> = new Map(),
  depth = 0,
): bigint {
  const ins = func.ins(known.get(value) ?? value);
  if (depth > maxDepth) return 0n;
  const [first, second, third] = ins.operands;
  const of = (operand: ValueId | undefined): bigint =>
    operand === undefined ? 0n : lowerBound(func, operand, known, depth + 1);
  switch (ins.op) {
    case Op.const:
      return ins.imm;
    case Op.zext:
      return of(first);
    case Op.or:
      return most(of(first), of(second));
    case Op.add: {
      if (first === undefined || second === undefined) return 0n;
      const widest = (1n << BigInt(bitsOf(ins.type))) - 1n;
      return upperBound(func, first) + upperBound(func, second) > widest ? 0n : of(first) + of(second);
    }
    case Op.select:
      return least(of(second), of(third));
    default:
      return 0n;
  }
}

/** The largest number of a type, by type. */
const widestOf: readonly bigint[] = typeNames.map((_name, type) => (1n << BigInt(bitsOf(type))) - 1n);

function boundOf(func: Func, value: ValueId, depth: number, divides: boolean): bigint {
  const ins = func.ins(value);
  const widest = widestOf[ins.type] ?? 0n;
  if (depth > maxDepth) return widest;
  if (ins.op === Op.const) return ins.imm;
  const isKnown = ins.operands.length > 0 && opRow(ins.op).memory === 'none';
  return isKnown ? boundOfOperation(func, ins, depth, divides, widest) : widest;
}

function boundOfOperation(func: Func, ins: Ins, depth: number, divides: boolean, widest: bigint): bigint {
  const [first, second, third] = ins.operands;
  const of = (operand: ValueId | undefined): bigint =>
    operand === undefined ? widest : boundOf(func, operand, depth + 1, divides);
  const constant = second === undefined ? undefined : constantOf(func, second);
  switch (ins.op) {
    case Op.zext:
      return of(first);
    case Op.trunc:
      return least(of(first), widest);
    case Op.and:
      return least(of(first), of(second));
    case Op.or:
    case Op.xor:
      return allOnes(most(of(first), of(second)));
    case Op.add: {
      const sum = of(first) + of(second);
      return sum <= widest ? sum : widest;
    }
    case Op.shl: {
      const shifted =
        constant === undefined ? widest : of(first) << (constant & BigInt(bitsOf(ins.type) - 1));
      return shifted <= widest ? shifted : widest;
    }
    case Op.lshr:
      return constant === undefined ? of(first) : of(first) >> (constant & BigInt(bitsOf(ins.type) - 1));
    case Op.udiv:
      if (!divides) return widest;
      return constant === undefined || constant === 0n ? of(first) : of(first) / constant;
    case Op.urem:
      if (!divides) return widest;
      return constant === undefined || constant === 0n ? of(first) : least(of(first), constant - 1n);
    case Op.select:
      return least(most(of(second), of(third)), clampBound(func, first, second, third) ?? widest);
    case Op.phi: {
      if (ins.operands.length > maxPhi) return widest;
      let bound = 0n;
      for (const operand of ins.operands) bound = most(bound, of(operand));
      return bound;
    }
    default:
      return widest;
  }
}

/** `x < c ? x : c` and its variants are at most c. */
function clampBound(
  func: Func,
  condition: ValueId | undefined,
  whenTrue: ValueId | undefined,
  whenFalse: ValueId | undefined,
): bigint | undefined {
  if (condition === undefined || whenTrue === undefined || whenFalse === undefined) return undefined;
  const test = func.ins(condition);
  const [left, right] = test.operands;
  const limit = right === undefined ? undefined : constantOf(func, right);
  if (test.op !== Op.icmp || limit === undefined) return undefined;
  const isBelow = test.aux === Predicate.ult || test.aux === Predicate.ule;
  const isAbove = test.aux === Predicate.ugt || test.aux === Predicate.uge;
  const [clamped, other] = isBelow ? [whenTrue, whenFalse] : [whenFalse, whenTrue];
  const bound = constantOf(func, other);
  if ((!isBelow && !isAbove) || clamped !== left || bound === undefined) return undefined;
  return most(bound, limit);
}

/** The number with all bits up to the highest of `value` set. */
function allOnes(value: bigint): bigint {
  return (1n << BigInt(value === 0n ? 0 : value.toString(2).length)) - 1n;
}

// Not Math.min and Math.max: these are bigints.
function least(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function most(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
