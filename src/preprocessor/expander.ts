/**
 * Macro expansion (C11 6.10.3): frames of tokens -> expanded tokens in a sink.
 *
 * Method: one run loop over a stack of frames. An invocation pushes a frame with its replacement list, which is
 * thereby rescanned together with what follows; while that frame is on the stack the macro's name is painted
 * (`noExpand`). Arguments that need expansion of their own become barrier frames with a sink of their own; a
 * pending call waits until they are done. So the nesting of invocations costs memory, never native stack.
 *
 * Invariants: the registers `kind`, `position`, `id`, `flags` are the current token; in an argument's or a line's
 * sink keywords are still identifiers; only the unit's own sink sees keywords and carries out `_Pragma`.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { DiagnosticDetails } from '../diagnostics/diagnostic.ts';
import { offsetPos, type Pos, type Span } from '../diagnostics/source-manager.ts';
import { TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import { type FoldedRun, UnitFolds } from '../lexer/unit-folds.ts';
import { asId } from '../support/ids.ts';
import { decodeUtf8 } from '../support/utf8.ts';
import { type BuiltinHost, evaluateBuiltin, isFunctionLikeBuiltin } from './builtin-macros.ts';
import { Frame, isSourceText, isTransparent } from './frames.ts';
import { IdentifierBit, type IdentifierTable, type Macro } from './macro.ts';
import type { PreprocessorContext, PreprocessorOptions } from './options.ts';
import { PragmaOperator } from './pragma-operator.ts';
import { Substitution } from './substitution.ts';
import { TokenPool } from './token-pool.ts';

/** What the expander asks of the rest of the preprocessor. */
export interface ExpanderHost extends BuiltinHost {
  /** Carries out the directive whose `#` was just taken from the top frame, a file. */
  directive(inArguments: boolean): void;
  /** The top frame, a file, has ended; it is still on the stack. */
  endOfFile(frame: Frame): void;
  /** `_Pragma` with the text of its string literal. */
  pragmaOperator(text: string, position: Pos): void;
}

/** The arguments of an invocation, as many as parameters. */
interface Arguments {
  readonly args: readonly TokenColumns[];
  /** The variable argument was left out altogether, with its comma. */
  readonly isElided: boolean;
}

/** A function-like invocation whose arguments are being expanded. */
interface PendingCall extends Arguments {
  readonly macro: Macro;
  readonly expanded: TokenColumns[];
  readonly flags: number;
  readonly expansion: Span;
  readonly sink: TokenColumns;
  readonly isFinal: boolean;
}

const noArguments: Arguments = { args: [], isElided: false };

/** What an expansion and each of its tokens cost, in tokens of a file: they take positions and memory of their own. */
const expansionCost = 8;
const madeTokenCost = 4;
const spacing = TokenFlag.startOfLine | TokenFlag.leadingSpace;

/** An expander between two lines of the main file. Never changed. */
export interface ExpanderState {
  readonly output: TokenColumns;
  readonly runs: readonly FoldedRun[];
  readonly work: number;
  readonly madeLength: number;
}

export class Expander {
  kind = 0;
  position = 0;
  id = 0;
  flags = 0;
  /** True after a fatal error: everything ends as soon as it can. */
  stopped = false;
  /** Anything was reported, whether it is shown or not. */
  hasReported = false;
  readonly frames: Frame[] = [];
  readonly output = new TokenColumns(4096);
  readonly folds: UnitFolds;
  private top: Frame;
  private sink: TokenColumns = this.output;
  private isFinal = true;
  /** Spacing of an empty expansion, for the token after it. */
  private carried = 0;
  private work = 0;
  /** An operand of `__has_include` is not expanded inside another, so that nesting them recurses no further. */
  private isExpandingHeader = false;
  private readonly calls: PendingCall[] = [];
  private readonly pool = new TokenPool();
  private readonly identifiers: IdentifierTable;
  private readonly context: PreprocessorContext;
  private readonly host: ExpanderHost;
  private readonly tokenLimit: number;
  private readonly keepsFolded: boolean;
  private readonly substitution: Substitution;
  private readonly pragmas: PragmaOperator;
  private readonly definedId: number;
  /** The sink in which `defined` protects its operand, and how far that has got. */
  private conditionSink: TokenColumns | undefined;
  private definedState: 'no' | 'name' | 'paren' = 'no';

