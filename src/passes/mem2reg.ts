/**
 * Stack objects that are only loaded and stored as a whole become SSA values.
 *
 * Needs: reachable blocks only. Method: Cytron et al., "Efficiently Computing Static Single Assignment Form and
 * the Control Dependence Graph" (1991): phis at iterated dominance frontiers, pruned by liveness of the object,
 * then one renaming walk over the dominator tree (with an undo log instead of stacks per variable).
 * A load before any store gives undef. Pointers and 64-bit integers share a slot: the access that differs becomes a cast.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import type { Cfg } from '../ir/cfg.ts';
import type { BlockId, Func, Ins, ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import type { PassContext } from './pass.ts';
import { become, discard, isOrdered, Replacements, sweep } from './rewrite.ts';

interface Slot {
  readonly alloca: Ins;
  readonly type: Type;
  readonly index: number;
}

export function mem2reg(func: Func, cx: PassContext): boolean {
  const slots = promotableSlots(func, cx);
  if (slots.length === 0) return false;
  new Promotion(func, cx, slots).run();
  return true;
}

function promotableSlots(func: Func, cx: PassContext): Slot[] {
  const slots: Slot[] = [];
  for (const id of func.block(func.entry).instructions) {
    const alloca = func.ins(id);
    if (alloca.op !== Op.alloca) continue;
    const type = slotType(func, alloca, cx.analyses.uses.of(id));
    if (type !== undefined) slots.push({ alloca, type, index: slots.length });
  }
  return slots;
}

/** The one type in which an object is accessed; undefined when it must stay in memory. */
function slotType(func: Func, alloca: Ins, users: readonly Ins[]): Type | undefined {
  let type: Type = Type.void;
  for (const user of users) {
    if (user.op === Op.lifetime_start || user.op === Op.lifetime_end) continue;
    const accessed = accessedType(func, alloca, user);
    if (accessed === undefined) return undefined;
    if (type === Type.void || accessed === Type.ptr) {
      if (type !== Type.void && bitsOf(type) !== 64) return undefined;
      type = accessed;
    } else if (accessed !== type && bitsOf(accessed) !== bitsOf(type)) return undefined;
  }
  // Objects that are never accessed go as well.
  return type === Type.void ? Type.i64 : type;
}

function accessedType(func: Func, alloca: Ins, user: Ins): Type | undefined {
  if (isOrdered(user)) return undefined;
  if (user.op === Op.load) return user.type;
  const [value, pointer] = user.operands;
  if (user.op !== Op.store || pointer !== alloca.id || value === undefined || value === alloca.id)
    return undefined;
  return func.ins(value).type;
}

const noValue = -1;

class Promotion {
  private readonly func: Func;
  private readonly cfg: Cfg;
  private readonly cx: PassContext;
  private readonly slots: readonly Slot[];
  private readonly slotOf = new Map<ValueId, Slot>();
  /** Phis that were placed: block -> the slot of each. */
  private readonly phis = new Map<BlockId, { readonly phi: Ins; readonly slot: Slot }[]>();
  /** The value of each slot at the current point of the walk. */
  private readonly current: Int32Array;
  private readonly log: { slot: number; before: number }[] = [];
  private readonly replacements = new Replacements();

  constructor(func: Func, cx: PassContext, slots: readonly Slot[]) {
    this.func = func;
    this.cx = cx;
    this.cfg = cx.analyses.cfg;
    this.slots = slots;
    this.current = new Int32Array(slots.length).fill(noValue);
    for (const slot of slots) this.slotOf.set(slot.alloca.id, slot);
  }

  run(): void {
    this.placePhis();
    this.walk();
    for (const slot of this.slots) discard(this.func, slot.alloca);
    this.replacements.apply(this.func);
    sweep(this.func);
  }

  private placePhis(): void {
    const { dominators, uses } = this.cx.analyses;
    const found = new Map<BlockId, Ins[]>();
    const firstLoads = this.blocksLoadedFirst();
    for (const slot of this.slots) {
      const stores = new Set<BlockId>();
      const loads = new Set<BlockId>();
      for (const user of uses.of(slot.alloca.id)) {
        if (user.op === Op.store) stores.add(user.block);
        else if (user.op === Op.load) loads.add(user.block);
      }
      const live = this.liveInBlocks(firstLoads.get(slot) ?? [], loads, stores);
      const work = [...stores];
      const placed = new Set<BlockId>();
      for (let block = work.pop(); block !== undefined; block = work.pop()) {
        for (const meet of dominators.frontier(block)) {
          if (placed.has(meet) || !live.has(meet)) continue;
          placed.add(meet);
          work.push(meet);
          this.addPhi(meet, slot, found);
        }
      }
    }
    for (const [block, phis] of found) {
      const target = this.func.block(block);
      target.instructions = [...phis.map((phi) => phi.id), ...target.instructions];
    }
  }

