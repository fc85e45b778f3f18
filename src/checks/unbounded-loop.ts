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
import { AliasFacts } from '../ir/alias.ts';
import { buildCfg, type Cfg } from '../ir/cfg.ts';
import { Dominators } from '../ir/dominators.ts';
import { type BlockId, type Func, type Ins, InsFlag, type SymbolId, type ValueId } from '../ir/func.ts';
import { buildLoops, type Loop } from '../ir/loops.ts';
import type { Module } from '../ir/module.ts';
import type { ModuleProvenance } from '../ir/module-provenance.ts';
import { Op, opRow, Predicate } from '../ir/ops.ts';
import { Provenances } from '../ir/provenance.ts';
import type { Provenance } from '../ir/provenance-kinds.ts';
import type { TargetFacts } from '../ir/target-facts.ts';
import { bitsOf, isIntegerType, Type } from '../ir/types.ts';
import { Uses } from '../ir/uses.ts';
import { asId } from '../support/ids.ts';
import { isAnyNumber, isNullable } from './helper-results.ts';

/** What keeps the verifier from counting: a value read anew, a pointer that moves, a number without bound. */
export type LoopCause = 'value' | 'pointer' | 'number';

export interface UnboundedLoop {
  readonly func: SymbolId;
  /** Of the condition. */
  readonly pos: Pos;
  readonly cause: LoopCause;
}

/** Memory of which the verifier knows no contents. */
const unknownMemory: ReadonlySet<Provenance> = new Set<Provenance>([
  'ctx',
  'packet',
  'map_value',
  'btf',
  'socket',
  'memory',
  'arena',
  'kernel',
]);

const pointerKinds: ReadonlySet<Provenance> = new Set<Provenance>([
  'packet',
  'packet_end',
  'map_value',
  'stack',
  'global',
  'memory',
]);

/** Operations with a constant that leave a number as unknown as it was, or narrower. */
const followed: ReadonlySet<number> = new Set([
  Op.zext,
  Op.sext,
  Op.trunc,
  Op.and,
  Op.lshr,
  Op.bswap,
  Op.ptrtoint,
  Op.inttoptr,
  Op.ptradd,
  Op.add,
  Op.sub,
]);

/** Of those the ones after which a number of 32 bits has no bound still. */
const widening: ReadonlySet<number> = new Set([Op.zext, Op.sext, Op.trunc, Op.add, Op.sub, Op.mul, Op.shl]);

const maxSteps = 16;