  constructor(
    context: PreprocessorContext,
    identifiers: IdentifierTable,
    host: ExpanderHost,
    { tokenLimit, language, folds }: PreprocessorOptions,
  ) {
    this.context = context;
    this.identifiers = identifiers;
    this.host = host;
    this.tokenLimit = tokenLimit;
    this.keepsFolded = folds;
    this.folds = new UnitFolds(() => identifiers.keywords);
    this.definedId = context.interner.intern('defined');
    this.top = new Frame('line', this.output, 0, 0, 0, undefined, 0, undefined);
    this.substitution = new Substitution(
      context,
      this.pool,
      (code, span, args) => this.report(code, span, args),
      language.gnu,
    );
    this.pragmas = new PragmaOperator(context.interner, host, (position) =>
      this.report('pragma-operator-syntax', this.spanOf(position, '_Pragma')),
    );
  }

  report(
    code: DiagnosticCode,
    span: Span,
    args: readonly string[] = [],
    details: DiagnosticDetails = {},
  ): void {
    this.hasReported = true;
    this.context.diagnostics.report(code, span, args, details);
  }

  /** Reports a fatal error and lets all frames run dry. */
  stop(code: DiagnosticCode, span: Span, args: readonly string[] = []): void {
    if (this.stopped) return;
    this.report(code, span, args);
    this.stopped = true;
    for (const frame of this.frames) frame.at = frame.end;
  }

  spanOf(position: number, text: string): Span {
    const start = asId<Pos>(position);
    return { start, end: offsetPos(start, text.length) };
  }

  /** The span of the current token. */
  span(): Span {
    return this.spanOf(this.position, this.context.interner.text(this.id));
  }

  push(frame: Frame): void {
    this.frames.push(frame);
    this.top = frame;
    if (this.stopped) frame.at = frame.end;
  }

  pop(): void {
    const { macro, tokens } = this.top;
    if (macro !== undefined) {
      macro.active--;
      if (tokens !== macro.body) this.pool.release(tokens);
    }
    this.frames.pop();
    const below = this.frames.at(-1);
    if (below !== undefined) this.top = below;
  }

  /** What was made so far; undefined in the middle of a `_Pragma`. */
  state(): ExpanderState | undefined {
    if (this.pragmas.isActive) return undefined;
    const { output, folds, work, substitution } = this;
    return { output: output.copy(), runs: folds.state(), work, madeLength: substitution.madeLength };
  }

  /** Goes on from a state, at token `at` of the main file. */
  resume({ output, runs, work, madeLength }: ExpanderState, at: number): void {
    this.output.assign(output);
    this.folds.resume(runs);
    this.work = work;
    this.substitution.madeLength = madeLength;
    this.top.at = at;
  }

  /** Expands everything up to the end of the main file. */
  runAll(): void {
    this.run();
  }

  /** Expands the tokens of a directive's line on their own; `isCondition` protects operands of `defined`. */
  expandLine(tokens: TokenColumns, isCondition: boolean): TokenColumns {
    const { sink, isFinal, carried, conditionSink, definedState } = this;
    const line = new TokenColumns(tokens.length + 4);
    this.sink = line;
    this.isFinal = false;
    this.carried = 0;
    this.conditionSink = isCondition ? line : undefined;
    this.definedState = 'no';
    this.push(new Frame('line', tokens, 0, tokens.length, 0, undefined, 0, undefined));
    this.run();
    this.sink = sink;
    this.isFinal = isFinal;
    this.carried = carried;
    this.conditionSink = conditionSink;
    this.definedState = definedState;
    return line;
  }

  /** Appends a token to the unit itself: a pragma. */
  emitFinal(kind: number, position: Pos, id: number): void {
    this.output.push(kind, position, id, TokenFlag.startOfLine);
  }

