/**
 * The dominator tree and dominance frontiers: a control flow graph -> who dominates whom.
 *
 * Method: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" (2001): iteration over immediate
 * dominators in reverse postorder; the frontiers are their figure 5. `dominates` compares intervals of a walk over
 * the tree and takes constant time. Facts hold for reachable blocks only.
 */

import { asId } from '../support/ids.ts';
import type { Cfg } from './cfg.ts';
import type { BlockId } from './func.ts';

export class Dominators {
  private readonly cfg: Cfg;
  /** Immediate dominator by block; the entry's is itself, -1 for unreachable blocks. */
  readonly idom: Int32Array;
  /** Blocks that a block dominates immediately, in reverse postorder. */
  readonly children: readonly (readonly BlockId[])[];
  private readonly enter: Int32Array;
  private readonly leave: Int32Array;
  private frontierLists: BlockId[][] | undefined = undefined;

  constructor(cfg: Cfg) {
    this.cfg = cfg;
    this.idom = immediateDominators(cfg);
    const children: BlockId[][] = cfg.successors.map(() => []);
    for (const block of cfg.rpo) {
      const parent = this.idom[block] ?? -1;
      if (parent >= 0 && parent !== block) children[parent]?.push(block);
    }
    this.children = children;
    this.enter = new Int32Array(cfg.successors.length).fill(-1);
    this.leave = new Int32Array(cfg.successors.length).fill(-1);
    this.numberTree();
  }

  /** True when every path from the entry to `b` goes through `a` (which may be `b`). */
  dominates(a: BlockId, b: BlockId): boolean {
    const enterA = this.enter[a] ?? -1;
    const enterB = this.enter[b] ?? -1;
    return enterA >= 0 && enterB >= enterA && (this.leave[b] ?? 0) <= (this.leave[a] ?? 0);
  }

  /** Blocks in which `block`'s dominance ends: where its definitions meet others. */
  frontier(block: BlockId): readonly BlockId[] {
    this.frontierLists ??= this.buildFrontiers();
    return this.frontierLists[block] ?? [];
  }

  /** Reachable blocks, each after its immediate dominator, depth first. */
  preorder(): BlockId[] {
    const order: BlockId[] = [];
    const stack: BlockId[] = this.cfg.rpo.slice(0, 1);
    for (let block = stack.pop(); block !== undefined; block = stack.pop()) {
      order.push(block);
      const children = this.children[block] ?? [];
      for (let i = children.length - 1; i >= 0; i--) {
        const child = children[i];
        if (child !== undefined) stack.push(child);
      }
    }
    return order;
  }

  private numberTree(): void {
    let clock = 0;
    const stack: { block: BlockId; at: number }[] = [];
    const visit = (block: BlockId): void => {
      this.enter[block] = clock++;
      stack.push({ block, at: 0 });
    };
    const entry = this.cfg.rpo[0];
    if (entry !== undefined) visit(entry);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const child = this.children[top.block]?.[top.at++];
      if (child !== undefined) visit(child);
      else {
        this.leave[top.block] = clock++;
        stack.pop();
      }
    }
  }

  private buildFrontiers(): BlockId[][] {
    const { cfg, idom } = this;
    const frontiers: BlockId[][] = cfg.successors.map(() => []);
    for (const block of cfg.rpo) {
      const predecessors = cfg.predecessors[block] ?? [];
      if (predecessors.length < 2 && block !== cfg.rpo[0]) continue;
      for (const predecessor of predecessors) {
        for (let runner = predecessor; runner !== idom[block]; ) {
          const list = frontiers[runner];
          // Who came by here has gone on to the end.
          if (list === undefined || list.at(-1) === block) break;
          list.push(block);
          const up = idom[runner] ?? runner;
          if (up === runner) break;
          runner = asId<BlockId>(up);
        }
      }
    }
    return frontiers;
  }
}

function immediateDominators(cfg: Cfg): Int32Array {
  const idom = new Int32Array(cfg.successors.length).fill(-1);
  const entry = cfg.rpo[0];
  if (entry === undefined) return idom;
  idom[entry] = entry;
  const { rpoIndex } = cfg;
  const intersect = (first: number, second: number): number => {
    let a = first;
    let b = second;
    while (a !== b) {
      while ((rpoIndex[a] ?? 0) > (rpoIndex[b] ?? 0)) a = idom[a] ?? entry;
      while ((rpoIndex[b] ?? 0) > (rpoIndex[a] ?? 0)) b = idom[b] ?? entry;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of cfg.rpo) {
      if (block === entry) continue;
      let found = -1;
      const predecessors = cfg.predecessors[block] ?? [];
      // The deepest first, so that the way up from many that stand in a row is gone once.
      for (let i = predecessors.length - 1; i >= 0; i--) {
        const predecessor = predecessors[i];
        if (predecessor === undefined || (idom[predecessor] ?? -1) < 0) continue;
        found = found < 0 ? predecessor : intersect(found, predecessor);
      }
      if (found !== idom[block]) {
        idom[block] = found;
        changed = true;
      }
    }
  }
  return idom;
}
