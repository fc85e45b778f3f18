/**
 * Static variables that are never written count as constants: their loads become values.
 *
 * Needs all of the module: an internal variable, not `used`, without a section, whose address goes nowhere but into plain
 * loads, at any place of it. A load at a place that is not known yet folds later, when a loop is unrolled: the variable is
 * marked as constant. This is how calls of helpers through `static long (*bpf_x)(...) = (void *)1` find their number (libbpf's
 * headers before they had `const`). LLVM's GlobalOpt does the same.
 */

import type { Func, Ins, SymbolId, ValueId } from '../ir/func.ts';
import type { IrSymbol, Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import { asId } from '../support/ids.ts';
import { loadFromImage } from './combine-memory.ts';
import type { ModulePassContext } from './pass.ts';
import { discard, isOrdered, Replacements, sweep } from './rewrite.ts';

export function globalConstants(module: Module, cx: ModulePassContext): boolean {
  const candidates = new Map<number, IrSymbol>();
  for (const symbol of module.symbols) if (isCandidate(symbol)) candidates.set(symbol.id, symbol);
  for (const symbol of module.symbols)
    for (const row of symbol.data?.relocations ?? []) candidates.delete(row.symbol);
  for (const func of module.functions()) dropWritten(func, candidates);
  if (candidates.size === 0) return false;
  for (const symbol of candidates.values()) symbol.isConstant = true;
  let changed = false;
  for (const func of module.functions()) {
    if (!foldLoads(func, candidates, cx.options.littleEndian)) continue;
    cx.changed(func);
    changed = true;
  }
  return changed;
}

function isCandidate(symbol: IrSymbol): boolean {
  return (
    symbol.linkage === 'internal' &&
    symbol.data !== undefined &&
    !symbol.isUsed &&
    isDefaultSection(symbol.section)
  );
}

/** The symbol whose address an operand is. */
function symbolAt(func: Func, value: ValueId): SymbolId | undefined {
  const ins = func.values[value];
  return ins?.op === Op.globaladdr ? asId<SymbolId>(ins.aux) : undefined;
}

/** The symbol inside of which an operand points. */
function symbolBehind(func: Func, value: ValueId): SymbolId | undefined {
  let at = func.values[value];
  while (at?.op === Op.ptradd) at = func.values[at.operands[0] ?? -1];
  return at === undefined ? undefined : symbolAt(func, at.id);
}

function dropWritten(func: Func, candidates: Map<number, IrSymbol>): void {
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = func.ins(id);
      const isPlainLoad = ins.op === Op.load && !isOrdered(ins);
      if (isPlainLoad || ins.op === Op.ptradd) continue;
      for (const operand of ins.operands) {
        const symbol = symbolBehind(func, operand);
        if (symbol !== undefined) candidates.delete(symbol);
      }
    }
  }
}

function foldLoads(func: Func, candidates: ReadonlyMap<number, IrSymbol>, littleEndian: boolean): boolean {
  const replacements = new Replacements();
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins: Ins = func.ins(id);
      const [pointer] = ins.operands;
      if (ins.op !== Op.load || pointer === undefined) continue;
      const image = candidates.get(symbolAt(func, pointer) ?? -1)?.data;
      if (image === undefined) continue;
      const value = loadFromImage(func, image, func.ins(pointer).imm, ins.type, littleEndian);
      if (value === undefined) continue;
      replacements.set(id, value);
      discard(func, ins);
    }
  }
  if (replacements.isEmpty) return false;
  replacements.apply(func);
  sweep(func);
  return true;
}

/** Sections that a variable gets without asking for one. */
function isDefaultSection(section: string | undefined): boolean {
  return section === undefined || section === '.data' || section === '.bss' || section === '.rodata';
}
