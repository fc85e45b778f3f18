/**
 * `r2 = r1; r2 &= C; if r2 != 0 goto L` becomes `if r1 & C goto L`, where the masked value has no other use.
 *
 * The processor has no jump for the case that no bit is set, so that only tests are taken whose way with a bit set is not the
 * one that stands next: the others would need a second jump. The copy in front goes with the mask. From a test of one bit the
 * verifier learns that bit on both ways, of the value itself rather than of a copy.
 *
 * Works on laid out blocks with physical registers, last of all.
 */

import { Kind } from '../isa/table.ts';
import { liveRegistersAtStart, readRegisters, writtenRegisters } from './live-registers.ts';
import {
  type MachineBlock,
  type MachineFunction,
  MachineIns,
  type Opcode,
  Pseudo,
  type Register,
  rowOf,
} from './machine.ts';
import type { Target } from './target.ts';

/** How far in front of the jump the mask, and in front of that the copy, may stand. */
const maxDistance = 4;

/** The jump that is taken when a bit is set, for an `and` and a comparison of these widths. */
function jumpFor(target: Target, mask: MachineIns, width: number): Opcode | undefined {
  const row = rowOf(mask.opcode);
  if (row?.operation !== 'and' || mask.core >= 0) return undefined;
  const bits = row.bits === 64 && width === 64 ? 64 : 32;
  return target.form(`jset${bits}_${row.form === 'alu_imm' ? 'imm' : 'reg'}`);
}

/** The width of a comparison of `register` with 0, and where it goes when that is not 0. */
function testOf(
  branch: MachineIns,
): { readonly width: number; readonly set: number; readonly clear: number } | undefined {
  if (branch.imm !== 0 || branch.otherTarget < 0) return undefined;
  const width = branch.opcode === Kind.jeq64_imm || branch.opcode === Kind.jne64_imm ? 64 : 32;
  switch (branch.opcode) {
    case Kind.jne64_imm:
    case Kind.jne32_imm:
      return { width, set: branch.target, clear: branch.otherTarget };
    case Kind.jeq64_imm:
    case Kind.jeq32_imm:
      return { width, set: branch.otherTarget, clear: branch.target };
    default:
      return undefined;
  }
}

/** The last instruction before `end` that reads or writes `register`, or -1. */
function lastToTouch(instructions: readonly MachineIns[], end: number, register: Register): number {
  const bit = 1 << register;
  for (let i = end - 1; i >= 0 && i >= end - maxDistance; i--) {
    const ins = instructions[i];
    if (ins !== undefined && ((readRegisters(ins) | writtenRegisters(ins)) & bit) !== 0) return i;
  }
  return -1;
}

function isWritten(instructions: readonly MachineIns[], from: number, register: Register): boolean {
  return instructions.slice(from).some((ins) => (writtenRegisters(ins) & (1 << register)) !== 0);
}

function testBits(block: MachineBlock, next: number, target: Target, live: Int32Array): void {
  const { instructions } = block;
  const branch = instructions.at(-1);
  const test = branch === undefined ? undefined : testOf(branch);
  if (branch === undefined || test === undefined || test.set === next) return;
  const register = branch.dst;
  const maskAt = lastToTouch(instructions, instructions.length - 1, register);
  const mask = instructions[maskAt];
  if (mask === undefined || mask.dst !== register || mask.src === register) return;
  const opcode = jumpFor(target, mask, test.width);
  const isLive = (((live[test.set] ?? 0) | (live[test.clear] ?? 0)) & (1 << register)) !== 0;
  if (isLive || opcode === undefined || (mask.src >= 0 && isWritten(instructions, maskAt + 1, mask.src)))
    return;
  const copyAt = lastToTouch(instructions, maskAt, register);
  const copy = instructions[copyAt];
  const isCopied =
    copy?.opcode === Pseudo.copy && copy.dst === register && !isWritten(instructions, copyAt + 1, copy.src);
  const jump = new MachineIns(opcode, isCopied ? copy.src : register, mask.src, 0, mask.imm, branch.pos);
  jump.target = test.set;
  jump.otherTarget = test.clear;
  const gone: ReadonlySet<MachineIns | undefined> = new Set([mask, branch, isCopied ? copy : undefined]);
  block.instructions = [...instructions.filter((ins) => !gone.has(ins)), jump];
}

export function useBitTests(func: MachineFunction, target: Target): void {
  const live = liveRegistersAtStart(func);
  func.layout.forEach((id, position) => {
    testBits(func.block(id), func.layout[position + 1] ?? -1, target, live);
  });
}
