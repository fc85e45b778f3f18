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
 */

import { foldValues } from '../ir/fold.ts';
import { constantOf, type Func, type Ins } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { isIntegerType, Type } from '../ir/types.ts';
import type { PassContext } from './pass.ts';
import { discard, phisOf, Replacements, sweep } from './rewrite.ts';

export function foldPhi(func: Func, cx: PassContext): boolean {
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

/** The results of `user` for the phi's constants; `at` is the value through which it sees the phi. */
function foldedOperands(func: Func, phi: Ins, at: Ins, user: Ins): readonly bigint[] | undefined {
  const { effect, memory, placed } = opRow(user.op);
  if (effect || memory !== 'none' || !placed || user.op === Op.phi || user.op === Op.icmp) return undefined;
  if (!isIntegerType(user.type) || user.type === Type.i1) return undefined;
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
