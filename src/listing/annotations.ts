/**
 * Compiled functions -> what people want to know of each instruction: the C line, the calls through which it was inlined, and
 * the name of what it reads or writes.
 *
 * In: the typed tree (names), machine code with positions, where functions lie. Out: notes by section and slot. Nothing here
 * changes code.
 */

import type { CodeRelocation, CompiledFunction, StackObject } from '../codegen/emit.ts';
import { type FileEntry, noPos, type Pos, type SourceManager } from '../diagnostics/source-manager.ts';
import type { CoreRelocationInfo } from '../ir/func.ts';
import type { IrSymbol, Module } from '../ir/module.ts';
import type { ValueName } from '../ir/value-names.ts';
import { type Instruction, slotPositions } from '../isa/instruction.ts';
import { insnRow } from '../isa/table.ts';
import type { ObjectLayout } from '../object/layout.ts';
import type { TypedUnit } from '../sema/typed-tree.ts';
import { latin1 } from '../support/file-system.ts';
import { displayText } from '../support/utf8.ts';
import type { CType } from '../types/types.ts';
import { type AccessName, type AccessNames, accessNames } from './access-names.ts';
import { coreName } from './core-names.ts';

/** A line of C: as `#line` has it, and as it is stored. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly stored: { readonly file: FileEntry; readonly line: number };
}

/** A call that a copy of the callee stands for. */
export interface InlinedFrame {
  readonly callee: string;
  readonly call: SourcePlace | undefined;
}

/** Where an instruction comes from. */
export interface Origin {
  readonly place: SourcePlace | undefined;
  /** Outermost first. */
  readonly inlined: readonly InlinedFrame[];
}

export interface InstructionNote {
  /** The function of the object that it is in. */
  readonly func: string;
  readonly origin: Origin;
  readonly comment: string | undefined;
  readonly makes: MadeValue | undefined;
  /** Of all the function: what lies where on the stack. */
  readonly stack: readonly StackObject[];
}

/** The value that an instruction puts into a register, where it is known what that is in C. */
export interface MadeValue {
  readonly register: number;
  /** Variables that had the value, the first one first, or its address (`&key`). */
  readonly variables: readonly string[];
  /** Of a load: the expression that was read, `ip->ihl`. */
  readonly expression: string | undefined;
}

/** Notes by {@link noteKey}. */
export type Annotations = ReadonlyMap<string, InstructionNote>;

export function noteKey(section: string, slot: number): string {
  return `${slot}:${section}`;
}

export interface AnnotationInput {
  readonly unit: TypedUnit;
  readonly module: Module;
  readonly coreTypes: readonly CType[];
  readonly functions: readonly CompiledFunction[];
  readonly layout: ObjectLayout;
  readonly sources: SourceManager;
}

/** Text on one line without what terminals and assemblers take for more than text. */
export function plainLine(text: string): string {
  return displayText(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (ch) => (ch === '\t' ? '    ' : '?'));
}

/** Places by position; lines are cut once. */
export class Origins {
  private readonly sources: SourceManager;
  private readonly places = new Map<Pos, SourcePlace | undefined>();
  private readonly origins = new Map<Pos, Origin>();

  constructor(sources: SourceManager) {
    this.sources = sources;
  }

  of(pos: Pos): Origin {
    const known = this.origins.get(pos);
    if (known !== undefined) return known;
    const inlined: InlinedFrame[] = [];
    let at = pos;
    for (let row = this.sources.inlinedCall(at); row !== undefined; row = this.sources.inlinedCall(at)) {
      inlined.push({ callee: row.callee, call: this.place(row.call) });
      at = row.original;
    }
    const origin = { place: this.place(at), inlined };
    this.origins.set(pos, origin);
    return origin;
  }

  private place(pos: Pos): SourcePlace | undefined {
    if (pos === noPos) return undefined;
    if (this.places.has(pos)) return this.places.get(pos);
    const { fileName, line } = this.sources.presumed(pos);
    const location = this.sources.location(pos);
    const text = plainLine(this.sources.lineText(location.file, location.line).slice(0, maxText));
    const stored = { file: location.file, line: location.line };
    const place = { file: plainLine(fileName), line, text, stored };
    this.places.set(pos, place);
    return place;
  }
}

/** Characters of a line that are shown. */
const maxText = 400;

/** The register an instruction reaches memory through, and how far. */
function memoryOf(instruction: Instruction): { readonly base: number; readonly size: number } | undefined {
  const { form, bits, off } = insnRow(instruction.kind);
  if (off !== 'memory') return undefined;
  return { base: form === 'load' ? instruction.src : instruction.dst, size: bits / 8 };
}

