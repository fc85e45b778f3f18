/**
 * The preprocessing stage (C11 translation phases 1-4): a main file and options -> one run of tokens in which
 * keywords are keywords, `EndOfFile` last.
 *
 * This file puts the parts together: the expander that moves tokens, the directives that steer it, the search for
 * headers, the pragmas. Predefined macros, `-D`, `-U` and `-include` are ordinary lines of buffers that are read before
 * the main file's first token.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { DiagnosticPragmas } from '../diagnostics/diagnostic-pragmas.ts';
import {
  type FileEntry,
  noPos,
  offsetPos,
  type Pos,
  type SourceManager,
  type Span,
} from '../diagnostics/source-manager.ts';
import { scan } from '../lexer/scanner.ts';
import type { TokenColumns } from '../lexer/token-columns.ts';
import { TokenFlag, type TokenHead } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import type { UnitFolds } from '../lexer/unit-folds.ts';
import { asId } from '../support/ids.ts';
import type { Interner } from '../support/interner.ts';
import { builtinNames } from './builtin-macros.ts';
import type { Line } from './define.ts';
import { commandLineName, Directives, type IncludeKind, includeMacros } from './directives.ts';
import { Expander, type ExpanderHost } from './expander.ts';
import { FoldedMacros } from './folded-macros.ts';
import { Frame, type OpenFile } from './frames.ts';
import { directoryOf, type FoundFile, type Includer, IncludeSearch } from './include-search.ts';
import { keywordsOf } from './keywords.ts';
import { builtinMacro, IdentifierBit, IdentifierTable, type Macro } from './macro.ts';
import type { PreprocessorContext, PreprocessorOptions } from './options.ts';
import { handlePragma, type PragmaActions } from './pragmas.ts';
import { predefinedMacros } from './predefined.ts';
import {
  filesBehind,
  keyOfOptions,
  leadingIncludes,
  type PreludeState,
  type Preludes,
  roomOfMain,
  UnitPrelude,
} from './prelude.ts';
import { TokenCache } from './token-cache.ts';

/** Includes may nest this deep; clang's limit. */
const maxIncludeDepth = 200;

/** A file that the unit depends on. */
export interface Dependency {
  readonly path: string;
  readonly isSystem: boolean;
}

/** Something beside the tokens that `-E` shows. */
export interface OutputEvent {
  /** It comes before the token of this number. */
  readonly token: number;
  readonly kind: 'enter' | 'leave' | 'line' | 'pragma';
  /** A place in the file that the text goes on in. */
  readonly position: Pos;
  /** The line that it goes on at. */
  readonly line: number;
  /** Of a pragma: what stands behind `#pragma`. */
  readonly text: string;
}

export interface PreprocessedUnit {
  readonly tokens: TokenColumns;
  /** What the `Folded` tokens stand for. */
  readonly folds: UnitFolds;
  /** The tokens that other main files of the session begin with too. */
  readonly heads: readonly TokenHead[];
  /** Files in the order in which they were first read, the main file first. */
  readonly dependencies: readonly Dependency[];
  /** Headers that are no files, by what messages call them. */
  readonly generatedHeaders: readonly string[];
  /** Macros defined at the end, in the order of their definition. */
  readonly macros: readonly Macro[];
  readonly events: readonly OutputEvent[];
  readonly sources: SourceManager;
  readonly interner: Interner;
}

/** Preprocesses a translation unit; complaints go to the context's sink. `preludes` are what other main files of the session began with. */
export function preprocess(
  mainPath: string,
  options: PreprocessorOptions,
  context: PreprocessorContext,
  preludes?: Preludes,
): PreprocessedUnit {
  return new Preprocessor(options, context, preludes).run(mainPath);
}

