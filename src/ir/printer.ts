/**
 * IR -> text, as docs/ir.md describes it; `reader.ts` is the inverse, and printing what it read gives the same
 * bytes. Printing never fails, so that broken functions can be shown: a missing operand prints as its number.
 */

import { noPos } from '../diagnostics/source-manager.ts';
import { bug } from '../support/bug.ts';
import { toSigned } from '../support/eval-alu.ts';
import type { AsmConstraint, AsmInfo, Block, Func, Ins, ValueId } from './func.ts';
import { orderingShift } from './func.ts';
import type { IrSymbol, Module } from './module.ts';
import { Op, opRow, orderings } from './ops.ts';
import { flagWords, hasWrittenType, syntaxOf, unplacedIns } from './syntax.ts';
import { bitsOf, Type, typeNames } from './types.ts';
import type { LocalInfo } from './value-names.ts';

export interface PrintOptions {
  /** Print source positions as `!n`. */
  readonly positions?: boolean;
  readonly notes?: PrintNotes;
  /** Told of each instruction and the number of its line, from 0. */
  readonly onInstruction?: (line: number, ins: Ins) => void;
}

/** Facts that a dump shows as comments. */
export interface PrintNotes {
  parameter(func: Func, index: number): string | undefined;
  /** Stands behind the instruction that makes the value. */
  value(func: Func, value: ValueId): string | undefined;
}

/** The whole module. */
export function printModule(module: Module, options: PrintOptions = {}): string {
  const lines: string[] = [];
  for (const symbol of module.symbols) printSymbol(module, symbol, options, lines);
  for (const func of module.functions()) {
    lines.push('');
    printInto(module, func, options, lines);
  }
  return `${lines.join('\n')}\n`;
}

/** One function. */
export function printFunction(module: Module, func: Func, options: PrintOptions = {}): string {
  const lines: string[] = [];
  printInto(module, func, options, lines);
  return `${lines.join('\n')}\n`;
}

