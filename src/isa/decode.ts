/**
 * Bytes -> instructions, the inverse of `encode`. Input is hostile: whatever does not match a row of the
 * instruction table exactly (an unknown opcode, a reserved field that is not zero, a register above r10, half a
 * 64-bit immediate) becomes an error and is left out; decoding goes on with the next slot.
 */

import { SLOT_SIZE } from './encode.ts';
import { Instruction } from './instruction.ts';
import { INSN_ROWS, type InsnRow } from './table.ts';

/** Something that is not an instruction. */
export interface DecodeError {
  /** Byte offset of the slot. */
  readonly offset: number;
  readonly message: string;
}

export interface DecodeResult {
  readonly instructions: readonly Instruction[];
  /** The slot each instruction starts at; not dense where something could not be decoded. */
  readonly positions: readonly number[];
  /** The first errors, at most as many as the caller asked for. */
  readonly errors: readonly DecodeError[];
  /** All errors, reported or not. */
  readonly errorCount: number;
}

const MAX_REGISTER = 10;
/** What four bits hold: for code that is written as numbers to be refused, in tests of the verifier. */
export const ANY_REGISTER = 15;

/** Rows by opcode byte; several share one where other fields select the form. */
const ROWS_BY_OPCODE: readonly (readonly InsnRow[])[] = (() => {
  const rows = Array.from({ length: 256 }, (): InsnRow[] => []);
  for (const row of INSN_ROWS) rows[row.opcode]?.push(row);
  return rows;
})();

/** True when every field that is not an operand of `row` holds the row's fixed value. */
function matches(row: InsnRow, dst: number, src: number, off: number, imm: number): boolean {
  return (
    (row.dst !== 'none' || dst === 0) &&
    (row.src !== 'none' || src === row.fixedSrc) &&
    (row.off !== 'none' || off === row.fixedOff) &&
    (row.imm !== 'none' || imm === row.fixedImm)
  );
}

/** The instruction at `offset` of `view`, with registers up to `maxRegister`, or what is wrong with it. The slot must lie inside the view. */
export function decodeInstruction(
  view: DataView,
  offset: number,
  littleEndian: boolean,
  maxRegister: number = MAX_REGISTER,
): Instruction | string {
  const opcode = view.getUint8(offset);
  const registers = view.getUint8(offset + 1);
  const dst = littleEndian ? registers & 15 : registers >> 4;
  const src = littleEndian ? registers >> 4 : registers & 15;
  const off = view.getInt16(offset + 2, littleEndian);
  const imm = view.getInt32(offset + 4, littleEndian);
  const candidates = ROWS_BY_OPCODE[opcode] ?? [];
  if (candidates.length === 0) return `no instruction has opcode 0x${opcode.toString(16).padStart(2, '0')}`;
  const row = candidates.find((candidate) => matches(candidate, dst, src, off, imm));
  if (row === undefined) {
    return `no form of opcode 0x${opcode.toString(16)} has dst ${dst}, src ${src}, off ${off}, imm ${imm}`;
  }
  if (row.dst !== 'none' && dst > maxRegister) return `there is no register r${dst}`;
  if (row.src !== 'none' && src > maxRegister) return `there is no register r${src}`;
  if (row.slots === 1) return new Instruction(row.kind, dst, src, off, imm, 0);
  if (offset + 2 * SLOT_SIZE > view.byteLength) return 'the second half of the 64-bit immediate is missing';
  if (view.getUint32(offset + SLOT_SIZE, littleEndian) !== 0) {
    return 'the slot after a 64-bit immediate load is not its second half';
  }
  return new Instruction(row.kind, dst, src, off, imm, view.getInt32(offset + 12, littleEndian));
}

/** Decodes a sequence of slots. Never throws; stops reporting, not decoding, after `maxErrors` errors. */
export function decode(bytes: Uint8Array, littleEndian = true, maxErrors = 100): DecodeResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const instructions: Instruction[] = [];
  const positions: number[] = [];
  const errors: DecodeError[] = [];
  let errorCount = 0;
  const report = (offset: number, message: string): void => {
    if (errorCount++ < maxErrors) errors.push({ offset, message });
  };
  const end = bytes.length - (bytes.length % SLOT_SIZE);
  let offset = 0;
  while (offset < end) {
    const decoded = decodeInstruction(view, offset, littleEndian);
    if (typeof decoded === 'string') {
      report(offset, decoded);
      offset += SLOT_SIZE;
      continue;
    }
    instructions.push(decoded);
    positions.push(offset / SLOT_SIZE);
    offset += (INSN_ROWS[decoded.kind]?.slots ?? 1) * SLOT_SIZE;
  }
  if (end !== bytes.length) report(end, `${bytes.length - end} bytes after the last whole slot`);
  return { instructions, positions, errors, errorCount };
}
