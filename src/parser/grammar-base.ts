/**
 * What all rules of the grammar share: token access, scopes for the typedef-name question, error reports, the
 * nesting limit, and three combinators beside Chevrotain's own.
 *
 * In: token objects of one range. Out: nodes; diagnostics in the sink.
 *
 * Invariants:
 * - Rules run once with no tokens while Chevrotain records the grammar; then `SUBRULE` gives no node and `CONSUME` no real
 *   token. Rules therefore take spans from token positions (`spanFrom`), never from a subrule's node.
 * - A rule that cannot go on reports and throws `ParseFailure`; it is caught at the next place that can resynchronise
 *   (block item, member, external declaration) and never leaves this folder.
 * - Chevrotain decides with one token; where C needs more, `branch`, `maybe` and `loop` record the same
 *   alternatives, options and repetitions but let a predicate decide.
 */

import { EmbeddedActionsParser, type IOrAlt, isRecognitionException, type TokenType } from 'chevrotain';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { DiagnosticSink, Note } from '../diagnostics/diagnostic.ts';
import { noPos, noSpan, type Pos, type Span } from '../diagnostics/source-manager.ts';
import { Tok, type TokenKind, tokenRow } from '../lexer/tokens.ts';
import { type Declarator, maxNesting, type Name } from './ast.ts';
import { decisionOf } from './lookahead.ts';
import {
  isDeclarationStart,
  isTypeNameStart,
  type SourceToken,
  tokenSpan,
  tokenTypes,
  vocabulary,
} from './vocabulary.ts';

/** Thrown after a report, caught where the grammar resynchronises. */
export class ParseFailure extends Error {}

/** As {@link ParseFailure}, but nothing more of this range can be parsed. */
export class ParseAbort extends Error {}

/** What a parse of one range needs from outside. */
export interface ParseContext {
  readonly diagnostics: DiagnosticSink;
  /** Is this a typedef name of file scope at the place that is parsed? */
  isFileScopeTypedef(name: string): boolean;
}

const noContext: ParseContext = {
  diagnostics: { report: () => {} } as unknown as DiagnosticSink,
  isFileScopeTypedef: () => false,
};

const bracketPairs: ReadonlyMap<TokenKind, TokenKind> = new Map([
  [Tok.LeftParen, Tok.RightParen],
  [Tok.LeftBracket, Tok.RightBracket],
  [Tok.LeftBrace, Tok.RightBrace],
]);

export function nameOf(token: SourceToken): Name {
  return { text: token.image, span: tokenSpan(token) };
}

export abstract class GrammarBase extends EmbeddedActionsParser {
  private context: ParseContext = noContext;
  /** Names that blocks and parameter lists declare, innermost last; true for typedef names. */
  private readonly scopes: Map<string, boolean>[] = [];
  private depth = 0;

  private readonly decisions = new Map<number, () => number | boolean | undefined>();
  // Chevrotain's own fields, which its interface does not tell of; its version is pinned.
  declare protected selfAnalysisDone: boolean;
  declare private readonly shortRuleNameToFull: Readonly<Record<number, string>>;

  constructor() {
    super(vocabulary, { maxLookahead: 1, recoveryEnabled: false });
  }

  /** Chevrotain asks here, by a number, for the function that decides a choice. */
  getLaFuncFromCache(key: number): () => number | boolean | undefined {
    const known = this.decisions.get(key);
    if (known !== undefined) return known;
    const decide = decisionOf(key, (shortName) => this.shortRuleNameToFull[shortName] ?? '');
    const made = () => decide(this.kind(1));
    this.decisions.set(key, made);
    return made;
  }

  /** Chevrotain comes here when the next token begins no alternative, or none of a repetition that must have one. */
  raiseNoAltException(): never {
    this.report('unexpected-token', tokenSpan(this.peek(1)), [this.peek(1).image]);
    throw new ParseFailure();
  }

  raiseEarlyExitException(): never {
    this.raiseNoAltException();
  }

  /** Makes the parser ready for a range. */
  protected begin(tokens: SourceToken[], context: ParseContext): void {
    this.context = context;
    this.scopes.length = 0;
    this.scopes.push(new Map());
    this.depth = 0;
    this.input = tokens;
  }

  // ---- Tokens ----

  /** The token `distance` ahead (1 is the next, 0 the last consumed); Chevrotain holds nothing but our tokens. */
  protected peek(distance: number): SourceToken {
    return this.LA(distance) as SourceToken;
  }

  protected kind(distance: number): TokenKind {
    return this.peek(distance).kind;
  }

  protected take(occurrence: number, kind: TokenKind): SourceToken {
    return this.takeAny(occurrence, tokenTypes[kind] as TokenType);
  }

  /** Consumes a token that stands for `value`. */
  protected takeAs<T>(occurrence: number, kind: TokenKind, value: T): T {
    this.take(occurrence, kind);
    return value;
  }