class Preprocessor implements ExpanderHost, PragmaActions {
  readonly options: PreprocessorOptions;
  readonly sources: SourceManager;
  readonly interner: Interner;
  readonly identifiers = new IdentifierTable();
  private readonly context: PreprocessorContext;
  private readonly cache: TokenCache;
  private readonly search: IncludeSearch;
  private readonly expander: Expander;
  private readonly directives: Directives;
  private readonly pragmaStates: DiagnosticPragmas | undefined;
  private readonly dependencies = new Map<string, Dependency>();
  private readonly generatedHeaders: string[] = [];
  private readonly events: OutputEvent[] = [];
  /** Files that `#pragma once` or `#import` keeps from being read again. */
  private readonly onceFiles = new Set<string>();
  private readonly entered = new Set<string>();
  private readonly open: OpenFile[] = [];
  private counter = 0;
  private readonly preludes: Preludes | undefined;
  private prelude: UnitPrelude | undefined;
  private readonly heads: TokenHead[] = [];
  /** The unit so far is one that other main files would not have, were they to begin with the same. */
  private dependsOnMain = false;

  constructor(options: PreprocessorOptions, context: PreprocessorContext, preludes: Preludes | undefined) {
    this.options = options;
    this.context = context;
    this.preludes = preludes;
    this.sources = context.sources;
    this.interner = context.interner;
    this.pragmaStates = context.diagnosticPragmas;
    this.cache = context.cache ?? new TokenCache(context.interner);
    this.search = new IncludeSearch(options.includePaths, context.fileSystem, context.generateHeader);
    this.expander = new Expander(context, this.identifiers, this, options);
    this.directives = new Directives(this.expander, this);
  }

  run(mainPath: string): PreprocessedUnit {
    const main = this.search.read(mainPath);
    if (main === undefined) {
      const result = this.context.fileSystem.readFile(mainPath);
      const reason = result.kind === 'error' ? result.reason : 'no such file or directory';
      this.report('cannot-read-main', { start: noPos, end: noPos }, [reason, mainPath]);
    } else {
      this.nameIdentifiers();
      this.enter(main, noPos);
      if (!this.resume()) this.enterBuffers();
      this.expander.runAll();
    }
    const { output } = this.expander;
    const end = main === undefined ? 0 : (this.mainEntry?.base ?? 0) + main.text.length;
    output.push(Tok.EndOfFile, end, this.interner.intern(''), TokenFlag.startOfLine);
    return {
      tokens: output,
      folds: this.expander.folds,
      heads: this.heads,
      dependencies: [...this.dependencies.values()],
      generatedHeaders: this.generatedHeaders,
      macros: this.identifiers.all(),
      events: this.events,
      sources: this.sources,
      interner: this.interner,
    };
  }

  private mainEntry: FileEntry | undefined;

  private nameIdentifiers(): void {
    const { interner, identifiers } = this;
    for (const [spelling, kind] of keywordsOf(this.options.language))
      identifiers.setKeyword(interner.intern(spelling), kind);
    identifiers.mark(interner.intern('_Pragma'), IdentifierBit.operator);
    identifiers.mark(interner.intern('defined'), IdentifierBit.operator);
    identifiers.mark(interner.intern('__VA_ARGS__'), IdentifierBit.variadicName);
    identifiers.mark(interner.intern('__VA_OPT__'), IdentifierBit.variadicName);
    for (const name of builtinNames) identifiers.define(builtinMacro(name, interner.intern(name)));
  }

  // ---- What other main files began with ----

  /** Goes on behind includes whose effect is known; false where there are none. */
  private resume(): boolean {
    const { preludes, expander, identifiers, sources, search } = this;
    const [main] = this.open;
    // With every token shown, places where files begin and end are shown too.
    if (preludes === undefined || main === undefined || !this.options.folds) return false;
    if (expander.hasReported) return false;
    const key = [directoryOf(main.found.path), sources.end, search.key, keyOfOptions(this.options)];
    const includes = leadingIncludes(main.scanned.tokens, this.interner);
    const prelude = new UnitPrelude(preludes, key.join('\n'), includes);
    this.prelude = prelude;
    const found = prelude.find(
      ({ entered, answers }) => !entered.has(main.found.identity) && search.confirms(answers),
    );
    if (found === undefined) return false;
    const { state, end } = found;
    sources.resume(state.sources, filesBehind(state, this.namePositions(main)));
    identifiers.resume(state.identifiers);
    expander.resume(state.expander, end);
    for (const [path, isSystem] of state.dependencies) this.dependencies.set(path, { path, isSystem });
    this.generatedHeaders.push(...state.generatedHeaders);
    for (const identity of state.onceFiles) this.onceFiles.add(identity);
    for (const identity of state.entered) this.entered.add(identity);
    this.heads.push(...state.heads);
    this.counter = state.counter;
    return true;
  }

