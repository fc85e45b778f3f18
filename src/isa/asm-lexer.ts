/**
 * The tokens of assembly text and the small expressions made of them, shared by single statements and by whole
 * listings. Numbers are bigints until a field takes them; nothing here throws.
 */

/** A fault without its place in the listing: `offset` is relative to the statement. */
export interface StatementError {
  readonly offset: number;
  readonly message: string;
}

/** Where the assembler looks up names that are not symbols. */
export interface AssemblyNames {
  /** The number of a helper by name, so that `call bpf_map_lookup_elem` is a helper call. */
  readonly helper?: (name: string) => number | undefined;
  /** The value of a constant (`.set`). */
  readonly constant?: (name: string) => bigint | undefined;
}

/** A piece of a statement. A `quoted` word is a symbol or string whatever it looks like; its text still has the escapes. */
export interface AsmToken {
  readonly type: 'word' | 'number' | 'operator' | 'placeholder';
  readonly text: string;
  readonly offset: number;
  readonly quoted: boolean;
}

const SPACE = /\s+/y;
const SIGNED_OPERATOR = /s(?:>>=|\/=|%=|>=|<=|>|<)/y;
const OPERATOR = /<<=|>>=|<<|>>|<>|&&|\|\||[-+*/|&%^=!<>]=|[-+*/|&^%<>=()[\],~!:@]/y;
const WORD = /[A-Za-z_.$][\w.$]*/y;
const NUMBER = /\d\w*|'(?:[^'\\]|\\.)'/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const PLACEHOLDER = /%[a-z]+(?:64)?/y;

const LEXERS: readonly (readonly [RegExp, AsmToken['type']])[] = [
  [SIGNED_OPERATOR, 'operator'],
  [WORD, 'word'],
  [NUMBER, 'number'],
  [PLACEHOLDER, 'placeholder'],
  [OPERATOR, 'operator'],
];

/** Cuts a statement (without comments) into tokens. */
export function lexStatement(text: string): AsmToken[] | StatementError {
  const tokens: AsmToken[] = [];
  let at = 0;
  next: while (at < text.length) {
    SPACE.lastIndex = at;
    if (SPACE.test(text)) {
      at = SPACE.lastIndex;
      continue;
    }
    QUOTED.lastIndex = at;
    const quoted = QUOTED.exec(text);
    if (quoted !== null) {
      tokens.push({ type: 'word', text: quoted[1] ?? '', offset: at, quoted: true });
      at = QUOTED.lastIndex;
      continue;
    }
    for (const [pattern, type] of LEXERS) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match === null) continue;
      tokens.push({ type, text: match[0], offset: at, quoted: false });
      at = pattern.lastIndex;
      continue next;
    }
    return { offset: at, message: `unexpected character ${JSON.stringify(text.charAt(at))}` };
  }
  return tokens;
}

const BACKSLASH = 0x5c;
const ESCAPES: ReadonlyMap<string, number> = new Map([
  ['n', 10],
  ['t', 9],
  ['r', 13],
  ['b', 8],
  ['f', 12],
]);

/** An escape of the GNU assembler behind its backslash: octal, hexadecimal or a letter. */
const ESCAPE = /([0-7]{1,3})|[xX]([0-9a-fA-F]+)|(.)/sy;

/** The bytes of a string between quotes: characters in UTF-8, escapes as the bytes they stand for. */
export function unescapeBytes(text: string): number[] {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < text.length; ) {
    if (text.charCodeAt(at) !== BACKSLASH) {
      const next = text.indexOf('\\', at);
      const end = next < 0 ? text.length : next;
      for (const byte of encoder.encode(text.slice(at, end))) bytes.push(byte);
      at = end;
      continue;
    }
    ESCAPE.lastIndex = at + 1;
    const [, octal, hex, other] = ESCAPE.exec(text) ?? [];
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 255);
    else if (hex !== undefined) bytes.push(Number.parseInt(hex.slice(-2), 16));
    else if (other !== undefined) bytes.push(ESCAPES.get(other) ?? other.charCodeAt(0) & 255);
    at = Math.max(ESCAPE.lastIndex, at + 1);
  }
  return bytes;
}