/** `"text"` with escapes; every character survives. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** `@name`, quoted where the name is no plain word. */
export function symbolName(name: string): string {
  return /^[A-Za-z_.$][\w.$]*$/.test(name) ? `@${name}` : `@${quote(name)}`;
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

const bytesPerLine = 32;

function printSymbol(module: Module, symbol: IrSymbol, options: PrintOptions, lines: string[]): void {
  const words = [symbolName(symbol.name), '=', symbol.kind, symbol.linkage];
  if (symbol.visibility !== 'default') words.push(symbol.visibility);
  if (symbol.section !== undefined) words.push('section', quote(symbol.section));
  if (symbol.inline !== 'none') words.push('inline', symbol.inline);
  if (symbol.isUsed) words.push('used');
  if (symbol.isConstant) words.push('constant');
  if (symbol.align !== 0) words.push('align', String(symbol.align));
  if (options.positions && symbol.pos !== noPos) words.push(`!${symbol.pos}`);
  const { data } = symbol;
  if (data === undefined) {
    lines.push(words.join(' '));
    return;
  }
  words.push('data', String(data.bytes.length));
  if (data.isZero) words.push('zero');
  lines.push(words.join(' '));
  // A zero image is told by its length alone.
  if (data.bytes.some((byte) => byte !== 0)) {
    for (let at = 0; at < data.bytes.length; at += bytesPerLine) {
      lines.push(`  bytes ${hex(data.bytes.subarray(at, at + bytesPerLine))}`);
    }
  }
  for (const row of data.relocations) {
    const target = withOffset(symbolName(module.symbols[row.symbol]?.name ?? '?'), row.addend);
    lines.push(`  relocation ${row.offset} size ${row.size} ${target}`);
  }
}

function withOffset(name: string, offset: bigint): string {
  if (offset === 0n) return name;
  return offset < 0n ? `${name}${offset}` : `${name}+${offset}`;
}

function printInto(module: Module, func: Func, options: PrintOptions, lines: string[]): void {
  const position = options.positions && func.pos !== noPos ? ` !${func.pos}` : '';
  const types = func.parameterTypes.map((type) => typeNames[type] ?? '?').join(', ');
  lines.push(`func ${symbolName(func.name)}(${types}) ${typeNames[func.returnType]}${position} {`);
  if (func.droppedParameters.length > 0) lines.push(`  dropped ${func.droppedParameters.join(' ')}`);
  if (func.dropsResult) lines.push('  dropped result');
  func.locals.forEach((local, row) => {
    lines.push(`  local ${row} ${localText(local, options)}`);
  });
  func.asms.forEach((asm, row) => {
    printAsm(asm, row, lines);
  });
  func.coreRelocations.forEach((core, row) => {
    lines.push(`  core ${row} kind ${core.kind} type ${core.typeKey} ${quote(core.access)}`);
  });
  const printer = new InstructionPrinter(module, func, options);
  printParameterNotes(func, options, lines);
  for (const id of func.layout) {
    const block = func.blocks[id];
    if (block !== undefined) printBlock(func, block, printer, lines, options);
  }
  lines.push('}');
}

function printParameterNotes(func: Func, { notes }: PrintOptions, lines: string[]): void {
  for (let index = 0; index < func.parameterTypes.length; index++) {
    const text = notes?.parameter(func, index);
    if (text !== undefined) lines.push(`  ; %${index}: ${text}`);
  }
}

function localText(local: LocalInfo, options: PrintOptions): string {
  const from = local.inlinedFrom.map((name) => ` from ${quote(name)}`).join('');
  const position = options.positions && local.pos !== noPos ? ` !${local.pos}` : '';
  return `${quote(local.name)}${from}${position}`;
}

function printAsm(asm: AsmInfo, row: number, lines: string[]): void {
  const words = [`  asm ${row}`];
  if (asm.isVolatile) words.push('volatile');
  if (asm.isExtended) words.push('extended');
  lines.push(`${words.join(' ')} ${quote(asm.template)}`);
  for (const constraint of asm.constraints) lines.push(`    constraint ${constraintText(constraint)}`);
  for (const clobber of asm.clobbers) lines.push(`    clobber ${quote(clobber)}`);
  for (const label of asm.labels) lines.push(`    label ${quote(label)}`);
}

function constraintText(constraint: AsmConstraint): string {
  const words = [quote(constraint.constraint), typeNames[constraint.type] ?? '?'];
  if (constraint.isOutput) words.push('output');
  if (constraint.isMemory) words.push('memory');
  if (constraint.name !== undefined) words.push('name', quote(constraint.name));
  return words.join(' ');
}

function printBlock(
  func: Func,
  block: Block,
  printer: InstructionPrinter,
  lines: string[],
  options: PrintOptions,
): void {
  lines.push(block.unroll === 0 ? `b${block.id}:` : `b${block.id} unroll ${block.unroll}:`);
  for (const id of block.instructions) {
    const ins = func.values[id];
    if (ins !== undefined) options.onInstruction?.(lines.length, ins);
    lines.push(ins === undefined ? `  ; removed v${id}` : `  ${printer.text(ins)}`);
  }
}

class InstructionPrinter {
  private readonly module: Module;
  private readonly func: Func;
  private readonly options: PrintOptions;

  constructor(module: Module, func: Func, options: PrintOptions) {
    this.module = module;
    this.func = func;
    this.options = options;
  }

  text(ins: Ins): string {
    const row = opRow(ins.op);
    const syntax = syntaxOf(ins.op);
    let head = ins.type === Type.void ? row.name : `v${ins.id} = ${row.name}`;
    if (syntax.suffix !== undefined) {
      head += `.${syntax.suffix === 'number' ? ins.aux : (syntax.suffix[ins.aux] ?? '?')}`;
    }
    if (hasWrittenType(ins.op)) head += ` ${typeNames[ins.type] ?? '?'}`;
    const body = this.body(ins);
    if (body !== '') head += ` ${body}`;
    for (const [keyword, field] of syntax.fields) head += ` ${keyword} ${ins[field]}`;
    return head + this.attributes(ins);
  }

  private body(ins: Ins): string {
    const operands = ins.operands.map((operand) => this.value(operand));
    const targets = ins.targets.map((target) => `b${target}`);
    const { form } = syntaxOf(ins.op);
    switch (form) {
      case 'plain':
        return [...operands, ...targets].join(', ');
      case 'phi':
        return operands.map((operand, i) => `[${operand} ${targets[i] ?? '?'}]`).join(', ');
      case 'switch': {
        const cases = operands.slice(1).map((operand, i) => `[${operand} ${targets[i + 1] ?? '?'}]`);
        return [operands[0] ?? '?', targets[0] ?? '?', ...cases].join(', ');
      }
      case 'call':
        return [`${this.callee(ins)}(${this.argumentsOf(ins, operands)})`, ...targets].join(', ');
      default:
        return form satisfies never;
    }
  }

  private argumentsOf(ins: Ins, operands: readonly string[]): string {
    return (syntaxOf(ins.op).callee === 'value' ? operands.slice(1) : operands).join(', ');
  }

  private callee(ins: Ins): string {
    switch (syntaxOf(ins.op).callee) {
      case 'symbol':
        return symbolName(this.module.symbols[ins.aux]?.name ?? '?');
      case 'imm':
        return `#${ins.imm}`;
      case 'aux':
        return `#${ins.aux}`;
      default:
        return ins.operands[0] === undefined ? '?' : this.value(ins.operands[0]);
    }
  }

  private attributes(ins: Ins): string {
    let text = '';
    if (ins.align !== 0) text += ` align ${ins.align}`;
    for (const [word, bit] of flagWords) if ((ins.flags & bit) !== 0) text += ` ${word}`;
    const ordering = ins.flags >>> orderingShift;
    if (ordering !== 0) text += ` ${orderings[ordering] ?? '?'}`;
    if (this.options.positions && ins.pos !== noPos) text += ` !${ins.pos}`;
    const note = ins.type === Type.void ? undefined : this.options.notes?.value(this.func, ins.id);
    return note === undefined ? text : `${text} ; ${note}`;
  }

  value(id: ValueId): string {
    const ins = unplacedIns(this.func, id);
    if (ins === undefined) return `v${id}`;
    const type = typeNames[ins.type] ?? '?';
    switch (ins.op) {
      case Op.const:
        return `${type} ${ins.type === Type.i1 ? ins.imm : toSigned(ins.imm, bitsOf(ins.type))}`;
      case Op.undef:
        return `${type} undef`;
      case Op.param:
        return `%${ins.aux}`;
      case Op.globaladdr:
        return withOffset(symbolName(this.module.symbols[ins.aux]?.name ?? '?'), ins.imm);
      default:
        return bug(`v${ins.id} is no operand without a block`);
    }
  }
}