const frameRegister = 10;

/** The name that fits an access: of its size and offset, else of its size, else the first part of a wider one. */
function pickName(rows: readonly AccessName[], size: number, offset: number): string | undefined {
  const same = rows.filter((row) => row.size === size);
  const exact = same.find((row) => row.offset === offset) ?? same[0];
  if (exact !== undefined) return exact.text;
  const unit = rows.find((row) => row.size === undefined);
  if (unit !== undefined) return unit.text;
  const part = rows.find((row) => row.size !== undefined && row.size < size);
  return part === undefined ? undefined : `${part.text}, ...`;
}

/** The name of what a load reads, where there is no doubt. */
function certainName(rows: readonly AccessName[], size: number, offset: number): string | undefined {
  const same = rows.filter((row) => row.isRead && (row.size === size || row.size === undefined));
  const texts = new Set(same.map(({ text }) => text));
  const text =
    same.find((row) => row.offset === offset)?.text ?? (texts.size === 1 ? same[0]?.text : undefined);
  return text === undefined || !isComplete(text) ? undefined : plainLine(text);
}

/** Note of a value that is in memory for want of registers. */
const spilled = 'spilled';
const spillName = '(spill)';
/** Offsets on the stack count from elsewhere. */
const noOffset = Number.NaN;

function stackName(objects: readonly StackObject[], offset: number): string | undefined {
  const object = objects.find((one) => offset >= one.offset && offset < one.offset + one.size);
  if (object === undefined) return undefined;
  const inside = offset - object.offset;
  return object.name === spillName ? spilled : `${object.name}${inside === 0 ? '' : `+${inside}`}`;
}

/** `...` stands for an expression that has no short text. */
const isComplete = (text: string): boolean => !text.includes('...');

const identifier = /^[A-Za-z_]\w*$/;

/** The register that an instruction or a call writes. */
function writtenRegister(instruction: Instruction): number | undefined {
  const row = insnRow(instruction.kind);
  if (row.operation === 'call') return 0;
  return row.dst === 'write' || row.dst === 'update' ? instruction.dst : undefined;
}

/** Shorter texts may be numbers. */
const minQuoted = 3;
const maxQuoted = 40;

/** What an address is of, where its symbol's name does not say it: a map, a string. */
function addressNote(symbol: IrSymbol, addend: bigint): string | undefined {
  const { section, data } = symbol;
  if (section === '.maps' || section === 'maps') return 'map';
  if (section === '.kconfig' || section === '.ksyms') return section.slice(1);
  if (data === undefined || section?.startsWith('.rodata') !== true || addend < 0n) return undefined;
  const bytes = data.bytes.subarray(Number(addend));
  const text = bytes.subarray(0, -1);
  const isText = bytes.at(-1) === 0 && text.every((byte) => byte >= 32 || byte === 9 || byte === 10);
  if (!isText || text.length < minQuoted) return undefined;
  const isCut = text.length > maxQuoted;
  return `${JSON.stringify(latin1(text.subarray(0, maxQuoted)))}${isCut ? '...' : ''}`;
}

class FunctionNotes {
  private readonly compiled: CompiledFunction;
  private readonly names: AccessNames;
  private readonly input: AnnotationInput;
  private readonly core: ReadonlyMap<number, CoreRelocationInfo>;
  private readonly addresses: ReadonlyMap<number, CodeRelocation>;
  private readonly variables: ReadonlyMap<number, readonly ValueName[]>;

  constructor(compiled: CompiledFunction, names: AccessNames, input: AnnotationInput) {
    this.compiled = compiled;
    this.names = names;
    this.input = input;
    this.core = new Map(compiled.coreRelocations.map(({ index, info }) => [index, info]));
    const addresses = compiled.relocations.filter(({ kind }) => kind === 'address');
    this.addresses = new Map(addresses.map((row) => [row.index, row]));
    this.variables = new Map(compiled.names.map((row) => [row.index, row.names]));
  }

  /** The variable that a register becomes, and what is read, written or meant. */
  comment(index: number, pos: Pos): string | undefined {
    const [variable] = this.variableTexts(index);
    const instruction = this.compiled.instructions[index];
    const register = instruction === undefined ? undefined : writtenRegister(instruction);
    const made = variable === undefined || register === undefined ? undefined : `r${register} = ${variable}`;
    const meant = this.meant(index, pos);
    return made === undefined || meant === undefined ? (made ?? meant) : `${made}, ${meant}`;
  }

