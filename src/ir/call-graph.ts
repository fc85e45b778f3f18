/**
 * Who calls whom: a module -> direct callees of each function, an order with callees first, and the cycles.
 *
 * Method: Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972): strongly connected components come out
 * callees first. The walk keeps its own stack. Only direct calls of functions with a body are edges.
 * Besides, which functions are called from nowhere else.
 */

import { asId } from '../support/ids.ts';
import type { Func, Ins, SymbolId } from './func.ts';
import type { Module } from './module.ts';
import { Op } from './ops.ts';
import { Type } from './types.ts';

export interface CallGraph {
  /** Distinct callees with a body, by caller. */
  readonly callees: ReadonlyMap<SymbolId, readonly SymbolId[]>;
  /** Direct calls of each function in the whole module. */
  readonly callCounts: ReadonlyMap<SymbolId, number>;
  /** Strongly connected components, callees before callers. */
  readonly components: readonly (readonly SymbolId[])[];
}

export function buildCallGraph(module: Module): CallGraph {
  const callees = new Map<SymbolId, SymbolId[]>();
  const callCounts = new Map<SymbolId, number>();
  for (const func of module.functions()) {
    const found = new Set<SymbolId>();
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) {
        const ins = func.ins(id);
        if (ins.op !== Op.call) continue;
        const callee = module.symbols[ins.aux];
        if (callee?.func === undefined) continue;
        found.add(callee.id);
        callCounts.set(callee.id, (callCounts.get(callee.id) ?? 0) + 1);
      }
    }
    callees.set(func.symbol, [...found]);
  }
  return { callees, callCounts, components: components(callees) };
}

/** The groups of functions that call each other in a circle (a function that calls itself is one). */
export function findRecursion(module: Module): readonly (readonly SymbolId[])[] {
  const graph = buildCallGraph(module);
  return graph.components.filter((group) => isRecursive(graph, group));
}

/** True for a component that contains a cycle. */
export function isRecursive(graph: CallGraph, group: readonly SymbolId[]): boolean {
  const [first] = group;
  return group.length > 1 || (first !== undefined && (graph.callees.get(first) ?? []).includes(first));
}

interface Visit {
  readonly node: SymbolId;
  at: number;
}

function components(edges: ReadonlyMap<SymbolId, readonly SymbolId[]>): SymbolId[][] {
  const groups: SymbolId[][] = [];
  const index = new Map<SymbolId, number>();
  const low = new Map<SymbolId, number>();
  const open: SymbolId[] = [];
  const isOpen = new Set<SymbolId>();
  const visits: Visit[] = [];
  const enter = (node: SymbolId): void => {
    low.set(node, index.size);
    index.set(node, index.size);
    open.push(node);
    isOpen.add(node);
    visits.push({ node, at: 0 });
  };
  const lower = (node: SymbolId, value: number): void => {
    low.set(node, Math.min(low.get(node) ?? value, value));
  };
  for (const root of edges.keys()) {
    if (!index.has(root)) enter(root);
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const { node } = visit;
      const next = edges.get(node)?.[visit.at++];
      if (next !== undefined) {
        if (!index.has(next)) enter(next);
        else if (isOpen.has(next)) lower(node, index.get(next) ?? 0);
        continue;
      }
      visits.pop();
      const parent = visits.at(-1);
      if (parent !== undefined) lower(parent.node, low.get(node) ?? 0);
      if (low.get(node) === index.get(node)) groups.push(closeComponent(node, open, isOpen));
    }
  }
  return groups;
}

function closeComponent(head: SymbolId, open: SymbolId[], isOpen: Set<SymbolId>): SymbolId[] {
  const group: SymbolId[] = [];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    isOpen.delete(node);
    group.push(node);
    if (node === head) break;
  }
  return group.reverse();
}

/** Functions whose address is a value in code or data, and those that assembly calls. */
export function addressTaken(module: Module): ReadonlySet<number> {
  const taken = new Set<number>();
  for (const { data } of module.symbols) for (const { symbol } of data?.relocations ?? []) taken.add(symbol);
  for (const func of module.functions()) {
    for (const { template } of func.asms) {
      for (const [, name = ''] of template.matchAll(/\bcall\s+([\w.$]+)/g))
        taken.add(module.find(name)?.id ?? -1);
    }
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) {
        for (const operand of func.ins(id).operands) {
          const ins = func.values[operand];
          if (ins?.op === Op.globaladdr) taken.add(ins.aux);
        }
      }
    }
  }
  return taken;
}

/** A call, and the function that it stands in. */
export interface CallSite {
  readonly caller: Func;
  readonly call: Ins;
}

/** A function and all of its calls. */
export interface ClosedFunction {
  readonly func: Func;
  readonly calls: readonly CallSite[];
}

/**
 * Internal functions of which every call is known and agrees with the parameters: those that nobody else can call, by
 * name or address. One with basic assembly may take its arguments where they lie and is left out.
 */
export function closedFunctions(module: Module): Map<SymbolId, ClosedFunction> {
  const taken = addressTaken(module);
  const found = new Map<SymbolId, { readonly func: Func; readonly calls: CallSite[] }>();
  for (const { id, func, linkage, isUsed } of module.symbols) {
    if (func === undefined || linkage !== 'internal' || isUsed || taken.has(id)) continue;
    if (func.asms.every(({ isExtended }) => isExtended)) found.set(id, { func, calls: [] });
  }
  for (const caller of module.functions()) {
    for (const block of caller.eachBlock()) {
      for (const value of block.instructions) {
        const call = caller.ins(value);
        if (call.op !== Op.call) continue;
        const row = found.get(asId<SymbolId>(call.aux));
        if (row === undefined) continue;
        if (agrees(caller, call, row.func)) row.calls.push({ caller, call });
        else found.delete(row.func.symbol);
      }
    }
  }
  return found;
}

/** The helper `bpf_tail_call`. */
const tailCallHelper = 12n;

/** Assembly that may call, leave the function or read the packet in the old way. */
const leavingAsm = /\b(?:call|exit|skb)\b|\.\w*(?:byte|long|quad)/;

/**
 * May a call give a result that no `ret` says? A program that is called by a tail call returns in place of the function, a failed
 * load from the packet ends it; the verifier asks that such a function returns an integer.
 */
export function mayEndElsewhere(func: Func): boolean {
  if (func.asms.some(({ template }) => leavingAsm.test(template))) return true;
  return [...func.eachBlock()].some(({ instructions }) =>
    instructions.some((id) => {
      const { op, imm } = func.ins(id);
      return op === Op.packet_load || (op === Op.call_helper && imm === tailCallHelper);
    }),
  );
}

function agrees(caller: Func, call: Ins, { parameterTypes, returnType }: Func): boolean {
  if (call.operands.length !== parameterTypes.length) return false;
  if (call.type !== returnType && call.type !== Type.void) return false;
  return call.operands.every((operand, index) => caller.ins(operand).type === parameterTypes[index]);
}
