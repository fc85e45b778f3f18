/**
 * Jump threading: where the way to a block decides the branch at its end, that way goes to the target at once.
 *
 *     P: br B            P: br E        E: (what B computes for P) br T
 *     B: v = phi [0 P] .. ; condbr v == 0, T, F
 *
 * A block is looked at when it only computes its condition. Its values are known for a predecessor by its phis and by
 * the comparisons that control has passed on the way there; a branch that is decided on all ways is folded. Headers of
 * loops stay, so that loops keep their one entry, and so do the edges that go back to them.
 *
 * Loop rotation is the same for a header whose test is known to hold when the loop is entered: control enters behind it,
 * and the test ends each iteration instead of beginning it, which spares the jump back. The block behind the header
 * becomes the header, so the loop keeps its one entry.
 *
 * Values of the block that are used elsewhere get a second definition on the new way: they go through a stack object, which
 * mem2reg turns into phis (Cytron et al., 1991).
 */

import { Analyses } from '../ir/analyses.ts';
import { Builder } from '../ir/builder.ts';
import { buildCfg, removePhiSource, removeUnreachable } from '../ir/cfg.ts';
import { foldValues } from '../ir/fold.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import type { Loop } from '../ir/loops.ts';
import { Op, opRow, Predicate } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import { decide, type Fact, factOf, isNonNull } from './known-conditions.ts';
import { mem2reg } from './mem2reg.ts';
import type { PassContext } from './pass.ts';
import { lowerBound } from './ranges.ts';
import { branchAlways, isOrdered, phisOf, reloadOperand } from './rewrite.ts';

/** Instructions beside phis that a block may have to be copied. */
const maxBody = 4;
/** Instructions that are copied for all ways through one block. */
const maxCopies = 24;
/** Branches above a block that are asked. */
const maxFacts = 24;
/** A thread may show the next. */
const maxRounds = 8;

export function jumpThreading(func: Func, cx: PassContext): boolean {
  return threadInRounds(func, cx, false);
}

/** After rotation: the test at a loop's end has a way out of its own, on which more is known. */
export function threadLoopExits(func: Func, cx: PassContext): boolean {
  return cx.analyses.loops.innerFirst.length > 0 && threadInRounds(func, cx, false);
}

/** After unrolling, which counts iterations by the test at the loop's beginning. */
export function loopRotation(func: Func, cx: PassContext): boolean {
  return cx.analyses.loops.innerFirst.length > 0 && threadInRounds(func, cx, true);
}

function threadInRounds(func: Func, cx: PassContext, rotates: boolean): boolean {
  let changed = false;
  for (let round = 0; round < maxRounds; round++) {
    const analyses = changed ? new Analyses(func) : cx.analyses;
    if (!new Threading(func, { ...cx, analyses }, rotates).run()) break;
    changed = true;
    removeUnreachable(func, buildCfg(func));
    mem2reg(func, { ...cx, analyses: new Analyses(func) });
  }
  return changed;
}

/** A way into a block and where it leads: to one target, or to both by a test of its own. */
interface Thread {
  readonly from: BlockId;
  readonly targets: readonly BlockId[];
}

/** A value and those of its users that stand outside of its block. */
interface OutsideUse {
  readonly value: Ins;
  readonly users: readonly Ins[];
}

/** Instructions that this round has made or given an operand, by their operands; each value's in the order in which they came. */
class NewUsers {
  private readonly numbers = new Map<Ins, number>();
  private readonly users = new Map<ValueId, Set<Ins>>();

  add(user: Ins): void {
    if (!this.numbers.has(user)) this.numbers.set(user, this.numbers.size);
    for (const operand of user.operands) this.addUse(user, operand);
  }

  /** For one more operand of a user that may have many. */
  addOperand(user: Ins, operand: ValueId): void {
    if (this.numbers.has(user)) this.addUse(user, operand);
    else this.add(user);
  }

