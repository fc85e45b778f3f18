/**
 * Text -> token columns: translation phases 1 to 3 of C11 5.1.1.2, with GNU C's spellings.
 *
 * In: Latin-1 text of one file (a character a byte) and the session's interner. Out: preprocessing tokens whose
 * positions are offsets into the text, `EndOfFile` last, and the numbers of the tokens that begin a directive.
 * Keywords are still identifiers. A spelling is interned without its line splices.
 *
 * The scanner reports nothing, so that its result can be cached and so that text in skipped groups is free: what
 * begins no token, and a literal without its end, is an `Unknown` token, and who uses it complains.
 *
 * Method: one loop over character codes; classes from a table, punctuators from an automaton. A token that meets
 * a backslash or a trigraph leaves for `scanSpliced`, which looks at a copy of the text without splices.
 * Trigraphs (5.2.1.1), where they are on, are replaced before scanning by as many units: fillers (no byte) and the character.
 */

import type { Interner } from '../support/interner.ts';
import { decodeUtf8, encodeUtf8 } from '../support/utf8.ts';
import {
  CharacterClass,
  characterClasses,
  isForbiddenInIdentifier,
  isIdentifierPart,
  isIdentifierStart,
} from './characters.ts';
import { FoldedText, Folder } from './folded-text.ts';
import { punctuatorAutomaton, startState } from './punctuators.ts';
import { TokenColumns, TokenFlag } from './token-columns.ts';
import { Tok, type TokenKind } from './tokens.ts';

export interface ScannedText {
  /** Positions are offsets into the text. */
  readonly tokens: TokenColumns;
  /** Numbers of the `#` tokens that stand first on a line, ascending. */
  readonly directives: Int32Array;
  /** Offset of a comment that does not end, else -1. */
  readonly unterminatedComment: number;
  /** Offset of the first NUL between tokens, else -1. */
  readonly nullCharacter: number;
  /** What stands behind the tokens that are `Folded`. */
  readonly folded: FoldedText;
  readonly foldedTokens: FoldedTokens;
}

export interface ScanOptions {
  readonly trigraphs: boolean;
  /** Declarations of types become `Folded` tokens where they can. */
  readonly folds?: boolean;
}

/** Scans a whole file. */
export function scan(text: string, interner: Interner, options: ScanOptions): ScannedText {
  const translated = options.trigraphs && text.includes('??') ? replaceTrigraphs(text) : text;
  const ended = withEnd(translated);
  const folder = new Folder(ended, options.folds === true && !options.trigraphs);
  const names = new ScannerNames(interner);
  const scanner = new Scanner(ended, folder, interner, names, 0, translated.length);
  scanner.scanAll();
  scanner.finishFile();
  const folded = new FoldedText(ended, folder);
  return {
    tokens: scanner.tokens.trimmed(),
    directives: Int32Array.from(scanner.directives),
    unterminatedComment: scanner.unterminatedComment,
    nullCharacter: scanner.nullCharacter,
    folded,
    foldedTokens: new FoldedTokens(folded, interner),
  };
}

/** A text whose end stops every loop over character classes: a newline or NUL. */
export function withEnd(text: string): string {
  // `join` gives a flat string, `+` a rope.
  return text.endsWith('\n') ? text : [text, '\0'].join('');
}

/** Scans the declaration behind a `Folded` token; positions are offsets into the text, as they would have been. */
function scanFolded(
  folded: FoldedText,
  declaration: number,
  interner: Interner,
  names: ScannerNames,
): TokenColumns {
  const { text, columns } = folded;
  const [start, end] = [columns.starts[declaration] ?? 0, columns.ends[declaration] ?? 0];
  const scanner = new Scanner(text, new Folder(text, false), interner, names, start, end);
  scanner.scanAll();
  return scanner.tokens.trimmed();
}

/**
 * The tokens of the declarations that are folded in a text, each scanned when it is first wanted and kept as long as the text's
 * own tokens. They are never changed.
 */
