/**
 * The join of blocks that end alike: blocks and the length of their tails -> what it saves, or one block in the tails' place.
 *
 * Instructions of the tails are matched by position. An operand that differs is, in this order: the result of matched
 * instructions; a temporary of which nothing but the tail knows; an expression computed in the blocks themselves, which is
 * computed anew; a phi. What the rules of the verifier forbid is not joined: a pointer does not become a phi (an access has one
 * kind of pointer), nor does what is compared (that value is the one used later) or given to a function of the kernel (which
 * may take it as constant for the instruction). A helper's integers may differ: the verifier goes each way with the
 * numbers of that way. An expression from an earlier block is not computed again, since a branch may have checked it.
 */

import { addIncoming } from '../ir/builder.ts';
import { type Block, type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { bitsOf, isIntegerType, Type } from '../ir/types.ts';
import type { Uses } from '../ir/uses.ts';
import { bug } from '../support/bug.ts';
import type { PassContext } from './pass.ts';
import { discard, phisOf } from './rewrite.ts';

const maxDepth = 256;

export interface Member {
  readonly block: Block;
  /** Instructions with effects, the last first, without the terminator. */
  readonly effects: readonly Ins[];
  /** What each of them looks like. */
  readonly shapes: readonly string[];
}

export interface Plan {
  /** Slots saved. */
  readonly profit: number;
  /** The tail must be shorter than this; undefined when it can be joined. */
  readonly failedAt: number | undefined;
}

/** Computed from its operands alone. */
function isExpression(ins: Ins): boolean {
  const { memory, effect, placed } = opRow(ins.op);
  return (
    placed &&
    memory === 'none' &&
    !effect &&
    ins.op !== Op.phi &&
    ins.op !== Op.alloca &&
    ins.op !== Op.asm_output
  );
}

/** Instructions that a tail ends in front of: they belong to their place. */
function isAnchored(ins: Ins): boolean {
  return ins.op === Op.phi || ins.op === Op.alloca || ins.op === Op.asm || ins.op === Op.asm_output;
}

function shapeOf(func: Func, ins: Ins): string {
  const { op, type, imm, align, flags, operands } = ins;
  const row = op === Op.core_relocation ? JSON.stringify(func.coreRelocations[ins.aux]) : ins.aux;
  const stored = op === Op.store ? func.ins(operands[0] ?? ins.id).type : 0;
  return `${op} ${type} ${row} ${imm} ${align} ${flags} ${operands.length} ${stored}`;
}

export function memberOf(func: Func, block: Block): Member {
  const effects: Ins[] = [];
  for (let i = block.instructions.length - 2; i >= 0 && effects.length < maxDepth; i--) {
    const id = block.instructions[i];
    if (id === undefined) break;
    const ins = func.ins(id);
    if (isAnchored(ins)) break;
    if (!isExpression(ins)) effects.push(ins);
  }
  return { block, effects, shapes: effects.map((ins) => shapeOf(func, ins)) };
}

export function planJoin(func: Func, cx: PassContext, members: readonly Member[], depth: number): Plan {
  return new TailJoin(func, cx, members, depth).plan();
}

/** May a value be chosen by a phi? `edge`: it flows into a phi anyway. */
type Choice = 'never' | 'integer' | 'edge';

interface Resolution {
  readonly kind: 'same' | 'matched' | 'object' | 'copy' | 'phi';
  /** Slots that it takes more than before. */
  readonly cost: number;
}

export class TailJoin {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly members: readonly Member[];
  private readonly depth: number;
  /** By member: what is defined in its tail and cannot stay before it. */
  private readonly moved: readonly ReadonlySet<ValueId>[];
  private readonly matched = new Set<string>();
  private readonly resolutions = new Map<string, Resolution | undefined>();
  private readonly made = new Map<string, ValueId>();
  private readonly phis: Ins[] = [];
  private tail: Block | undefined = undefined;

  constructor(func: Func, cx: PassContext, members: readonly Member[], depth: number) {
    this.func = func;
    this.cx = cx;
    this.members = members;
    this.depth = depth;
    this.moved = members.map((member) => this.movedBy(member));
  }

  private movedBy({ block, effects }: Member): ReadonlySet<ValueId> {
    const moved = new Set<ValueId>();
    for (let i = 0; i < this.depth; i++) {
      const ins = effects[i];
      if (ins !== undefined) moved.add(ins.id);
    }
    for (const id of block.instructions) {
      const ins = this.func.ins(id);
      if (isExpression(ins) && ins.operands.some((operand) => moved.has(operand))) moved.add(id);
    }
    return moved;
  }

  /** The instructions at one place of the tails. */
  private row(index: number): Ins[] {
    return this.members.flatMap(({ effects }) => effects[index] ?? []);
  }

  private terminators(): Ins[] {
    return this.members.map(({ block }) => this.func.terminator(block.id));
  }

  plan(): Plan {
    const others = this.members.length - 1;
    let tailSize = 0;
    let cost = 0;
    for (let index = this.depth - 1; index >= 0; index--) {
      const row = this.row(index);
      const more = this.resolveOperands(row);
      if (more === undefined) return { profit: 0, failedAt: index };
      const [first] = row;
      if (first !== undefined) tailSize += slotsOf(this.func, first);
      cost += more;
      this.matched.add(keyOf(row.map(({ id }) => id)));
    }
    const terminators = this.terminators();
    const more = this.resolveOperands(terminators);
    const edges = this.edgeTuples().every((tuple) => this.resolve(tuple, 'edge') !== undefined);
    if (more === undefined || !edges) return { profit: 0, failedAt: 0 };
    const [first] = terminators;
    // Each of the others gets a jump in the place of its terminator.
    if (first !== undefined && first.op !== Op.br) tailSize += slotsOf(this.func, first) - 1;
    return { profit: others * tailSize - cost - more, failedAt: undefined };
  }

  /** What flows into the phis of the blocks behind the tails. */
  private edgeTuples(): ValueId[][] {
    const [first] = this.terminators();
    return [...new Set(first?.targets)].flatMap((target) =>
      phisOf(this.func, target).map((phi) => this.incoming(phi)),
    );
  }

  private incoming(phi: Ins): ValueId[] {
    return this.members.flatMap(({ block }) => phi.operands[phi.targets.indexOf(block.id)] ?? []);
  }

  private resolveOperands(row: readonly Ins[]): number | undefined {
    const [first] = row;
    let cost = 0;
    for (let index = 0; index < (first?.operands.length ?? 0); index++) {
      const tuple = row.flatMap((ins) => ins.operands[index] ?? []);
      const resolution = first === undefined ? undefined : this.resolve(tuple, this.choiceOf(first));
      if (first === undefined || resolution === undefined) return undefined;
      // What goes to a register of its own needs one move of each member before and after.
      const isNewPhi = resolution.cost > 0 && resolution.kind === 'phi';
      if (!isNewPhi) cost += resolution.cost;
      else cost += isPassed(first) ? resolution.cost - 1 : this.movesOf(tuple);
    }
    return cost;
  }

  private choiceOf(ins: Ins): Choice {
    switch (ins.op) {
      case Op.store:
      case Op.ret:
      case Op.atomicrmw:
      case Op.call_helper:
        return 'integer';
      case Op.call:
        return this.cx.module.symbols[ins.aux]?.func === undefined ? 'never' : 'integer';
      default:
        return 'never';
    }
  }

  private resolve(tuple: readonly ValueId[], choice: Choice): Resolution | undefined {
    const key = keyOf(tuple);
    if (tuple.every((value) => value === tuple[0])) return { kind: 'same', cost: 0 };
    if (this.matched.has(key)) return { kind: 'matched', cost: 0 };
    const known = `${choice} ${key}`;
    if (this.resolutions.has(known)) {
      const again = this.resolutions.get(known);
      return again === undefined ? undefined : { kind: again.kind, cost: 0 };
    }
    const found = this.resolveNew(tuple, choice);
    this.resolutions.set(known, found);
    return found;
  }

  private resolveNew(tuple: readonly ValueId[], choice: Choice): Resolution | undefined {
    const row = tuple.map((value) => this.func.ins(value));
    const [first] = row;
    if (first === undefined) return undefined;
    if (first.op === Op.alloca) return this.areTemporaries(row) ? { kind: 'object', cost: 0 } : undefined;
    const copy = this.copyCost(row);
    if (copy !== undefined) return { kind: 'copy', cost: copy };
    if (tuple.some((value, member) => this.moved[member]?.has(value) === true)) return undefined;
    if (choice === 'edge') return { kind: 'phi', cost: 0 };
    // Late in the pipeline no phi is narrower than a register (V16).
    if (choice === 'never' || !isIntegerType(first.type) || bitsOf(first.type) < 32) return undefined;
    return { kind: 'phi', cost: tuple.length };
  }

  /** Moves that a stored phi needs: none for what is computed for the store alone, which goes to the phi's register. */
  private movesOf(tuple: readonly ValueId[]): number {
    const { uses } = this.cx.analyses;
    const isFree = (value: ValueId): boolean =>
      constantOf(this.func, value) === undefined &&
      opRow(this.func.ins(value).op).placed &&
      uses.count(value) === 1;
    return tuple.filter((value) => !isFree(value)).length;
  }

  /** What it costs to compute an expression anew in the tail; undefined when that cannot be. */
  private copyCost(row: readonly Ins[]): number | undefined {
    const [first] = row;
    if (first === undefined || !isExpression(first)) return undefined;
    const shape = shapeOf(this.func, first);
    if (!row.every((ins) => isExpression(ins) && shapeOf(this.func, ins) === shape)) return undefined;
    const isOwn = row.every((ins, member) => ins.block === this.members[member]?.block.id);
    const isOffset =
      first.op === Op.ptradd && constantOf(this.func, first.operands[1] ?? first.id) !== undefined;
    if (!isOwn && !isOffset) return undefined;
    const cost = this.resolveOperandsOf(row);
    if (cost === undefined) return undefined;
    // Conversions and constant offsets are part of their users, mostly; what only the tails use goes from all of them.
    const isPart =
      isOffset ||
      first.op === Op.zext ||
      first.op === Op.trunc ||
      first.op === Op.inttoptr ||
      first.op === Op.icmp;
    const isGone = row.every(({ id }) => this.cx.analyses.uses.count(id) === 1);
    const own = isPart ? 0 : 1;
    return cost + (isGone ? -own * (row.length - 1) : own);
  }

  private resolveOperandsOf(row: readonly Ins[]): number | undefined {
    const [first] = row;
    let cost = 0;
    for (let index = 0; index < (first?.operands.length ?? 0); index++) {
      const resolution = this.resolve(
        row.flatMap((ins) => ins.operands[index] ?? []),
        'never',
      );
      if (resolution === undefined) return undefined;
      cost += resolution.cost;
    }
    return cost;
  }

  /** Objects of one size that only their own tails know. */
  private areTemporaries(row: readonly Ins[]): boolean {
    const [first] = row;
    return row.every(
      (ins, member) =>
        ins.op === Op.alloca &&
        ins.imm === first?.imm &&
        ins.align === first.align &&
        this.isKnownOnlyTo(ins, member),
    );
  }

  private isKnownOnlyTo(value: Ins, member: number): boolean {
    return this.cx.analyses.uses.of(value.id).every((user) => {
      if (this.func.values[user.id] !== user) return true;
      if (this.moved[member]?.has(user.id) === true) return true;
      return isExpression(user) && this.isKnownOnlyTo(user, member);
    });
  }

  /** Puts the joined tail in a block of its own. `uses` learns of new users. */
  apply(uses: Uses): void {
    const { func } = this;
    if (this.plan().failedAt !== undefined) return;
    const tail = func.addBlock();
    this.tail = tail;
    const [kept] = this.members;
    if (kept === undefined) return;
    for (let index = this.depth - 1; index >= 0; index--) this.moveRow(this.row(index), uses);
    const terminators = this.terminators();
    const targets = [...new Set(terminators[0]?.targets)];
    const edges = targets.flatMap((target) =>
      phisOf(func, target).map((phi) => ({ phi, value: this.make(this.incoming(phi), 'edge', uses) })),
    );
    this.moveRow(terminators, uses);
    for (const { phi, value } of edges) this.redirect(phi, value, tail.id, uses);
    tail.instructions.unshift(...this.phis.map(({ id }) => id));
    this.members.forEach(({ block }, member) => {
      const gone = this.moved[member];
      const last = terminators[member];
      const kept = block.instructions.filter((id) => gone?.has(id) !== true && id !== last?.id);
      for (const id of block.instructions) {
        const ins = func.values[id];
        if (gone?.has(id) === true && ins !== undefined && ins.block === block.id) discard(func, ins);
      }
      block.instructions = kept;
      const branch = func.create(Op.br, Type.void, [], last?.pos);
      branch.targets = [tail.id];
      func.append(block.id, branch);
    });
  }

  /** Moves the first member's instruction into the tail; the others' go. */
  private moveRow(row: readonly Ins[], uses: Uses): void {
    const { func, tail } = this;
    const [first, ...others] = row;
    if (first === undefined || tail === undefined) return;
    const choice = this.choiceOf(first);
    const operands = first.operands.map((_, index) =>
      this.make(
        row.flatMap((ins) => ins.operands[index] ?? []),
        choice,
        uses,
      ),
    );
    first.operands = operands;
    func.names?.keepCommon(
      first.id,
      row.map(({ id }) => id),
    );
    func.append(tail.id, first);
    uses.addUser(first);
    for (const other of others) discard(func, other);
  }

  /** The value in the tail that stands for a tuple. */
  private make(tuple: readonly ValueId[], choice: Choice, uses: Uses): ValueId {
    const [first] = tuple;
    const { func, tail } = this;
    const resolution = this.resolve(tuple, choice);
    const key = keyOf(tuple);
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const model = func.values[first ?? -1];
    if (first === undefined || tail === undefined || resolution === undefined || model === undefined) {
      return bug(`a planned join in ${func.name} fails`);
    }
    if (resolution.kind !== 'copy' && resolution.kind !== 'phi') return first;
    const ins = func.create(resolution.kind === 'copy' ? model.op : Op.phi, model.type, [], model.pos);
    if (resolution.kind === 'copy') this.fillCopy(ins, model, tuple, uses);
    else this.fillPhi(ins, tuple, tail.id);
    uses.addUser(ins);
    func.names?.keepCommon(ins.id, tuple);
    this.made.set(key, ins.id);
    return ins.id;
  }

  private fillCopy(ins: Ins, model: Ins, tuple: readonly ValueId[], uses: Uses): void {
    const row = tuple.map((value) => this.func.ins(value));
    ins.operands = model.operands.map((_, index) =>
      this.make(
        row.flatMap(({ operands }) => operands[index] ?? []),
        'never',
        uses,
      ),
    );
    ins.aux = model.aux;
    ins.imm = model.imm;
    ins.align = model.align;
    ins.flags = model.flags;
    if (this.tail !== undefined) this.func.append(this.tail.id, ins);
  }

  private fillPhi(ins: Ins, tuple: readonly ValueId[], tail: BlockId): void {
    ins.operands = [...tuple];
    ins.targets = this.members.map(({ block }) => block.id);
    ins.block = tail;
    this.phis.push(ins);
  }

  private redirect(phi: Ins, value: ValueId, tail: BlockId, uses: Uses): void {
    const from = new Set(this.members.map(({ block }) => block.id));
    phi.operands = phi.operands.filter((_, i) => !from.has(phi.targets[i] ?? tail));
    phi.targets = phi.targets.filter((source) => !from.has(source));
    addIncoming(phi, value, tail);
    uses.addUser(phi);
  }
}

function keyOf(tuple: readonly ValueId[]): string {
  return tuple.join();
}

/** Are its operands moved to registers that the calling convention names? */
function isPassed({ op }: Ins): boolean {
  return op === Op.call || op === Op.call_helper || op === Op.ret;
}

/** Slots that an instruction takes, what it needs in registers included. */
function slotsOf(func: Func, ins: Ins): number {
  if (ins.op === Op.lifetime_start || ins.op === Op.lifetime_end) return 0;
  if (!isPassed(ins)) return 1;
  return ins.operands.reduce((sum, value) => sum + argumentSlots(func, value), 1);
}

function argumentSlots(func: Func, value: ValueId): number {
  const { op } = func.ins(value);
  return op === Op.globaladdr || op === Op.alloca ? 2 : 1;
}
