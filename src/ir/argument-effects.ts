/**
 * What calls of a module's functions do with the memory behind their pointer arguments: read it, write it, keep the address.
 *
 * Method: bottom-up over the call graph, callees first (Cooper and Kennedy, "Interprocedural Side-Effect Analysis in Linear Time",
 * PLDI 1988). In each body what is made of a parameter by `ptradd`, phi and select is followed; what is done with any of
 * these is done with the parameter. Functions that call each other in a circle, weak ones and those with basic assembly, which
 * may take arguments where they lie, do everything. A function that the verifier looks at by itself reads all of its
 * arguments: there the caller must have written the memory.
 *
 * The facts stay true while passes keep the meaning of the code: accesses go, none are added.
 */

import { type ArgumentEffect, type CallEffects, captures } from './alias.ts';
import { buildCallGraph, isRecursive } from './call-graph.ts';
import type { Func, Ins, ValueId } from './func.ts';
import type { Module } from './module.ts';
import { Op, opRow } from './ops.ts';
import type { TargetFacts } from './target-facts.ts';
import { Type } from './types.ts';

const everything: ArgumentEffect = Object.freeze({ isCaptured: true, reads: true, writes: true });
const nothing: ArgumentEffect = Object.freeze({ isCaptured: false, reads: false, writes: false });

export class ArgumentEffects implements CallEffects {
  private readonly module: Module;
  private readonly target: TargetFacts;
  /** By function; nothing before the first question. */
  private rows: Map<number, readonly ArgumentEffect[]> | undefined = undefined;

  constructor(module: Module, target: TargetFacts) {
    this.module = module;
    this.target = target;
  }

  of(call: Ins, index: number): ArgumentEffect {
    if (this.rows === undefined) this.fill((this.rows = new Map()));
    return this.rows.get(call.aux)?.[index] ?? everything;
  }

  private fill(rows: Map<number, readonly ArgumentEffect[]>): void {
    const graph = buildCallGraph(this.module);
    for (const group of graph.components) {
      const [symbol] = group;
      const func = symbol === undefined ? undefined : this.module.symbol(symbol).func;
      if (func === undefined || !graph.callCounts.has(func.symbol) || isRecursive(graph, group)) continue;
      rows.set(func.symbol, this.effectsOf(func));
    }
  }

  private effectsOf(func: Func): readonly ArgumentEffect[] {
    const { linkage } = this.module.symbol(func.symbol);
    const types = func.parameterTypes;
    const isOpaque = linkage === 'weak' || func.asms.some(({ isExtended }) => !isExtended);
    if (isOpaque || !types.includes(Type.ptr)) return [];
    const first = { ...nothing, reads: linkage !== 'internal' };
    const effects = types.map((type) => (type === Type.ptr ? first : everything));
    const origins = originsOf(func);
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) {
        const ins = func.ins(id);
        ins.operands.forEach((operand, at) => {
          for (const index of origins.get(operand) ?? []) {
            effects[index] = joined(effects[index] ?? everything, this.effectOn(ins, at));
          }
        });
      }
    }
    return effects;
  }

  /** What an instruction does with the pointer that is its operand `at`. */
  private effectOn(ins: Ins, at: number): ArgumentEffect {
    if (ins.op === Op.call) return this.of(ins, at);
    if (isDerivation(ins, at)) return nothing;
    if (captures(ins, at)) return everything;
    const { memory } = opRow(ins.op);
    const argument = ins.op === Op.call_helper ? this.target.helper(ins.imm)?.arguments[at] : undefined;
    if (argument?.isTracked === true) return everything;
    if (argument !== undefined && argument.access !== 'none')
      return { isCaptured: false, reads: argument.access !== 'write', writes: argument.access !== 'read' };
    return {
      isCaptured: false,
      reads: memory === 'read' || memory === 'read-write',
      writes: memory === 'write' || memory === 'read-write',
    };
  }
}

/** Does the instruction only make another pointer to the same object of its operand `at`? */
function isDerivation({ op }: Ins, at: number): boolean {
  return op === Op.phi || (op === Op.ptradd && at === 0) || (op === Op.select && at > 0);
}

/** For each value that may point to what a pointer parameter points to, the numbers of these parameters. */
function originsOf(func: Func): ReadonlyMap<ValueId, ReadonlySet<number>> {
  const origins = new Map<ValueId, Set<number>>();
  func.parameterTypes.forEach((type, index) => {
    if (type === Type.ptr) origins.set(func.parameter(index), new Set([index]));
  });
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) if (deriveOrigins(func.ins(id), origins)) changed = true;
    }
  }
  return origins;
}

/** True when more is known than before. */
function deriveOrigins(ins: Ins, origins: Map<ValueId, Set<number>>): boolean {
  if (ins.type !== Type.ptr) return false;
  const found = ins.operands.flatMap((operand, at) =>
    isDerivation(ins, at) ? [...(origins.get(operand) ?? [])] : [],
  );
  if (found.length === 0) return false;
  const known = origins.get(ins.id) ?? new Set();
  const before = known.size;
  for (const index of found) known.add(index);
  origins.set(ins.id, known);
  return known.size > before;
}

function joined(a: ArgumentEffect, b: ArgumentEffect): ArgumentEffect {
  return {
    isCaptured: a.isCaptured || b.isCaptured,
    reads: a.reads || b.reads,
    writes: a.writes || b.writes,
  };
}
