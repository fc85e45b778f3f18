/**
 * What the chosen processor version and byte order allow: `-mcpu` level -> the instruction forms that selection may
 * use. All questions are answered from the instruction table's `cpu` column.
 */

import { type InsnKind, insnRow, Kind } from '../isa/table.ts';
import { asId } from '../support/ids.ts';
import { findOpcode, type Opcode } from './machine.ts';

/** `-mcpu=v1` to `-mcpu=v4`. */
export type CpuVersion = 1 | 2 | 3 | 4;

export interface Target {
  readonly cpu: CpuVersion;
  readonly littleEndian: boolean;
  /** 32-bit arithmetic and jumps. */
  readonly alu32: boolean;
  /** Calls through a register: no kernel has them, the machine's hosted mode does. */
  readonly indirectCalls: boolean;
  /** The form with this name, if the processor has it. */
  form(name: string): Opcode | undefined;
  /** The sign-extending move from `from` to `to` bits, if there is one. */
  signedMove(from: number, to: number): Opcode | undefined;
  /** Is a CO-RE relocation of this kind a 64-bit immediate (type ids and enum values)? */
  isWideRelocation(kind: number): boolean;
  /** The byte swap of the low `bits` bits, which clears the bits above. */
  byteSwap(bits: number): Opcode;
}

/** The lowest level that has a form. */
export function cpuOf(opcode: Opcode): number {
  return insnRow(asId<InsnKind>(opcode)).cpu;
}

/** `enum bpf_core_relo_kind` (Linux UAPI): local and target type id, enumerator's existence and value. */
const wideRelocations: ReadonlySet<number> = new Set([6, 7, 10, 11]);

const swaps = {
  little: { 16: Kind.be16, 32: Kind.be32, 64: Kind.be64 },
  big: { 16: Kind.le16, 32: Kind.le32, 64: Kind.le64 },
  unconditional: { 16: Kind.bswap16, 32: Kind.bswap32, 64: Kind.bswap64 },
} as const;

export function makeTarget(cpu: CpuVersion, littleEndian: boolean, indirectCalls = false): Target {
  const form = (name: string): Opcode | undefined => {
    const opcode = findOpcode(name);
    return opcode !== undefined && cpuOf(opcode) <= cpu ? opcode : undefined;
  };
  const table = cpu >= 4 ? swaps.unconditional : littleEndian ? swaps.little : swaps.big;
  return {
    cpu,
    littleEndian,
    alu32: cpu >= 3,
    indirectCalls,
    form,
    signedMove: (from, to) => form(`movsx${from}_${to}`),
    isWideRelocation: (kind) => wideRelocations.has(kind),
    byteSwap: (bits) => table[bits === 16 ? 16 : bits === 32 ? 32 : 64],
  };
}
