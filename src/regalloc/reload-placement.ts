/**
 * Where a value that lives on the stack across calls is reloaded: stretches of its range between calls and block borders -> which
 * of them the value enters and leaves in a register.
 *
 * A value may be reloaded behind the call, for all that follows, or later, where a way needs it: a way that does not pays
 * nothing, and a loop around which the value is only carried along has no reload. Since the slot holds the value everywhere, any
 * choice is right in which a block is entered with the register only if each predecessor leaves with it.
 *
 * Method: the cheapest choice is a minimum cut (as in the placement of spill code by Proebsting and Fischer, and in
 * speculative redundancy elimination by Cai and Xue): the source's side holds the value in a register. The flow is Dinic's. Of
 * the cheapest choices it is the latest.
 */

import { bug } from '../support/bug.ts';

/** A stretch as this file sees it. */
export interface PlacedStretch {
  /** Cost of a reload in its block. */
  readonly frequency: number;
  /** Begins behind a call. */
  readonly isCut: boolean;
  readonly reachesEnd: boolean;
  /** Something reads or writes the value. */
  readonly isUsed: boolean;
  /** The first thing to do so needs the value. */
  readonly readsFirst: boolean;
  /** Numbers of the stretches at the ends of the predecessors. */
  readonly predecessors: readonly number[];
}

export interface ReloadPlacement {
  /** By stretch: the value is in the register where it begins. */
  readonly entersInRegister: readonly boolean[];
  /** By stretch without uses: the value is in the register where it ends. */
  readonly leavesInRegister: readonly boolean[];
}

/** More stretches than these are not weighed against each other: the flow is not linear. */
export const maxStretches = 2000;

const unbounded = Number.MAX_SAFE_INTEGER;

export function placeReloads(stretches: readonly PlacedStretch[]): ReloadPlacement {
  const entry = (stretch: number): number => 2 + 2 * stretch;
  const exit = (stretch: number): number => 3 + 2 * stretch;
  const network = new Network(2 + 2 * stretches.length);
  stretches.forEach(({ frequency, isCut, reachesEnd, isUsed, readsFirst, predecessors }, s) => {
    if (readsFirst && !isCut) network.connect(source, entry(s), frequency);
    if (!isUsed && reachesEnd) network.connect(exit(s), isCut ? sink : entry(s), frequency);
    for (const before of predecessors) {
      if (!stretches[before]?.isUsed) network.connect(entry(s), exit(before), unbounded);
    }
  });
  const held = network.sourceSide();
  return {
    entersInRegister: stretches.map((_, s) => held[entry(s)] === 1),
    leavesInRegister: stretches.map((_, s) => held[exit(s)] === 1),
  };
}

const source = 0;
const sink = 1;

/** A flow network with residual edges in pairs: edge e and e ^ 1 are each other's reverse. */
class Network {
  private readonly heads: number[] = [];
  private readonly capacities: number[] = [];
  private readonly edgesOf: number[][];
  private readonly levels: Int32Array;
  private readonly cursors: Int32Array;

  constructor(nodes: number) {
    this.edgesOf = Array.from({ length: nodes }, () => []);
    this.levels = new Int32Array(nodes);
    this.cursors = new Int32Array(nodes);
  }

  connect(from: number, to: number, capacity: number): void {
    this.edges(from).push(this.heads.length);
    this.heads.push(to);
    this.capacities.push(capacity);
    this.edges(to).push(this.heads.length);
    this.heads.push(from);
    this.capacities.push(0);
  }

  private edges(node: number): number[] {
    return this.edgesOf[node] ?? bug(`no node ${node} in the flow`);
  }

  /** By node: 1 for what the source still reaches when the flow is at its maximum. */
  sourceSide(): Uint8Array {
    while (this.findLevels()) {
      this.cursors.fill(0);
      while (this.augment());
    }
    return Uint8Array.from(this.levels, (level) => (level >= 0 ? 1 : 0));
  }

  /** Distances from the source over edges with room; true when the sink has one. */
  private findLevels(): boolean {
    this.levels.fill(-1);
    this.levels[source] = 0;
    const queue = [source];
    for (const node of queue) {
      for (const edge of this.edges(node)) {
        const to = this.heads[edge] ?? sink;
        if ((this.capacities[edge] ?? 0) <= 0 || (this.levels[to] ?? 0) >= 0) continue;
        this.levels[to] = (this.levels[node] ?? 0) + 1;
        queue.push(to);
      }
    }
    return (this.levels[sink] ?? -1) >= 0;
  }

  /** Pushes flow along one shortest way; false when none is left. The way is kept in a list, not in calls: it may be long. */
  private augment(): boolean {
    const way: number[] = [];
    let node = source;
    while (node !== sink) {
      const edge = this.nextEdge(node);
      if (edge !== undefined) {
        way.push(edge);
        node = this.heads[edge] ?? sink;
        continue;
      }
      const back = way.pop();
      if (back === undefined) return false;
      // A dead end is not tried again.
      this.levels[node] = -1;
      node = this.heads[back ^ 1] ?? source;
    }
    const room = Math.min(...way.map((edge) => this.capacities[edge] ?? 0));
    for (const edge of way) {
      this.capacities[edge] = (this.capacities[edge] ?? 0) - room;
      this.capacities[edge ^ 1] = (this.capacities[edge ^ 1] ?? 0) + room;
    }
    return true;
  }

  private nextEdge(node: number): number | undefined {
    const edges = this.edges(node);
    for (let at = this.cursors[node] ?? 0; at < edges.length; at++) {
      this.cursors[node] = at;
      const edge = edges[at] ?? 0;
      const to = this.heads[edge] ?? sink;
      if ((this.capacities[edge] ?? 0) > 0 && this.levels[to] === (this.levels[node] ?? 0) + 1) return edge;
    }
    this.cursors[node] = edges.length;
    return undefined;
  }
}
