/**
 * Lines of a function's body -> instructions of a `Func`. Two sweeps: `measure` finds the numbers that the text
 * uses, `line` builds. See `reader.ts`.
 */

import { noPos, type Pos } from '../diagnostics/source-manager.ts';
import { asId } from '../support/ids.ts';
import {
  type AsmConstraint,
  Block,
  type BlockId,
  type Func,
  Ins,
  orderingShift,
  type SymbolId,
  type ValueId,
} from './func.ts';
import { Op, type OpName, opRow, opTable, orderings } from './ops.ts';
import { type IrToken, type LineCursor, LineError } from './reader-tokens.ts';
import { flagWords, hasWrittenType, type SyntaxRow, syntaxOf, typeWords } from './syntax.ts';
import { Type } from './types.ts';

/** Numbers above this are no dump of ours; columns by id would take the machine's memory. */
const maxId = 1 << 22;

const opByName: ReadonlyMap<string, Op> = new Map(
  opTable.filter((row) => row.placed).map((row) => [row.name, Op[row.name satisfies OpName]]),
);

const asmDetails: ReadonlySet<string> = new Set(['constraint', 'clobber', 'label']);

interface AsmText {
  template: string;
  places: never[];
  isVolatile: boolean;
  isExtended: boolean;
  constraints: AsmConstraint[];
  clobbers: string[];
  labels: string[];
}

export class FunctionReader {
  private readonly func: Func;
  private readonly symbolId: (cursor: LineCursor) => SymbolId;
  private readonly defined = new Set<number>();
  private readonly blocks = new Set<number>();
  private maxValue = -1;
  private block: Block | undefined = undefined;
  private asm: AsmText | undefined = undefined;

  constructor(func: Func, symbolId: (cursor: LineCursor) => SymbolId) {
    this.func = func;
    this.symbolId = symbolId;
  }

  /** First sweep: notes block labels and the highest value number. */
  measure(tokens: readonly IrToken[], cursor: LineCursor): void {
    for (const token of tokens) {
      if (token.kind !== 'word') continue;
      if (isNumbered(token.text, 'v')) this.maxValue = Math.max(this.maxValue, idNumber(token.text));
      else if (isNumbered(token.text, 'b')) idNumber(token.text);
    }
    const first = tokens[0];
    if (first?.kind === 'word' && isNumbered(first.text, 'b')) this.blocks.add(idNumber(first.text));
    while (!cursor.isAtEnd) cursor.expect(cursor.peek?.kind ?? 'word');
  }

  /** Makes room for the numbers found. */
  start(): void {
    for (let id = 0; id <= this.maxValue; id++) this.func.values.push(undefined);
    let highest = -1;
    for (const id of this.blocks) highest = Math.max(highest, id);
    for (let id = 0; id <= highest; id++) this.func.blocks.push(undefined);
  }

  /** Second sweep: builds what the line says and returns the block or instruction that it makes. */
  line(cursor: LineCursor): Block | Ins | undefined {
    const first = cursor.peek;
    if (first?.kind !== 'word') cursor.fail('an instruction');
    // In a block `asm` is the instruction, before the first block a row of the table.
    const isRow = this.block === undefined;
    if (first.text === 'local') this.local(cursor);
    else if (first.text === 'dropped') this.dropped(cursor);
    else if (first.text === 'asm' && isRow) this.asmRow(cursor);
    else if (asmDetails.has(first.text)) this.asmDetail(cursor);
    else if (first.text === 'core') this.core(cursor);
    else if (isNumbered(first.text, 'b')) return this.label(cursor);
    else return this.instruction(cursor);
    return undefined;
  }

  private local(cursor: LineCursor): void {
    cursor.expect('word', 'local');
    this.expectRow(cursor, this.func.locals.length);
    const name = cursor.expect('string');
    const inlinedFrom: string[] = [];
    while (cursor.accept('word', 'from')) inlinedFrom.push(cursor.expect('string'));
    this.func.locals.push({ name, pos: position(cursor), inlinedFrom });
  }

  private dropped(cursor: LineCursor): void {
    cursor.expect('word', 'dropped');
    if (cursor.accept('word', 'result')) this.func.dropsResult = true;
    else
      while (!cursor.isAtEnd) this.func.droppedParameters = [...this.func.droppedParameters, cursor.number()];
  }

  private asmRow(cursor: LineCursor): void {
    cursor.expect('word', 'asm');
    this.expectRow(cursor, this.func.asms.length);
    const isVolatile = cursor.accept('word', 'volatile');
    const isExtended = cursor.accept('word', 'extended');
    const template = cursor.expect('string');
    this.asm = { template, places: [], isVolatile, isExtended, constraints: [], clobbers: [], labels: [] };
    this.func.asms.push(this.asm);
  }

