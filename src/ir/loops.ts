/**
 * Natural loops: control flow graph and dominators -> a forest of loops.
 *
 * A back edge goes to a block that dominates its source; the loop of a header is everything that reaches one of its
 * back edges without passing the header (Aho, Sethi, Ullman, "Compilers", 9.6). Cycles with more than one entry
 * (from goto) are no loops here: passes leave them alone.
 */

import type { Cfg } from './cfg.ts';
import type { Dominators } from './dominators.ts';
import type { BlockId } from './func.ts';

export interface Loop {
  readonly header: BlockId;
  /** Sources of back edges. */
  readonly latches: readonly BlockId[];
  /** All blocks, the header and those of inner loops included. */
  readonly blocks: ReadonlySet<BlockId>;
  readonly parent: Loop | undefined;
  readonly depth: number;
}

export interface Loops {
  /** Inner loops before the loops around them. */
  readonly innerFirst: readonly Loop[];
  /** The innermost loop of each block. */
  readonly of: ReadonlyMap<BlockId, Loop>;
}

interface MutableLoop {
  header: BlockId;
  latches: BlockId[];
  blocks: Set<BlockId>;
  parent: MutableLoop | undefined;
  depth: number;
}

export function buildLoops(cfg: Cfg, dominators: Dominators): Loops {
  const loops: MutableLoop[] = [];
  const innermost = new Map<BlockId, MutableLoop>();
  // Backwards, so that inner headers (later in the order) come before outer ones.
  for (let i = cfg.rpo.length - 1; i >= 0; i--) {
    const header = cfg.rpo[i];
    if (header === undefined) continue;
    const latches = (cfg.predecessors[header] ?? []).filter((from) => dominators.dominates(header, from));
    if (latches.length === 0) continue;
    const loop: MutableLoop = { header, latches, blocks: new Set([header]), parent: undefined, depth: 1 };
    collect(cfg, loop, innermost);
    loops.push(loop);
  }
  for (let i = loops.length - 1; i >= 0; i--) {
    const loop = loops[i];
    if (loop !== undefined) loop.depth = (loop.parent?.depth ?? 0) + 1;
  }
  return { innerFirst: loops, of: innermost };
}

function collect(cfg: Cfg, loop: MutableLoop, innermost: Map<BlockId, MutableLoop>): void {
  const work = [...loop.latches];
  if (!innermost.has(loop.header)) innermost.set(loop.header, loop);
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (loop.blocks.has(block)) continue;
    loop.blocks.add(block);
    const inner = innermost.get(block);
    if (inner === undefined) {
      innermost.set(block, loop);
      work.push(...(cfg.predecessors[block] ?? []));
      continue;
    }
    // A loop found before: take it whole and go on from its header.
    let outermost = inner;
    while (outermost.parent !== undefined) outermost = outermost.parent;
    if (outermost === loop) continue;
    outermost.parent = loop;
    for (const member of outermost.blocks) loop.blocks.add(member);
    for (const from of cfg.predecessors[outermost.header] ?? []) {
      if (!outermost.blocks.has(from)) work.push(from);
    }
  }
}
