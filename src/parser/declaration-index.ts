/**
 * One pass over the tokens that finds the external declarations (C11 6.9) and the names in them, without parsing.
 *
 * In: token columns of a translation unit. Out: `DeclarationIndex`, columns of ranges and chains of names.
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
import { type TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { Tok, type TokenKind } from '../lexer/tokens.ts';
import type { Interner } from '../support/interner.ts';
import { PragmaState } from './pragma-state.ts';
import { isDeclarationStart, isTypeSpecifierStart, kindSet } from './vocabulary.ts';

/** Lists of names, one for each entry, with a chain from each name to its entries. */
export class NameChains {
  /** For each note: the name's id, the entry, and the note before it with the same name (-1: none). */
  readonly ids: number[] = [];
  readonly entries: number[] = [];
  private readonly previous: number[] = [];
  private readonly last: Int32Array;

  constructor(numNames: number) {
    this.last = new Int32Array(numNames).fill(-1);
  }

  note(id: number, entry: number): void {
    if (id < 0) return;
    this.previous.push(this.last[id] ?? -1);
    this.last[id] = this.ids.length;
    this.ids.push(id);
    this.entries.push(entry);
  }

  /** Numbers of the entries that note the name, ascending. */
  entriesOf(id: number): number[] {
    const found: number[] = [];
    for (let at = this.last[id] ?? -1; at >= 0; at = this.previous[at] ?? -1) {
      const entry = this.entries[at] ?? 0;
      if (found.at(-1) !== entry) found.push(entry);
    }
    return found.reverse();
  }
}

/** What the index knows about one external declaration. */
export interface EntryRecord {
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

export interface DeclarationIndex {
  readonly records: readonly EntryRecord[];
  readonly ordinary: NameChains;
  readonly definedTags: NameChains;
  readonly mentionedTags: NameChains;
  /** Name id -> number of the first entry that makes it a typedef name, else -1. */
  readonly firstTypedef: Int32Array;
}

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
): DeclarationIndex {
  return new Indexer(tokens, interner, sources).run();
}

class Indexer {
  private readonly kinds: Uint8Array;
  private readonly ids: Int32Array;
  private readonly length: number;
  private readonly records: EntryRecord[] = [];
  private readonly ordinary: NameChains;
  private readonly definedTags: NameChains;
  private readonly mentionedTags: NameChains;
  private readonly firstTypedef: Int32Array;
  private readonly pragmas = new PragmaState();
  private readonly tokens: TokenColumns;
  private readonly interner: Interner;
  private readonly sources: SourceManager;
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

  constructor(tokens: TokenColumns, interner: Interner, sources: SourceManager) {
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
    this.firstTypedef = new Int32Array(interner.size).fill(-1);
    const spellings = keepingAttributes.flatMap((name) => [name, `__${name}__`]);
    this.keepingAttributes = new Set(spellings.map((name) => interner.find(name)).filter((id) => id >= 0));
  }

  run(): DeclarationIndex {
    const { records, ordinary, definedTags, mentionedTags, firstTypedef } = this;
    for (let at = 0; at < this.length; ) {
      if (this.kinds[at] === Tok.Semicolon) at++;
      else at = this.addEntry(at);
    }
    return { records, ordinary, definedTags, mentionedTags, firstTypedef };
  }

  private kind(at: number): TokenKind {
    return at < this.length ? (this.kinds[at] ?? 0) : Tok.EndOfFile;
  }

  private addEntry(start: number): number {
    const { pack, attributePragmas } = this.pragmas;
    this.entry = this.records.length;
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
    return end;
  }

  private beginDeclarator(): void {
    this.hasName = this.hasParameters = this.inInitializer = false;
  }

