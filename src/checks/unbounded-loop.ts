/**
 * Loops that the verifier cannot count: finished IR -> for each such loop the condition that it would have to know the end of. It
 * goes through a loop turn by turn until a condition that leaves it must hold, and gives up after 8192 open branches or a million
 * instructions, or says `infinite loop detected` where a turn changes nothing that it looks at.
 *
 * Said only where it is certain: every way out of the loop is a condition that no number of turns decides. Such are
 * - a comparison with what is read or returned anew in each turn (the next element of a list, a flag);
 * - a comparison of two pointers, one of which moves (the verifier learns a bound from it, but no end);
 * - a comparison of a counter with a number of 32 or 64 bits, or a count down from one, that nothing in the function bounds.
 * Values that the verifier may know more of (on the stack, in read-only data, a static function's arguments, what is masked or
 * compared elsewhere) decide for all it matters here. Left alone as well: loops with assembly (`can_loop`, `cond_break`, `may_goto`),
 * calls through pointers, and with iterators (`bpf_for`), whose `next` functions make states of all turns one.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { Analyses, ModuleAnalyses } from '../ir/analyses.ts';
import type { Cfg } from '../ir/cfg.ts';
import {
  type BlockId,
  constantOf,
  type Func,
  type Ins,
  InsFlag,
  type SymbolId,
  type ValueId,
} from '../ir/func.ts';
import type { Loop, Loops } from '../ir/loops.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import type { TargetFacts } from '../ir/target-facts.ts';
import { asId } from '../support/ids.ts';
import { LoopValues } from './loop-values.ts';

/** What keeps the verifier from counting: a value read anew, a pointer that moves, a number without bound. */
export type LoopCause = 'value' | 'pointer' | 'number';

export interface UnboundedLoop {
  readonly func: SymbolId;
  /** Of the condition. */
  readonly pos: Pos;
  readonly cause: LoopCause;
}

/** Comparisons of one condition that are looked at. */
const maxComparisons = 16;

/** Makes an end, or may: calls of these functions end the search. */
function mayEnd(module: Module, ins: Ins): boolean {
  switch (ins.op) {
    case Op.asm_goto:
    case Op.call_indirect:
    case Op.packet_load:
      return true;
    case Op.call:
      return (ins.flags & InsFlag.noReturn) !== 0 || isIteratorNext(module, asId<SymbolId>(ins.aux));
    default:
      return false;
  }
}

function isIteratorNext(module: Module, symbol: SymbolId): boolean {
  return /^bpf_iter_\w+_next$/.test(module.symbol(symbol).name);
}

function hasText(func: Func, ins: Ins): boolean {
  return ins.op === Op.asm && func.asms[ins.aux]?.template.trim() !== '';
}

/** Functions in which, or below which, an iteration or assembly may bound the loops that call them. */
function boundingFunctions(module: Module): ReadonlySet<SymbolId> {
  const callers = new Map<SymbolId, SymbolId[]>();
  const found = new Set<SymbolId>();
  for (const func of module.functions()) {
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) {
        const ins = func.ins(id);
        if (mayEnd(module, ins) || hasText(func, ins)) found.add(func.symbol);
        if (ins.op !== Op.call) continue;
        const callee = asId<SymbolId>(ins.aux);
        callers.set(callee, [...(callers.get(callee) ?? []), func.symbol]);
      }
    }
  }
  for (const symbol of found) for (const caller of callers.get(symbol) ?? []) found.add(caller);
  return found;
}

/** Programs, and the functions that they call or hand to helpers: what else stands in `.text` is not loaded. */
function loadedFunctions(module: Module): ReadonlySet<Func> {
  const isProgram = (section: string | undefined): boolean => section !== undefined && section !== '.text';
  const loaded = new Set(
    [...module.functions()].filter(({ symbol }) => isProgram(module.symbol(symbol).section)),
  );
  for (const func of loaded) {
    for (const ins of func.values) {
      if (ins?.op !== Op.call && ins?.op !== Op.globaladdr) continue;
      const callee = module.symbol(asId<SymbolId>(ins.aux)).func;
      if (callee !== undefined) loaded.add(callee);
    }
  }
  return loaded;
}

/** A way out of a loop. */
interface Exit {
  readonly terminator: Ins;
  /** The comparisons that decide; undefined for a switch, which looks at a value. */
  readonly comparisons: readonly Ins[];
}

class LoopSearch {
  private readonly func: Func;
  private readonly module: Module;
  private readonly loops: Loops;
  private readonly bounding: ReadonlySet<SymbolId>;
  private readonly values: LoopValues;

  constructor(module: Module, analyses: Analyses, bounding: ReadonlySet<SymbolId>) {
    this.func = analyses.func;
    this.module = module;
    this.loops = analyses.loops;
    this.bounding = bounding;
    this.values = new LoopValues(module, analyses);
  }

