/**
 * Functions, variables and externs of a compilation -> object file. `layout.ts` says where everything goes, this
 * file fills in bytes and symbols, `relocate.ts` turns references into relocations.
 */

import { encode } from '../isa/encode.ts';
import { type Instruction, slotPositions } from '../isa/instruction.ts';
import { insnRow } from '../isa/table.ts';
import { bug } from '../support/bug.ts';
import { type ElfSymbol, type ObjectFile, RelocationType, type SectionFlags } from './elf.ts';
import {
  type FunctionInput,
  type Linkage,
  layoutObject,
  type ObjectLayout,
  type Placement,
  type VariableInput,
} from './layout.ts';
import { linkObject, type SymbolicReference, type UnlinkedSection } from './relocate.ts';

export type { FunctionInput, VariableInput } from './layout.ts';

/** A name that is defined elsewhere: kfunc, kernel symbol, Kconfig value, function of another object. */
export interface ExternInput {
  readonly name: string;
  readonly weak: boolean;
  /** Default unless given: a function of another object may be declared hidden. */
  readonly visibility?: 'default' | 'hidden';
}

/** A second name of a function or variable of this object. */
export interface AliasInput {
  readonly name: string;
  readonly target: string;
  readonly linkage: Linkage;
  readonly visibility: 'default' | 'hidden';
}

/** A reference from an extra section; the builder writes the addend (plus what the symbol needs) into the data. */
export interface ExtraRelocation {
  readonly offset: number;
  readonly type: number;
  /** A symbol, or a section of functions or variables for its section symbol. */
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
  readonly aliases: readonly AliasInput[];
  readonly extraSections: readonly ExtraSection[];
}

const NO_FLAGS: SectionFlags = { alloc: false, write: false, execinstr: false, merge: false, strings: false };

/** A section while references are being collected. */
type OpenSection = UnlinkedSection & { readonly references: SymbolicReference[] };

function openSections(input: ObjectInput, layout: ObjectLayout): OpenSection[] {
  const planned = layout.sections.map((section): OpenSection => {
    const data = new Uint8Array(section.type === 'nobits' ? 0 : section.size);
    return { ...section, data, references: [] };
  });
  const extra = input.extraSections.map(
    ({ name, data, align, flags = NO_FLAGS }): OpenSection => ({
      name,
      type: 'progbits',
      flags,
      align,
      entrySize: 0,
      data: data.slice(),
      size: data.length,
      references: [],
    }),
  );
  return [...planned, ...extra];
}

class Builder {
  private readonly input: ObjectInput;
  private readonly layout: ObjectLayout;
  private readonly sections: readonly OpenSection[];
  private readonly sectionIndex: ReadonlyMap<string, number>;
  /** Index of the first extra section; they follow in their order. */
  private readonly firstExtra: number;
  /** Variables that get no symbol. */
  private readonly privates: ReadonlySet<string>;

  constructor(input: ObjectInput) {
    this.input = input;
    this.layout = layoutObject(input);
    this.sections = openSections(input, this.layout);
    // A user's section may have the name of one of ours; references by name mean the user's.
    const planned = this.layout.sections.map(({ name }, index) => [name, index] as const);
    this.firstExtra = planned.length;
    this.sectionIndex = new Map(planned);
    const unnamed = input.variables.filter(({ linkage }) => linkage === 'private');
    this.privates = new Set(unnamed.map(({ name }) => name));
  }

  build(): ObjectFile {
    for (const func of this.input.functions) this.placeFunction(func);
    for (const variable of this.input.variables) this.placeVariable(variable);
    for (const [number, extra] of this.input.extraSections.entries()) this.placeExtra(extra, number);
    return linkObject({
      littleEndian: this.input.littleEndian,
      sections: this.sections,
      symbols: this.makeSymbols(),
    });
  }

  private indexOf(section: string): number {
    return this.sectionIndex.get(section) ?? bug(`no section ${section}`);
  }

  private open(section: string): OpenSection {
    return this.sections[this.indexOf(section)] ?? bug(`no section ${section}`);
  }

  private placement(name: string): Placement {
    return this.layout.functions.get(name) ?? this.layout.variables.get(name) ?? bug(`${name} has no place`);
  }

