/**
 * A relocatable ELF64 object as plain data: what the writer takes and the reader returns, without string
 * tables, header indices or byte order. Section and symbol numbers here are positions in the arrays; the
 * null section and the null symbol of the file are not among them.
 */

/** What a section holds: `nobits` takes no space in the file; `other` keeps the number in `typeNumber`. */
export type SectionType = 'progbits' | 'nobits' | 'note' | 'other';

/** ELF section flags by name (System V ABI, sh_flags). */
export interface SectionFlags {
  readonly alloc: boolean;
  readonly write: boolean;
  readonly execinstr: boolean;
  /** Equal entries may be merged; with `strings` the entries are NUL-terminated. */
  readonly merge: boolean;
  readonly strings: boolean;
}

/** BPF relocation types (Linux, Documentation/bpf/llvm_reloc.rst). */
export const RelocationType = Object.freeze({
  /** `lddw`: the address of the symbol, addend in the immediate. */
  R_BPF_64_64: 1,
  /** 64 bits of data. */
  R_BPF_64_ABS64: 2,
  /** 32 bits of data. */
  R_BPF_64_ABS32: 3,
  /** 32 bits of data that a run-time linker leaves alone: BTF and debug information. */
  R_BPF_64_NODYLD32: 4,
  /** `call`: distance to the symbol in slots, addend in the immediate. */
  R_BPF_64_32: 10,
} as const);

/** A relocation of a section's data. */
export interface Relocation {
  /** Byte offset in the section. */
  readonly offset: number;
  /** Index into `ObjectFile.symbols`. */
  readonly symbol: number;
  /** A number from {@link RelocationType}, or another one that was read from a file. */
  readonly type: number;
  /**
   * What is added to the symbol's value. BPF files use REL sections, whose addend stands in the section's
   * data: the writer does not write it, the reader takes it from the data (or from the entry of a RELA section).
   */
  readonly addend: bigint;
}

/** A section with everything that belongs to it. */
export interface Section {
  readonly name: string;
  readonly type: SectionType;
  /** The number of an `other` type; ignored otherwise. */
  readonly typeNumber?: number;
  readonly flags: SectionFlags;
  /** A power of two; 1 for no constraint. */
  readonly align: number;
  /** Size of an entry for sections of equal entries, else 0. */
  readonly entrySize: number;
  /** Contents; empty for `nobits`. */
  readonly data: Uint8Array;
  /** Size in bytes: `data.length`, or the size in memory of a `nobits` section. */
  readonly size: number;
  readonly relocations: readonly Relocation[];
}

/** What a symbol stands for. */
export type SymbolType = 'notype' | 'object' | 'func' | 'section' | 'file';
export type SymbolBinding = 'local' | 'global' | 'weak';
export type SymbolVisibility = 'default' | 'internal' | 'hidden' | 'protected';

/** A symbol. (`ElfSymbol`, since `Symbol` is JavaScript's.) */
export interface ElfSymbol {
  readonly name: string;
  /** Index into `ObjectFile.sections`, or undefined for an external symbol, or `abs` for a plain number. */
  readonly section: number | 'abs' | undefined;
  /** Offset in the section. */
  readonly value: bigint;
  readonly size: bigint;
  readonly type: SymbolType;
  readonly binding: SymbolBinding;
  readonly visibility: SymbolVisibility;
}

/** A relocatable object file. */
export interface ObjectFile {
  readonly littleEndian: boolean;
  readonly sections: readonly Section[];
  readonly symbols: readonly ElfSymbol[];
}

/** `e_machine` of BPF. */
export const EM_BPF = 247;
