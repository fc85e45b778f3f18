/**
 * Object model -> ELF64 bytes. Layout: header; contents of the sections in their order, each followed in the
 * header table by its `.rel` section; relocations; symbol table, locals first; string table; section headers.
 * The same model gives the same bytes. Section data is written as it is: addends of relocations stand in it
 * already (BPF uses REL).
 */

import { bug } from '../support/bug.ts';
import { ByteWriter } from '../support/byte-writer.ts';
import { type ElfSymbol, EM_BPF, type ObjectFile, type Section } from './elf.ts';
import {
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  ET_REL,
  EV_CURRENT,
  flagBits,
  HEADER_SIZE,
  REL_SIZE,
  SECTION_HEADER_SIZE,
  SHF_INFO_LINK,
  SHN_ABS,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PROGBITS,
  SHT_REL,
  SHT_STRTAB,
  SHT_SYMTAB,
  SYMBOL_BINDINGS,
  SYMBOL_SIZE,
  SYMBOL_TYPES,
  SYMBOL_VISIBILITIES,
} from './elf-format.ts';
import { buildStringTable } from './string-table.ts';

/** No loader maps the file itself, so a larger alignment would only cost padding. */
const MAX_FILE_ALIGN = 4096;

/** A row of the section header table. Offset and size are known when the contents are laid out. */
interface Header {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  offset: number;
  size: number;
  link: number;
  info: number;
  readonly align: number;
  readonly entrySize: number;
}

function sectionTypeNumber(section: Section): number {
  switch (section.type) {
    case 'progbits':
      return SHT_PROGBITS;
    case 'nobits':
      return SHT_NOBITS;
    case 'note':
      return SHT_NOTE;
    case 'other':
      return section.typeNumber ?? bug(`section ${section.name} of an unnamed type has no number`);
  }
}

const NULL_HEADER: Header = {
  name: '',
  type: 0,
  flags: 0,
  offset: 0,
  size: 0,
  link: 0,
  info: 0,
  align: 0,
  entrySize: 0,
};

/** The header rows, and which row each section of the model got. */
interface Headers {
  readonly rows: Header[];
  readonly numberOf: readonly number[];
  /** Rows of the relocation sections by section, 0 for none. */
  readonly relocations: readonly number[];
  readonly stringTable: Header;
  readonly symbolTable: Header;
}

function makeHeader(name: string, type: number, flags: number, align: number, entrySize: number): Header {
  return { name, type, flags, offset: 0, size: 0, link: 0, info: 0, align, entrySize };
}

function makeHeaders(sections: readonly Section[]): Headers {
  const stringTable = makeHeader('.strtab', SHT_STRTAB, 0, 1, 0);
  const symbolTable = makeHeader('.symtab', SHT_SYMTAB, 0, 8, SYMBOL_SIZE);
  const rows: Header[] = [{ ...NULL_HEADER }, stringTable];
  const numberOf: number[] = [];
  const relocations: number[] = [];
  for (const section of sections) {
    const number = rows.length;
    numberOf.push(number);
    const align = Math.max(1, section.align);
    rows.push(
      makeHeader(section.name, sectionTypeNumber(section), flagBits(section.flags), align, section.entrySize),
    );
    if (section.relocations.length === 0) {
      relocations.push(0);
      continue;
    }
    relocations.push(rows.length);
    const relocation = makeHeader(`.rel${section.name}`, SHT_REL, SHF_INFO_LINK, 8, REL_SIZE);
    relocation.info = number;
    rows.push(relocation);
  }
  for (const row of relocations) if (row !== 0) (rows[row] ?? NULL_HEADER).link = rows.length;
  symbolTable.link = 1;
  rows.push(symbolTable);
  if (rows.length >= SHN_LORESERVE) bug(`${rows.length} sections are more than an ELF header can count`);
  return { rows, numberOf, relocations, stringTable, symbolTable };
}

/** Positions of the symbols in the file: locals first, otherwise in order, after the null symbol. */
function symbolOrder(symbols: readonly ElfSymbol[]): {
  order: ElfSymbol[];
  numberOf: number[];
  locals: number;
} {
  const order = [
    ...symbols.filter((symbol) => symbol.binding === 'local'),
    ...symbols.filter((symbol) => symbol.binding !== 'local'),
  ];
  const numberOf: number[] = [];
  let nextLocal = 1;
  let nextOther = 1 + symbols.filter((symbol) => symbol.binding === 'local').length;
  const locals = nextOther;
  for (const symbol of symbols) numberOf.push(symbol.binding === 'local' ? nextLocal++ : nextOther++);
  return { order, numberOf, locals };
}

function sectionNumber(symbol: ElfSymbol, numberOf: readonly number[]): number {
  if (symbol.section === undefined) return SHN_UNDEF;
  if (symbol.section === 'abs') return SHN_ABS;
  return (
    numberOf[symbol.section] ?? bug(`symbol ${symbol.name} is in section ${symbol.section}, which is missing`)
  );
}