  /** Those that have had `value` as an operand. */
  of(value: ValueId): readonly Ins[] {
    const number = (user: Ins) => this.numbers.get(user) ?? 0;
    return [...(this.users.get(value) ?? [])].sort((a, b) => number(a) - number(b));
  }

  private addUse(user: Ins, operand: ValueId): void {
    const known = this.users.get(operand);
    if (known === undefined) this.users.set(operand, new Set([user]));
    else known.add(user);
  }
}

class Threading {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly headers: ReadonlyMap<BlockId, Loop>;
  /** Threads into loops past their test instead of threads elsewhere. */
  private readonly rotates: boolean;
  /** Blocks whose edges have changed: facts about them are stale until the next round. */
  private readonly touched = new Set<BlockId>();
  private readonly newUsers = new NewUsers();

  constructor(func: Func, cx: PassContext, rotates: boolean) {
    this.func = func;
    this.cx = cx;
    this.rotates = rotates;
    this.headers = new Map(cx.analyses.loops.innerFirst.map((loop) => [loop.header, loop]));
  }

  run(): boolean {
    let changed = false;
    for (const block of this.cx.analyses.cfg.rpo) if (this.visit(block)) changed = true;
    return changed;
  }

  private visit(block: BlockId): boolean {
    const { func, touched } = this;
    const branch = func.terminator(block);
    const [whenTrue, whenFalse] = branch.targets;
    const [condition] = branch.operands;
    if (branch.op !== Op.condbr || whenTrue === undefined || whenFalse === undefined) return false;
    if (condition === undefined || whenTrue === whenFalse || touched.has(block)) return false;
    const always = this.truth(condition, new Map(), block);
    if (always !== undefined) {
      this.touch(block);
      branchAlways(func, block, always ? whenTrue : whenFalse);
      return true;
    }
    const threads = this.threadsThrough(block, condition, whenTrue, whenFalse);
    if (threads.length === 0) return false;
    const outside = this.usedOutside(block);
    if (outside.some(({ value }) => value.type === Type.i1)) return false;
    this.touch(block);
    const slots = this.spill(block, outside);
    for (const way of threads) this.thread(block, way, slots);
    return true;
  }

  private touch(block: BlockId): void {
    const { predecessors, successors } = this.cx.analyses.cfg;
    this.touched.add(block);
    for (const other of predecessors[block] ?? []) this.touched.add(other);
    for (const other of successors[block] ?? []) this.touched.add(other);
  }

  // What is known.

  /** What comparisons that control has passed when it enters `block` say of another, the latest first. */
  private decidedAt(block: BlockId, wanted: Fact): boolean | undefined {
    const { cfg, dominators } = this.cx.analyses;
    let at = block;
    for (let step = 0; step < maxFacts; step++) {
      const parent = dominators.idom[at] ?? -1;
      if (parent < 0 || parent === at) return undefined;
      const above = asId<BlockId>(parent);
      if (this.touched.has(at) || this.touched.has(above)) return undefined;
      const predecessors = cfg.predecessors[at];
      if (predecessors?.length === 1 && predecessors[0] === above) {
        const decided = this.decidedByEdge(above, at, wanted);
        if (decided !== undefined) return decided;
      }
      at = above;
    }
    return undefined;
  }

  /** What it says that control goes from one block to another. */
  private decidedByEdge(from: BlockId, to: BlockId, wanted: Fact): boolean | undefined {
    const { func } = this;
    const branch = func.terminator(from);
    const condition = branch.operands[0];
    const whenTrue = branch.targets[0];
    if (branch.op !== Op.condbr || condition === undefined || whenTrue === branch.targets[1])
      return undefined;
    const fact = factOf(func.ins(condition), whenTrue === to);
    return fact === undefined ? undefined : decide(func, fact, wanted, this.isStrong);
  }

