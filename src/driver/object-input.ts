/**
 * A lowered unit and its machine code -> what the object builder and the BTF builder take.
 */

import type { BtfCoreRelocation, BtfFunction, BtfInput, BtfLine, BtfVariable } from '../btf/build.ts';
import type { BtfLinkage } from '../btf/format.ts';
import type { CompiledFunction } from '../codegen/emit.ts';
import { noPos, type SourceManager } from '../diagnostics/source-manager.ts';
import type { Func } from '../ir/func.ts';
import type { IrSymbol, Module } from '../ir/module.ts';
import { slotPositions } from '../isa/instruction.ts';
import type { LoweredUnit } from '../lower/unit.ts';
import { passingOfArgument, passingOfResult, registersOf } from '../lower/value-types.ts';
import type { ExternInput, FunctionInput, ObjectInput, VariableInput } from '../object/builder.ts';
import type { Linkage, ObjectLayout, Placement } from '../object/layout.ts';
import type { FunctionSymbol, TypedSymbol } from '../sema/typed-tree.ts';
import { bug } from '../support/bug.ts';
import { canonical, type FunctionType, sizeOf, voidType } from '../types/types.ts';

/** Prefix of names that the assembler keeps to itself. */
const privatePrefix = '.L';

function linkageOf(symbol: Pick<IrSymbol, 'name' | 'linkage'>): Linkage {
  if (symbol.name.startsWith(privatePrefix)) return 'private';
  if (symbol.linkage === 'internal') return 'static';
  return symbol.linkage === 'weak' ? 'weak' : 'global';
}

function visibilityOf(symbol: Pick<IrSymbol, 'visibility'>): 'default' | 'hidden' {
  return symbol.visibility === 'default' ? 'default' : 'hidden';
}

function functionInput(module: Module, compiled: CompiledFunction): FunctionInput {
  const symbol = module.symbol(compiled.symbol);
  return {
    name: symbol.name,
    section: symbol.section ?? '.text',
    instructions: compiled.instructions,
    relocations: compiled.relocations.map(({ index, kind, symbol: target, addend }) => ({
      index,
      kind,
      symbol: module.symbol(target).name,
      addend,
    })),
    linkage: linkageOf(symbol),
    visibility: visibilityOf(symbol),
  };
}

function variableInput(module: Module, symbol: IrSymbol): VariableInput | undefined {
  const { data } = symbol;
  if (data === undefined) return undefined;
  const section = symbol.section ?? '.data';
  return {
    name: symbol.name,
    section,
    data: data.isZero ? undefined : data.bytes,
    size: data.bytes.length,
    align: symbol.align,
    linkage: linkageOf(symbol),
    visibility: visibilityOf(symbol),
    relocations: data.relocations.map(({ offset, symbol: target, addend }) => ({
      offset,
      symbol: module.symbol(target).name,
      addend,
    })),
    writable: isWritable(symbol, section),
  };
}

/** A variable that is found to be constant stays among the others of its section. */
function isWritable({ isConstant }: IrSymbol, section: string): boolean {
  return section === '.data' || section === '.bss' || !(isConstant || section.startsWith('.rodata'));
}

/** Symbols that code or data refers to but this unit does not define. */
function externsOf(
  { module, aliases }: LoweredUnit,
  functions: readonly CompiledFunction[],
): readonly IrSymbol[] {
  const defined = new Set(aliases.map(({ name }) => name));
  const used = new Set<IrSymbol>();
  const use = (symbol: IrSymbol): void => {
    const isDefined = symbol.func !== undefined || symbol.data !== undefined || defined.has(symbol.name);
    if (!isDefined) used.add(symbol);
  };
  for (const { relocations } of functions) for (const { symbol } of relocations) use(module.symbol(symbol));
  for (const { data } of module.symbols) {
    for (const { symbol } of data?.relocations ?? []) use(module.symbol(symbol));
  }
  return module.symbols.filter((symbol) => used.has(symbol));
}

export function objectInput(
  unit: LoweredUnit,
  functions: readonly CompiledFunction[],
  littleEndian: boolean,
  fileName: string,
): ObjectInput {
  const { module } = unit;
  return {
    littleEndian,
    fileName,
    functions: functions.map((compiled) => functionInput(module, compiled)),
    variables: module.symbols.flatMap((symbol) => variableInput(module, symbol) ?? []),
    externs: externsOf(unit, functions).map(
      (symbol): ExternInput => ({
        name: symbol.name,
        weak: symbol.linkage === 'weak',
        visibility: visibilityOf(symbol),
      }),
    ),
    aliases: unit.aliases.map((alias) => ({
      name: alias.name,
      target: module.symbol(alias.target).name,
      linkage: linkageOf(alias),
      visibility: visibilityOf(alias),
    })),
    extraSections: [],
  };
}

// ---- BTF ----

function btfLinkage(symbol: IrSymbol, isDefined: boolean): BtfLinkage {
  if (!isDefined) return 'extern';
  // Hidden functions are verified with their callers, as static ones (libbpf).
  return symbol.linkage === 'internal' ? 'static' : 'global';
}

