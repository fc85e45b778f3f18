/**
 * Object file -> what a machine is made of: the code image with its programs and functions, map definitions, data
 * sections, externs, types and source lines. Relocations are resolved to positions or to references that the machine
 * fills in; subprograms are reachable across sections, as when libbpf links `.text` into programs. CO-RE
 * records need no work: the compiler left the offsets of the local types in place, and the machine has no others.
 *
 * Faults of the object are a `LoadError` with a text.
 */

import type { LineInfo } from '../btf/format.ts';
import { readBtf, readBtfExt } from '../btf/reader.ts';
import { TypeGraph } from '../btf/type-graph.ts';
import { decode } from '../isa/decode.ts';
import { SLOT_SIZE } from '../isa/encode.ts';
import { type Instruction, jumpDistance } from '../isa/instruction.ts';
import { insnRow } from '../isa/table.ts';
import type { ElfSymbol, ObjectFile, Relocation, Section } from '../object/elf.ts';
import { RelocationType } from '../object/elf.ts';
import { isElfError, readElf } from '../object/elf-reader.ts';
import { btfMaps, legacyMaps, type MapDefinition } from '../object/map-definition.ts';
import { type ProgramSection, programTypeOf } from '../object/program-sections.ts';
import { type CodeImage, frameSize, type LinkedInstruction, type Reference, translate } from './code.ts';
import type { SourceLine } from './fault.ts';
import { LoadError } from './load-error.ts';

/** A function of the object: a program where its section says so. */
export interface LoadedFunction {
  readonly name: string;
  readonly section: string;
  /** Position of the first instruction and of the first one behind. */
  readonly pc: number;
  readonly end: number;
  /** What the section makes of it; undefined for subprograms and sections of unknown names. */
  readonly program: ProgramSection | undefined;
  readonly isGlobal: boolean;
}

/** A section of data, a region of its own in the machine. */
export interface DataSection {
  readonly index: number;
  readonly name: string;
  readonly data: Uint8Array;
  readonly size: number;
  readonly writable: boolean;
  /** Pointers in the data. */
  readonly pointers: readonly {
    readonly offset: number;
    readonly size: 4 | 8;
    readonly reference: Reference;
  }[];
}

/** A variable or function the object expects from elsewhere. */
export interface Extern {
  readonly name: string;
  readonly isWeak: boolean;
  /** BTF type of a variable. */
  readonly type: number | undefined;
  readonly size: number;
  readonly section: '.kconfig' | '.ksyms' | undefined;
}

export interface LoadedObject {
  readonly code: CodeImage;
  readonly functions: readonly LoadedFunction[];
  readonly maps: readonly MapDefinition[];
  readonly data: readonly DataSection[];
  readonly externs: readonly Extern[];
  readonly types: TypeGraph;
  readonly license: string;
  /** Line of an instruction. */
  lineAt(pc: number): SourceLine | undefined;
  /** The function an instruction belongs to. */
  functionAt(pc: number): LoadedFunction | undefined;
  /** Frame sizes for hosted mode by first position. */
  readonly frameSizes: ReadonlyMap<number, number>;
  /** Section name and offset of a variable. */
  readonly variables: ReadonlyMap<
    string,
    { readonly section: number; readonly offset: number; readonly size: number }
  >;
}

/** A section of code with where it went. */
interface CodeSection {
  readonly section: Section;
  readonly index: number;
  readonly instructions: readonly Instruction[];
  /** Slot of each instruction. */
  readonly slots: readonly number[];
  /** Position in the image of each slot; -1 inside a 64-bit immediate and for what is no instruction. */
  readonly positions: Int32Array;
  readonly first: number;
}

const IGNORED =
  /^(\.BTF|\.BTF\.ext|\.debug_.*|\.eh_frame|\.llvm.*|\.comment|\.note.*|\.maps|maps|license|version|\.rel.*)$/;