function writeSymbol(out: ByteWriter, symbol: ElfSymbol, name: number, section: number): void {
  out.u32(name);
  out.u8((SYMBOL_BINDINGS.indexOf(symbol.binding) << 4) | SYMBOL_TYPES.indexOf(symbol.type));
  out.u8(SYMBOL_VISIBILITIES.indexOf(symbol.visibility));
  out.u16(section);
  out.u64(symbol.value);
  out.u64(symbol.size);
}

function writeHeader(out: ByteWriter, header: Header, name: number): void {
  out.u32(name);
  out.u32(header.type);
  out.u64(BigInt(header.flags));
  out.u64(0n);
  out.u64(BigInt(header.offset));
  out.u64(BigInt(header.size));
  out.u32(header.link);
  out.u32(header.info);
  out.u64(BigInt(header.align));
  out.u64(BigInt(header.entrySize));
}

function writeFileHeader(out: ByteWriter, sectionHeaders: number, count: number): void {
  for (const byte of [0x7f, 0x45, 0x4c, 0x46]) out.u8(byte);
  out.u8(ELFCLASS64);
  out.u8(out.littleEndian ? ELFDATA2LSB : ELFDATA2MSB);
  out.u8(EV_CURRENT);
  out.append(new Uint8Array(9));
  out.u16(ET_REL);
  out.u16(EM_BPF);
  out.u32(EV_CURRENT);
  out.u64(0n);
  out.u64(0n);
  out.u64(BigInt(sectionHeaders));
  out.u32(0);
  out.u16(HEADER_SIZE);
  out.u16(0);
  out.u16(0);
  out.u16(SECTION_HEADER_SIZE);
  out.u16(count);
  out.u16(1);
}

/** Contents of the sections; fills offsets and sizes of their headers. */
function writeContents(out: ByteWriter, sections: readonly Section[], headers: Headers): void {
  for (const [index, section] of sections.entries()) {
    const header = headers.rows[headers.numberOf[index] ?? 0] ?? NULL_HEADER;
    out.align(Math.min(header.align, MAX_FILE_ALIGN));
    header.offset = out.length;
    header.size = section.size;
    if (section.type === 'nobits') continue;
    if (section.size !== section.data.length) bug(`section ${section.name} has a wrong size`);
    out.append(section.data);
  }
}

function writeRelocations(
  out: ByteWriter,
  sections: readonly Section[],
  headers: Headers,
  symbolNumbers: readonly number[],
): void {
  for (const [index, section] of sections.entries()) {
    const row = headers.relocations[index] ?? 0;
    if (row === 0) continue;
    const header = headers.rows[row] ?? NULL_HEADER;
    out.align(8);
    header.offset = out.length;
    header.size = section.relocations.length * REL_SIZE;
    for (const relocation of section.relocations) {
      const symbol = symbolNumbers[relocation.symbol] ?? bug(`relocation in ${section.name} without symbol`);
      out.u64(BigInt(relocation.offset));
      out.u64((BigInt(symbol) << 32n) | BigInt(relocation.type));
    }
  }
}

/** Writes an object file. */
export function writeElf(object: ObjectFile): Uint8Array {
  const { sections, symbols, littleEndian } = object;
  const headers = makeHeaders(sections);
  const { order, numberOf, locals } = symbolOrder(symbols);
  const strings = buildStringTable([
    ...headers.rows.map((header) => header.name),
    ...symbols.map((symbol) => symbol.name),
  ]);
  const nameOffset = (name: string): number => strings.offsets.get(name) ?? bug(`${name} has no string`);

  // The header comes last, when the place of the section headers is known; its bytes are left free.
  const body = new ByteWriter(littleEndian);
  body.append(new Uint8Array(HEADER_SIZE));
  writeContents(body, sections, headers);
  writeRelocations(body, sections, headers, numberOf);
  body.align(8);
  headers.symbolTable.offset = body.length;
  headers.symbolTable.size = (order.length + 1) * SYMBOL_SIZE;
  headers.symbolTable.info = locals;
  body.append(new Uint8Array(SYMBOL_SIZE));
  for (const symbol of order) {
    writeSymbol(body, symbol, nameOffset(symbol.name), sectionNumber(symbol, headers.numberOf));
  }
  headers.stringTable.offset = body.length;
  headers.stringTable.size = strings.bytes.length;
  body.append(strings.bytes);
  body.align(8);

  const out = new ByteWriter(littleEndian);
  writeFileHeader(out, body.length, headers.rows.length);
  out.append(body.finish().subarray(HEADER_SIZE));
  for (const header of headers.rows) writeHeader(out, header, nameOffset(header.name));
  return out.finish();
}
