/**
 * A typed unit -> a module: symbols for everything that is named, data images, and a function for each body.
 *
 * Sections follow clang and libbpf: code without a section goes to `.text`, constant data to `.rodata`, string literals to
 * `.rodata.str<n>.<n>`, zero data to `.bss`, the rest to `.data`.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import { noPos } from '../diagnostics/source-manager.ts';
import type { SymbolId } from '../ir/func.ts';
import { type DataImage, type IrSymbol, Module } from '../ir/module.ts';
import type {
  FunctionSymbol,
  ObjectSymbol,
  StaticInitializer,
  StringConstant,
  TypedSymbol,
  TypedUnit,
} from '../sema/typed-tree.ts';
import { bug } from '../support/bug.ts';
import { alignOf, type CType, qualifiersOf, sizeOf } from '../types/types.ts';
import { lowerFunction } from './function.ts';
import type { LowerOptions, SymbolMap } from './lowering.ts';

/** A second name of a definition; one that is not weak is the definition wherever the module refers to it. */
export interface LoweredAlias {
  readonly name: string;
  readonly target: SymbolId;
  readonly linkage: IrSymbol['linkage'];
  readonly visibility: IrSymbol['visibility'];
}

export interface LoweredUnit {
  readonly module: Module;
  /** Which C symbol stands behind a symbol of the module; string literals have none. */
  readonly sourceSymbols: ReadonlyMap<SymbolId, TypedSymbol>;
  readonly aliases: readonly LoweredAlias[];
  /** Types that CO-RE records name, by their `typeKey`. */
  readonly coreTypes: readonly CType[];
}

function linkageOf(symbol: TypedSymbol): IrSymbol['linkage'] {
  if (symbol.isWeak) return 'weak';
  // An inline definition lends its body only (6.7.4 p7): what is left of it after inlining is this object's own.
  if (symbol.kind === 'function' && symbol.isInlineDefinition) return 'internal';
  return symbol.linkage === 'external' ? 'external' : 'internal';
}

function isConstObject(symbol: ObjectSymbol): boolean {
  return qualifiersOf(symbol.type).isConst;
}

function sectionOf(symbol: ObjectSymbol): string | undefined {
  if (!symbol.isDefined) return symbol.section;
  if (symbol.section !== undefined) return symbol.section;
  if (isConstObject(symbol)) return '.rodata';
  return symbol.initializer?.isZero === false ? '.data' : '.bss';
}

/** Bytes of a global at most: its section becomes the one value of an array map. */
const maxObjectSize = 2 ** 30;

class Symbols implements SymbolMap {
  readonly module = new Module();
  readonly sources = new Map<SymbolId, TypedSymbol>();
  readonly coreTypes: CType[] = [];
  private readonly ids = new Map<TypedSymbol | StringConstant, SymbolId>();
  private readonly diagnostics: DiagnosticSink;
  private strings = 0;

  constructor(diagnostics: DiagnosticSink) {
    this.diagnostics = diagnostics;
  }

  symbolOf(symbol: TypedSymbol | StringConstant): SymbolId {
    const known = this.ids.get(symbol);
    if (known !== undefined) return known;
    // A weak name may be another object's once linked: it stays a name.
    if (symbol.kind !== 'string' && symbol.aliasOf?.target !== undefined && !symbol.isWeak)
      return this.symbolOf(symbol.aliasOf.target);
    switch (symbol.kind) {
      case 'string':
        return this.addString(symbol);
      case 'object':
        return this.addObject(symbol);
      case 'function':
        return this.addFunction(symbol);
      default:
        return symbol satisfies never;
    }
  }

  typeKey(type: CType): number {
    const known = this.coreTypes.indexOf(type);
    return known >= 0 ? known : this.coreTypes.push(type) - 1;
  }

  libraryFunction(name: string): SymbolId {
    const known = this.module.find(name);
    if (known !== undefined) return known.id;
    return this.module.addSymbol({
      name,
      kind: 'function',
      linkage: 'external',
      visibility: 'default',
      section: undefined,
      inline: 'none',
      isUsed: false,
      isConstant: true,
      align: 8,
      pos: noPos,
      data: undefined,
      func: undefined,
    }).id;
  }

