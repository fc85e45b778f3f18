/**
 * What an assembler collects while it reads a listing: sections with instructions or data, symbols, and expressions that
 * wait for labels further down. `finish` resolves those; what belongs to other sections or is not defined
 * here is left as a reference for the object writer.
 */

import { ByteWriter } from '../support/byte-writer.ts';
import { LOCAL_LABEL } from './asm-lexer.ts';
import { ANY_REGISTER, decodeInstruction } from './decode.ts';
import type { Instruction } from './instruction.ts';
import type { AssembledInstruction } from './statement.ts';
import { insnRow } from './table.ts';

/** A fault in a listing: `offset` counts UTF-16 units of the whole text, `line` from 1. */
export interface AssemblyError {
  readonly offset: number;
  readonly line: number;
  readonly message: string;
}

/** A place in a section that needs a symbol's address (or, for calls, distance). */
export interface SectionReference {
  /** Byte offset in the section. */
  readonly offset: number;
  readonly kind: 'address' | 'call' | 'data64' | 'data32';
  /** A symbol, or the index of a section for labels that get no symbol. */
  readonly target: { readonly symbol: string } | { readonly section: number };
  readonly addend: bigint;
}

/** A section of a listing: code has instructions, everything else has data. */
export interface AssemblySection {
  readonly name: string;
  readonly type: 'progbits' | 'nobits' | 'note';
  /** Flag letters as written: `ax`, `aw`, `aMS`. */
  readonly flags: string;
  readonly entrySize: number;
  readonly align: number;
  readonly instructions: readonly Instruction[];
  readonly data: Uint8Array;
  /** Size in bytes, also of sections without contents. */
  readonly size: number;
  readonly references: readonly SectionReference[];
}

export interface AssemblySymbol {
  readonly name: string;
  /** Index into the sections, or undefined when the symbol is not defined here. */
  readonly section: number | undefined;
  /** Byte offset in the section. */
  readonly offset: number;
  readonly size: number;
  readonly type: 'notype' | 'object' | 'func';
  readonly binding: 'local' | 'global' | 'weak';
  readonly visibility: 'default' | 'hidden' | 'internal' | 'protected';
}

/** A whole listing. When there are errors, the rest is what could be understood. */
export interface Assembly {
  readonly sections: readonly AssemblySection[];
  /** Labels and declared names; compiler-made local labels (`.L...`, `LBB...`) are left out. */
  readonly symbols: readonly AssemblySymbol[];
  readonly errors: readonly AssemblyError[];
  /** Jumps to labels that lie elsewhere, by the number of the label. */
  readonly outwardJumps: readonly { readonly instruction: Instruction; readonly label: number }[];
}

/** Where an expression stands, for messages. */
export interface Place {
  readonly offset: number;
  readonly line: number;
}

/** A section that is being filled. */
export interface OpenSection {
  readonly index: number;
  readonly name: string;
  readonly type: AssemblySection['type'];
  readonly flags: string;
  readonly entrySize: number;
  /** True for sections whose contents are skipped: debug information. */
  readonly ignored: boolean;
  align: number;
  readonly instructions: Instruction[];
  /** Slots of the instructions so far. */
  slots: number;
  readonly data: ByteWriter;
  /** Size of a section without contents. */
  reserved: number;
  /** Raw bytes in code that do not make an instruction yet. */
  raw: number[];
  readonly references: PendingReference[];
}

/** A reference by name, until all labels are known. */
interface PendingReference {
  readonly offset: number;
  readonly kind: SectionReference['kind'];
  readonly name: string;
  readonly addend: bigint;
  readonly place: Place;
}

interface Label {
  readonly section: OpenSection;
  readonly offset: number;
}

/** What directives say about a symbol before or after its label. */
export interface Declaration {
  size: (() => number | undefined) | undefined;
  type: AssemblySymbol['type'];
  binding: AssemblySymbol['binding'];
  visibility: AssemblySymbol['visibility'];
}

interface PendingJump {
  readonly section: OpenSection;
  readonly instruction: Instruction;
  /** Slot after the jump. */
  readonly next: number;
  readonly label: string;
  readonly addend: bigint;
  readonly place: Place;
}