/** The text of a string between quotes. */
export function unescapeString(text: string): string {
  return text.includes('\\') ? new TextDecoder().decode(Uint8Array.from(unescapeBytes(text))) : text;
}

/** What C calls a suffix says nothing here. */
const SUFFIX = /[uU]?[lL]{0,2}$/;

/** The value of a number token: decimal, 0x, 0b, octal with a leading 0, or a character; undefined when malformed. */
export function parseNumber(token: string): bigint | undefined {
  if (token.startsWith("'")) return BigInt(unescapeBytes(token.slice(1, -1))[0] ?? 0);
  const text = token.replace(SUFFIX, '');
  if (/^0[xX][0-9a-fA-F]+$/.test(text) || /^0[bB][01]+$/.test(text)) return BigInt(text);
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  // BigInt() of a decimal is quadratic in its length; nothing longer than 2^64 is of use.
  if (/^\d{1,40}$/.test(text)) return BigInt(text);
  return undefined;
}

/** True for a token that begins a signed term. */
export function isSign(token: AsmToken | undefined): boolean {
  return token?.type === 'operator' && (token.text === '+' || token.text === '-');
}

/** A number, with at most one added symbol and at most one subtracted symbol. */
interface Term {
  readonly symbol: string | undefined;
  readonly minus: string | undefined;
  readonly value: bigint;
}

export interface Expression extends Term {
  /** Index of the first token after it. */
  readonly next: number;
}

/** `1b` and `1f`: the nearest numeric label before or after. */
export const LOCAL_LABEL: RegExp = /^(\d+)([bf])$/;

/** The value of a term that is not a symbol. */
function termValue(term: AsmToken, names: AssemblyNames): bigint | undefined {
  if (term.type === 'word') return term.quoted ? undefined : names.constant?.(term.text);
  return term.type === 'number' ? parseNumber(term.text) : undefined;
}

/** The symbol a term names, if it can be one. */
function termSymbol(term: AsmToken): string | undefined {
  if (term.type === 'word') return term.quoted ? unescapeString(term.text) : term.text;
  return term.type === 'number' && LOCAL_LABEL.test(term.text) ? term.text : undefined;
}

/** Wraps what left the range of signed and unsigned 64 bits. */
const wrap = (value: bigint): bigint =>
  value < -(1n << 63n) || value >= 1n << 64n ? BigInt.asIntN(64, value) : value;
const shiftCount = (count: bigint): bigint => BigInt.asUintN(6, count);
const flag = (holds: boolean): bigint => (holds ? 1n : 0n);

type Fold = (left: bigint, right: bigint) => bigint | undefined;

/** Binary operators by rising precedence, as the GNU assembler has it; comparisons give -1, `>>` is logical. */
const OPERATORS: ReadonlyMap<string, { readonly precedence: number; readonly fold: Fold }> = new Map(
  (
    [
      { '||': (a, b) => flag(a !== 0n || b !== 0n) },
      { '&&': (a, b) => flag(a !== 0n && b !== 0n) },
      {
        '==': (a, b) => -flag(a === b),
        '!=': (a, b) => -flag(a !== b),
        '<>': (a, b) => -flag(a !== b),
        '<': (a, b) => -flag(a < b),
        '<=': (a, b) => -flag(a <= b),
        '>': (a, b) => -flag(a > b),
        '>=': (a, b) => -flag(a >= b),
      },
      { '+': (a, b) => a + b, '-': (a, b) => a - b },
      { '|': (a, b) => a | b, '^': (a, b) => a ^ b, '&': (a, b) => a & b },
      {
        '*': (a, b) => wrap(a * b),
        '/': (a, b) => (b === 0n ? undefined : a / b),
        '%': (a, b) => (b === 0n ? undefined : a % b),
        '<<': (a, b) => wrap(a << shiftCount(b)),
        '>>': (a, b) => BigInt.asUintN(64, a) >> shiftCount(b),
      },
    ] satisfies Record<string, Fold>[]
  ).flatMap((row, precedence) =>
    Object.entries(row).map(([text, fold]) => [text, { precedence, fold }] as const),
  ),
);

