/**
 * The controlling expression of `#if` and `#elif` (C11 6.10.1): expanded tokens -> truth, or diagnostics.
 *
 * Arithmetic is that of intmax_t and uintmax_t, 64 bits as bigint (6.10.1 p4). Method: precedence climbing; an
 * operand that is not evaluated (behind `0 &&`, `1 ||`, in the other arm of `?:`) is parsed with complaints off.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { offsetPos, type Pos, type Span } from '../diagnostics/source-manager.ts';
import type { TokenColumns } from '../lexer/token-columns.ts';
import { Tok, type TokenKind } from '../lexer/tokens.ts';
import { asId } from '../support/ids.ts';
import type { Interner } from '../support/interner.ts';
import { characterValue } from './character-value.ts';
import type { IdentifierTable } from './macro.ts';
import { IdentifierBit } from './macro.ts';

/** Parentheses and operators may nest this deep. */
const maxDepth = 512;

interface Value {
  readonly value: bigint;
  readonly unsigned: boolean;
}

const zero: Value = { value: 0n, unsigned: false };
const truth = (condition: boolean): Value => ({ value: condition ? 1n : 0n, unsigned: false });

/** Thrown and caught in this file only: a syntax error was reported and the expression counts as false. */
class ConditionError extends Error {}

const precedences: ReadonlyMap<TokenKind, number> = new Map([
  [Tok.Comma, 1],
  [Tok.Question, 2],
  [Tok.PipePipe, 3],
  [Tok.AmpersandAmpersand, 4],
  [Tok.Pipe, 5],
  [Tok.Caret, 6],
  [Tok.Ampersand, 7],
  [Tok.EqualEqual, 8],
  [Tok.ExclaimEqual, 8],
  [Tok.Less, 9],
  [Tok.Greater, 9],
  [Tok.LessEqual, 9],
  [Tok.GreaterEqual, 9],
  [Tok.LessLess, 10],
  [Tok.GreaterGreater, 10],
  [Tok.Plus, 11],
  [Tok.Minus, 11],
  [Tok.Star, 12],
  [Tok.Slash, 12],
  [Tok.Percent, 12],
]);

export interface ConditionContext {
  readonly interner: Interner;
  readonly identifiers: IdentifierTable;
  report(code: DiagnosticCode, span: Span, args?: readonly string[]): void;
}

/** The truth of a condition; undefined after an error. `end` is where complaints about a missing rest go. */
export function evaluateCondition(
  tokens: TokenColumns,
  end: Pos,
  context: ConditionContext,
): boolean | undefined {
  const parser = new ConditionParser(tokens, end, context);
  try {
    return parser.parseAll();
  } catch (error) {
    if (error instanceof ConditionError) return undefined;
    throw error;
  }
}

class ConditionParser {
  private readonly tokens: TokenColumns;
  private readonly endPosition: Pos;
  private readonly context: ConditionContext;
  private readonly definedId: number;
  private at = 0;
  private depth = 0;
  private evaluating = true;

  constructor(tokens: TokenColumns, end: Pos, context: ConditionContext) {
    this.tokens = tokens;
    this.endPosition = end;
    this.context = context;
    this.definedId = context.interner.find('defined');
  }

  parseAll(): boolean {
    const value = this.parseBinary(1);
    if (this.at < this.tokens.length) this.fail('condition-not-operator', this.at);
    return value.value !== 0n;
  }

  private kind(): TokenKind {
    return this.at < this.tokens.length ? this.tokens.kind(this.at) : Tok.EndOfFile;
  }

  private text(at: number): string {
    return this.context.interner.text(this.tokens.id(at));
  }

  private spanAt(at: number): Span {
    if (at >= this.tokens.length) return { start: this.endPosition, end: this.endPosition };
    const start = asId<Pos>(this.tokens.position(at));
    return { start, end: offsetPos(start, this.text(at).length) };
  }

  private fail(code: DiagnosticCode, at: number, args: readonly string[] = []): never {
    this.context.report(code, this.spanAt(at), args);
    throw new ConditionError();
  }

  /** Fails at a character inside token `at`. */
  private failInside(code: DiagnosticCode, at: number, offset: number, args: readonly string[]): never {
    const start = offsetPos(this.spanAt(at).start, offset);
    this.context.report(code, { start, end: offsetPos(start, 1) }, args);
    throw new ConditionError();
  }

