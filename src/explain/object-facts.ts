/**
 * What an object says about the instructions in a log: lines with columns, parameters of functions, types of maps.
 *
 * In: the bytes of an object of any compiler. Out: `ObjectFacts`, or an error text.
 *
 * A log counts instructions as the loader laid them out: the program, and behind it each function that it calls in the order
 * in which their calls are met (libbpf's order, a preorder walk of the call graph). Where another loader did otherwise, the lines that the log itself names
 * disagree with those found here, and `explain.ts` then believes the log.
 */

import type { LineInfo } from '../btf/format.ts';
import { readBtf, readBtfExt } from '../btf/reader.ts';
import { TypeGraph } from '../btf/type-graph.ts';
import { decode } from '../isa/decode.ts';
import { insnRow } from '../isa/table.ts';
import type { ObjectFile, Section } from '../object/elf.ts';
import { RelocationType } from '../object/elf.ts';
import { isElfError, readElf } from '../object/elf-reader.ts';
import type { SourceLine } from './log.ts';

const slotSize = 8;
/** More than a kernel takes: what lies behind is not looked at. */
const maxInstructions = 2_000_000;

interface FunctionPlace {
  readonly name: string;
  readonly section: number;
  /** In bytes. */
  readonly start: number;
  readonly end: number;
}

/** A function where the loader put it. */
interface Placed {
  readonly place: FunctionPlace;
  /** Number of its first instruction in the program. */
  readonly base: number;
}