function layCode(object: ObjectFile): readonly CodeSection[] {
  const made: CodeSection[] = [];
  let first = 0;
  for (const [index, section] of object.sections.entries()) {
    if (!section.flags.execinstr || section.data.length === 0) continue;
    const { instructions, positions, errors, errorCount } = decode(section.data, true);
    const [error] = errors;
    if (errorCount > 0)
      throw new LoadError(`section ${section.name}, offset ${error?.offset}: ${error?.message}`);
    const bySlot = new Int32Array(section.data.length / SLOT_SIZE).fill(-1);
    for (const [number, slot] of positions.entries()) bySlot[slot] = first + number;
    made.push({ section, index, instructions, slots: positions, positions: bySlot, first });
    first += instructions.length;
  }
  return made;
}

/** Everything about an object while it is being linked. */
class Linker {
  readonly object: ObjectFile;
  readonly code: readonly CodeSection[];
  readonly types: TypeGraph;
  /** Maps by section and offset. */
  readonly maps = new Map<number, ReadonlyMap<number, MapDefinition>>();
  private readonly codeByIndex: ReadonlyMap<number, CodeSection>;

  constructor(object: ObjectFile, types: TypeGraph) {
    this.object = object;
    this.types = types;
    this.code = layCode(object);
    this.codeByIndex = new Map(this.code.map((one) => [one.index, one]));
    for (const [index, section] of object.sections.entries()) {
      if (section.name === '.maps') this.maps.set(index, btfMaps(object, section, types));
      else if (section.name === 'maps') this.maps.set(index, legacyMaps(object, section));
      if (section.name === '.maps' && types.find('DATASEC', '.maps') === undefined) {
        throw new LoadError('the maps of this object need BTF: compile it with -g');
      }
    }
  }

  symbol(relocation: Relocation): ElfSymbol {
    const symbol = this.object.symbols[relocation.symbol];
    if (symbol === undefined) throw new LoadError(`a relocation names symbol ${relocation.symbol}`);
    return symbol;
  }

  /** Position of the instruction at a byte offset of a section. */
  positionAt(section: number, offset: number): number {
    return this.codeByIndex.get(section)?.positions[offset / SLOT_SIZE] ?? -1;
  }

  /** What a symbol plus addend stands for. */
  reference(symbol: ElfSymbol, addend: number): Reference {
    if (symbol.section === undefined) return { kind: 'extern', name: symbol.name, offset: addend };
    if (symbol.section === 'abs') throw new LoadError(`${symbol.name} is an absolute symbol`);
    const offset = Number(symbol.value) + addend;
    const maps = this.maps.get(symbol.section);
    if (maps !== undefined) {
      const map = maps.get(offset);
      if (map === undefined) throw new LoadError(`there is no map at offset ${offset} of its section`);
      return { kind: 'map', map: map.name };
    }
    if (this.codeByIndex.has(symbol.section)) {
      const pc = this.positionAt(symbol.section, offset);
      if (pc < 0) throw new LoadError(`there is no function at offset ${offset} of its section`);
      return { kind: 'function', pc };
    }
    return { kind: 'data', section: symbol.section, offset };
  }

  /** Links the instructions of one section. */
  link(code: CodeSection): LinkedInstruction[] {
    const relocations = new Map(code.section.relocations.map((one) => [one.offset, one]));
    return code.instructions.map((instruction, number) => {
      const slot = code.slots[number] ?? 0;
      const relocation = relocations.get(slot * SLOT_SIZE);
      const target = this.targetOf(code, instruction, slot);
      const plain = { instruction, target, reference: undefined, external: undefined };
      const row = insnRow(instruction.kind);
      if (relocation === undefined) {
        return row.imm === 'kfunc' ? { ...plain, external: `kfunc ${instruction.imm}` } : plain;
      }
      const symbol = this.symbol(relocation);
      if (row.operation === 'lddw') {
        return { ...plain, reference: this.reference(symbol, Number(relocation.addend)) };
      }
      if (relocation.type !== RelocationType.R_BPF_64_32) return plain;
      if (symbol.section === undefined) return { ...plain, external: symbol.name };
      const reference = this.reference(symbol, Number(relocation.addend));
      if (reference.kind !== 'function')
        throw new LoadError(`${code.section.name}: a call of ${symbol.name}, which is no function`);
      return { ...plain, target: reference.pc };
    });
  }