  private nested<T>(parse: () => T): T {
    if (++this.depth > maxDepth) this.fail('condition-too-deep', this.at);
    const result = parse();
    this.depth--;
    return result;
  }

  private unevaluated(skip: boolean, parse: () => Value): Value {
    const before = this.evaluating;
    this.evaluating = before && !skip;
    const value = this.nested(parse);
    this.evaluating = before;
    return value;
  }

  private parseBinary(minimum: number): Value {
    let left = this.parseUnary();
    for (;;) {
      const operator = this.kind();
      const precedence = precedences.get(operator) ?? 0;
      if (precedence < minimum) return left;
      const at = this.at++;
      if (operator === Tok.Question) {
        left = this.parseConditional(left);
        continue;
      }
      const isDecided =
        (operator === Tok.AmpersandAmpersand && left.value === 0n) ||
        (operator === Tok.PipePipe && left.value !== 0n);
      const right = this.unevaluated(isDecided, () => this.parseBinary(precedence + 1));
      left = this.apply(operator, at, left, right);
    }
  }

  private parseConditional(condition: Value): Value {
    const isTrue = condition.value !== 0n;
    const whenTrue =
      this.kind() === Tok.Colon ? condition : this.unevaluated(!isTrue, () => this.parseBinary(1));
    if (this.kind() !== Tok.Colon) this.fail('condition-expected-colon', this.at);
    this.at++;
    const whenFalse = this.unevaluated(isTrue, () => this.parseBinary(2));
    const unsigned = whenTrue.unsigned || whenFalse.unsigned;
    return wrap((isTrue ? whenTrue : whenFalse).value, unsigned);
  }

  private apply(operator: TokenKind, at: number, left: Value, right: Value): Value {
    const unsigned = left.unsigned || right.unsigned;
    const a = unsigned ? BigInt.asUintN(64, left.value) : left.value;
    const b = unsigned ? BigInt.asUintN(64, right.value) : right.value;
    switch (operator) {
      case Tok.Comma:
        return right;
      case Tok.PipePipe:
        return truth(left.value !== 0n || right.value !== 0n);
      case Tok.AmpersandAmpersand:
        return truth(left.value !== 0n && right.value !== 0n);
      case Tok.Pipe:
        return wrap(a | b, unsigned);
      case Tok.Caret:
        return wrap(a ^ b, unsigned);
      case Tok.Ampersand:
        return wrap(a & b, unsigned);
      case Tok.EqualEqual:
        return truth(a === b);
      case Tok.ExclaimEqual:
        return truth(a !== b);
      case Tok.Less:
        return truth(a < b);
      case Tok.Greater:
        return truth(a > b);
      case Tok.LessEqual:
        return truth(a <= b);
      case Tok.GreaterEqual:
        return truth(a >= b);
      case Tok.LessLess:
      case Tok.GreaterGreater:
        return shift(left, right, operator === Tok.LessLess);
      case Tok.Plus:
        return wrap(a + b, unsigned);
      case Tok.Minus:
        return wrap(a - b, unsigned);
      case Tok.Star:
        return wrap(a * b, unsigned);
      default:
        return this.divide(operator === Tok.Slash, at, wrap(a, unsigned), wrap(b, unsigned));
    }
  }

  private divide(isQuotient: boolean, at: number, left: Value, right: Value): Value {
    if (right.value === 0n) {
      if (this.evaluating)
        this.fail(isQuotient ? 'condition-division-by-zero' : 'condition-remainder-by-zero', at);
      return zero;
    }
    return wrap(isQuotient ? left.value / right.value : left.value % right.value, left.unsigned);
  }

  private parseUnary(): Value {
    // A row of unary operators is applied backwards, so that its length is no depth.
    const operators: TokenKind[] = [];
    const isUnary = (kind: TokenKind) =>
      kind === Tok.Exclaim || kind === Tok.Tilde || kind === Tok.Minus || kind === Tok.Plus;
    for (; isUnary(this.kind()); this.at++) operators.push(this.kind());
    let value = this.parsePrimary();
    for (const operator of operators.reverse()) {
      if (operator === Tok.Exclaim) value = truth(value.value === 0n);
      else if (operator === Tok.Tilde) value = wrap(~value.value, value.unsigned);
      else if (operator === Tok.Minus) value = wrap(-value.value, value.unsigned);
    }
    return value;
  }

