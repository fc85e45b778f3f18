/**
 * Results of helpers that may be null and are used before anything asks: IR with values in registers and calls inlined ->
 * warnings.
 *
 * Said only where it is certain: on no path from the call to the use does a branch depend on the result in any way. A
 * result that is stored, or that inline assembly sees, is left alone. Lookups in an array with a constant key give no null
 * since Linux 6.14 (`can_elide_value_nullness` in kernel/bpf/verifier.c) and are left alone, too.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { buildCfg, type Cfg } from '../ir/cfg.ts';
import type { BlockId, Func, Ins, ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op, opRow } from '../ir/ops.ts';
import type { TargetFacts } from '../ir/target-facts.ts';
import { Uses } from '../ir/uses.ts';
import { argumentMeaning, type Helper, helperById } from '../isa/helpers.ts';
import { asId } from '../support/ids.ts';

/** Values computed from a result that are followed: sums over many results depend on all of them. */
const maxDependent = 1000;

export interface NullUse {
  readonly helper: Helper;
  readonly call: Pos;
  readonly use: Pos;
}

function helperOf(ins: Ins): Helper | undefined {
  return ins.op === Op.call_helper ? helperById(Number(BigInt.asIntN(32, ins.imm))) : undefined;
}

/** Variables that results of helpers are stored to, by the place of the call. For IR as it was lowered. */
export function resultNames(module: Module): ReadonlyMap<Pos, string> {
  const names = new Map<Pos, string>();
  for (const func of module.functions()) {
    for (const ins of func.values) {
      if (ins?.op !== Op.store) continue;
      const [value, pointer] = ins.operands;
      if (value === undefined || pointer === undefined) continue;
      const call = func.ins(value);
      const target = func.ins(pointer);
      const local = target.op === Op.alloca ? func.locals[target.aux] : undefined;
      if (call.op === Op.call_helper && local !== undefined) names.set(call.pos, local.name);
    }
  }
  return names;
}

/** Operands that hold the address of a memory access. */
function addressOperands(ins: Ins): readonly number[] {
  switch (ins.op) {
    case Op.load:
    case Op.atomicrmw:
    case Op.cmpxchg:
    case Op.memset:
      return [0];
    case Op.store:
      return [1];
    case Op.memcpy:
    case Op.memmove:
    case Op.memcmp:
      return [0, 1];
    default:
      return [];
  }
}

class Search {
  private readonly func: Func;
  private readonly facts: TargetFacts;
  private readonly elidesArrays: boolean;
  private uses: Uses | undefined;
  private graph: Cfg | undefined;

  constructor(func: Func, facts: TargetFacts, elidesArrays: boolean) {
    this.func = func;
    this.facts = facts;
    this.elidesArrays = elidesArrays;
  }

  private get cfg(): Cfg {
    this.graph ??= buildCfg(this.func);
    return this.graph;
  }

  private usersOf(value: ValueId): readonly Ins[] {
    this.uses ??= new Uses(this.func);
    return this.uses.of(value);
  }

  run(): NullUse[] {
    const found: NullUse[] = [];
    for (const block of this.func.eachBlock()) {
      for (const id of block.instructions) {
        const call = this.func.ins(id);
        const helper = helperOf(call);
        if (helper === undefined || !helper.returns.endsWith('-or-null')) continue;
        if (this.elidesArrays && this.isArrayElement(call, helper)) continue;
        const use = this.firstUse(call);
        if (use !== undefined) found.push({ helper, call: call.pos, use: use.pos });
      }
    }
    return found;
  }

  /** A lookup whose key is a constant of the stack, in a map that is an array. */
  private isArrayElement(call: Ins, { parameters }: Helper): boolean {
    const mapOperand = call.operands[parameters.findIndex(({ kind }) => kind === 'map')];
    const key = call.operands[parameters.findIndex(({ kind }) => kind === 'key')];
    const map = mapOperand === undefined ? undefined : this.func.ins(mapOperand);
    if (map?.op !== Op.globaladdr || key === undefined) return false;
    const type = this.facts.map(asId(map.aux))?.type;
    if (type !== 'array' && type !== 'percpu_array') return false;
    return (
      this.func.ins(key).op !== Op.alloca || this.usersOf(key).some((user) => this.isConstantStore(user))
    );
  }

