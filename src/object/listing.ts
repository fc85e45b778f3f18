/**
 * Object file -> assembly listing, the text of `-S` and of a disassembly. Complete: assembled again it gives the same sections,
 * symbols and relocations (without the file symbol and names of section symbols).
 *
 * Names: a relocation against a symbol is written with that symbol; one against a section with the local symbol at
 * the very place, if there is one, else with a label at the section's start and an offset. Jump targets get labels
 * `.L<section>_<slot>`. What is no instruction is written as bytes.
 */

import { decode } from '../isa/decode.ts';
import {
  type NameResolver,
  printInstruction,
  printSymbol,
  quoteBytes,
  quoteName,
  type SymbolOperand,
} from '../isa/disassembler.ts';
import { type Instruction, jumpDistance } from '../isa/instruction.ts';
import { Kind, slots } from '../isa/table.ts';
import { type ElfSymbol, type ObjectFile, type Relocation, RelocationType, type Section } from './elf.ts';

/** Names for the reader of a listing. */
export interface ListingOptions {
  /** The name of a helper by number, written as a comment beside the call. */
  readonly helper?: (id: number) => string | undefined;
  /** What else to write as a comment beside the instruction at a slot of a section. */
  readonly comment?: (section: Section, slot: number) => string | undefined;
  /** What to write as comments in front of a section's data. */
  readonly contents?: (section: Section) => readonly string[];
  /** Sections that are not written; the listing is not complete then. */
  readonly omits?: (section: Section) => boolean;
}

/** A line of a listing; `place` for instructions. */
export interface ListingLine {
  readonly text: string;
  readonly place: { readonly section: Section; readonly slot: number } | undefined;
}

/** A symbol by section and offset. */
const placeKey = (section: number, offset: bigint): string => `${section}:${offset}`;

const isNamed = ({ type, name }: ElfSymbol): boolean => type !== 'section' && type !== 'file' && name !== '';

class ListingWriter {
  private readonly object: ObjectFile;
  private readonly options: ListingOptions;
  private readonly lines: ListingLine[] = [];
  /** Symbols of each section by offset. */
  private readonly symbolsOf: readonly ElfSymbol[][];
  private readonly localAt: ReadonlyMap<string, ElfSymbol>;
  /** Sections whose start needs a label. */
  private readonly labelled: ReadonlySet<number>;

  constructor(object: ObjectFile, options: ListingOptions) {
    this.object = object;
    this.options = options;
    const defined = object.symbols.filter((symbol) => isNamed(symbol) && typeof symbol.section === 'number');
    this.symbolsOf = object.sections.map(() => []);
    for (const symbol of defined) {
      if (typeof symbol.section === 'number') this.symbolsOf[symbol.section]?.push(symbol);
    }
    for (const symbols of this.symbolsOf)
      symbols.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
    const locals = defined.filter(({ binding }) => binding === 'local');
    this.localAt = new Map(locals.map((symbol) => [placeKey(Number(symbol.section), symbol.value), symbol]));
    this.labelled = this.sectionsWithLabel();
  }

  write(): readonly ListingLine[] {
    for (const [index, section] of this.object.sections.entries()) this.writeSection(section, index);
    this.writeUndefined();
    return this.lines;
  }

  private sectionsWithLabel(): ReadonlySet<number> {
    const found = new Set<number>();
    for (const section of this.object.sections) {
      for (const relocation of section.relocations) {
        const symbol = this.object.symbols[relocation.symbol];
        if (symbol?.type === 'section' && typeof symbol.section === 'number') found.add(symbol.section);
      }
    }
    return found;
  }

  private line(text: string, place?: ListingLine['place']): void {
    this.lines.push({ text, place });
  }

  private directive(text: string, place?: ListingLine['place']): void {
    this.line(`\t${text}`, place);
  }

