/**
 * Replaces calls by the bodies of their callees.
 *
 * Functions marked always_inline (or calls so marked) go in at every level, and those with more parameters than BPF has
 * argument registers; at the others also static functions with one call, those whose frames would not fit below the
 * caller's, and those that `inline-cost.ts` finds small enough for the call at hand. noinline is kept, weak
 * functions may be replaced by the linker, and members of a cycle of calls stay calls (a function is never put into
 * itself). The walk goes callees first, so that a body is final when it is copied. What goes in by choice may double the
 * module (GCC's inline-unit-growth, with more room).
 *
 * Allocas move to the caller's entry, with lifetime markers around the copy; positions are kept (or, where somebody asks for it, lead
 * back to the callee and the call), and stack objects remember the functions they came through.
 */

import { noPos, type Pos } from '../diagnostics/source-manager.ts';
import { buildCallGraph, type CallGraph, isRecursive } from '../ir/call-graph.ts';
import { renamePhiSource } from '../ir/cfg.ts';
import {
  type Block,
  type BlockId,
  type Func,
  type Ins,
  InsFlag,
  type SymbolId,
  type ValueId,
} from '../ir/func.ts';
import type { IrSymbol, Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import { frameSize, isWorthInlining, needsOneFrame } from './inline-cost.ts';
import { levelNumber, type ModulePassContext, type PassOptions } from './pass.ts';
import { Replacements } from './rewrite.ts';

/** Callers do not grow beyond this by choice. */
const largeCaller = 20_000;
/** Nor does the module, by choice, beyond its double and this: in a web of functions that call each other every copy has copies. */
const freeGrowth = 50_000;
/** Callers do not grow beyond this by command: chains of always_inline functions grow exponentially. */
const maxCaller = 100_000;

const argumentRegisters = 5;

export function inline(module: Module, cx: ModulePassContext): boolean {
  const graph = buildCallGraph(module);
  const known: KnownCallees = { sizes: new Map(), frames: new Map(), growth: freeGrowth };
  for (const func of module.functions()) known.growth += functionSize(func);
  let changed = false;
  for (const group of graph.components) {
    const cycle = isRecursive(graph, group) ? new Set(group) : new Set<SymbolId>();
    for (const id of group) {
      const { func } = module.symbol(id);
      if (func === undefined) continue;
      const inliner = new Inliner(module, cx, graph, known, cycle, func);
      if (inliner.run()) {
        changed = true;
        cx.changed(func);
      }
      known.sizes.set(id, inliner.size);
      known.frames.set(id, frameSize(func) + deepestCall(func, known.frames));
      // An error was reported: there will be no object, so the rest need not grow.
      if (inliner.isFull) return changed;
    }
  }
  return changed;
}

/** Instructions that cost something. */
export function functionSize(func: Func): number {
  let size = 0;
  for (const block of func.eachBlock()) size += block.instructions.length;
  return size;
}

/** What is known of functions that were visited before, callees first. */
interface KnownCallees {
  readonly sizes: Map<SymbolId, number>;
  /** Bytes of a function's frame with the deepest chain of calls below it. */
  readonly frames: Map<SymbolId, number>;
  /** Instructions that may still be copied by choice. */
  growth: number;
}

function deepestCall(func: Func, frames: ReadonlyMap<SymbolId, number>): number {
  let deepest = 0;
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = func.ins(id);
      if (ins.op === Op.call) deepest = Math.max(deepest, frames.get(asId<SymbolId>(ins.aux)) ?? 0);
    }
  }
  return deepest;
}

class Inliner {
  size: number;
  private readonly module: Module;
  private readonly cx: ModulePassContext;
  private readonly graph: CallGraph;
  private readonly known: KnownCallees;
  private readonly cycle: ReadonlySet<SymbolId>;
  private readonly func: Func;
  /** Bytes of its own frame before anything went in. */
  private readonly frame: number;
  private readonly replacements = new Replacements();
  private readonly allocas: ValueId[] = [];
  /** Calls that are gone; their values stay until nothing asks for the type of an argument any more. */
  private readonly expanded: ValueId[] = [];
  private layout: BlockId[] = [];
  isFull = false;

