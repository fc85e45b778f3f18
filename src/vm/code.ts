/**
 * Instructions of an object -> the columns that the interpreter runs over. One image holds all functions; positions
 * in it (`pc`) count instructions, not slots. Immediates become constant registers: the register file is r0-r10
 * followed by the image's constants, each distinct value once. Constants that the loader has to fill in (addresses of
 * maps, data, functions) are listed as references and patched when a machine is made.
 */

import { FRAME_POINTER, type Instruction, immediate64 } from '../isa/instruction.ts';
import { insnRow } from '../isa/table.ts';
import { LoadError } from './load-error.ts';
import { ORIGIN } from './memory.ts';
import { operationNumber, operationOf, STACK_SIZE } from './operations.ts';

/** Registers and constants that the packed form can name. */
const MAX_SOURCE = 0xf_ffff;

/** What a relocated 64-bit immediate stands for. */
export type Reference =
  | { readonly kind: 'map'; readonly map: string; readonly value?: number }
  | { readonly kind: 'data'; readonly section: number; readonly offset: number }
  | { readonly kind: 'function'; readonly pc: number }
  | { readonly kind: 'extern'; readonly name: string; readonly offset: number };

export interface ConstantReference {
  readonly register: number;
  readonly reference: Reference;
}

/** Registers before the constants. */
export const FIRST_CONSTANT = 11;

/** Translated code; all columns have `count` elements. */
export interface CodeImage {
  readonly count: number;
  /** Operation in bits 0-7, destination in 8-11, source (register or constant) in 12-31. */
  readonly packed: Int32Array;
  /** Displacement less ORIGIN for memory, from r10 for stack operations, helper number or external index for calls. */
  readonly displacement: Int32Array;
  /** Jump and call targets as positions. */
  readonly target: Int32Array;
  readonly instructions: readonly Instruction[];
  /** Values of the whole register file before a run: zeros, the constants, a scratch. */
  readonly initialLow: Int32Array;
  readonly initialHigh: Int32Array;
  readonly references: readonly ConstantReference[];
  /** Names of what `call_external` calls, by index. */
  readonly externals: readonly string[];
}

/** An instruction with what the loader found out about it. */
export interface LinkedInstruction {
  readonly instruction: Instruction;
  /** Target position of a jump or local call; -1 when it lies nowhere. */
  readonly target: number;
  readonly reference: Reference | undefined;
  /** Name of an undefined function that is called here. */
  readonly external: string | undefined;
}

class Constants {
  readonly low: number[] = new Array<number>(FIRST_CONSTANT).fill(0);
  readonly high: number[] = new Array<number>(FIRST_CONSTANT).fill(0);
  readonly references: ConstantReference[] = [];
  private readonly known = new Map<string, number>();

  private add(key: string, low: number, high: number): number {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const register = this.low.length;
    this.low.push(low);
    this.high.push(high);
    this.known.set(key, register);
    return register;
  }

  value(low: number, high: number): number {
    return this.add(`${low}:${high}`, low, high);
  }

  reference(reference: Reference): number {
    const before = this.low.length;
    const register = this.add(JSON.stringify(reference), 0, 0);
    if (register === before) this.references.push({ register, reference });
    return register;
  }
}

function sourceRegister(linked: LinkedInstruction, constants: Constants): number {
  const { instruction, reference } = linked;
  const row = insnRow(instruction.kind);
  if (reference !== undefined) return constants.reference(reference);
  if (row.imm === 'wide') {
    const value = immediate64(instruction);
    return constants.value(Number(BigInt.asIntN(32, value)), Number(value >> 32n));
  }
  if (row.form === 'unary') return instruction.dst;
  if (row.src !== 'none') return instruction.src;
  return row.imm === 'value' ? constants.value(instruction.imm, instruction.imm >> 31) : 0;
}

function displacementOf(linked: LinkedInstruction, operation: number, externals: string[]): number {
  const { instruction, external } = linked;
  if (external !== undefined) {
    const known = externals.indexOf(external);
    return known >= 0 ? known : externals.push(external) - 1;
  }
  if (operation === operationNumber('call_helper')) return instruction.imm;
  const isStack = operation >= operationNumber('stack_load8') && operation < operationNumber('atomic');
  return isStack ? instruction.off : instruction.off - ORIGIN;
}

const isJump = (operation: number): boolean =>
  (operation >= operationNumber('jeq64') && operation <= operationNumber('may_goto')) ||
  operation === operationNumber('call_local');

/** Makes an image of linked instructions. A guard behind the last one catches control that runs off the end. */
export function translate(linked: readonly LinkedInstruction[]): CodeImage {
  // One more than there are, so that running off the end is an operation too.
  const count = linked.length + 1;
  const constants = new Constants();
  const externals: string[] = [];
  const image = {
    packed: new Int32Array(count).fill(operationNumber('invalid')),
    displacement: new Int32Array(count),
    target: new Int32Array(count).fill(linked.length),
  };
  for (const [pc, one] of linked.entries()) {
    const { instruction, external } = one;
    const operation = external === undefined ? operationOf(instruction) : operationNumber('call_external');
    const isNowhere = isJump(operation) && one.target < 0;
    const source = sourceRegister(one, constants);
    if (source > MAX_SOURCE) throw new LoadError('the object has more constants than the machine can hold');
    const number = isNowhere ? operationNumber('invalid') : operation;
    image.packed[pc] = number | (instruction.dst << 8) | (source << 12);
    image.displacement[pc] = displacementOf(one, operation, externals);
    if (one.target >= 0) image.target[pc] = one.target;
  }
  return {
    ...image,
    count,
    instructions: linked.map(({ instruction }) => instruction),
    // The last register is a scratch that no instruction names.
    initialLow: Int32Array.from([...constants.low, 0]),
    initialHigh: Int32Array.from([...constants.high, 0]),
    references: constants.references,
    externals,
  };
}

/**
 * The frame a function needs below r10, for programs that are not held to the kernel's 512 bytes: the lowest displacement
 * from r10, and the lowest sum of one that was copied to a register and moved down.
 */
export function frameSize(instructions: readonly Instruction[]): number {
  let lowest = -STACK_SIZE;
  const copies = new Map<number, number>();
  for (const instruction of instructions) {
    const row = insnRow(instruction.kind);
    const { dst, src, off, imm } = instruction;
    const displacement = row.off === 'memory' ? Math.min(0, off) : 0;
    const pointer = row.operation === 'store' || row.operation.startsWith('atomic') ? dst : src;
    if (row.off === 'memory' && pointer === FRAME_POINTER) lowest = Math.min(lowest, off);
    else if (row.off === 'memory') lowest = Math.min(lowest, (copies.get(pointer) ?? 0) + displacement);
    if (row.name === 'mov64_reg' && src === FRAME_POINTER) copies.set(dst, 0);
    else if (row.name === 'mov64_reg' && copies.has(src)) copies.set(dst, copies.get(src) ?? 0);
    else if ((row.name === 'add64_imm' || row.name === 'sub64_imm') && copies.has(dst)) {
      const moved = (copies.get(dst) ?? 0) + (row.name === 'add64_imm' ? imm : -imm);
      copies.set(dst, moved);
      lowest = Math.min(lowest, moved);
    } else if (row.dst === 'write' || row.dst === 'update') copies.delete(dst);
  }
  return -lowest;
}