export class FoldedTokens {
  readonly folded: FoldedText;
  private readonly interner: Interner;
  private names: ScannerNames | undefined;
  private readonly scanned = new Map<number, TokenColumns>();

  constructor(folded: FoldedText, interner: Interner) {
    this.folded = folded;
    this.interner = interner;
  }

  of(declaration: number): TokenColumns {
    const known = this.scanned.get(declaration);
    if (known !== undefined) return known;
    this.names ??= new ScannerNames(this.interner);
    const tokens = scanFolded(this.folded, declaration, this.interner, this.names);
    this.scanned.set(declaration, tokens);
    return tokens;
  }
}

/** Ids of the names that a scanner compares with. */
class ScannerNames {
  readonly punctuators: Int32Array;
  /** Directives that a header name may stand behind. */
  readonly headerNameDirectives: ReadonlySet<number>;

  constructor(interner: Interner) {
    this.punctuators = Int32Array.from(spellings, (spelling) => interner.intern(spelling));
    this.headerNameDirectives = new Set(
      ['include', 'include_next', 'import'].map((name) => interner.intern(name)),
    );
  }
}

const { blank, newline, identifierStart, identifierPart, digit } = CharacterClass;
const { next: nextState, accepts, spellings } = punctuatorAutomaton;

const code = (character: string) => character.charCodeAt(0);
const backslash = code('\\');
const lineFeed = code('\n');
const carriageReturn = code('\r');
const slash = code('/');
const star = code('*');
const dot = code('.');
const doubleQuote = code('"');
const singleQuote = code("'");
const lessThan = code('<');
/** Stands where a trigraph was longer than what it means; no byte has this code. */
const filler = '\uffff';

/** First letters of `struct`, `union`, `enum` and `typedef`. */
const beginsFold = Uint8Array.from({ length: 128 }, (_, character) =>
  'suet'.includes(String.fromCharCode(character)) ? 1 : 0,
);

/** Results of {@link literalEnd} that are no offset. */
const unterminated = -1;
const spliced = -2;

class Scanner {
  readonly tokens: TokenColumns;
  readonly directives: number[] = [];
  unterminatedComment = -1;
  nullCharacter = -1;
  private readonly text: string;
  private readonly length: number;
  private readonly interner: Interner;
  private readonly names: ScannerNames;
  private readonly folder: Folder;
  private at: number;
  private flags: number = TokenFlag.startOfLine;
  /** Where the next `*` before a backslash may be. */
  private starSplice = -1;

  constructor(
    text: string,
    folder: Folder,
    interner: Interner,
    names: ScannerNames,
    start: number,
    end: number,
  ) {
    this.names = names;
    this.folder = folder;
    this.text = text;
    this.at = start;
    this.length = end;
    this.interner = interner;
    this.tokens = new TokenColumns(((end - start) >> 3) + 16);
  }

  scanAll(): void {
    const { text, length, interner, tokens } = this;
    if (this.at === 0 && text.startsWith('\xef\xbb\xbf')) this.at = 3;
    while (this.at < length) {
      const start = this.at;
      const first = text.charCodeAt(start);
      const bits = characterClasses[first] ?? 0;
      if ((bits & identifierStart) !== 0 && first < 0x80) {
        if (this.flags === TokenFlag.startOfLine && beginsFold[first] === 1 && this.foldDeclaration(start))
          continue;
        const end = plainNameEnd(text, start + 1);
        const last = text.charCodeAt(end);
        if (last === backslash || last >= 0x80 || last === doubleQuote || last === singleQuote) {
          this.scanSlowly(start);
        } else {
          const id = interner.internRange(text, start, end);
          tokens.push(Tok.Identifier, start, id, this.flags);
          this.flags = 0;
          this.at = end;
          if (this.directives.length !== 0) this.scanHeaderName(id);
        }
      } else if ((bits & blank) !== 0) {
        this.flags |= TokenFlag.leadingSpace;
        this.at = start + 1;
      } else if ((bits & newline) !== 0) {
        this.flags = TokenFlag.startOfLine;
        this.at = start + 1;
      } else if ((bits & digit) !== 0) {
        this.finish(Tok.Number, start, numberEnd(text, start));
      } else if (first === slash && this.skipComment(start, start + 1)) {
        this.flags |= TokenFlag.leadingSpace;
      } else {
        this.scanOther(start, first);
      }
    }
  }

