/**
 * An assembled listing -> object file: instructions become bytes, references relocations. For `.s` files; compilations
 * go through `builder.ts`.
 */

import type { Assembly, AssemblySection, SectionReference } from '../isa/assembler.ts';
import { encode } from '../isa/encode.ts';
import { type ElfSymbol, type ObjectFile, RelocationType, type SectionFlags } from './elf.ts';
import { linkObject, type UnlinkedSection } from './relocate.ts';

const RELOCATION_TYPES: Readonly<Record<SectionReference['kind'], number>> = {
  address: RelocationType.R_BPF_64_64,
  call: RelocationType.R_BPF_64_32,
  data64: RelocationType.R_BPF_64_ABS64,
  data32: RelocationType.R_BPF_64_ABS32,
};

function flagsOf(letters: string): SectionFlags {
  const has = (letter: string): boolean => letters.includes(letter);
  return { alloc: has('a'), write: has('w'), execinstr: has('x'), merge: has('M'), strings: has('S') };
}

function unlinked(section: AssemblySection, littleEndian: boolean): UnlinkedSection {
  const flags = flagsOf(section.flags);
  return {
    name: section.name,
    type: section.type,
    flags,
    align: section.align,
    entrySize: section.entrySize,
    data: flags.execinstr ? encode(section.instructions, littleEndian) : section.data.slice(),
    size: section.size,
    references: section.references.map(({ offset, kind, target, addend }) => ({
      offset,
      type: RELOCATION_TYPES[kind],
      target,
      addend,
    })),
  };
}

/** The object file of a listing without errors. Sections that stayed empty are left out. */
export function assemblyToObject(assembly: Assembly, littleEndian = true): ObjectFile {
  const used = new Set(assembly.symbols.map(({ section }) => section));
  const kept = assembly.sections.flatMap((section, index) =>
    section.size > 0 || used.has(index) ? [index] : [],
  );
  const position = new Map(kept.map((index, at) => [index, at]));
  const sections = kept.flatMap((index) => {
    const section = assembly.sections[index];
    if (section === undefined) return [];
    const made = unlinked(section, littleEndian);
    const references = made.references.map((reference) =>
      'section' in reference.target
        ? { ...reference, target: { section: position.get(reference.target.section) ?? 0 } }
        : reference,
    );
    return [{ ...made, references }];
  });
  const symbols = assembly.symbols.map(
    (symbol): ElfSymbol => ({
      name: symbol.name,
      section: symbol.section === undefined ? undefined : position.get(symbol.section),
      value: BigInt(symbol.offset),
      size: BigInt(symbol.size),
      type: symbol.type,
      binding: symbol.binding,
      visibility: symbol.visibility,
    }),
  );
  return linkObject({ littleEndian, sections, symbols });
}
