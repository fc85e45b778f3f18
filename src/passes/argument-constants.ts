/**
 * A parameter for which every call passes the same constant is that constant.
 *
 * Needs all calls: an internal function whose address nobody takes. The parameter stays in the signature, which BTF
 * describes. Method: one meet over all direct calls (the simple case of Callahan et al., "Interprocedural Constant
 * Propagation", 1986); what follows inside of the function is left to the other passes.
 */

import type { Func, ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import type { ModulePassContext } from './pass.ts';
import { Replacements } from './rewrite.ts';

/** What the calls seen so far agree on: a constant's bits, or that they differ. */
type Agreement = bigint | 'differs' | undefined;

export function argumentConstants(module: Module, cx: ModulePassContext): boolean {
  const agreed = new Map<number, Agreement[]>();
  for (const symbol of module.symbols) {
    if (symbol.func === undefined || symbol.linkage !== 'internal' || symbol.isUsed) continue;
    agreed.set(
      symbol.id,
      symbol.func.parameterTypes.map(() => undefined),
    );
  }
  for (const symbol of module.symbols)
    for (const row of symbol.data?.relocations ?? []) agreed.delete(row.symbol);
  for (const func of module.functions()) meetCalls(func, agreed);
  let changed = false;
  for (const [id, row] of agreed) {
    const func = module.symbols[id]?.func;
    if (func === undefined || !replaceParameters(func, row)) continue;
    cx.changed(func);
    changed = true;
  }
  return changed;
}

function meetCalls(func: Func, agreed: Map<number, Agreement[]>): void {
  for (const block of func.eachBlock()) {
    for (const value of block.instructions) {
      const ins = func.ins(value);
      for (const operand of ins.operands) {
        const address = func.ins(operand);
        if (address.op === Op.globaladdr) agreed.delete(address.aux);
      }
      const row = ins.op === Op.call ? agreed.get(ins.aux) : undefined;
      row?.forEach((before, i) => {
        const operand = ins.operands[i];
        const argument = operand === undefined ? undefined : func.ins(operand);
        const constant = argument?.op === Op.const ? argument.imm : 'differs';
        row[i] = before === undefined || before === constant ? constant : 'differs';
      });
    }
  }
}

function replaceParameters(func: Func, row: readonly Agreement[]): boolean {
  const parameters = new Map<ValueId, bigint>();
  row.forEach((constant, i) => {
    if (typeof constant === 'bigint') parameters.set(func.parameter(i), constant);
  });
  const isUsed = [...func.eachBlock()].some((block) =>
    block.instructions.some((id) => func.ins(id).operands.some((operand) => parameters.has(operand))),
  );
  if (!isUsed) return false;
  const replacements = new Replacements();
  for (const [parameter, constant] of parameters) {
    replacements.set(parameter, func.constant(func.ins(parameter).type, constant));
  }
  replacements.apply(func);
  return true;
}
