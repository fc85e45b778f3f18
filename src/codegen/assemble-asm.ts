/**
 * Inline assembly after allocation: templates with their operands' registers -> instructions.
 *
 * Every statement is assembled on its own, so its labels are its own. A statement whose last instruction never falls through
 * (`exit` in the functions that are written wholly in assembly) ends its block: what stands behind is dropped, since the verifier
 * refuses unreachable code.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import { offsetPos } from '../diagnostics/source-manager.ts';
import type { SymbolId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { expandTemplate } from '../isa/asm-template.ts';
import { type Assembly, assemble, type SectionReference } from '../isa/assembler.ts';
import { printSymbol } from '../isa/disassembler.ts';
import { helperByName } from '../isa/helpers.ts';
import { type Instruction, jumpDistance, slotPositions } from '../isa/instruction.ts';
import { insnRow } from '../isa/table.ts';
import { asId } from '../support/ids.ts';
import type { AsmOperand, MachineFunction, MachineIns } from './machine.ts';

/** Code of one asm statement. */
export interface AsmCode {
  readonly instructions: readonly Instruction[];
  readonly relocations: readonly {
    /** Index of the instruction in the statement. */
    readonly index: number;
    readonly kind: 'address' | 'call';
    readonly symbol: SymbolId;
    readonly addend: bigint;
  }[];
  /** Jumps to labels of an asm goto: index of the instruction, number of the label. */
  readonly jumps: readonly { readonly index: number; readonly label: number }[];
}

export type AsmCodes = ReadonlyMap<MachineIns, AsmCode>;

function operandText(
  operand: AsmOperand,
  modifier: string,
  func: MachineFunction,
  module: Module,
): string | undefined {
  switch (operand.kind) {
    case 'register':
      return `${modifier === 'w' || operand.bits === 32 ? 'w' : 'r'}${operand.register}`;
    case 'memory': {
      const base = operand.object >= 0 ? func.frameObject(operand.object).offset : 0;
      return `(r${operand.register} + ${operand.offset + base})`;
    }
    case 'immediate':
      return `${operand.immediate}`;
    case 'symbol':
      if (operand.symbol < 0) return undefined;
      return printSymbol({ name: module.symbol(asId(operand.symbol)).name, addend: operand.immediate });
    default:
      return operand.kind satisfies never;
  }
}

/** The statement of a text that an offset lies in. */
function statementAt(text: string, offset: number): string {
  const start = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf(';', offset - 1)) + 1;
  const [statement = ''] = /^[^;\n]*/.exec(text.slice(start)) ?? [];
  return statement.trim();
}

/** What a label of an asm goto is called in its text: no name that anybody writes. */
const labelName = (label: number): string => `.Lasm_goto$${label}`;

/** The label that `%l2` or `%l[name]` means: labels are numbered behind the operands. */
function findLabel(ins: MachineIns, reference: string): string | undefined {
  const { operands = [], info } = ins.asm ?? {};
  const byName = info?.labels.indexOf(reference) ?? -1;
  const label = byName >= 0 ? byName : Number(reference) - operands.length;
  return info?.labels[label] === undefined ? undefined : labelName(label);
}

/** Operand by number or name, as templates refer to it. */
function findOperand(ins: MachineIns, reference: string): AsmOperand | undefined {
  const { operands = [], info } = ins.asm ?? {};
  const byName = info?.constraints.findIndex(({ name }) => name === reference) ?? -1;
  return operands[byName >= 0 ? byName : Number(reference)];
}

class AsmAssembler {
  readonly codes = new Map<MachineIns, AsmCode>();
  private readonly func: MachineFunction;
  private readonly module: Module;
  private readonly diagnostics: DiagnosticSink;

  constructor(func: MachineFunction, module: Module, diagnostics: DiagnosticSink) {
    this.func = func;
    this.module = module;
    this.diagnostics = diagnostics;
  }