  /** Consumes a token of a category. */
  protected takeAny(occurrence: number, type: TokenType): SourceToken {
    return this.consume(occurrence, type) as SourceToken;
  }

  /** Where the node begins that starts with the next token. */
  protected start(): Pos {
    return this.peek(1).pos;
  }

  /** From `start` to the end of the last consumed token. */
  protected spanFrom(start: Pos): Span {
    const last = this.peek(0);
    // Nothing consumed yet: an empty node (and while recording there are no tokens at all).
    const end = last.pos === undefined || last.end < start ? start : last.end;
    return { start, end };
  }

  // ---- Decisions that one token cannot make ----

  /** Alternatives of which `decide` gives the number. */
  protected branch<T>(occurrence: number, alternatives: IOrAlt<T>[], decide: () => number): T {
    if (this.RECORDING_PHASE) return this.or(occurrence, { DEF: alternatives, IGNORE_AMBIGUITIES: true });
    return (alternatives[decide()] as IOrAlt<T>).ALT.call(this);
  }

  /** An option that `condition` decides. */
  protected maybe<T>(occurrence: number, condition: boolean, body: () => T): T | undefined {
    if (this.RECORDING_PHASE) return this.option(occurrence, body);
    return condition ? body() : undefined;
  }

  /** A repetition that goes on while `condition` holds. */
  protected loop(occurrence: number, condition: () => boolean, body: () => void): void {
    if (this.RECORDING_PHASE) {
      this.many(occurrence, body);
      return;
    }
    while (condition()) body();
  }

  // ---- Scopes (6.2.1) ----

  protected pushScope(): void {
    this.scopes.push(new Map());
  }

  protected popScope(): void {
    this.scopes.pop();
  }

  /** The mark to give to `restore` after a failure. */
  protected mark(): { readonly scopes: number; readonly depth: number } {
    return { scopes: this.scopes.length, depth: this.depth };
  }

  protected restore(mark: { readonly scopes: number; readonly depth: number }): void {
    this.scopes.length = mark.scopes;
    this.depth = mark.depth;
  }

  /** Notes that an ordinary name is declared in the innermost scope. */
  protected declareName(name: Name | undefined, isTypedef: boolean): void {
    if (name !== undefined) this.scopes.at(-1)?.set(name.text, isTypedef);
  }

  /** Declares the parameters of a function declarator. */
  protected declareParameters(declarator: Declarator): void {
    const chunk = declarator.chunks[0];
    if (chunk?.kind !== 'FunctionChunk') return;
    for (const parameter of chunk.parameters) this.declareName(parameter.declarator.name, false);
    for (const name of chunk.identifiers) this.declareName(name, false);
  }

  protected isTypedefName(token: SourceToken): boolean {
    if (token.kind !== Tok.Identifier) return false;
    for (let at = this.scopes.length - 1; at >= 0; at--) {
      const isTypedef = this.scopes[at]?.get(token.image);
      if (isTypedef !== undefined) return isTypedef;
    }
    return this.context.isFileScopeTypedef(token.image);
  }

  /** Does a type name (6.7.7) start `distance` ahead? */
  protected startsTypeName(distance: number): boolean {
    const token = this.peek(distance);
    return isTypeNameStart[token.kind] === 1 || this.isTypedefName(token);
  }

  /** Do declaration specifiers (6.7) start `distance` ahead? Attributes and `__extension__` decide nothing. */
  protected startsDeclaration(distance: number): boolean {
    const token = this.peek(distance);
    return isDeclarationStart[token.kind] === 1 || this.isTypedefName(token);
  }

  // ---- The nesting limit ----

  /** Goes `levels` deeper; the caller leaves again with the same number. */
  protected enter(levels = 1): void {
    this.depth += levels;
    if (this.depth <= maxNesting) return;
    this.reportNesting();
    throw new ParseAbort();
  }

  protected reportNesting(): void {
    this.report('nesting-too-deep', tokenSpan(this.peek(1)), [String(maxNesting)]);
  }

  protected leave(levels = 1): void {
    this.depth -= levels;
  }

  // ---- Errors ----

  protected report(
    code: DiagnosticCode,
    span: Span,
    args: readonly string[] = [],
    notes: readonly Note[] = [],
  ): void {
    if (!this.RECORDING_PHASE) this.context.diagnostics.report(code, span, args, { notes });
  }

  /** Reports that `what` was expected at the next token, and gives up this construct. */
  protected fail(what: string): never {
    this.report('expected-token', tokenSpan(this.peek(1)), [what]);
    throw new ParseFailure();
  }

  /** The place right after the last token. */
  protected afterPrevious(): Span {
    const end = this.peek(0).end;
    return end === undefined ? noSpan : { start: end, end };
  }

