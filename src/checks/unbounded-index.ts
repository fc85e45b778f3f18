/**
 * Accesses of map values and stack arrays with an index that can lie beyond them: IR with values in registers and calls inlined ->
 * warnings.
 *
 * Said only where it is certain. The index comes by arithmetic that the verifier follows exactly (`adjust_scalar_min_max_vals` in
 * kernel/bpf/verifier.c) from a value it knows nothing of but its width: what a helper returns, or what is loaded from memory, once.
 * Nothing in the function compares that value or one made of it, and the largest one lies outside.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { AliasFacts } from '../ir/alias.ts';
import type { Func, Ins, ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op, opRow } from '../ir/ops.ts';
import type { TargetFacts } from '../ir/target-facts.ts';
import { bitsOf, bytesOf } from '../ir/types.ts';
import { Uses } from '../ir/uses.ts';
import { asId } from '../support/ids.ts';
import { calledHelperOf, isAnyNumber } from './helper-results.ts';

export interface UnboundedIndex {
  readonly pos: Pos;
  /** What is accessed, as messages call it. */
  readonly object: string;
  /** Its bytes. */
  readonly size: bigint;
  /** The largest offset that the access can have. */
  readonly reach: bigint;
  /** Indices that are inside: the first so many. */
  readonly count: bigint;
}

/** The steps that are followed, so many at most. */
const maxSteps = 16;
const followed: ReadonlySet<number> = new Set([Op.zext, Op.trunc, Op.and, Op.lshr, Op.shl, Op.mul]);

/** A value as a multiple of one the verifier knows only the width of. */
interface Reach {
  readonly root: ValueId;
  /** Its largest value. */
  readonly max: bigint;
  /** What one more of the index adds. */
  readonly scale: bigint;
}

interface Target {
  readonly name: string;
  readonly size: bigint;
}

function maxOf(ins: Ins): bigint {
  return (1n << BigInt(bitsOf(ins.type))) - 1n;
}

/** The pointer of a plain access and its bytes. */
function accessOf(func: Func, ins: Ins): { pointer: ValueId; bytes: number } | undefined {
  const [first, second] = ins.operands;
  if (ins.op === Op.store && first !== undefined && second !== undefined) {
    return { pointer: second, bytes: bytesOf(func.ins(first).type) };
  }
  if (ins.op !== Op.load && ins.op !== Op.atomicrmw) return undefined;
  return first === undefined ? undefined : { pointer: first, bytes: bytesOf(ins.type) };
}

class Search {
  private readonly func: Func;
  private readonly module: Module;
  private readonly facts: TargetFacts;
  private readonly uses: Uses;
  private readonly alias: AliasFacts;

  constructor(func: Func, module: Module, facts: TargetFacts) {
    this.func = func;
    this.module = module;
    this.facts = facts;
    this.uses = new Uses(func);
    this.alias = new AliasFacts(func, facts);
  }

  run(): UnboundedIndex[] {
    const found: UnboundedIndex[] = [];
    const reported = new Set<ValueId>();
    for (const ins of this.instructions()) {
      const access = accessOf(this.func, ins);
      const step = access && this.variableStep(access.pointer);
      if (access === undefined || step === undefined || reported.has(step.index)) continue;
      const target = this.targetOf(step.base);
      const reach = target && this.reachOf(step.index);
      if (target === undefined || reach === undefined || this.isCompared(reach.root)) continue;
      const last = step.offset + reach.max + BigInt(access.bytes);
      if (step.offset < 0n || last <= target.size) continue;
      reported.add(step.index);
      const room = target.size - step.offset - BigInt(access.bytes);
      const count = room < 0n ? 0n : room / reach.scale + 1n;
      found.push({
        pos: ins.pos,
        object: target.name,
        size: target.size,
        reach: step.offset + reach.max,
        count,
      });
    }
    return found;
  }

  private *instructions(): Generator<Ins> {
    for (const block of this.func.eachBlock()) for (const id of block.instructions) yield this.func.ins(id);
  }

  private constant(value: ValueId | undefined): bigint | undefined {
    const ins = value === undefined ? undefined : this.func.ins(value);
    return ins?.op === Op.const ? ins.imm : undefined;
  }

  /** A pointer as an object, a constant offset and one value that varies. */
  private variableStep(pointer: ValueId): { base: Ins; offset: bigint; index: ValueId } | undefined {
    let offset = 0n;
    let index: ValueId | undefined;
    let at = this.func.ins(pointer);
    while (at.op === Op.ptradd) {
      const [next, bytes] = at.operands;
      if (next === undefined || bytes === undefined) return undefined;
      const constant = this.constant(bytes);
      if (constant !== undefined) offset += BigInt.asIntN(64, constant);
      else if (index === undefined) index = bytes;
      else return undefined;
      at = this.func.ins(next);
    }
    return index === undefined ? undefined : { base: at, offset, index };
  }