  private isConstantStore({ op, operands: [value] }: Ins): boolean {
    return (
      op === Op.memset || (op === Op.store && value !== undefined && this.func.ins(value).op === Op.const)
    );
  }

  /** The first use, in order of the blocks, that no branch on the result stands before. */
  private firstUse(call: Ins): Ins | undefined {
    const addresses = this.addressesFrom(call);
    if (addresses === undefined) return undefined;
    const accesses = new Set<Ins>();
    for (const address of addresses) {
      for (const user of this.usersOf(address)) if (this.refusesNull(user, address)) accesses.add(user);
    }
    if (accesses.size === 0) return undefined;
    const asking = this.branchesOn(call);
    if (asking === undefined) return undefined;
    const order = (ins: Ins): number => this.cfg.rpoIndex[ins.block] ?? -1;
    const sorted = [...accesses].sort((a, b) => order(a) - order(b) || this.placeOf(a) - this.placeOf(b));
    return sorted.find((use) => this.isUnasked(call, use, asking));
  }

  private placeOf(ins: Ins): number {
    return this.func.block(ins.block).instructions.indexOf(ins.id);
  }

  /** The result and addresses made from it; undefined when it is kept where this analysis does not look. */
  private addressesFrom(call: Ins): ReadonlySet<ValueId> | undefined {
    const addresses = new Set<ValueId>([call.id]);
    for (const address of addresses) {
      for (const user of this.usersOf(address)) {
        if (user.op === Op.asm || user.op === Op.asm_goto) return undefined;
        if (user.op === Op.store && user.operands[0] === address) return undefined;
        const isAddress = user.op === Op.ptradd || user.op === Op.addrspacecast || user.op === Op.barrier;
        if (isAddress && user.operands[0] === address) addresses.add(user.id);
      }
    }
    return addresses;
  }

  private refusesNull(user: Ins, address: ValueId): boolean {
    if (addressOperands(user).some((index) => user.operands[index] === address)) return true;
    const helper = helperOf(user);
    return user.operands.some((operand, index) => {
      const parameter = helper?.parameters[index];
      if (operand !== address || parameter === undefined) return false;
      const { pointer, nullable } = argumentMeaning(parameter);
      return pointer && !nullable;
    });
  }

  /** Blocks that end in a branch that depends on the result; undefined where too much depends on it to follow. */
  private branchesOn(call: Ins): ReadonlySet<BlockId> | undefined {
    const dependent = new Set<ValueId>([call.id]);
    const blocks = new Set<BlockId>();
    for (const value of dependent) {
      // A branch in the block of the call asks before anything else does.
      if (blocks.has(call.block)) return blocks;
      if (dependent.size > maxDependent) return undefined;
      for (const user of this.usersOf(value)) {
        if (opRow(user.op).terminator) blocks.add(user.block);
        else dependent.add(user.id);
      }
    }
    return blocks;
  }

  private isUnasked(call: Ins, use: Ins, asking: ReadonlySet<BlockId>): boolean {
    const isBelow = call.block === use.block && this.placeOf(call) < this.placeOf(use);
    if (isBelow) return true;
    if (asking.has(call.block)) return false;
    const after = this.reach(call.block, (block) => this.cfg.successors[block] ?? [], call.block);
    if (!after.has(use.block)) return false;
    const before = this.reach(use.block, (block) => this.cfg.predecessors[block] ?? [], call.block);
    for (const block of after) {
      if (before.has(block) && asking.has(block) && block !== call.block) return false;
    }
    return true;
  }

  /** Blocks that lie beyond `from`; nothing beyond `end` counts. */
  private reach(from: BlockId, next: (block: BlockId) => readonly BlockId[], end: BlockId): Set<BlockId> {
    const reached = new Set<BlockId>(next(from));
    for (const block of reached) {
      if (block === end) continue;
      for (const target of next(block)) reached.add(target);
    }
    return reached;
  }
}

/** Uses of results that nothing has compared with null. `elidesArrays`: the kernel knows that arrays are full. */
export function findNullUses(module: Module, facts: TargetFacts, elidesArrays: boolean): NullUse[] {
  return [...module.functions()].flatMap((func) => new Search(func, facts, elidesArrays).run());
}
