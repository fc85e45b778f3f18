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
const OPERATOR = /<<=|>>=|<<|>>|[-+*/|&%^=!<>]=|[-+*/|&<>=()[\],~!:@]/y;
const WORD = /[A-Za-z_.$][\w.$]*/y;
const NUMBER = /\d\w*/y;
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

/** The value of a number token: decimal, 0x, 0b, or octal with a leading 0; undefined when malformed. */
export function parseNumber(text: string): bigint | undefined {
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

/** A sum of numbers, at most one added symbol and at most one subtracted symbol. */
export interface Expression {
  readonly symbol: string | undefined;
  readonly minus: string | undefined;
  readonly value: bigint;
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

/** Reads `[signs] term { signs term }` at `index`; undefined when there is no such expression. */
export function parseSum(
  tokens: readonly AsmToken[],
  index: number,
  names: AssemblyNames,
): Expression | undefined {
  let symbol: string | undefined;
  let minus: string | undefined;
  let value = 0n;
  let next = index;
  for (let first = true; first || isSign(tokens[next]); first = false) {
    let negative = false;
    for (; isSign(tokens[next]); next++) negative = negative !== (tokens[next]?.text === '-');
    const term = tokens[next++];
    if (term === undefined) return undefined;
    const number = termValue(term, names);
    const name = number === undefined ? termSymbol(term) : undefined;
    if (number !== undefined) value += negative ? -number : number;
    else if (name === undefined) return undefined;
    else if (negative && minus === undefined) minus = name;
    else if (!negative && symbol === undefined) symbol = name;
    else return undefined;
  }
  return { symbol, minus, value, next };
}