  private targetOf(code: CodeSection, instruction: Instruction, slot: number): number {
    const row = insnRow(instruction.kind);
    const distance = row.imm === 'function' ? instruction.imm : jumpDistance(instruction);
    return distance === undefined ? -1 : (code.positions[slot + 1 + distance] ?? -1);
  }
}

function readTypes(object: ObjectFile): {
  readonly types: TypeGraph;
  readonly lines: ReadonlyMap<string, readonly LineInfo[]>;
} {
  const section = (name: string): Section | undefined => object.sections.find((one) => one.name === name);
  const btf = section('.BTF');
  const none = { types: new TypeGraph([]), lines: new Map<string, readonly LineInfo[]>() };
  if (btf === undefined) return none;
  const read = readBtf(btf.data);
  if (read.kind === 'error') throw new LoadError(read.message);
  const types = new TypeGraph(read.types);
  const extension = section('.BTF.ext');
  if (extension === undefined) return { ...none, types };
  const records = readBtfExt(extension.data, read.strings);
  if (records.kind === 'error') throw new LoadError(records.message);
  return { types, lines: new Map(records.sections.map((one) => [one.section, one.lines])) };
}

/**
 * Loaders before libbpf 1.0 took a section's name for a prefix (`socket2`, `xdp_prog`, `tc/egress1`), and programs with
 * such names still run when they are told their type; here the name's known beginning tells it.
 */