  /**
   * The value of a condition at the end of `block`, or where control comes there by the way from `from`; `known` says what phis of
   * the block are.
   */
  private truth(
    condition: ValueId,
    known: ReadonlyMap<ValueId, ValueId>,
    block: BlockId,
    from?: BlockId,
  ): boolean | undefined {
    const { func, isStrong } = this;
    const constant = this.constant(condition, known, 0);
    if (constant !== undefined) return constant !== 0n;
    const test = factOf(func.ins(condition), true);
    if (test === undefined) return undefined;
    const { predicate } = test;
    const left = known.get(test.left) ?? test.left;
    const right = known.get(test.right) ?? test.right;
    const wanted = { predicate, left, right };
    if (constantOf(func, right) === 0n && isNonNull(func, left, isStrong)) {
      return decide(func, { predicate: Predicate.ne, left, right }, wanted, isStrong);
    }
    const bound = this.boundOf(test.left, left, known);
    const bounded = bound === undefined ? undefined : decide(func, bound, wanted, isStrong);
    if (bounded !== undefined || from === undefined) return bounded ?? this.decidedAt(block, wanted);
    return this.decidedByEdge(from, block, wanted) ?? this.decidedAt(from, wanted);
  }

  /** That a number is not small, where its definition says so. */
  private boundOf(value: ValueId, now: ValueId, known: ReadonlyMap<ValueId, ValueId>): Fact | undefined {
    const { func } = this;
    const { type } = func.ins(now);
    const bound = type === Type.ptr ? 0n : lowerBound(func, value, known);
    return bound === 0n
      ? undefined
      : { predicate: Predicate.uge, left: now, right: func.constant(type, bound) };
  }

  private readonly isStrong = (symbol: number): boolean => {
    const row = this.cx.module.symbols[symbol];
    return row !== undefined && row.linkage !== 'weak';
  };

  private constant(value: ValueId, known: ReadonlyMap<ValueId, ValueId>, depth: number): bigint | undefined {
    const { func } = this;
    const ins = func.ins(known.get(value) ?? value);
    if (ins.op === Op.const) return ins.imm;
    const isComputed = opRow(ins.op).placed && ins.op !== Op.phi && !opRow(ins.op).effect;
    if (depth > maxBody || !isComputed || known.size === 0) return undefined;
    const operands: bigint[] = [];
    for (const operand of ins.operands) {
      const constant = this.constant(operand, known, depth + 1);
      if (constant === undefined) return undefined;
      operands.push(constant);
    }
    const [first] = ins.operands;
    return first === undefined ? undefined : foldValues(ins, func.ins(first).type, operands);
  }

  /** On this way the test asks for a condition that is known as such: the branch can be on that. */
  private becomesCondition(condition: ValueId, known: ReadonlyMap<ValueId, ValueId>): boolean {
    const { func } = this;
    if (known.has(condition)) return true;
    const test = factOf(func.ins(condition), true);
    const left = test === undefined ? undefined : known.get(test.left);
    if (test === undefined || left === undefined || constantOf(func, test.right) === undefined) return false;
    const value = func.ins(left);
    const [first] = value.operands;
    return value.op === Op.zext && first !== undefined && func.ins(first).type === Type.i1;
  }

  // Finding threads.

  private threadsThrough(
    block: BlockId,
    condition: ValueId,
    whenTrue: BlockId,
    whenFalse: BlockId,
  ): readonly Thread[] {
    const { func, cx, touched } = this;
    const { cfg, dominators } = cx.analyses;
    const body = this.bodyOf(block);
    const loop = this.headers.get(block);
    if (block === func.entry || (loop !== undefined) !== this.rotates || body === undefined) return [];
    if (loop !== undefined) return this.entriesPast(loop, condition, whenTrue, whenFalse);
    const threads: Thread[] = [];
    for (const from of cfg.predecessors[block] ?? []) {
      const { op } = func.terminator(from);
      if (touched.has(from) || (op !== Op.br && op !== Op.condbr && op !== Op.switch)) continue;
      if ((threads.length + 1) * body.length > maxCopies) break;
      const known = this.valuesFrom(block, from);
      const truth = this.truth(condition, known, block, from);
      const both = [whenTrue, whenFalse];
      const targets = truth === undefined ? both : [truth ? whenTrue : whenFalse];
      if (truth === undefined && (op !== Op.br || !this.becomesCondition(condition, known))) continue;
      if (!targets.some((to) => dominators.dominates(to, block))) threads.push({ from, targets });
    }
    return threads;
  }

