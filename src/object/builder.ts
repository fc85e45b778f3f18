/**
 * Functions, variables and externs of a compilation -> object file, with the relocations that clang emits and libbpf
 * understands (Linux, Documentation/bpf/llvm_reloc.rst):
 *
 *   call of a static function of the same section   no relocation, the distance stands in imm
 *   call of a static function of another section    R_BPF_64_32, section symbol, imm = offset / 8 - 1
 *   call of a global, weak or external function      R_BPF_64_32, own symbol, imm = -1
 *   address of static data or functions             R_BPF_64_64, section symbol, imm = offset
 *   address of global data, externs                  R_BPF_64_64, own symbol, imm = addend
 *   pointer in data                                 R_BPF_64_ABS64, own symbol
 *
 * The last line departs from clang, which names the section for static targets: libbpf looks up programs and
 * maps in `.maps` and `.struct_ops` by the symbol's name, so the own symbol loads where clang's choice does not.
 */

import { encode } from '../isa/encode.ts';
import { type Instruction, slotPositions } from '../isa/instruction.ts';
import { insnRow } from '../isa/table.ts';
import { bug } from '../support/bug.ts';
import {
  type ElfSymbol,
  type ObjectFile,
  type Relocation,
  RelocationType,
  type Section,
  type SectionFlags,
  type SymbolBinding,
} from './elf.ts';
import { writeAddend } from './elf-format.ts';
import {
  type FunctionInput,
  type Linkage,
  layoutObject,
  type ObjectLayout,
  type Placement,
  type VariableInput,
} from './layout.ts';

export type {
  DataRelocation,
  FunctionInput,
  InstructionRelocation,
  Linkage,
  VariableInput,
} from './layout.ts';

/** A name that is defined elsewhere: kfunc, kernel symbol, Kconfig value, function of another object. */
export interface ExternInput {
  readonly name: string;
  readonly weak: boolean;
}

/** A reference from an extra section; the builder writes the addend (plus what the symbol needs) into the data. */
export interface ExtraRelocation {
  readonly offset: number;
  readonly type: number;
  /** A symbol, or a section for its section symbol. */
  readonly target: { readonly symbol: string } | { readonly section: string };
  readonly addend: bigint;
}

/** A section made by another stage: `.BTF`, `.BTF.ext`, DWARF. */
export interface ExtraSection {
  readonly name: string;
  readonly data: Uint8Array;
  readonly align: number;
  readonly relocations: readonly ExtraRelocation[];
  /** None of them unless given. */
  readonly flags?: SectionFlags;
}

/** Everything an object file is made of. */
export interface ObjectInput {
  readonly littleEndian: boolean;
  /** Name of the source file, for the file symbol. */
  readonly fileName?: string;
  readonly functions: readonly FunctionInput[];
  readonly variables: readonly VariableInput[];
  readonly externs: readonly ExternInput[];
  readonly extraSections: readonly ExtraSection[];
}

const NO_FLAGS: SectionFlags = { alloc: false, write: false, execinstr: false, merge: false, strings: false };

/** What a reference turns into: a symbol and what is to be added to it. */
interface Target {
  readonly symbol: number;
  readonly addend: bigint;
}

/** The symbol table while relocations are being made; section symbols are added when first needed. */
class SymbolTable {
  readonly symbols: ElfSymbol[] = [];
  private readonly byName = new Map<string, { readonly linkage: Linkage; readonly number: number }>();
  private readonly sectionSymbols = new Map<string, number>();
  private readonly sectionIndex: ReadonlyMap<string, number>;
  private readonly layout: ObjectLayout;

  constructor(layout: ObjectLayout, sectionIndex: ReadonlyMap<string, number>) {
    this.layout = layout;
    this.sectionIndex = sectionIndex;
  }

  add(symbol: ElfSymbol): number {
    this.symbols.push(symbol);
    return this.symbols.length - 1;
  }