  private symbolOf(
    item: Pick<AliasInput, 'name' | 'linkage' | 'visibility'>,
    type: 'func' | 'object',
    placed = item.name,
  ): ElfSymbol {
    const { section, offset, size } = this.placement(placed);
    const isLocal = item.linkage === 'static' || item.linkage === 'private';
    return {
      name: item.name,
      section: this.indexOf(section),
      value: BigInt(offset),
      size: BigInt(size),
      type,
      binding: item.linkage === 'static' || item.linkage === 'private' ? 'local' : item.linkage,
      visibility: isLocal ? 'default' : item.visibility,
    };
  }

  private makeSymbols(): ElfSymbol[] {
    const { functions, variables, externs, aliases, fileName } = this.input;
    const named = variables.filter(({ name }) => !this.privates.has(name));
    const undefinedExterns = externs.filter(
      ({ name }) => !this.layout.functions.has(name) && !this.layout.variables.has(name),
    );
    const plain = { value: 0n, size: 0n } as const;
    const file: ElfSymbol[] =
      fileName === undefined
        ? []
        : [
            {
              ...plain,
              name: fileName,
              section: 'abs',
              type: 'file',
              binding: 'local',
              visibility: 'default',
            },
          ];
    return [
      ...file,
      ...functions.map((func) => this.symbolOf(func, 'func')),
      ...named.map((variable) => this.symbolOf(variable, 'object')),
      ...aliases.map((alias) =>
        this.symbolOf(alias, this.layout.functions.has(alias.target) ? 'func' : 'object', alias.target),
      ),
      ...undefinedExterns.map(
        ({ name, weak, visibility = 'default' }): ElfSymbol => ({
          ...plain,
          name,
          section: undefined,
          type: 'notype',
          binding: weak ? 'weak' : 'global',
          visibility,
        }),
      ),
    ];
  }

  /** A reference to a name; what has no symbol is named by its place. */
  private refer(section: OpenSection, offset: number, type: number, name: string, addend: bigint): void {
    if (!this.privates.has(name)) {
      section.references.push({ offset, type, target: { symbol: name }, addend });
      return;
    }
    const placement = this.placement(name);
    const target = { section: this.indexOf(placement.section) };
    section.references.push({ offset, type, target, addend: addend + BigInt(placement.offset) });
  }

  private placeFunction(func: FunctionInput): void {
    const { section, offset } = this.placement(func.name);
    const open = this.open(section);
    open.data.set(encode(func.instructions, this.input.littleEndian), offset);
    const positions = slotPositions(func.instructions);
    for (const { index, kind, symbol, addend } of func.relocations) {
      checkRelocated(func.instructions[index], kind, func.name);
      const type = kind === 'address' ? RelocationType.R_BPF_64_64 : RelocationType.R_BPF_64_32;
      this.refer(open, offset + (positions[index] ?? 0) * 8, type, symbol, addend);
    }
  }

  private placeVariable(variable: VariableInput): void {
    const { section, offset } = this.placement(variable.name);
    const open = this.open(section);
    if (variable.data !== undefined) {
      if (variable.data.length !== variable.size) bug(`${variable.name}: data and size differ`);
      open.data.set(variable.data, offset);
    }
    for (const { offset: inside, symbol, addend } of variable.relocations) {
      this.refer(open, offset + inside, RelocationType.R_BPF_64_ABS64, symbol, addend);
    }
  }

  private placeExtra(extra: ExtraSection, number: number): void {
    const open = this.sections[this.firstExtra + number] ?? bug(`no section ${extra.name}`);
    for (const { offset, type, target, addend } of extra.relocations) {
      if ('symbol' in target) this.refer(open, offset, type, target.symbol, addend);
      else open.references.push({ offset, type, target: { section: this.indexOf(target.section) }, addend });
    }
  }
}

/** The instruction has to have the field that the relocation fills. */
function checkRelocated(instruction: Instruction | undefined, kind: 'address' | 'call', name: string): void {
  if (instruction === undefined) bug(`${name}: relocation without instruction`);
  const row = insnRow(instruction.kind);
  if (kind === 'address' ? row.form !== 'lddw' : row.form !== 'call_local') {
    bug(`${name}: a relocation of kind ${kind} on ${row.name}`);
  }
}

/** Builds the object file of a compilation. Names of functions and variables have to be unique. */
export function buildObject(input: ObjectInput): ObjectFile {
  return new Builder(input).build();
}
