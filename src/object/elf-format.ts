/**
 * The numbers of the ELF64 format that the writer and the reader share (System V ABI, gABI chapters 4 and
 * "Sections", "Symbol Table"), as tables between them and the names of the object model.
 */

import {
  RelocationType,
  type SectionFlags,
  type SymbolBinding,
  type SymbolType,
  type SymbolVisibility,
} from './elf.ts';

export const ELF_MAGIC = 0x7f454c46;
export const ELFCLASS64 = 2;
export const ELFDATA2LSB = 1;
export const ELFDATA2MSB = 2;
export const EV_CURRENT = 1;
export const ET_REL = 1;

export const HEADER_SIZE = 64;
export const SECTION_HEADER_SIZE = 64;
export const SYMBOL_SIZE = 24;
export const REL_SIZE = 16;
export const RELA_SIZE = 24;

export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_RELA = 4;
export const SHT_NOTE = 7;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;
/** Sections whose contents are symbol or section numbers of the file, which a rewrite would change. */
export const SHT_GROUP = 17;
export const SHT_LLVM_ADDRSIG = 0x6fff4c03;

/** In a relocation section: sh_info is a section number. */
export const SHF_INFO_LINK = 0x40;

export const SHN_UNDEF = 0;
export const SHN_LORESERVE = 0xff00;
export const SHN_ABS = 0xfff1;

const FLAG_BITS: readonly (readonly [keyof SectionFlags, number])[] = [
  ['write', 0x1],
  ['alloc', 0x2],
  ['execinstr', 0x4],
  ['merge', 0x10],
  ['strings', 0x20],
];

/** sh_flags of named flags. */
export function flagBits(flags: SectionFlags): number {
  return FLAG_BITS.reduce((bits, [name, bit]) => (flags[name] ? bits | bit : bits), 0);
}

/** Named flags of sh_flags; bits that the model does not know are dropped. */
export function flagsOfBits(bits: number): SectionFlags {
  const has = (name: keyof SectionFlags): boolean =>
    FLAG_BITS.some(([flag, bit]) => flag === name && (bits & bit) !== 0);
  return {
    alloc: has('alloc'),
    write: has('write'),
    execinstr: has('execinstr'),
    merge: has('merge'),
    strings: has('strings'),
  };
}

/** Names by their number in st_info and st_other. */
export const SYMBOL_TYPES: readonly SymbolType[] = ['notype', 'object', 'func', 'section', 'file'];
export const SYMBOL_BINDINGS: readonly SymbolBinding[] = ['local', 'global', 'weak'];
export const SYMBOL_VISIBILITIES: readonly SymbolVisibility[] = [
  'default',
  'internal',
  'hidden',
  'protected',
];

/** Bytes of the section that a relocation covers, from its offset; 0 for types that are not BPF's. */
export function relocatedBytes(type: number): number {
  switch (type) {
    case RelocationType.R_BPF_64_64:
      return 16;
    case RelocationType.R_BPF_64_ABS64:
    case RelocationType.R_BPF_64_32:
      return 8;
    case RelocationType.R_BPF_64_ABS32:
    case RelocationType.R_BPF_64_NODYLD32:
      return 4;
    default:
      return 0;
  }
}

/**
 * The addend that stands in the data at a relocation's offset, in bytes. A call holds it as slots less one:
 * the relocated immediate is (S + A) / 8 - 1. The data must cover `relocatedBytes(type)`.
 */
export function readAddend(view: DataView, offset: number, type: number, littleEndian: boolean): bigint {
  switch (type) {
    case RelocationType.R_BPF_64_64: {
      const low = BigInt(view.getUint32(offset + 4, littleEndian));
      return (BigInt(view.getInt32(offset + 12, littleEndian)) << 32n) | low;
    }
    case RelocationType.R_BPF_64_ABS64:
      return view.getBigInt64(offset, littleEndian);
    case RelocationType.R_BPF_64_32:
      return (BigInt(view.getInt32(offset + 4, littleEndian)) + 1n) * 8n;
    case RelocationType.R_BPF_64_ABS32:
    case RelocationType.R_BPF_64_NODYLD32:
      return BigInt(view.getInt32(offset, littleEndian));
    default:
      return 0n;
  }
}

/** Writes an addend to where `readAddend` finds it, modulo the size of the field. */
export function writeAddend(
  view: DataView,
  offset: number,
  type: number,
  littleEndian: boolean,
  addend: bigint,
): void {
  const low = Number(BigInt.asIntN(32, addend));
  switch (type) {
    case RelocationType.R_BPF_64_64:
      view.setInt32(offset + 4, low, littleEndian);
      view.setInt32(offset + 12, Number(BigInt.asIntN(32, addend >> 32n)), littleEndian);
      break;
    case RelocationType.R_BPF_64_ABS64:
      view.setBigInt64(offset, BigInt.asIntN(64, addend), littleEndian);
      break;
    case RelocationType.R_BPF_64_32:
      view.setInt32(offset + 4, Number(BigInt.asIntN(32, addend / 8n - 1n)), littleEndian);
      break;
    case RelocationType.R_BPF_64_ABS32:
    case RelocationType.R_BPF_64_NODYLD32:
      view.setInt32(offset, low, littleEndian);
      break;
  }
}
