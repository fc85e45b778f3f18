/**
 * An operation on a value that is a constant on every way is itself a constant on every way: the phi takes the results.
 *
 *     v3 = phi [1 b1], [2 b2]         v5 = phi [16 b1], [32 b2]
 *     v4 = zext i64 v3           ->
 *     v5 = shl v4, 4
 *
 * Only where the operation is the phi's single use and its other operands are constants: then nothing is computed
 * twice and no second phi is kept. (LLVM folds operations into phis in the same way.) Comparisons are left to
 * jump threading, which takes the branches behind them too.
 *
 * The other way round, a phi of comparisons that is only tested is a phi of what they compare, and no comparison has to
 * become a number:
 *
 *     v1 = icmp eq v0, 0
 *     v2 = zext v1
 *     v3 = phi [v2 b1], [0 b2]        v3 = phi [v0 b1], [1 b2]
 *     v4 = icmp ne v3, 0         ->   v4 = icmp eq v3, 0
 */

import { foldValues } from '../ir/fold.ts';
import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { invertPredicate, Op, opRow, Predicate } from '../ir/ops.ts';
import { bitsOf, isIntegerType, Type } from '../ir/types.ts';
import type { PassContext } from './pass.ts';
import { discard, phisOf, Replacements, sweep } from './rewrite.ts';

export function foldPhi(func: Func, cx: PassContext): boolean {
  const isWidened = foldComparisons(func, cx);
  return foldConstants(func, cx) || isWidened;
}

function foldConstants(func: Func, cx: PassContext): boolean {
  const replacements = new Replacements();
  const folded: Ins[] = [];
  for (const block of func.eachBlock()) {
    for (const phi of phisOf(func, block.id)) {
      if (!isConstantPhi(func, phi)) continue;
      let at: Ins = phi;
      for (let user = onlyUser(cx, at); user !== undefined; user = onlyUser(cx, at)) {
        const results = foldedOperands(func, phi, at, user);
        if (results === undefined) break;
        const { type } = user;
        phi.operands = results.map((value) => func.constant(type, value));
        phi.type = type;
        replacements.set(user.id, phi.id);
        folded.push(user);
        at = user;
      }
    }
  }
  if (replacements.isEmpty) return false;
  replacements.apply(func);
  for (const ins of folded) discard(func, ins);
  sweep(func);
  return true;
}

function isConstantPhi(func: Func, phi: Ins): boolean {
  return isIntegerType(phi.type) && phi.operands.every((operand) => constantOf(func, operand) !== undefined);
}

/** The one instruction that uses a value, once. */
function onlyUser(cx: PassContext, value: Ins): Ins | undefined {
  const [user, second] = cx.analyses.uses.of(value.id);
  if (user === undefined || second !== undefined) return undefined;
  return user.operands.filter((operand) => operand === value.id).length === 1 ? user : undefined;
}

/** What a store truncates for itself stays as wide as a register: late in the pipeline no phi is narrower (V16). */
function narrows(from: Type, to: Type): boolean {
  return bitsOf(from) >= 32 && bitsOf(to) < 32;
}

/** The results of `user` for the phi's constants; `at` is the value through which it sees the phi. */
function foldedOperands(func: Func, phi: Ins, at: Ins, user: Ins): readonly bigint[] | undefined {
  const { effect, memory, placed } = opRow(user.op);
  if (effect || memory !== 'none' || !placed || user.op === Op.phi || user.op === Op.icmp) return undefined;
  if (!isIntegerType(user.type) || user.type === Type.i1 || narrows(phi.type, user.type)) return undefined;
  const results: bigint[] = [];
  for (const operand of phi.operands) {
    const values: bigint[] = [];
    for (const other of user.operands) {
      const constant = constantOf(func, other === at.id ? operand : other);
      if (constant === undefined) return undefined;
      values.push(constant);
    }
    const result = foldValues(user, phi.type, values);
    if (result === undefined) return undefined;
    results.push(result);
  }
  return results;
}

/** A comparison with a constant that all ways of a phi share. */
interface SharedTest {
  readonly predicate: Predicate;
  readonly type: Type;
  readonly constant: bigint;
}

/** Turns phis of comparisons that are only tested for zero into phis of what is compared. */
function foldComparisons(func: Func, cx: PassContext): boolean {
  let changed = false;
  for (const block of func.eachBlock()) {
    for (const phi of phisOf(func, block.id)) {
      const tests = zeroTests(func, cx, phi);
      const shared = tests === undefined ? undefined : sharedTest(func, cx, phi);
      if (tests === undefined || shared === undefined) continue;
      const { predicate, type, constant } = shared;
      phi.operands = phi.operands.map((operand) => compared(func, phi, operand, shared));
      phi.type = type;
      for (const test of tests) {
        test.aux = test.aux === Predicate.ne ? predicate : invertPredicate(predicate);
        test.operands = [phi.id, func.constant(type, constant)];
      }
      changed = true;
    }
  }
  return changed;
}

/** The users of a phi when all of them compare it with zero. */
function zeroTests(func: Func, cx: PassContext, phi: Ins): readonly Ins[] | undefined {
  if (!isIntegerType(phi.type) || phi.type === Type.i1) return undefined;
  const users = cx.analyses.uses.of(phi.id).filter((user) => user !== phi);
  const isTest = ({ op, aux, operands }: Ins): boolean =>
    op === Op.icmp &&
    (aux === Predicate.eq || aux === Predicate.ne) &&
    operands[0] === phi.id &&
    constantOf(func, operands[1] ?? phi.id) === 0n;
  return users.length > 0 && users.every(isTest) ? users : undefined;
}

/** The comparison that an operand extends, when nothing else uses it. */
function comparisonBehind(func: Func, cx: PassContext, operand: ValueId): Ins | undefined {
  const extension = func.ins(operand);
  const [inner] = extension.operands;
  if (extension.op !== Op.zext || inner === undefined) return undefined;
  const comparison = func.ins(inner);
  const { uses } = cx.analyses;
  return comparison.op === Op.icmp && uses.count(inner) === 1 && uses.count(operand) === 1
    ? comparison
    : undefined;
}

function sharedTest(func: Func, cx: PassContext, phi: Ins): SharedTest | undefined {
  let shared: SharedTest | undefined;
  for (const operand of phi.operands) {
    if (operand === phi.id || constantOf(func, operand) !== undefined) continue;
    const comparison = comparisonBehind(func, cx, operand);
    const [left, right] = comparison?.operands ?? [];
    if (comparison === undefined || left === undefined || right === undefined) return undefined;
    const constant = constantOf(func, right);
    const { type } = func.ins(left);
    const predicate = comparison.aux;
    if (constant === undefined || !isIntegerType(type) || type === Type.i1) return undefined;
    if (predicate !== Predicate.eq && predicate !== Predicate.ne) return undefined;
    shared ??= { predicate, type, constant };
    if (shared.predicate !== predicate || shared.type !== type || shared.constant !== constant)
      return undefined;
  }
  return shared;
}

/** What the phi takes in an operand's place. */
function compared(
  func: Func,
  phi: Ins,
  operand: ValueId,
  { predicate, type, constant }: SharedTest,
): ValueId {
  if (operand === phi.id) return operand;
  const known = constantOf(func, operand);
  if (known === undefined) {
    const [comparison] = func.ins(operand).operands;
    return func.ins(comparison ?? operand).operands[0] ?? operand;
  }
  const isEqual = (known !== 0n) === (predicate === Predicate.eq);
  if (isEqual) return func.constant(type, constant);
  return func.constant(type, constant === 0n ? 1n : 0n);
}
