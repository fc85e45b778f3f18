/**
 * Drops internal functions and variables that nothing visible refers to.
 *
 * Roots are what other objects may see (external and weak definitions) and what is marked `used`; from there calls,
 * addresses and the relocations of data are followed. A dropped symbol keeps its row, without body and data: an
 * internal symbol that has neither is no part of the object.
 */

import type { Func } from '../ir/func.ts';
import type { IrSymbol, Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import type { ModulePassContext } from './pass.ts';

export function globalDce(module: Module, _cx: ModulePassContext): boolean {
  const live = reachable(module);
  let changed = false;
  for (const symbol of [...module.symbols]) {
    if (live.has(symbol.id) || (symbol.func === undefined && symbol.data === undefined)) continue;
    module.symbols[symbol.id] = { ...symbol, func: undefined, data: undefined };
    changed = true;
  }
  return changed;
}

function reachable(module: Module): Set<number> {
  const live = new Set<number>();
  const work: IrSymbol[] = [];
  const mark = (id: number): void => {
    const symbol = module.symbols[id];
    if (symbol === undefined || live.has(id)) return;
    live.add(id);
    work.push(symbol);
  };
  for (const symbol of module.symbols) if (symbol.linkage !== 'internal' || symbol.isUsed) mark(symbol.id);
  for (let symbol = work.pop(); symbol !== undefined; symbol = work.pop()) {
    for (const row of symbol.data?.relocations ?? []) mark(row.symbol);
    if (symbol.func !== undefined) for (const id of symbolsOf(symbol.func)) mark(id);
  }
  return live;
}

/** Symbols that a function calls or takes the address of. */
export function symbolsOf(func: Func): Set<number> {
  const found = new Set<number>();
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = func.ins(id);
      if (ins.op === Op.call) found.add(ins.aux);
      for (const operand of ins.operands) {
        const value = func.values[operand];
        if (value?.op === Op.globaladdr) found.add(value.aux);
      }
    }
  }
  return found;
}
