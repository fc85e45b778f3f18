/**
 * Where everything goes: functions and variables of a compilation -> sections, offsets, sizes, flags. Functions of
 * a section stand one after another in their order, variables at the next offset their alignment allows, as
 * clang lays them out and libbpf expects. The BTF stage reads offsets and sizes here; the builder fills the bytes.
 */

import { type Instruction, slotPositions } from '../isa/instruction.ts';
import { bug } from '../support/bug.ts';
import type { SectionFlags, SectionType } from './elf.ts';

/** How a name is seen: `private` objects (string literals) get no symbol at all. */
export type Linkage = 'private' | 'static' | 'global' | 'weak';

/** A place in an instruction that holds a symbol's address or a call's distance. */
export interface InstructionRelocation {
  /** Number of the instruction in its function. */
  readonly index: number;
  readonly kind: 'address' | 'call';
  readonly symbol: string;
  readonly addend: bigint;
}

export interface FunctionInput {
  readonly name: string;
  readonly section: string;
  readonly instructions: readonly Instruction[];
  readonly relocations: readonly InstructionRelocation[];
  readonly linkage: Linkage;
  readonly visibility: 'default' | 'hidden';
}

/** A pointer in initialised data. */
export interface DataRelocation {
  readonly offset: number;
  readonly symbol: string;
  readonly addend: bigint;
}

export interface VariableInput {
  readonly name: string;
  readonly section: string;
  /** Undefined when all bytes are zero. */
  readonly data: Uint8Array | undefined;
  readonly size: number;
  readonly align: number;
  readonly linkage: Linkage;
  readonly visibility: 'default' | 'hidden';
  readonly relocations: readonly DataRelocation[];
  readonly writable: boolean;
}

/** What lies where. */
export interface Placement {
  readonly section: string;
  readonly offset: number;
  readonly size: number;
}

/** A section before its bytes exist. */
export interface SectionLayout {
  readonly name: string;
  readonly type: SectionType;
  readonly flags: SectionFlags;
  readonly align: number;
  readonly entrySize: number;
  readonly size: number;
}

/** Offsets and sizes of a whole object, by symbol name. */
export interface ObjectLayout {
  readonly sections: readonly SectionLayout[];
  readonly functions: ReadonlyMap<string, Placement>;
  readonly variables: ReadonlyMap<string, Placement>;
}

/** A section that is being filled. */
interface OpenSection {
  readonly name: string;
  size: number;
  align: number;
  hasCode: boolean;
  hasData: boolean;
  writable: boolean;
}

const FUNCTION_ALIGN = 8;
const BYTES_PER_SLOT = 8;

const isBss = (name: string): boolean => name === '.bss' || name.startsWith('.bss.');
const isNote = (name: string): boolean => name.startsWith('.note');

/** Sections of mergeable constants are known by name: `.rodata.str<width>.<align>`, `.rodata.cst<size>`. */
function mergeKind(name: string): { readonly entrySize: number; readonly strings: boolean } | undefined {
  const strings = /^\.rodata\.str(\d+)\.\d+$/.exec(name);
  if (strings !== null) return { entrySize: Number(strings[1]), strings: true };
  const constants = /^\.rodata\.cst(\d+)$/.exec(name);
  return constants === null ? undefined : { entrySize: Number(constants[1]), strings: false };
}

function closeSection(section: OpenSection): SectionLayout {
  const { name, size, align, hasCode, hasData, writable } = section;
  const merge = writable || hasCode ? undefined : mergeKind(name);
  const type = isBss(name) && !hasData && !hasCode ? 'nobits' : isNote(name) ? 'note' : 'progbits';
  const flags: SectionFlags = {
    alloc: true,
    write: writable,
    execinstr: hasCode,
    merge: merge !== undefined,
    strings: merge?.strings ?? false,
  };
  return { name, type, flags, align, entrySize: merge?.entrySize ?? 0, size };
}

/** Sections by name in order of their first use, `.text` before all others. */
class SectionSet {
  private readonly byName = new Map<string, OpenSection>();

  open(name: string): OpenSection {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const section = { name, size: 0, align: 1, hasCode: false, hasData: false, writable: false };
    this.byName.set(name, section);
    return section;
  }

  /** Takes `size` bytes at the next aligned offset. */
  place(section: OpenSection, size: number, align: number): Placement {
    const offset = Math.ceil(section.size / align) * align;
    section.size = offset + size;
    section.align = Math.max(section.align, align);
    return { section: section.name, offset, size };
  }

  close(): SectionLayout[] {
    return [...this.byName.values()].map(closeSection);
  }
}

/** Size of a function's code in bytes. */
export function codeSize(instructions: readonly Instruction[]): number {
  return (slotPositions(instructions)[instructions.length] ?? 0) * BYTES_PER_SLOT;
}

function define(into: Map<string, Placement>, name: string, placement: Placement): void {
  if (into.has(name)) bug(`${name} is defined twice`);
  into.set(name, placement);
}

/** Lays out functions and variables. Names have to be unique. */
export function layoutObject(input: {
  readonly functions: readonly FunctionInput[];
  readonly variables: readonly VariableInput[];
}): ObjectLayout {
  const sections = new SectionSet();
  const functions = new Map<string, Placement>();
  const variables = new Map<string, Placement>();
  if (input.functions.some((func) => func.section === '.text')) sections.open('.text');
  for (const func of input.functions) {
    const section = sections.open(func.section);
    section.hasCode = true;
    define(functions, func.name, sections.place(section, codeSize(func.instructions), FUNCTION_ALIGN));
  }
  for (const variable of input.variables) {
    const section = sections.open(variable.section);
    section.hasData ||= variable.data !== undefined || variable.relocations.length > 0;
    section.writable ||= variable.writable;
    if (functions.has(variable.name)) bug(`${variable.name} is a function and a variable`);
    define(variables, variable.name, sections.place(section, variable.size, Math.max(1, variable.align)));
  }
  return { sections: sections.close(), functions, variables };
}
