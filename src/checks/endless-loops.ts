/**
 * Loops that no path leaves: IR -> the place of each function's first one. The verifier refuses them (`back-edge`, `infinite
 * loop detected`).
 *
 * Loops with inline assembly (which may jump, or hold `may_goto`) and with calls that do not come back are left alone.
 */

import { noPos, type Pos } from '../diagnostics/source-manager.ts';
import { buildCfg } from '../ir/cfg.ts';
import { type BlockId, type Func, InsFlag } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op, opRow } from '../ir/ops.ts';

/** Does control leave the function in the block, or may it without a branch that shows? */
function mayLeave(func: Func, block: BlockId): boolean {
  return func.block(block).instructions.some((id) => {
    const { op, flags, targets } = func.ins(id);
    if (op === Op.asm || op === Op.asm_goto || op === Op.packet_load) return true;
    if (op === Op.call && (flags & InsFlag.noReturn) !== 0) return true;
    return opRow(op).terminator && targets.length === 0;
  });
}

function endlessLoop(func: Func): Pos | undefined {
  const { rpo, predecessors } = buildCfg(func);
  const leaving = new Set<BlockId>(rpo.filter((block) => mayLeave(func, block)));
  for (const block of leaving) for (const before of predecessors[block] ?? []) leaving.add(before);
  for (const block of rpo) {
    if (leaving.has(block)) continue;
    for (const id of func.block(block).instructions) if (func.ins(id).pos !== noPos) return func.ins(id).pos;
  }
  return undefined;
}

export function findEndlessLoops(module: Module): Pos[] {
  return [...module.functions()].flatMap((func) => endlessLoop(func) ?? []);
}
