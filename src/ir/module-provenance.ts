/**
 * Provenances across the functions of a module: arguments of static functions from all their calls, those of global
 * ones from what others may pass, results from the bodies.
 *
 * Method: a fixed point over the functions, from `nothing` upwards; a function is done again when one of its
 * arguments or a result that it uses rises. A function whose address is taken may be called by anybody. The facts stay
 * true while passes keep the meaning of the code, so they live until parameters change.
 */

import { asId } from '../support/ids.ts';
import { addressTaken } from './call-graph.ts';
import type { Func, SymbolId } from './func.ts';
import type { Module } from './module.ts';
import { Op } from './ops.ts';
import { printModule } from './printer.ts';
import { type ProvenanceContext, Provenances } from './provenance.ts';
import { joinProvenance, type Provenance } from './provenance-kinds.ts';
import type { TargetFacts } from './target-facts.ts';
import { Type } from './types.ts';

interface FunctionRow {
  readonly func: Func;
  readonly parameters: Provenance[];
  /** The parameters are what calls in the module say. */
  readonly isClosed: boolean;
  result: Provenance;
  readonly callers: Set<SymbolId>;
}

export class ModuleProvenance implements ProvenanceContext {
  readonly target: TargetFacts;
  private readonly rows = new Map<SymbolId, FunctionRow>();
  private readonly pending: SymbolId[] = [];
  private readonly isPending = new Set<SymbolId>();

  constructor(module: Module, target: TargetFacts) {
    this.target = target;
    const taken = addressTaken(module);
    const connected = inCalls(module);
    for (const func of module.functions()) {
      this.addRow(module, func, taken.has(func.symbol));
      if (connected.has(func.symbol)) this.push(func.symbol);
    }
    for (let symbol = this.pending.shift(); symbol !== undefined; symbol = this.pending.shift()) {
      this.isPending.delete(symbol);
      const row = this.rows.get(symbol);
      if (row !== undefined) this.visit(symbol, row);
    }
  }

  parameter(func: SymbolId, index: number): Provenance {
    return this.rows.get(func)?.parameters[index] ?? 'argument';
  }

  result(func: SymbolId): Provenance | undefined {
    return this.rows.get(func)?.result;
  }

  private addRow(module: Module, func: Func, isTaken: boolean): void {
    const given = this.target.function(func.symbol)?.parameters;
    const isClosed = !isTaken && given === undefined && module.symbol(func.symbol).linkage === 'internal';
    const parameters = func.parameterTypes.map((_type, index) => {
      if (isClosed) return 'nothing';
      return (isTaken ? undefined : given?.[index]) ?? 'argument';
    });
    this.rows.set(func.symbol, { func, parameters, isClosed, result: 'nothing', callers: new Set() });
  }

  private push(symbol: SymbolId): void {
    if (this.isPending.has(symbol)) return;
    this.isPending.add(symbol);
    this.pending.push(symbol);
  }

  private visit(symbol: SymbolId, row: FunctionRow): void {
    const provenances = new Provenances(row.func, this);
    let { result } = row;
    for (const block of row.func.eachBlock()) {
      for (const id of block.instructions) {
        const ins = row.func.ins(id);
        const [first] = ins.operands;
        if (ins.op === Op.call)
          this.visitCall(
            symbol,
            asId<SymbolId>(ins.aux),
            ins.operands.map((operand) => provenances.of(operand)),
          );
        else if (ins.op === Op.ret && first !== undefined)
          result = joinProvenance(result, provenances.of(first));
      }
    }
    if (result === row.result) return;
    row.result = result;
    for (const caller of row.callers) this.push(caller);
  }

  private visitCall(caller: SymbolId, callee: SymbolId, given: readonly Provenance[]): void {
    const row = this.rows.get(callee);
    if (row === undefined) return;
    row.callers.add(caller);
    if (!row.isClosed) return;
    given.forEach((provenance, index) => {
      const old = row.parameters[index];
      if (old === undefined) return;
      const next = joinProvenance(old, provenance);
      if (next === old) return;
      row.parameters[index] = next;
      this.push(callee);
    });
  }
}

/** Functions that call or are called; of others nobody asks for anything that has to be found first. */
function inCalls(module: Module): ReadonlySet<number> {
  const found = new Set<number>();
  for (const func of module.functions()) {
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) {
        const ins = func.ins(id);
        if (ins.op === Op.call) found.add(func.symbol).add(ins.aux);
      }
    }
  }
  return found;
}

/** Provenances of numbers that are not worth telling. */
const plainNumbers: ReadonlySet<Provenance> = new Set(['nothing', 'scalar', 'unknown']);

/** The module as text with the provenance of each pointer, and of each number that holds one, as a comment. */
export function printProvenance(module: Module, summary: ModuleProvenance): string {
  const known = new Map<Func, Provenances>();
  const provenancesOf = (func: Func): Provenances => {
    const made = known.get(func) ?? new Provenances(func, summary);
    known.set(func, made);
    return made;
  };
  const text = (type: Type, provenance: Provenance): string | undefined =>
    type !== Type.ptr && plainNumbers.has(provenance) ? undefined : provenance;
  return printModule(module, {
    notes: {
      parameter: (func, index) =>
        text(func.parameterTypes[index] ?? Type.void, summary.parameter(func.symbol, index)),
      value: (func, value) => text(func.ins(value).type, provenancesOf(func).of(value)),
    },
  });
}
