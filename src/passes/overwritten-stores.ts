/**
 * A store of bytes that a later store in its block writes again, before anything may read them, is dead: two bit-fields of a
 * header that are set one after the other.
 *
 * Any plain memory, where `dse` looks at objects of the stack alone but across blocks. Method: each block backwards, with the stores that
 * are waiting; what may touch their bytes, a call for instance, ends their time.
 */

import type { Func } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { type Access, AdjacentAccesses } from './adjacent-accesses.ts';
import type { PassContext } from './pass.ts';
import { discard, sweepBlock } from './rewrite.ts';

/** Each instruction is held against all of them. */
const mostStores = 32;

export function overwrittenStores(func: Func, cx: PassContext): boolean {
  const accesses = new AdjacentAccesses(func, cx);
  let changed = false;
  for (const block of func.eachBlock()) {
    let isChanged = false;
    let later: Access[] = [];
    for (const [index, id] of [...block.instructions.entries()].reverse()) {
      const ins = func.ins(id);
      if (opRow(ins.op).memory === 'none') continue;
      const access = ins.op === Op.store ? accesses.accessOf(ins, index) : undefined;
      if (access === undefined) {
        later = later.filter((one) => !accesses.mayTouch(ins, one));
      } else if (later.some((one) => contains(one, access))) {
        discard(func, ins);
        isChanged = true;
      } else if (later.length < mostStores) {
        later.push(access);
      }
    }
    if (isChanged) sweepBlock(func, block);
    changed ||= isChanged;
  }
  return changed;
}

const contains = (outer: Access, inner: Access): boolean =>
  outer.base === inner.base &&
  outer.offset <= inner.offset &&
  inner.offset + inner.bytes <= outer.offset + outer.bytes;
