/**
 * Argument substitution, `#` and `##` (C11 6.10.3.1-3, C23 `__VA_OPT__`, GNU `, ## args`): a macro, its arguments as
 * written and as expanded -> the replacement to rescan.
 *
 * Method: the replacement list is a row of operands (a token, a parameter, `#parameter`, `__VA_OPT__(...)`) with
 * or without `##` between them. Each gives a run of tokens; `##` joins the last of the left run with the first of
 * the right one, and a run without tokens is a placemarker. Positions: the list's tokens lie in the expansion's entry, an
 * argument's tokens get an entry that leads to where they were written, and made tokens one that leads to the operator.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { offsetPos, type Pos, type Span } from '../diagnostics/source-manager.ts';
import { matchWhole } from '../lexer/scanner.ts';
import { TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import { asId } from '../support/ids.ts';
import { type Macro, noParameter, pasteOperator, stringifyOperator, vaOptOperator } from './macro.ts';
import type { PreprocessorContext } from './options.ts';
import type { TokenPool } from './token-pool.ts';

type Report = (code: DiagnosticCode, span: Span, args: readonly string[]) => void;

/** One invocation at work. */
export interface Invocation {
  readonly macro: Macro;
  readonly args: readonly TokenColumns[];
  readonly expanded: readonly TokenColumns[];
  /** The variable argument was left out altogether, with its comma. */
  readonly isElided: boolean;
  /** Position of the replacement list's first character in the expansion. */
  readonly base: number;
  readonly expansion: Span;
}

/** A stretch of output under construction. */
interface Run {
  readonly out: TokenColumns;
  /** The next token gets a space. */
  space: boolean;
  /** The operand before had no tokens: a placemarker. */
  isPlacemarker: boolean;
}

export class Substitution {
  /** Spacing for the token behind the replacement, where its last operands were empty. */
  trailingFlags = 0;
  /** Characters of tokens made by `#` and `##` so far. */
  madeLength = 0;
  /** No positions were left; the result is incomplete. */
  isExhausted = false;
  private readonly context: PreprocessorContext;
  /** The tokens of an empty operand. */
  private readonly none = new TokenColumns(0);
  private readonly pool: TokenPool;
  private readonly report: Report;
  private readonly isGnu: boolean;

  constructor(context: PreprocessorContext, pool: TokenPool, report: Report, isGnu: boolean) {
    this.context = context;
    this.pool = pool;
    this.report = report;
    this.isGnu = isGnu;
  }

  substitute(job: Invocation): TokenColumns {
    const run = this.replace(job, 0, job.macro.body.length);
    this.trailingFlags = run.space ? TokenFlag.leadingSpace : 0;
    return run.out;
  }

  /** Replaces the part of the replacement list from `from` to `to`. */
  private replace(job: Invocation, from: number, to: number): Run {
    const { macro } = job;
    const { parameterOf, body } = macro;
    const run: Run = { out: this.pool.take(body.length + 8), space: false, isPlacemarker: true };
    for (let at = from; at < to && !this.isExhausted; ) {
      const paste = parameterOf[at] === pasteOperator && at > from;
      const operand = paste ? at + 1 : at;
      if (!paste && at > from && (body.flag(at) & TokenFlag.leadingSpace) !== 0) run.space = true;
      const what = parameterOf[operand] ?? noParameter;
      const next = operandEnd(macro, operand, to);
      const isPasted = paste || (next < to && parameterOf[next] === pasteOperator);
      if (paste && what >= 0 && this.pasteVariadic(job, run, at, what)) {
        at = next;
        continue;
      }
      if (!isPasted && what === noParameter) {
        this.appendPlain(job, run, at);
        at = next;
        continue;
      }
      const before = run.out.length;
      const tokens = this.operand(job, operand, next, isPasted);
      if (paste) this.paste(job, run, at, tokens);
      else this.append(run, tokens);
      if (run.out.length > before || tokens.length > 0) run.isPlacemarker = false;
      else if (!paste) run.isPlacemarker = true;
      this.pool.release(tokens);
      at = next;
    }
    return run;
  }

