/**
 * What a program can reach, read off its code: instructions on some path from its entry through subprograms and callbacks,
 * with the helpers they call and the constants they mention. Tail calls reach every program of the object.
 */

import { helperById } from '../../src/isa/helpers.ts';
import { immediate64 } from '../../src/isa/instruction.ts';
import { insnRow } from '../../src/isa/table.ts';
import { contextLayout } from '../../src/object/context-layouts.ts';
import type { LoadedFunction, LoadedObject } from '../../src/vm/index.ts';

export interface ProgramFacts {
  /** Helpers by the kernel's name (`bpf_redirect`), sorted. */
  readonly helpers: readonly string[];
  /** Undefined functions that are called. */
  readonly externals: readonly string[];
  /** Values of immediates without 0 and 1, sorted; 64-bit ones included. */
  readonly constants: readonly bigint[];
  readonly instructions: number;
  /** True when something that may be the context is asked for its socket. */
  readonly readsSocket: boolean;
}

const SOCKET_OFFSET = contextLayout('__sk_buff')?.fields.find(({ name }) => name === 'sk')?.offset ?? -1;
/** Helpers that call a function of the program whose address they are given. */
const WITH_CALLBACK = /loop$|for_each|set_callback|drain|find_vma/;

const helperName = (number: number): string => helperById(number)?.name ?? `helper ${number}`;

/** Where execution may go on through a helper: programs behind tail calls, callbacks. */
function entriesBehind(object: LoadedObject, helper: string): readonly number[] {
  if (helper === 'bpf_tail_call') {
    return object.functions.filter(({ program }) => program !== undefined).map(({ pc }) => pc);
  }
  if (!WITH_CALLBACK.test(helper)) return [];
  return object.code.references.flatMap(({ reference }) =>
    reference.kind === 'function' ? [reference.pc] : [],
  );
}

/** All positions that execution may come to from `start`. */
function reachable(object: LoadedObject, start: number): ReadonlySet<number> {
  const { instructions, target } = object.code;
  const seen = new Set<number>();
  const pending = [start];
  for (let pc = pending.pop(); pc !== undefined; pc = pending.pop()) {
    const instruction = instructions[pc];
    if (seen.has(pc) || instruction === undefined) continue;
    seen.add(pc);
    const { name, off, imm } = insnRow(instruction.kind);
    if (off === 'jump' || imm === 'jump' || name === 'call_local') pending.push(target[pc] ?? 0);
    if (name === 'call_helper') pending.push(...entriesBehind(object, helperName(instruction.imm)));
    if (name !== 'exit' && name !== 'ja' && name !== 'ja32') pending.push(pc + 1);
  }
  return seen;
}

/** The constant of an instruction that works with values, rather than with places in the code. */
function constantOf(object: LoadedObject, pc: number): bigint | undefined {
  const instruction = object.code.instructions[pc];
  if (instruction === undefined) return undefined;
  const { imm } = insnRow(instruction.kind);
  if (imm === 'wide') return BigInt.asUintN(64, immediate64(instruction));
  return imm === 'value' ? BigInt(instruction.imm >>> 0) : undefined;
}

export function programFacts(object: LoadedObject, program: LoadedFunction): ProgramFacts {
  const { code } = object;
  const helpers = new Set<string>();
  const externals = new Set<string>();
  const constants = new Set<bigint>();
  let readsSocket = false;
  const positions = reachable(object, program.pc);
  for (const pc of positions) {
    const instruction = code.instructions[pc];
    if (instruction === undefined) continue;
    const { name, operation, bits } = insnRow(instruction.kind);
    if (name === 'call_helper') helpers.add(helperName(instruction.imm));
    if (name === 'call_kfunc')
      externals.add(code.externals[code.displacement[pc] ?? -1] ?? 'a kernel function');
    if (operation === 'load' && bits === 64 && instruction.off === SOCKET_OFFSET) readsSocket = true;
    const constant = constantOf(object, pc);
    if (constant !== undefined && constant > 1n) constants.add(constant);
  }
  return {
    helpers: [...helpers].sort(),
    externals: [...externals].sort(),
    constants: [...constants].sort((a, b) => (a < b ? -1 : 1)),
    instructions: positions.size,
    readsSocket,
  };
}
