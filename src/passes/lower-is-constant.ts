/**
 * `is_constant` that is still open is 0: what could be found out has been.
 *
 * Early enough that the passes on memory see a straight line where the source swaps bytes with a macro that asks for constants
 * first, as `bpf_htons` does: a join of two ways would make them forget what is in memory.
 */

import type { Func } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import { discard, Replacements, sweep } from './rewrite.ts';

export function lowerIsConstant(func: Func): boolean {
  const replacements = new Replacements();
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = func.ins(id);
      if (ins.op !== Op.is_constant) continue;
      replacements.set(id, func.constant(Type.i1, 0n));
      discard(func, ins);
    }
  }
  if (replacements.isEmpty) return false;
  sweep(func);
  replacements.apply(func);
  return true;
}