  /** The tokens of one operand of the replacement list. */
  private operand(job: Invocation, at: number, end: number, isPasted: boolean): TokenColumns {
    const { macro, args, expanded, base } = job;
    const what = macro.parameterOf[at] ?? noParameter;
    if (what >= 0) {
      const source = isPasted ? args[what] : expanded[what];
      return source === undefined ? this.none : this.relocate(job, source, at);
    }
    if (what === stringifyOperator) {
      const parameter = macro.parameterOf[at + 1] ?? noParameter;
      const source = parameter === vaOptOperator ? this.vaOpt(job, at + 1, end) : args[parameter];
      return this.made(
        job,
        at,
        Tok.String,
        stringify(source ?? this.none, this.context.interner.text.bind(this.context.interner)),
      );
    }
    if (what === vaOptOperator) return this.vaOpt(job, at, end);
    const one = this.pool.take(8);
    one.push(macro.body.kind(at), base + macro.body.position(at), macro.body.id(at), macro.body.flag(at));
    return one;
  }

  /** `__VA_OPT__ ( ... )` from `at` to `end`: nothing where the variable argument has no tokens. */
  private vaOpt(job: Invocation, at: number, end: number): TokenColumns {
    const variable = job.expanded[job.macro.parameters.length - 1];
    if (variable === undefined || variable.length === 0) return this.none;
    return this.replace(job, at + 2, end - 1).out;
  }

  /** A token of the replacement list that stays as it is: most of them. */
  private appendPlain({ macro, base }: Invocation, run: Run, at: number): void {
    const { body } = macro;
    const flags = (body.flag(at) & ~spacing) | (run.space ? TokenFlag.leadingSpace : 0);
    run.out.push(body.kind(at), base + body.position(at), body.id(at), flags);
    run.space = false;
    run.isPlacemarker = false;
  }

  private append(run: Run, tokens: TokenColumns): void {
    const { out } = run;
    for (let at = 0; at < tokens.length; at++) {
      let flags = tokens.flag(at) & ~TokenFlag.startOfLine;
      if (at === 0) flags = (flags & ~TokenFlag.leadingSpace) | (run.space ? TokenFlag.leadingSpace : 0);
      out.push(tokens.kind(at), tokens.position(at), tokens.id(at), flags);
      run.space = false;
    }
  }

  /** GNU `, ## __VA_ARGS__`: the comma goes with an argument that is left out, and stays unpasted otherwise. */
  private pasteVariadic(job: Invocation, run: Run, operator: number, parameter: number): boolean {
    const { macro, args } = job;
    const isVariable = macro.isVariadic && parameter === macro.parameters.length - 1;
    const { out } = run;
    if (!isVariable || run.isPlacemarker || macro.body.kind(operator - 1) !== Tok.Comma) return false;
    if (out.kind(out.length - 1) !== Tok.Comma) return false;
    const argument = args[parameter];
    if (argument !== undefined && argument.length > 0) {
      const at = operator + 1;
      run.space = (macro.body.flag(at) & TokenFlag.leadingSpace) !== 0;
      const tokens = this.relocate(job, argument, at);
      this.append(run, tokens);
      this.pool.release(tokens);
      return true;
    }
    if (!job.isElided) return false;
    // Strictly conforming modes keep the comma of a macro without named parameters.
    if (!this.isGnu && macro.parameters.length < 2) return false;
    out.length--;
    run.space = false;
    run.isPlacemarker = true;
    return true;
  }

  /** `left ## right`, where left is the last token so far. */
  private paste(job: Invocation, run: Run, operator: number, right: TokenColumns): void {
    if (right.length === 0) return;
    if (run.isPlacemarker) return this.append(run, right);
    const { out } = run;
    const { interner } = this.context;
    const left = out.length - 1;
    const text = interner.text(out.id(left)) + interner.text(right.id(0));
    const kind = matchWhole(text);
    let rest = 1;
    if (kind === undefined) {
      const start = asId<Pos>(job.base + job.macro.body.position(operator));
      this.report('invalid-paste', { start, end: offsetPos(start, 2) }, [text]);
      rest = 0;
    } else {
      const flags = out.flag(left) & TokenFlag.leadingSpace;
      const made = this.made(job, operator, kind, text);
      out.length = left;
      out.push(kind, made.position(0), made.id(0), flags);
      this.pool.release(made);
    }
    run.space = false;
    for (let at = rest; at < right.length; at++) {
      const flags = at === 0 ? 0 : right.flag(at) & ~TokenFlag.startOfLine;
      out.push(right.kind(at), right.position(at), right.id(at), flags);
    }
  }