interface PendingData {
  readonly section: OpenSection;
  readonly offset: number;
  readonly size: number;
  readonly symbol: string | undefined;
  readonly minus: string | undefined;
  readonly addend: bigint;
  readonly place: Place;
}

const MAX_ERRORS = 100;
/** Bytes that a listing may reserve in one section. */
export const MAX_SECTION_SIZE: number = 1 << 28;

const isCode = (section: OpenSection): boolean => section.flags.includes('x');

/** Labels that LLVM's assembler keeps to itself. */
const isPrivate = (name: string): boolean => /^(?:\.L|LBB\d|Lfunc_|Ltmp\d|\.#|\d+#)/.test(name);

export class Listing {
  readonly littleEndian: boolean;
  readonly errors: AssemblyError[] = [];
  readonly constants = new Map<string, bigint>();
  section: OpenSection;
  private readonly sections: OpenSection[] = [];
  private readonly byName = new Map<string, OpenSection>();
  private readonly labels = new Map<string, Label>();
  private readonly declarations = new Map<string, Declaration>();
  /** Names of `.local`, which makes a later `.comm` local. */
  private readonly locals = new Set<string>();
  /** How often each numeric label was defined so far. */
  private readonly numeric = new Map<string, number>();
  private readonly jumps: PendingJump[] = [];
  private readonly pendingData: PendingData[] = [];

  private readonly outwardLabels: readonly string[];
  private readonly outwardJumps: { instruction: Instruction; label: number }[] = [];

  constructor(littleEndian: boolean, outwardLabels: readonly string[] = []) {
    this.littleEndian = littleEndian;
    this.outwardLabels = outwardLabels;
    this.section = this.openSection('.text', 'ax', 'progbits', 0);
  }

  /** True when so much is wrong that reading on is of no use. */
  get isHopeless(): boolean {
    return this.errors.length >= MAX_ERRORS;
  }

  error(place: Place, message: string): void {
    if (!this.isHopeless) this.errors.push({ ...place, message });
  }

  openSection(name: string, flags: string, type: OpenSection['type'], entrySize: number): OpenSection {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const section: OpenSection = {
      index: this.sections.length,
      name,
      type,
      flags,
      entrySize,
      ignored: name.startsWith('.debug_'),
      align: flags.includes('x') ? 8 : 1,
      instructions: [],
      slots: 0,
      data: new ByteWriter(this.littleEndian),
      reserved: 0,
      raw: [],
      references: [],
    };
    this.sections.push(section);
    this.byName.set(name, section);
    return section;
  }

  /** Byte offset of what comes next in a section. */
  position(section: OpenSection = this.section): number {
    if (isCode(section)) return section.slots * 8;
    return section.type === 'nobits' ? section.reserved : section.data.length;
  }

  declare(name: string): Declaration {
    const known = this.declarations.get(name);
    if (known !== undefined) return known;
    const made: Declaration = { size: undefined, type: 'notype', binding: 'local', visibility: 'default' };
    this.declarations.set(name, made);
    return made;
  }

  declareLocal(name: string): void {
    this.locals.add(name);
    this.declare(name).binding = 'local';
  }

  isDeclaredLocal(name: string): boolean {
    return this.locals.has(name);
  }

  defineLabel(name: string, place: Place, section: OpenSection = this.section): void {
    this.checkRaw(place);
    const isNumeric = /^\d+$/.test(name);
    const count = (this.numeric.get(name) ?? 0) + 1;
    if (isNumeric) this.numeric.set(name, count);
    const unique = isNumeric ? `${name}#${count}` : name;
    if (this.labels.has(unique)) this.error(place, `label ${name} is already defined`);
    else this.labels.set(unique, { section, offset: this.position(section) });
  }

  hasLabel(name: string): boolean {
    return this.labels.has(name);
  }

  /** A label for the place that `.` stands for. */
  here(place: Place): string {
    const name = `.#${this.labels.size}`;
    this.defineLabel(name, place);
    return name;
  }

  /** The label that a name in an expression means: `1f` and `1b` are the nearest numeric ones. */
  private uniqueName(name: string): string {
    const local = LOCAL_LABEL.exec(name);
    if (local === null) return name;
    const number = local[1] ?? '';
    return `${number}#${(this.numeric.get(number) ?? 0) + (local[2] === 'f' ? 1 : 0)}`;
  }

  addInstruction({ instruction, reference }: AssembledInstruction, place: Place): void {
    const { section } = this;
    if (section.ignored) return;
    if (!isCode(section)) {
      this.error(place, `section ${section.name} is not executable: an instruction needs flag 'x'`);
      return;
    }
    this.checkRaw(place);
    const offset = section.slots * 8;
    section.instructions.push(instruction);
    section.slots += insnRow(instruction.kind).slots;
    if (reference === undefined) return;
    const { kind, addend } = reference;
    const label = this.uniqueName(reference.name);
    if (kind === 'jump') this.jumps.push({ section, instruction, next: section.slots, label, addend, place });
    else section.references.push({ offset, kind, name: label, addend, place });
  }

  /** Appends data bytes; in code they are instructions in binary. */
  addBytes(bytes: Iterable<number>, place: Place): void {
    const { section } = this;
    if (section.ignored) return;
    if (section.type === 'nobits') this.reserveZeros(bytes, place);
    else if (!isCode(section)) for (const byte of bytes) section.data.u8(byte);
    else for (const byte of bytes) this.addRaw(byte, place);
  }

  /** Data of a section without contents may only be zero. */
  private reserveZeros(bytes: Iterable<number>, place: Place): void {
    const all = [...bytes];
    if (all.some((byte) => byte !== 0)) this.error(place, `section ${this.section.name} has no contents`);
    else this.addZeros(all.length, place);
  }

  private addRaw(byte: number, place: Place): void {
    const { section } = this;
    section.raw.push(byte);
    // The first byte says how long an instruction is: only lddw has a second slot.
    const needed = section.raw[0] === 0x18 ? 16 : 8;
    if (section.raw.length < needed) return;
    const view = new DataView(Uint8Array.from(section.raw).buffer);
    section.raw = [];
    const decoded = decodeInstruction(view, 0, this.littleEndian, ANY_REGISTER);
    if (typeof decoded === 'string') this.error(place, decoded);
    else this.addInstruction({ instruction: decoded, reference: undefined }, place);
  }

  private checkRaw(place: Place): void {
    if (this.section.raw.length === 0) return;
    this.error(place, `${this.section.raw.length} bytes before this are not a whole instruction`);
    this.section.raw = [];
  }

  /** Reserves zero bytes, bounded so that a number in a listing cannot eat the memory. */
  addZeros(count: number, place: Place): void {
    const { section } = this;
    if (section.ignored) return;
    if (count < 0 || count + this.position() > MAX_SECTION_SIZE) {
      this.error(place, `${count} bytes are too many for section ${section.name}`);
    } else if (section.type === 'nobits') section.reserved += count;
    else if (isCode(section)) this.addBytes(new Uint8Array(count), place);
    else section.data.append(new Uint8Array(count));
  }

  alignTo(align: number, place: Place): void {
    const { section } = this;
    section.align = Math.max(section.align, align);
    const position = this.position();
    if (!isCode(section)) this.addZeros(Math.ceil(position / align) * align - position, place);
  }

  /** An integer field whose value may need labels that come later. */
  addValue(
    size: number,
    value: { symbol: string | undefined; minus: string | undefined; value: bigint },
    place: Place,
  ): void {
    const { section } = this;
    const offset = this.position();
    const bytes = integerBytes(value.value, size, this.littleEndian);
    const isPlain = value.symbol === undefined && value.minus === undefined;
    if (!isPlain && isCode(section) && !section.ignored) {
      this.error(place, 'a symbol cannot stand among instructions as data');
    } else if (isPlain || section.ignored) this.addBytes(bytes, place);
    else {
      this.addZeros(size, place);
      const symbol = value.symbol === undefined ? undefined : this.uniqueName(value.symbol);
      const minus = value.minus === undefined ? undefined : this.uniqueName(value.minus);
      this.pendingData.push({ section, offset, size, symbol, minus, addend: value.value, place });
    }
  }

  /** The distance between two labels of one section, once all labels are known. */
  difference(symbol: string | undefined, minus: string | undefined): number | undefined {
    const to = this.labels.get(symbol ?? '');
    const from = this.labels.get(minus ?? '');
    return to === undefined || from === undefined || to.section !== from.section
      ? undefined
      : to.offset - from.offset;
  }

  private resolveJump({ section, instruction, next, label, addend, place }: PendingJump): void {
    const target = this.labels.get(label);
    const outward = this.outwardLabels.indexOf(label);
    if (target === undefined && outward >= 0 && addend === 0n) {
      this.outwardJumps.push({ instruction, label: outward });
      return;
    }
    if (target === undefined) {
      this.error(place, `label ${label.replace(/#.*/, '')} is not defined`);
      return;
    }
    if (target.section !== section) {
      this.error(place, `label ${label} lies in another section`);
      return;
    }
    const distance = target.offset / 8 + Number(addend) - next;
    if (insnRow(instruction.kind).imm === 'jump') instruction.imm = distance;
    else if (distance >= -0x8000 && distance <= 0x7fff) instruction.off = distance;
    else
      this.error(place, `label ${label} is ${distance} slots away, more than 16 bits hold; gotol reaches it`);
  }

  /** Patches differences of labels; other expressions become references. */
  private resolveData(pending: PendingData, patches: Map<OpenSection, [number, Uint8Array][]>): void {
    const { section, offset, size, symbol, minus, addend, place } = pending;
    if (minus !== undefined) {
      const distance = this.difference(symbol, minus);
      if (distance === undefined) {
        this.error(place, 'the two symbols of a difference have to be labels of one section');
        return;
      }
      const bytes = Uint8Array.from(integerBytes(BigInt(distance) + addend, size, this.littleEndian));
      const list = patches.get(section) ?? [];
      list.push([offset, bytes]);
      patches.set(section, list);
    } else if (size === 8 || size === 4) {
      section.references.push({
        offset,
        kind: size === 8 ? 'data64' : 'data32',
        name: symbol ?? '',
        addend,
        place,
      });
    } else this.error(place, `a symbol's address does not fit in ${size} bytes`);
  }

  private makeSymbols(): AssemblySymbol[] {
    const referenced = this.sections.flatMap(({ references }) => references.map(({ name }) => name));
    const names = new Set([...this.labels.keys(), ...this.declarations.keys(), ...referenced]);
    const symbols: AssemblySymbol[] = [];
    for (const name of names) {
      if (isPrivate(name)) continue;
      const label = this.labels.get(name);
      const { size, type, binding, visibility } = this.declare(name);
      symbols.push({
        name,
        section: label?.section.index,
        offset: label?.offset ?? 0,
        size: size?.() ?? 0,
        type,
        binding: label === undefined && binding === 'local' ? 'global' : binding,
        visibility,
      });
    }
    return symbols;
  }

  /** Labels without a symbol are named through their section. */
  private resolveReference({ offset, kind, name, addend, place }: PendingReference): SectionReference {
    if (!isPrivate(name)) return { offset, kind, target: { symbol: name }, addend };
    const label = this.labels.get(name);
    if (label === undefined) this.error(place, `label ${name.replace(/#.*/, '')} is not defined`);
    const section = label?.section.index ?? 0;
    return { offset, kind, target: { section }, addend: addend + BigInt(label?.offset ?? 0) };
  }

  /** Resolves what waited for labels and closes all sections. */
  finish(place: Place): Assembly {
    this.checkRaw(place);
    for (const jump of this.jumps) this.resolveJump(jump);
    const patches = new Map<OpenSection, [number, Uint8Array][]>();
    for (const pending of this.pendingData) this.resolveData(pending, patches);
    const symbols = this.makeSymbols();
    const sections = this.sections.map((section): AssemblySection => {
      const data = section.data.finish();
      for (const [offset, bytes] of patches.get(section) ?? []) data.set(bytes, offset);
      return {
        name: section.name,
        type: section.type,
        flags: section.flags,
        entrySize: section.entrySize,
        align: section.align,
        instructions: section.instructions,
        data,
        size: this.position(section),
        references: section.references.map((reference) => this.resolveReference(reference)),
      };
    });
    return { sections, symbols, errors: this.errors, outwardJumps: this.outwardJumps };
  }
}

/** The bytes of an integer modulo its size. */
function integerBytes(value: bigint, size: number, littleEndian: boolean): number[] {
  const bytes = Array.from({ length: size }, (_, index) =>
    Number(BigInt.asUintN(8, value >> BigInt(8 * index))),
  );
  return littleEndian ? bytes : bytes.reverse();
}
