/**
 * A parameter for which every call passes the same constant is that constant, and so is the result of a function that
 * returns nothing else.
 *
 * Parameters need all calls: an internal function whose address nobody takes. Results need the body that is called: an
 * internal function. Neither changes a signature; `dead-arguments` does, once nothing uses what was replaced. Method: one
 * meet over all direct calls and returns (the simple case of Callahan et al., "Interprocedural Constant Propagation",
 * 1986), again as long as a constant that was put in is handed on; what follows inside of the functions is left to
 * the other passes.
 */

import { type ClosedFunction, closedFunctions, mayEndElsewhere } from '../ir/call-graph.ts';
import { constantOf, type Func, type ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import { isIntegerType, Type } from '../ir/types.ts';
import type { ModulePassContext } from './pass.ts';
import { Replacements } from './rewrite.ts';

export function argumentConstants(module: Module, cx: ModulePassContext): boolean {
  const closed = closedFunctions(module);
  const touched = new Set<Func>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const row of closed.values()) if (replaceParameters(row, touched)) changed = true;
    for (const row of closed.values()) if (replaceResults(row, touched)) changed = true;
  }
  for (const func of touched) cx.changed(func);
  return touched.size > 0;
}

/** What all of the values are; undefined when they are not one constant. */
function agreed(values: readonly (bigint | undefined)[]): bigint | undefined {
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}

function replaceParameters({ func, calls }: ClosedFunction, touched: Set<Func>): boolean {
  const constants = new Map<ValueId, bigint>();
  func.parameterTypes.forEach((_type, index) => {
    const constant = agreed(
      calls.map(({ caller, call }) => {
        const operand = call.operands[index];
        return operand === undefined ? undefined : constantOf(caller, operand);
      }),
    );
    if (constant !== undefined) constants.set(func.parameter(index), constant);
  });
  return replaceByConstants(func, constants, touched);
}

function replaceResults({ func, calls }: ClosedFunction, touched: Set<Func>): boolean {
  if (!isIntegerType(func.returnType) && func.returnType !== Type.ptr) return false;
  if (mayEndElsewhere(func)) return false;
  const returned: (bigint | undefined)[] = [];
  for (const block of func.eachBlock()) {
    const { op, operands } = func.terminator(block.id);
    const [value] = operands;
    if (op === Op.ret) returned.push(value === undefined ? undefined : constantOf(func, value));
  }
  const constant = agreed(returned);
  if (constant === undefined) return false;
  let changed = false;
  for (const { caller, call } of calls) {
    if (call.type === Type.void) continue;
    if (replaceByConstants(caller, new Map([[call.id, constant]]), touched)) changed = true;
  }
  return changed;
}

/** True when any of the values was used. */
function replaceByConstants(
  func: Func,
  constants: ReadonlyMap<ValueId, bigint>,
  touched: Set<Func>,
): boolean {
  if (constants.size === 0) return false;
  const isUsed = [...func.eachBlock()].some((block) =>
    block.instructions.some((id) => func.ins(id).operands.some((operand) => constants.has(operand))),
  );
  if (!isUsed) return false;
  const replacements = new Replacements();
  for (const [value, constant] of constants) {
    replacements.set(value, func.constant(func.ins(value).type, constant));
  }
  replacements.apply(func);
  touched.add(func);
  return true;
}
