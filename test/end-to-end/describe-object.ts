/** An ELF object as text, a fact a line: what golden files state about sections, symbols, relocations and data. */

import { type ObjectFile, RelocationType, type Section } from '../../src/object/elf.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';

const relocationNames = new Map<number, string>(
  Object.entries(RelocationType).map(([name, number]) => [number, name]),
);

function flagsOf({ flags }: Section): string {
  const letters = { alloc: 'a', write: 'w', execinstr: 'x', merge: 'M', strings: 'S' } as const;
  return (Object.keys(letters) as (keyof typeof letters)[])
    .filter((name) => flags[name])
    .map((name) => letters[name])
    .join('');
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function describeSection(object: ObjectFile, section: Section): string[] {
  const { name, type, align, data } = section;
  const size = type === 'nobits' ? section.size : data.length;
  const lines = [`section ${name} ${type} ${flagsOf(section)} align ${align} size ${size}`];
  // Code has its listing, BTF its own text.
  const isData = type === 'progbits' && !section.flags.execinstr && !name.startsWith('.BTF');
  if (isData) lines.push(`  data ${hex(data)}`);
  for (const { offset, symbol, type: relocation, addend } of section.relocations) {
    const target = object.symbols[symbol];
    const to =
      target === undefined ? '?' : target.name === '' ? sectionName(object, target.section) : target.name;
    lines.push(`  relocation ${offset} ${relocationNames.get(relocation) ?? relocation} ${to} + ${addend}`);
  }
  return lines;
}

function sectionName(object: ObjectFile, at: number | string | undefined): string {
  return typeof at === 'number' ? (object.sections[at]?.name ?? '?') : String(at);
}

/** Sections with data and relocations, then symbols. */
export function describeObject(bytes: Uint8Array): string {
  const object = readElf(bytes);
  if (isElfError(object)) throw new Error(`our own object does not read back: ${object.message}`);
  const symbols = object.symbols.map(
    (symbol) =>
      `symbol ${symbol.name || '(none)'} ${symbol.type} ${symbol.binding} ${symbol.visibility} ${sectionName(object, symbol.section)} value ${symbol.value} size ${symbol.size}`,
  );
  return [
    `object ${object.littleEndian ? 'little' : 'big'}-endian`,
    ...object.sections.flatMap((section) => describeSection(object, section)),
    ...symbols,
  ].join('\n');
}