  private meant(index: number, pos: Pos): string | undefined {
    const { module, coreTypes } = this.input;
    const info = this.core.get(index);
    if (info !== undefined) return coreName(info, coreTypes);
    const address = this.addresses.get(index);
    return address === undefined
      ? this.access(index, pos)
      : addressNote(module.symbol(address.symbol), address.addend);
  }

  /** What a load or store reaches; undefined for other instructions, and where C has no name for it. */
  private access(index: number, pos: Pos): string | undefined {
    const instruction = this.compiled.instructions[index];
    const memory = instruction === undefined ? undefined : memoryOf(instruction);
    if (instruction === undefined || memory === undefined) return undefined;
    const { off } = instruction;
    const onStack = memory.base === frameRegister;
    const rows = this.accessesAt(pos).filter((row) => row.isLocal === onStack);
    if (!onStack) return pickName(rows, memory.size, off);
    const object = stackName(this.compiled.stackObjects, off);
    const exact = rows.find((row) => row.size === memory.size);
    return object === spilled || exact === undefined ? object : exact.text;
  }

  private accessesAt(pos: Pos): readonly AccessName[] {
    return this.names.get(this.input.sources.written(pos)) ?? [];
  }

  makes(index: number, pos: Pos): MadeValue | undefined {
    const instruction = this.compiled.instructions[index];
    const register = instruction === undefined ? undefined : writtenRegister(instruction);
    if (instruction === undefined || register === undefined) return undefined;
    const variables = [...this.variableTexts(index), ...this.symbolText(index)].map(plainLine);
    const isLoad = insnRow(instruction.kind).form === 'load';
    return { register, variables, expression: isLoad ? this.expression(instruction, pos) : undefined };
  }

  private expression({ kind, src, off }: Instruction, pos: Pos): string | undefined {
    const onStack = src === frameRegister;
    const spills = this.compiled.stackObjects.filter(({ name }) => name === spillName);
    if (onStack && stackName(spills, off) !== undefined) return undefined;
    const rows = this.accessesAt(pos).filter((row) => row.isLocal === onStack);
    return certainName(rows, insnRow(kind).bits / 8, onStack ? noOffset : off);
  }

  /** What the variables are called, or the parts of variables: as in the expression of the access. */
  private variableTexts(index: number): readonly string[] {
    const whole: string[] = [];
    const parts: string[] = [];
    for (const { local, part, pos, isStored, isAddress } of this.variables.get(index) ?? []) {
      if (part === 0) {
        if (identifier.test(local.name)) whole.push(isAddress === true ? `&${local.name}` : local.name);
        continue;
      }
      const fits = this.accessesAt(pos).filter(
        ({ text, size, isRead, isWritten }) =>
          size === part && (isStored ? isWritten : isRead) && !identifier.test(text) && isComplete(text),
      );
      // `a->b->c` begins where `a->b` does.
      const texts = new Set(fits.map(({ text }) => text));
      if (texts.size === 1) parts.push(...texts);
    }
    return [...new Set([...whole, ...parts])];
  }

  /** The address of a variable of the file, or of a map. */
  private symbolText(index: number): readonly string[] {
    const address = this.addresses.get(index);
    const name = address?.addend === 0n ? this.input.module.symbol(address.symbol).name : '';
    return identifier.test(name) ? [`&${name}`] : [];
  }
}

/** The notes of all functions. */
export function annotate(input: AnnotationInput): Annotations {
  const { module, sources, layout } = input;
  const names = accessNames(input.unit);
  const origins = new Origins(sources);
  const notes = new Map<string, InstructionNote>();
  for (const compiled of input.functions) {
    const { name } = module.symbol(compiled.symbol);
    const placement = layout.functions.get(name);
    if (placement === undefined) continue;
    const slots = slotPositions(compiled.instructions);
    const func = new FunctionNotes(compiled, names, input);
    const lines = compiled.lines.filter(({ pos }) => pos !== noPos);
    let next = 0;
    let pos: Pos = lines[0]?.pos ?? noPos;
    for (const index of compiled.instructions.keys()) {
      for (; (lines[next]?.index ?? Number.POSITIVE_INFINITY) <= index; next++) pos = lines[next]?.pos ?? pos;
      const comment = func.comment(index, pos);
      const slot = placement.offset / 8 + (slots[index] ?? 0);
      notes.set(noteKey(placement.section, slot), {
        func: name,
        origin: origins.of(pos),
        comment: comment === undefined ? undefined : plainLine(comment),
        makes: func.makes(index, pos),
        stack: compiled.stackObjects,
      });
    }
  }
  return notes;
}
