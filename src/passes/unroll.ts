/**
 * Full unrolling of loops whose number of iterations is a constant.
 *
 * `#pragma unroll` is a promise: the loop is unrolled, or the user is told why not. Other loops are unrolled when what
 * comes of it is small. The loop is copied once for each entry of its header; the test that ends it is decided in every
 * copy, all others stay. Values that leave the loop go through memory first and mem2reg makes phis of them
 * afterwards, which spares a phi construction of our own.
 */

import { Analyses } from '../ir/analyses.ts';
import { buildCfg, removeUnreachable } from '../ir/cfg.ts';
import { type BlockId, type Func, type Ins, noBlock, type ValueId } from '../ir/func.ts';
import type { Loop } from '../ir/loops.ts';
import { Op, opRow } from '../ir/ops.ts';
import { functionSize } from './inline.ts';
import { copyLoops, LayoutOrder, type LoopToCopy } from './loop-copies.ts';
import { mem2reg } from './mem2reg.ts';
import { isForSize, isForVerifier, levelNumber, type PassContext } from './pass.ts';
import { phisOf } from './rewrite.ts';
import { type TripCount, tripCount } from './trip-count.ts';

interface ModestLimits {
  /** What a loop may become without having been asked for, in instructions; a call counts for several. */
  readonly result: number;
  readonly count: number;
  /** Without other ways out, copies are straight code. */
  readonly straightCount: number;
}
const balancedLimits: ModestLimits = { result: 300, count: 17, straightCount: 33 };
/** A copy of a round costs the verifier less than a round: its counter is a constant, and it forgets no states. */
const verifierLimits: ModestLimits = { result: 1500, count: 65, straightCount: 65 };
const callCost = 8;
/** A loop over fields of an argument may become more: the verifier takes only constant offsets into a context. */
const contextResult = 4096;
const contextCount = 64;
/** And when asked for: the verifier takes a million, a function of ours less. */
const largeResult = 65_536;
const largeCount = 4096;

export function unroll(func: Func, cx: PassContext): boolean {
  let changed = false;
  const refused = new Set<BlockId>();
  // Inner loops first, and all that do not touch each other at once; each round changes what the others look like.
  for (;;) {
    const analyses = changed ? new Analyses(func) : cx.analyses;
    if (analyses.loops.innerFirst.length === 0) return changed;
    const order = new LayoutOrder(func);
    const chosen = chooseLoops(func, cx, analyses, refused, order);
    if (chosen.length === 0) return changed;
    copyLoops(func, chosen, order);
    removeUnreachable(func, buildCfg(func));
    mem2reg(func, { ...cx, analyses: new Analyses(func) });
    changed = true;
  }
}

function chooseLoops(
  func: Func,
  cx: PassContext,
  analyses: Analyses,
  refused: Set<BlockId>,
  order: LayoutOrder,
): LoopToCopy[] {
  const chosen: LoopToCopy[] = [];
  const taken = new Set<BlockId>();
  let size = functionSize(func);
  for (const loop of analyses.loops.innerFirst) {
    if (refused.has(loop.header) || [...loop.blocks].some((block) => taken.has(block))) continue;
    const header = func.block(loop.header);
    const wish = header.unroll;
    const isAsked = wish === -1 || wish > 1;
    const isUnwelcome = cx.options.optLevel === 'size' && !indexesArgument(func, loop, analyses);
    const count = !isAsked
      ? modestCount(func, cx, loop, analyses, wish, order)
      : isUnwelcome
        ? 'the smallest code is asked for'
        : askedCount(func, loop, analyses, wish, size);
    if (typeof count === 'object') {
      size += count.headerRuns * loopSize(func, loop);
      for (const block of loop.blocks) taken.add(block);
      chosen.push({ loop, count });
      continue;
    }
    refused.add(loop.header);
    if (!isAsked || count === undefined) continue;
    header.unroll = 0;
    cx.report('cannot-unroll', func.terminator(loop.header).pos, [count]);
  }
  return chosen;
}

function loopSize(func: Func, loop: Loop): number {
  let size = 0;
  for (const id of loop.blocks) size += func.block(id).instructions.length;
  return size;
}

