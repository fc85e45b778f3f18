/**
 * All text that a compilation has seen, addressed by one number.
 *
 * A position (`Pos`) is the base of an entry plus an offset inside it. An entry is either a file or one
 * macro expansion; the entry of an expansion leads back to where its characters were spelled and to the place
 * where the macro was used (the scheme of clang's SourceManager). Position 0 is "nowhere". Line and column are computed only
 * when a message needs them.
 *
 * Invariants: entries have ascending, disjoint ranges; a file's text holds one character per byte (Latin-1),
 * so that offsets count bytes as clang's columns do and no input is undecodable.
 */

import { bug } from '../support/bug.ts';
import { asId, type Id } from '../support/ids.ts';
import { mapPrefix, type PrefixMap } from '../support/prefix-map.ts';

export type Pos = Id<'Pos'>;

/** The position of things that have no source text. */
export const noPos: Pos = asId<Pos>(0);

/** A half-open range of positions: `end` is the position after the last character. */
export interface Span {
  readonly start: Pos;
  readonly end: Pos;
}

export const noSpan: Span = Object.freeze({ start: noPos, end: noPos });

/** The span from the start of one to the end of another. */
export function spanFrom(first: Span, last: Span): Span {
  return { start: first.start, end: last.end };
}

/** `pos` moved by `delta` characters inside its own entry. */
export function offsetPos(pos: Pos, delta: number): Pos {
  return asId<Pos>(pos + delta);
}

/**
 * How a file came in: `user` is the main file and what it includes with quotes from beside it (always checked in
 * full); `header` came from an include directory (checked as far as needed); `system` likewise, with
 * warnings silent.
 */
export type FileOrigin = 'user' | 'header' | 'system';

export interface FileEntry {
  readonly kind: 'file';
  readonly base: number;
  readonly length: number;
  readonly name: string;
  /** One character per byte. */
  readonly text: string;
  /** The `#include` that brought it in, or `noPos` for the main file. */
  readonly includedFrom: Pos;
  readonly origin: FileOrigin;
}

export interface ExpansionEntry {
  readonly kind: 'expansion';
  readonly base: number;
  readonly length: number;
  /** Where the characters of this expansion stand (in a file, or in another expansion). */
  readonly spelling: Pos;
  /** The macro's name and, for a function-like macro, its arguments, at the place of use. */
  readonly expansion: Span;
  readonly macro: string;
  /** True for the tokens that came in through a parameter. */
  readonly isArgument: boolean;
}

/** A call that was replaced by a copy of its callee. */
export interface InlinedCall {
  /** Where the copied instruction stands; may itself be the position of an earlier copy. */
  readonly original: Pos;
  readonly callee: string;
  /** The call, in the function that the copy went into. */
  readonly call: Pos;
}

/** Positions from here on are those of inlined copies: no text has them. */
const inlinedBase = 2 ** 32;

export type SourceEntry = FileEntry | ExpansionEntry;

/** A physical place in a file; line and column count from 1. */
export interface Location {
  readonly file: FileEntry;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** What `#line` makes of a location. */
export interface PresumedLocation {
  readonly fileName: string;
  readonly line: number;
  readonly column: number;
}

interface LineDirective {
  readonly offset: number;
  readonly physicalLine: number;
  readonly line: number;
  readonly fileName: string | undefined;
}

/** The expansions of a unit as columns by their number: there are hundreds of thousands where kernel headers come in. */
class ExpansionColumns {
  private capacity = 1024;
  private spellings = new Uint32Array(this.capacity);
  private starts = new Uint32Array(this.capacity);
  private ends = new Uint32Array(this.capacity);
  /** Number of the macro's name, doubled, plus 1 for an argument. */
  private macros = new Uint32Array(this.capacity);
  private readonly names: string[] = [];
  private readonly nameNumbers = new Map<string, number>();
  private count = 0;

