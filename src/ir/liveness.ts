/**
 * Liveness of placed values: a function -> the values that are live where a block begins and ends.
 *
 * Method: backward dataflow on bit sets to a fixpoint, blocks in postorder (Cooper and Torczon, "Engineering a
 * Compiler", 8.6). A phi's operand is live at the end of the predecessor it comes from, not at the phi's block.
 */

import { BitSet } from '../support/bit-set.ts';
import type { Cfg } from './cfg.ts';
import type { BlockId, Func } from './func.ts';
import { Op, opRow } from './ops.ts';

export interface Liveness {
  /** By block. */
  readonly liveIn: readonly BitSet[];
  readonly liveOut: readonly BitSet[];
}

export function buildLiveness(func: Func, cfg: Cfg): Liveness {
  const count = func.values.length;
  const make = (): BitSet[] => func.blocks.map((block) => new BitSet(block === undefined ? 0 : count));
  const used = make();
  const defined = make();
  const liveIn = make();
  const liveOut = make();
  for (const block of cfg.rpo) localFacts(func, block, used, defined, liveOut);
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = cfg.rpo.length - 1; i >= 0; i--) {
      const block = cfg.rpo[i];
      if (block !== undefined && transfer(cfg, block, { used, defined, liveIn, liveOut })) changed = true;
    }
  }
  return { liveIn, liveOut };
}

function localFacts(func: Func, block: BlockId, used: BitSet[], defined: BitSet[], liveOut: BitSet[]): void {
  for (const id of func.block(block).instructions) {
    const ins = func.ins(id);
    ins.operands.forEach((operand, i) => {
      if (!opRow(func.ins(operand).op).placed) return;
      if (ins.op === Op.phi) liveOut[ins.targets[i] ?? block]?.add(operand);
      else if (!defined[block]?.has(operand)) used[block]?.add(operand);
    });
    defined[block]?.add(id);
  }
}

interface Columns {
  readonly used: readonly BitSet[];
  readonly defined: readonly BitSet[];
  readonly liveIn: readonly BitSet[];
  readonly liveOut: readonly BitSet[];
}

function transfer(cfg: Cfg, block: BlockId, columns: Columns): boolean {
  const out = columns.liveOut[block];
  const into = columns.liveIn[block];
  const used = columns.used[block];
  const defined = columns.defined[block];
  if (out === undefined || into === undefined || used === undefined || defined === undefined) return false;
  for (const next of cfg.successors[block] ?? []) {
    const nextIn = columns.liveIn[next];
    if (nextIn !== undefined) out.addAll(nextIn);
  }
  const result = out.clone();
  result.deleteAll(defined);
  result.addAll(used);
  return into.addAll(result);
}