  private asmDetail(cursor: LineCursor): void {
    if (this.asm === undefined) throw new LineError('no asm to which this belongs');
    if (cursor.accept('word', 'clobber')) this.asm.clobbers.push(cursor.expect('string'));
    else if (cursor.accept('word', 'label')) this.asm.labels.push(cursor.expect('string'));
    else {
      cursor.expect('word', 'constraint');
      const constraint = cursor.expect('string');
      const type = cursor.choose(typeWords, 'a type');
      const isOutput = cursor.accept('word', 'output');
      const isMemory = cursor.accept('word', 'memory');
      const name = cursor.accept('word', 'name') ? cursor.expect('string') : undefined;
      this.asm.constraints.push({ name, constraint, isOutput, isMemory, type });
    }
  }

  private core(cursor: LineCursor): void {
    cursor.expect('word', 'core');
    this.expectRow(cursor, this.func.coreRelocations.length);
    cursor.expect('word', 'kind');
    const kind = cursor.number();
    cursor.expect('word', 'type');
    const typeKey = cursor.number();
    this.func.coreRelocations.push({ kind, typeKey, access: cursor.expect('string') });
  }

  private expectRow(cursor: LineCursor, expected: number): void {
    const row = cursor.number();
    if (row !== expected) throw new LineError(`row ${row} where ${expected} is next`);
  }

  private label(cursor: LineCursor): Block {
    const id = idNumber(cursor.expect('word'));
    if (this.func.blocks[id] !== undefined) throw new LineError(`b${id} is defined twice`);
    const block = new Block(asId<BlockId>(id));
    if (cursor.accept('word', 'unroll')) block.unroll = cursor.number();
    cursor.punctuation(':');
    if (this.func.layout.length === 0) this.func.entry = block.id;
    this.func.blocks[id] = block;
    this.func.layout.push(block.id);
    this.block = block;
    return block;
  }

  private instruction(cursor: LineCursor): Ins {
    if (this.block === undefined) throw new LineError('instruction outside of a block');
    const first = cursor.peek;
    let id = -1;
    if (first?.kind === 'word' && isNumbered(first.text, 'v')) {
      id = idNumber(cursor.expect('word'));
      cursor.punctuation('=');
    }
    const name = cursor.expect('word');
    const dot = name.indexOf('.');
    const op = opByName.get(dot < 0 ? name : name.slice(0, dot));
    if (op === undefined) throw new LineError(`no operation ${name}`);
    const syntax = syntaxOf(op);
    const aux = suffixNumber(syntax, dot < 0 ? '' : name.slice(dot + 1));
    const type = hasWrittenType(op) ? cursor.choose(typeWords, 'a type') : fixedType(op);
    if ((type === Type.void) !== id < 0) {
      throw new LineError(
        type === Type.void ? 'a void instruction has no value' : 'the value needs a number',
      );
    }
    const ins = id < 0 ? this.func.create(op, type, []) : this.define(id, op, type);
    ins.aux = aux;
    this.body(cursor, ins, syntax);
    this.rest(cursor, ins, syntax);
    ins.block = this.block.id;
    this.block.instructions.push(ins.id);
    return ins;
  }

  private define(id: number, op: Op, type: Type): Ins {
    if (this.defined.has(id)) throw new LineError(`v${id} is defined twice`);
    this.defined.add(id);
    const ins = new Ins(asId<ValueId>(id), op, type, [], noPos);
    this.func.values[id] = ins;
    return ins;
  }

  private body(cursor: LineCursor, ins: Ins, syntax: SyntaxRow): void {
    switch (syntax.form) {
      case 'plain':
        this.plainBody(cursor, ins);
        break;
      case 'phi':
        this.pairs(cursor, ins);
        break;
      case 'switch':
        ins.operands.push(this.value(cursor));
        cursor.punctuation(',');
        ins.targets.push(this.target(cursor));
        if (cursor.accept('punctuation', ',')) this.pairs(cursor, ins);
        break;
      case 'call':
        this.callee(cursor, ins, syntax);
        this.argumentList(cursor, ins);
        while (cursor.accept('punctuation', ',')) ins.targets.push(this.target(cursor));
        break;
      default:
        syntax.form satisfies never;
    }
  }

