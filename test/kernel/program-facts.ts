/**
 * What a program can reach, read off its code: instructions on some path from its entry through subprograms and callbacks,
 * with the helpers they call and the constants they mention. Tail calls reach every program of the object.
 */

import { helperById } from '../../src/isa/helpers.ts';
import { immediate64 } from '../../src/isa/instruction.ts';
import { insnRow } from '../../src/isa/table.ts';
import { FIRST_CONSTANT } from '../../src/vm/code.ts';
import { contextLayout } from '../../src/vm/context-layouts.ts';
import type { LoadedFunction, LoadedObject } from '../../src/vm/index.ts';
import { operationNumber } from '../../src/vm/operations.ts';

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

const EXIT = operationNumber('exit');
const ALWAYS = operationNumber('ja');
const CALL_HELPER = operationNumber('call_helper');
const CALL_EXTERNAL = operationNumber('call_external');
const CALL_LOCAL = operationNumber('call_local');
const FIRST_JUMP = operationNumber('jeq64');
const LAST_JUMP = operationNumber('may_goto');
const LOAD_WORD = operationNumber('load64');
const TAIL_CALL = 12;
const SOCKET_OFFSET = contextLayout('__sk_buff')?.fields.find(({ name }) => name === 'sk')?.offset ?? -1;

/** Positions of functions whose address the instruction takes. */
function takenFunctions(object: LoadedObject): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const { register, reference } of object.code.references) {
    if (register >= FIRST_CONSTANT && reference.kind === 'function') found.set(register, reference.pc);
  }
  return found;
}

/** All positions that execution may come to from `start`. */
function reachable(object: LoadedObject, start: number): ReadonlySet<number> {
  const { code, functions } = object;
  const taken = takenFunctions(object);
  const seen = new Set<number>();
  const pending = [start];
  for (let pc = pending.pop(); pc !== undefined; pc = pending.pop()) {
    if (seen.has(pc) || pc >= code.instructions.length) continue;
    seen.add(pc);
    const operation = code.operation[pc] ?? 0;
    const function_ = taken.get(code.src[pc] ?? 0);
    if (function_ !== undefined) pending.push(function_);
    const isJump = operation >= FIRST_JUMP && operation <= LAST_JUMP;
    if (isJump || operation === CALL_LOCAL) pending.push(code.target[pc] ?? 0);
    if (operation !== EXIT && operation !== ALWAYS) pending.push(pc + 1);
    if (operation === CALL_HELPER && code.displacement[pc] === TAIL_CALL) {
      for (const one of functions) if (one.program !== undefined) pending.push(one.pc);
    }
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
    const number = code.displacement[pc] ?? 0;
    if (code.operation[pc] === CALL_HELPER) helpers.add(helperById(number)?.name ?? `helper ${number}`);
    if (code.operation[pc] === CALL_EXTERNAL) externals.add(code.externals[number] ?? '?');
    if (code.operation[pc] === LOAD_WORD && code.instructions[pc]?.off === SOCKET_OFFSET) readsSocket = true;
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