  finishFile(): void {
    const { tokens, length, interner } = this;
    tokens.push(Tok.EndOfFile, length, interner.intern(''), this.flags | TokenFlag.startOfLine);
  }

  /** Literals, punctuators, splices and everything unusual. */
  private scanOther(start: number, first: number): void {
    const { text } = this;
    if (first === doubleQuote || first === singleQuote) return this.scanLiteral(start, start);
    if (first === dot && isDigit(text.charCodeAt(start + 1))) {
      return this.finish(Tok.Number, start, numberEnd(text, start));
    }
    let state = nextState[startState * 128 + first] ?? 0;
    if (first >= 0x80 || state === 0) return this.scanSlowly(start);
    let end = start + 1;
    let acceptedEnd = end;
    let accepted = state;
    for (;;) {
      const following = text.charCodeAt(end);
      if (following === backslash || following > 0xff) return this.scanSlowly(start);
      state = following < 0x80 ? (nextState[state * 128 + following] ?? 0) : 0;
      if (state === 0) break;
      end++;
      if ((accepts[state] ?? 0) !== 0) {
        accepted = state;
        acceptedEnd = end;
      }
    }
    this.push(accepts[accepted] ?? Tok.Unknown, start, acceptedEnd, this.names.punctuators[accepted] ?? 0);
  }

  /** Folds the declaration that may begin here, behind the end of another one. */
  private foldDeclaration(start: number): boolean {
    const { tokens, folder } = this;
    const last = tokens.length === 0 ? Tok.Semicolon : tokens.kind(tokens.length - 1);
    const isBehindEnd = last === Tok.Semicolon || last === Tok.Folded || last === Tok.RightBrace;
    if (!isBehindEnd && !this.isBehindDirective()) return false;
    const declaration = folder.fold(start);
    if (declaration < 0) return false;
    tokens.push(Tok.Folded, start, declaration, this.flags);
    this.flags = 0;
    this.at = folder.ends[declaration] ?? start;
    return true;
  }

  /** Is the last token in the line of a directive? */
  private isBehindDirective(): boolean {
    const { tokens, directives } = this;
    const last = directives.at(-1) ?? -1;
    let first = tokens.length - 1;
    while (first > last && (tokens.flag(first) & TokenFlag.startOfLine) === 0) first--;
    return first === last;
  }

  /** Scans the literal at `start`, whose opening quote is at `quote`. */
  private scanLiteral(start: number, quote: number): void {
    const { text } = this;
    const end = literalEnd(text, quote);
    if (end === spliced) return this.scanSlowly(start);
    const isCharacter = text.charCodeAt(quote) === singleQuote;
    if (end === unterminated) return this.finish(Tok.Unknown, start, lineEnd(text, quote));
    const isEmpty = isCharacter && end === quote + 2;
    this.finish(isEmpty ? Tok.Unknown : isCharacter ? Tok.Character : Tok.String, start, end);
  }

  /** Ends a token whose spelling is the text from `start` to `end`, unless a splice makes it longer. */
  private finish(kind: TokenKind, start: number, end: number): void {
    const last = this.text.charCodeAt(end);
    if (last === backslash || last > 0xff) return this.scanSlowly(start);
    this.push(kind, start, end, this.interner.internRange(this.text, start, end));
  }

