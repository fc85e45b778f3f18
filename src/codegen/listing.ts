/**
 * Compiled functions as an assembly listing (`-S`) in the form that llc prints and that llvm-mc and our own assembler
 * read: sections, symbol directives, labels `LBB<function>_<n>`. Directives for data are the object stage's.
 */

import type { IrSymbol, Module } from '../ir/module.ts';
import { disassemble, jumpLabels, type NameResolver, printSymbol } from '../isa/disassembler.ts';
import { slotPositions } from '../isa/instruction.ts';
import type { CompiledFunction } from './emit.ts';

function sectionDirective(name: string | undefined): string {
  if (name === undefined || name === '.text') return '\t.text';
  return `\t.section\t${/^[\w.$]+$/.test(name) ? name : JSON.stringify(name)},"ax",@progbits`;
}

function namesOf(module: Module, compiled: CompiledFunction, number: number): NameResolver {
  const positions = slotPositions(compiled.instructions);
  const labels = jumpLabels(compiled.instructions, `LBB${number}_`);
  const symbols = new Map<number, { readonly name: string; readonly addend: bigint }>();
  for (const { index, symbol, addend } of compiled.relocations) {
    symbols.set(positions[index] ?? 0, { name: module.symbol(symbol).name, addend });
  }
  return { label: (slot) => labels.get(slot), symbol: (slot) => symbols.get(slot) };
}

function bindingDirective(symbol: IrSymbol, name: string): string[] {
  const lines: string[] = [];
  if (symbol.linkage === 'external') lines.push(`\t.globl\t${name}`);
  if (symbol.linkage === 'weak') lines.push(`\t.weak\t${name}`);
  if (symbol.visibility !== 'default') lines.push(`\t.${symbol.visibility}\t${name}`);
  return lines;
}

/** One function with its label and symbol directives; `number` distinguishes its labels. */
export function printListing(module: Module, compiled: CompiledFunction, number: number): string[] {
  const symbol = module.symbol(compiled.symbol);
  const name = printSymbol({ name: symbol.name, addend: 0n });
  return [
    ...bindingDirective(symbol, name),
    '\t.p2align\t3',
    `\t.type\t${name},@function`,
    `${name}:`,
    ...disassemble(compiled.instructions, namesOf(module, compiled, number)),
    `.Lfunc_end${number}:`,
    `\t.size\t${name}, .Lfunc_end${number}-${name}`,
  ];
}

/** All functions, with a section directive wherever the section changes. */
export function printModuleListing(module: Module, functions: readonly CompiledFunction[]): string {
  const lines: string[] = [];
  let section = '';
  functions.forEach((compiled, number) => {
    const wanted = module.symbol(compiled.symbol).section ?? '.text';
    if (wanted !== section) lines.push(sectionDirective(wanted));
    section = wanted;
    for (const line of printListing(module, compiled, number)) lines.push(line);
  });
  return `${lines.join('\n')}\n`;
}
