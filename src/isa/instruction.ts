/**
 * The one shape of a decoded BPF instruction, and what can be asked of it. Codegen makes them, the encoder
 * writes them, the decoder returns them, the interpreter and the disassembler read them.
 *
 * Invariants: `kind` is a row of the instruction table; fields which that row does not use as operands hold the
 * row's fixed values (the factories below see to it); `imm` and `immHigh` are signed 32-bit, `off` is signed
 * 16-bit, distances count eight-byte slots from the next instruction as in the encoding (RFC 9669, 3).
 */

import { type InsnKind, insnRow, Kind } from './table.ts';

/** The read-only frame pointer. */
export const FRAME_POINTER = 10;

/** An instruction; all fields are set in the constructor so that every object has one shape. */
export class Instruction {
  kind: InsnKind;
  dst: number;
  src: number;
  off: number;
  imm: number;
  /** High half of a 64-bit immediate; 0 for forms of one slot. */
  immHigh: number;

  constructor(kind: InsnKind, dst: number, src: number, off: number, imm: number, immHigh: number) {
    this.kind = kind;
    this.dst = dst;
    this.src = src;
    this.off = off;
    this.imm = imm;
    this.immHigh = immHigh;
  }
}

/** Operands of an instruction by name; those left out take the form's fixed value or 0. */
export interface Operands {
  readonly dst?: number;
  readonly src?: number;
  readonly off?: number;
  readonly imm?: number;
  readonly immHigh?: number;
}

/** Makes an instruction from named operands: `insn(Kind.ldx_w, { dst: 1, src: 6, off: 8 })`. */
export function insn(kind: InsnKind, operands: Operands = {}): Instruction {
  const row = insnRow(kind);
  return new Instruction(
    kind,
    operands.dst ?? 0,
    operands.src ?? row.fixedSrc,
    operands.off ?? row.fixedOff,
    (operands.imm ?? row.fixedImm) | 0,
    (operands.immHigh ?? 0) | 0,
  );
}

/** Loads a 64-bit constant (two slots); the value is taken modulo 2^64. */
export function loadImmediate64(dst: number, value: bigint): Instruction {
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return new Instruction(Kind.lddw, dst, 0, 0, low, high);
}

/** The 64-bit immediate of an `lddw` form, sign included. */
export function immediate64(instruction: Instruction): bigint {
  return (BigInt(instruction.immHigh) << 32n) | BigInt(instruction.imm >>> 0);
}

/** The jump distance in slots from the next instruction, or undefined when this is not a jump within a function. */
export function jumpDistance(instruction: Instruction): number | undefined {
  const row = insnRow(instruction.kind);
  if (row.off === 'jump') return instruction.off;
  if (row.imm === 'jump') return instruction.imm;
  return undefined;
}

/** Registers the instruction reads, bit n for rn. Calls count all five argument registers. */
export function registersRead(instruction: Instruction): number {
  const row = insnRow(instruction.kind);
  let mask = row.implicitReads;
  if (row.dst === 'read' || row.dst === 'update') mask |= 1 << instruction.dst;
  if (row.src === 'read' || row.src === 'update') mask |= 1 << instruction.src;
  return mask;
}

/** Registers the instruction writes or destroys, bit n for rn. */
export function registersWritten(instruction: Instruction): number {
  const row = insnRow(instruction.kind);
  let mask = row.implicitWrites;
  if (row.dst === 'write' || row.dst === 'update') mask |= 1 << instruction.dst;
  if (row.src === 'write' || row.src === 'update') mask |= 1 << instruction.src;
  return mask;
}

/** Slot position of every instruction and, as the last element, the total: positions that jumps are counted in. */
export function slotPositions(instructions: readonly Instruction[]): Int32Array {
  const positions = new Int32Array(instructions.length + 1);
  let at = 0;
  for (let i = 0; i < instructions.length; i++) {
    positions[i] = at;
    const instruction = instructions[i];
    if (instruction !== undefined) at += insnRow(instruction.kind).slots;
  }
  positions[instructions.length] = at;
  return positions;
}