  /** Registers a defined name; private ones get no entry in the table. */
  define(item: FunctionInput | VariableInput, type: 'func' | 'object', placement: Placement): void {
    const { name, linkage, visibility } = item;
    if (linkage === 'private') {
      this.byName.set(name, { linkage, number: -1 });
      return;
    }
    const binding: SymbolBinding = linkage === 'static' ? 'local' : linkage;
    const number = this.add({
      name,
      section: this.indexOfSection(placement.section),
      value: BigInt(placement.offset),
      size: BigInt(placement.size),
      type,
      binding,
      visibility: binding === 'local' ? 'default' : visibility,
    });
    this.byName.set(name, { linkage, number });
  }

  declare(item: ExternInput): void {
    if (this.byName.has(item.name)) return;
    const number = this.add({
      name: item.name,
      section: undefined,
      value: 0n,
      size: 0n,
      type: 'notype',
      binding: item.weak ? 'weak' : 'global',
      visibility: 'default',
    });
    this.byName.set(item.name, { linkage: 'global', number });
  }

  indexOfSection(name: string): number {
    return this.sectionIndex.get(name) ?? bug(`no section ${name}`);
  }

  sectionSymbol(name: string): number {
    const known = this.sectionSymbols.get(name);
    if (known !== undefined) return known;
    const number = this.add({
      name: '',
      section: this.indexOfSection(name),
      value: 0n,
      size: 0n,
      type: 'section',
      binding: 'local',
      visibility: 'default',
    });
    this.sectionSymbols.set(name, number);
    return number;
  }

  placementOf(name: string): Placement | undefined {
    return this.layout.functions.get(name) ?? this.layout.variables.get(name);
  }

  isLocal(name: string): boolean {
    const linkage = this.byName.get(name)?.linkage;
    return linkage === 'static' || linkage === 'private';
  }

  /** A reference through the section symbol for local names, through the own symbol for the others. */
  target(name: string, addend: bigint): Target {
    const known = this.byName.get(name) ?? bug(`reference to ${name}, which is neither defined nor declared`);
    const placement = this.placementOf(name);
    if (placement === undefined || !this.isLocal(name)) return { symbol: known.number, addend };
    return { symbol: this.sectionSymbol(placement.section), addend: addend + BigInt(placement.offset) };
  }

  /** A reference through the own symbol of every name that has one. */
  namedTarget(name: string, addend: bigint): Target {
    const known = this.byName.get(name);
    return known === undefined || known.number < 0
      ? this.target(name, addend)
      : { symbol: known.number, addend };
  }
}

/** A section with its bytes still writable. */
interface OpenSection {
  readonly section: Section & { readonly relocations: Relocation[] };
  readonly view: DataView;
}

function openSection(section: Omit<Section, 'relocations'>): OpenSection {
  const { buffer, byteOffset, byteLength } = section.data;
  return { section: { ...section, relocations: [] }, view: new DataView(buffer, byteOffset, byteLength) };
}

class Builder {
  private readonly input: ObjectInput;
  private readonly layout: ObjectLayout;
  private readonly sections: OpenSection[];
  private readonly symbols: SymbolTable;

  constructor(input: ObjectInput) {
    this.input = input;
    this.layout = layoutObject(input);
    this.sections = [
      ...this.layout.sections.map((section) =>
        openSection({ ...section, data: new Uint8Array(section.type === 'nobits' ? 0 : section.size) }),
      ),
      ...input.extraSections.map((extra) =>
        openSection({
          name: extra.name,
          type: 'progbits',
          flags: extra.flags ?? NO_FLAGS,
          align: extra.align,
          entrySize: 0,
          data: extra.data.slice(),
          size: extra.data.length,
        }),
      ),
    ];
    const index = new Map(this.sections.map(({ section }, number) => [section.name, number]));
    if (index.size !== this.sections.length) bug('two sections have the same name');
    this.symbols = new SymbolTable(this.layout, index);
  }

  build(): ObjectFile {
    this.defineSymbols();
    for (const func of this.input.functions) this.placeFunction(func);
    for (const variable of this.input.variables) this.placeVariable(variable);
    for (const extra of this.input.extraSections) this.placeExtra(extra);
    for (const { section } of this.sections) section.relocations.sort((a, b) => a.offset - b.offset);
    return {
      littleEndian: this.input.littleEndian,
      sections: this.sections.map(({ section }) => section),
      symbols: this.symbols.symbols,
    };
  }