  add(spelling: Pos, expansion: Span, macro: string, isArgument: boolean): number {
    if (this.count === this.capacity) this.grow();
    const number = this.count++;
    this.spellings[number] = spelling;
    this.starts[number] = expansion.start;
    this.ends[number] = expansion.end;
    this.macros[number] = this.nameNumber(macro) * 2 + Number(isArgument);
    return number;
  }

  entry(number: number, base: number, length: number): ExpansionEntry {
    const macro = this.macros[number] ?? 0;
    return {
      kind: 'expansion',
      base,
      length,
      spelling: asId<Pos>(this.spellings[number] ?? 0),
      expansion: { start: asId<Pos>(this.starts[number] ?? 0), end: asId<Pos>(this.ends[number] ?? 0) },
      macro: this.names[macro >>> 1] ?? '',
      isArgument: (macro & 1) !== 0,
    };
  }

  /** The same expansions in columns of their own, with room for more. */
  copy(): ExpansionColumns {
    const copy = new ExpansionColumns();
    copy.capacity = Math.max(this.count * 2, 1024);
    copy.spellings = widened(this.spellings.subarray(0, this.count), copy.capacity);
    copy.starts = widened(this.starts.subarray(0, this.count), copy.capacity);
    copy.ends = widened(this.ends.subarray(0, this.count), copy.capacity);
    copy.macros = widened(this.macros.subarray(0, this.count), copy.capacity);
    copy.names.push(...this.names);
    for (const [number, name] of this.names.entries()) copy.nameNumbers.set(name, number);
    copy.count = this.count;
    return copy;
  }

  private nameNumber(name: string): number {
    const known = this.nameNumbers.get(name);
    if (known !== undefined) return known;
    this.nameNumbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }

  private grow(): void {
    this.capacity *= 2;
    this.spellings = widened(this.spellings, this.capacity);
    this.starts = widened(this.starts, this.capacity);
    this.ends = widened(this.ends, this.capacity);
    this.macros = widened(this.macros, this.capacity);
  }
}

function widened(column: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(capacity);
  copy.set(column);
  return copy;
}

/** How files are called in what the compiler makes: in the strings of `__FILE__` and its kind, and in debug information. */
export interface FileNaming {
  readonly macro: PrefixMap;
  readonly debug: PrefixMap;
}

/** What a source manager holds behind its first file, for another one whose first file has as many positions. Never changed. */
export interface SourcesState {
  readonly files: readonly FileEntry[];
  readonly expansions: ExpansionColumns;
  readonly bases: Uint32Array;
  readonly kinds: Int32Array;
  readonly numEntries: number;
  readonly end: number;
}

export class SourceManager {
  private readonly naming: FileNaming;
  private readonly files: FileEntry[] = [];
  private expansions = new ExpansionColumns();
  /** By number of an entry, files and expansions alike: first position, and number among its kind (files below 0). */
  private bases = new Uint32Array(1024);
  private kinds = new Int32Array(1024);
  private count = 0;
  private lastEntry = 0;
  private readonly lineStarts = new Map<FileEntry, Int32Array>();
  private readonly lineDirectives = new Map<FileEntry, LineDirective[]>();
  private nextBase = 1;
  /** Positions of files that have fewer characters. */
  private unused = 0;
  private readonly inlinedCalls: InlinedCall[] = [];

  constructor(naming: FileNaming = { macro: [], debug: [] }) {
    this.naming = naming;
  }

  /** The name of a file as the program or the debug information has it; messages have its own. */
  shownName(fileName: string, where: keyof FileNaming): string {
    return mapPrefix(fileName, this.naming[where]);
  }

  /** Adds a file; `room` is how many positions it gets, where that is more than it has characters. */
  addFile(
    name: string,
    text: string,
    includedFrom: Pos,
    origin: FileOrigin,
    room: number = text.length,
  ): FileEntry {
    const number = this.files.length;
    const base = this.addEntry(~number, room);
    this.unused += room - text.length;
    const entry: FileEntry = { kind: 'file', base, length: text.length, name, text, includedFrom, origin };
    this.files.push(entry);
    return entry;
  }

