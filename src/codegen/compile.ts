/**
 * The back end's entry: an IR module -> compiled functions. The stages, each on a machine function: select, two-address
 * form, join stack objects, allocate registers, lay out the frame, assemble inline asm, lay out blocks, drop redundant moves, test bits, emit. This is the only file
 * of the folder that knows the allocator, which in turn knows only machine instructions.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { Func } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { ModuleProvenance } from '../ir/module-provenance.ts';
import { noTargetFacts, type TargetFacts } from '../ir/target-facts.ts';
import { allocateRegisters } from '../regalloc/allocate.ts';
import type { AllocationCase } from '../regalloc/checker.ts';
import { assembleAsm } from './assemble-asm.ts';
import { useBitTests } from './bit-tests.ts';
import { type CompiledFunction, emitFunction } from './emit.ts';
import { checkStackSize, layOutFrame, maxStack } from './frame.ts';
import { hoistMoves } from './hoist-moves.ts';
import { joinStackObjects } from './join-stack-objects.ts';
import { layOutBlocks } from './layout.ts';
import { localLifetimes } from './local-lifetimes.ts';
import { computeLoopDepths } from './loop-depth.ts';
import { isEmitted } from './machine.ts';
import { printMachineFunction } from './print-machine.ts';
import { rebasePointers } from './rebase-pointers.ts';
import { removeRedundantMoves } from './redundant-moves.ts';
import { selectFunction } from './select.ts';
import { shareConstants } from './shared-constants.ts';
import { sinkUpdates } from './sink-updates.ts';
import { mergeTails } from './tail-merging.ts';
import { type CpuVersion, makeTarget, type Target } from './target.ts';
import { toTwoAddress } from './two-address.ts';

export interface CodegenOptions {
  readonly cpu: CpuVersion;
  readonly littleEndian: boolean;
  readonly optLevel: number;
  /** What is known of the world around the module; nothing by default. */
  readonly facts?: TargetFacts;
  /** Called with the text of a stage: `mir` (selected), `ra` (allocated). */
  readonly dump?: (stage: 'mir' | 'ra', func: string, text: () => string) => void;
  /** Called when registers and stack are settled, with the function before and after: for the allocation checker. */
  readonly onAllocated?: (subject: AllocationCase) => void;
  /** Bytes a frame may have; BPF's 512 unless given. */
  readonly stackLimit?: number;
  /** Calls through a register, which no kernel takes. */
  readonly indirectCalls?: boolean;
  /** Machine registers for the allocator: bit n for rn. For tests of spilling. */
  readonly registers?: number;
}

export interface CompiledModule {
  readonly functions: readonly CompiledFunction[];
}

/** Compiles every function with a body, in order; problems go to `diagnostics`. */
export function compileModule(
  module: Module,
  options: CodegenOptions,
  diagnostics: DiagnosticSink,
): CompiledModule {
  const target = makeTarget(options.cpu, options.littleEndian, options.indirectCalls);
  const functions: CompiledFunction[] = [];
  const provenance = new ModuleProvenance(module, options.facts ?? noTargetFacts);
  for (const func of module.functions()) {
    const compiled = compileFunction(func, module, target, options, diagnostics, provenance);
    if (compiled !== undefined) functions.push(compiled);
  }
  return { functions };
}

/** Undefined when an error was reported. */
function compileFunction(
  func: Func,
  module: Module,
  target: Target,
  options: CodegenOptions,
  diagnostics: DiagnosticSink,
  provenance: ModuleProvenance,
): CompiledFunction | undefined {
  const errorsBefore = diagnostics.errorCount;
  const machine = selectFunction(func, module, target, diagnostics, provenance);
  if (diagnostics.errorCount > errorsBefore) return undefined;
  computeLoopDepths(machine);
  options.dump?.('mir', func.name, () => printMachineFunction(machine));
  if (options.optLevel > 0) {
    rebasePointers(machine);
    sinkUpdates(machine);
  }
  toTwoAddress(machine);
  if (options.optLevel > 0) {
    joinStackObjects(machine, options.littleEndian);
    shareConstants(machine);
  }
  const lifetimes = localLifetimes(machine);
  const allocation = allocateRegisters(machine, {
    ...(options.registers === undefined ? {} : { registers: options.registers }),
  });
  for (const ins of allocation.failed) {
    diagnostics.report('too-many-asm-operands', { start: ins.pos, end: ins.pos });
  }
  if (allocation.failed.length > 0) return undefined;
  const original = machine.blocks.map((block) => block.instructions);
  for (const block of machine.eachBlock()) {
    const placed = allocation.blocks[block.id] ?? [];
    block.instructions = placed.flatMap((entry) => (entry.placed === undefined ? [] : [entry.placed]));
  }
  layOutFrame(machine, new Map([...lifetimes, ...allocation.slotRanges]));
  options.onAllocated?.({ func: machine, original, allocated: allocation.blocks });
  options.dump?.('ra', func.name, () => printMachineFunction(machine));
  checkStackSize(machine, diagnostics, options.stackLimit ?? maxStack);
  if (diagnostics.errorCount > errorsBefore) return undefined;
  for (const block of machine.eachBlock()) block.instructions = block.instructions.filter(isEmitted);
  const asmCodes = assembleAsm(machine, module, diagnostics);
  if (diagnostics.errorCount > errorsBefore) return undefined;
  layOutBlocks(machine);
  removeRedundantMoves(machine);
  hoistMoves(machine);
  mergeTails(machine);
  // Blocks that had nothing but such moves, or a tail, only jump now.
  layOutBlocks(machine);
  if (options.optLevel > 0) useBitTests(machine, target);
  const compiled = emitFunction(machine, target, asmCodes);
  if (compiled === undefined) {
    diagnostics.report('jump-too-far', { start: machine.pos, end: machine.pos }, [machine.name]);
  }
  return compiled;
}