  private writeSection(section: Section, index: number): void {
    if (this.options.omits?.(section) === true) return;
    const { alloc, write, execinstr, merge, strings } = section.flags;
    const letters = [alloc && 'a', write && 'w', execinstr && 'x', merge && 'M', strings && 'S'];
    const flags = letters.filter((letter) => letter !== false).join('');
    const type = section.type === 'other' ? 'progbits' : section.type;
    const entry = section.entrySize === 0 ? '' : `,${section.entrySize}`;
    this.directive(`.section\t${quoteName(section.name)},"${flags}",@${type}${entry}`);
    const align = Math.log2(section.align);
    if (align > 0) this.directive(`.p2align\t${align}`);
    if (this.labelled.has(index)) this.line(`.Lsection${index}:`);
    if (execinstr) this.writeCode(section, index);
    else {
      for (const text of this.options.contents?.(section) ?? []) this.directive(`# ${text}`);
      this.writeData(section, index);
    }
  }

  /** Labels of symbols up to `offset` that are not written yet; returns how many are done. */
  private writeLabels(index: number, done: number, offset: number): number {
    const symbols = this.symbolsOf[index] ?? [];
    let next = done;
    for (; next < symbols.length; next++) {
      const symbol = symbols[next];
      if (symbol === undefined || Number(symbol.value) > offset) break;
      this.writeLabel(symbol);
    }
    return next;
  }

  private writeLabel(symbol: ElfSymbol): void {
    const name = quoteName(symbol.name);
    this.writeAttributes(symbol, name);
    this.line(`${name}:`);
    if (symbol.size !== 0n) this.directive(`.size\t${name}, ${symbol.size}`);
  }

  private writeAttributes({ binding, visibility, type }: ElfSymbol, name: string): void {
    if (binding !== 'local') this.directive(`.${binding === 'weak' ? 'weak' : 'globl'}\t${name}`);
    if (visibility !== 'default') this.directive(`.${visibility}\t${name}`);
    if (type !== 'notype') this.directive(`.type\t${name},@${type === 'func' ? 'function' : type}`);
  }

  /** How a relocation's target is named. Pointers in data keep the section, others take a local name. */
  private target(relocation: Relocation): SymbolOperand {
    const symbol = this.object.symbols[relocation.symbol];
    const { addend } = relocation;
    if (symbol?.type !== 'section') return { name: symbol?.name ?? '', addend };
    const index = Number(symbol.section);
    const isPointer = relocation.type === RelocationType.R_BPF_64_ABS64;
    const local = isPointer ? undefined : this.localAt.get(placeKey(index, addend));
    return local === undefined ? { name: `.Lsection${index}`, addend } : { name: local.name, addend: 0n };
  }

  private writeCode(section: Section, index: number): void {
    const { instructions, positions } = decode(section.data, this.object.littleEndian);
    const relocations = new Map(section.relocations.map((relocation) => [relocation.offset / 8, relocation]));
    const starts = new Set(positions);
    const labels = jumpTargets(instructions, positions, starts);
    const label = (slot: number): string | undefined => (labels.has(slot) ? `.L${index}_${slot}` : undefined);
    let done = 0;
    let slot = 0;
    for (const [number, instruction] of instructions.entries()) {
      const position = positions[number] ?? slot;
      this.writeRaw(section, slot, position);
      done = this.writeLabels(index, done, position * 8);
      if (labels.has(position)) this.line(`${label(position)}:`);
      const relocation = relocations.get(position);
      const symbol =
        relocation === undefined ? this.localCallee(index, position, instruction) : this.target(relocation);
      this.writeInstruction(instruction, { section, slot: position }, { label, symbol: () => symbol });
      slot = position + slots(instruction.kind);
    }
    this.writeRaw(section, slot, Math.floor(section.data.length / 8));
    this.writeLabels(index, done, section.size);
  }

  /** The local function of the same section that a call without relocation goes to. */
  private localCallee(index: number, slot: number, call: Instruction): SymbolOperand | undefined {
    if (call.kind !== Kind.call_local) return undefined;
    const callee = this.localAt.get(placeKey(index, BigInt(slot + 1 + call.imm) * 8n));
    return callee === undefined ? undefined : { name: callee.name, addend: 0n };
  }

  private writeInstruction(
    instruction: Instruction,
    place: NonNullable<ListingLine['place']>,
    names: NameResolver,
  ): void {
    const isHelper = instruction.kind === Kind.call_helper;
    const helper = isHelper ? this.options.helper?.(instruction.imm) : undefined;
    const comments = [this.options.comment?.(place.section, place.slot), helper];
    const comment = comments.filter((one) => one !== undefined).join(', ');
    const text = printInstruction(instruction, place.slot, names);
    this.directive(comment === '' ? text : `${text}\t# ${comment}`, place);
  }