/** The C type without the parameters and the result that passes have taken away. */
function finalType(type: FunctionType, func: Func | undefined): FunctionType {
  if (func === undefined || (func.droppedParameters.length === 0 && !func.dropsResult)) return type;
  const dropped = new Set(func.droppedParameters);
  let register = passingOfResult(type.returns)?.kind === 'address' ? 1 : 0;
  const parameters = type.parameters.filter((parameter) => {
    const first = register;
    register += registersOf(passingOfArgument(parameter.type) ?? { kind: 'none' }).length;
    // A record in two registers goes when both do.
    for (let number = first; number < register; number++) if (!dropped.has(number)) return true;
    return register === first;
  });
  return { ...type, parameters, returns: func.dropsResult ? voidType : type.returns };
}

function btfFunction(
  symbol: IrSymbol,
  source: FunctionSymbol,
  placement: Placement | undefined,
): BtfFunction {
  const type = finalType(source.type, symbol.func);
  return {
    name: symbol.name,
    type,
    parameterNames: placement === undefined ? [] : type.parameters.map((parameter) => parameter.name ?? ''),
    linkage: btfLinkage(symbol, placement !== undefined),
    declTags: source.declTags,
    parameterTags: type.parameters.map((parameter) => parameter.declTags),
    section: placement?.section ?? symbol.section,
    offset: placement?.offset ?? 0,
  };
}

function placementOf(layout: ObjectLayout, symbol: IrSymbol): Placement | undefined {
  return layout.functions.get(symbol.name) ?? layout.variables.get(symbol.name);
}

/** Line records of a function: one where the line or file changes, the first at its start. */
function linesOf(
  compiled: CompiledFunction,
  placement: Placement,
  sources: SourceManager,
): readonly BtfLine[] {
  const slots = slotPositions(compiled.instructions);
  const lines: BtfLine[] = [];
  let last = '';
  // Many records may stand on one long line: its text is cut once.
  let shown = { line: 0, file: '', text: '' };
  for (const { index, pos } of compiled.lines) {
    if (pos === noPos) continue;
    const { fileName, line, column } = sources.presumed(pos);
    const location = sources.location(pos);
    const key = `${fileName}:${line}:${column}`;
    if (key === last) continue;
    last = key;
    if (location.line !== shown.line || location.file.name !== shown.file) {
      const text = sources.lineText(location.file, location.line);
      shown = { line: location.line, file: location.file.name, text };
    }
    lines.push({
      section: placement.section,
      offset: placement.offset + (slots[index] ?? 0) * 8,
      file: sources.shownName(fileName, 'debug'),
      text: shown.text,
      line,
      column,
    });
  }
  const [first] = lines;
  // The verifier wants a record at the first instruction of every function (kernel/bpf/verifier.c, check_btf_line).
  if (first !== undefined && first.offset !== placement.offset) {
    lines.unshift({ ...first, offset: placement.offset });
  }
  return lines;
}

function relocationsOf(
  unit: LoweredUnit,
  compiled: CompiledFunction,
  placement: Placement,
): readonly BtfCoreRelocation[] {
  const slots = slotPositions(compiled.instructions);
  return compiled.coreRelocations.map(({ index, info }) => ({
    section: placement.section,
    offset: placement.offset + (slots[index] ?? 0) * 8,
    type: unit.coreTypes[info.typeKey] ?? bug('CO-RE record of an unknown type'),
    access: info.access,
    kind: info.kind,
  }));
}

/** Everything `.BTF` and `.BTF.ext` say about an object that is laid out already. */
export function btfInput(
  unit: LoweredUnit,
  functions: readonly CompiledFunction[],
  layout: ObjectLayout,
  sources: SourceManager,
  littleEndian: boolean,
): BtfInput {
  const { module, sourceSymbols } = unit;
  const btfFunctions: BtfFunction[] = [];
  const variables: BtfVariable[] = [];
  const addVariable = (symbol: IrSymbol, source: Extract<TypedSymbol, { kind: 'object' }>): void => {
    const placement = placementOf(layout, symbol);
    variables.push({
      name: symbol.name,
      type: source.type,
      linkage: btfLinkage(symbol, placement !== undefined),
      declTags: source.declTags,
      section: placement?.section ?? symbol.section,
      offset: placement?.offset ?? 0,
      size: placement?.size ?? symbolSize(source),
    });
  };
  const externs = new Set(externsOf(unit, functions));
  for (const compiled of functions) {
    const symbol = module.symbol(compiled.symbol);
    const source = sourceSymbols.get(symbol.id);
    if (source?.kind === 'function')
      btfFunctions.push(btfFunction(symbol, source, placementOf(layout, symbol)));
  }
  for (const symbol of module.symbols) {
    const source = sourceSymbols.get(symbol.id);
    if (symbol.data === undefined && !externs.has(symbol)) continue;
    if (source?.kind === 'object') addVariable(symbol, source);
    else if (source?.kind === 'function') btfFunctions.push(btfFunction(symbol, source, undefined));
  }
  const placed = functions.map((compiled) => {
    const placement = placementOf(layout, module.symbol(compiled.symbol));
    return { compiled, placement: placement ?? bug('function without a place') };
  });
  return {
    littleEndian,
    functions: btfFunctions,
    variables,
    lines: placed.flatMap(({ compiled, placement }) => linesOf(compiled, placement, sources)),
    relocations: placed.flatMap(({ compiled, placement }) => relocationsOf(unit, compiled, placement)),
    sectionSizes: new Map(layout.sections.map((section) => [section.name, section.size])),
  };
}

function symbolSize(source: Extract<TypedSymbol, { kind: 'object' }>): number {
  // As clang has it: GNU C gives void one byte, of which symbols without a type are made.
  return sizeOf(source.type) ?? (canonical(source.type).kind === 'void' ? 1 : 0);
}
