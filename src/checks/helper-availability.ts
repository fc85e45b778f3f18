/**
 * Calls of helpers that the oldest kernel a program is meant for (`--kernel X.Y`) does not have, or that programs of its type
 * may not call.
 *
 * A call behind a branch on a CO-RE relocation, on `.kconfig` or on a constant that the loader sets is left alone: that is how
 * a program asks, and the verifier does not look at code that such a constant makes dead.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { buildCfg } from '../ir/cfg.ts';
import type { BlockId, Func, Ins, ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op, opRow } from '../ir/ops.ts';
import { Uses } from '../ir/uses.ts';
import { isRefused } from '../isa/helper-programs.ts';
import { type Helper, helperById } from '../isa/helpers.ts';
import { programTypeOf } from '../object/program-sections.ts';
import { asId } from '../support/ids.ts';
import { isBefore, type KernelVersion, parseKernelVersion } from './kernel-version.ts';

/** Blocks that end in a branch which the loader decides. */
function decidedByLoader(module: Module, func: Func): ReadonlySet<BlockId> {
  const known = new Set<ValueId>();
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) if (isSetByLoader(module, func, func.ins(id))) known.add(id);
  }
  const blocks = new Set<BlockId>();
  if (known.size === 0) return blocks;
  const uses = new Uses(func);
  for (const value of known) {
    for (const user of uses.of(value)) {
      if (opRow(user.op).terminator) blocks.add(user.block);
      else known.add(user.id);
    }
  }
  return blocks;
}

function isSetByLoader(module: Module, func: Func, ins: Ins): boolean {
  if (ins.op === Op.core_relocation) return true;
  const [pointer] = ins.operands;
  const address = ins.op === Op.load && pointer !== undefined ? func.ins(pointer) : undefined;
  if (address?.op !== Op.globaladdr) return false;
  return /^\.(?:kconfig|ksyms|rodata)/.test(module.symbol(asId(address.aux)).section ?? '');
}

export interface HelperUse {
  readonly func: Func;
  readonly helper: Helper;
  readonly call: Pos;
}

/** Calls of helpers that every loader leaves in. */
export function unconditionalCalls(module: Module): HelperUse[] {
  const found: HelperUse[] = [];
  for (const func of module.functions()) {
    const { successors } = buildCfg(func);
    const asking = decidedByLoader(module, func);
    const reached = new Set<BlockId>([func.entry]);
    for (const block of reached) {
      if (!asking.has(block)) for (const next of successors[block] ?? []) reached.add(next);
      for (const id of func.block(block).instructions) {
        const ins = func.ins(id);
        const helper = ins.op === Op.call_helper ? helperById(Number(BigInt.asIntN(32, ins.imm))) : undefined;
        if (helper !== undefined) found.push({ func, helper, call: ins.pos });
      }
    }
  }
  return found;
}

export function isNewerThan(helper: Helper, kernel: KernelVersion): boolean {
  const since = parseKernelVersion(helper.since);
  return since !== undefined && isBefore(kernel, since);
}

/** The type of a program that cannot call the helper, where that is known. */
export function refusingType(module: Module, { func, helper }: HelperUse): string | undefined {
  const { section, linkage } = module.symbol(func.symbol);
  const type = linkage === 'internal' || section === undefined ? undefined : programTypeOf(section)?.type;
  return type !== undefined && isRefused(type, helper) ? type : undefined;
}