  constructor(
    module: Module,
    cx: ModulePassContext,
    graph: CallGraph,
    known: KnownCallees,
    cycle: ReadonlySet<SymbolId>,
    func: Func,
  ) {
    this.module = module;
    this.cx = cx;
    this.graph = graph;
    this.known = known;
    this.cycle = cycle;
    this.func = func;
    this.size = functionSize(func);
    this.frame = frameSize(func);
  }

  run(): boolean {
    const { func } = this;
    let changed = false;
    for (const id of [...func.layout]) {
      this.layout.push(id);
      if (this.expandBlock(func.block(id))) changed = true;
    }
    if (!changed) return false;
    func.layout = this.layout;
    const entry = func.block(func.entry);
    entry.instructions = [...this.allocas, ...entry.instructions];
    this.replacements.apply(func);
    for (const id of this.expanded) func.values[id] = undefined;
    return true;
  }

  /** Copies callees into a block, which is cut after each. */
  private expandBlock(block: Block): boolean {
    const { func } = this;
    const old = block.instructions;
    if (!old.some((id) => this.calleeOf(func.ins(id)) !== undefined)) return false;
    const terminator = func.terminator(block.id);
    let current = block;
    current.instructions = [];
    for (const id of old) {
      const ins = func.ins(id);
      const callee = this.calleeOf(ins);
      // What stands after the cut is no longer the entry block.
      if (ins.op === Op.alloca) this.allocas.push(id);
      else if (callee?.func === undefined) func.append(current.id, ins);
      else {
        const before = this.size;
        current = this.expand(current, ins, callee.func);
        if (!this.isDemanded(ins, callee, callee.func)) this.known.growth -= this.size - before;
      }
    }
    if (current !== block) {
      for (const target of new Set(terminator.targets)) renamePhiSource(func, target, block.id, current.id);
    }
    return current !== block;
  }

  /** The function to put in place of a call; undefined for all that stays. */
  private calleeOf(ins: Ins): IrSymbol | undefined {
    if (ins.op !== Op.call || this.isFull) return undefined;
    const callee = this.module.symbols[ins.aux];
    if (callee?.func === undefined || this.cycle.has(callee.id) || callee.func === this.func)
      return undefined;
    if (callee.linkage === 'weak' || !matches(this.func, ins, callee.func)) return undefined;
    if (!this.isDemanded(ins, callee, callee.func) && !this.isChosen(ins, callee, callee.func))
      return undefined;
    if (this.size + (this.known.sizes.get(callee.id) ?? 0) <= maxCaller) return callee;
    this.isFull = true;
    this.cx.report('inline-too-large', ins.pos, [this.func.name, callee.name, String(maxCaller)]);
    return undefined;
  }

  private isDemanded(ins: Ins, callee: IrSymbol, body: Func): boolean {
    if (isForbidden(ins, callee)) return false;
    if (callee.inline === 'always' || (ins.flags & InsFlag.alwaysInline) !== 0) return true;
    return body.parameterTypes.length > argumentRegisters;
  }

  private isChosen(ins: Ins, callee: IrSymbol, body: Func): boolean {
    if (isForbidden(ins, callee)) return false;
    if (levelNumber(this.cx.options.optLevel) < 1 || this.size > largeCaller) return false;
    if (callee.linkage === 'internal' && this.graph.callCounts.get(callee.id) === 1 && !callee.isUsed)
      return true;
    if ((this.known.sizes.get(callee.id) ?? 0) > this.known.growth) return false;
    if (needsOneFrame(this.frame, this.known.frames.get(callee.id) ?? 0)) return true;
    if (this.isRefused(callee)) return true;
    return isWorthInlining(this.func, ins, body, callee.inline === 'hint', this.cx.options);
  }

