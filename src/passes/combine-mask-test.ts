/**
 * A rule of instruction combining: a test whether any bit from bit k on is set is a comparison with 2^k. It needs no masked
 * copy, and from a comparison the verifier learns a bound, which decides later ones. See `combine.ts`.
 */

import { constantOf, type Ins } from '../ir/func.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { bitsOf } from '../ir/types.ts';
import type { CombineContext, CombineResult } from './combine-context.ts';

/** `(x & ~(2^k - 1)) == 0` is `x < 2^k`, for masks that are no immediate. */
export function compareHighBits(cx: CombineContext, ins: Ins): CombineResult {
  const { func } = cx;
  const [left, right] = ins.operands;
  if (left === undefined || right === undefined || ins.aux > Predicate.ne) return undefined;
  if (constantOf(func, right) !== 0n) return undefined;
  const masked = func.ins(left);
  const [x, second] = masked.operands;
  const mask = second === undefined ? undefined : constantOf(func, second);
  if (masked.op !== Op.and || x === undefined || mask === undefined || cx.useCount(left) !== 1) return undefined;
  const bits = bitsOf(masked.type);
  const lowest = mask & -mask;
  const isHigh = mask + lowest === 1n << BigInt(bits);
  if (!isHigh || mask === 1n << BigInt(bits - 1)) return undefined;
  ins.operands = [x, func.constant(masked.type, lowest)];
  ins.aux = ins.aux === Predicate.eq ? Predicate.ult : Predicate.uge;
  return true;
}