/** Bits that a counter never gets to in the verifier's patience. */
const wideBits = 32;

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
  private readonly facts: TargetFacts;
  private readonly bounding: ReadonlySet<SymbolId>;
  private readonly cfg: Cfg;
  private readonly uses: Uses;
  private readonly alias: AliasFacts;
  private readonly provenances: Provenances;

  constructor(
    func: Func,
    cfg: Cfg,
    context: ModuleProvenance,
    module: Module,
    bounding: ReadonlySet<SymbolId>,
  ) {
    this.func = func;
    this.cfg = cfg;
    this.module = module;
    this.facts = context.target;
    this.bounding = bounding;
    this.uses = new Uses(func);
    this.alias = new AliasFacts(func, context.target);
    this.provenances = new Provenances(func, context, this.alias);
  }

  *run(): Generator<UnboundedLoop> {
    for (const loop of buildLoops(this.cfg, new Dominators(this.cfg)).innerFirst) {
      const exits = this.hasEnd(loop) ? undefined : this.exitsOf(loop);
      if (exits === undefined || exits.length === 0) continue;
      const causes = exits.map((exit) => this.causeOf(exit, exits, loop));
      const [cause] = causes;
      const [exit] = exits;
      if (cause === undefined || exit === undefined || causes.includes(undefined)) continue;
      const pos = exit.comparisons[0]?.pos ?? exit.terminator.pos;
      yield { func: this.func.symbol, pos, cause };
    }
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
      else if ((ins.op === Op.and || ins.op === Op.or) && found.length < maxSteps) work.push(...ins.operands);
      else return undefined;
    }
    return found.length === 0 ? undefined : found;
  }

  private causeOf(
    { terminator, comparisons }: Exit,
    exits: readonly Exit[],
    loop: Loop,
  ): LoopCause | undefined {
    if (terminator.op === Op.switch) {
      const [value] = terminator.operands;
      return value !== undefined && this.freshBits(value, loop) > 0 ? 'value' : undefined;
    }
    const causes = comparisons.map((comparison) => this.undecided(comparison, exits, loop));
    return causes.includes(undefined) ? undefined : causes[0];
  }

  /** Why no turn decides the comparison; undefined where one may. */
  private undecided(comparison: Ins, exits: readonly Exit[], loop: Loop): LoopCause | undefined {
    const [left, right] = comparison.operands;
    if (left === undefined || right === undefined) return undefined;
    if (this.isPointer(left) && this.isPointer(right)) {
      return this.isMoving(left, loop) || this.isMoving(right, loop) ? 'pointer' : undefined;
    }
    for (const [value, other] of [
      [left, right],
      [right, left],
    ] as const) {
      if (this.isOpen(value, other, comparison, loop)) return 'value';
      if (this.isUnboundedNumber(value, exits, loop) && this.constant(other) === undefined) return 'number';
      if (this.constant(other) !== undefined && this.isCountdown(value, exits, loop)) return 'number';
    }
    return undefined;
  }

  private constant(value: ValueId): bigint | undefined {
    const ins = this.func.ins(value);
    return ins.op === Op.const ? ins.imm : undefined;
  }

  private isPointer(value: ValueId): boolean {
    return pointerKinds.has(this.provenances.of(value));
  }

  private isInside(ins: Ins, loop: Loop): boolean {
    return opRow(ins.op).placed && loop.blocks.has(ins.block);
  }

  /** A pointer that is another one in each turn. */
  private isMoving(pointer: ValueId, loop: Loop): boolean {
    const root = this.rootOf(
      pointer,
      (ins) => ins.op === Op.ptradd || ins.op === Op.ptrtoint || ins.op === Op.inttoptr,
    );
    return root !== undefined && root.op === Op.phi && root.block === loop.header;
  }

  /** Through operations that `leads` to where the value comes from. */
  private rootOf(value: ValueId, leads: (ins: Ins) => boolean): Ins | undefined {
    let at = this.func.ins(value);
    for (let steps = 0; leads(at); steps++) {
      const [operand] = at.operands;
      if (operand === undefined || steps === maxSteps) return undefined;
      at = this.func.ins(operand);
    }
    return at;
  }

  // Values that are new in each turn.

  /** Can the comparison come out in both ways, whatever was seen in the turns before? */
  private isOpen(value: ValueId, other: ValueId, comparison: Ins, loop: Loop): boolean {
    const bits = this.freshBits(value, loop);
    if (bits === 0) return false;
    if (comparison.aux === Predicate.eq || comparison.aux === Predicate.ne) return true;
    const constant = this.constant(other);
    if (constant === undefined) return bits >= wideBits;
    const isAboveZero = comparison.aux === Predicate.sgt || comparison.aux === Predicate.sle;
    return (constant > 0n || isAboveZero) && constant < 1n << BigInt(bits - 1);
  }

  /** How many bits the verifier does not know of a value that each turn has anew; 0 where it may know more. */
  private freshBits(value: ValueId, loop: Loop, seen = new Set<ValueId>()): number {
    const ins = this.func.ins(value);
    // A value that two ways lead to is left alone, too: trees of phis can be large.
    if (seen.has(value) || seen.size > maxSteps || !this.isInside(ins, loop)) return 0;
    seen.add(value);
    const width = ins.type === Type.ptr ? 64 : bitsOf(ins.type);
    if (ins.op === Op.load) return this.isUnknownLoad(ins, loop) ? width : 0;
    if (ins.op === Op.atomicrmw || ins.op === Op.cmpxchg) return this.isUnknownLoad(ins, loop) ? width : 0;
    if (ins.op === Op.call_helper) return isAnyNumber(ins) || isNullable(ins) ? width : 0;
    if (ins.op === Op.phi) {
      const turns = ins.operands.filter((_, i) => loop.blocks.has(ins.targets[i] ?? loop.header));
      const bits = turns.map((operand) => this.freshBits(operand, loop, seen));
      return turns.length === 0 ? 0 : Math.min(...bits);
    }
    const [first, second] = ins.operands;
    if (!followed.has(ins.op) || first === undefined) return 0;
    const bits = Math.min(this.freshBits(first, loop, seen), width);
    if (second === undefined) return bits;
    const constant = this.constant(second);
    if (constant === undefined || bits === 0) return 0;
    if (ins.op === Op.and) return Math.min(bits, constant.toString(2).length);
    return ins.op === Op.lshr ? Math.max(0, bits - Number(constant)) : bits;
  }

  /** A load whose bytes the verifier does not know, nor those of an earlier turn. */
  private isUnknownLoad(load: Ins, loop: Loop | undefined): boolean {
    const [pointer] = load.operands;
    if (pointer === undefined) return false;
    const base = this.alias.baseOf(pointer);
    switch (base.kind) {
      case 'alloca':
        return loop !== undefined && this.isFilledIn(loop, base.root);
      case 'global': {
        const { section = '', isConstant } = this.module.symbol(asId<SymbolId>(base.root));
        return !isConstant && !/^\.(?:rodata|kconfig|ksyms|maps)/.test(section);
      }
      case 'unknown':
        return unknownMemory.has(this.provenances.of(pointer));
      default:
        return base.kind satisfies never;
    }
  }

  /** Is the local written in the loop by helpers alone? */
  private isFilledIn(loop: Loop, alloca: number): boolean {
    let isFilled = false;
    for (const block of loop.blocks) {
      for (const id of this.func.block(block).instructions) {
        const ins = this.func.ins(id);
        const meets = (operand: ValueId | undefined): boolean => {
          const base = operand === undefined ? undefined : this.alias.baseOf(operand);
          return base?.kind === 'alloca' && base.root === alloca;
        };
        if (ins.op === Op.call_helper) {
          const helper = this.facts.helper(ins.imm);
          const writes = ins.operands.some((operand, i) => {
            const { access } = helper?.arguments[i] ?? helper?.rest ?? { access: 'none' };
            return (access === 'write' || access === 'read-write') && meets(operand);
          });
          isFilled ||= writes;
        } else if (ins.op === Op.store && meets(ins.operands[1])) return false;
        else if (opRow(ins.op).memory !== 'none' && ins.op !== Op.load && ins.op !== Op.store) {
          const isMark = ins.op === Op.lifetime_start || ins.op === Op.lifetime_end;
          if (!isMark && ins.operands.some(meets)) return false;
        }
      }
    }
    return isFilled;
  }

  // Numbers without a bound.

  /** A number of which the verifier knows nothing, and that nothing else in the function compares. */
  private isUnboundedNumber(value: ValueId, exits: readonly Exit[], loop: Loop): boolean {
    const root = this.rootOf(value, (ins) => this.isWidening(ins));
    if (root === undefined || !isIntegerType(root.type) || bitsOf(root.type) < wideBits) return false;
    if (this.isInside(root, loop) || !this.isUnknownNumber(root)) return false;
    return !this.isBoundedElsewhere(root.id, exits, loop);
  }

  private isWidening(ins: Ins): boolean {
    if (!widening.has(ins.op) || bitsOf(ins.type) < wideBits) return false;
    const [, second] = ins.operands;
    return second === undefined || this.constant(second) !== undefined;
  }

  private isUnknownNumber(ins: Ins): boolean {
    switch (ins.op) {
      case Op.load:
        return this.isUnknownLoad(ins, undefined);
      case Op.call_helper:
        return isAnyNumber(ins);
      case Op.param:
        return this.module.symbol(this.func.symbol).linkage !== 'internal';
      case Op.sub:
        // The length of a packet.
        return ins.operands.every((operand) => this.isPointer(operand));
      default:
        return false;
    }
  }

  /** Counted down, or up, from a number without a bound by constants. */
  private isCountdown(value: ValueId, exits: readonly Exit[], loop: Loop): boolean {
    const phi = this.rootOf(value, (ins) => this.isWidening(ins));
    if (phi === undefined || phi.op !== Op.phi || phi.block !== loop.header) return false;
    return phi.operands.every((operand, i) => {
      const from = phi.targets[i];
      if (from !== undefined && !loop.blocks.has(from)) return this.isUnboundedNumber(operand, exits, loop);
      return this.rootOf(operand, (ins) => this.isWidening(ins)) === phi;
    });
  }

  /** True where anything but the loop's own ways out decides by the value, or by one made of it. */
  private isBoundedElsewhere(root: ValueId, exits: readonly Exit[], loop: Loop): boolean {
    const own = new Set(exits.flatMap(({ comparisons }) => comparisons));
    const made = new Set<ValueId>([root]);
    for (const value of made) {
      for (const user of this.uses.of(value)) {
        if (user.op === Op.icmp) {
          if (!own.has(user) && !this.isTestOfZero(user)) return true;
          continue;
        }
        const isCounter = user.op === Op.phi && user.block === loop.header;
        const decides =
          opRow(user.op).terminator ||
          (user.op === Op.phi && !isCounter) ||
          [Op.select, Op.asm, Op.barrier].some((op) => op === user.op);
        if (decides) return true;
        if (opRow(user.op).memory === 'none') made.add(user.id);
      }
    }
    return false;
  }

  /** `n == 0`, `n > 0`: says nothing about large values. */
  private isTestOfZero(comparison: Ins): boolean {
    const constants = comparison.operands.map((operand) => this.constant(operand));
    return constants.some((constant) => constant !== undefined && constant <= 1n);
  }
}

/** Does any branch lead back? */
function hasLoop({ rpo, rpoIndex, successors }: Cfg): boolean {
  return rpo.some((block: BlockId, index) =>
    (successors[block] ?? []).some((next) => (rpoIndex[next] ?? 0) <= index),
  );
}

export function findUnboundedLoops(module: Module, context: () => ModuleProvenance): UnboundedLoop[] {
  const graphs = [...loadedFunctions(module)].map((func) => ({ func, cfg: buildCfg(func) }));
  const looping = graphs.filter(({ cfg }) => hasLoop(cfg));
  if (looping.length === 0) return [];
  const bounding = boundingFunctions(module);
  const provenance = context();
  return looping.flatMap(({ func, cfg }) => [
    ...new LoopSearch(func, cfg, provenance, module, bounding).run(),
  ]);
}