  /** Makes positions for `length` characters of a macro expansion; the result is the first of them. */
  addExpansion(spelling: Pos, length: number, expansion: Span, macro: string, isArgument: boolean): Pos {
    const number = this.expansions.add(spelling, expansion, macro, isArgument);
    return asId<Pos>(this.addEntry(number, length));
  }

  private addEntry(kind: number, length: number): number {
    const base = this.nextBase;
    const number = this.count++;
    if (number === this.bases.length) {
      this.bases = widened(this.bases, number * 2);
      const kinds = new Int32Array(number * 2);
      kinds.set(this.kinds);
      this.kinds = kinds;
    }
    this.bases[number] = base;
    this.kinds[number] = kind;
    // One position more than characters: the end of an entry is a position of its own.
    this.nextBase += length + 1;
    if (this.nextBase > 0xffff_ffff) bug('source positions exhausted');
    return base;
  }

  /** A position for a copy of what stands at `row.original`: all questions about text are answered as for that. */
  addInlined(row: InlinedCall): Pos {
    return asId<Pos>(inlinedBase + this.inlinedCalls.push(row) - 1);
  }

  /** The call through which an instruction came to where it is; undefined where it was written there. */
  inlinedCall(pos: Pos): InlinedCall | undefined {
    return this.inlinedCalls[pos - inlinedBase];
  }

  /** Where the text of a position stands that may be an inlined copy's. */
  written(pos: Pos): Pos {
    let at = pos;
    for (let row = this.inlinedCall(at); row !== undefined; row = this.inlinedCall(at)) at = row.original;
    return at;
  }

  /** The position that the next entry will begin at: what is given out later lies behind it. */
  get end(): number {
    return this.nextBase;
  }

  /** Characters that have positions: the bytes of all files as often as they were included, and those of macro expansions. */
  get size(): number {
    return this.nextBase - this.unused;
  }

  /** All behind the first file. */
  state(): SourcesState {
    const { count, files, expansions } = this;
    return {
      files: files.slice(1),
      expansions: expansions.copy(),
      bases: this.bases.slice(0, count),
      kinds: this.kinds.slice(0, count),
      numEntries: count,
      end: this.nextBase,
    };
  }

  /** Goes on from a state of another manager, with these files instead of its own; so far there is only the first file. */
  resume(state: SourcesState, files: readonly FileEntry[]): void {
    const capacity = Math.max(state.numEntries * 2, 1024);
    if (this.count !== 1 || files.length !== state.files.length) bug('sources go on behind one file');
    this.files.push(...files);
    this.expansions = state.expansions.copy();
    this.bases = widened(state.bases, capacity);
    this.kinds = new Int32Array(capacity);
    this.kinds.set(state.kinds);
    this.count = state.numEntries;
    this.nextBase = state.end;
  }

  /** True while `length` more characters can get positions (they are 32-bit numbers). */
  hasRoomFor(length: number): boolean {
    return this.nextBase + length + 1 <= 0xffff_ffff;
  }

  entry(pos: Pos): SourceEntry {
    const number = this.entryNumber(pos);
    const base = this.bases[number] ?? 0;
    const kind = this.kinds[number] ?? 0;
    if (kind >= 0) return this.expansions.entry(kind, base, this.endOf(number) - base);
    return this.files[~kind] ?? bug(`position ${pos} belongs to no file`);
  }

  /** The position behind the last character of the entry that `pos` is in. */
  endOfEntry(pos: Pos): Pos {
    return asId<Pos>(this.endOf(this.entryNumber(pos)));
  }

  private endOf(number: number): number {
    const kind = this.kinds[number] ?? 0;
    const file = kind < 0 ? this.files[~kind] : undefined;
    if (file !== undefined) return file.base + file.length;
    return (number + 1 < this.count ? (this.bases[number + 1] ?? 0) : this.nextBase) - 1;
  }

