/**
 * The code of an object's functions as texts that can be compared between compilers: the bytes of each instruction, with what
 * it needs from symbols by name, since maps, data and functions may lie elsewhere.
 */

import type { ElfSymbol, ObjectFile, Section } from '../../src/object/elf.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A place in a section, by the symbol that covers it. */
function nameOfPlace(object: ObjectFile, section: ElfSymbol['section'], offset: bigint): string {
  const covering = object.symbols.find(
    ({ section: at, type, value, size, name }) =>
      at === section && type !== 'section' && name !== '' && value <= offset && offset < value + size,
  );
  if (covering !== undefined) return `${covering.name}+${offset - covering.value}`;
  return `${typeof section === 'number' ? object.sections[section]?.name : section}+${offset}`;
}

/** What the instruction at `offset` names: its relocation's target, or the function a call without one reaches. */
function targetOf(object: ObjectFile, index: number, offset: number): string | undefined {
  const section = object.sections[index];
  const relocation = section?.relocations.find((one) => one.offset === offset);
  const symbol = relocation && object.symbols[relocation.symbol];
  if (relocation === undefined || symbol === undefined) return undefined;
  const { addend } = relocation;
  if (symbol.section === undefined) return `${symbol.name}+${addend}`;
  return nameOfPlace(object, symbol.section, symbol.value + addend);
}

const LDDW = 0x18;

/** One line an instruction: bytes, and the target in place of the immediate. */
function codeOf(object: ObjectFile, index: number, section: Section, from: number, to: number): string[] {
  const lines: string[] = [];
  for (let at = from; at < to; ) {
    const size = section.data[at] === LDDW ? 16 : 8;
    const bytes = section.data.slice(at, at + size);
    const target = targetOf(object, index, at);
    // Who made the object says whether a call's source register is set before linking; the loader sets it.
    if (target !== undefined) for (const field of [4, 12]) bytes.fill(0, field, field + 4);
    lines.push(target === undefined ? hex(bytes) : `${hex(bytes)} ${target}`);
    at += size;
  }
  return lines;
}

/** The code of each function that has a symbol, in lines; a text where the object cannot be read. */
export function functionCode(bytes: Uint8Array): ReadonlyMap<string, readonly string[]> | string {
  const object = readElf(bytes);
  if (isElfError(object)) return object.message;
  const code = new Map<string, readonly string[]>();
  for (const { name, section: index, type, value, size } of object.symbols) {
    const section = typeof index === 'number' ? object.sections[index] : undefined;
    if (type !== 'func' || section === undefined || typeof index !== 'number') continue;
    code.set(name, codeOf(object, index, section, Number(value), Number(value + size)));
  }
  return code;
}
