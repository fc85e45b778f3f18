/**
 * One pass over the tokens that finds the external declarations (C11 6.9) and the names in them, without parsing.
 *
 * In: token columns of a translation unit, declarations of types folded or not. Out: `DeclarationIndex`, columns of ranges and chains of names.
 *
 * Method: a small automaton follows each declaration at bracket depth 0: specifiers, then a name per declarator (the
 * first identifier after a type, in whatever parentheses), then everything up to `,`, `;` or the body. Below that only
 * tags and enumerators are noted. Function bodies are passed over by counting braces.
 *
 * Invariants: entries are disjoint and ascending; a name that a declaration declares at file scope is always
 * noted (sometimes one more is); broken input ends an entry early, so that the next declaration is found:
 * a `;` closes open parentheses, and a declaration that begins where none can ends the one before it.
 */

import { noPos, type SourceManager } from '../diagnostics/source-manager.ts';
import { FoldedName } from '../lexer/folded-text.ts';
import { type TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { Tok, type TokenKind } from '../lexer/tokens.ts';
import { type FoldedRun, foldedText, type UnitFolds } from '../lexer/unit-folds.ts';
import type { Interner } from '../support/interner.ts';
import { NameChains } from './name-chains.ts';
import { PragmaState } from './pragma-state.ts';
import { isDeclarationStart, isTypeSpecifierStart, kindSet } from './vocabulary.ts';

/** What the index knows about one external declaration. */
export interface EntryRecord {
  /** Its number: declarations are numbered in source order, those in folded runs, too. */
  readonly number: number;
  readonly start: number;
  readonly end: number;
  /** Token number of the `{` of its function body, else -1. */
  readonly bodyStart: number;
  readonly isTypedef: boolean;
  readonly mayEmit: boolean;
  readonly isUserCode: boolean;
  readonly pack: number;
  readonly attributePragmas: readonly number[];
  /** Where its notes end in the chains (they begin where those of the entry before end). */
  readonly ordinaryEnd: number;
  readonly definedEnd: number;
  readonly mentionedEnd: number;
}

/** Declarations of types that stay folded; nothing is noted of them before it is asked for. */
export interface RunRecord {
  /** The number of the first. */
  readonly number: number;
  readonly run: FoldedRun;
  readonly pack: number;
  readonly attributePragmas: readonly number[];
}

export interface DeclarationIndex {
  /** All declarations but those in runs. */
  readonly records: readonly EntryRecord[];
  readonly runs: readonly RunRecord[];
  /** Numbers given so far. */
  readonly size: number;
  readonly ordinary: NameChains;
  readonly definedTags: NameChains;
  readonly mentionedTags: NameChains;
  readonly typedefs: TypedefNames;
}

/** Which entries make a name a typedef name: noted ones, and those in runs that are looked up when a name is asked for. */
export class TypedefNames {
  private readonly interner: Interner;
  private readonly runs: readonly RunRecord[];
  /** By name id: the first entry plus 1, 0 for none. */
  private first: Int32Array;
  /** By name id: how many runs were asked. */
  private asked: Int32Array;

  constructor(interner: Interner, runs: readonly RunRecord[]) {
    this.interner = interner;
    this.runs = runs;
    this.first = new Int32Array(interner.size);
    this.asked = new Int32Array(interner.size);
  }

  note(id: number, entry: number): void {
    if (this.firstOf(id) < 0) this.first[id] = entry + 1;
  }

  /** The number of the first entry, else -1. */
  firstOf(id: number): number {
    if (id < 0) return -1;
    if (this.first[id] === 0 && this.asked[id] === this.runs.length) return -1;
    if (id >= this.first.length) this.grow(id);
    for (let at = this.asked[id] ?? 0; at < this.runs.length && this.first[id] === 0; at++) {
      this.asked[id] = at + 1;
      const row = this.runs[at];
      if (row !== undefined) this.ask(row, id);
    }
    return (this.first[id] ?? 0) - 1;
  }

  private ask(row: RunRecord, id: number): void {
    const [first] = entriesInRun(row, this.interner.text(id), FoldedName.typedef);
    if (first !== undefined) this.first[id] = first + 1;
  }

  private grow(id: number): void {
    const size = Math.max(id + 1, this.interner.size, 64) * 2;
    for (const column of ['first', 'asked'] as const) {
      const longer = new Int32Array(size);
      longer.set(this[column]);
      this[column] = longer;
    }
  }
}

/** The numbers of the entries of a run in which the name is this (see `FoldedName`), ascending. */
export function entriesInRun(row: RunRecord, name: string, kind: number): readonly number[] {
  const { first, end } = row.run;
  const declarations = foldedText(row.run).names.declarationsOf(name, kind);
  if (declarations.length === 0) return declarations;
  const offset = row.number - first;
  return declarations.filter((at) => at >= first && at < end).map((at) => at + offset);
}

/** The number of the first such entry, else -1. */
export function firstInRun(row: RunRecord, name: string, kind: number): number {
  const { first, end } = row.run;
  const found = foldedText(row.run).names.firstOf(name, kind, first);
  return found >= 0 && found < end ? row.number + found - first : -1;
}

/** The answer of `step` while the declaration has not ended. */
const goesOn = -1;

/** What a brace stands for, while it is open. */
const Brace = { record: 0, enum: 1, other: 2 } as const;

/** Followed by parentheses whose identifiers are not declared names. */
const hasQuietParens = kindSet([
  'Attribute',
  'Asm',
  'Alignas',
  'Typeof',
  'TypeofUnqual',
  'StaticAssert',
  'Atomic',
]);

/** After an identifier without a type before it: then the identifier may be the declared name (implicit int). */
const followsImplicitInt = kindSet([
  'LeftParen',
  'Comma',
  'Semicolon',
  'Equal',
  'LeftBracket',
  'RightParen',
  'EndOfFile',
]);

/** Attributes that make a declaration emit something although nothing refers to it. */
const keepingAttributes = ['section', 'used', 'retain', 'constructor', 'destructor'];

/** Parameter declarations of a K&R definition are looked for this far, so that broken input costs linear time. */
const maxOldStyleTokens = 4096;

/** Makes the index. */
export function indexDeclarations(
  tokens: TokenColumns,
  interner: Interner,
  sources: SourceManager,
  folds: UnitFolds,
): DeclarationIndex {
  return new Indexer(tokens, interner, sources, folds).run();
}

class Indexer {
  private readonly kinds: Uint8Array;
  private readonly ids: Int32Array;
  private readonly length: number;
  private readonly records: EntryRecord[] = [];
  private readonly runs: RunRecord[] = [];
  private readonly ordinary: NameChains;
  private readonly definedTags: NameChains;
  private readonly mentionedTags: NameChains;
  private readonly typedefs: TypedefNames;
  private readonly pragmas = new PragmaState();
  private readonly tokens: TokenColumns;
  private readonly interner: Interner;
  private readonly sources: SourceManager;
  private readonly folds: UnitFolds;
  /** Range of positions whose origin was asked for last. */
  private originStart = 0;
  private originEnd = -1;
  private isUserRange = false;
  /** A body without end was met: from now on a declaration in column 1 ends a body. */
  private isUnbalanced = false;

  // State of the declaration under way.
  private entry = 0;
  private isTypedef = false;
  /** A type specifier was seen; the next identifier is a name. */
  private hasType = false;
  private hasName = false;
  /** A parameter list stands after the name. */
  private hasParameters = false;
  private inInitializer = false;
  private bodyStart = -1;
  private isStatic = false;
  private isExtern = false;
  private isInline = false;
  private hasInitializer = false;
  /** It has an attribute that keeps it, referred to or not. */
  private isKept = false;
  /** It declares a name that is not followed by parameters. */
  private hasObject = false;
  private readonly keepingAttributes: ReadonlySet<number>;

  // Where the scan of it stands.
  private start = 0;
  private at = 0;
  /** What the innermost open brace is, what those around it are, and the parentheses open around each. */
  private brace: number = Brace.other;
  private readonly braces: number[] = [];
  private readonly parensAround: number[] = [];
  /** Parentheses and brackets that are open inside the innermost brace. */
  private parens = 0;
  /** Parentheses deeper than this are quiet (those of an attribute), while not -1. */
  private quiet = -1;
  private takesEnumerator = false;
  /** K&R parameter declarations go on up to this token. */
  private bodyAhead = -1;
  /** Where the last member of an outermost struct ended. */
  private lastMember = -1;

  constructor(tokens: TokenColumns, interner: Interner, sources: SourceManager, folds: UnitFolds) {
    this.folds = folds;
    this.tokens = tokens;
    this.interner = interner;
    this.sources = sources;
    this.kinds = tokens.kinds;
    this.ids = tokens.ids;
    const hasEnd = tokens.length > 0 && tokens.kind(tokens.length - 1) === Tok.EndOfFile;
    this.length = hasEnd ? tokens.length - 1 : tokens.length;
    this.ordinary = new NameChains(interner.size);
    this.definedTags = new NameChains(interner.size);
    this.mentionedTags = new NameChains(interner.size);
    this.typedefs = new TypedefNames(interner, this.runs);
    const spellings = keepingAttributes.flatMap((name) => [name, `__${name}__`]);
    this.keepingAttributes = new Set(spellings.map((name) => interner.find(name)).filter((id) => id >= 0));
  }

  run(): DeclarationIndex {
    const { records, runs, ordinary, definedTags, mentionedTags, typedefs } = this;
    for (let at = 0; at < this.length; ) {
      if (this.kinds[at] === Tok.Semicolon || this.addRun(at)) at++;
      else at = this.addEntry(at);
    }
    return { records, runs, size: this.entry, ordinary, definedTags, mentionedTags, typedefs };
  }

  /** Takes several folded declarations as they are. */
  private addRun(at: number): boolean {
    const run = this.kinds[at] === Tok.Folded ? this.folds.run(this.ids[at] ?? -1) : undefined;
    if (run === undefined || run.end - run.first === 1) return false;
    const { pack, attributePragmas } = this.pragmas;
    this.runs.push({ number: this.entry, run, pack, attributePragmas });
    this.entry += run.end - run.first;
    return true;
  }

  private kind(at: number): TokenKind {
    return at < this.length ? (this.kinds[at] ?? 0) : Tok.EndOfFile;
  }

  private addEntry(start: number): number {
    const { pack, attributePragmas } = this.pragmas;
    this.isTypedef = this.hasType = this.inInitializer = false;
    this.isStatic =
      this.isExtern =
      this.isInline =
      this.hasInitializer =
      this.isKept =
      this.hasObject =
        false;
    this.bodyStart = -1;
    this.beginDeclarator();
    const end = this.scanEntry(start);
    this.records.push({
      number: this.entry,
      start,
      end,
      bodyStart: this.bodyStart,
      isTypedef: this.isTypedef,
      mayEmit: this.mayEmit(start),
      isUserCode: this.isUserCode(start),
      pack,
      attributePragmas,
      ordinaryEnd: this.ordinary.ids.length,
      definedEnd: this.definedTags.ids.length,
      mentionedEnd: this.mentionedTags.ids.length,
    });
    this.entry++;
    return end;
  }

  private beginDeclarator(): void {
    this.hasName = this.hasParameters = this.inInitializer = false;
  }

  /** Scans one declaration; gives the number of the token after it. */
  private scanEntry(start: number): number {
    const first = this.kind(start);
    if (first === Tok.Pragma) this.applyPragma(start);
    if (first === Tok.Folded) this.takeFolded(start, true);
    if (first === Tok.Pragma || first === Tok.Folded || first === Tok.RightBrace) return start + 1;
    this.start = start;
    this.braces.length = this.parensAround.length = this.parens = 0;
    this.brace = Brace.other;
    this.quiet = this.bodyAhead = this.lastMember = -1;
    for (this.at = start; this.at < this.length; this.at++) {
      const end = this.step(this.kinds[this.at] ?? 0, this.at);
      if (end !== goesOn) return end;
    }
    return this.length;
  }

  /** Takes one token; gives the end of the declaration when this token decides it. */
  private step(kind: TokenKind, at: number): number {
    switch (kind) {
      case Tok.Struct:
      case Tok.Union:
      case Tok.Enum:
        return this.takeTag(kind, at);
      case Tok.LeftBrace:
        return this.openBrace(at);
      case Tok.RightBrace:
        return this.closeBrace(at);
      case Tok.LeftParen:
        this.parens++;
        return goesOn;
      case Tok.LeftBracket:
        // Before a name, only C23 attributes have brackets.
        if (!this.hasName && this.braces.length === 0 && this.quiet < 0) this.quiet = this.parens;
        this.parens++;
        return goesOn;
      case Tok.RightBracket:
      case Tok.RightParen:
        return this.closeParen(kind, at);
      case Tok.Semicolon:
        return this.takeSemicolon(at);
      case Tok.Comma:
      case Tok.Equal:
        if (this.parens === 0) this.takeSeparator(kind, at);
        return goesOn;
      case Tok.Identifier:
        return this.takeIdentifier(at);
      case Tok.Pragma:
        this.applyPragma(at);
        return goesOn;
      case Tok.Folded:
        // A declaration of its own: the one before it lacks its end.
        if (this.braces.length === 0) return at;
        this.takeFolded(at, false);
        return goesOn;
      default:
        return this.braces.length > 0 ? goesOn : this.takeKeyword(kind, at);
    }
  }

  /** Notes what the walk over the tokens of a folded declaration would have noted; typedefs only at file scope. */
  private takeFolded(at: number, isFileScope: boolean): void {
    this.folds.eachName(this.ids[at] ?? -1, (name, kind) => {
      const id = this.interner.intern(name);
      if (kind === FoldedName.definedTag) this.definedTags.note(id, this.entry);
      else if (kind === FoldedName.mentionedTag) this.mentionedTags.note(id, this.entry);
      else if (kind === FoldedName.enumerator) this.ordinary.note(id, this.entry);
      else if (isFileScope) {
        this.isTypedef = true;
        this.declare(id);
      }
    });
  }

  private takeTag(kind: TokenKind, at: number): number {
    if (this.braces.length === 0 && this.parens === 0) {
      if (this.startsNext(at)) return at;
      this.hasType = true;
    }
    const after = this.scanTag(at);
    if (this.kind(after) !== Tok.LeftBrace) {
      this.at = after - 1;
      return goesOn;
    }
    this.at = after;
    this.pushBrace(kind === Tok.Enum ? Brace.enum : Brace.record);
    this.takesEnumerator = true;
    return goesOn;
  }

  private pushBrace(brace: number): void {
    this.braces.push(this.brace);
    this.parensAround.push(this.parens);
    this.brace = brace;
    this.parens = 0;
  }

  private openBrace(at: number): number {
    if (this.braces.length === 0 && this.hasName && !this.inInitializer) {
      // Only `({` opens a brace among parameters; before another one, the `)` is missing.
      const isBody = this.parens === 0 ? this.hasParameters : this.kind(at - 1) !== Tok.LeftParen;
      if (isBody) {
        this.bodyStart = at;
        return this.afterBody(at);
      }
    }
    // A function body inside a struct: the `}` of the struct is missing.
    const isInRecord = this.brace === Brace.record && this.braces.length === 1 && this.parens === 0;
    if (isInRecord && this.lastMember > 0) return this.lastMember;
    this.pushBrace(Brace.other);
    return goesOn;
  }

  private closeBrace(at: number): number {
    const closed = this.brace;
    if (this.braces.length === 0) return at;
    this.brace = this.braces.pop() ?? Brace.other;
    this.parens = this.parensAround.pop() ?? 0;
    this.takesEnumerator = false;
    if (this.braces.length > 0 || this.parens > 0 || this.inInitializer) return goesOn;
    // A brace at file scope that is none of a tag, an initializer or a body: the declaration is broken.
    return closed === Brace.other || this.lacksSemicolon(at + 1) ? at + 1 : goesOn;
  }

  private closeParen(kind: TokenKind, at: number): number {
    if (this.parens > 0) this.parens--;
    if (this.parens <= this.quiet) this.quiet = -1;
    else if (kind === Tok.RightParen && this.isBetweenDeclarators() && this.hasName) {
      this.hasParameters = true;
      if (this.bodyAhead < 0) this.bodyAhead = this.oldStyleBody(at);
    }
    return goesOn;
  }

  private isBetweenDeclarators(): boolean {
    return this.parens === 0 && this.braces.length === 0 && this.quiet < 0;
  }

  private takeSemicolon(at: number): number {
    if (this.braces.length === 0 && at > this.bodyAhead) return at + 1;
    if (this.brace === Brace.record) this.lastMember = at + 1;
    else if (this.brace === Brace.other && this.parensAround.at(-1) === 0) {
      // Only a statement expression has semicolons inside an initializer: its `}` is missing.
      if (this.kind(at + 1) !== Tok.RightBrace) return at + 1;
    }
    this.parens = 0;
    this.quiet = -1;
    return goesOn;
  }

  /** A `,` or `=` outside parentheses. */
  private takeSeparator(kind: TokenKind, at: number): void {
    if (this.brace === Brace.enum) this.takesEnumerator = kind === Tok.Comma;
    else if (this.braces.length > 0 || at <= this.bodyAhead) return;
    else if (kind === Tok.Comma) this.beginDeclarator();
    else this.inInitializer = this.hasInitializer = true;
  }

  private takeIdentifier(at: number): number {
    const id = this.ids[at] ?? -1;
    if (this.brace === Brace.enum && this.parens === 0) {
      if (this.takesEnumerator) this.ordinary.note(id, this.entry);
    } else if (this.quiet >= 0) {
      if (this.keepingAttributes.has(id)) this.isKept = true;
    } else if (this.braces.length === 0 && !this.inInitializer && at > this.bodyAhead) {
      if (this.parens === 0 && this.hasName && this.isKnownTypedef(at)) return at;
      if (this.parens === 0 || !this.hasName) this.takeTypeOrName(at);
    }
    return goesOn;
  }

  /** A keyword or any other token outside braces. */
  private takeKeyword(kind: TokenKind, at: number): number {
    if (hasQuietParens[kind] === 1 && this.kind(at + 1) === Tok.LeftParen && this.quiet < 0) {
      this.quiet = this.parens;
    }
    if (this.parens > 0 || isDeclarationStart[kind] !== 1) return goesOn;
    if (this.startsNext(at)) return at;
    this.noteStorage(kind);
    if (isTypeSpecifierStart[kind] === 1 || (kind === Tok.Atomic && this.quiet >= 0)) this.hasType = true;
    return goesOn;
  }

  private noteStorage(kind: TokenKind): void {
    if (kind === Tok.Typedef) this.isTypedef = true;
    else if (kind === Tok.Static) this.isStatic = true;
    else if (kind === Tok.Extern) this.isExtern = true;
    else if (kind === Tok.Inline) this.isInline = true;
  }

  /** See `IndexEntry.mayEmit`. An `extern inline` definition is one (6.7.4 p7); a tentative one too (6.9.2). */
  private mayEmit(start: number): boolean {
    if (this.isTypedef) return false;
    if (this.isKept || this.kind(start) === Tok.Asm) return true;
    if (this.isStatic) return false;
    if (this.bodyStart >= 0) return !this.isInline || this.isExtern;
    return this.hasInitializer || (this.hasObject && !this.isExtern);
  }

  /** Does a declaration specifier at file scope begin the next declaration, because a semicolon is missing? */
  private startsNext(at: number): boolean {
    return this.hasName && at > this.start && at > this.bodyAhead;
  }

  /** Is the token after the body of a tag the begin of another declaration? */
  private lacksSemicolon(at: number): boolean {
    const kind = this.kind(at);
    if (isTypeSpecifierStart[kind] === 1) return true;
    if (kind === Tok.Identifier) return this.isKnownTypedef(at) && this.kind(at + 1) === Tok.Identifier;
    const isStorage =
      kind === Tok.Typedef || kind === Tok.Extern || kind === Tok.Static || kind === Tok.Inline;
    return isStorage && (this.tokens.flag(at) & TokenFlag.startOfLine) !== 0;
  }

  /** An identifier at file scope, outside initializers: a type or a declared name. */
  private takeTypeOrName(at: number): void {
    const id = this.ids[at] ?? -1;
    const isPrototype = this.parens === 0 && this.kind(at + 1) === Tok.LeftParen;
    if (this.hasType) {
      if (!isPrototype) this.hasObject = true;
      this.declare(id);
      this.hasName = true;
      return;
    }
    this.hasType = true;
    if (this.isKnownTypedef(at) || followsImplicitInt[this.kind(at + 1)] !== 1) return;
    // Implicit int, or a macro that is not defined.
    if (!isPrototype) this.hasObject = true;
    this.declare(id);
    this.hasName = true;
  }

  private declare(id: number): void {
    this.ordinary.note(id, this.entry);
    if (this.isTypedef && id >= 0 && !this.hasName) this.typedefs.note(id, this.entry);
  }

  private isKnownTypedef(at: number): boolean {
    return this.typedefs.firstOf(this.ids[at] ?? -1) >= 0;
  }

  /** Notes the tag after `struct`, `union` or `enum`; gives the token after it (and after `: type`). */
  private scanTag(at: number): number {
    let next = at + 1;
    while (this.kind(next) === Tok.Attribute || this.kind(next) === Tok.LeftBracket) {
      if (this.kind(next) === Tok.Attribute) next++;
      next = this.afterGroup(next);
    }
    const hasTag = this.kind(next) === Tok.Identifier;
    const id = hasTag ? (this.ids[next] ?? -1) : -1;
    if (hasTag) next++;
    const after = this.kind(at) === Tok.Enum ? this.afterUnderlyingType(next) : next;
    const isDefined = this.kind(after) === Tok.LeftBrace;
    (isDefined ? this.definedTags : this.mentionedTags).note(id, this.entry);
    return isDefined ? after : next;
  }

  /** The `{` after `: type`, when there is one. */
  private afterUnderlyingType(at: number): number {
    if (this.kind(at) !== Tok.Colon) return at;
    let next = at + 1;
    while (this.kind(next) === Tok.Identifier || isDeclarationStart[this.kind(next)] === 1) next++;
    return next;
  }

  /** The token after a group of parentheses or brackets that opens at `at`, or `at` when none does. */
  private afterGroup(at: number): number {
    let depth = 0;
    for (let next = at; next < this.length; next++) {
      const kind = this.kinds[next];
      if (kind === Tok.LeftParen || kind === Tok.LeftBracket) depth++;
      else if (kind === Tok.RightParen || kind === Tok.RightBracket) depth--;
      else if (kind === Tok.Semicolon || kind === Tok.LeftBrace || kind === Tok.RightBrace) return next;
      if (depth === 0) return next + 1;
    }
    return this.length;
  }

  /** The token after the body that opens at `at`. */
  private afterBody(at: number): number {
    const kinds = this.kinds;
    let depth = 0;
    for (let next = at; next < this.length; next++) {
      const kind = kinds[next];
      if (kind === Tok.LeftBrace) depth++;
      else if (kind === Tok.RightBrace && --depth === 0) return next + 1;
      else if (this.isUnbalanced && next > at && this.isAtLeftEdge(next)) return next;
    }
    if (this.isUnbalanced) return this.length;
    this.isUnbalanced = true;
    return this.afterBody(at);
  }

  /** Does a declaration begin in column 1? So the next function is found when a `}` is missing. */
  private isAtLeftEdge(at: number): boolean {
    if ((this.tokens.flag(at) & TokenFlag.startOfLine) === 0) return false;
    const kind = this.kind(at);
    if (isDeclarationStart[kind] !== 1 && kind !== Tok.Attribute && !this.isKnownTypedef(at)) return false;
    return this.sources.location(this.tokens.position(at)).column === 1;
  }

  /**
   * The `{` of a K&R definition (6.9.1) whose identifier list closes at `at`, else -1: declarations that end in `;` and
   * contain neither braces nor initializers come before it.
   */
  private oldStyleBody(at: number): number {
    const first = this.kind(at + 1);
    if (isDeclarationStart[first] !== 1 && !(first === Tok.Identifier && this.isKnownTypedef(at + 1)))
      return -1;
    if (this.kind(at - 1) !== Tok.Identifier) return -1;
    const limit = Math.min(this.length, at + maxOldStyleTokens);
    for (let next = at + 1; next < limit; next++) {
      const kind = this.kinds[next];
      if (kind === Tok.LeftBrace) return this.kinds[next - 1] === Tok.Semicolon ? next : -1;
      if (kind === Tok.Equal || kind === Tok.RightBrace || kind === Tok.Typedef || kind === Tok.Extern)
        return -1;
      if (kind === Tok.Static || kind === Tok.Pragma) return -1;
    }
    return -1;
  }

  private applyPragma(at: number): void {
    this.pragmas.apply(this.interner.text(this.ids[at] ?? -1), at);
  }

  private isUserCode(at: number): boolean {
    const pos = this.tokens.position(at);
    if (pos >= this.originStart && pos <= this.originEnd) return this.isUserRange;
    if (pos === noPos) return false;
    const { sources } = this;
    const entry = sources.entry(pos);
    const file = sources.entry(sources.expansion(pos));
    this.originStart = entry.base;
    this.originEnd = entry.base + entry.length;
    this.isUserRange = file.kind === 'file' && file.origin === 'user';
    return this.isUserRange;
  }
}
