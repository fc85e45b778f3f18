/** `#define`: the tokens behind the directive's name -> a macro (C11 6.10.3), or diagnostics. */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { offsetPos, type Pos, type Span } from '../diagnostics/source-manager.ts';
import { type TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import { asId } from '../support/ids.ts';
import type { Interner } from '../support/interner.ts';
import {
  Definition,
  Macro,
  noOperators,
  noParameter,
  pasteOperator,
  stringifyOperator,
  type Variadic,
  vaOptOperator,
} from './macro.ts';

/** A part of a file's tokens: a directive's line. */
export interface Line {
  readonly tokens: TokenColumns;
  readonly start: number;
  readonly end: number;
  /** Added to positions. */
  readonly delta: number;
}

export type Report = (code: DiagnosticCode, span: Span, args?: readonly string[]) => void;

interface Parameters {
  readonly ids: readonly number[];
  readonly variadic: Variadic;
  /** Number of the token behind the `)`. */
  readonly end: number;
}

export class DefinitionParser {
  private readonly interner: Interner;
  private readonly report: Report;
  private readonly vaArgs: number;
  private readonly vaOpt: number;
  private readonly defined: number;
  private hasComplained = false;

  constructor(interner: Interner, report: Report) {
    this.interner = interner;
    this.report = (code, span, args) => {
      this.hasComplained = true;
      report(code, span, args);
    };
    this.vaArgs = interner.intern('__VA_ARGS__');
    this.vaOpt = interner.intern('__VA_OPT__');
    this.defined = interner.intern('defined');
  }

  spanAt(line: Line, at: number): Span {
    const start = asId<Pos>(line.tokens.position(at) + line.delta);
    const isLast = at >= line.end;
    return { start, end: isLast ? start : offsetPos(start, this.interner.text(line.tokens.id(at)).length) };
  }

  /** The identifier at `at`, checked to be a macro's name; -1 after an error. */
  macroName(line: Line, at: number): number {
    const { tokens } = line;
    if (at >= line.end) this.report('macro-name-missing', this.endOf(line));
    else if (tokens.kind(at) !== Tok.Identifier)
      this.report('macro-name-not-identifier', this.spanAt(line, at));
    else if (tokens.id(at) === this.defined) this.report('defined-as-macro-name', this.spanAt(line, at));
    else return tokens.id(at);
    return -1;
  }

  /** The empty span behind the line's last token. */
  endOf(line: Line): Span {
    const { end } = this.spanAt({ ...line, end: line.end + 1 }, Math.max(line.end - 1, 0));
    return { start: end, end };
  }

  /**
   * The macro that a line of a file defines; undefined after an error. `known` are the file's definitions by the number of
   * their first token: those that there is nothing to complain of are parsed once.
   */
  macro(line: Line, known: Map<number, Definition>): Macro | undefined {
    const before = known.get(line.start);
    if (before !== undefined) return new Macro(before, line.delta);
    this.hasComplained = false;
    const definition = this.parse(line);
    if (definition === undefined) return undefined;
    if (!this.hasComplained) known.set(line.start, definition);
    return new Macro(definition, line.delta);
  }

  /** Parses a definition; undefined after an error. */
  private parse(line: Line): Definition | undefined {
    const { tokens } = line;
    const id = this.macroName(line, line.start);
    if (id < 0) return undefined;
    let at = line.start + 1;
    const isFunctionLike =
      at < line.end && tokens.kind(at) === Tok.LeftParen && (tokens.flag(at) & TokenFlag.leadingSpace) === 0;
    let parameters: Parameters = { ids: [], variadic: 'no', end: at };
    if (isFunctionLike) {
      const parsed = this.parseParameters(line, at + 1);
      if (parsed === undefined) return undefined;
      parameters = parsed;
      at = parsed.end;
    } else if (at < line.end && (tokens.flag(at) & TokenFlag.leadingSpace) === 0) {
      this.report('macro-name-needs-space', this.spanAt(line, at));
    }
    const parameterOf = this.operatorsOf(line, at, parameters, isFunctionLike);
    if (parameterOf === undefined) return undefined;
    return this.build(line, at, id, isFunctionLike, parameters, parameterOf);
  }

  private build(
    line: Line,
    start: number,
    id: number,
    isFunctionLike: boolean,
    { ids: parameters, variadic }: Parameters,
    parameterOf: Int16Array,
  ): Definition {
    const { tokens, end, start: nameAt } = line;
    const last = end - 1;
    const bodyLength =
      end === start
        ? 0
        : tokens.position(last) - tokens.position(start) + this.interner.text(tokens.id(last)).length;
    const name = this.interner.text(id);
    return new Definition({
      name,
      id,
      tokens,
      nameAt,
      start,
      end,
      isFunctionLike,
      parameters,
      variadic,
      parameterOf,
      bodyLength,
    });
  }

  private parseParameters(line: Line, start: number): Parameters | undefined {
    const { tokens } = line;
    const ids: number[] = [];
    const fail = (code: DiagnosticCode, at: number, args: readonly string[] = []) => {
      this.report(code, at < line.end ? this.spanAt(line, at) : this.endOf(line), args);
      return undefined;
    };
    const close = (at: number, variadic: Variadic): Parameters | undefined => {
      if (at < line.end && tokens.kind(at) === Tok.RightParen) return { ids, variadic, end: at + 1 };
      return fail('macro-parameter-missing-paren', at);
    };
    if (tokens.kind(start) === Tok.RightParen && start < line.end)
      return { ids, variadic: 'no', end: start + 1 };
    for (let at = start; ; at++) {
      if (at >= line.end) return fail('macro-parameter-missing-paren', at);
      if (tokens.kind(at) === Tok.Ellipsis) {
        ids.push(this.vaArgs);
        return close(at + 1, 'standard');
      }
      if (tokens.kind(at) === Tok.RightParen) return fail('macro-parameter-no-identifier', at);
      if (tokens.kind(at) !== Tok.Identifier) return fail('macro-parameter-invalid', at);
      const id = tokens.id(at);
      if (id === this.vaArgs) return fail('macro-parameter-va-args', at);
      if (ids.includes(id)) return fail('macro-parameter-duplicate', at, [this.interner.text(id)]);
      ids.push(id);
      at++;
      if (at >= line.end) return fail('macro-parameter-no-comma', at);
      if (tokens.kind(at) === Tok.Ellipsis) return close(at + 1, 'gnu');
      if (tokens.kind(at) === Tok.RightParen) return { ids, variadic: 'no', end: at + 1 };
      if (tokens.kind(at) !== Tok.Comma) return fail('macro-parameter-no-comma', at);
    }
  }

  /** Which body tokens are parameters and operators; undefined after an error. */
  private operatorsOf(
    line: Line,
    start: number,
    parameters: Parameters,
    isFunctionLike: boolean,
  ): Int16Array | undefined {
    const { tokens, end } = line;
    let parameterOf = noOperators;
    const note = (at: number, what: number) => {
      if (parameterOf.length === 0) parameterOf = new Int16Array(end - start).fill(noParameter);
      parameterOf[at - start] = what;
    };
    for (let at = start; at < end; at++) {
      const kind = tokens.kind(at);
      if (kind === Tok.HashHash) {
        if (at === start || at === end - 1) {
          this.report(at === start ? 'paste-at-start' : 'paste-at-end', this.spanAt(line, at));
          return undefined;
        }
        note(at, pasteOperator);
      } else if (kind === Tok.Hash && isFunctionLike) {
        const next = at + 1 < end ? this.parameterNumber(line, at + 1, parameters) : noParameter;
        if (next === noParameter) {
          this.report('stringify-without-parameter', this.spanAt(line, at));
          return undefined;
        }
        note(at, stringifyOperator);
      } else if (kind === Tok.Identifier) {
        const what = this.parameterNumber(line, at, parameters);
        if (what !== noParameter) note(at, what);
        if (what === vaOptOperator && !this.isVaOptClosed(line, at)) return undefined;
      }
    }
    return parameterOf;
  }

  private parameterNumber(line: Line, at: number, parameters: Parameters): number {
    const { tokens } = line;
    if (tokens.kind(at) !== Tok.Identifier) return noParameter;
    const id = tokens.id(at);
    if (id === this.vaOpt && parameters.variadic !== 'no') return vaOptOperator;
    const number = parameters.ids.indexOf(id);
    if (number < 0 && (id === this.vaArgs || id === this.vaOpt)) {
      this.report('va-args-outside-macro', this.spanAt(line, at), [this.interner.text(id)]);
    }
    return number < 0 ? noParameter : number;
  }

  /** Checks the parentheses behind `__VA_OPT__`. */
  private isVaOptClosed(line: Line, at: number): boolean {
    const { tokens, end } = line;
    let depth = 0;
    for (let index = at + 1; index < end; index++) {
      if (tokens.kind(index) === Tok.LeftParen) depth++;
      if (index === at + 1 && depth === 0) break;
      if (index > at + 1 && tokens.id(index) === this.vaOpt) {
        this.report('va-opt-nested', this.spanAt(line, index));
        return false;
      }
      if (tokens.kind(index) === Tok.RightParen && --depth === 0) return true;
    }
    this.report('va-opt-unterminated', this.spanAt(line, at));
    return false;
  }
}