  /** Assembles one statement; the code, or undefined after an error. */
  assemble(ins: MachineIns): AsmCode | undefined {
    const { info } = ins.asm ?? {};
    if (info === undefined) return undefined;
    const expanded = info.isExtended
      ? expandTemplate(info.template, {
          operand: (reference, modifier) => {
            if (modifier === 'l') return findLabel(ins, reference);
            const operand = findOperand(ins, reference);
            return operand && operandText(operand, modifier, this.func, this.module);
          },
          uniqueId: this.codes.size,
        })
      : { text: info.template, originOf: (offset: number) => offset };
    if ('message' in expanded) return this.fail(ins, expanded.message, expanded.offset);
    const { text, originOf } = expanded;
    const assembly = assemble(text, {
      helper: (name) => this.helperNumber(name),
      outwardLabels: info.labels.map((_, label) => labelName(label)),
    });
    const [error] = assembly.errors;
    if (error !== undefined) {
      const message = `${error.message} in '${statementAt(text, error.offset)}'`;
      return this.fail(ins, message, originOf(error.offset));
    }
    const code = this.collect(ins, assembly);
    if (code !== undefined) this.codes.set(ins, code);
    return code;
  }

  /** A helper by name, unless the module has a symbol that is called so. */
  private helperNumber(name: string): number | undefined {
    return this.module.find(name) === undefined ? helperByName(name)?.id : undefined;
  }

  private collect(ins: MachineIns, assembly: Assembly): AsmCode | undefined {
    const others = assembly.sections.filter(({ name, size }) => name !== '.text' && size > 0);
    if (others.length > 0) return this.fail(ins, 'sections cannot be switched inside a function');
    const section = assembly.sections.find(({ name }) => name === '.text');
    const instructions = section?.instructions ?? [];
    const positions = slotPositions(instructions);
    const relocations: AsmCode['relocations'][number][] = [];
    for (const reference of section?.references ?? []) {
      const symbol = this.symbolOf(reference);
      if (symbol === undefined) return this.fail(ins, `unknown symbol '${describeTarget(reference)}'`);
      const index = positions.indexOf(reference.offset / 8);
      const kind = reference.kind === 'call' ? 'call' : 'address';
      relocations.push({ index, kind, symbol, addend: reference.addend });
    }
    const jumps = assembly.outwardJumps.map(({ instruction, label }) => ({
      index: instructions.indexOf(instruction),
      label,
    }));
    return { instructions, relocations, jumps };
  }

  private symbolOf({ target }: SectionReference): SymbolId | undefined {
    return 'symbol' in target ? this.module.find(target.symbol)?.id : undefined;
  }

  /** Reports a fault of the text at `offset` of the template. */
  private fail(ins: MachineIns, message: string, offset = 0): undefined {
    const place = ins.asm?.info.places.findLast((one) => one.offset <= offset);
    const pos = place === undefined ? ins.pos : offsetPos(place.pos, offset - place.offset);
    this.diagnostics.report('asm-syntax', { start: pos, end: pos }, [message]);
    return undefined;
  }
}

function describeTarget({ target }: SectionReference): string {
  return 'symbol' in target ? target.symbol : 'label';
}

/** Does control never come out at the end? */
function neverFallsThrough({ instructions, jumps }: AsmCode): boolean {
  const last = instructions.at(-1);
  if (last === undefined) return false;
  const { operation } = insnRow(last.kind);
  if (operation !== 'exit' && operation !== 'ja') return false;
  const positions = slotPositions(instructions);
  const end = positions[instructions.length];
  const outward = new Set(jumps.map(({ index }) => index));
  return !instructions.some((instruction, index) => {
    if (outward.has(index)) return false;
    const distance = jumpDistance(instruction);
    return distance !== undefined && (positions[index] ?? 0) + 1 + distance === end;
  });
}

/** Assembles all asm statements of a function whose registers and stack are settled. */
export function assembleAsm(func: MachineFunction, module: Module, diagnostics: DiagnosticSink): AsmCodes {
  const assembler = new AsmAssembler(func, module, diagnostics);
  for (const block of func.eachBlock()) {
    for (const [index, ins] of block.instructions.entries()) {
      if (ins.asm === undefined) continue;
      const code = assembler.assemble(ins);
      if (code === undefined || !neverFallsThrough(code)) continue;
      block.instructions.length = index + 1;
      ins.target = -1;
      break;
    }
  }
  return assembler.codes;
}
