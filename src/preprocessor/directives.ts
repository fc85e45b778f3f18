/**
 * Directives (C11 6.10): the line behind a `#` -> a change of the macro table, the frames or the conditionals.
 *
 * Skipping is a walk over the file's list of directives; the tokens between them are not looked at. A file's
 * frame always stands behind the line of a directive when the directive has been carried out.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { DiagnosticDetails } from '../diagnostics/diagnostic.ts';
import { offsetPos, type Pos, type Span } from '../diagnostics/source-manager.ts';
import { TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import { asId } from '../support/ids.ts';
import type { Interner } from '../support/interner.ts';
import { headerNameOf } from './builtin-macros.ts';
import { evaluateCondition } from './condition.ts';
import { DefinitionParser, type Line } from './define.ts';
import type { Expander } from './expander.ts';
import type { Conditional, Frame, OpenFile } from './frames.ts';
import { IdentifierBit, type IdentifierTable, isSameMacro } from './macro.ts';

/** The directive that `-imacros` becomes; only the command line's buffer may use it. */
export const includeMacros = '__include_macros';

/** Name of the buffer that holds what the command line says. */
export const commandLineName = '<command line>';

export type IncludeKind = 'include' | 'include_next' | 'import' | typeof includeMacros;

/** What the directives ask of the rest of the preprocessor. */
export interface DirectiveHost {
  readonly interner: Interner;
  readonly identifiers: IdentifierTable;
  include(name: string, isAngled: boolean, kind: IncludeKind, span: Span): void;
  /** Carries out or hands on a `#pragma` line. */
  pragma(line: Line, position: Pos): void;
  /** `#line` and linemarkers; `isSystem` where a linemarker says so. */
  lineDirective(
    position: Pos,
    line: number,
    fileName: string | undefined,
    isSystem: boolean | undefined,
  ): void;
}

type Handler = (line: Line, open: OpenFile, frame: Frame) => void;

export class Directives {
  readonly definitions: DefinitionParser;
  private readonly expander: Expander;
  private readonly host: DirectiveHost;
  private readonly handlers: ReadonlyMap<string, Handler>;

  constructor(expander: Expander, host: DirectiveHost) {
    this.expander = expander;
    this.host = host;
    this.definitions = new DefinitionParser(host.interner, (code, span, args) =>
      this.report(code, span, args),
    );
    this.handlers = new Map<string, Handler>([
      ['define', (line, open) => this.define(line, open)],
      ['undef', (line) => this.undefine(line)],
      ['include', (line) => this.include(line, 'include')],
      ['include_next', (line) => this.include(line, 'include_next')],
      ['import', (line) => this.include(line, 'import')],
      [includeMacros, (line, open) => this.includeMacros(line, open)],
      ['if', (line, open, frame) => this.beginIf(open, frame, line, this.condition(line))],
      ['ifdef', (line, open, frame) => this.beginIf(open, frame, line, this.isDefined(line, 'ifdef'))],
      ['ifndef', (line, open, frame) => this.beginIf(open, frame, line, !this.isDefined(line, 'ifndef'))],
      ['elif', (line, open, frame) => this.endTaken(line, open, frame, 'elif')],
      ['elifdef', (line, open, frame) => this.endTaken(line, open, frame, 'elifdef')],
      ['elifndef', (line, open, frame) => this.endTaken(line, open, frame, 'elifndef')],
      ['else', (line, open, frame) => this.endTaken(line, open, frame, 'else')],
      ['endif', (line, open) => this.endIf(line, open)],
      ['line', (line) => this.lineNumber(line)],
      ['error', (line) => this.message(line, 'user-error')],
      ['warning', (line) => this.message(line, 'user-warning')],
      ['pragma', (line) => this.host.pragma(line, this.positionOf(line, line.start))],
      ['ident', () => undefined],
      ['sccs', () => undefined],
    ]);
  }

  private report(
    code: DiagnosticCode,
    span: Span,
    args: readonly string[] = [],
    details?: DiagnosticDetails,
  ): void {
    this.expander.report(code, span, args, details);
  }

  /** Carries out the directive whose `#` was just taken from `frame`. */
  run(frame: Frame, open: OpenFile, inArguments: boolean): void {
    const line = this.lineAt(frame, frame.at);
    frame.at = line.end;
    // A lone `#` is the null directive (6.10.7).
    if (line.start === line.end) return;
    const { tokens } = frame;
    if (tokens.kind(line.start) === Tok.Number) return this.lineMarker(line);
    const name = tokens.kind(line.start) === Tok.Identifier ? this.text(line, line.start) : '';
    const handler = this.handlers.get(name);
    if (handler === undefined)
      return this.report('invalid-directive', this.definitions.spanAt(line, line.start));
    if (inArguments && /^(?:include|import|pragma)/.test(name)) {
      return this.report('directive-in-arguments', this.definitions.spanAt(line, line.start), [name]);
    }
    handler({ ...line, start: line.start + 1 }, open, frame);
  }