  private namePositions({ entry, scanned }: OpenFile): readonly number[] {
    const includes = this.prelude?.includes ?? [];
    return includes.map(({ nameAt }) => entry.base + scanned.tokens.position(nameAt));
  }

  /** The state behind an include of the main file; undefined where it is not for others. */
  private state(main: OpenFile): PreludeState | undefined {
    const { expander, sources, search } = this;
    const identifiers = this.identifiers.state();
    const expanded = expander.state();
    if (identifiers === undefined || expanded === undefined) return undefined;
    this.heads.push({ end: expanded.output.length, identity: {} });
    const dependencies = [...this.dependencies.values()].filter(({ path }) => path !== main.found.path);
    return {
      answers: search.answers(),
      sources: sources.state(),
      identifiers,
      expander: expanded,
      heads: [...this.heads],
      dependencies: new Map(dependencies.map(({ path, isSystem }) => [path, isSystem])),
      generatedHeaders: [...this.generatedHeaders],
      onceFiles: new Set(this.onceFiles),
      entered: new Set([...this.entered].filter((identity) => identity !== main.found.identity)),
      counter: this.counter,
      namePositions: this.namePositions(main),
    };
  }

  /** What the command line says, or a file of depth 1, has ended: the main file goes on. */
  private reachedMain(main: OpenFile, at: number): void {
    if (this.dependsOnMain || this.expander.hasReported || this.expander.stopped) return;
    this.prelude?.reached(at, () => this.state(main));
  }

  // ---- Files ----

  report(code: DiagnosticCode, span: Span, args: readonly string[] = []): void {
    this.expander.report(code, span, args);
  }

  private reportAt(code: DiagnosticCode, entry: FileEntry, offset: number): void {
    const start = asId<Pos>(entry.base + offset);
    this.report(code, { start, end: offsetPos(start, 1) });
  }

  openFiles(): readonly OpenFile[] {
    return this.open.filter((file) => !isBuffer(file.entry));
  }

  shownName(fileName: string): string {
    // The main file's own name, or one that options change.
    this.dependsOnMain = true;
    return this.sources.shownName(fileName, 'macro');
  }

  nextCounter(): number {
    return this.counter++;
  }

  /** Puts the predefined macros and what the command line says on the stack, above the main file. */
  private enterBuffers(): void {
    const lines: string[] = [];
    for (const action of this.options.actions) {
      if (action.kind === 'define') lines.push(defineLine(action.text));
      else if (action.kind === 'undefine') lines.push(`#undef ${action.name}`);
    }
    for (const kind of ['macros', 'include'] as const) {
      const directive = kind === 'macros' ? includeMacros : 'include';
      for (const action of this.options.actions) {
        if (action.kind === kind) lines.push(`#${directive} "${action.path}"`);
      }
    }
    this.enterBuffer(commandLineName, `${lines.join('\n')}\n`);
    if (this.options.predefined) this.enterBuffer('<built-in>', predefinedMacros(this.options));
  }

  private enterBuffer(name: string, text: string): void {
    this.enter({ path: name, identity: name, text, origin: 'system', directory: -1 }, noPos);
  }