  private defineSymbols(): void {
    const { functions, variables, externs, fileName } = this.input;
    if (fileName !== undefined) {
      const file = { name: fileName, section: 'abs', value: 0n, size: 0n, type: 'file' } as const;
      this.symbols.add({ ...file, binding: 'local', visibility: 'default' });
    }
    for (const func of functions) this.symbols.define(func, 'func', this.placement(func.name));
    for (const variable of variables) this.symbols.define(variable, 'object', this.placement(variable.name));
    for (const item of externs) this.symbols.declare(item);
  }

  private placement(name: string): Placement {
    return this.symbols.placementOf(name) ?? bug(`${name} has no place`);
  }

  private open(name: string): OpenSection {
    return this.sections[this.symbols.indexOfSection(name)] ?? bug(`no section ${name}`);
  }

  private relocate(open: OpenSection, offset: number, type: number, target: Target): void {
    writeAddend(open.view, offset, type, this.input.littleEndian, target.addend);
    open.section.relocations.push({ offset, type, ...target });
  }

  private placeFunction(func: FunctionInput): void {
    const { section, offset } = this.placement(func.name);
    const open = this.open(section);
    open.section.data.set(encode(func.instructions, this.input.littleEndian), offset);
    const positions = slotPositions(func.instructions);
    for (const { index, kind, symbol, addend } of func.relocations) {
      const instruction = func.instructions[index] ?? bug(`${func.name}: relocation without instruction`);
      checkRelocated(instruction, kind, func.name);
      const at = offset + (positions[index] ?? 0) * 8;
      if (kind === 'address') {
        this.relocate(open, at, RelocationType.R_BPF_64_64, this.symbols.target(symbol, addend));
      } else this.placeCall(open, at, symbol, addend);
    }
  }

  /** A call: the distance where it is known already, else a relocation. */
  private placeCall(open: OpenSection, at: number, symbol: string, addend: bigint): void {
    const placement = this.symbols.placementOf(symbol);
    if (placement?.section === open.section.name && this.symbols.isLocal(symbol)) {
      const distance = addend + BigInt(placement.offset - at);
      writeAddend(open.view, at, RelocationType.R_BPF_64_32, this.input.littleEndian, distance);
      return;
    }
    this.relocate(open, at, RelocationType.R_BPF_64_32, this.symbols.target(symbol, addend));
  }

  private placeVariable(variable: VariableInput): void {
    const { section, offset } = this.placement(variable.name);
    const open = this.open(section);
    if (variable.data !== undefined) {
      if (variable.data.length !== variable.size) bug(`${variable.name}: data and size differ`);
      open.section.data.set(variable.data, offset);
    }
    for (const { offset: inside, symbol, addend } of variable.relocations) {
      const target = this.symbols.namedTarget(symbol, addend);
      this.relocate(open, offset + inside, RelocationType.R_BPF_64_ABS64, target);
    }
  }

  private placeExtra(extra: ExtraSection): void {
    const open = this.open(extra.name);
    for (const { offset, type, target, addend } of extra.relocations) {
      const resolved =
        'symbol' in target
          ? this.symbols.target(target.symbol, addend)
          : { symbol: this.symbols.sectionSymbol(target.section), addend };
      this.relocate(open, offset, type, resolved);
    }
  }
}

/** The instruction has to have the field that the relocation fills. */
function checkRelocated(instruction: Instruction, kind: 'address' | 'call', name: string): void {
  const { form } = insnRow(instruction.kind);
  if (kind === 'address' ? form !== 'lddw' : form !== 'call_local') {
    bug(`${name}: a relocation of kind ${kind} on ${insnRow(instruction.kind).name}`);
  }
}

/** Builds the object file of a compilation. Names of functions, variables and sections have to be unique. */
export function buildObject(input: ObjectInput): ObjectFile {
  return new Builder(input).build();
}
