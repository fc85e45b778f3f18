/**
 * Lines of textual IR -> tokens, and a cursor over one line. Malformed characters become `error` tokens; nothing throws.
 */

export type IrTokenKind = 'word' | 'number' | 'string' | 'symbol' | 'punctuation' | 'error';

export interface IrToken {
  readonly kind: IrTokenKind;
  /** Strings and symbol names without quotes and `@`. */
  readonly text: string;
}

const pattern =
  /\s+|;.*|@?"(?:[^"\\]|\\.)*"|@[A-Za-z_.$][\w.$]*|[+-]?\d+(?![\w.$])|[0-9A-Fa-f]+(?![\w.$])|[A-Za-z_][\w.$]*|[=,()[\]{}:#!%&]|./gsu;

/** The tokens of one line. */
export function lexIrLine(line: string): IrToken[] {
  const tokens: IrToken[] = [];
  for (const [text] of line.matchAll(pattern)) {
    const token = tokenOf(text);
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

function tokenOf(text: string): IrToken | undefined {
  if (text.startsWith(';') || text.trim() === '') return undefined;
  if (text.startsWith('@"')) return quoted('symbol', text.slice(1));
  if (text.startsWith('"') && text.length > 1) return quoted('string', text);
  if (text.startsWith('@') && text.length > 1) return { kind: 'symbol', text: text.slice(1) };
  if (/^[+-]?\d+$/.test(text)) return { kind: 'number', text };
  if (/^\w/.test(text)) return { kind: 'word', text };
  return { kind: '=,()[]{}:#!%&'.includes(text) ? 'punctuation' : 'error', text };
}

function quoted(kind: IrTokenKind, text: string): IrToken {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') return { kind, text: value };
  } catch {
    // A bad escape: the error token says so.
  }
  return { kind: 'error', text };
}

/** Signals the end of a line's parse; never leaves the reader. */
export class LineError extends Error {}

/** A cursor over the tokens of a line; a mismatch throws a `LineError` for the reader to record. */
export class LineCursor {
  private readonly tokens: readonly IrToken[];
  private at = 0;

  constructor(tokens: readonly IrToken[]) {
    this.tokens = tokens;
  }

  get peek(): IrToken | undefined {
    return this.tokens[this.at];
  }

  get isAtEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  fail(expected: string): never {
    const found = this.peek;
    throw new LineError(`expected ${expected}, found ${found === undefined ? 'end of line' : found.text}`);
  }

  /** Consumes a token of this kind (and text) when it is next. */
  accept(kind: IrTokenKind, text?: string): boolean {
    const token = this.peek;
    if (token?.kind !== kind || (text !== undefined && token.text !== text)) return false;
    this.at++;
    return true;
  }

  expect(kind: IrTokenKind, text?: string): string {
    const token = this.peek;
    if (token?.kind !== kind || (text !== undefined && token.text !== text)) this.fail(text ?? kind);
    this.at++;
    return token.text;
  }

  punctuation(text: string): void {
    this.expect('punctuation', text);
  }

  bigint(): bigint {
    return BigInt(this.expect('number'));
  }

  /** A number that fits an id or a field. */
  number(): number {
    const value = this.bigint();
    if (value < -0x8000_0000n || value > 0xffff_ffffn) throw new LineError(`number ${value} is out of range`);
    return Number(value);
  }

  /** The word that follows when it is one of the keys of `choices`; advances. */
  choose<T>(choices: ReadonlyMap<string, T>, what: string): T {
    const token = this.peek;
    const found = token?.kind === 'word' ? choices.get(token.text) : undefined;
    if (found === undefined) this.fail(what);
    this.at++;
    return found;
  }

  end(): void {
    if (!this.isAtEnd) this.fail('end of line');
  }
}