  private entryNumber(pos: Pos): number {
    // Who asks mostly asks for the same entry again.
    const last = this.lastEntry;
    if (last < this.count && pos >= (this.bases[last] ?? 0)) {
      if (pos < (last + 1 < this.count ? (this.bases[last + 1] ?? 0) : this.nextBase)) return last;
    }
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.bases[middle] ?? 0) <= pos) low = middle;
      else high = middle - 1;
    }
    if (this.count === 0 || pos < (this.bases[low] ?? 0) || pos >= this.nextBase) {
      bug(`position ${pos} belongs to no source`);
    }
    this.lastEntry = low;
    return low;
  }

  isInMacro(pos: Pos): boolean {
    return pos !== noPos && this.entry(this.written(pos)).kind === 'expansion';
  }

  /** Follows spellings down to the file that holds the character. */
  spelling(pos: Pos): Pos {
    let at = this.written(pos);
    for (let entry = this.entry(at); entry.kind === 'expansion'; entry = this.entry(at)) {
      at = offsetPos(entry.spelling, at - entry.base);
    }
    return at;
  }

  /** Follows expansions up to the file in which the outermost macro is used. */
  expansion(pos: Pos): Pos {
    let at = this.written(pos);
    for (let entry = this.entry(at); entry.kind === 'expansion'; entry = this.entry(at)) {
      at = entry.expansion.start;
    }
    return at;
  }

  /** The physical place of a position: of its outermost expansion, when it lies in a macro. */
  location(pos: Pos): Location {
    const at = this.expansion(pos);
    const entry = this.entry(at);
    if (entry.kind !== 'file') return bug('expansion ends in no file');
    const offset = at - entry.base;
    const starts = this.startsOfLines(entry);
    const line = lastAtOrBelow(starts, offset);
    return { file: entry, offset, line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  }

  /** As {@link location}, with `#line` applied. */
  presumed(pos: Pos): PresumedLocation {
    const { file, offset, line, column } = this.location(pos);
    const directives = this.lineDirectives.get(file) ?? [];
    const directive = directives.findLast((row) => row.offset <= offset);
    if (directive === undefined) return { fileName: file.name, line, column };
    return {
      fileName: directive.fileName ?? file.name,
      line: directive.line + (line - directive.physicalLine) - 1,
      column,
    };
  }

  /** Records a `#line` directive: the line after `pos` counts as `line` (of `fileName`, where given). */
  addLineDirective(pos: Pos, line: number, fileName: string | undefined): void {
    const { file, offset, line: physicalLine } = this.location(pos);
    const list = this.lineDirectives.get(file) ?? [];
    const inherited = fileName ?? list.at(-1)?.fileName;
    list.push({ offset, physicalLine, line, fileName: inherited });
    this.lineDirectives.set(file, list);
  }

  /** The file that was named to be compiled; undefined before any was read. */
  get mainFile(): FileEntry | undefined {
    return this.files.find(({ includedFrom, origin }) => includedFrom === noPos && origin === 'user');
  }

  lineCount(file: FileEntry): number {
    const starts = this.startsOfLines(file);
    // A newline at the end starts no line.
    return starts.at(-1) === file.length ? starts.length - 1 : starts.length;
  }

  /** The characters of one physical line (from 1), without its end. */
  lineText(file: FileEntry, line: number): string {
    const starts = this.startsOfLines(file);
    const start = starts[line - 1] ?? file.length;
    let end = starts[line] ?? file.length;
    while (end > start && /[\r\n]/.test(file.text[end - 1] ?? '')) end--;
    return file.text.slice(start, end);
  }

  private startsOfLines(file: FileEntry): Int32Array {
    const known = this.lineStarts.get(file);
    if (known !== undefined) return known;
    const starts = [0];
    for (let at = file.text.indexOf('\n'); at >= 0; at = file.text.indexOf('\n', at + 1)) starts.push(at + 1);
    const column = Int32Array.from(starts);
    this.lineStarts.set(file, column);
    return column;
  }
}

/** Index of the last element that is not above `value` in an ascending column. */
function lastAtOrBelow(column: Int32Array, value: number): number {
  let low = 0;
  let high = column.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((column[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