  /** The tokens from `start` to the end of the line. */
  private lineAt(frame: Frame, start: number): Line {
    const { flags } = frame.tokens;
    let end = start;
    while (end < frame.end && ((flags[end] ?? 0) & TokenFlag.startOfLine) === 0) end++;
    return { tokens: frame.tokens, start, end, delta: frame.delta };
  }

  private text(line: Line, at: number): string {
    return at < line.end ? this.host.interner.text(line.tokens.id(at)) : '';
  }

  private positionOf(line: Line, at: number): Pos {
    return asId<Pos>(line.tokens.position(at) + line.delta);
  }

  private checkEnd(line: Line, at: number, name: string): void {
    if (at < line.end) this.report('extra-tokens', this.definitions.spanAt(line, at), [name]);
  }

  // ---- Macros ----

  private define(line: Line, { scanned }: OpenFile): void {
    const macro = this.definitions.macro(line, scanned.definitions);
    if (macro === undefined) return;
    const { identifiers } = this.host;
    if (identifiers.has(macro.id, IdentifierBit.poisoned))
      return this.report('poisoned-identifier', macro.nameSpan);
    const before = identifiers.macro(macro.id);
    if (before?.builtin !== undefined) {
      this.report('builtin-macro-redefined', macro.nameSpan);
    } else if (before !== undefined && !isSameMacro(before, macro)) {
      const notes = [{ span: before.nameSpan, text: 'previous definition is here' }];
      this.report('macro-redefined', macro.nameSpan, [macro.name], { notes });
    }
    identifiers.define(macro);
  }

  private undefine(line: Line): void {
    const id = this.definitions.macroName(line, line.start);
    if (id < 0) return;
    this.checkEnd(line, line.start + 1, 'undef');
    const { identifiers } = this.host;
    if (identifiers.macro(id)?.builtin !== undefined) {
      this.report('builtin-macro-undefined', this.definitions.spanAt(line, line.start));
    }
    identifiers.undefine(id);
  }

  // ---- Files ----

  private include(line: Line, kind: IncludeKind): void {
    const tokens = this.copy(line);
    const first = tokens.length > 0 ? tokens.kind(0) : Tok.EndOfFile;
    const isPlain = first === Tok.HeaderName || first === Tok.String;
    const expanded = isPlain ? tokens : this.expander.expandLine(tokens, false);
    const header = headerNameOf(expanded, this.host.interner);
    const span = line.start < line.end ? this.lineSpan(line) : this.definitions.endOf(line);
    if (header === undefined) return this.report('expected-header-name', span);
    if (header.name === '') return this.report('empty-filename', span);
    if (isPlain) this.checkEnd(line, line.start + 1, kind);
    else if (header.count < expanded.length) this.report('extra-tokens', span, [kind]);
    this.host.include(
      header.name,
      header.isAngled,
      kind,
      isPlain ? this.definitions.spanAt(line, line.start) : span,
    );
  }

  private includeMacros(line: Line, open: OpenFile): void {
    if (open.entry.name === commandLineName) this.include(line, includeMacros);
    else this.report('invalid-directive', this.definitions.spanAt(line, line.start - 1));
  }

  private lineSpan(line: Line): Span {
    return { start: this.positionOf(line, line.start), end: this.definitions.spanAt(line, line.end - 1).end };
  }

  /** A line's tokens with positions of the source manager. */
  copy(line: Line): TokenColumns {
    const tokens = new TokenColumns(line.end - line.start);
    for (let at = line.start; at < line.end; at++) {
      tokens.push(
        line.tokens.kind(at),
        line.tokens.position(at) + line.delta,
        line.tokens.id(at),
        line.tokens.flag(at),
      );
    }
    return tokens;
  }

  // ---- Conditional inclusion (6.10.1) ----

  private condition(line: Line): boolean {
    if (line.start >= line.end) {
      this.report('condition-expected-value', this.definitions.endOf(line));
      return false;
    }
    const tokens = this.expander.expandLine(this.copy(line), true);
    const { interner, identifiers } = this.host;
    const context = {
      interner,
      identifiers,
      report: (code: DiagnosticCode, span: Span, args?: readonly string[]) => this.report(code, span, args),
    };
    return evaluateCondition(tokens, this.definitions.endOf(line).start, context) ?? false;
  }

  private isDefined(line: Line, name: string): boolean {
    const id = this.definitions.macroName(line, line.start);
    if (id < 0) return false;
    this.checkEnd(line, line.start + 1, name);
    return this.host.identifiers.has(id, IdentifierBit.macro);
  }

  private beginIf(open: OpenFile, frame: Frame, line: Line, isTrue: boolean): void {
    const conditional = { position: this.positionOf(line, line.start - 1), taken: isTrue, seenElse: false };
    open.conditionals.push(conditional);
    if (!isTrue) this.skip(open, frame, conditional);
  }

  /** `#elif` or `#else` behind a group that was taken. */
  private endTaken(line: Line, open: OpenFile, frame: Frame, name: string): void {
    const conditional = open.conditionals.at(-1);
    if (conditional === undefined) {
      return this.report('else-without-if', this.definitions.spanAt(line, line.start - 1), [name]);
    }
    this.noteElse(line, conditional, name);
    this.skip(open, frame, conditional);
  }