  private push(kind: TokenKind, start: number, end: number, id: number): void {
    if (kind === Tok.Hash && (this.flags & TokenFlag.startOfLine) !== 0)
      this.directives.push(this.tokens.length);
    this.tokens.push(kind, start, id, this.flags);
    this.flags = 0;
    this.at = end;
  }

  /** What the fast loop left: splices and NULs between tokens, prefixed literals, UTF-8, tokens with splices. */
  private scanSlowly(start: number): void {
    const afterSplice = spliceEnd(this.text, start);
    if (afterSplice > start) {
      this.at = afterSplice;
      return;
    }
    if (this.text.charCodeAt(start) === 0) {
      if (this.nullCharacter < 0) this.nullCharacter = start;
      this.flags |= TokenFlag.leadingSpace;
      this.at = start + 1;
      return;
    }
    this.scanSpliced(start);
  }

  /** Scans the token at `start` in a copy of the text without splices, made longer until the token ends inside. */
  private scanSpliced(start: number): void {
    for (let limit = 64; ; limit *= 4) {
      const { text, offsets, isWhole } = withoutSplices(this.text, start, limit);
      const { kind, length } = matchToken(text);
      if (length >= text.length - 4 && !isWhole) continue;
      const end = offsets[length] ?? this.length;
      if (kind === commentStart) {
        this.skipComment(start, end - 1);
        this.flags |= TokenFlag.leadingSpace;
        return;
      }
      const spelling = text.slice(0, length);
      const isName = kind === Tok.Identifier && spelling.includes('\\');
      const id = this.interner.intern(isName ? decodeUniversalNames(spelling) : spelling);
      this.push(kind, start, end, id);
      if (kind === Tok.Identifier && this.directives.length !== 0) this.scanHeaderName(id);
      return;
    }
  }

  /** True, and the comment skipped, when the second character of a comment's start is at `second`. */
  private skipComment(start: number, second: number): boolean {
    const { text } = this;
    const kind = text.charCodeAt(second);
    if (kind === slash) {
      this.at = lineEnd(text, second + 1);
      return true;
    }
    if (kind !== star) return false;
    const end = this.commentEnd(second + 1);
    if (end < 0) this.unterminatedComment = start;
    this.at = end < 0 ? this.length : end;
    return true;
  }

  /** The offset behind the comment whose inside begins at `at`, or -1. */
  private commentEnd(at: number): number {
    const { text } = this;
    const plainEnd = text.indexOf('*/', at);
    const limit = plainEnd < 0 ? text.length : plainEnd;
    // A splice may part the star from the slash. The next star before a backslash is looked for once, not per comment.
    while (this.starSplice < limit) {
      const star = this.starSplice;
      if (star >= at) {
        const after = spliceEnd(text, star + 1);
        if (after > star + 1 && text.charCodeAt(after) === slash) return after + 1;
      }
      const next = text.indexOf('*\\', star + 1);
      this.starSplice = next < 0 ? Number.POSITIVE_INFINITY : next;
    }
    return plainEnd < 0 ? -1 : plainEnd + 2;
  }

  /** Scans `<...>` as one token when the identifier just pushed is the name of an `#include` directive (6.4.7). */
  private scanHeaderName(id: number): void {
    const { text, tokens } = this;
    if (this.directives.at(-1) !== tokens.length - 2 || !this.names.headerNameDirectives.has(id)) return;
    let at = this.at;
    while (((characterClasses[text.charCodeAt(at)] ?? 0) & blank) !== 0) at++;
    if (text.charCodeAt(at) !== lessThan) return;
    const close = text.indexOf('>', at);
    if (close < 0 || close >= lineEnd(text, at)) return;
    this.flags = at > this.at ? TokenFlag.leadingSpace : 0;
    this.push(Tok.HeaderName, at, close + 1, this.interner.internRange(text, at, close + 1));
  }
}

/** A `kind` beside the token kinds, for {@link matchToken}. */
const commentStart = 255;

