/**
 * A preprocessed unit -> text: `-E` with line markers, `-E -P` without, `-dM`. The layout is clang's: tokens keep
 * their lines and their indentation, short gaps are newlines, long ones a line marker, and a space goes between
 * tokens that would otherwise read as one.
 */

import type { FileEntry, Pos } from '../diagnostics/source-manager.ts';
import { isPunctuatorPrefix } from '../lexer/punctuators.ts';
import { matchPrefix } from '../lexer/scanner.ts';
import { TokenFlag } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import { quoted } from './builtin-macros.ts';
import type { Macro } from './macro.ts';
import type { OutputEvent, PreprocessedUnit } from './preprocess.ts';

export interface PrintOptions {
  /** False for `-P`. */
  readonly lineMarkers: boolean;
}

/** The text of `-E`. */
export function printPreprocessed(unit: PreprocessedUnit, options: PrintOptions): string {
  return new Printer(unit, options.lineMarkers).print();
}

/** The text of `-dM`: all macros by name. */
export function printMacros(unit: PreprocessedUnit): string {
  const lines = unit.macros
    .filter((macro) => macro.builtin === undefined)
    .map((macro) => printMacro(macro, unit));
  return lines.sort().join('');
}

function printMacro(macro: Macro, { interner }: PreprocessedUnit): string {
  const names = macro.parameters.map((id) => interner.text(id));
  if (macro.definition.variadic === 'standard') names[names.length - 1] = '...';
  else if (macro.definition.variadic === 'gnu') names.push(`${names.pop() ?? ''}...`);
  const parameters = macro.isFunctionLike ? `(${names.join(',')})` : '';
  const body: string[] = [];
  for (let at = 0; at < macro.body.length; at++) {
    const hasSpace = at > 0 && (macro.body.flag(at) & TokenFlag.leadingSpace) !== 0;
    body.push(hasSpace ? ' ' : '', interner.text(macro.body.id(at)));
  }
  return `#define ${macro.name}${parameters} ${body.join('')}\n`;
}

/** Gaps up to this many lines are printed as newlines. */
const shortGap = 8;

class Printer {
  private readonly unit: PreprocessedUnit;
  private readonly lineMarkers: boolean;
  private readonly parts: string[] = [];
  /** Line that the output is on, as a reader of the markers counts. */
  private line = 1;
  private file: FileEntry | undefined;
  private isLineEmpty = true;

  constructor(unit: PreprocessedUnit, lineMarkers: boolean) {
    this.unit = unit;
    this.lineMarkers = lineMarkers;
  }

  print(): string {
    const { tokens, events } = this.unit;
    let event = 0;
    for (let at = 0; at < tokens.length; at++) {
      for (let next = events[event]; next !== undefined && next.token <= at; next = events[++event]) {
        this.event(next);
      }
      if (tokens.kind(at) === Tok.EndOfFile) break;
      if (tokens.kind(at) === Tok.Pragma) this.pragma(tokens.position(at), this.text(at));
      else this.token(at);
    }
    this.endLine();
    return this.parts.join('');
  }

  private text(at: number): string {
    return this.unit.interner.text(this.unit.tokens.id(at));
  }

  private endLine(): void {
    if (this.isLineEmpty) return;
    this.parts.push('\n');
    this.line++;
    this.isLineEmpty = true;
  }

  private event({ kind, position, line, text }: OutputEvent): void {
    if (kind === 'pragma') return this.pragma(position, text);
    this.endLine();
    this.marker(position, line, kind === 'enter' ? ' 1' : kind === 'leave' ? ' 2' : '');
  }

  private marker(position: Pos, line: number, flag: string): void {
    const { sources } = this.unit;
    const { file } = sources.location(position);
    const { fileName } = sources.presumed(position);
    const isFirst = this.file === undefined;
    this.file = file;
    this.line = line;
    if (!this.lineMarkers) return;
    const system = file.origin === 'system' ? ' 3' : '';
    this.parts.push(`# ${line} ${quoted(fileName)}${isFirst ? '' : flag}${system}\n`);
  }

  private pragma(position: Pos, text: string): void {
    this.endLine();
    this.moveTo(position);
    this.parts.push(`#pragma ${text}`);
    this.isLineEmpty = false;
    this.endLine();
  }

  /** Brings the output to the line of a position, when that is not the current one. */
  private moveTo(position: Pos): boolean {
    const { line } = this.unit.sources.presumed(position);
    if (line === this.line) return false;
    const gap = line - this.line;
    if (!this.lineMarkers) {
      this.endLine();
    } else if (gap > 0 && gap <= shortGap) {
      this.parts.push('\n'.repeat(gap));
    } else {
      this.endLine();
      this.marker(position, line, '');
    }
    this.line = line;
    this.isLineEmpty = true;
    return true;
  }

  private token(at: number): void {
    const { tokens, sources } = this.unit;
    const flags = tokens.flag(at);
    const hasSpace = (flags & TokenFlag.leadingSpace) !== 0;
    const isFirst = (flags & TokenFlag.startOfLine) !== 0;
    if (isFirst) this.moveTo(tokens.position(at));
    if (this.isLineEmpty) {
      const { column } = sources.location(tokens.position(at));
      // A `#` at the start of a line would read as a directive.
      const needsSpace = column === 1 && (hasSpace || tokens.kind(at) === Tok.Hash);
      this.parts.push(needsSpace ? ' ' : ' '.repeat(Math.min(column - 1, 80)));
    } else if (hasSpace || isFirst || this.wouldJoin(at)) {
      this.parts.push(' ');
    }
    this.parts.push(this.text(at));
    this.isLineEmpty = false;
  }

  /** Whether a token would run into the one before it. */
  private wouldJoin(at: number): boolean {
    const before = this.text(at - 1);
    const first = this.text(at).charAt(0);
    if (isSeparator(before) || isSeparator(first)) return false;
    return matchPrefix(before + first) !== before.length || isPunctuatorPrefix(before + first);
  }
}

function isSeparator(text: string): boolean {
  return text === '(' || text === ')' || text === ',' || text === ';' || text === '[' || text === ']';
}
