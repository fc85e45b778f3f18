/**
 * Full unrolling of loops whose number of iterations is a constant.
 *
 * `#pragma unroll` is a promise: the loop is unrolled, or the user is told why not. Other loops are unrolled when what
 * comes of it is small. The loop is copied once for each entry of its header; the test that ends it is decided in every
 * copy, all others stay. Values that leave the loop go through memory first and mem2reg makes phis of them
 * afterwards, which spares a phi construction of our own.
 */

import { Analyses } from '../ir/analyses.ts';
import { Builder } from '../ir/builder.ts';
import { buildCfg, removePhiSource, removeUnreachable } from '../ir/cfg.ts';
import { type BlockId, type Func, type Ins, noBlock, type ValueId } from '../ir/func.ts';
import type { Loop } from '../ir/loops.ts';
import { Op, opRow, Predicate } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { functionSize } from './inline.ts';
import { mem2reg } from './mem2reg.ts';
import { isForSize, isForVerifier, levelNumber, type PassContext } from './pass.ts';
import { branchAlways, phisOf, reloadOperand } from './rewrite.ts';
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
    const chosen = chooseLoops(func, cx, analyses, refused);
    if (chosen.length === 0) return changed;
    for (const { loop, count } of chosen) new LoopCopies(func, loop, count).run();
    removeUnreachable(func, buildCfg(func));
    mem2reg(func, { ...cx, analyses: new Analyses(func) });
    changed = true;
  }
}

interface Choice {
  readonly loop: Loop;
  readonly count: TripCount;
}

