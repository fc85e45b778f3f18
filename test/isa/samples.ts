/** Instructions of every form for the tests of the instruction set: arbitrary ones and one of each. */

import fc from 'fast-check';
import { Instruction } from '../../src/isa/instruction.ts';
import { INSN_ROWS, type InsnRow } from '../../src/isa/table.ts';

const register = fc.integer({ min: 0, max: 10 });
const int16 = fc.oneof(fc.constantFrom(0, 1, -1, 0x7fff, -0x8000), fc.integer({ min: -0x8000, max: 0x7fff }));
const int32 = fc.oneof(
  fc.constantFrom(0, 1, -1, 0x7fff_ffff, -0x8000_0000),
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
);

/** Any instruction of a form, with edge values in the fields that are operands. */
export function instructionOf(row: InsnRow): fc.Arbitrary<Instruction> {
  return fc
    .tuple(
      row.dst === 'none' ? fc.constant(0) : register,
      row.src === 'none' ? fc.constant(row.fixedSrc) : register,
      row.off === 'none' ? fc.constant(row.fixedOff) : int16,
      row.imm === 'none' ? fc.constant(row.fixedImm) : int32,
      row.slots === 1 ? fc.constant(0) : int32,
    )
    .map(([dst, src, off, imm, high]) => new Instruction(row.kind, dst, src, off, imm, high));
}

/** Any instruction. */
export const anyInstruction: fc.Arbitrary<Instruction> = fc.constantFrom(...INSN_ROWS).chain(instructionOf);

/** One instruction of each form with different values in all fields. */
export const oneOfEach: readonly Instruction[] = INSN_ROWS.map(
  (row) =>
    new Instruction(
      row.kind,
      row.dst === 'none' ? 0 : 3,
      row.src === 'none' ? row.fixedSrc : 7,
      row.off === 'none' ? row.fixedOff : -24,
      row.imm === 'none' ? row.fixedImm : row.imm === 'jump' ? -30000 : -305419896,
      row.slots === 1 ? 0 : 0x1234,
    ),
);