interface Match {
  readonly kind: TokenKind;
  readonly length: number;
}

/** The token at the start of a text without splices. */
function matchToken(text: string): Match {
  const first = text.charCodeAt(0);
  const second = text.charCodeAt(1);
  if (first === slash && (second === slash || second === star)) return { kind: commentStart, length: 2 };
  if (isDigit(first) || (first === dot && isDigit(second)))
    return { kind: Tok.Number, length: numberEnd(text, 0) };
  const nameLength = identifierEnd(text, 0);
  const prefix = text.slice(0, nameLength);
  const quote = text.charCodeAt(nameLength);
  const mayPrefix = prefix === '' || prefix === 'L' || prefix === 'u' || prefix === 'U' || prefix === 'u8';
  if (mayPrefix && (quote === doubleQuote || quote === singleQuote)) return matchLiteral(text, nameLength);
  if (nameLength > 0) return { kind: Tok.Identifier, length: nameLength };
  let state = startState;
  let best: Match = { kind: Tok.Unknown, length: decodeUtf8(text, 0).length };
  for (let at = 0; at < text.length && text.charCodeAt(at) < 0x80; ) {
    state = nextState[state * 128 + text.charCodeAt(at++)] ?? 0;
    if (state === 0) break;
    if ((accepts[state] ?? 0) !== 0) best = { kind: accepts[state] ?? Tok.Unknown, length: at };
  }
  return best;
}

function matchLiteral(text: string, quote: number): Match {
  const end = literalEnd(text, quote);
  if (end < 0) return { kind: Tok.Unknown, length: lineEnd(text, quote) };
  if (text.charCodeAt(quote) === doubleQuote) return { kind: Tok.String, length: end };
  return { kind: end === quote + 2 ? Tok.Unknown : Tok.Character, length: end };
}

/** The end of the ASCII letters and digits at `at`; a function of its own, so that it is compiled early. */
function plainNameEnd(text: string, at: number): number {
  let end = at;
  for (;;) {
    const character = text.charCodeAt(end);
    if (character >= 0x80 || ((characterClasses[character] ?? 0) & identifierPart) === 0) return end;
    end++;
  }
}

function isDigit(character: number): boolean {
  return character >= 0x30 && character <= 0x39;
}

/** The end of the identifier at `at` (6.4.2.1), `at` itself where none begins. */
function identifierEnd(text: string, at: number): number {
  let end = at;
  for (;;) {
    const character = text.charCodeAt(end);
    if (character === backslash) {
      const name = universalName.exec(text.slice(end, end + 10));
      if (name === null) return end;
      end += name[0].length;
    } else if (character >= 0x80 && character <= 0xff) {
      const { codePoint, length } = decodeUtf8(text, end);
      if (isForbiddenInIdentifier(codePoint)) return end;
      end += length;
    } else if (end === at ? isIdentifierStart(character) : isIdentifierPart(character)) {
      end++;
    } else {
      return end;
    }
  }
}

/** A universal character name (6.4.3). */
const universalName = /^\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/;

function decodeUniversalNames(spelling: string): string {
  return spelling.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g,
    (whole, short?: string, long?: string) => {
      const codePoint = Number.parseInt(short ?? long ?? '0', 16);
      return codePoint > 0x10ffff ? whole : encodeUtf8(codePoint);
    },
  );
}

/** The end of the preprocessing number at `at` (6.4.8). */
function numberEnd(text: string, at: number): number {
  let end = at + 1;
  for (;;) {
    const character = text.charCodeAt(end);
    if (isIdentifierPart(character) || character === dot) {
      end++;
      const isExponent = character === 0x65 || character === 0x45 || character === 0x70 || character === 0x50;
      const sign = text.charCodeAt(end);
      if (isExponent && (sign === 0x2b || sign === 0x2d)) end++;
    } else if (character === singleQuote && isIdentifierPart(text.charCodeAt(end + 1))) {
      // A digit separator (C23 6.4.4.1); before C23 nothing that has a meaning looks like that.
      end += 2;
    } else {
      return end;
    }
  }
}