  /** A token that no file holds; it stands for the body token `at`. */
  private made(job: Invocation, at: number, kind: number, text: string): TokenColumns {
    const { macro, expansion } = job;
    const tokens = this.pool.take(8);
    this.madeLength += text.length;
    const spelling = offsetPos(macro.bodyStart, macro.body.position(at));
    const flags = macro.body.flag(at);
    tokens.push(
      kind,
      this.entry(spelling, text.length, expansion, macro, false),
      this.context.interner.intern(text),
      flags,
    );
    return tokens;
  }

  /** Copies an argument's tokens for the parameter at body token `at`, with positions of their own. */
  private relocate(job: Invocation, source: TokenColumns, at: number): TokenColumns {
    const { macro } = job;
    const { interner, sources } = this.context;
    const tokens = this.pool.take(8);
    const start = asId<Pos>(job.base + macro.body.position(at));
    const use = { start, end: offsetPos(start, interner.text(macro.body.id(at)).length) };
    for (let first = 0; first < source.length; ) {
      const origin = source.position(first);
      const limit = sources.endOfEntry(origin);
      let end = first + 1;
      let last: number = origin;
      while (
        end < source.length &&
        source.position(end) >= last &&
        source.position(end) <= Math.min(limit, last + nearby)
      ) {
        last = source.position(end++);
      }
      const length = last - origin + interner.text(source.id(end - 1)).length;
      const base = this.entry(origin, length, use, macro, true);
      for (let index = first; index < end; index++) {
        tokens.push(
          source.kind(index),
          base + (source.position(index) - origin),
          source.id(index),
          source.flag(index),
        );
      }
      first = end;
    }
    return tokens;
  }

  private entry(spelling: Pos, length: number, expansion: Span, macro: Macro, isArgument: boolean): number {
    const { sources } = this.context;
    if (!sources.hasRoomFor(length)) {
      this.isExhausted = true;
      return expansion.start;
    }
    return sources.addExpansion(spelling, length, expansion, macro.name, isArgument);
  }
}

const spacing = TokenFlag.startOfLine | TokenFlag.leadingSpace;

/** Tokens that are not farther apart than this share one entry. */
const nearby = 64;

/** The number of the body token behind the operand at `at`. */
function operandEnd(macro: Macro, at: number, limit: number): number {
  const { parameterOf, body } = macro;
  let end = at;
  if (parameterOf[end] === stringifyOperator) end++;
  if (parameterOf[end] !== vaOptOperator) return Math.min(end + 1, limit);
  let depth = 0;
  for (end++; end < limit; end++) {
    if (body.kind(end) === Tok.LeftParen) depth++;
    if (body.kind(end) === Tok.RightParen && --depth === 0) return end + 1;
  }
  return limit;
}

/** The string literal of `#parameter` (6.10.3.2 p2). */
export function stringify(tokens: TokenColumns, textOf: (id: number) => string): string {
  const parts: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    if (at > 0 && (tokens.flag(at) & (TokenFlag.leadingSpace | TokenFlag.startOfLine)) !== 0) parts.push(' ');
    const text = textOf(tokens.id(at));
    const kind = tokens.kind(at);
    const isLiteral =
      kind === Tok.String || kind === Tok.Character || (kind === Tok.Unknown && /['"]/.test(text));
    parts.push(isLiteral ? text.replace(/[\\"]/g, '\\$&') : text);
  }
  const body = parts.join('');
  // A lone backslash at the end would take the closing quote away (6.10.3.2 p2, constraint on the result).
  let trailing = 0;
  while (body.charAt(body.length - 1 - trailing) === '\\') trailing++;
  const isOpen = trailing % 2 === 1 && tokens.kind(tokens.length - 1) === Tok.Unknown;
  return `"${isOpen ? body.slice(0, -1) : body}"`;
}