  private noteElse(line: Line, conditional: Conditional, name: string): void {
    if (conditional.seenElse)
      this.report('else-after-else', this.definitions.spanAt(line, line.start - 1), [name]);
    if (name !== 'else') return;
    conditional.seenElse = true;
    this.checkEnd(line, line.start, 'else');
  }

  private endIf(line: Line, open: OpenFile): void {
    this.checkEnd(line, line.start, 'endif');
    if (open.conditionals.pop() === undefined) {
      this.report('endif-without-if', this.definitions.spanAt(line, line.start - 1));
    }
  }

  /** Skips groups until one is taken or the section ends. */
  private skip(open: OpenFile, frame: Frame, conditional: Conditional): void {
    const { directives } = open.scanned;
    const { interner } = this.host;
    let depth = 0;
    for (let number = firstAtOrAfter(directives, frame.at); number < directives.length; number++) {
      const hash = directives[number] ?? 0;
      const isName =
        frame.tokens.kind(hash + 1) === Tok.Identifier &&
        (frame.tokens.flag(hash + 1) & TokenFlag.startOfLine) === 0;
      const name = isName ? interner.text(frame.tokens.id(hash + 1)) : '';
      if (name === 'if' || name === 'ifdef' || name === 'ifndef') {
        depth++;
      } else if (name === 'endif' && depth > 0) {
        depth--;
      } else if (depth === 0 && groupEnds.has(name)) {
        const line = this.lineAt(frame, hash + 2);
        frame.at = line.end;
        if (name === 'endif') return this.endIf(line, open);
        if (this.takesGroup(line, conditional, name)) return;
      }
    }
    frame.at = frame.end;
  }

  /** Whether the group that an `#elif` or `#else` begins is the one to process. */
  private takesGroup(line: Line, conditional: Conditional, name: string): boolean {
    this.noteElse(line, conditional, name);
    if (conditional.taken) return false;
    if (name === 'else') conditional.taken = true;
    else if (name === 'elif') conditional.taken = this.condition(line);
    else conditional.taken = this.isDefined(line, name) === (name === 'elifdef');
    return conditional.taken;
  }

  // ---- #line, #error ----

  private lineNumber(line: Line): void {
    const tokens = this.expander.expandLine(this.copy(line), false);
    const { interner } = this.host;
    const text = interner.text(tokens.id(0));
    if (tokens.length === 0 || !/^[0-9]{1,10}$/.test(text)) {
      return this.report('line-needs-integer', this.definitions.spanAt(line, line.start), ['#line']);
    }
    const fileName = tokens.length > 1 ? fileNameOf(interner.text(tokens.id(1))) : undefined;
    if (tokens.length > 1 && fileName === undefined) {
      return this.report('line-invalid-filename', this.definitions.spanAt(line, line.start + 1), ['#line']);
    }
    this.host.lineDirective(this.positionOf(line, line.start - 1), Number(text), fileName, undefined);
  }

  /** `# 12 "file" 1 3`, as preprocessors write it. */
  private lineMarker(line: Line): void {
    const text = this.text(line, line.start);
    if (!/^[0-9]{1,10}$/.test(text)) {
      return this.report('line-needs-integer', this.definitions.spanAt(line, line.start), ['line marker']);
    }
    const name = this.text(line, line.start + 1);
    const fileName = name === '' ? undefined : fileNameOf(name);
    if (name !== '' && fileName === undefined) {
      return this.report('line-invalid-filename', this.definitions.spanAt(line, line.start + 1), [
        'line marker',
      ]);
    }
    let isSystem = false;
    for (let at = line.start + 2; at < line.end; at++) {
      const flag = this.text(line, at);
      if (!/^[1-4]$/.test(flag)) return this.report('line-invalid-flag', this.definitions.spanAt(line, at));
      if (flag === '3') isSystem = true;
    }
    this.host.lineDirective(this.positionOf(line, line.start), Number(text), fileName, isSystem);
  }

  private message(line: Line, code: 'user-error' | 'user-warning'): void {
    const start = this.positionOf(line, line.start - 1);
    const text: string[] = [];
    for (let at = line.start; at < line.end; at++) {
      const hasSpace = at > line.start && (line.tokens.flag(at) & TokenFlag.leadingSpace) !== 0;
      text.push(hasSpace ? ' ' : '', this.text(line, at));
    }
    this.report(code, { start, end: offsetPos(start, code === 'user-error' ? 5 : 7) }, [text.join('')]);
  }
}

const groupEnds: ReadonlySet<string> = new Set(['elif', 'elifdef', 'elifndef', 'else', 'endif']);

/** The value of a `#line` directive's string literal, undefined where it is none. */
function fileNameOf(literal: string): string | undefined {
  return /^"[\s\S]*"$/.test(literal) ? literal.slice(1, -1).replace(/\\([\\"])/g, '$1') : undefined;
}

function firstAtOrAfter(column: Int32Array, value: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((column[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