const UNARY: ReadonlyMap<string, (value: bigint) => bigint> = new Map([
  ['-', (value: bigint) => -value],
  ['~', (value: bigint) => ~value],
  ['!', (value: bigint) => flag(value === 0n)],
]);

const MAX_NESTING = 100;

/** Joins two terms; symbols can only be added and subtracted. */
function join(operator: string, fold: Fold, left: Term, right: Term): Term | undefined {
  const { symbol, minus } = right;
  if (operator === '+' || operator === '-') {
    const [added, subtracted] = operator === '+' ? [symbol, minus] : [minus, symbol];
    if (left.symbol !== undefined && added !== undefined) return undefined;
    if (left.minus !== undefined && subtracted !== undefined) return undefined;
    const value = fold(left.value, right.value) ?? 0n;
    return { symbol: left.symbol ?? added, minus: left.minus ?? subtracted, value };
  }
  if (left.symbol ?? left.minus ?? symbol ?? minus) return undefined;
  const value = fold(left.value, right.value);
  return value === undefined ? undefined : { symbol: undefined, minus: undefined, value };
}

class ExpressionReader {
  private readonly tokens: readonly AsmToken[];
  private readonly names: AssemblyNames;
  next: number;

  constructor(tokens: readonly AsmToken[], index: number, names: AssemblyNames) {
    this.tokens = tokens;
    this.next = index;
    this.names = names;
  }

  /** Operators of `lowest` precedence and higher, from left to right. */
  binary(lowest: number, nesting: number): Term | undefined {
    let left = this.unary(nesting);
    while (left !== undefined) {
      const token = this.tokens[this.next];
      const operator = token?.type === 'operator' ? OPERATORS.get(token.text) : undefined;
      if (token === undefined || operator === undefined || operator.precedence < lowest) return left;
      this.next++;
      const right = this.binary(operator.precedence + 1, nesting);
      left = right && join(token.text, operator.fold, left, right);
    }
    return undefined;
  }

  private unary(nesting: number): Term | undefined {
    const signs: string[] = [];
    for (let token = this.tokens[this.next]; token?.type === 'operator' && /^[-+~!]$/.test(token.text); ) {
      signs.push(token.text);
      token = this.tokens[++this.next];
    }
    let term = this.primary(nesting);
    for (const sign of signs.reverse()) {
      const fold = UNARY.get(sign);
      if (term === undefined || fold === undefined) continue;
      const { symbol, minus, value }: Term = term;
      // Of the signs, only minus has a meaning for symbols.
      if (sign !== '-' && (symbol ?? minus) !== undefined) return undefined;
      term = { symbol: minus, minus: symbol, value: fold(value) };
    }
    return term;
  }

  private primary(nesting: number): Term | undefined {
    const token = this.tokens[this.next++];
    if (token === undefined) return undefined;
    if (token.type === 'operator') {
      if (token.text !== '(' || nesting > MAX_NESTING) return undefined;
      const inner = this.binary(0, nesting + 1);
      return this.tokens[this.next++]?.text === ')' ? inner : undefined;
    }
    const value = termValue(token, this.names);
    if (value !== undefined) return { symbol: undefined, minus: undefined, value };
    const symbol = termSymbol(token);
    return symbol === undefined ? undefined : { symbol, minus: undefined, value: 0n };
  }
}

/** Reads an expression at `index`; undefined when there is none, or none of the form an {@link Expression} has. */
export function parseExpression(
  tokens: readonly AsmToken[],
  index: number,
  names: AssemblyNames,
): Expression | undefined {
  const reader = new ExpressionReader(tokens, index, names);
  const term = reader.binary(0, 0);
  return term && { ...term, next: reader.next };
}
