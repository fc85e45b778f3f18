/**
 * Who calls whom: a module -> direct callees of each function, an order with callees first, and the cycles.
 *
 * Method: Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972): strongly connected components come out
 * callees first. The walk keeps its own stack. Only direct calls of functions with a body are edges.
 */

import type { SymbolId } from './func.ts';
import type { Module } from './module.ts';
import { Op } from './ops.ts';

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
