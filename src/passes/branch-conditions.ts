/**
 * Conditions that a branch has decided: behind it they are constants (a part of LLVM's correlated value propagation).
 *
 *     condbr v1, b1, b2                condbr v1, b1, b2
 *     b1: v2 = zext i8 v1        ->    b1: .. uses 1 where it used v2
 *     b3: phi [v2 b1], [v2 b2]         b3: phi [1 b1], [0 b2]
 *
 * A use stands behind the branch when the target with this one way in dominates it; the value that a phi of the target
 * takes from the branch's block comes over the edge itself. Replaced are the condition and its extensions: what is left of
 * them is often a branch only, and a phi of constants lets jump threading go on. Other values stay, for a constant would
 * take an instruction where the value has its register.
 */

import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf } from '../ir/types.ts';
import type { PassContext } from './pass.ts';

export function branchConditions(func: Func, cx: PassContext): boolean {
  let changed = false;
  for (const block of cx.analyses.cfg.rpo) {
    const branch = func.terminator(block);
    const [condition] = branch.operands;
    const [yes, no] = branch.targets;
    if (branch.op !== Op.condbr || condition === undefined || yes === no) continue;
    if (constantOf(func, condition) !== undefined) continue;
    for (const value of withExtensions(cx, func.ins(condition))) {
      if (decideUses(func, cx, branch, value)) changed = true;
    }
  }
  return changed;
}

/** A condition and what extends it. */
function withExtensions(cx: PassContext, condition: Ins): Ins[] {
  const extensions = cx.analyses.uses.of(condition.id).filter(({ op }) => op === Op.zext || op === Op.sext);
  return [condition, ...extensions];
}

/** Replaces what stands behind one of the branch's ways. */
function decideUses(func: Func, cx: PassContext, branch: Ins, value: Ins): boolean {
  const { cfg, dominators, uses } = cx.analyses;
  let changed = false;
  for (const user of new Set(uses.of(value.id))) {
    user.operands.forEach((operand, index) => {
      const place = user.op === Op.phi ? user.targets[index] : user.block;
      if (operand !== value.id || place === undefined || user === branch) return;
      const way = branch.targets.findIndex((target) => {
        const isOnEdge = user.op === Op.phi && user.block === target && place === branch.block;
        return isOnEdge || (cfg.predecessors[target]?.length === 1 && dominators.dominates(target, place));
      });
      if (way < 0) return;
      user.operands[index] = decided(func, value, way === 0);
      changed = true;
    });
  }
  return changed;
}

/** The constant that the condition or its extension is. */
function decided(func: Func, value: Ins, truth: boolean): ValueId {
  const ones = value.op === Op.sext ? (1n << BigInt(bitsOf(value.type))) - 1n : 1n;
  return func.constant(value.type, truth ? ones : 0n);
}
