/**
 * Textual IR -> module; the inverse of `printer.ts`, specified in docs/ir.md.
 *
 * Every line is read on its own: a malformed one is recorded with its number and skipped, so that all errors of a
 * text come at once and nothing throws. What the lines say together (dominance, types) is the validator's matter.
 * Placed values keep their numbers; constants, parameters, addresses and instructions without a value get numbers
 * above all that the text mentions.
 */

import { noPos, type Pos } from '../diagnostics/source-manager.ts';
import { asId } from '../support/ids.ts';
import { Func, type SymbolId } from './func.ts';
import { type DataImage, type DataRelocation, type IrSymbol, Module } from './module.ts';
import { FunctionReader } from './reader-function.ts';
import { type IrToken, LineCursor, LineError, lexIrLine } from './reader-tokens.ts';
import { typeWords } from './syntax.ts';
import { Type } from './types.ts';

export interface ReadError {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface ReadResult {
  readonly module: Module;
  readonly errors: readonly ReadError[];
  /** The line on which an instruction, a block's label or a function's head stands. */
  readonly lines: ReadonlyMap<object, number>;
}

/** One line of the text, lexed. */
export interface TokenLine {
  readonly number: number;
  readonly tokens: readonly IrToken[];
}

interface SymbolText {
  readonly row: Omit<IrSymbol, 'id' | 'data'>;
  /** Bytes of data; -1 for symbols without. */
  readonly size: number;
  readonly isZero: boolean;
  readonly details: TokenLine[];
}

/** Variables larger than this are no program of ours (and would take the machine's memory). */
const maxDataSize = 1 << 28;

/** Reads a module. With errors, the module holds what could be read. */
export function readModule(text: string): ReadResult {
  return new ModuleReader(text).read();
}

class ModuleReader {
  private readonly lines: TokenLine[] = [];
  private readonly errors: ReadError[] = [];
  private readonly places = new Map<object, number>();
  private readonly module = new Module();
  private readonly symbols: SymbolText[] = [];
  private readonly ids = new Map<string, SymbolId>();

  constructor(text: string) {
    text.split('\n').forEach((line, index) => {
      const tokens = lexIrLine(line);
      if (tokens.length > 0) this.lines.push({ number: index + 1, tokens });
    });
  }

  read(): ReadResult {
    const bodies: TokenLine[][] = [];
    let at = 0;
    while (at < this.lines.length) {
      const line = this.lines[at++];
      if (line === undefined) break;
      const first = line.tokens[0];
      if (first?.kind === 'word' && first.text === 'func') {
        const body = [line];
        for (; at < this.lines.length; at++) {
          const next = this.lines[at];
          if (next === undefined) break;
          body.push(next);
          if (next.tokens[0]?.text === '}' && next.tokens[0].kind === 'punctuation') break;
        }
        at++;
        bodies.push(body);
      } else this.attempt(line, (cursor) => this.topLevel(line, cursor));
    }
    this.defineSymbols();
    for (const body of bodies) this.readFunction(body);
    return { module: this.module, errors: this.errors, lines: this.places };
  }

  /** Runs `parse` on a line; a `LineError` becomes an error of the result. */
  private attempt(line: TokenLine, parse: (cursor: LineCursor) => void): void {
    const cursor = new LineCursor(line.tokens);
    try {
      parse(cursor);
      cursor.end();
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      this.errors.push({ line: line.number, message: error.message });
    }
  }

  private topLevel(line: TokenLine, cursor: LineCursor): void {
    const word = cursor.peek;
    if (word?.kind === 'word' && (word.text === 'bytes' || word.text === 'relocation')) {
      const symbol = this.symbols.at(-1);
      if (symbol === undefined || symbol.size < 0) throw new LineError(`'${word.text}' belongs to no data`);
      symbol.details.push(line);
      while (!cursor.isAtEnd) cursor.expect(cursor.peek?.kind ?? 'word');
      return;
    }
    const name = cursor.expect('symbol');
    cursor.punctuation('=');
    if (this.ids.has(name)) throw new LineError(`@${name} is defined twice`);
    this.symbols.push(this.symbolText(name, cursor));
    this.ids.set(name, asId<SymbolId>(this.ids.size));
  }

  private symbolText(name: string, cursor: LineCursor): SymbolText {
    const kind = cursor.choose(kinds, 'function or variable');
    const linkage = cursor.choose(linkages, 'a linkage');
    let visibility: IrSymbol['visibility'] = 'default';
    let section: string | undefined;
    let inline: IrSymbol['inline'] = 'none';
    let isUsed = false;
    let isConstant = false;
    let isZero = false;
    let align = 0;
    let size = -1;
    let pos: Pos = noPos;
    while (!cursor.isAtEnd) {
      if (cursor.accept('word', 'hidden')) visibility = 'hidden';
      else if (cursor.accept('word', 'protected')) visibility = 'protected';
      else if (cursor.accept('word', 'section')) section = cursor.expect('string');
      else if (cursor.accept('word', 'inline')) inline = cursor.choose(inlineKinds, 'hint, always or never');
      else if (cursor.accept('word', 'used')) isUsed = true;
      else if (cursor.accept('word', 'constant')) isConstant = true;
      else if (cursor.accept('word', 'align')) align = cursor.number();
      else if (cursor.accept('word', 'data')) size = dataSize(cursor);
      else if (cursor.accept('word', 'zero')) isZero = true;
      else if (cursor.accept('punctuation', '!')) pos = asId<Pos>(cursor.number());
      else cursor.fail('an attribute');
    }
    return {
      row: {
        name,
        kind,
        linkage,
        visibility,
        section,
        inline,
        isUsed,
        isConstant,
        align,
        pos,
        func: undefined,
      },
      size,
      isZero,
      details: [],
    };
  }