  /** The ways into a loop when all of them pass the test at its beginning. */
  private entriesPast(
    loop: Loop,
    condition: ValueId,
    whenTrue: BlockId,
    whenFalse: BlockId,
  ): readonly Thread[] {
    const { func, headers, touched } = this;
    const inside = loop.blocks.has(whenTrue);
    const next = inside ? whenTrue : whenFalse;
    if (loop.blocks.has(inside ? whenFalse : whenTrue) || headers.has(next)) return [];
    const threads: Thread[] = [];
    for (const from of this.cx.analyses.cfg.predecessors[loop.header] ?? []) {
      if (loop.blocks.has(from)) continue;
      const { op } = func.terminator(from);
      if (touched.has(from) || (op !== Op.br && op !== Op.condbr && op !== Op.switch)) return [];
      const known = this.valuesFrom(loop.header, from);
      if (this.truth(condition, known, loop.header, from) !== inside) return [];
      threads.push({ from, targets: [next] });
    }
    return threads;
  }

  /** What stands between the phis and the branch; undefined when it is more than a condition's computation. */
  private bodyOf(block: BlockId): readonly Ins[] | undefined {
    const { func } = this;
    const body: Ins[] = [];
    for (const id of func.block(block).instructions.slice(0, -1)) {
      const ins = func.ins(id);
      if (ins.op === Op.phi) continue;
      const isMark = ins.op === Op.lifetime_start || ins.op === Op.lifetime_end;
      if ((opRow(ins.op).effect && !isMark) || isOrdered(ins) || body.length === maxBody) return undefined;
      body.push(ins);
    }
    return body;
  }

  private valuesFrom(block: BlockId, from: BlockId): Map<ValueId, ValueId> {
    const known = new Map<ValueId, ValueId>();
    for (const phi of phisOf(this.func, block)) {
      const operand = phi.operands[phi.targets.indexOf(from)];
      if (operand !== undefined) known.set(phi.id, operand);
    }
    return known;
  }

  /** Values of the block and who uses them elsewhere; operands of its successors' phis count as used here. */
  private usedOutside(block: BlockId): readonly OutsideUse[] {
    const { func, cx } = this;
    const result: OutsideUse[] = [];
    for (const id of func.block(block).instructions) {
      const users = new Set<Ins>();
      for (const list of [cx.analyses.uses.of(id), this.newUsers.of(id)]) {
        for (const user of list) if (this.isUsedOutside(user, id, block)) users.add(user);
      }
      if (users.size > 0) result.push({ value: func.ins(id), users: [...users] });
    }
    return result;
  }

  private isUsedOutside(user: Ins, value: ValueId, block: BlockId): boolean {
    if (this.func.values[user.id] !== user) return false;
    return user.operands.some((operand, i) => {
      const where = user.op === Op.phi ? user.targets[i] : user.block;
      return operand === value && where !== block;
    });
  }

  // Applying them.

  /** Puts values that are used elsewhere on the stack; slot by value. */
  private spill(block: BlockId, outside: readonly OutsideUse[]): ReadonlyMap<ValueId, ValueId> {
    const { func } = this;
    const slots = new Map<ValueId, ValueId>();
    for (const { value, users } of outside) {
      const local =
        func.locals.push({ name: 'joined value', pos: value.pos, inlinedFrom: [], isTemporary: true }) - 1;
      const bytes = bitsOf(value.type) >>> 3;
      const slot = new Builder(func, block, value.pos).alloca(BigInt(bytes), bytes, local);
      slots.set(value.id, slot);
      for (const user of users) this.reload(user, value, slot, block);
    }
    const list = func.block(block).instructions;
    const terminator = list.pop();
    for (const [value, slot] of slots) this.store(block, value, slot);
    if (terminator !== undefined) list.push(terminator);
    return slots;
  }

