/**
 * A traced function's argument of which only the lower bytes are wanted is loaded as such: `BPF_PROG` reads words and casts them
 * to the parameters' types, and a narrow load gives the upper half as zero where the cast would cost an instruction.
 *
 *     v1 = load i64 ctx[1]                v1 = load i32 ctx[1]
 *     v2 = trunc i32 v1              ->   v3 = zext i64 v1
 *     v3 = zext i64 v2
 *
 * Only where the program itself cuts the value in every use, and something is saved. The verifier lets any size that divides the offset
 * be read of a scalar (`raw_tp_prog_is_valid_access` since Linux 4.17, `btf_ctx_access` since 5.5, 5.6 for struct_ops, 5.7 for
 * LSM); `TargetFacts` names the programs. On big-endian machines the lower bytes are not where the word begins, which
 * `btf_ctx_access` insists on, so nothing is done there. A pointer must be read whole since 6.17; who cuts one off has no use for it.
 */

import { constantOf, type Func, type Ins } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, bytesOf, Type } from '../ir/types.ts';
import { Insertions } from './adjacent-accesses.ts';
import type { PassContext } from './pass.ts';
import { become, isOrdered } from './rewrite.ts';

const wordBits = 64;
const widths = [Type.i8, Type.i16, Type.i32] as const;

export function narrowArguments(func: Func, cx: PassContext): boolean {
  const { littleEndian, target } = cx.options;
  if (!littleEndian || target?.hasWordArguments(func.symbol) !== true) return false;
  const insertions = new Insertions(func);
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = func.ins(id);
      if (isArgument(func, ins)) narrow(func, cx, ins, insertions);
    }
  }
  if (insertions.isEmpty) return false;
  insertions.apply();
  return true;
}

/** A load of a whole word of the context. */
function isArgument(func: Func, ins: Ins): boolean {
  if (ins.op !== Op.load || ins.type !== Type.i64 || isOrdered(ins)) return false;
  const pointer = func.ins(ins.operands[0] ?? ins.id);
  const [base, offset] = pointer.op === Op.ptradd ? pointer.operands : [pointer.id];
  const distance = offset === undefined ? 0n : constantOf(func, offset);
  return base === func.parameter(0) && distance !== undefined && distance % 8n === 0n;
}

/** Bits of a word that an instruction looks at, when it cuts the others off. */
function wantedBits(func: Func, user: Ins): number {
  if (user.op === Op.trunc) return bitsOf(user.type);
  const mask = user.op === Op.and ? constantOf(func, user.operands[1] ?? user.id) : undefined;
  return mask === undefined ? wordBits : mask.toString(2).length;
}

/** Would cutting be an instruction, which a load of so many bits saves? */
function isCostly(cx: PassContext, user: Ins, bits: number): boolean {
  if (user.op === Op.and) return true;
  const isNarrow = bits < 32;
  return cx.analyses.uses
    .of(user.id)
    .some(({ op }) => op === Op.zext || (isNarrow && op !== Op.sext && op !== Op.store && op !== Op.trunc));
}

/** The load's value becomes the extension of a narrow one; combining does the rest. */
function narrow(func: Func, cx: PassContext, load: Ins, insertions: Insertions): void {
  const users = cx.analyses.uses.of(load.id);
  const bits = users.reduce((most, user) => Math.max(most, wantedBits(func, user)), 0);
  const type = widths.find((width) => bits <= bitsOf(width));
  if (type === undefined || !users.some((user) => isCostly(cx, user, bitsOf(type)))) return;
  const value = insertions.make(load, Op.load, type, load.operands);
  value.align = bytesOf(type);
  become(load, Op.zext, [value.id]);
}