  private defineSymbols(): void {
    for (const symbol of this.symbols) {
      this.module.addSymbol({ ...symbol.row, data: symbol.size < 0 ? undefined : this.dataImage(symbol) });
    }
  }

  private dataImage(symbol: SymbolText): DataImage {
    const bytes = new Uint8Array(symbol.size);
    const relocations: DataRelocation[] = [];
    let used = 0;
    for (const line of symbol.details) {
      this.attempt(line, (cursor) => {
        if (cursor.accept('word', 'bytes')) used = readHex(cursor, bytes, used);
        else relocations.push(this.relocation(cursor));
      });
    }
    return { bytes, relocations, isZero: symbol.isZero };
  }

  private relocation(cursor: LineCursor): DataRelocation {
    cursor.expect('word', 'relocation');
    const offset = cursor.number();
    cursor.expect('word', 'size');
    const size = cursor.number();
    const symbol = this.symbolId(cursor);
    return { offset, size, symbol, addend: cursor.peek?.kind === 'number' ? cursor.bigint() : 0n };
  }

  private symbolId(cursor: LineCursor): SymbolId {
    const name = cursor.expect('symbol');
    return this.ids.get(name) ?? failLine(`@${name} is not declared`);
  }

  private readFunction(body: readonly TokenLine[]): void {
    const head = body[0];
    if (head === undefined) return;
    let func: Func | undefined;
    this.attempt(head, (cursor) => {
      func = this.functionHead(cursor);
    });
    if (func === undefined) return;
    const reader = new FunctionReader(func, (cursor) => this.symbolId(cursor));
    const rest = body.slice(1);
    const last = rest.at(-1);
    if (last?.tokens[0]?.text === '}') rest.pop();
    else this.errors.push({ line: head.number, message: `function ${func.name} has no end` });
    for (const line of rest) this.attempt(line, (cursor) => reader.measure(line.tokens, cursor));
    reader.start();
    this.places.set(func, head.number);
    for (const line of rest) {
      this.attempt(line, (cursor) => {
        const made = reader.line(cursor);
        if (made !== undefined) this.places.set(made, line.number);
      });
    }
    if (func.layout.length === 0) {
      this.errors.push({ line: head.number, message: `function ${func.name} has no block` });
      return;
    }
    this.module.symbol(func.symbol).func = func;
  }

  private functionHead(cursor: LineCursor): Func {
    cursor.expect('word', 'func');
    const id = this.symbolId(cursor);
    const symbol = this.module.symbol(id);
    if (symbol.kind !== 'function') throw new LineError(`@${symbol.name} is no function`);
    if (symbol.func !== undefined) throw new LineError(`@${symbol.name} has two bodies`);
    cursor.punctuation('(');
    const types: Type[] = [];
    while (!cursor.accept('punctuation', ')')) {
      types.push(cursor.choose(typeWords, 'a type'));
      if (cursor.peek?.text !== ')') cursor.punctuation(',');
    }
    if (types.includes(Type.void)) throw new LineError('a parameter cannot be void');
    const returnType = cursor.choose(typeWords, 'a type');
    const pos = cursor.accept('punctuation', '!') ? asId<Pos>(cursor.number()) : noPos;
    cursor.punctuation('{');
    return new Func(symbol.name, id, types, returnType, pos);
  }
}

function words<T extends string>(...names: readonly T[]): ReadonlyMap<string, T> {
  return new Map(names.map((name) => [name, name]));
}

const kinds = words('function', 'variable');
const linkages = words('internal', 'external', 'weak');
const inlineKinds = words('none', 'hint', 'always', 'never');

function failLine(message: string): never {
  throw new LineError(message);
}

function dataSize(cursor: LineCursor): number {
  const size = cursor.number();
  return size >= 0 && size <= maxDataSize ? size : failLine(`data of ${size} bytes`);
}

/** Hex digits may lex as words or numbers; either way the text is what counts. */
function readHex(cursor: LineCursor, bytes: Uint8Array, start: number): number {
  const token = cursor.peek;
  if (token === undefined || !/^(?:[0-9a-fA-F]{2})+$/.test(token.text)) return cursor.fail('hex digits');
  cursor.expect(token.kind);
  const count = token.text.length / 2;
  if (start + count > bytes.length) return failLine('more bytes than the data has');
  for (let i = 0; i < count; i++) bytes[start + i] = Number.parseInt(token.text.slice(i * 2, i * 2 + 2), 16);
  return start + count;
}