  /** Opens a file at its first token. */
  private enter(found: FoundFile, includedFrom: Pos, macrosOnly = false): void {
    const { sources, expander } = this;
    const span = { start: includedFrom, end: includedFrom };
    const isMain = this.mainEntry === undefined;
    const room = isMain ? roomOfMain(found.text.length) : found.text.length;
    if (!sources.hasRoomFor(room)) return expander.stop('source-too-large', span, [found.path]);
    if (!isMain && found.identity === this.open[0]?.found.identity) this.dependsOnMain = true;
    const trigraphs = !this.options.language.gnu && this.options.language.standard !== 'c23';
    const scanned = this.cache.scanned(found.text, trigraphs);
    const entry = sources.addFile(found.path, found.text, includedFrom, found.origin, room);
    const keepsTokens = macrosOnly ? expander.output.length : -1;
    const foldedMacros = new FoldedMacros(scanned.folded, this.identifiers, this.interner);
    const file: OpenFile = { entry, found, scanned, conditionals: [], keepsTokens, foldedMacros };
    this.mainEntry ??= entry;
    this.open.push(file);
    if (!isBuffer(entry)) {
      this.depend(found);
      if (found.madeFrom !== undefined) this.generatedHeaders.push(found.path);
      this.entered.add(found.identity);
      this.pragmaStates?.resume(entry, 0);
      this.event('enter', asId<Pos>(entry.base), 1);
    }
    const { tokens } = scanned;
    expander.push(new Frame('file', tokens, 0, tokens.length - 1, entry.base, undefined, 0, file));
    if (scanned.nullCharacter >= 0) this.reportAt('null-character', entry, scanned.nullCharacter);
  }

  private depend(found: FoundFile): void {
    const path = found.madeFrom === undefined ? found.path : found.madeFrom.file;
    if (path === undefined || this.dependencies.has(path)) return;
    // What a generated header was made from is the user's choice, as a header of theirs.
    const isSystem = found.origin === 'system' && found.madeFrom === undefined;
    this.dependencies.set(path, { path, isSystem });
  }

  endOfFile(frame: Frame): void {
    const { file } = frame;
    if (file === undefined) return;
    if (!this.expander.stopped) {
      const { unterminatedComment } = file.scanned;
      if (unterminatedComment >= 0) this.reportAt('unterminated-comment', file.entry, unterminatedComment);
      for (const { position } of file.conditionals) {
        this.report('unterminated-conditional', { start: position, end: offsetPos(position, 1) });
      }
    }
    this.open.pop();
    if (file.keepsTokens >= 0) this.dropTokens(file.keepsTokens);
    const below = this.expander.frames.at(-2);
    if (below?.file === undefined) return;
    if (this.expander.frames.length === 2) this.reachedMain(below.file, below.at);
    if (isBuffer(file.entry)) return;
    this.pragmaStates?.resume(below.file.entry, below.tokens.position(below.at));
    const { includedFrom } = file.entry;
    // Behind what the command line included comes the main file.
    const isCommandLine = isBuffer(below.file.entry);
    const main = asId<Pos>(this.mainEntry?.base ?? 0);
    if (isCommandLine) this.event('leave', main, 1);
    else this.event('leave', includedFrom, this.sources.presumed(includedFrom).line + 1);
  }

  /** Forgets the tokens of an `-imacros` file. */
  private dropTokens(length: number): void {
    this.expander.output.length = length;
    while ((this.events.at(-1)?.token ?? 0) > length) this.events.pop();
  }

  private event(kind: OutputEvent['kind'], position: Pos, line: number, text = ''): void {
    this.events.push({ token: this.expander.output.length, kind, position, line, text });
  }

  private includer(): Includer | undefined {
    const file = this.open.at(-1);
    if (file === undefined || isBuffer(file.entry)) return undefined;
    return { path: file.found.path, origin: file.entry.origin, directory: file.found.directory };
  }

  private find(name: string, isAngled: boolean, isNext: boolean): FoundFile | undefined {
    const includer = this.includer();
    const hasNext = isNext && includer !== undefined && this.openFiles().length > 1;
    const found = hasNext ? this.search.findNext(name, includer) : this.search.find(name, isAngled, includer);
    // What the command line includes is the user's own, wherever it was found.
    return found?.origin === 'header' && includer === undefined ? { ...found, origin: 'user' } : found;
  }

  hasInclude(name: string, isAngled: boolean, isNext: boolean): boolean {
    const found = this.find(name, isAngled, isNext);
    if (found !== undefined) this.depend(found);
    return found !== undefined;
  }