  private store(block: BlockId, value: ValueId, slot: ValueId): void {
    const { func } = this;
    const { type, pos } = func.ins(value);
    const store = func.create(Op.store, Type.void, [value, slot], pos);
    store.align = bitsOf(type) >>> 3;
    this.newUsers.add(func.append(block, store));
  }

  private reload(user: Ins, value: Ins, slot: ValueId, block: BlockId): void {
    const { func } = this;
    const load = (before: Ins): ValueId => {
      const ins = func.create(Op.load, value.type, [slot], before.pos);
      ins.align = bitsOf(value.type) >>> 3;
      return func.insertBefore(before, ins).id;
    };
    reloadOperand(func, user, value.id, load, (from) => from === block);
  }

  private thread(block: BlockId, thread: Thread, slots: ReadonlyMap<ValueId, ValueId>): void {
    const { func } = this;
    const { from, targets } = thread;
    const values = this.valuesFrom(block, from);
    const test = func.terminator(block);
    const way = func.addBlock();
    for (const ins of this.neededOnWay(block, targets, slots)) {
      values.set(ins.id, this.copy(ins, way.id, values));
    }
    for (const [value, slot] of slots) this.store(way.id, values.get(value) ?? value, slot);
    const branch = func.create(targets.length === 1 ? Op.br : Op.condbr, Type.void, [], test.pos);
    if (branch.op === Op.condbr) branch.operands = test.operands.map((value) => values.get(value) ?? value);
    branch.targets = [...targets];
    this.newUsers.add(func.append(way.id, branch));
    for (const phi of targets.flatMap((to) => phisOf(func, to))) {
      const operand = phi.operands[phi.targets.indexOf(block)];
      if (operand === undefined) continue;
      const value = values.get(operand) ?? operand;
      phi.operands.push(value);
      phi.targets.push(way.id);
      this.newUsers.addOperand(phi, value);
    }
    const terminator = func.terminator(from);
    terminator.targets = terminator.targets.map((target) => (target === block ? way.id : target));
    removePhiSource(func, block, from);
  }

  /** What has to be computed on the way as well: values that are used behind it, and lifetime marks. */
  private neededOnWay(
    block: BlockId,
    targets: readonly BlockId[],
    slots: ReadonlyMap<ValueId, ValueId>,
  ): readonly Ins[] {
    const { func } = this;
    const wanted = new Set<ValueId>(slots.keys());
    if (targets.length > 1) for (const operand of func.terminator(block).operands) wanted.add(operand);
    for (const phi of targets.flatMap((to) => phisOf(func, to))) {
      const operand = phi.operands[phi.targets.indexOf(block)];
      if (operand !== undefined) wanted.add(operand);
    }
    const needed: Ins[] = [];
    for (const id of func.block(block).instructions.slice(0, -1).reverse()) {
      const ins = func.ins(id);
      const isMark = ins.op === Op.lifetime_start || ins.op === Op.lifetime_end;
      if (ins.op === Op.phi || (!wanted.has(id) && !isMark)) continue;
      for (const operand of ins.operands) wanted.add(operand);
      needed.push(ins);
    }
    return needed.reverse();
  }

  private copy(ins: Ins, block: BlockId, values: ReadonlyMap<ValueId, ValueId>): ValueId {
    const { func } = this;
    const operands = ins.operands.map((operand) => values.get(operand) ?? operand);
    const copy = func.create(ins.op, ins.type, operands, ins.pos);
    copy.imm = ins.imm;
    copy.aux = ins.aux;
    copy.align = ins.align;
    copy.flags = ins.flags;
    this.newUsers.add(copy);
    func.takeNames(ins.id, copy.id);
    return func.append(block, copy).id;
  }
}