  /** The verifier takes a global function by its prototype, which does not say what a `void *` leads to. */
  private isRefused(callee: IrSymbol): boolean {
    if (callee.linkage !== 'external' || callee.visibility !== 'default') return false;
    return this.cx.options.target?.function(callee.id)?.parameters?.includes('argument') === true;
  }

  /** Puts a copy of `callee` at the end of `current`; returns the block in which the caller goes on. */
  private expand(current: Block, call: Ins, callee: Func): Block {
    const { func } = this;
    const copy = new BodyCopy(func, callee, call, this.cx.options.inlined);
    const entry = copy.run(this.allocas);
    const next = func.addBlock();
    for (const id of copy.layout) this.layout.push(id);
    this.layout.push(next.id);
    this.size += copy.size;
    const enter = func.create(Op.br, Type.void, [], call.pos);
    enter.targets = [entry];
    for (const alloca of copy.unmarked) {
      func.append(current.id, func.create(Op.lifetime_start, Type.void, [alloca], call.pos));
    }
    func.append(current.id, enter);
    this.replacements.set(call.id, copy.leaveTo(next));
    this.expanded.push(call.id);
    return next;
  }
}

function isForbidden(ins: Ins, callee: IrSymbol): boolean {
  return callee.inline === 'never' || (ins.flags & InsFlag.neverInline) !== 0;
}

function matches(caller: Func, call: Ins, callee: Func): boolean {
  if (call.type !== callee.returnType && call.type !== Type.void) return false;
  return (
    call.operands.length === callee.parameterTypes.length &&
    call.operands.every((operand, i) => caller.ins(operand).type === callee.parameterTypes[i])
  );
}

/** One copy of a callee's body inside a caller. */
class BodyCopy {
  readonly layout: BlockId[] = [];
  /** Copied allocas that the callee itself has no markers for. */
  readonly unmarked: ValueId[] = [];
  size = 0;
  private readonly func: Func;
  private readonly callee: Func;
  private readonly call: Ins;
  private readonly values = new Map<ValueId, ValueId>();
  private readonly blocks = new Map<BlockId, BlockId>();
  private readonly returns: Ins[] = [];
  private readonly inlined: PassOptions['inlined'];
  private readonly positions = new Map<Pos, Pos>();

  constructor(func: Func, callee: Func, call: Ins, inlined: PassOptions['inlined']) {
    this.func = func;
    this.callee = callee;
    this.call = call;
    this.inlined = inlined;
  }

  /** What stood together in the callee stands together in the copy. */
  private positionOf(original: Pos): Pos {
    if (this.inlined === undefined || original === noPos) return original;
    const known = this.positions.get(original);
    if (known !== undefined) return known;
    const made = this.inlined({ original, callee: this.callee.name, call: this.call.pos });
    this.positions.set(original, made);
    return made;
  }

  /** Makes the copy and returns its entry block. Allocas are not placed but added to `allocas`. */
  run(allocas: ValueId[]): BlockId {
    const { func, callee } = this;
    for (const block of callee.eachBlock()) {
      const copy = func.addBlock();
      copy.unroll = block.unroll;
      this.blocks.set(block.id, copy.id);
      this.layout.push(copy.id);
    }
    const marked = this.markedAllocas();
    const made: Ins[] = [];
    for (const block of callee.eachBlock()) {
      for (const id of block.instructions) {
        const copy = this.copyInstruction(callee.ins(id), this.blockOf(block.id));
        made.push(copy);
        if (copy.op === Op.alloca) {
          copy.block = func.entry;
          allocas.push(copy.id);
          if (!marked.has(id)) this.unmarked.push(copy.id);
        } else func.block(this.blockOf(block.id)).instructions.push(copy.id);
        if (copy.op === Op.ret) this.returns.push(copy);
      }
    }
    for (const copy of made) copy.operands = copy.operands.map((operand) => this.valueOf(operand));
    this.size = made.length;
    return this.blockOf(callee.entry);
  }