  include(name: string, isAngled: boolean, kind: IncludeKind, span: Span): void {
    if (this.open.length > maxIncludeDepth) return this.expander.stop('include-too-deep', span);
    if (kind === 'include_next' && this.openFiles().length === 1) this.report('include-next-in-main', span);
    const found = this.find(name, isAngled, kind === 'include_next');
    if (found === undefined) return this.expander.stop('include-not-found', span, [name]);
    if (kind === 'import') {
      if (this.entered.has(found.identity)) return;
      this.onceFiles.add(found.identity);
    }
    if (this.onceFiles.has(found.identity) && this.entered.has(found.identity)) return this.depend(found);
    if (this.isGuarded(found)) return this.depend(found);
    this.enter(found, span.start, kind === includeMacros);
  }

  /** The file was read before, and its include guard would skip all of it. */
  private isGuarded(found: FoundFile): boolean {
    if (!this.entered.has(found.identity)) return false;
    const trigraphs = !this.options.language.gnu && this.options.language.standard !== 'c23';
    const { guard } = this.cache.scanned(found.text, trigraphs);
    return guard >= 0 && this.identifiers.macro(guard) !== undefined;
  }

  // ---- Directives and pragmas ----

  directive(inArguments: boolean): void {
    const frame = this.expander.frames.at(-1);
    if (frame?.file !== undefined) this.directives.run(frame, frame.file, inArguments);
  }

  lineDirective(
    position: Pos,
    line: number,
    fileName: string | undefined,
    isSystem: boolean | undefined,
  ): void {
    this.dependsOnMain = true;
    this.sources.addLineDirective(position, line, fileName);
    if (isSystem) this.markSystem(position);
    this.event('line', position, line);
  }

  pragma(line: Line, position: Pos): void {
    handlePragma(this.directives.copy(line), position, this);
  }

  pragmaOperator(text: string, position: Pos): void {
    const { tokens } = scan(text, this.interner, { trigraphs: false });
    const copy = this.directives.copy({ tokens, start: 0, end: tokens.length - 1, delta: 0 });
    copy.positions.fill(position);
    handlePragma(copy, position, this);
  }

  expandLine(tokens: TokenColumns): TokenColumns {
    return this.expander.expandLine(tokens, false);
  }

  once(position: Pos): void {
    const file = this.open.at(-1);
    if (file === undefined) return;
    if (this.openFiles().length === 1)
      this.report('pragma-once-in-main', { start: position, end: offsetPos(position, 4) });
    else this.onceFiles.add(file.found.identity);
  }

  systemHeader(position: Pos): void {
    this.markSystem(position);
  }

  private markSystem(position: Pos): void {
    this.dependsOnMain = true;
    const { file, offset } = this.sources.location(position);
    this.pragmaStates?.markSystem(file, offset);
  }

  pushDiagnostics(_position: Pos): void {
    this.dependsOnMain = true;
    this.pragmaStates?.push();
  }

  popDiagnostics(position: Pos): boolean {
    this.dependsOnMain = true;
    return this.pragmaStates?.pop(this.sources, position) ?? true;
  }

  setDiagnostic(position: Pos, group: string, severity: 'ignored' | 'warning' | 'error' | 'fatal'): void {
    this.dependsOnMain = true;
    this.pragmaStates?.set(this.sources, position, group, severity);
  }

  emit(position: Pos, text: string): void {
    this.expander.emitFinal(Tok.Pragma, position, this.interner.intern(text));
  }

  note(position: Pos, text: string): void {
    this.event('pragma', position, this.sources.presumed(position).line, text);
  }
}

/** `<built-in>` and `<command line>`. */
function isBuffer(entry: FileEntry): boolean {
  return entry.name.startsWith('<');
}

/** `-DX=1` as a directive; a newline ends the value, as clang has it. */
function defineLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  const equals = line.indexOf('=');
  return equals < 0 ? `#define ${line} 1` : `#define ${line.slice(0, equals)} ${line.slice(equals + 1)}`;
}