  private addPhi(block: BlockId, slot: Slot, found: Map<BlockId, Ins[]>): void {
    const phi = this.func.create(Op.phi, slot.type, [], slot.alloca.pos);
    phi.block = block;
    this.noteName(phi.id, slot, slot.alloca.pos, false);
    const list = found.get(block);
    if (list === undefined) found.set(block, [phi]);
    else list.push(phi);
    const rows = this.phis.get(block);
    if (rows === undefined) this.phis.set(block, [{ phi, slot }]);
    else rows.push({ phi, slot });
  }

  /** Blocks at whose start the slot's value is still wanted. */
  private liveInBlocks(
    firstLoads: Iterable<BlockId>,
    loads: ReadonlySet<BlockId>,
    stores: ReadonlySet<BlockId>,
  ): Set<BlockId> {
    const live = new Set<BlockId>();
    const work: BlockId[] = [...firstLoads];
    for (const block of loads) if (!stores.has(block)) work.push(block);
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      if (live.has(block)) continue;
      live.add(block);
      for (const from of this.cfg.predecessors[block] ?? []) if (!stores.has(from)) work.push(from);
    }
    return live;
  }

  /** For each slot the blocks in which a load comes before any store of it. */
  private blocksLoadedFirst(): ReadonlyMap<Slot, readonly BlockId[]> {
    const found = new Map<Slot, BlockId[]>();
    const seen = new Map<Slot, BlockId>();
    for (const block of this.func.eachBlock()) {
      for (const id of block.instructions) {
        const ins = this.func.values[id];
        if (ins?.op !== Op.load && ins?.op !== Op.store) continue;
        const address = ins.operands[ins.op === Op.load ? 0 : 1];
        const slot = address === undefined ? undefined : this.slotOf.get(address);
        if (slot === undefined || seen.get(slot) === block.id) continue;
        seen.set(slot, block.id);
        if (ins.op === Op.store) continue;
        const blocks = found.get(slot);
        if (blocks === undefined) found.set(slot, [block.id]);
        else blocks.push(block.id);
      }
    }
    return found;
  }

  /** Renames along the dominator tree; on the way up the log restores the slots. */
  private walk(): void {
    const { dominators } = this.cx.analyses;
    const stack: { block: BlockId; child: number; mark: number }[] = [];
    const enter = (block: BlockId): void => {
      stack.push({ block, child: 0, mark: this.log.length });
      this.renameBlock(block);
    };
    enter(this.func.entry);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const child = dominators.children[top.block]?.[top.child++];
      if (child !== undefined) {
        enter(child);
        continue;
      }
      stack.pop();
      while (this.log.length > top.mark) {
        const entry = this.log.pop();
        if (entry !== undefined) this.current[entry.slot] = entry.before;
      }
    }
  }

  private define(slot: Slot, value: ValueId): void {
    this.log.push({ slot: slot.index, before: this.current[slot.index] ?? noValue });
    this.current[slot.index] = value;
  }

  /** The variable has the value at `pos`. */
  private noteName(value: ValueId, { alloca }: Slot, pos: Pos, isStored: boolean): void {
    const { func } = this;
    const local = func.locals[alloca.aux];
    if (func.names === undefined || local === undefined || local.isTemporary) return;
    const part = func.names.isPart(alloca.id) ? Number(alloca.imm) : 0;
    func.addNames(value, [{ local, part, pos, isStored }]);
  }

  private valueOf(slot: Slot): ValueId {
    const value = this.current[slot.index] ?? noValue;
    return this.func.values[value]?.id ?? this.func.undef(slot.type);
  }

  private renameBlock(block: BlockId): void {
    for (const { phi, slot } of this.phis.get(block) ?? []) this.define(slot, phi.id);
    for (const id of this.func.block(block).instructions) {
      const ins = this.func.values[id];
      if (ins !== undefined) this.renameAccess(ins);
    }
    for (const next of this.cfg.successors[block] ?? []) {
      for (const { phi, slot } of this.phis.get(next) ?? []) {
        phi.operands.push(this.valueOf(slot));
        phi.targets.push(block);
      }
    }
  }

  private renameAccess(ins: Ins): void {
    const address = ins.operands[ins.op === Op.store ? 1 : 0];
    const slot = address === undefined ? undefined : this.slotOf.get(address);
    if (slot === undefined) return;
    if (ins.op === Op.load) {
      const value = this.valueOf(slot);
      this.noteName(value, slot, ins.pos, false);
      if (ins.type === slot.type) {
        this.replacements.set(ins.id, value);
        discard(this.func, ins);
      } else become(ins, ins.type === Type.ptr ? Op.inttoptr : Op.ptrtoint, [value]);
      return;
    }
    if (ins.op !== Op.store) {
      discard(this.func, ins);
      return;
    }
    const value = this.replacements.resolve(ins.operands[0] ?? ins.id);
    this.noteName(value, slot, ins.pos, true);
    if (this.func.ins(value).type === slot.type) {
      this.define(slot, value);
      discard(this.func, ins);
      return;
    }
    become(ins, slot.type === Type.ptr ? Op.inttoptr : Op.ptrtoint, [value]);
    ins.type = slot.type;
    this.define(slot, ins.id);
  }
}