  private plainBody(cursor: LineCursor, ins: Ins): void {
    if (!this.isItem(cursor.peek)) return;
    do {
      const token = cursor.peek;
      if (token?.kind === 'word' && isNumbered(token.text, 'b')) ins.targets.push(this.target(cursor));
      else ins.operands.push(this.value(cursor));
    } while (cursor.accept('punctuation', ','));
  }

  private isItem(token: IrToken | undefined): boolean {
    if (token === undefined) return false;
    if (token.kind === 'word') {
      return isNumbered(token.text, 'v') || isNumbered(token.text, 'b') || typeWords.has(token.text);
    }
    return token.kind === 'symbol' || token.text === '%' || token.text === '&';
  }

  private pairs(cursor: LineCursor, ins: Ins): void {
    if (cursor.peek?.text !== '[') return;
    do {
      cursor.punctuation('[');
      ins.operands.push(this.value(cursor));
      ins.targets.push(this.target(cursor));
      cursor.punctuation(']');
    } while (cursor.accept('punctuation', ','));
  }

  private callee(cursor: LineCursor, ins: Ins, syntax: SyntaxRow): void {
    if (syntax.callee === 'symbol') ins.aux = this.symbolId(cursor);
    else if (syntax.callee === 'value') ins.operands.push(this.value(cursor));
    else {
      cursor.punctuation('#');
      if (syntax.callee === 'imm') ins.imm = cursor.bigint();
      else ins.aux = cursor.number();
    }
  }

  private argumentList(cursor: LineCursor, ins: Ins): void {
    cursor.punctuation('(');
    if (cursor.accept('punctuation', ')')) return;
    do ins.operands.push(this.value(cursor));
    while (cursor.accept('punctuation', ','));
    cursor.punctuation(')');
  }

  private rest(cursor: LineCursor, ins: Ins, syntax: SyntaxRow): void {
    for (const [keyword, field] of syntax.fields) {
      cursor.expect('word', keyword);
      if (field === 'imm') ins.imm = cursor.bigint();
      else ins.aux = cursor.number();
    }
    if (cursor.accept('word', 'align')) ins.align = cursor.number();
    for (const [word, bit] of flagWords) if (cursor.accept('word', word)) ins.flags |= bit;
    orderings.forEach((word, ordering) => {
      if (ordering > 0 && cursor.accept('word', word)) ins.flags |= ordering << orderingShift;
    });
    ins.pos = position(cursor);
  }

  private target(cursor: LineCursor): BlockId {
    const name = cursor.expect('word');
    const id = isNumbered(name, 'b') ? idNumber(name) : -1;
    if (!this.blocks.has(id)) throw new LineError(`no block ${name}`);
    return asId<BlockId>(id);
  }

  private value(cursor: LineCursor): ValueId {
    const token = cursor.peek;
    if (token?.kind === 'symbol') {
      const symbol = this.symbolId(cursor);
      return this.func.globalAddress(symbol, cursor.peek?.kind === 'number' ? cursor.bigint() : 0n);
    }
    if (cursor.accept('punctuation', '%')) {
      const index = cursor.number();
      if (this.func.parameterTypes[index] === undefined) throw new LineError(`no parameter ${index}`);
      return this.func.parameter(index);
    }
    if (token?.kind === 'word' && isNumbered(token.text, 'v')) {
      return asId<ValueId>(idNumber(cursor.expect('word')));
    }
    const type = cursor.choose(typeWords, 'a value');
    if (type === Type.void) throw new LineError('a value cannot be void');
    if (cursor.accept('word', 'undef')) return this.func.undef(type);
    return this.func.constant(type, cursor.bigint());
  }
}

function position(cursor: LineCursor): Pos {
  return cursor.accept('punctuation', '!') ? asId<Pos>(cursor.number()) : noPos;
}

function isNumbered(text: string, letter: string): boolean {
  if (text.length < 2 || text[0] !== letter) return false;
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

function idNumber(text: string): number {
  const id = Number.parseInt(text.slice(1), 10);
  if (!(id <= maxId)) throw new LineError(`number of ${text} is too large`);
  return id;
}

function fixedType(op: Op): Type {
  return typeWords.get(opRow(op).result) ?? Type.void;
}

function suffixNumber(syntax: SyntaxRow, suffix: string): number {
  const { suffix: choices } = syntax;
  if (choices === undefined) {
    if (suffix !== '') throw new LineError(`no suffix .${suffix} here`);
    return 0;
  }
  const found = choices === 'number' ? Number.parseInt(suffix, 10) : choices.indexOf(suffix);
  if (!(found >= 0)) throw new LineError(`no suffix .${suffix} here`);
  return found;
}