function askedCount(
  func: Func,
  loop: Loop,
  analyses: Analyses,
  wish: number,
  functionNow: number,
): TripCount | string {
  if (!isCopyable(func, loop)) return 'it contains a jump to a computed address or an asm goto';
  const count = tripCount(func, loop, analyses, largeCount);
  if (typeof count === 'string') return count;
  if (wish > 0 && count.headerRuns - 1 > wish)
    return `it runs ${count.headerRuns - 1} times, more than asked for`;
  const size = count.headerRuns * loopSize(func, loop);
  if (size + functionNow > largeResult) return `the function would have ${size} instructions more`;
  return count;
}

function modestCount(
  func: Func,
  cx: PassContext,
  loop: Loop,
  analyses: Analyses,
  wish: number,
  order: LayoutOrder,
): TripCount | undefined {
  if (wish !== 0 || levelNumber(cx.options.optLevel) < 1 || !isCopyable(func, loop)) return undefined;
  const isNeeded = indexesArgument(func, loop, analyses);
  if (!isNeeded && (levelNumber(cx.options.optLevel) < 2 || isForSize(cx.options))) return undefined;
  const modest = isForVerifier(cx.options) ? verifierLimits : balancedLimits;
  const few = exitCount(func, loop) > 1 ? modest.count : modest.straightCount;
  const [limit, maxCount] = isNeeded ? [contextResult, contextCount] : [modest.result, few];
  const cost = loopCost(func, loop, order);
  if (cost > limit) return undefined;
  const count = tripCount(func, loop, analyses, maxCount);
  return typeof count === 'string' || count.headerRuns * cost > limit ? undefined : count;
}

/** Blocks with a way out of the loop. */
function exitCount(func: Func, loop: Loop): number {
  return [...loop.blocks].filter((id) =>
    func.terminator(id).targets.some((target) => !loop.blocks.has(target)),
  ).length;
}

/** What one iteration costs once its counter is a constant. */
function loopCost(func: Func, loop: Loop, order: LayoutOrder): number {
  let cost = 0;
  const folded = foldedValues(func, loop, order);
  for (const id of loop.blocks) {
    for (const value of func.block(id).instructions) {
      const { op, operands } = func.ins(value);
      const isDecided = op === Op.condbr && operands.every((operand) => folded.has(operand));
      if (folded.has(value) || isDecided) continue;
      if (op === Op.call || op === Op.call_helper || op === Op.call_indirect) cost += callCost;
      else if (op !== Op.phi && op !== Op.br) cost++;
    }
  }
  return cost;
}

/** Values of the loop that follow from phis that begin with constants: they are constants in every copy. */
function foldedValues(func: Func, loop: Loop, order: LayoutOrder): ReadonlySet<ValueId> {
  const isConstant = (value: ValueId): boolean => func.ins(value).op === Op.const;
  const phis = new Set<Ins>(
    phisOf(func, loop.header).filter((phi) =>
      phi.operands.every(
        (operand, i) => loop.latches.includes(phi.targets[i] ?? noBlock) || isConstant(operand),
      ),
    ),
  );
  const blocks = order.sorted(loop.blocks);
  for (;;) {
    const folded = new Set<ValueId>([...phis].map((phi) => phi.id));
    for (const id of blocks) {
      for (const value of func.block(id).instructions) {
        const ins = func.ins(value);
        const { memory, effect, placed } = opRow(ins.op);
        if (ins.op === Op.phi || memory !== 'none' || effect || !placed || ins.operands.length === 0)
          continue;
        if (ins.operands.every((operand) => folded.has(operand) || isConstant(operand))) folded.add(value);
      }
    }
    const lost = [...phis].filter((phi) =>
      phi.operands.some((operand) => !folded.has(operand) && !isConstant(operand)),
    );
    if (lost.length === 0) return folded;
    for (const phi of lost) phis.delete(phi);
  }
}

/** True when the loop makes addresses in an argument that differ between iterations. */
function indexesArgument(func: Func, loop: Loop, analyses: Analyses): boolean {
  for (const id of loop.blocks) {
    for (const value of func.block(id).instructions) {
      const ins = func.ins(value);
      const [, bytes] = ins.operands;
      if (ins.op !== Op.ptradd || bytes === undefined) continue;
      const index = func.ins(bytes);
      const isVariable = opRow(index.op).placed && loop.blocks.has(index.block);
      if (isVariable && func.values[analyses.alias.baseOf(value).root]?.op === Op.param) return true;
    }
  }
  return false;
}

function isCopyable(func: Func, loop: Loop): boolean {
  for (const id of loop.blocks) {
    const { op } = func.terminator(id);
    if (op === Op.asm_goto) return false;
  }
  return true;
}
