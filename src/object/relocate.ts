/**
 * Sections with references by name -> object file with relocations, as clang emits them and libbpf understands them
 * (Linux, Documentation/bpf/llvm_reloc.rst):
 *
 *   call of a local function of the same section   no relocation, the distance stands in imm
 *   call of a local function of another section    R_BPF_64_32, section symbol, imm = offset / 8 - 1
 *   call of a global, weak or external function    R_BPF_64_32, own symbol, imm = -1
 *   address of local data or functions             R_BPF_64_64, section symbol, imm = offset
 *   address of global data, externs                R_BPF_64_64, own symbol, imm = addend
 *   pointer in data                                R_BPF_64_ABS64, own symbol
 *
 * The last line departs from clang, which names the section for local targets: libbpf looks up programs and
 * maps in `.maps` and `.struct_ops` by the symbol's name, so the own symbol loads where clang's choice does not.
 */

import { bug } from '../support/bug.ts';
import { type ElfSymbol, type ObjectFile, type Relocation, RelocationType, type Section } from './elf.ts';
import { relocatedBytes, writeAddend } from './elf-format.ts';

/** A place that needs a symbol's value. */
export interface SymbolicReference {
  readonly offset: number;
  /** A number of `RelocationType`. Of the two 32-bit types either stands for both. */
  readonly type: number;
  /** A symbol by name, or a section by index for what has no symbol. */
  readonly target: { readonly symbol: string } | { readonly section: number };
  readonly addend: bigint;
}

/** A section whose references still are names. Its data are written to. */
export interface UnlinkedSection extends Omit<Section, 'relocations'> {
  readonly references: readonly SymbolicReference[];
}

/** What an object is made of; symbol names have to be unique. */
export interface UnlinkedObject {
  readonly littleEndian: boolean;
  readonly sections: readonly UnlinkedSection[];
  readonly symbols: readonly ElfSymbol[];
}

/** What a reference turns into: a symbol and what is to be added to it. */
interface Target {
  readonly symbol: number;
  readonly addend: bigint;
}

/** The symbols by name; section symbols are added when first needed. */
class SymbolTable {
  readonly symbols: ElfSymbol[];
  private readonly numbers: ReadonlyMap<string, number>;
  private readonly sectionSymbols = new Map<number, number>();

  constructor(symbols: readonly ElfSymbol[]) {
    this.symbols = [...symbols];
    const named = symbols.flatMap(({ name, type }, index) =>
      type === 'section' || type === 'file' ? [] : [[name, index] as const],
    );
    this.numbers = new Map(named);
    if (this.numbers.size !== named.length) bug('two symbols have the same name');
  }

  number(name: string): number {
    return this.numbers.get(name) ?? bug(`reference to ${name}, which is neither defined nor declared`);
  }

  symbol(name: string): ElfSymbol {
    return this.symbols[this.number(name)] ?? bug(`no symbol ${name}`);
  }

  sectionSymbol(section: number): number {
    const known = this.sectionSymbols.get(section);
    if (known !== undefined) return known;
    const number = this.symbols.length;
    this.symbols.push({
      name: '',
      section,
      value: 0n,
      size: 0n,
      type: 'section',
      binding: 'local',
      visibility: 'default',
    });
    this.sectionSymbols.set(section, number);
    return number;
  }
}

const isData = (type: number): boolean => type === RelocationType.R_BPF_64_ABS64;

/** By which symbol a reference is expressed. */
function targetOf(reference: SymbolicReference, table: SymbolTable): Target {
  const { target, type, addend } = reference;
  if ('section' in target) return { symbol: table.sectionSymbol(target.section), addend };
  const { binding, section, value } = table.symbol(target.symbol);
  if (binding !== 'local' || typeof section !== 'number' || isData(type)) {
    return { symbol: table.number(target.symbol), addend };
  }
  return { symbol: table.sectionSymbol(section), addend: addend + value };
}

const isWord = (type: number): boolean =>
  type === RelocationType.R_BPF_64_ABS32 || type === RelocationType.R_BPF_64_NODYLD32;

/**
 * The relocation type for a target. LLVM decides between the two 32-bit types by where the target lies:
 * addresses of code and of writable data, as BTF has them, are not for a run-time linker to change.
 */
function relocationType(type: number, section: UnlinkedSection | undefined): number {
  if (!isWord(type)) return type;
  const isLoaded = section?.flags.alloc === true && (section.flags.write || section.flags.execinstr);
  return isLoaded ? RelocationType.R_BPF_64_NODYLD32 : RelocationType.R_BPF_64_ABS32;
}

/** The distance of a call that needs no relocation: the target is local and lies in the same section. */
function localDistance(
  reference: SymbolicReference,
  section: number,
  table: SymbolTable,
): bigint | undefined {
  const { target, type, addend, offset } = reference;
  if (type !== RelocationType.R_BPF_64_32 || 'section' in target) return undefined;
  const symbol = table.symbol(target.symbol);
  if (symbol.binding !== 'local' || symbol.section !== section) return undefined;
  return symbol.value + addend - BigInt(offset);
}

function linkSection(
  object: UnlinkedObject,
  index: number,
  section: UnlinkedSection,
  table: SymbolTable,
): Section {
  const { references, ...rest } = section;
  const { littleEndian } = object;
  const view = new DataView(section.data.buffer, section.data.byteOffset, section.data.byteLength);
  const relocations: Relocation[] = [];
  for (const reference of references) {
    const { offset, type } = reference;
    if (offset + relocatedBytes(type) > section.data.length) bug(`${section.name}: reference past the end`);
    const distance = localDistance(reference, index, table);
    if (distance !== undefined) {
      writeAddend(view, offset, type, littleEndian, distance);
      continue;
    }
    const target = targetOf(reference, table);
    writeAddend(view, offset, type, littleEndian, target.addend);
    const place = table.symbols[target.symbol]?.section;
    const targetSection = typeof place === 'number' ? object.sections[place] : undefined;
    relocations.push({ offset, type: relocationType(type, targetSection), ...target });
  }
  relocations.sort((a, b) => a.offset - b.offset);
  return { ...rest, relocations };
}

/** Turns references into relocations and writes their addends into the data. */
export function linkObject(object: UnlinkedObject): ObjectFile {
  const table = new SymbolTable(object.symbols);
  const sections = object.sections.map((section, index) => linkSection(object, index, section, table));
  return { littleEndian: object.littleEndian, sections, symbols: table.symbols };
}
