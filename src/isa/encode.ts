/**
 * Instructions -> bytes, as RFC 9669 section 3 lays them out: opcode, two register nibbles, 16-bit offset,
 * 32-bit immediate. On a big-endian machine the fields are big-endian and the nibbles trade places (dst is the
 * high one). A 64-bit immediate continues in a second slot whose other fields are zero.
 */

import { bug } from '../support/bug.ts';
import { ByteWriter } from '../support/byte-writer.ts';
import type { Instruction } from './instruction.ts';
import { insnRow } from './table.ts';

/** Bytes of a slot. */
export const SLOT_SIZE = 8;

function checkFields(instruction: Instruction, name: string): void {
  const { dst, src, off } = instruction;
  if (!(dst >= 0 && dst <= 15 && src >= 0 && src <= 15)) bug(`${name}: register number out of range`);
  if (off !== (off << 16) >> 16) bug(`${name}: offset ${off} does not fit in 16 bits`);
}

/** Appends one instruction to `out` in the writer's byte order. */
export function encodeInstruction(instruction: Instruction, out: ByteWriter): void {
  const row = insnRow(instruction.kind);
  checkFields(instruction, row.name);
  const { dst, src } = instruction;
  out.u8(row.opcode);
  out.u8(out.littleEndian ? (src << 4) | dst : (dst << 4) | src);
  out.u16(instruction.off);
  out.u32(instruction.imm);
  if (row.slots === 1) return;
  out.u32(0);
  out.u32(instruction.immHigh);
}

/** The bytes of a sequence of instructions. */
export function encode(instructions: readonly Instruction[], littleEndian = true): Uint8Array {
  const out = new ByteWriter(littleEndian);
  for (const instruction of instructions) encodeInstruction(instruction, out);
  return out.finish();
}
