/** Helpers of the code generator's tests: IR text -> assembly, with the allocation checked on the way. */

import { type CodegenOptions, compileModule } from '../../src/codegen/compile.ts';
import type { CompiledFunction } from '../../src/codegen/emit.ts';
import { printModuleListing } from '../../src/codegen/listing.ts';
import type { CpuVersion } from '../../src/codegen/target.ts';
import { checkVerifierRules } from '../../src/codegen/verifier-rules.ts';
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import type { Module } from '../../src/ir/module.ts';
import { readModule } from '../../src/ir/reader.ts';
import { Type } from '../../src/ir/types.ts';
import { describeViolation, validateModule } from '../../src/ir/validator.ts';
import { decode } from '../../src/isa/decode.ts';
import { encode } from '../../src/isa/encode.ts';
import { jumpDistance, slotPositions } from '../../src/isa/instruction.ts';
import { insnRow } from '../../src/isa/table.ts';
import { checkAllocation } from '../../src/regalloc/checker.ts';

export interface Compiled {
  readonly functions: readonly CompiledFunction[];
  /** Faults found by the allocation checker and the checks of the emitted code. */
  readonly faults: readonly string[];
  readonly messages: readonly string[];
  readonly notes: readonly string[];
  readonly text: string;
}

export interface CompileCase {
  readonly cpu?: CpuVersion;
  readonly littleEndian?: boolean;
  readonly registers?: number;
  readonly dump?: CodegenOptions['dump'];
}

/** Reads a module that must be right. */
export function moduleOf(text: string): Module {
  const { module, errors } = readModule(text);
  const faults = [
    ...errors.map(({ line, message }) => `line ${line}: ${message}`),
    ...validationFaults(module),
  ];
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return module;
}

function validationFaults(module: Module): string[] {
  return validateModule(module).map(describeViolation);
}

export function compile(module: Module, options: CompileCase = {}): Compiled {
  const sink = new DiagnosticSink();
  const faults: string[] = [];
  const { functions } = compileModule(
    module,
    {
      cpu: options.cpu ?? 3,
      littleEndian: options.littleEndian ?? true,
      optLevel: 2,
      onAllocated: (subject) => faults.push(...checkAllocation(subject)),
      ...(options.registers === undefined ? {} : { registers: options.registers }),
      ...(options.dump === undefined ? {} : { dump: options.dump }),
    },
    sink,
  );
  for (const compiled of functions) {
    faults.push(...codeFaults(compiled, options), ...ruleFaults(module, compiled));
  }
  return {
    functions,
    faults,
    messages: sink.diagnostics.map(({ message }) => message),
    notes: sink.diagnostics.flatMap(({ notes }) => notes.map(({ text }) => text)),
    text: printModuleListing(module, functions),
  };
}

function ruleFaults(module: Module, compiled: CompiledFunction): string[] {
  const { func } = module.symbol(compiled.symbol);
  if (func === undefined) return ['code of no function'];
  const faults = checkVerifierRules(compiled.instructions, {
    parameters: func.parameterTypes.length,
    hasContext: false,
    returnsValue: func.returnType !== Type.void,
    addresses: new Set(compiled.relocations.map(({ index }) => index)),
  });
  // The helpers of these cases have arguments of all kinds, not those of the prototypes.
  const ours = faults.filter(({ text }) => !text.startsWith('call_helper'));
  return ours.map(({ index, text }) => `${index}: ${text}`);
}

/** What every emitted function must fulfil: it encodes, jumps stay inside, nothing falls off the end or is newer than the processor. */
export function codeFaults(compiled: CompiledFunction, options: CompileCase = {}): string[] {
  const { instructions } = compiled;
  const faults: string[] = [];
  const littleEndian = options.littleEndian ?? true;
  const back = decode(encode(instructions, littleEndian), littleEndian);
  if (JSON.stringify(back.instructions) !== JSON.stringify(instructions)) faults.push('does not decode back');
  const positions = slotPositions(instructions);
  const starts = new Set(positions.subarray(0, -1));
  instructions.forEach((instruction, index) => {
    const row = insnRow(instruction.kind);
    const distance = jumpDistance(instruction);
    if (distance !== undefined && !starts.has((positions[index] ?? 0) + 1 + distance)) {
      faults.push(`${row.name} at ${index} jumps into nowhere`);
    }
    // Immediate stores are in every kernel; only clang waits for v4.
    if (row.cpu > (options.cpu ?? 3) && row.form !== 'store_imm') faults.push(`${row.name} is too new`);
    if (row.off === 'memory' && (row.form === 'load' ? instruction.src : instruction.dst) === 10) {
      const { off } = instruction;
      if (off < -512 || off + row.bits / 8 > 0) faults.push(`${row.name} leaves the stack at ${off}`);
      if (off % (row.bits / 8) !== 0) faults.push(`${row.name} is misaligned at ${off}`);
    }
  });
  const last = instructions.at(-1);
  const lastRow = last === undefined ? undefined : insnRow(last.kind);
  if (lastRow?.operation !== 'exit' && lastRow?.operation !== 'ja') faults.push('falls off the end');
  return faults;
}
