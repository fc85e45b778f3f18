/**
 * Where pointers come from: a function, and what is known about its callers -> a provenance for every value.
 *
 * Method: an optimistic data flow over SSA values on the flat lattice of `provenance-kinds.ts` (Kildall, "A Unified Approach to
 * Global Program Optimization", 1973; the start value `nothing` makes cycles of phis come out right). Integers have
 * a provenance too, since contexts give packet pointers as numbers: `scalar`, or that of the pointer that they hold.
 * A pointer that lies in an object of the frame which only this function reaches is what was stored there.
 */

import { asId } from '../support/ids.ts';
import { AliasFacts } from './alias.ts';
import { buildCfg } from './cfg.ts';
import { constantOf, type Func, type Ins, type SymbolId, type ValueId } from './func.ts';
import { Op } from './ops.ts';
import { joinProvenance, type Provenance, provenanceNames } from './provenance-kinds.ts';
import { noTargetFacts, type TargetFacts } from './target-facts.ts';
import { bytesOf, isIntegerType, Type } from './types.ts';

/** What a function needs to know of the others. */
export interface ProvenanceContext {
  readonly target: TargetFacts;
  parameter(func: SymbolId, index: number): Provenance;
  /** What a function returns; undefined where the body is not in the module. */
  result(func: SymbolId): Provenance | undefined;
}

const noContext: ProvenanceContext = Object.freeze({
  target: noTargetFacts,
  parameter: () => 'argument' as const,
  result: () => 'unknown' as const,
});

/** The address space of arena pointers. */
const arenaSpace = 1;

const codes: ReadonlyMap<Provenance, number> = new Map(provenanceNames.map((name, code) => [name, code]));

const codeOf = (provenance: Provenance): number => codes.get(provenance) ?? 0;

export class Provenances {
  private readonly func: Func;
  private readonly context: ProvenanceContext;
  /** Codes by value. */
  private readonly column: Uint8Array;
  private readonly slots: PointerSlots;

  constructor(func: Func, context: ProvenanceContext = noContext, alias?: AliasFacts) {
    this.func = func;
    this.context = context;
    this.column = new Uint8Array(func.values.length);
    this.slots = new PointerSlots(func, alias ?? new AliasFacts(func, context.target));
    this.solve();
  }

  /** Values that were made after the analysis are told from those that it knows. */
  of(value: ValueId): Provenance {
    const code = this.column[value];
    if (code !== undefined) return provenanceNames[code] ?? 'unknown';
    const ins = this.func.ins(value);
    return ins.op === Op.phi ? 'unknown' : this.compute(ins);
  }

  private solve(): void {
    for (const ins of this.func.values) {
      if (ins !== undefined && ins.op <= Op.globaladdr) this.column[ins.id] = codeOf(this.compute(ins));
    }
    // In reverse postorder a value comes after its operands, loops aside: few sweeps, whatever the layout.
    const { rpo, rpoIndex } = buildCfg(this.func);
    const unreached = this.func.layout.filter((block) => (rpoIndex[block] ?? -1) < 0);
    const order = [...rpo, ...unreached].map((block) => this.func.block(block).instructions);
    for (let changed = true; changed; ) {
      changed = false;
      for (const ids of order) for (const id of ids) if (this.update(this.func.values[id])) changed = true;
    }
  }

  private update(ins: Ins | undefined): boolean {
    if (ins === undefined || ins.type === Type.void) return false;
    const old = this.of(ins.id);
    if (old === 'unknown') return false;
    const next = joinProvenance(old, this.compute(ins));
    if (next === old) return false;
    this.column[ins.id] = codeOf(next);
    return true;
  }

  private operand(ins: Ins, index: number): Provenance {
    const operand = ins.operands[index];
    return operand === undefined ? 'unknown' : this.of(operand);
  }

  private join(values: readonly ValueId[]): Provenance {
    let all: Provenance = 'nothing';
    for (const value of values) all = joinProvenance(all, this.of(value));
    return all;
  }

  private compute(ins: Ins): Provenance {
    switch (ins.op) {
      case Op.const:
        if (ins.imm === 0n) return 'nothing';
        return ins.type === Type.ptr ? 'unknown' : 'scalar';
      case Op.undef:
        return 'nothing';
      case Op.param:
        return this.context.parameter(this.func.symbol, ins.aux);
      case Op.globaladdr:
        return this.context.target.variable(asId<SymbolId>(ins.aux));
      case Op.alloca:
        return 'stack';
      case Op.phi:
        return this.join(ins.operands);
      case Op.select:
        return this.join(ins.operands.slice(1));
      case Op.barrier:
      case Op.ptrtoint:
      case Op.zext:
        return this.operand(ins, 0);
      case Op.ptradd:
      case Op.inttoptr:
        return this.pointerFrom(ins);
      case Op.addrspacecast:
        return ins.aux === arenaSpace || ins.imm === BigInt(arenaSpace) ? 'arena' : this.operand(ins, 0);
      case Op.load:
        return this.loaded(ins);
      case Op.call:
        return this.called(asId<SymbolId>(ins.aux));
      case Op.call_helper:
        return this.helperResult(ins);
      case Op.trunc:
      case Op.icmp:
      case Op.memcmp:
      case Op.packet_load:
      case Op.core_relocation:
      case Op.is_constant:
        return 'scalar';
      case Op.asm:
      case Op.asm_output:
      case Op.atomicrmw:
      case Op.cmpxchg:
      case Op.call_indirect:
        return 'unknown';
      default:
        return isIntegerType(ins.type) ? this.computed(ins) : 'unknown';
    }
  }

