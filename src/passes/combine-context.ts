/**
 * What the rules of instruction combining share. See `combine.ts`.
 */

import type { Builder } from '../ir/builder.ts';
import { constantOf, type Func, type ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type { PassOptions } from './pass.ts';

/** What rules work with. */
export interface CombineContext {
  readonly func: Func;
  readonly module: Module;
  readonly options: PassOptions;
  /** Narrow integers are only moved by now: no rule may compute with them again. */
  readonly keepsWide: boolean;
  /** Puts new instructions before the one at hand. */
  readonly builder: Builder;
  /** Uses of a value when the round began. */
  useCount(value: ValueId): number;
}

/** A value that stands for the instruction; true when it was changed in place; undefined for neither. */
export type CombineResult = ValueId | true | undefined;

/** `x` when `value` is `x xor 1` on i1. */
export function invertedOperand(func: Func, value: ValueId): ValueId | undefined {
  const ins = func.ins(value);
  const [x, one] = ins.operands;
  if (ins.op !== Op.xor || x === undefined || one === undefined) return undefined;
  return ins.type === Type.i1 && constantOf(func, one) === 1n ? x : undefined;
}
