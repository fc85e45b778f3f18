/**
 * Copies of whole loops, one for each run: the test that ends the loop is decided in every copy, the loop itself
 * becomes the last.
 *
 * Values that leave a loop go through memory first and mem2reg makes phis of them afterwards, which spares a phi
 * construction of our own.
 */

import { Builder } from '../ir/builder.ts';
import { removePhiSource } from '../ir/cfg.ts';
import { type BlockId, type Func, type Ins, noBlock, type ValueId } from '../ir/func.ts';
import type { Loop } from '../ir/loops.ts';
import { Op, opRow, Predicate } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { Uses } from '../ir/uses.ts';
import { branchAlways, reloadOperand } from './rewrite.ts';
import type { TripCount } from './trip-count.ts';

/** Where blocks stand in the layout. */
export class LayoutOrder {
  private readonly places: Map<BlockId, number>;

  constructor(func: Func) {
    this.places = new Map(func.layout.map((block, index) => [block, index]));
  }

  placeOf(block: BlockId): number {
    return this.places.get(block) ?? this.places.size;
  }

  sorted(blocks: Iterable<BlockId>): BlockId[] {
    return [...blocks].sort((a, b) => this.placeOf(a) - this.placeOf(b));
  }

  /** New blocks that stand in front of another, in this order. */
  putBefore(block: BlockId, added: readonly BlockId[]): void {
    const place = this.placeOf(block);
    added.forEach((id, index) => {
      this.places.set(id, place - 1 + (index + 1) / (added.length + 1));
    });
  }
}

export interface LoopToCopy {
  readonly loop: Loop;
  readonly count: TripCount;
}

/**
 * Unrolls loops that have no block in common. Who uses a value is looked up in lists that are kept right as loops are
 * copied, and the layout is made anew once, so that many loops in one function take no longer than in many.
 */
export function copyLoops(func: Func, loops: readonly LoopToCopy[], order: LayoutOrder): void {
  const uses = new Uses(func);
  for (const { loop, count } of loops) new LoopCopies(func, loop, count, order, uses).run();
  func.layout = order.sorted(func.layout);
}

class LoopCopies {
  private readonly func: Func;
  private readonly loop: Loop;
  private readonly count: TripCount;
  private readonly order: LayoutOrder;
  private readonly uses: Uses;
  /** Blocks of the loop in layout order. */
  private readonly blocks: readonly BlockId[];

  constructor(func: Func, loop: Loop, count: TripCount, order: LayoutOrder, uses: Uses) {
    this.func = func;
    this.loop = loop;
    this.count = count;
    this.order = order;
    this.uses = uses;
    this.blocks = order.sorted(loop.blocks);
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
        this.uses,
      );
      copy.make(before);
      for (const id of copy.layout) added.push(id);
      this.decide(copy.blockOf(this.count.exiting), false);
      before = copy;
    }
    this.finish(before, latch);
    this.order.putBefore(this.blocks[0] ?? this.loop.header, added);
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
    const { func } = this;
    const outside = new Map<ValueId, Ins[]>();
    for (const [value, user] of this.outsideUses()) {
      const list = outside.get(value);
      if (list === undefined) outside.set(value, [user]);
      else if (!list.includes(user)) list.push(user);
    }
    for (const [value, users] of outside) this.spill(func.ins(value), users);
  }

  /** Values of the loop with users elsewhere, in the order in which the users stand. */
  private outsideUses(): [ValueId, Ins][] {
    const { func, loop, order } = this;
    const users = new Set<Ins>();
    for (const block of loop.blocks) {
      for (const value of func.block(block).instructions) {
        for (const user of this.uses.of(value)) {
          // The lists may have instructions that are gone or have other operands by now.
          if (func.values[user.id] === user && this.isUsedOutside(user, value)) users.add(user);
        }
      }
    }
    const blocks = order.sorted(new Set([...users].map((user) => user.block)));
    return blocks.flatMap((block) =>
      func.block(block).instructions.flatMap((id) => {
        const user = func.ins(id);
        return users.has(user)
          ? this.outsideOperands(user).map((value): [ValueId, Ins] => [value, user])
          : [];
      }),
    );
  }

  private isUsedOutside(user: Ins, value: ValueId): boolean {
    const { loop } = this;
    if (user.op !== Op.phi) return !loop.blocks.has(user.block) && user.operands.includes(value);
    return user.operands.some((operand, i) => operand === value && !this.comesFromInside(user, i));
  }

  private comesFromInside(phi: Ins, i: number): boolean {
    return this.loop.blocks.has(phi.targets[i] ?? phi.block);
  }

  private outsideOperands(user: Ins): ValueId[] {
    const { func, loop } = this;
    return user.operands.filter((operand, i) => {
      const { op, block } = func.ins(operand);
      const isInside = opRow(op).placed && loop.blocks.has(block);
      return isInside && !(user.op === Op.phi && this.comesFromInside(user, i));
    });
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
  private readonly uses: Uses;
  private readonly newBlocks = new Map<BlockId, BlockId>();
  private readonly newValues = new Map<ValueId, ValueId>();

  constructor(func: Func, loop: Loop, blocks: readonly BlockId[], latch: BlockId, uses: Uses) {
    this.func = func;
    this.uses = uses;
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
      this.uses.addUser(copy);
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
          const copied = this.valueOf(operand);
          phi.operands.push(copied);
          phi.targets.push(this.blockOf(id));
          this.uses.addUse(copied, phi);
        }
      }
    }
  }
}
