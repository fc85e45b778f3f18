/**
 * ELF64 bytes -> object model, for relocatable BPF files of any producer, REL or RELA, either byte order. The
 * input is hostile: every offset, count and index is checked against the file before use, and what is read in
 * total (names, relocation entries) is bounded by a multiple of the file's size, so that tables that overlap or
 * share a long string cannot make the work quadratic.
 *
 * Left out of the model, because they are made anew when it is written: symbol and string tables, relocation
 * sections, and sections that consist of symbol numbers (groups, address significance).
 */

import {
  type ElfSymbol,
  EM_BPF,
  type ObjectFile,
  type Relocation,
  type Section,
  type SectionType,
} from './elf.ts';
import {
  ELF_MAGIC,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  ET_REL,
  flagsOfBits,
  HEADER_SIZE,
  REL_SIZE,
  RELA_SIZE,
  readAddend,
  relocatedBytes,
  SECTION_HEADER_SIZE,
  SHN_ABS,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHT_GROUP,
  SHT_LLVM_ADDRSIG,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SYMBOL_BINDINGS,
  SYMBOL_SIZE,
  SYMBOL_TYPES,
  SYMBOL_VISIBILITIES,
  writeAddend,
} from './elf-format.ts';

/** Why a file could not be read: where, and what is wrong there. */
export interface ElfError {
  readonly offset: number;
  readonly message: string;
}

/** How reading is abandoned inside this file; `readElf` turns it into its result. */
class Malformed extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

interface Header {
  /** Where the header itself stands in the file, for messages. */
  readonly at: number;
  readonly name: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entrySize: number;
}

/** Sizes of sections without contents are bounded by what a map can hold. */
const MAX_NOBITS = 2 ** 32;
/** Names in total may be this many times the file: tail sharing is legitimate, but not without limit. */
const NAME_FACTOR = 8;

class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly littleEndian: boolean;
  private nameBudget: number;
  private relocationBudget: number;
  private readonly names = new Map<number, string>();
  private readonly decoder = new TextDecoder();

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    // A plain view, whatever subclass came in: contents are handed on and compared.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = littleEndian;
    this.nameBudget = bytes.length * NAME_FACTOR;
    this.relocationBudget = 2 * bytes.length;
  }

  u16(at: number): number {
    return this.view.getUint16(at, this.littleEndian);
  }

  u32(at: number): number {
    return this.view.getUint32(at, this.littleEndian);
  }

  /** A 64-bit field that has to be a plain size or offset. */
  size(at: number, what: string): number {
    const value = this.view.getBigUint64(at, this.littleEndian);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed(at, `${what} ${value} is absurd`);
    return Number(value);
  }

  /** Checks that `size` bytes from `offset` lie in the file. */
  checkRange(at: number, offset: number, size: number, what: string): void {
    if (offset > this.bytes.length || size > this.bytes.length - offset) {
      throw new Malformed(at, `${what} (${size} bytes at ${offset}) reaches past the end of the file`);
    }
  }

  /** The name at `index` of a string table. */
  name(table: Header, index: number, at: number): string {
    if (index >= table.size) throw new Malformed(at, `name offset ${index} lies outside the string table`);
    const start = table.offset + index;
    const known = this.names.get(start);
    if (known !== undefined) return known;
    const limit = Math.min(table.offset + table.size, start + this.nameBudget + 1);
    let end = start;
    while (end < limit && this.bytes[end] !== 0) end++;
    if (end === limit) throw new Malformed(start, 'a name has no end, or names take more room than the file');
    this.nameBudget -= end - start;
    const name = this.decoder.decode(this.bytes.subarray(start, end));
    this.names.set(start, name);
    return name;
  }

  /** Takes relocation entries from what the file can honestly hold. */
  spendRelocations(bytes: number, at: number): void {
    this.relocationBudget -= bytes;
    if (this.relocationBudget < 0) throw new Malformed(at, 'relocation sections overlap');
  }
}

function openReader(bytes: Uint8Array): Reader {
  if (bytes.length < HEADER_SIZE) throw new Malformed(0, 'too short for an ELF header');
  const probe = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (probe.getUint32(0) !== ELF_MAGIC) throw new Malformed(0, 'not an ELF file');
  if (bytes[4] !== ELFCLASS64) throw new Malformed(4, 'not a 64-bit ELF file');
  if (bytes[5] !== ELFDATA2LSB && bytes[5] !== ELFDATA2MSB) throw new Malformed(5, 'unknown byte order');
  const reader = new Reader(bytes, bytes[5] === ELFDATA2LSB);
  if (reader.u16(16) !== ET_REL) throw new Malformed(16, 'not a relocatable file');
  const machine = reader.u16(18);
  if (machine !== EM_BPF) throw new Malformed(18, `machine ${machine} is not BPF (${EM_BPF})`);
  return reader;
}

