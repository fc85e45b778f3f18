/**
 * Parameters that nobody reads and results that nobody wants go, with what callers passed.
 *
 * Needs all calls, as `argument-constants` does; the functions note what they have lost, so that BTF describes the final
 * signature. Method: liveness over the values of all functions at once (LLVM's DeadArgumentElimination on whole
 * values): an argument is live when the parameter is, a returned value when the result of a call is, so that a value that
 * is only handed around in a circle is dead. What made a dead value is left to `dce`.
 */

import { type ClosedFunction, closedFunctions, mayEndElsewhere } from '../ir/call-graph.ts';
import type { Func, Ins, ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type { ModulePassContext } from './pass.ts';
import { isRemovable, Replacements } from './rewrite.ts';

export function deadArguments(module: Module, cx: ModulePassContext): boolean {
  const closed = closedFunctions(module);
  if (closed.size === 0) return false;
  const live = new LiveValues(module, closed);
  let changed = false;
  for (const row of closed.values()) {
    const lostParameters = dropParameters(row, live);
    const lostResult = dropResult(row, live);
    if (!lostParameters && !lostResult) continue;
    changed = true;
    cx.changed(row.func);
    for (const { caller } of row.calls) cx.changed(caller);
  }
  return changed;
}

class LiveValues {
  private readonly closed: ReadonlyMap<number, ClosedFunction>;
  private readonly live = new Map<Func, Uint8Array>();
  private readonly work: { readonly func: Func; readonly ins: Ins }[] = [];

  constructor(module: Module, closed: ReadonlyMap<number, ClosedFunction>) {
    this.closed = closed;
    // A parameter that is never named gets its value here.
    for (const { func } of closed.values())
      for (const index of func.parameterTypes.keys()) func.parameter(index);
    for (const func of module.functions()) this.live.set(func, new Uint8Array(func.values.length));
    for (const func of module.functions()) {
      for (const block of func.eachBlock()) {
        for (const id of block.instructions) this.markRoot(func, func.ins(id));
      }
    }
    for (let next = this.work.pop(); next !== undefined; next = this.work.pop()) {
      this.follow(next.func, next.ins);
    }
  }

  isLive(func: Func, value: ValueId): boolean {
    return this.live.get(func)?.[value] !== 0;
  }

  isResultLive({ calls }: ClosedFunction): boolean {
    return calls.some(({ caller, call }) => this.isLive(caller, call.id));
  }

  private mark(func: Func, value: ValueId | undefined): void {
    const column = this.live.get(func);
    if (value === undefined || column?.[value] !== 0) return;
    column[value] = 1;
    this.work.push({ func, ins: func.ins(value) });
  }

  /** What an instruction with an effect needs; calls and returns need what their other ends do. */
  private markRoot(func: Func, ins: Ins): void {
    if (isRemovable(ins)) return;
    if (ins.op === Op.call && this.closed.has(ins.aux)) return;
    if (ins.op === Op.ret && this.closed.has(func.symbol)) return;
    for (const operand of ins.operands) this.mark(func, operand);
  }

  private follow(func: Func, ins: Ins): void {
    if (ins.op === Op.param) {
      for (const { caller, call } of this.closed.get(func.symbol)?.calls ?? []) {
        this.mark(caller, call.operands[ins.aux]);
      }
      return;
    }
    const callee = ins.op === Op.call ? this.closed.get(ins.aux) : undefined;
    if (callee === undefined) for (const operand of ins.operands) this.mark(func, operand);
    else for (const ret of returnsOf(callee.func)) this.mark(callee.func, ret.operands[0]);
  }
}

function returnsOf(func: Func): Ins[] {
  return [...func.eachBlock()].map(({ id }) => func.terminator(id)).filter(({ op }) => op === Op.ret);
}

function dropParameters({ func, calls }: ClosedFunction, live: LiveValues): boolean {
  const isDead = func.parameterTypes.map((_type, index) => !live.isLive(func, func.parameter(index)));
  if (!isDead.includes(true)) return false;
  for (const { call } of calls)
    call.operands = call.operands.filter((_operand, index) => isDead[index] === false);
  func.dropParameters((index) => isDead[index] === true);
  return true;
}

function dropResult(row: ClosedFunction, live: LiveValues): boolean {
  const { func, calls } = row;
  if (func.returnType === Type.void || live.isResultLive(row) || mayEndElsewhere(func)) return false;
  for (const ret of returnsOf(func)) ret.operands = [];
  func.returnType = Type.void;
  func.dropsResult = true;
  for (const { caller, call } of calls) forgetResult(caller, call);
  return true;
}

/** What still names a result that nobody wants is itself dead. */
function forgetResult(caller: Func, call: Ins): void {
  if (call.type === Type.void) return;
  const replacements = new Replacements();
  replacements.set(call.id, caller.undef(call.type));
  replacements.apply(caller);
  call.type = Type.void;
}