  private markedAllocas(): Set<ValueId> {
    const marked = new Set<ValueId>();
    for (const block of this.callee.eachBlock()) {
      for (const id of block.instructions) {
        const ins = this.callee.ins(id);
        if (ins.op === Op.lifetime_start && ins.operands[0] !== undefined) marked.add(ins.operands[0]);
      }
    }
    return marked;
  }

  private blockOf(block: BlockId): BlockId {
    return this.blocks.get(block) ?? block;
  }

  /** A copy that still has the callee's operands. */
  private copyInstruction(ins: Ins, block: BlockId): Ins {
    const copy = this.func.create(ins.op, ins.type, ins.operands, this.positionOf(ins.pos));
    copy.targets = ins.targets.map((target) => this.blockOf(target));
    copy.imm = ins.imm;
    copy.aux = this.rowOf(ins);
    copy.align = ins.align;
    copy.flags = ins.flags;
    copy.block = block;
    this.values.set(ins.id, copy.id);
    this.takeNames(ins.id, copy.id);
    return copy;
  }

  /** The caller's row for what `aux` names; rows are copied on first sight. */
  private rowOf(ins: Ins): number {
    const { func, callee } = this;
    if (ins.op === Op.alloca) {
      const local = callee.locals[ins.aux];
      if (local === undefined) return ins.aux;
      return func.locals.push({ ...local, inlinedFrom: [...local.inlinedFrom, callee.name] }) - 1;
    }
    if (ins.op === Op.asm || ins.op === Op.asm_goto) {
      const asm = callee.asms[ins.aux];
      return asm === undefined ? ins.aux : func.asms.push(asm) - 1;
    }
    if (ins.op === Op.core_relocation) {
      const core = callee.coreRelocations[ins.aux];
      return core === undefined ? ins.aux : func.coreRelocations.push(core) - 1;
    }
    return ins.aux;
  }

  private valueOf(id: ValueId): ValueId {
    const known = this.values.get(id);
    if (known !== undefined) return known;
    const made = this.unplacedValue(this.callee.ins(id));
    this.values.set(id, made);
    this.takeNames(id, made);
    return made;
  }

  /** What the callee calls its value. */
  private takeNames(inner: ValueId, outer: ValueId): void {
    const { func, callee } = this;
    if (func.names === undefined || callee.names === undefined) return;
    if (callee.names.isPart(inner)) func.names.addPart(outer);
    func.addNames(outer, callee.names.of(inner));
  }

  private unplacedValue(ins: Ins): ValueId {
    const { func } = this;
    switch (ins.op) {
      case Op.const:
        return func.constant(ins.type, ins.imm);
      case Op.param:
        return this.call.operands[ins.aux] ?? func.undef(ins.type);
      case Op.globaladdr:
        return func.globalAddress(asId<SymbolId>(ins.aux), ins.imm);
      default:
        return func.undef(ins.type);
    }
  }

  /** Makes every return a branch to `next`; the value that the call had. */
  leaveTo(next: Block): ValueId {
    const { func, call } = this;
    const values = this.returns.map((ret) => ret.operands[0]);
    for (const ret of this.returns) {
      const list = func.block(ret.block).instructions;
      list.pop();
      for (const alloca of this.unmarked) {
        func.append(ret.block, func.create(Op.lifetime_end, Type.void, [alloca], ret.pos));
      }
      list.push(ret.id);
      ret.op = Op.br;
      ret.operands = [];
      ret.targets = [next.id];
    }
    if (call.type === Type.void) return call.id;
    const [first] = values;
    if (this.returns.length === 1 && first !== undefined) return first;
    if (this.returns.length === 0) return func.undef(call.type);
    const phi = func.create(Op.phi, call.type, [], call.pos);
    values.forEach((value, i) => {
      phi.operands.push(value ?? func.undef(call.type));
      phi.targets.push(this.returns[i]?.block ?? next.id);
    });
    func.append(next.id, phi);
    return phi.id;
  }
}