function chooseLoops(func: Func, cx: PassContext, analyses: Analyses, refused: Set<BlockId>): Choice[] {
  const chosen: Choice[] = [];
  const taken = new Set<BlockId>();
  let size = functionSize(func);
  for (const loop of analyses.loops.innerFirst) {
    if (refused.has(loop.header) || [...loop.blocks].some((block) => taken.has(block))) continue;
    const header = func.block(loop.header);
    const wish = header.unroll;
    const isAsked = wish === -1 || wish > 1;
    const isUnwelcome = cx.options.optLevel === 'size' && !indexesArgument(func, loop, analyses);
    const count = !isAsked
      ? modestCount(func, cx, loop, analyses, wish)
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
): TripCount | undefined {
  if (wish !== 0 || levelNumber(cx.options.optLevel) < 1 || !isCopyable(func, loop)) return undefined;
  const isNeeded = indexesArgument(func, loop, analyses);
  if (!isNeeded && (levelNumber(cx.options.optLevel) < 2 || isForSize(cx.options))) return undefined;
  const modest = isForVerifier(cx.options) ? verifierLimits : balancedLimits;
  const few = exitCount(func, loop) > 1 ? modest.count : modest.straightCount;
  const [limit, maxCount] = isNeeded ? [contextResult, contextCount] : [modest.result, few];
  const cost = loopCost(func, loop);
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
function loopCost(func: Func, loop: Loop): number {
  let cost = 0;
  const folded = foldedValues(func, loop);
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
function foldedValues(func: Func, loop: Loop): ReadonlySet<ValueId> {
  const isConstant = (value: ValueId): boolean => func.ins(value).op === Op.const;
  const phis = new Set<Ins>(
    phisOf(func, loop.header).filter((phi) =>
      phi.operands.every(
        (operand, i) => loop.latches.includes(phi.targets[i] ?? noBlock) || isConstant(operand),
      ),
    ),
  );
  for (;;) {
    const folded = new Set<ValueId>([...phis].map((phi) => phi.id));
    for (const id of func.layout) {
      if (!loop.blocks.has(id)) continue;
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

class LoopCopies {
  private readonly func: Func;
  private readonly loop: Loop;
  private readonly count: TripCount;
  /** Blocks of the loop in layout order. */
  private readonly blocks: readonly BlockId[];

  constructor(func: Func, loop: Loop, count: TripCount) {
    this.func = func;
    this.loop = loop;
    this.count = count;
    this.blocks = func.layout.filter((id) => loop.blocks.has(id));
  }

  run(): void {
    this.spillLiveOut();
    const latch = this.loop.latches[0] ?? this.loop.header;
    const originals = this.blocks.map((id) => ({ id, instructions: [...this.func.block(id).instructions] }));
    const added: BlockId[] = [];
    let before: Copy | undefined;
    for (let run = 1; run < this.count.headerRuns; run++) {
      const copy = new Copy(
        this.func,
        this.loop,
        originals.map((row) => row.id),
        latch,
      );
      copy.make(before);
      for (const id of copy.layout) added.push(id);
      this.decide(copy.blockOf(this.count.exiting), false);
      before = copy;
    }
    this.finish(before, latch);
    // New blocks are the last ones: they go to where the loop is.
    const { layout } = this.func;
    const place = layout.indexOf(this.blocks[0] ?? this.loop.header);
    this.func.layout = [
      ...layout.slice(0, place),
      ...added,
      ...layout.slice(place, layout.length - added.length),
    ];
  }

  /** Makes the test of one copy go the known way. */
  private decide(block: BlockId, leaves: boolean): void {
    const terminator = this.func.terminator(block);
    const original = this.func.terminator(this.count.exiting);
    const staysAt = original.targets.findIndex((target) => this.loop.blocks.has(target));
    const target = terminator.targets[leaves ? 1 - staysAt : staysAt];
    if (target !== undefined) branchAlways(this.func, block, target);
  }

  /** The loop itself becomes its last run. */
  private finish(before: Copy | undefined, latch: BlockId): void {
    const { func, loop } = this;
    if (before !== undefined) {
      // Who entered the loop enters the first copy; the last copy enters the loop.
      const first = before.first;
      for (const from of first.entries) {
        const terminator = func.terminator(from);
        terminator.targets = terminator.targets.map((next) =>
          next === loop.header ? first.blockOf(loop.header) : next,
        );
      }
      const end = func.terminator(before.blockOf(latch));
      end.targets = end.targets.map((next) => (next === noBlock ? loop.header : next));
      for (const id of func.block(loop.header).instructions) {
        const phi = func.ins(id);
        if (phi.op !== Op.phi) break;
        const operand = phi.operands[phi.targets.indexOf(latch)];
        if (operand === undefined) continue;
        phi.operands = [before.valueOf(operand), operand];
        phi.targets = [before.blockOf(latch), latch];
      }
    }
    this.decide(this.count.exiting, true);
    // The last run does not come back.
    const back = func.terminator(latch);
    if (back.targets.includes(loop.header)) {
      const other = back.targets.find((target) => target !== loop.header);
      if (other !== undefined) branchAlways(func, latch, other);
      else {
        removePhiSource(func, loop.header, latch);
        back.op = Op.unreachable;
        back.operands = [];
        back.targets = [];
      }
    }
    func.block(loop.header).unroll = 0;
  }

  /** Values of the loop that are used outside of it go through a stack object. */
  private spillLiveOut(): void {
    const { func, loop } = this;
    const outside = new Map<ValueId, Ins[]>();
    const isInside = new Uint8Array(func.values.length);
    for (const id of loop.blocks) for (const value of func.block(id).instructions) isInside[value] = 1;
    for (const block of func.layout) {
      const isHere = loop.blocks.has(block);
      for (const id of func.block(block).instructions) {
        const user = func.ins(id);
        const { operands } = user;
        if (isHere && user.op !== Op.phi) continue;
        for (let i = 0; i < operands.length; i++) {
          const operand = operands[i];
          if (operand === undefined || isInside[operand] !== 1) continue;
          if (user.op === Op.phi && loop.blocks.has(user.targets[i] ?? block)) continue;
          const list = outside.get(operand);
          if (list === undefined) outside.set(operand, [user]);
          else if (!list.includes(user)) list.push(user);
        }
      }
    }
    for (const [value, users] of outside) this.spill(func.ins(value), users);
  }

  private spill(value: Ins, users: readonly Ins[]): void {
    const { func } = this;
    const builder = new Builder(func, value.block, value.pos);
    const isBit = value.type === Type.i1;
    const type = isBit ? Type.i8 : value.type;
    const local =
      func.locals.push({ name: 'loop value', pos: value.pos, inlinedFrom: [], isTemporary: true }) - 1;
    const size = bitsOf(type) >>> 3;
    const slot = builder.alloca(BigInt(size), size, local);
    insertAfter(func, value, builder, () => {
      builder.store(isBit ? builder.zext(Type.i8, value.id) : value.id, slot);
    });
    for (const user of users) this.reload(user, value, slot, type);
  }

  private reload(user: Ins, value: Ins, slot: ValueId, type: Type): void {
    const { func, loop } = this;
    const load = (before: Ins): ValueId => {
      const builder = new Builder(func, before.block, before.pos);
      return insertBefore(func, before, builder, () => {
        const loaded = builder.load(type, slot);
        return value.type === Type.i1
          ? builder.icmp(Predicate.ne, loaded, builder.constant(Type.i8, 0n))
          : loaded;
      });
    };
    reloadOperand(func, user, value.id, load, (from) => loop.blocks.has(from));
  }
}

/** Puts what `make` emits right before an instruction. */
function insertBefore<T>(func: Func, before: Ins, builder: Builder, make: () => T): T {
  const block = func.block(before.block);
  const at = block.instructions.indexOf(before.id);
  const rest = block.instructions.splice(at);
  const result = make();
  for (const id of rest) block.instructions.push(id);
  builder.block = before.block;
  return result;
}

/** Puts what `make` emits after an instruction, the phis it stands among, and the outputs of an asm. */
function insertAfter(func: Func, after: Ins, builder: Builder, make: () => void): void {
  const block = func.block(after.block);
  let at = block.instructions.indexOf(after.id) + 1;
  for (let next = block.instructions[at]; next !== undefined; next = block.instructions[++at]) {
    const { op } = func.ins(next);
    if (op !== Op.asm_output && !(after.op === Op.phi && op === Op.phi)) break;
  }
  const rest = block.instructions.splice(at);
  make();
  for (const id of rest) block.instructions.push(id);
  builder.block = after.block;
}

/** One copy of the loop's blocks. */
class Copy {
  readonly layout: BlockId[] = [];
  /** Where the loop was entered from. */
  entries: readonly BlockId[] = [];
  first: Copy;
  private readonly func: Func;
  private readonly loop: Loop;
  private readonly blocks: readonly BlockId[];
  private readonly latch: BlockId;
  private readonly newBlocks = new Map<BlockId, BlockId>();
  private readonly newValues = new Map<ValueId, ValueId>();

  constructor(func: Func, loop: Loop, blocks: readonly BlockId[], latch: BlockId) {
    this.func = func;
    this.loop = loop;
    this.blocks = blocks;
    this.latch = latch;
    this.first = this;
  }

  blockOf(block: BlockId): BlockId {
    return this.newBlocks.get(block) ?? block;
  }

  valueOf(value: ValueId): ValueId {
    return this.newValues.get(value) ?? value;
  }

  /** Copies the loop; its header's phis take what `before` ended with, or what the loop began with. */
  make(before: Copy | undefined): void {
    const { func } = this;
    if (before !== undefined) this.first = before.first;
    for (const id of this.blocks) {
      const block = func.addBlock();
      this.newBlocks.set(id, block.id);
      this.layout.push(block.id);
      if (id !== this.loop.header) block.unroll = func.block(id).unroll;
    }
    const made: Ins[] = [];
    for (const id of this.blocks) {
      for (const value of func.block(id).instructions) {
        const copy = this.copyInstruction(func.ins(value), id, before);
        if (copy !== undefined) made.push(copy);
      }
    }
    for (const copy of made) {
      // A header's phi of the first copy keeps what the loop begins with.
      const isEntryPhi = copy.op === Op.phi && copy.block === this.blockOf(this.loop.header);
      if (!isEntryPhi) copy.operands = copy.operands.map((operand) => this.valueOf(operand));
    }
    this.extendExits();
    const entry = before === undefined ? undefined : func.terminator(before.blockOf(this.latch));
    if (entry === undefined || before === undefined) return;
    entry.targets = entry.targets.map((next) => (next === noBlock ? this.blockOf(this.loop.header) : next));
  }

  private copyInstruction(ins: Ins, home: BlockId, before: Copy | undefined): Ins | undefined {
    const { func, loop, latch } = this;
    const isHeaderPhi = ins.op === Op.phi && home === loop.header;
    if (isHeaderPhi && before !== undefined) {
      const operand = ins.operands[ins.targets.indexOf(latch)];
      if (operand !== undefined) this.newValues.set(ins.id, before.valueOf(operand));
      return undefined;
    }
    const copy = func.create(ins.op, ins.type, [...ins.operands], ins.pos);
    copy.imm = ins.imm;
    copy.aux = ins.aux;
    copy.align = ins.align;
    copy.flags = ins.flags;
    copy.targets = ins.targets.map((target) => this.blockOf(target));
    if (isHeaderPhi) {
      copy.operands = ins.operands.filter((_, i) => ins.targets[i] !== latch);
      copy.targets = ins.targets.filter((target) => target !== latch);
      this.entries = copy.targets;
    } else if (home === latch && opRow(ins.op).terminator) {
      // The way back: to the next copy, which is not made yet.
      copy.targets = ins.targets.map((target) => (target === loop.header ? noBlock : this.blockOf(target)));
    }
    this.newValues.set(ins.id, copy.id);
    func.takeNames(ins.id, copy.id);
    return func.append(this.blockOf(home), copy);
  }

  /** Phis behind the loop get an operand for each edge of the copy. */
  private extendExits(): void {
    const { func, loop } = this;
    for (const id of this.blocks) {
      for (const target of new Set(func.terminator(id).targets)) {
        if (loop.blocks.has(target)) continue;
        for (const value of func.block(target).instructions) {
          const phi = func.ins(value);
          if (phi.op !== Op.phi) break;
          const operand = phi.operands[phi.targets.indexOf(id)];
          if (operand === undefined) continue;
          phi.operands.push(this.valueOf(operand));
          phi.targets.push(this.blockOf(id));
        }
      }
    }
  }
}