/** The end of the literal whose opening quote is at `quote`, or {@link unterminated} or {@link spliced}. */
function literalEnd(text: string, quote: number): number {
  const close = text.charCodeAt(quote);
  for (let at = quote + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === close) return at + 1;
    if (character === backslash) {
      if (spliceEnd(text, at) > at) return spliced;
      at++;
    } else if (character === lineFeed || character === carriageReturn) {
      return unterminated;
    } else if (character > 0xff) {
      return spliced;
    }
  }
  return unterminated;
}

/** The end of the logical line that `at` is in: its newline, or the end of the text. */
function lineEnd(text: string, at: number): number {
  const last = text.length - (text.endsWith('\0') ? 1 : 0);
  for (let end = at; end < last; end++) {
    const character = text.charCodeAt(end);
    if (character === lineFeed || character === carriageReturn) return end;
    if (character === backslash) end = Math.max(end, spliceEnd(text, end) - 1);
  }
  return last;
}

/** The offset behind the splices and fillers at `at`; `at` itself where there are none (5.1.1.2 p1). */
function spliceEnd(text: string, at: number): number {
  let end = at;
  for (;;) {
    if (text.charCodeAt(end) > 0xff) {
      end++;
      continue;
    }
    if (text.charCodeAt(end) !== backslash) return end;
    let after = end + 1;
    while (((characterClasses[text.charCodeAt(after)] ?? 0) & blank) !== 0) after++;
    const character = text.charCodeAt(after);
    if (character === carriageReturn) end = after + (text.charCodeAt(after + 1) === lineFeed ? 2 : 1);
    else if (character === lineFeed) end = after + 1;
    else return end;
  }
}

interface Unspliced {
  readonly text: string;
  /** Offset in the original text by index; one more than there are characters. */
  readonly offsets: readonly number[];
  /** The text ends here; a longer limit gives no more. */
  readonly isWhole: boolean;
}

/** Copies `limit` characters from `start` on, up to the end of the logical line, leaving splices out. */
function withoutSplices(text: string, start: number, limit: number): Unspliced {
  const characters: number[] = [];
  const offsets: number[] = [];
  const last = text.length - (text.endsWith('\0') ? 1 : 0);
  let at = spliceEnd(text, start);
  while (at < last && characters.length < limit) {
    const character = text.charCodeAt(at);
    if (character === lineFeed || character === carriageReturn) break;
    characters.push(character);
    offsets.push(at);
    at = spliceEnd(text, at + 1);
  }
  offsets.push(at);
  const parts: string[] = [];
  for (let from = 0; from < characters.length; from += 4096) {
    parts.push(String.fromCharCode(...characters.slice(from, from + 4096)));
  }
  return { text: parts.join(''), offsets, isWhole: characters.length < limit };
}

const trigraphs: ReadonlyMap<string, string> = new Map([
  ['=', '#'],
  ['(', '['],
  ['/', '\\'],
  [')', ']'],
  ["'", '^'],
  ['<', '{'],
  ['!', '|'],
  ['>', '}'],
  ['-', '~'],
]);

function replaceTrigraphs(text: string): string {
  return text.replace(
    /\?\?([=(/)'<!>-])/g,
    (_whole, last: string) => filler + filler + (trigraphs.get(last) ?? ''),
  );
}

/** The kind of the one token that `text` is, or undefined where it is none or several: the result of `##`. */
export function matchWhole(text: string): TokenKind | undefined {
  const { kind, length } = matchToken(text);
  const isToken = length === text.length && kind !== commentStart && kind !== Tok.Unknown;
  return isToken ? kind : undefined;
}

/** The length of the token that `text` begins with. */
export function matchPrefix(text: string): number {
  return matchToken(text).length;
}