  private parsePrimary(): Value {
    const at = this.at;
    switch (this.kind()) {
      case Tok.LeftParen: {
        this.at++;
        const value = this.nested(() => this.parseBinary(1));
        if (this.kind() !== Tok.RightParen) this.fail('condition-expected-paren', this.at);
        this.at++;
        return value;
      }
      case Tok.Number:
        this.at++;
        return this.numberValue(at);
      case Tok.Character: {
        this.at++;
        const value = characterValue(this.text(at));
        if (value === undefined) this.fail('condition-invalid-character', at);
        return value;
      }
      case Tok.Identifier:
        this.at++;
        if (this.tokens.id(at) === this.definedId) return this.parseDefined();
        if (this.kind() === Tok.LeftParen && this.evaluating) {
          this.fail('condition-undefined-function', at, [this.text(at)]);
        }
        if (this.evaluating) this.context.report('undefined-in-condition', this.spanAt(at), [this.text(at)]);
        return zero;
      case Tok.EndOfFile:
        return this.fail('condition-expected-value', at);
      default:
        return this.fail('condition-invalid-token', at);
    }
  }

  private parseDefined(): Value {
    const hasParen = this.kind() === Tok.LeftParen;
    if (hasParen) this.at++;
    const at = this.at;
    if (this.kind() !== Tok.Identifier) {
      this.fail(at >= this.tokens.length ? 'macro-name-missing' : 'macro-name-not-identifier', at);
    }
    this.at++;
    if (hasParen) {
      if (this.kind() !== Tok.RightParen) this.fail('condition-defined-paren', this.at);
      this.at++;
    }
    return truth(this.context.identifiers.has(this.tokens.id(at), IdentifierBit.macro));
  }

  private numberValue(at: number): Value {
    const text = this.text(at);
    const parts = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)([a-zA-Z]*)$/.exec(text);
    const digit = invalidDigit(text);
    if (digit !== undefined)
      this.failInside('condition-invalid-digit', at, digit.offset, [digit.text, digit.base]);
    if (parts === null) {
      const isFloat = /^(?:[0-9.]|0[xX][0-9a-fA-F.]+[pP])/.test(text) && /[.eEpP]/.test(text);
      this.fail(isFloat ? 'condition-float' : 'condition-invalid-number', at, [text]);
    }
    const digits = parts[1] ?? '0';
    const suffix = (parts[2] ?? '').toLowerCase();
    if (!/^(?:u|l|ll|ul|ull|lu|llu|z|uz|zu)?$/.test(suffix))
      this.fail('condition-invalid-suffix', at, [parts[2] ?? '']);
    const isOctal = /^0[0-9]/.test(digits);
    // Longer than any 64-bit number in any base: not worth the time of making it a bigint.
    if (digits.replace(/^0[xXbB]?0*/, '').length > 64) this.fail('condition-too-large', at);
    const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
    if (value >= 1n << 64n) this.fail('condition-too-large', at);
    return { value, unsigned: suffix.includes('u') || value >= 1n << 63n };
  }
}

/** The first character of an integer constant that is no digit of its base and begins no suffix. */
function invalidDigit(
  text: string,
): { readonly offset: number; readonly text: string; readonly base: string } | undefined {
  if (/[.]|^[^xX]*[eE]|[pP]/.test(text)) return undefined;
  const octal = /^0[0-7]*([89])/.exec(text);
  const decimal = /^(?:0|[1-9][0-9]*)([a-dfA-DF])/.exec(text);
  const match = octal ?? (/^0[xXbB]/.test(text) ? null : decimal);
  if (match === null) return undefined;
  return { offset: match[0].length - 1, text: match[1] ?? '', base: octal === null ? 'decimal' : 'octal' };
}

/** 64 bits of a value. */
function wrap(value: bigint, unsigned: boolean): Value {
  return { value: unsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value), unsigned };
}

/** Shifts of more than 63 shift everything out; a negative count shifts the other way, as clang does. */
function shift(left: Value, right: Value, isLeft: boolean): Value {
  const isNegative = !right.unsigned && right.value < 0n;
  const amount = isNegative ? -right.value : right.value;
  const count = amount > 64n ? 64n : amount;
  return wrap(isLeft !== isNegative ? left.value << count : left.value >> count, left.unsigned);
}
