/**
 * A module: the functions of one translation unit, its data and the symbols they name.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { bug } from '../support/bug.ts';
import { asId } from '../support/ids.ts';
import type { Func, SymbolId } from './func.ts';

export type SymbolLinkage = 'internal' | 'external' | 'weak';

/** Bytes of a variable with the addresses in them. */
export interface DataImage {
  readonly bytes: Uint8Array;
  readonly relocations: readonly DataRelocation[];
  /** All zero and not explicitly initialised: may live in `.bss`. */
  readonly isZero: boolean;
}

export interface DataRelocation {
  readonly offset: number;
  /** 4 or 8 bytes. */
  readonly size: number;
  readonly symbol: SymbolId;
  readonly addend: bigint;
}

/** A function, a variable, or something another object (or the kernel) defines. */
export interface IrSymbol {
  readonly id: SymbolId;
  readonly name: string;
  readonly kind: 'function' | 'variable';
  readonly linkage: SymbolLinkage;
  readonly visibility: 'default' | 'hidden' | 'protected';
  readonly section: string | undefined;
  /** Functions: what inlining may do. */
  readonly inline: 'none' | 'hint' | 'always' | 'never';
  /** Kept although nothing refers to it. */
  readonly isUsed: boolean;
  /** Variables: never written (const-qualified, or found to be so), so that loads fold. */
  isConstant: boolean;
  readonly align: number;
  readonly pos: Pos;
  /** Variables defined here. */
  data: DataImage | undefined;
  /** Functions defined here. */
  func: Func | undefined;
}

export class Module {
  readonly symbols: IrSymbol[] = [];
  private readonly byName = new Map<string, SymbolId>();

  /** Adds a symbol; names are unique. */
  addSymbol(row: Omit<IrSymbol, 'id'>): IrSymbol {
    if (this.byName.has(row.name)) bug(`symbol ${row.name} defined twice`);
    const symbol: IrSymbol = { ...row, id: asId<SymbolId>(this.symbols.length) };
    this.symbols.push(symbol);
    this.byName.set(row.name, symbol.id);
    return symbol;
  }

  symbol(id: SymbolId): IrSymbol {
    return this.symbols[id] ?? bug(`no symbol ${id}`);
  }

  find(name: string): IrSymbol | undefined {
    const id = this.byName.get(name);
    return id === undefined ? undefined : this.symbols[id];
  }

  /** Functions with a body, in order of definition. */
  *functions(): Generator<Func> {
    for (const symbol of this.symbols) if (symbol.func !== undefined) yield symbol.func;
  }
}