function readHeader(reader: Reader, at: number): Header {
  const header: Header = {
    at,
    name: reader.u32(at),
    type: reader.u32(at + 4),
    flags: reader.u32(reader.littleEndian ? at + 8 : at + 12),
    offset: reader.size(at + 24, 'section offset'),
    size: reader.size(at + 32, 'section size'),
    link: reader.u32(at + 40),
    info: reader.u32(at + 44),
    align: reader.size(at + 48, 'alignment'),
    entrySize: reader.size(at + 56, 'entry size'),
  };
  if (header.type === SHT_NOBITS) {
    if (header.size > MAX_NOBITS)
      throw new Malformed(at + 32, `a section of ${header.size} bytes is too large`);
  } else if (header.type !== 0) reader.checkRange(at, header.offset, header.size, 'a section');
  if (header.align > 1 && (header.align > 2 ** 32 || !Number.isInteger(Math.log2(header.align)))) {
    throw new Malformed(at + 48, `alignment ${header.align} is not a power of two`);
  }
  return header;
}

function readHeaders(reader: Reader): readonly Header[] {
  const at = reader.size(40, 'section header offset');
  if (reader.u16(58) !== SECTION_HEADER_SIZE) throw new Malformed(58, 'section headers of an unknown size');
  reader.checkRange(40, at, SECTION_HEADER_SIZE, 'the section header table');
  // With 65280 sections and more the count stands in the null section's size.
  const count = reader.u16(60) || reader.size(at + 32, 'section count');
  reader.checkRange(40, at, count * SECTION_HEADER_SIZE, 'the section header table');
  return Array.from({ length: count }, (_, index) => readHeader(reader, at + index * SECTION_HEADER_SIZE));
}

function stringTable(headers: readonly Header[], index: number, at: number): Header {
  const header = headers[index];
  if (header?.type !== SHT_STRTAB) throw new Malformed(at, `section ${index} is not a string table`);
  return header;
}

const TYPE_NAMES: ReadonlyMap<number, SectionType> = new Map([
  [SHT_PROGBITS, 'progbits'],
  [SHT_NOBITS, 'nobits'],
  [SHT_NOTE, 'note'],
]);

const LEFT_OUT: ReadonlySet<number> = new Set([
  0,
  SHT_SYMTAB,
  SHT_STRTAB,
  SHT_REL,
  SHT_RELA,
  SHT_GROUP,
  SHT_LLVM_ADDRSIG,
]);

/** A section while its relocations are still being collected. */
type OpenSection = Omit<Section, 'data'> & { data: Uint8Array; readonly relocations: Relocation[] };

function readSection(reader: Reader, header: Header, names: Header): OpenSection {
  const type = TYPE_NAMES.get(header.type) ?? 'other';
  const isNobits = type === 'nobits';
  return {
    name: reader.name(names, header.name, header.at),
    type,
    ...(type === 'other' ? { typeNumber: header.type } : {}),
    flags: flagsOfBits(header.flags),
    align: Math.max(1, header.align),
    entrySize: header.entrySize,
    data: isNobits ? new Uint8Array(0) : reader.bytes.subarray(header.offset, header.offset + header.size),
    size: header.size,
    relocations: [],
  };
}

/** Model index by section number of the file; -1 for sections that are left out. */
interface SectionMap {
  readonly sections: readonly OpenSection[];
  readonly indexOf: Int32Array;
}

function readSections(reader: Reader, headers: readonly Header[]): SectionMap {
  const indexOf = new Int32Array(headers.length).fill(-1);
  const sections: OpenSection[] = [];
  if (headers.length === 0) return { sections, indexOf };
  const names = stringTable(headers, reader.u16(62), 62);
  for (const [number, header] of headers.entries()) {
    if (LEFT_OUT.has(header.type)) continue;
    indexOf[number] = sections.length;
    sections.push(readSection(reader, header, names));
  }
  return { sections, indexOf };
}

function symbolSection(reader: Reader, at: number, map: SectionMap): number | 'abs' | undefined {
  const number = reader.u16(at + 6);
  if (number === SHN_UNDEF) return undefined;
  if (number === SHN_ABS) return 'abs';
  if (number >= SHN_LORESERVE) throw new Malformed(at + 6, `special section number ${number}`);
  const index = map.indexOf[number] ?? -1;
  if (index < 0) throw new Malformed(at + 6, `a symbol lies in section ${number}, which holds none`);
  return index;
}

