/**
 * Instructions -> assembly text in LLVM's syntax, numbers in decimal. What `assemble` reads back gives the same
 * instructions. Names for jump targets, relocated operands and helpers come from an optional resolver.
 */

import { bug } from '../support/bug.ts';
import type { Instruction } from './instruction.ts';
import { immediate64, jumpDistance, slotPositions } from './instruction.ts';
import { syntaxOf } from './syntax.ts';
import { INSN_ROWS, insnRow } from './table.ts';

/** A symbol with a byte offset. */
export interface SymbolOperand {
  readonly name: string;
  readonly addend: bigint;
}

/** Where the disassembler gets names; every member may be left out or may answer undefined. */
export interface NameResolver {
  /** The label at a slot position, for jump targets. */
  readonly label?: (slot: number) => string | undefined;
  /** The symbol that a relocation puts into the instruction at a slot position. */
  readonly symbol?: (slot: number) => SymbolOperand | undefined;
  /** The name of a helper by its number. */
  readonly helper?: (id: number) => string | undefined;
}

const TEMPLATES: readonly string[] = INSN_ROWS.map((row) => syntaxOf(row)[0] ?? '');
const PLACEHOLDER = /%[a-z]+(?:64)?/g;

const signed = (value: number): string => (value < 0 ? `${value}` : `+${value}`);
const displacement = (value: number): string => (value < 0 ? ` - ${-value}` : ` + ${value}`);

/** A string of bytes in quotes, as the assembler reads it: octal for what is not printable ASCII. */
export function quoteBytes(bytes: Iterable<number>): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === '\\') text += `\\${character}`;
    else if (byte === 10) text += '\\n';
    else if (byte >= 32 && byte < 127) text += character;
    else text += `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return `"${text}"`;
}

const PLAIN_NAME = /^[A-Za-z_.$][\w.$]*$/;
const REGISTER_NAME = /^[rwRW]\d+$/;

/** A name of a symbol or section, in quotes where it would be read as something else. */
export function quoteName(name: string): string {
  if (PLAIN_NAME.test(name) && !REGISTER_NAME.test(name)) return name;
  // Characters stay as they are: LLVM takes octal escapes in strings, not in names.
  return `"${name.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** A symbol operand as the assembler reads it: `name`, `name+8`. */
export function printSymbol({ name, addend }: SymbolOperand): string {
  if (addend === 0n) return quoteName(name);
  return addend < 0n ? `${quoteName(name)}${addend}` : `${quoteName(name)}+${addend}`;
}

function printTarget(instruction: Instruction, slot: number, names: NameResolver): string {
  const distance = jumpDistance(instruction) ?? 0;
  return names.label?.(slot + 1 + distance) ?? signed(distance);
}

function printKfunc(instruction: Instruction): string {
  return instruction.off === 0 ? `${instruction.imm}` : `${instruction.imm}, ${instruction.off}`;
}

/** The text of a template's placeholder. */
function printOperand(
  placeholder: string,
  instruction: Instruction,
  slot: number,
  names: NameResolver,
): string {
  switch (placeholder) {
    case '%rd':
      return `r${instruction.dst}`;
    case '%wd':
      return `w${instruction.dst}`;
    case '%rs':
      return `r${instruction.src}`;
    case '%ws':
      return `w${instruction.src}`;
    case '%imm':
      return `${instruction.imm}`;
    case '%imm64':
      return `${immediate64(instruction)}`;
    case '%off':
      return displacement(instruction.off);
    case '%index':
      return instruction.imm === 0 ? '' : displacement(instruction.imm);
    case '%target':
      return printTarget(instruction, slot, names);
    case '%helper':
      return names.helper?.(instruction.imm) ?? `${instruction.imm}`;
    case '%distance':
      return signed(instruction.imm);
    case '%kfunc':
      return printKfunc(instruction);
    default:
      return bug(`no way to print ${placeholder}`);
  }
}

/** One instruction as text. `slot` is its position, from which jump targets are counted. */
export function printInstruction(instruction: Instruction, slot = 0, names: NameResolver = {}): string {
  const row = insnRow(instruction.kind);
  const symbol = names.symbol?.(slot);
  if (symbol !== undefined && row.operation === 'call') return `call ${printSymbol(symbol)}`;
  if (symbol !== undefined && row.operation === 'lddw')
    return `r${instruction.dst} = ${printSymbol(symbol)} ll`;
  const template = TEMPLATES[instruction.kind] ?? '';
  return template.replace(PLACEHOLDER, (placeholder) => printOperand(placeholder, instruction, slot, names));
}

/** Labels `prefix0`, `prefix1`, ... for all slots that are jumped to, in order of address. */
export function jumpLabels(instructions: readonly Instruction[], prefix = 'L'): ReadonlyMap<number, string> {
  const positions = slotPositions(instructions);
  const targets = new Set<number>();
  for (const [index, instruction] of instructions.entries()) {
    const distance = jumpDistance(instruction);
    if (distance !== undefined) targets.add((positions[index] ?? 0) + 1 + distance);
  }
  const starts = new Set(positions);
  const inside = [...targets].filter((slot) => starts.has(slot)).sort((a, b) => a - b);
  return new Map(inside.map((slot, number) => [slot, `${prefix}${number}`]));
}

/**
 * A sequence of instructions as lines of text: instructions indented by a tab, and a line for every label of
 * `names.label` that stands at an instruction or at the end.
 */
export function disassemble(instructions: readonly Instruction[], names: NameResolver = {}): string[] {
  const positions = slotPositions(instructions);
  const lines: string[] = [];
  const addLabel = (slot: number): void => {
    const label = names.label?.(slot);
    if (label !== undefined) lines.push(`${label}:`);
  };
  for (const [index, instruction] of instructions.entries()) {
    const slot = positions[index] ?? 0;
    addLabel(slot);
    lines.push(`\t${printInstruction(instruction, slot, names)}`);
  }
  addLabel(positions[instructions.length] ?? 0);
  return lines;
}