  private run(): void {
    for (;;) {
      const frame = this.top;
      if (isSourceText(frame.kind) && this.isFinal && this.carried === 0 && !this.pragmas.isActive)
        this.copyFile(frame);
      if (!this.nextRaw()) {
        if (this.endOfBarrier()) return;
      } else if (this.kind === Tok.Identifier) {
        if (!this.expandIdentifier()) this.emit();
      } else if (this.isDirective()) {
        this.host.directive(false);
      } else {
        this.emit();
      }
    }
  }

  /** The fast path: tokens of a file that need no look, up to one that does. */
  private copyFile(frame: Frame): void {
    const { kinds, ids, positions, flags } = frame.tokens;
    const { bits, keywords } = this.identifiers;
    const { delta, end } = frame;
    const { output } = this;
    let at = frame.at;
    for (; at < end; at++) {
      let kind = kinds[at] ?? 0;
      const id = ids[at] ?? 0;
      if (kind === Tok.Identifier) {
        if ((bits[id] ?? 0) !== 0) break;
        const keyword = keywords[id] ?? 0;
        if (keyword !== 0) kind = keyword;
      } else if (kind === Tok.Folded) {
        if (!this.copyFolded(frame, at, id)) break;
        continue;
      } else if (kind === Tok.Unknown || kind === Tok.Hash) {
        break;
      }
      output.push(kind, (positions[at] ?? 0) + delta, id, flags[at] ?? 0);
    }
    this.work += at - frame.at;
    frame.at = at;
    if (this.work > this.tokenLimit)
      this.stop('too-many-tokens', this.frameSpan(), [String(this.tokenLimit)]);
  }

  /** Hands a folded declaration on as it is; false where it must be scanned. */
  private copyFolded({ file, tokens, delta }: Frame, at: number, declaration: number): boolean {
    if (file === undefined || !this.keepsFolded || file.foldedMacros.mayHold(declaration)) return false;
    const { output, folds } = this;
    const { foldedTokens } = file.scanned;
    const last = output.length - 1;
    // What the user wrote is looked at one by one.
    const mayExtend = file.entry.origin !== 'user' && output.kinds[last] === Tok.Folded;
    if (mayExtend && folds.extend(output.id(last), foldedTokens, declaration, delta)) return true;
    const number = folds.add(foldedTokens, declaration, delta);
    output.push(Tok.Folded, tokens.position(at) + delta, number, tokens.flag(at));
    return true;
  }

  /** Puts the tokens of a folded declaration, the one just taken from the top frame, on the stack. */
  private enterFolded({ file, delta }: Frame, declaration: number): void {
    if (file === undefined) return;
    const tokens = file.scanned.foldedTokens.of(declaration);
    this.push(new Frame('folded', tokens, 0, tokens.length, delta, undefined, 0, undefined));
  }

  private frameSpan(): Span {
    const file = this.frames.findLast((frame) => frame.file !== undefined)?.file;
    return this.spanOf(file?.entry.base ?? 0, '');
  }

  /** Loads the next token of the stack; false when the top frame is a barrier that has ended. */
  nextRaw(): boolean {
    for (;;) {
      const frame = this.top;
      const at = frame.at;
      if (at < frame.end) {
        frame.at = at + 1;
        const { tokens } = frame;
        this.kind = tokens.kinds[at] ?? 0;
        this.position = (tokens.positions[at] ?? 0) + frame.delta;
        this.id = tokens.ids[at] ?? 0;
        let flags = tokens.flags[at] ?? 0;
        if (this.kind === Tok.Folded) {
          this.enterFolded(frame, this.id);
          continue;
        }
        if (at === 0 && frame.kind === 'macro') flags = (flags & ~spacing) | frame.firstFlags;
        this.flags = flags | this.carried;
        this.carried = 0;
        return true;
      }
      if (!isTransparent(frame.kind)) return false;
      this.carried |= frame.trailingFlags;
      this.pop();
    }
  }

  isDirective(): boolean {
    if (this.kind !== Tok.Hash || this.top.kind !== 'file') return false;
    // The flag as scanned: an empty expansion before the `#` hands its own on, but makes no directive (6.10 p2).
    return (this.top.tokens.flag(this.top.at - 1) & TokenFlag.startOfLine) !== 0;
  }