  private addFunction(symbol: FunctionSymbol): SymbolId {
    const added = this.module.addSymbol({
      name: symbol.assemblerName,
      kind: 'function',
      linkage: linkageOf(symbol),
      visibility: symbol.visibility,
      section: symbol.isDefined ? (symbol.section ?? '.text') : symbol.section,
      // The text of a naked function counts on the registers of a call.
      inline: symbol.isNaked ? 'never' : symbol.inline,
      isUsed: symbol.isUsed,
      isConstant: true,
      align: 8,
      pos: symbol.span.start,
      data: undefined,
      func: undefined,
    });
    this.ids.set(symbol, added.id);
    this.sources.set(added.id, symbol);
    return added.id;
  }

  private addObject(symbol: ObjectSymbol): SymbolId {
    const { isConst, isVolatile } = qualifiersOf(symbol.type);
    // The image may refer to the object itself: the symbol has to be known before its image is made.
    const row = {
      name: symbol.assemblerName,
      kind: 'variable',
      linkage: linkageOf(symbol),
      visibility: symbol.visibility,
      section: sectionOf(symbol),
      inline: 'none',
      isUsed: symbol.isUsed,
      isConstant: isConst && !isVolatile && !symbol.isWeak && symbol.isDefined,
      align: Math.max(symbol.align, alignOf(symbol.type)),
      pos: symbol.span.start,
      data: symbol.isDefined ? this.emptyImage(symbol) : undefined,
      func: undefined,
    } as const;
    const added = this.module.addSymbol(row);
    this.ids.set(symbol, added.id);
    this.sources.set(added.id, symbol);
    if (symbol.isDefined && symbol.initializer !== undefined) {
      added.data = this.imageOf(symbol.initializer);
    }
    return added.id;
  }

  private emptyImage(symbol: ObjectSymbol): DataImage {
    const size = sizeOf(symbol.type) ?? 0;
    const isTooLarge = size > maxObjectSize;
    if (isTooLarge) this.diagnostics.report('object-too-large', symbol.span, [symbol.name, String(size)]);
    return { bytes: new Uint8Array(isTooLarge ? 0 : size), relocations: [], isZero: true };
  }

  aliasOf(symbol: TypedSymbol): LoweredAlias {
    const target = symbol.aliasOf?.target ?? bug(`alias ${symbol.name} without a target`);
    return {
      name: symbol.assemblerName,
      target: this.symbolOf(target),
      linkage: linkageOf(symbol),
      visibility: symbol.visibility,
    };
  }

  private addString(constant: StringConstant): SymbolId {
    const number = this.strings++;
    const { unitSize, bytes } = constant;
    const added = this.module.addSymbol({
      name: number === 0 ? '.L.str' : `.L.str.${number}`,
      kind: 'variable',
      linkage: 'internal',
      visibility: 'default',
      section: `.rodata.str${unitSize}.${unitSize}`,
      inline: 'none',
      isUsed: false,
      isConstant: true,
      align: unitSize,
      pos: noPos,
      data: { bytes, relocations: [], isZero: false },
      func: undefined,
    });
    this.ids.set(constant, added.id);
    return added.id;
  }

  private imageOf(initializer: StaticInitializer): DataImage {
    const relocations = initializer.relocations.map(({ offset, size, target, addend }) => ({
      offset,
      size,
      symbol: this.symbolOf(target),
      addend,
    }));
    return { bytes: initializer.bytes, relocations, isZero: initializer.isZero };
  }
}

/** Lowers a unit without errors. */
export function lowerUnit(unit: TypedUnit, options: LowerOptions, diagnostics: DiagnosticSink): LoweredUnit {
  const symbols = new Symbols(diagnostics);
  for (const variable of unit.variables) symbols.symbolOf(variable);
  for (const { symbol } of unit.functions) symbols.symbolOf(symbol);
  for (const source of unit.functions) {
    const symbol = symbols.module.symbol(symbols.symbolOf(source.symbol));
    symbol.func = lowerFunction(source, symbols.module, symbols, options, diagnostics);
  }
  return {
    module: symbols.module,
    sourceSymbols: symbols.sources,
    aliases: unit.aliases.map((alias) => symbols.aliasOf(alias)),
    coreTypes: symbols.coreTypes,
  };
}