  /** Slots that are no instructions. */
  private writeRaw(section: Section, from: number, to: number): void {
    for (let slot = from; slot < to; slot++) {
      const bytes = [...section.data.subarray(slot * 8, slot * 8 + 8)];
      this.directive(`.byte\t${bytes.join(', ')}\t# not an instruction`);
    }
  }

  /** Data between symbols and relocated fields. */
  private writeData(section: Section, index: number): void {
    let done = 0;
    let at = 0;
    const symbols = this.symbolsOf[index] ?? [];
    const relocations = section.relocations.filter(({ type }) => fieldSize(type) !== 0);
    let nextRelocation = 0;
    while (at < section.size) {
      done = this.writeLabels(index, done, at);
      const relocation = relocations[nextRelocation];
      if (relocation?.offset === at) {
        const size = fieldSize(relocation.type);
        this.directive(`${size === 8 ? '.quad' : '.long'}\t${printSymbol(this.target(relocation))}`);
        at += size;
        nextRelocation++;
        continue;
      }
      const symbol = symbols[done];
      const end = Math.min(
        section.size,
        symbol === undefined ? section.size : Number(symbol.value),
        relocation === undefined || relocation.offset < at ? section.size : relocation.offset,
      );
      this.writeBytes(section, at, end);
      at = end;
    }
    this.writeLabels(index, done, section.size);
  }

  private writeBytes(section: Section, from: number, to: number): void {
    if (section.type === 'nobits') {
      this.directive(`.zero\t${to - from}`);
      return;
    }
    for (let at = from; at < to; ) {
      const zeros = zeroRun(section.data, at, to);
      if (zeros >= MIN_ZERO_RUN || at + zeros === to) {
        this.directive(`.zero\t${zeros}`);
        at += zeros;
        continue;
      }
      const end = Math.min(to, at + BYTES_PER_LINE);
      this.writeLine(section.data.subarray(at, end));
      at = end;
    }
  }

  private writeLine(bytes: Uint8Array): void {
    const isText = bytes.every((byte) => byte === 0 || byte === 10 || (byte >= 32 && byte < 127));
    this.directive(isText ? `.ascii\t${quoteBytes(bytes)}` : `.byte\t${bytes.join(', ')}`);
  }

  private writeUndefined(): void {
    for (const symbol of this.object.symbols) {
      if (!isNamed(symbol) || symbol.section !== undefined) continue;
      this.writeAttributes(symbol, quoteName(symbol.name));
    }
  }
}

const BYTES_PER_LINE = 32;
const MIN_ZERO_RUN = 8;

function zeroRun(data: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && data[at] === 0) at++;
  return at - from;
}

/** Bytes of a relocated field in data; 0 for relocations of instructions and unknown ones. */
function fieldSize(type: number): number {
  switch (type) {
    case RelocationType.R_BPF_64_ABS64:
      return 8;
    case RelocationType.R_BPF_64_ABS32:
    case RelocationType.R_BPF_64_NODYLD32:
      return 4;
    default:
      return 0;
  }
}

/** Slots at which an instruction starts and to which another one jumps. */
function jumpTargets(
  instructions: readonly Instruction[],
  positions: readonly number[],
  starts: ReadonlySet<number>,
): ReadonlySet<number> {
  const targets = new Set<number>();
  for (const [index, instruction] of instructions.entries()) {
    const distance = jumpDistance(instruction);
    const target = (positions[index] ?? 0) + 1 + (distance ?? 0);
    if (distance !== undefined && starts.has(target)) targets.add(target);
  }
  return targets;
}

/** The whole object as lines of assembly. */
export function listingLines(object: ObjectFile, options: ListingOptions = {}): readonly ListingLine[] {
  return new ListingWriter(object, options).write();
}

/** The whole object as assembly text. */
export function writeListing(object: ObjectFile, options: ListingOptions = {}): string {
  return `${listingLines(object, options)
    .map(({ text }) => text)
    .join('\n')}\n`;
}