export interface Member {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** What the compiler says that an instruction puts into a register. */
export interface MadeValue {
  readonly register: number;
  /** Variables that had the value, or what it is the address of. */
  readonly variables: readonly string[];
  /** What a load reads. */
  readonly expression: string | undefined;
}

/** A variable in the frame of a function. */
export interface StackVariable {
  readonly name: string;
  /** From the top of the stack, so below zero. */
  readonly offset: number;
  readonly size: number;
}

/** What the compiler says about an instruction. */
export interface KnownInstruction {
  readonly makes: MadeValue | undefined;
  /** The frame of its function; what has no room in common may lie in the same place. */
  readonly stack: readonly StackVariable[];
}

/** Asks the compiler about the instruction in a slot of a section; objects do not tell. */
export type AskCompiler = (section: string, slot: number) => KnownInstruction | undefined;

export interface ProgramFacts {
  readonly section: string;
  lineAt(insn: number): SourceLine | undefined;
  /** Names of the parameters of the function an instruction is in. */
  parametersAt(insn: number): readonly string[];
  functionAt(insn: number): string | undefined;
  /** The first byte of an instruction of the program itself; other functions may lie elsewhere. */
  opcodeAt(insn: number): number | undefined;
  /** Undefined where no compiler was asked. */
  knownAt(insn: number): KnownInstruction | undefined;
}

export interface ObjectFacts {
  /** Lines of all code, for showing them. */
  readonly lines: readonly LineInfo[];
  program(name: string | undefined): ProgramFacts | undefined;
  /** The members of the keys or values of a map; empty for plain numbers. */
  mapMembers(map: string, part: 'key' | 'value'): readonly Member[];
  readonly programNames: readonly string[];
}

function functionPlaces(object: ObjectFile): readonly FunctionPlace[] {
  return object.symbols.flatMap((symbol) => {
    if (typeof symbol.section !== 'number' || symbol.type !== 'func') return [];
    const start = Number(symbol.value);
    return [{ name: symbol.name, section: symbol.section, start, end: start + Number(symbol.size) }];
  });
}

/** How many of `length` elements, in order, come before the first that fails. */
function countUpTo(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

class Facts implements ObjectFacts {
  readonly lines: readonly LineInfo[];
  private readonly object: ObjectFile;
  private readonly types: TypeGraph;
  private readonly functions: readonly FunctionPlace[];
  private readonly functionsByStart: ReadonlyMap<string, FunctionPlace>;
  private readonly linesOf: ReadonlyMap<string, readonly LineInfo[]>;
  private readonly functionTypes: ReadonlyMap<string, number>;
  private readonly ask: AskCompiler | undefined;

  constructor(
    object: ObjectFile,
    types: TypeGraph,
    sections: ReturnType<typeof readBtfExt>,
    ask: AskCompiler | undefined,
  ) {
    this.ask = ask;
    this.object = object;
    this.types = types;
    this.functions = functionPlaces(object);
    this.functionsByStart = new Map(this.functions.map((one) => [`${one.section}:${one.start}`, one]));
    const infos = sections.kind === 'ok' ? sections.sections : [];
    this.linesOf = new Map(
      infos.map(({ section, lines }) => [section, [...lines].sort((a, b) => a.offset - b.offset)]),
    );
    this.functionTypes = new Map(
      infos.flatMap(({ section, functions }) =>
        functions.map(({ offset, type }) => [`${section}:${offset}`, type] as const),
      ),
    );
    this.lines = infos.flatMap(({ lines }) => lines);
  }

  get programNames(): readonly string[] {
    return this.functions
      .filter(({ section }) => this.object.sections[section]?.name !== '.text')
      .map(({ name }) => name);
  }

  program(name: string | undefined): ProgramFacts | undefined {
    const [only, ...others] = this.programNames;
    const wanted = name ?? (others.length === 0 ? only : undefined);
    // Older loaders (tc) name programs by their sections.
    const main =
      this.functions.find((place) => place.name === wanted) ??
      this.functions.find((place) => wanted !== undefined && this.section(place)?.name === wanted);
    if (main === undefined) return undefined;
    const placed = this.layOut(main);
    const find = (insn: number): Placed | undefined =>
      placed[countUpTo(placed.length, (i) => (placed[i]?.base ?? 0) <= insn) - 1];
    return {
      section: this.section(main)?.name ?? '',
      lineAt: (insn) => {
        const at = find(insn);
        return at === undefined ? undefined : this.lineIn(at, insn);
      },
      parametersAt: (insn) => this.parameters(find(insn)),
      functionAt: (insn) => find(insn)?.place.name,
      opcodeAt: (insn) => {
        const offset = main.start + insn * slotSize;
        return offset < main.end ? this.section(main)?.data[offset] : undefined;
      },
      knownAt: (insn) => {
        const at = find(insn);
        return at === undefined ? undefined : this.knownIn(at, insn);
      },
    };
  }

  private section({ section }: FunctionPlace): Section | undefined {
    return this.object.sections[section];
  }

  private lineIn({ place, base }: Placed, insn: number): SourceLine | undefined {
    const offset = place.start + (insn - base) * slotSize;
    if (offset >= place.end) return undefined;
    const lines = this.linesOf.get(this.section(place)?.name ?? '') ?? [];
    const found = lines[countUpTo(lines.length, (i) => (lines[i]?.offset ?? 0) <= offset) - 1];
    if (found === undefined || found.offset < place.start) return undefined;
    return { text: found.text, file: found.file, line: found.line, column: found.column };
  }

  private knownIn({ place, base }: Placed, insn: number): KnownInstruction | undefined {
    const name = this.section(place)?.name;
    return name === undefined ? undefined : this.ask?.(name, place.start / slotSize + insn - base);
  }

  private parameters(placed: Placed | undefined): readonly string[] {
    if (placed === undefined) return [];
    const { place } = placed;
    const id = this.functionTypes.get(`${this.section(place)?.name}:${place.start}`);
    const func = id === undefined ? undefined : this.types.at(id);
    const prototype = func?.kind === 'FUNC' ? this.types.at(func.type) : undefined;
    return prototype?.kind === 'FUNC_PROTO' ? prototype.parameters.map(({ name }) => name) : [];
  }

  /** The program and its functions one behind the other. An explicit stack: call graphs of hostile objects are deep. */
  private layOut(main: FunctionPlace): readonly Placed[] {
    const placed: Placed[] = [];
    const seen = new Set<FunctionPlace>();
    let size = 0;
    const put = (place: FunctionPlace): void => {
      seen.add(place);
      placed.push({ place, base: size });
      size += Math.max(0, (place.end - place.start) / slotSize);
    };
    put(main);
    const work = [this.callees(main).values()];
    for (let walk = work.at(-1); walk !== undefined; walk = work.at(-1)) {
      const next = walk.next();
      if (next.done === true) work.pop();
      else if (!seen.has(next.value) && size < maxInstructions) {
        put(next.value);
        work.push(this.callees(next.value).values());
      }
    }
    return placed;
  }

  /** Functions that a function calls or takes the address of, in order of the instructions. */
  private callees(place: FunctionPlace): readonly FunctionPlace[] {
    const section = this.section(place);
    if (section === undefined) return [];
    const { instructions, positions } = decode(
      section.data.subarray(place.start, place.end),
      this.object.littleEndian,
      0,
    );
    const relocations = new Map(section.relocations.map((one) => [one.offset, one]));
    return instructions.flatMap((instruction, i) => {
      const offset = place.start + (positions[i] ?? 0) * slotSize;
      const relocation = relocations.get(offset);
      const symbol = relocation === undefined ? undefined : this.object.symbols[relocation.symbol];
      const row = insnRow(instruction.kind);
      if (relocation !== undefined && symbol !== undefined && typeof symbol.section === 'number') {
        const isCode = relocation.type === RelocationType.R_BPF_64_32 || row.operation === 'lddw';
        const target = Number(symbol.value) + Number(relocation.addend);
        return isCode ? this.functionStart(symbol.section, target) : [];
      }
      if (row.imm !== 'function' || relocation !== undefined) return [];
      return this.functionStart(place.section, offset + (1 + instruction.imm) * slotSize);
    });
  }

  private functionStart(section: number, start: number): readonly FunctionPlace[] {
    const found = this.functionsByStart.get(`${section}:${start}`);
    return found === undefined ? [] : [found];
  }

  mapMembers(map: string, part: 'key' | 'value'): readonly Member[] {
    const maps = this.types.at(this.types.find('DATASEC', '.maps') ?? 0);
    if (maps?.kind !== 'DATASEC') return [];
    for (const { type: id } of maps.variables) {
      const variable = this.types.at(id);
      if (variable?.kind !== 'VAR' || variable.name !== map) continue;
      const definition = this.types.resolved(variable.type);
      const member =
        definition?.kind === 'STRUCT' ? definition.members.find(({ name }) => name === part) : undefined;
      const pointer = this.types.resolved(member?.type ?? 0);
      const record = pointer?.kind === 'PTR' ? this.types.resolved(pointer.type) : undefined;
      if (record?.kind !== 'STRUCT') return [];
      return record.members.map(({ name, bitOffset, type }) => ({
        name,
        offset: bitOffset >> 3,
        size: this.types.sizeOf(type),
      }));
    }
    return [];
  }
}

/** Has every section of code in `a` the bytes that it has in `b`? */
export function hasSameCode(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [readElf(a), readElf(b)];
  if (isElfError(one) || isElfError(other)) return false;
  const codeOf = ({ sections }: ObjectFile): readonly Section[] =>
    sections.filter(({ flags, size }) => flags.execinstr && size > 0);
  const found = new Map(codeOf(other).map((section) => [section.name, section.data]));
  const code = codeOf(one);
  return (
    code.length === found.size &&
    code.every(({ name, data }) => {
      const same = found.get(name);
      return same?.length === data.length && data.every((byte, i) => byte === same[i]);
    })
  );
}

/** Reads an object, of which the compiler may know more; a string says why that is impossible. */
export function readObjectFacts(bytes: Uint8Array, ask?: AskCompiler): ObjectFacts | string {
  const object = readElf(bytes);
  if (isElfError(object)) return object.message;
  const section = (name: string): Section | undefined => object.sections.find((one) => one.name === name);
  const btf = readBtf(section('.BTF')?.data ?? new Uint8Array(0));
  if (btf.kind === 'error') return `${btf.message} (compile with -g)`;
  const lines = readBtfExt(section('.BTF.ext')?.data ?? new Uint8Array(0), btf.strings);
  return new Facts(object, new TypeGraph(btf.types), lines, ask);
}