  /** Scans one declaration; gives the number of the token after it. */
  private scanEntry(start: number): number {
    const kinds = this.kinds;
    const first = this.kind(start);
    if (first === Tok.Pragma) this.applyPragma(start);
    if (first === Tok.Pragma || first === Tok.RightBrace) return start + 1;

    /** Open braces, and the parentheses that were open around each. */
    const braces: number[] = [];
    const parensAround: number[] = [];
    let brace: number = Brace.other;
    let parens = 0;
    /** Parentheses deeper than this are quiet (those of an attribute), while not -1. */
    let quiet = -1;
    let takesEnumerator = false;
    /** K&R parameter declarations go on up to this token. */
    let bodyAhead = -1;
    /** Where the last member of an outermost struct ended. */
    let lastMember = -1;

    for (let at = start; at < this.length; at++) {
      const kind = kinds[at] ?? 0;
      switch (kind) {
        case Tok.Struct:
        case Tok.Union:
        case Tok.Enum: {
          const isTop = braces.length === 0 && parens === 0;
          if (isTop && this.startsNext(at, start, bodyAhead)) return at;
          if (isTop) this.hasType = true;
          const after = this.scanTag(at);
          if (this.kind(after) !== Tok.LeftBrace) {
            at = after - 1;
            break;
          }
          at = after;
          braces.push(brace);
          parensAround.push(parens);
          brace = kind === Tok.Enum ? Brace.enum : Brace.record;
          parens = 0;
          takesEnumerator = true;
          break;
        }
        case Tok.LeftBrace:
          if (braces.length === 0 && parens === 0 && this.hasParameters && !this.inInitializer) {
            this.bodyStart = at;
            return this.afterBody(at);
          }
          // Only `({` opens a brace among parameters: the `)` before this body is missing.
          if (this.lacksParen(at, braces.length)) {
            this.bodyStart = at;
            return this.afterBody(at);
          }
          // A function body inside a struct: the `}` of the struct is missing.
          if (brace === Brace.record && braces.length === 1 && parens === 0 && lastMember > 0)
            return lastMember;
          braces.push(brace);
          parensAround.push(parens);
          brace = Brace.other;
          parens = 0;
          break;
        case Tok.RightBrace: {
          const closed = brace;
          if (braces.length === 0) return at;
          brace = braces.pop() ?? Brace.other;
          parens = parensAround.pop() ?? 0;
          takesEnumerator = false;
          if (braces.length > 0 || parens > 0 || this.inInitializer) break;
          // A brace at file scope that is none of a tag, an initializer or a body: the declaration is broken.
          if (closed === Brace.other) return at + 1;
          if (this.lacksSemicolon(at + 1)) return at + 1;
          break;
        }
        case Tok.LeftParen:
          parens++;
          break;
        case Tok.LeftBracket:
          if (!this.hasName && braces.length === 0 && quiet < 0) quiet = parens;
          parens++;
          break;
        case Tok.RightBracket:
        case Tok.RightParen:
          if (parens > 0) parens--;
          if (parens <= quiet) quiet = -1;
          else if (
            parens === 0 &&
            braces.length === 0 &&
            this.hasName &&
            kind === Tok.RightParen &&
            quiet < 0
          ) {
            this.hasParameters = true;
            if (bodyAhead < 0) bodyAhead = this.oldStyleBody(at);
          }
          break;
        case Tok.Semicolon:
          if (braces.length === 0 && at > bodyAhead) return at + 1;
          if (brace === Brace.record) lastMember = at + 1;
          // Only a statement expression has semicolons inside an initializer: its `}` is missing.
          else if (brace === Brace.other && parensAround.at(-1) === 0 && this.kind(at + 1) !== Tok.RightBrace)
            return at + 1;
          parens = 0;
          quiet = -1;
          break;
        case Tok.Comma:
          if (parens > 0) break;
          if (brace === Brace.enum) takesEnumerator = true;
          else if (braces.length === 0 && at > bodyAhead) this.beginDeclarator();
          break;
        case Tok.Equal:
          if (parens > 0) break;
          if (brace === Brace.enum) takesEnumerator = false;
          else if (braces.length === 0 && at > bodyAhead) this.inInitializer = this.hasInitializer = true;
          break;
        case Tok.Identifier:
          if (brace === Brace.enum && parens === 0) {
            if (takesEnumerator) this.ordinary.note(this.ids[at] ?? -1, this.entry);
          } else if (braces.length === 0 && quiet < 0 && !this.inInitializer && at > bodyAhead) {
            if (parens === 0 && this.hasName && this.isKnownTypedef(at)) return at;
            if (parens === 0 || !this.hasName) this.takeIdentifier(at, parens);
          } else if (quiet >= 0 && this.keepingAttributes.has(this.ids[at] ?? -1)) this.isKept = true;
          break;
        case Tok.Pragma:
          if (braces.length === 0 && parens === 0 && this.hasName) return at;
          this.applyPragma(at);
          break;
        default:
          if (braces.length > 0) break;
          if (hasQuietParens[kind] === 1 && this.kind(at + 1) === Tok.LeftParen && quiet < 0) quiet = parens;
          if (parens > 0 || isDeclarationStart[kind] !== 1) break;
          if (this.startsNext(at, start, bodyAhead)) return at;
          this.noteStorage(kind);
          if (isTypeSpecifierStart[kind] === 1 || (kind === Tok.Atomic && quiet >= 0)) this.hasType = true;
      }
    }
    return this.length;
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
  private startsNext(at: number, start: number, bodyAhead: number): boolean {
    return this.hasName && at > start && at > bodyAhead;
  }

  private lacksParen(at: number, numBraces: number): boolean {
    return numBraces === 0 && this.hasName && !this.inInitializer && this.kind(at - 1) !== Tok.LeftParen;
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
  private takeIdentifier(at: number, parens: number): void {
    const id = this.ids[at] ?? -1;
    const isPrototype = parens === 0 && this.kind(at + 1) === Tok.LeftParen;
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
    if (this.isTypedef && id >= 0 && this.firstTypedef[id] === -1 && !this.hasName) {
      this.firstTypedef[id] = this.entry;
    }
  }

  private isKnownTypedef(at: number): boolean {
    return (this.firstTypedef[this.ids[at] ?? -1] ?? -1) >= 0;
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
    const entry = this.sources.entry(pos);
    const { file } = this.sources.location(pos);
    this.originStart = entry.base;
    this.originEnd = entry.base + entry.length;
    this.isUserRange = file.origin === 'user';
    return this.isUserRange;
  }
}