  *run(): Generator<UnboundedLoop> {
    for (const loop of this.loops.innerFirst) {
      const exits = this.hasEnd(loop) ? undefined : this.exitsOf(loop);
      const [exit] = exits ?? [];
      const cause = exits === undefined ? undefined : this.commonCause(exits, loop);
      if (exit === undefined || cause === undefined) continue;
      const pos = exit.comparisons[0]?.pos ?? exit.terminator.pos;
      yield { func: this.func.symbol, pos, cause };
    }
  }

  /** Why no way out is ever certain: the first one's reason; undefined where one may be. */
  private commonCause(exits: readonly Exit[], loop: Loop): LoopCause | undefined {
    const own = new Set(exits.flatMap(({ comparisons }) => comparisons));
    let first: LoopCause | undefined;
    for (const exit of exits) {
      const cause = this.causeOf(exit, own, loop);
      if (cause === undefined) return undefined;
      first ??= cause;
    }
    return first;
  }

  private hasEnd(loop: Loop): boolean {
    for (const block of loop.blocks) {
      for (const id of this.func.block(block).instructions) {
        const ins = this.func.ins(id);
        if (mayEnd(this.module, ins) || hasText(this.func, ins)) return true;
        if (ins.op === Op.call && this.bounding.has(asId<SymbolId>(ins.aux))) return true;
      }
    }
    return false;
  }

  /** Undefined where one of them decides by more than comparisons. */
  private exitsOf(loop: Loop): Exit[] | undefined {
    const exits: Exit[] = [];
    // In order of the code: the loop's own condition comes first.
    for (const block of this.func.layout) {
      if (!loop.blocks.has(block)) continue;
      const terminator = this.func.terminator(block);
      if (terminator.targets.every((target) => loop.blocks.has(target))) continue;
      if (!terminator.targets.some((target) => loop.blocks.has(target))) return undefined;
      const comparisons = terminator.op === Op.condbr ? this.comparisonsOf(terminator.operands[0]) : [];
      if (comparisons === undefined) return undefined;
      exits.push({ terminator, comparisons });
    }
    return exits;
  }

  /** The comparisons that are joined by `and` and `or`. */
  private comparisonsOf(condition: ValueId | undefined): Ins[] | undefined {
    const found: Ins[] = [];
    const work = condition === undefined ? [] : [condition];
    for (let value = work.pop(); value !== undefined; value = work.pop()) {
      const ins = this.func.ins(value);
      if (ins.op === Op.icmp) found.push(ins);
      else if ((ins.op === Op.and || ins.op === Op.or) && found.length < maxComparisons)
        work.push(...ins.operands);
      else return undefined;
    }
    return found.length === 0 ? undefined : found;
  }

  private causeOf(
    { terminator, comparisons }: Exit,
    own: ReadonlySet<Ins>,
    loop: Loop,
  ): LoopCause | undefined {
    if (terminator.op === Op.switch) {
      const [value] = terminator.operands;
      return value !== undefined && this.values.freshBits(value, loop) > 0 ? 'value' : undefined;
    }
    let first: LoopCause | undefined;
    for (const comparison of comparisons) {
      const cause = this.undecided(comparison, own, loop);
      if (cause === undefined) return undefined;
      first ??= cause;
    }
    return first;
  }

  /** Why no turn decides the comparison; undefined where one may. `own`: all comparisons that the loop is left by. */
  private undecided(comparison: Ins, own: ReadonlySet<Ins>, loop: Loop): LoopCause | undefined {
    const { values } = this;
    const [left, right] = comparison.operands;
    if (left === undefined || right === undefined) return undefined;
    const hasConstant = [left, right].some((value) => constantOf(this.func, value) !== undefined);
    if (!hasConstant && values.isPointer(left) && values.isPointer(right)) {
      return values.isMoving(left, loop) || values.isMoving(right, loop) ? 'pointer' : undefined;
    }
    for (const [value, other] of [
      [left, right],
      [right, left],
    ] as const) {
      if (values.isOpen(value, other, comparison, loop)) return 'value';
      const isNumber = hasConstant
        ? values.isCountdown(value, own, loop)
        : values.isUnboundedNumber(value, own, loop);
      if (isNumber) return 'number';
    }
    return undefined;
  }
}

/** Does any branch lead back? */
function hasLoop({ rpo, rpoIndex, successors }: Cfg): boolean {
  return rpo.some((block: BlockId, index) =>
    (successors[block] ?? []).some((next) => (rpoIndex[next] ?? 0) <= index),
  );
}

export function findUnboundedLoops(module: Module, facts: TargetFacts): UnboundedLoop[] {
  const surroundings = new ModuleAnalyses(module, facts);
  const looping = [...loadedFunctions(module)]
    .map((func) => new Analyses(func, surroundings))
    .filter(({ cfg }) => hasLoop(cfg));
  if (looping.length === 0) return [];
  const bounding = boundingFunctions(module);
  return looping.flatMap((analyses) => [...new LoopSearch(module, analyses, bounding).run()]);
}