  /** A barrier has ended; true when the run loop that it bounds is done. */
  private endOfBarrier(): boolean {
    const frame = this.top;
    if (frame.kind === 'line') {
      this.pop();
      return true;
    }
    if (frame.kind === 'argument') {
      this.pop();
      this.endOfArgument();
      return false;
    }
    this.host.endOfFile(frame);
    this.carried = 0;
    this.pop();
    return this.frames.length === 0;
  }

  /** Hands the current token on. */
  private emit(): void {
    const { sink } = this;
    let { kind } = this;
    if (sink === this.conditionSink) this.trackDefined();
    if (this.isFinal) {
      if (this.pragmas.take(kind, asId<Pos>(this.position), this.id)) return;
      if (kind === Tok.Identifier) {
        const keyword = this.identifiers.keywords[this.id] ?? 0;
        if (keyword !== 0) kind = keyword;
      } else if (kind === Tok.Unknown) {
        this.reportUnknown();
      }
    }
    sink.push(kind, this.position, this.id, this.flags);
  }

  private reportUnknown(): void {
    const text = this.context.interner.text(this.id);
    const quote = /^(?:u8|[LuU])?(['"])/.exec(text)?.[1];
    if (quote === undefined)
      return this.report('unexpected-character', this.span(), [describeCharacter(text)]);
    if (text.endsWith("''")) return this.report('empty-character', this.span());
    this.report('unterminated-literal', this.span(), [quote]);
  }

  /** Follows `defined NAME` and `defined ( NAME )` in a condition, whose NAME is not expanded (6.10.1 p4). */
  private trackDefined(): void {
    if (this.kind === Tok.Identifier && this.id === this.definedId && this.definedState === 'no')
      this.definedState = 'name';
    else if (this.kind === Tok.LeftParen && this.definedState === 'name') this.definedState = 'paren';
    else this.definedState = 'no';
  }

  /** Expands the current identifier if it is a macro that may be expanded here; false when it stays. */
  private expandIdentifier(): boolean {
    const bits = this.identifiers.bits[this.id] ?? 0;
    if (bits === 0) return false;
    if ((bits & IdentifierBit.poisoned) !== 0 && isSourceText(this.top.kind)) {
      this.report('poisoned-identifier', this.span());
    }
    if ((bits & IdentifierBit.variadicName) !== 0 && isSourceText(this.top.kind)) {
      this.report('va-args-outside-macro', this.span(), [this.context.interner.text(this.id)]);
    }
    if ((bits & IdentifierBit.macro) === 0 || (this.flags & TokenFlag.noExpand) !== 0) return false;
    if (this.definedState !== 'no' && this.sink === this.conditionSink) return false;
    const macro = this.identifiers.macro(this.id);
    if (macro === undefined) return false;
    if (macro.active > 0) {
      this.flags |= TokenFlag.noExpand;
      return false;
    }
    if (macro.builtin !== undefined) return this.expandBuiltin(macro);
    return macro.isFunctionLike ? this.expandFunction(macro) : this.expandObject(macro);
  }

  private expandObject(macro: Macro): boolean {
    const expansion = this.span();
    if (macro.body.length === 0) {
      this.carried |= this.flags & spacing;
    } else {
      this.enter(macro, noArguments, [], expansion, this.flags & spacing);
    }
    return true;
  }

  private expandFunction(macro: Macro): boolean {
    if (!this.isLeftParenNext()) return false;
    const { start } = this.span();
    const flags = this.flags & spacing;
    const taken = this.collectArguments(macro);
    if (taken === undefined || !this.hasRoom(macro, 0, this.span())) {
      this.carried |= flags;
      return true;
    }
    const expansion = { start, end: this.span().end };
    const { sink, isFinal } = this;
    this.calls.push({ ...taken, macro, expanded: [], flags, expansion, sink, isFinal });
    this.advanceCall();
    return true;
  }

  /** Expands the next argument of the innermost pending call that needs it; enters the call when there is none. */
  private advanceCall(): void {
    const call = this.calls.at(-1);
    if (call === undefined) return;
    const { macro, args, expanded } = call;
    while (expanded.length < args.length) {
      const argument = args[expanded.length] ?? new TokenColumns(0);
      if (macro.isExpanded[expanded.length] && this.holdsMacro(argument)) {
        this.sink = this.pool.take(argument.length + 8);
        this.isFinal = false;
        this.push(new Frame('argument', argument, 0, argument.length, 0, undefined, 0, undefined));
        return;
      }
      expanded.push(argument);
    }
    this.calls.pop();
    this.enter(macro, call, expanded, call.expansion, call.flags);
    args.forEach((tokens, index) => {
      this.pool.release(tokens);
      const own = expanded[index];
      if (own !== undefined && own !== tokens) this.pool.release(own);
    });
  }

  private endOfArgument(): void {
    const call = this.calls.at(-1);
    if (call === undefined) return;
    call.expanded.push(this.sink);
    this.sink = call.sink;
    this.isFinal = call.isFinal;
    this.carried = 0;
    this.advanceCall();
  }

  private holdsMacro(tokens: TokenColumns): boolean {
    const { bits } = this.identifiers;
    for (let at = 0; at < tokens.length; at++) {
      if (
        tokens.kinds[at] === Tok.Identifier &&
        ((bits[tokens.ids[at] ?? 0] ?? 0) & IdentifierBit.macro) !== 0
      )
        return true;
    }
    return false;
  }

  /** Pushes the replacement of an invocation. */
  private enter(
    macro: Macro,
    { args, isElided }: Arguments,
    expanded: readonly TokenColumns[],
    expansion: Span,
    flags: number,
  ): void {
    this.work += expansionCost;
    if (!this.hasRoom(macro, macro.bodyLength, expansion)) return;
    const { sources } = this.context;
    const base = sources.addExpansion(macro.bodyStart, macro.bodyLength, expansion, macro.name, false);
    let tokens = macro.body;
    let delta: number = base;
    if (macro.needsSubstitution) {
      delta = 0;
      tokens = this.substitution.substitute({ macro, args, isElided, expanded, base, expansion });
      this.work += tokens.length * madeTokenCost;
      if (this.substitution.isExhausted)
        return this.stop('macro-positions-exhausted', expansion, [macro.name]);
    }
    if (tokens.length === 0) {
      this.carried |= flags;
      return;
    }
    macro.active++;
    const frame = new Frame('macro', tokens, 0, tokens.length, delta, macro, flags, undefined);
    if (macro.needsSubstitution) frame.trailingFlags = this.substitution.trailingFlags;
    this.push(frame);
  }

  private hasRoom(macro: Macro, length: number, expansion: Span): boolean {
    if (this.stopped) return false;
    if (this.work + this.substitution.madeLength * madeTokenCost > this.tokenLimit)
      this.stop('too-many-tokens', expansion, [String(this.tokenLimit)]);
    else if (!this.context.sources.hasRoomFor(length))
      this.stop('macro-positions-exhausted', expansion, [macro.name]);
    return !this.stopped;
  }

  /** Whether the next token is a `(`, looked for behind ended replacement lists but not behind a file's end. */
  private isLeftParenNext(): boolean {
    for (let depth = this.frames.length - 1; depth >= 0; depth--) {
      const frame = this.frames[depth];
      if (frame === undefined) return false;
      if (frame.at < frame.end) return frame.tokens.kind(frame.at) === Tok.LeftParen;
      if (!isTransparent(frame.kind)) return false;
    }
    return false;
  }

  /** Takes `( ... )`; the current token is then the `)`. Undefined after an error that drops the invocation. */
  private collectArguments(macro: Macro): Arguments | undefined {
    const name = this.span();
    const notes = [{ span: macro.nameSpan, text: `macro '${macro.name}' defined here` }];
    const count = macro.parameters.length;
    const args = this.takeParenthesized(macro.isVariadic ? count : Number.POSITIVE_INFINITY);
    if (args === undefined) {
      this.report('unterminated-macro-call', name, [], { notes });
      return undefined;
    }
    const isEmpty = args.length === 1 && args[0]?.length === 0;
    if (count === 0 && isEmpty) return { args: [], isElided: false };
    if (args.length > count) {
      const extra = args[count];
      const span = extra !== undefined && extra.length > 0 ? this.spanOf(extra.position(0), '') : this.span();
      this.report('too-many-macro-arguments', span, [], { notes });
      return undefined;
    }
    if (args.length < count - (macro.isVariadic ? 1 : 0)) {
      this.report('too-few-macro-arguments', this.span(), [], { notes });
      return undefined;
    }
    const isElided = args.length < count || (macro.isVariadic && count === 1 && isEmpty);
    while (args.length < count) args.push(this.pool.take(0));
    return { args, isElided };
  }

  /** The comma-separated token lists between the next `(` and its `)`, at most `limit`; undefined when it does not end. */
  takeParenthesized(limit: number): TokenColumns[] | undefined {
    const args: TokenColumns[] = [];
    let current = this.pool.take(8);
    this.nextRaw();
    this.carried = 0;
    for (let depth = 0; ; ) {
      if (!this.nextRaw()) return undefined;
      if (this.kind === Tok.Identifier) {
        const macro = this.identifiers.has(this.id, IdentifierBit.macro)
          ? this.identifiers.macro(this.id)
          : undefined;
        if (macro !== undefined && macro.active > 0) this.flags |= TokenFlag.noExpand;
      } else if (this.kind === Tok.LeftParen) {
        depth++;
      } else if (this.kind === Tok.RightParen) {
        if (depth-- === 0) {
          args.push(current);
          for (const argument of args) this.work += argument.length;
          return args;
        }
      } else if (this.kind === Tok.Comma && depth === 0 && args.length + 1 < limit) {
        args.push(current);
        current = this.pool.take(8);
        continue;
      } else if (this.isDirective()) {
        this.host.directive(true);
        continue;
      }
      const isNewLine = (this.flags & TokenFlag.startOfLine) !== 0;
      const flags = isNewLine ? (this.flags & ~spacing) | TokenFlag.leadingSpace : this.flags;
      current.push(this.kind, this.position, this.id, flags);
    }
  }

  /** The operand of `__has_include`: macros in it are expanded when it is no header name as it stands (6.10.2 p4). */
  private headerOperand(operand: TokenColumns | undefined): TokenColumns | undefined {
    if (operand === undefined || operand.kind(0) !== Tok.Identifier || this.isExpandingHeader) return operand;
    this.isExpandingHeader = true;
    const expanded = this.expandLine(operand, false);
    this.isExpandingHeader = false;
    return expanded;
  }

  /** Replaces a macro whose value is computed. */
  private expandBuiltin(macro: Macro): boolean {
    const { start } = this.span();
    const flags = this.flags & spacing;
    const name = macro.builtin;
    if (name === undefined) return false;
    let operand: TokenColumns | undefined;
    if (isFunctionLikeBuiltin(name)) {
      if (!this.isLeftParenNext()) {
        this.report('missing-paren-after', this.spanOf(start, macro.name), [macro.name]);
        return false;
      }
      operand = this.takeParenthesized(1)?.[0];
      if (operand === undefined) {
        this.report('unterminated-feature-check', this.spanOf(start, macro.name));
        return true;
      }
    }
    const expansion = { start, end: this.span().end };
    if (name.startsWith('__has_include')) operand = this.headerOperand(operand);
    const value = evaluateBuiltin(name, operand ?? new TokenColumns(0), expansion, this.host);
    this.work += expansionCost;
    if (!this.hasRoom(macro, value.text.length, expansion)) return true;
    const { sources, interner } = this.context;
    const position = sources.addExpansion(start, value.text.length, expansion, macro.name, false);
    const tokens = new TokenColumns(1);
    tokens.push(value.kind, position, interner.intern(value.text), 0);
    macro.active++;
    this.push(new Frame('macro', tokens, 0, 1, 0, macro, flags, undefined));
    return true;
  }
}

/** `<U+201C>`, as a message names a character that cannot be shown. */
function describeCharacter(text: string): string {
  const { codePoint, length } = decodeUtf8(text, 0);
  const value = length === 1 ? text.charCodeAt(0) : codePoint;
  return `<U+${value.toString(16).toUpperCase().padStart(4, '0')}>`;
}