  private targetOf(base: Ins): Target | undefined {
    if (base.op === Op.alloca) {
      const local = this.func.locals[base.aux];
      // One that nobody else sees may be taken apart, or not be there at all in the end.
      const isSeen =
        this.alias.isCaptured(base.id) || this.uses.of(base.id).some(({ op }) => op === Op.call_helper);
      if (local === undefined || !isSeen) return undefined;
      return { name: `'${local.name}'`, size: base.imm };
    }
    if (base.op !== Op.call_helper) return undefined;
    const helper = calledHelperOf(base);
    if (helper?.returns !== 'map-value-or-null') return undefined;
    const operand = base.operands[helper.parameters.findIndex(({ kind }) => kind === 'map')];
    const map = operand === undefined ? undefined : this.func.ins(operand);
    if (map?.op !== Op.globaladdr) return undefined;
    const size = this.facts.map(asId(map.aux))?.valueSize;
    const { name } = this.module.symbol(asId(map.aux));
    return size === undefined ? undefined : { name: `a value of map '${name}'`, size: BigInt(size) };
  }

  /** Undefined for values that the verifier may know more of. */
  private reachOf(value: ValueId): Reach | undefined {
    const steps: Ins[] = [];
    let at = this.func.ins(value);
    while (followed.has(at.op)) {
      const [operand] = at.operands;
      if (operand === undefined || steps.length === maxSteps) return undefined;
      steps.push(at);
      at = this.func.ins(operand);
    }
    if (!this.isUnknown(at)) return undefined;
    let reach: Reach | undefined = { root: at.id, max: maxOf(at), scale: 1n };
    for (const ins of steps.reverse()) {
      reach = this.step(ins, reach);
      // Beyond its type a value wraps around.
      if (reach === undefined || reach.max > maxOf(ins)) return undefined;
    }
    return reach;
  }

  private isUnknown(ins: Ins): boolean {
    if (ins.op === Op.load) return this.isReadOnce(ins);
    return ins.op === Op.call_helper && isAnyNumber(ins);
  }

  private step(ins: Ins, inner: Reach): Reach | undefined {
    const { max, scale } = inner;
    if (ins.op === Op.zext || (ins.op === Op.trunc && max <= maxOf(ins))) return inner;
    if (ins.op === Op.trunc && scale === 1n) return { ...inner, max: maxOf(ins) };
    const amount = this.constant(ins.operands[1]);
    if (amount === undefined) return undefined;
    switch (ins.op) {
      case Op.and:
        // Where the mask has holes, or the value is a multiple, less may be left.
        return scale === 1n && (amount & (amount + 1n)) === 0n && amount < max
          ? { ...inner, max: amount }
          : undefined;
      case Op.lshr:
        return scale === 1n ? { ...inner, max: max >> amount } : undefined;
      case Op.shl:
        return amount < 32n ? { ...inner, max: max << amount, scale: scale << amount } : undefined;
      case Op.mul:
        return { ...inner, max: max * amount, scale: scale * amount };
      default:
        return undefined;
    }
  }

  /** A load of a place in memory that nothing else in the function reads or writes: no other value stands for it. */
  private isReadOnce(load: Ins): boolean {
    const place = (pointer: ValueId | undefined): string | undefined => {
      const base = pointer === undefined ? undefined : this.alias.baseOf(pointer);
      return base?.kind === 'unknown' && base.offset !== undefined
        ? `${base.root} ${base.offset}`
        : undefined;
    };
    const own = place(load.operands[0]);
    if (own === undefined) return false;
    for (const ins of this.instructions()) {
      const access = ins === load ? undefined : accessOf(this.func, ins);
      if (access !== undefined && place(access.pointer) === own) return false;
    }
    return true;
  }

  /** True where anything decides by the value or one made of it. */
  private isCompared(root: ValueId): boolean {
    const made = new Set<ValueId>([root]);
    for (const value of made) {
      for (const user of this.uses.of(value)) {
        const decides =
          opRow(user.op).terminator ||
          [Op.icmp, Op.select, Op.phi, Op.asm, Op.asm_goto, Op.barrier].some((op) => op === user.op);
        if (decides) return true;
        if (opRow(user.op).memory === 'none') made.add(user.id);
      }
    }
    return false;
  }
}

/** Accesses beyond what they are of, unless somebody compares the index first; nobody does. */
export function findUnboundedIndices(module: Module, facts: TargetFacts): UnboundedIndex[] {
  return [...module.functions()].flatMap((func) => new Search(func, module, facts).run());
}