function looseProgramType(name: string): ProgramSection | undefined {
  for (let end = name.length; end > 1; end--) {
    if (end < name.length && !/[\d_/.]/.test(name.charAt(end))) continue;
    const found = programTypeOf(name.slice(0, end));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Functions by their symbols, in order of position; code before the first symbol of a section belongs to the section. */
function functionsOf(linker: Linker): readonly LoadedFunction[] {
  const { object } = linker;
  return linker.code.flatMap(({ section, index, instructions, first }) => {
    const starts = object.symbols
      .filter(
        (one) =>
          one.section === index &&
          (one.type === 'func' || (one.type === 'notype' && one.binding === 'global')),
      )
      .map((symbol) => ({ symbol, pc: linker.positionAt(index, Number(symbol.value)) }))
      .filter(({ pc }) => pc >= 0)
      .sort((a, b) => a.pc - b.pc);
    const program = looseProgramType(section.name);
    const end = first + instructions.length;
    const base = { section: section.name, program };
    if (starts[0]?.pc !== first && end > first) {
      const pc = first;
      const upTo = starts[0]?.pc ?? end;
      return [{ ...base, name: section.name, pc, end: upTo, isGlobal: false }, ...named()];
    }
    return named();
    function named(): LoadedFunction[] {
      return starts.map(({ symbol, pc }, i) => ({
        ...base,
        name: symbol.name,
        pc,
        end: starts.slice(i + 1).find((next) => next.pc > pc)?.pc ?? end,
        isGlobal: symbol.binding !== 'local',
      }));
    }
  });
}

/** The line of each position. */
function lineTable(
  linker: Linker,
  lines: ReadonlyMap<string, readonly LineInfo[]>,
): readonly (LineInfo | undefined)[] {
  const table: (LineInfo | undefined)[] = [];
  for (const { section, slots, first } of linker.code) {
    const records = [...(lines.get(section.name) ?? [])].sort((a, b) => a.offset - b.offset);
    let next = 0;
    let current: LineInfo | undefined;
    for (const [number, slot] of slots.entries()) {
      while ((records[next]?.offset ?? Number.POSITIVE_INFINITY) <= slot * SLOT_SIZE)
        current = records[next++];
      table[first + number] = current;
    }
  }
  return table;
}

function dataSections(linker: Linker): readonly DataSection[] {
  const { object } = linker;
  return object.sections.flatMap((section, index) => {
    const isData = section.flags.alloc && !section.flags.execinstr && !IGNORED.test(section.name);
    if (!isData || section.size === 0) return [];
    const pointers = section.relocations.flatMap((relocation) => {
      const size = relocation.type === RelocationType.R_BPF_64_ABS64 ? 8 : 4;
      const symbol = linker.symbol(relocation);
      return [
        {
          offset: relocation.offset,
          size: size as 4 | 8,
          reference: linker.reference(symbol, Number(relocation.addend)),
        },
      ];
    });
    return [
      {
        index,
        name: section.name,
        data: section.data,
        size: section.size,
        writable: section.flags.write,
        pointers,
      },
    ];
  });
}

/** Variables and functions that are declared and not defined. */
function externsOf(object: ObjectFile, types: TypeGraph): readonly Extern[] {
  const sectionOf = new Map<string, { section: '.kconfig' | '.ksyms'; type: number }>();
  for (const name of ['.kconfig', '.ksyms'] as const) {
    const datasec = types.at(types.find('DATASEC', name) ?? 0);
    if (datasec?.kind !== 'DATASEC') continue;
    for (const { type: id } of datasec.variables) {
      const declared = types.at(id);
      if (declared?.kind === 'VAR') sectionOf.set(declared.name, { section: name, type: declared.type });
    }
  }
  return object.symbols
    .filter((symbol) => symbol.section === undefined && symbol.name !== '')
    .map((symbol) => {
      const known = sectionOf.get(symbol.name);
      return {
        name: symbol.name,
        isWeak: symbol.binding === 'weak',
        type: known?.type,
        size: known === undefined ? 8 : Math.max(8, types.sizeOf(known.type)),
        section: known?.section,
      };
    });
}

function licenseOf(object: ObjectFile): string {
  const section = object.sections.find((one) => one.name === 'license');
  if (section === undefined) return '';
  const end = section.data.indexOf(0);
  return new TextDecoder().decode(section.data.subarray(0, end < 0 ? section.data.length : end));
}

function variablesOf(object: ObjectFile): LoadedObject['variables'] {
  const found = new Map<string, { section: number; offset: number; size: number }>();
  for (const { name, type, section, value, size } of object.symbols) {
    if (type !== 'object' || typeof section !== 'number') continue;
    found.set(name, { section, offset: Number(value), size: Number(size) });
  }
  return found;
}

function linkObject(object: ObjectFile): LoadedObject {
  if (!object.littleEndian) {
    throw new LoadError('this object is big-endian; the machine runs little-endian objects (-target bpfel)');
  }
  const { types, lines } = readTypes(object);
  const linker = new Linker(object, types);
  const functions = functionsOf(linker);
  const all = linker.code.flatMap(({ instructions }) => instructions);
  const frameSizes = new Map(
    functions.map(({ pc, end }) => [pc, (frameSize(all.slice(pc, end)) + 15) & ~15]),
  );
  const linked = linker.code.flatMap((code) => linker.link(code));
  const table = lineTable(linker, lines);
  const sorted = [...functions].sort((a, b) => a.pc - b.pc);
  return {
    code: translate(linked),
    functions,
    maps: [...linker.maps.values()].flatMap((maps) => [...maps.values()]),
    data: dataSections(linker),
    externs: externsOf(object, types),
    types,
    license: licenseOf(object),
    frameSizes,
    variables: variablesOf(object),
    lineAt: (pc) => table[pc],
    functionAt: (pc) => sorted.findLast((one) => one.pc <= pc),
  };
}

/** Makes an object ready for machines. Throws a `LoadError` where it cannot be one. */
export function loadObject(input: Uint8Array | ObjectFile): LoadedObject {
  if (!(input instanceof Uint8Array)) return linkObject(input);
  const object = readElf(input);
  if (isElfError(object)) throw new LoadError(`${object.message} (at byte ${object.offset})`);
  return linkObject(object);
}