  /** `ptradd` and `inttoptr`: a number that holds no pointer makes none of a known kind. */
  private pointerFrom(ins: Ins): Provenance {
    const [base] = ins.operands;
    if (base === undefined || constantOf(this.func, base) !== undefined) return 'unknown';
    const provenance = this.of(base);
    return provenance === 'scalar' ? 'unknown' : provenance;
  }

  /** Arithmetic: pointer and number make a pointer, two pointers a number by subtraction, all else is opaque. */
  private computed(ins: Ins): Provenance {
    let found: Provenance = 'scalar';
    for (const operand of ins.operands) {
      const provenance = constantOf(this.func, operand) === undefined ? this.of(operand) : 'scalar';
      if (provenance === 'nothing') return 'nothing';
      if (provenance === 'scalar') continue;
      if (ins.op !== Op.add && ins.op !== Op.sub) return 'unknown';
      if (found !== 'scalar') return ins.op === Op.sub ? 'scalar' : 'unknown';
      found = provenance;
    }
    return found;
  }

  private loaded(ins: Ins): Provenance {
    const [pointer] = ins.operands;
    if (pointer === undefined) return 'unknown';
    const from = this.of(pointer);
    switch (from) {
      case 'nothing':
      case 'unknown':
        return from;
      case 'ctx': {
        const offset = this.fieldOffset(pointer);
        if (offset === undefined) return 'unknown';
        return this.context.target.contextField(this.func.symbol, offset, bytesOf(ins.type));
      }
      case 'stack': {
        const stored = bytesOf(ins.type) === pointerBytes ? this.slots.storedAt(pointer) : undefined;
        return stored === undefined ? 'unknown' : this.join(stored);
      }
      default:
        if (ins.type !== Type.ptr) return 'scalar';
        return from === 'btf' || from === 'kernel' || from === 'socket' ? 'kernel' : 'unknown';
    }
  }

  /** The offset from the context in the layout that was compiled against: a relocated one stands for the same field. */
  private fieldOffset(pointer: ValueId): bigint | undefined {
    let offset = 0n;
    for (let at = this.func.ins(pointer); at.op !== Op.param; ) {
      const [next, bytes] = at.operands;
      if (at.op !== Op.ptradd || next === undefined || bytes === undefined) return undefined;
      const by = this.func.ins(bytes);
      if (by.op !== Op.const && by.op !== Op.core_relocation) return undefined;
      offset += BigInt.asIntN(64, by.imm);
      at = this.func.ins(next);
    }
    return offset;
  }

  private called(callee: SymbolId): Provenance {
    return this.context.result(callee) ?? this.context.target.function(callee)?.result ?? 'unknown';
  }

  /** A lookup yields what the map holds. */
  private helperResult(ins: Ins): Provenance {
    const { target } = this.context;
    const facts = target.helper(ins.imm);
    if (facts === undefined) return 'unknown';
    if (facts.result !== 'map_value' || facts.mapArgument === undefined) return facts.result;
    const map = ins.operands[facts.mapArgument];
    const address = map === undefined ? undefined : this.func.ins(map);
    if (address?.op !== Op.globaladdr) return 'unknown';
    return target.map(asId<SymbolId>(address.aux))?.element ?? 'unknown';
  }
}

const pointerBytes = 8;

/** The pointers stored to objects of the frame, by object and offset. */
class PointerSlots {
  private readonly alias: AliasFacts;
  private readonly stored = new Map<string, ValueId[]>();
  /** Objects that are written in ways that may bring other pointers in. */
  private readonly opaque = new Set<number>();

  constructor(func: Func, alias: AliasFacts) {
    this.alias = alias;
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) this.note(func, func.values[id]);
    }
  }

  private note(func: Func, ins: Ins | undefined): void {
    if (ins?.op === Op.memcpy || ins?.op === Op.memmove) {
      const [destination] = ins.operands;
      if (destination !== undefined) this.opaque.add(this.alias.baseOf(destination).root);
    }
    if (ins?.op !== Op.store) return;
    const [value, pointer] = ins.operands;
    if (value === undefined || pointer === undefined || bytesOf(func.ins(value).type) !== pointerBytes)
      return;
    const base = this.alias.baseOf(pointer);
    if (base.kind !== 'alloca') return;
    if (base.offset === undefined) {
      this.opaque.add(base.root);
      return;
    }
    const key = `${base.root}:${base.offset}`;
    const list = this.stored.get(key);
    if (list === undefined) this.stored.set(key, [value]);
    else list.push(value);
  }

  /** Every value that a load of a pointer may find; undefined when that is not known. */
  storedAt(pointer: ValueId): readonly ValueId[] | undefined {
    const { root, offset } = this.alias.baseOf(pointer);
    if (offset === undefined || !this.alias.isPrivate(pointer) || this.opaque.has(root)) return undefined;
    return this.stored.get(`${root}:${offset}`) ?? [];
  }
}