function readSymbol(reader: Reader, at: number, strings: Header, map: SectionMap): ElfSymbol {
  const info = reader.bytes[at + 4] ?? 0;
  const other = reader.bytes[at + 5] ?? 0;
  const binding = SYMBOL_BINDINGS[info >> 4];
  if (binding === undefined) throw new Malformed(at + 4, `unknown symbol binding ${info >> 4}`);
  const type = SYMBOL_TYPES[info & 15] ?? 'notype';
  const section = symbolSection(reader, at, map);
  const name = reader.name(strings, reader.u32(at), at);
  return {
    // Section symbols have no name of their own; readers show the section's.
    name: type === 'section' ? '' : name,
    section,
    value: reader.view.getBigUint64(at + 8, reader.littleEndian),
    size: reader.view.getBigUint64(at + 16, reader.littleEndian),
    type,
    binding,
    visibility: SYMBOL_VISIBILITIES[other & 3] ?? 'default',
  };
}

function readSymbols(reader: Reader, headers: readonly Header[], map: SectionMap): readonly ElfSymbol[] {
  const tables = headers.filter((header) => header.type === SHT_SYMTAB);
  const table = tables[0];
  if (table === undefined) return [];
  if (tables[1] !== undefined) throw new Malformed(tables[1].at, 'more than one symbol table');
  const strings = stringTable(headers, table.link, table.at + 40);
  const symbols: ElfSymbol[] = [];
  for (let at = SYMBOL_SIZE; at + SYMBOL_SIZE <= table.size; at += SYMBOL_SIZE) {
    symbols.push(readSymbol(reader, table.offset + at, strings, map));
  }
  return symbols;
}

function readRelocation(
  reader: Reader,
  at: number,
  hasAddend: boolean,
  section: Section,
  symbols: number,
): Relocation {
  const offset = reader.size(at, 'relocation offset');
  const info = reader.view.getBigUint64(at + 8, reader.littleEndian);
  const type = Number(info & 0xffff_ffffn);
  const symbol = Number(info >> 32n) - 1;
  if (symbol < 0 || symbol >= symbols) throw new Malformed(at + 8, `a relocation names symbol ${symbol + 1}`);
  const covered = Math.max(1, relocatedBytes(type));
  if (offset > section.size || covered > section.data.length - offset) {
    throw new Malformed(at, `a relocation at ${offset} reaches past the end of section ${section.name}`);
  }
  const data = new DataView(section.data.buffer, section.data.byteOffset, section.data.byteLength);
  if (!hasAddend) {
    return { offset, symbol, type, addend: readAddend(data, offset, type, reader.littleEndian) };
  }
  const addend = reader.view.getBigInt64(at + 16, reader.littleEndian);
  writeAddend(data, offset, type, reader.littleEndian, addend);
  return { offset, symbol, type, addend };
}

function readRelocations(reader: Reader, headers: readonly Header[], map: SectionMap, symbols: number): void {
  for (const header of headers) {
    if (header.type !== SHT_REL && header.type !== SHT_RELA) continue;
    const section = map.sections[map.indexOf[header.info] ?? -1];
    if (section === undefined) throw new Malformed(header.at + 44, `relocations of section ${header.info}`);
    const entry = header.type === SHT_RELA ? RELA_SIZE : REL_SIZE;
    reader.spendRelocations(header.size, header.at);
    if (header.type === SHT_RELA) {
      // In the model addends stand in the data; the file itself is not touched.
      reader.spendRelocations(section.data.length, header.at);
      section.data = section.data.slice();
    }
    for (let at = 0; at + entry <= header.size; at += entry) {
      section.relocations.push(
        readRelocation(reader, header.offset + at, header.type === SHT_RELA, section, symbols),
      );
    }
  }
}

/** Reads a relocatable BPF object. Section data are views into `bytes`, except where RELA addends are put in. */
export function readElf(bytes: Uint8Array): ObjectFile | ElfError {
  try {
    const reader = openReader(bytes);
    const headers = readHeaders(reader);
    const map = readSections(reader, headers);
    const symbols = readSymbols(reader, headers, map);
    readRelocations(reader, headers, map, symbols.length);
    return { littleEndian: reader.littleEndian, sections: map.sections, symbols };
  } catch (fault) {
    if (fault instanceof Malformed) return { offset: fault.offset, message: fault.message };
    throw fault;
  }
}

/** True when `readElf` failed. */
export function isElfError(result: ObjectFile | ElfError): result is ElfError {
  return 'message' in result;
}