  /** Consumes the token or fails with `what` (its spelling by default). */
  protected require(occurrence: number, kind: TokenKind, what?: string): SourceToken {
    if (!this.RECORDING_PHASE && this.kind(1) !== kind) {
      this.fail(what ?? `'${tokenRow(kind).spellings[0] ?? ''}'`);
    }
    return this.take(occurrence, kind);
  }

  /** The bracket that closes `opening`; a note leads back to it when it is missing. */
  protected requireClosing(occurrence: number, kind: TokenKind, opening: SourceToken): SourceToken {
    if (!this.RECORDING_PHASE && this.kind(1) !== kind) {
      this.reportMissingClosing(kind, opening);
      throw new ParseFailure();
    }
    return this.take(occurrence, kind);
  }

  protected reportMissingClosing(kind: TokenKind, opening: SourceToken): void {
    const note = { span: tokenSpan(opening), text: `to match this '${opening.image}'` };
    this.report('expected-token', tokenSpan(this.peek(1)), [`'${tokenRow(kind).spellings[0]}'`], [note]);
  }

  /** A semicolon; when it is missing, the report stands after the previous token and parsing goes on. */
  protected requireSemicolon(occurrence: number, context: string): void {
    if (!this.RECORDING_PHASE && this.kind(1) !== Tok.Semicolon) {
      const next = this.peek(1);
      const isStray = next.kind === Tok.RightParen || next.kind === Tok.RightBracket;
      if (isStray && this.kind(2) === Tok.Semicolon) {
        this.report('extraneous-before-semicolon', tokenSpan(next), [next.image]);
        this.SKIP_TOKEN();
      } else {
        const code: DiagnosticCode = 'expected-token';
        this.context.diagnostics.report(code, this.afterPrevious(), [`';' ${context}`], {
          fixIts: [{ span: this.afterPrevious(), text: ';' }],
        });
        return;
      }
    }
    this.take(occurrence, Tok.Semicolon);
  }

  // ---- Resynchronisation ----

  /** The semicolon of a declaration; when it is missing and no other declaration begins, what follows is skipped. */
  protected endDeclaration(context: string): void {
    const isThere = this.kind(1) === Tok.Semicolon;
    this.requireSemicolon(8, context);
    if (this.RECORDING_PHASE || isThere || this.kind(0) === Tok.Semicolon) return;
    if (!this.startsDeclaration(1)) this.skipToEnd();
  }

  /**
   * Consumes one token, or a whole bracketed group when it opens one. A `}` that closes nothing in the group ends
   * it and stays.
   */
  protected skipGroup(): void {
    const open: TokenKind[] = [];
    let braces = 0;
    do {
      const kind = this.kind(1);
      if (kind === Tok.EndOfFile || (kind === Tok.RightBrace && braces === 0)) return;
      const closing = bracketPairs.get(kind);
      if (closing !== undefined) {
        open.push(closing);
        if (kind === Tok.LeftBrace) braces++;
      } else if (kind === Tok.RightBrace) {
        while (open.pop() !== Tok.RightBrace);
        braces--;
      } else if (kind === open.at(-1)) open.pop();
      this.SKIP_TOKEN();
    } while (open.length > 0);
  }

  /**
   * Skips to the end of a broken statement or declaration: past its `;`, or before the `}` that ends the
   * surrounding block. Always leaves `from` behind unless it stands before such a `}`.
   */
  protected skipToEnd(): void {
    for (;;) {
      const kind = this.kind(1);
      if (kind === Tok.EndOfFile || kind === Tok.RightBrace) return;
      if (kind === Tok.Semicolon) {
        this.SKIP_TOKEN();
        return;
      }
      this.skipGroup();
    }
  }

  /** Runs `parse`; after a failure skips to the end of the construct and gives `fallback`. */
  protected recover<T>(parse: () => T, fallback: (start: Pos) => T): T {
    if (this.RECORDING_PHASE) return parse();
    const mark = this.mark();
    const start = this.start();
    const before = this.peek(1);
    try {
      return parse();
    } catch (error) {
      if (!this.isSyntaxFailure(error)) throw error;
      this.restore(mark);
      this.skipToEnd();
      // A failure on the closing brace of nothing, or the like: never stand still.
      if (this.peek(1) === before && before.kind !== Tok.RightBrace && before.kind !== Tok.EndOfFile) {
        this.SKIP_TOKEN();
      }
      return fallback(start === undefined ? noPos : start);
    }
  }

  /** Ours, or one of Chevrotain's that no rule foresaw; the latter is reported here. */
  private isSyntaxFailure(error: unknown): boolean {
    if (error instanceof ParseFailure) return true;
    if (!(error instanceof Error) || !isRecognitionException(error)) return false;
    const token = this.peek(1);
    this.report('unexpected-token', tokenSpan(token), [token.image]);
    return true;
  }
}
