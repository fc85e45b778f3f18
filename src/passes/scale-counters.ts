/**
 * A counter of which only a multiple is wanted counts in multiples.
 *
 *     i = phi [0 b0], [i2 b2]         i = phi [0 b0], [i2 b2]
 *     v = shl i, 3               ->
 *     i2 = add i, 1                   i2 = add i, 8
 *     icmp.slt i2, 64                 icmp.slt i2, 512
 *
 * Strength reduction with the test replaced (Cocke and Kennedy 1977; Allen, Cocke and Kennedy 1981), for the one case in which no
 * second counter is needed: besides its step and comparisons with constants, the counter is only multiplied, always by the
 * same number. Each round is an instruction or two shorter, for the machine and for the verifier.
 *
 * The number of rounds must be known, and the largest multiple must not wrap, so that comparisons keep their meaning.
 */

import { constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import type { Loop } from '../ir/loops.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, isIntegerType } from '../ir/types.ts';
import { toSigned } from '../support/eval-alu.ts';
import type { PassContext } from './pass.ts';
import { discard, phisOf, Replacements, sweep } from './rewrite.ts';
import { tripCount } from './trip-count.ts';

/** Rounds that are counted. */
const maxRounds = 4096;

interface Counter {
  readonly phi: Ins;
  readonly update: Ins;
  readonly first: bigint;
  readonly step: bigint;
}

interface Uses {
  readonly factor: bigint;
  /** Multiplications by the factor, of the counter before or after its step. */
  readonly multiples: readonly Ins[];
  readonly tests: readonly Ins[];
}

export function scaleCounters(func: Func, cx: PassContext): boolean {
  const replacements = new Replacements();
  for (const loop of cx.analyses.loops.innerFirst) {
    for (const phi of phisOf(func, loop.header)) {
      const counter = counterOf(func, loop, phi);
      const uses = counter === undefined ? undefined : usesOf(func, cx, counter);
      if (counter === undefined || uses === undefined || !fits(func, cx, loop, counter, uses)) continue;
      scale(func, counter, uses);
      for (const ins of uses.multiples) {
        replacements.set(ins.id, ins.operands[0] ?? phi.id);
        discard(func, ins);
      }
    }
  }
  if (replacements.isEmpty) return false;
  replacements.apply(func);
  sweep(func);
  return true;
}

/** A phi of two operands: a constant, and itself plus a constant. */
function counterOf(func: Func, loop: Loop, phi: Ins): Counter | undefined {
  if (!isIntegerType(phi.type) || phi.operands.length !== 2) return undefined;
  const at = phi.targets.findIndex((from) => loop.blocks.has(from));
  const inside = phi.operands[at];
  const outside = phi.operands[1 - at];
  if (inside === undefined || outside === undefined) return undefined;
  const update = func.ins(inside);
  const [left, right] = update.operands;
  const first = constantOf(func, outside);
  const step = right === undefined ? undefined : constantOf(func, right);
  if (update.op !== Op.add || left !== phi.id || first === undefined || step === undefined) return undefined;
  const bits = bitsOf(phi.type);
  return { phi, update, first: toSigned(first, bits), step: toSigned(step, bits) };
}

/** How often `value` is in `ins`; undefined when it is no multiplication by a constant. */
function factorOf(func: Func, ins: Ins, value: ValueId): bigint | undefined {
  const [left, right] = ins.operands;
  const constant = right === undefined ? undefined : constantOf(func, right);
  if (left !== value || constant === undefined) return undefined;
  if (ins.op === Op.mul) return toSigned(constant, bitsOf(ins.type));
  return ins.op === Op.shl && constant < BigInt(bitsOf(ins.type)) ? 1n << constant : undefined;
}

/** Undefined when something else is done with the counter, or by several factors. */
function usesOf(func: Func, cx: PassContext, { phi, update }: Counter): Uses | undefined {
  const multiples: Ins[] = [];
  const tests: Ins[] = [];
  let factor: bigint | undefined;
  for (const value of [phi, update]) {
    for (const user of cx.analyses.uses.of(value.id)) {
      if (user === phi || user === update) continue;
      const [left, right] = user.operands;
      const isTest = user.op === Op.icmp && left === value.id && right !== undefined;
      if (isTest && constantOf(func, right) !== undefined) {
        tests.push(user);
        continue;
      }
      const by = factorOf(func, user, value.id);
      if (by === undefined || (factor !== undefined && by !== factor)) return undefined;
      factor = by;
      multiples.push(user);
    }
  }
  return factor === undefined || factor < 2n ? undefined : { factor, multiples, tests };
}

/** Does no multiple of the counter, nor of what it is compared with, leave the numbers that are not negative? */
function fits(func: Func, cx: PassContext, loop: Loop, { phi, first, step }: Counter, uses: Uses): boolean {
  const count = tripCount(func, loop, cx.analyses, maxRounds);
  if (typeof count === 'string') return false;
  const bits = bitsOf(phi.type);
  const limits = uses.tests.map(({ operands }) =>
    toSigned(constantOf(func, operands[1] ?? phi.id) ?? -1n, bits),
  );
  const reached = [first, first + step * BigInt(count.headerRuns), ...limits];
  return reached.every((number) => number >= 0n && number * uses.factor < 1n << BigInt(bits - 1));
}

function scale(func: Func, { phi, update }: Counter, { factor, tests }: Uses): void {
  const scaled = (value: ValueId): ValueId => {
    const constant = constantOf(func, value);
    return constant === undefined
      ? value
      : func.constant(phi.type, BigInt.asUintN(bitsOf(phi.type), constant * factor));
  };
  for (const ins of [phi, update, ...tests]) ins.operands = ins.operands.map(scaled);
}
