/**
 * The operations of the interpreter's loop. They are fewer than the forms of the instruction set: an immediate
 * is a register too (constants lie behind r10 in the register file), so one operation serves both forms, byte orders
 * are settled for a little-endian machine, and accesses relative to r10 have operations of their own.
 *
 * An operation's number is its place in this list. The interpreter's switch spells the numbers as literals, because only
 * then V8 makes a jump table of it from the first run on; the test of all instructions would notice a mix-up.
 */

import type { Instruction } from '../isa/instruction.ts';
import { type InsnRow, insnRow } from '../isa/table.ts';
import { bug } from '../support/bug.ts';

export const OPERATIONS = [
  // 0: 64-bit arithmetic
  'add64',
  'sub64',
  'mul64',
  'div64',
  'or64',
  'and64',
  'lsh64',
  'rsh64',
  'mod64',
  'xor64',
  'arsh64',
  'sdiv64',
  'smod64',
  'neg64',
  'mov64',
  'movsx8_64',
  'movsx16_64',
  'movsx32_64',
  // 18: 32-bit arithmetic
  'add32',
  'sub32',
  'mul32',
  'div32',
  'or32',
  'and32',
  'lsh32',
  'rsh32',
  'mod32',
  'xor32',
  'arsh32',
  'sdiv32',
  'smod32',
  'neg32',
  'mov32',
  'movsx8_32',
  'movsx16_32',
  // 35: byte order
  'swap16',
  'swap32',
  'swap64',
  'zext16',
  'nop',
  // 40: jumps
  'jeq64',
  'jgt64',
  'jge64',
  'jset64',
  'jne64',
  'jsgt64',
  'jsge64',
  'jlt64',
  'jle64',
  'jslt64',
  'jsle64',
  'jeq32',
  'jgt32',
  'jge32',
  'jset32',
  'jne32',
  'jsgt32',
  'jsge32',
  'jlt32',
  'jle32',
  'jslt32',
  'jsle32',
  'ja',
  'may_goto',
  // 64: calls
  'call_helper',
  'call_local',
  'call_external',
  'callx',
  'exit',
  // 69: memory
  'load8',
  'load16',
  'load32',
  'load64',
  'load_signed8',
  'load_signed16',
  'load_signed32',
  'store8',
  'store16',
  'store32',
  'store64',
  // 80: relative to r10
  'stack_load8',
  'stack_load16',
  'stack_load32',
  'stack_load64',
  'stack_store8',
  'stack_store16',
  'stack_store32',
  'stack_store64',
  // 88: the rest
  'atomic',
  'packet_load',
  'cast_to_kernel',
  'cast_to_arena',
  'invalid',
] as const;

export type OperationName = (typeof OPERATIONS)[number];

const NUMBERS: ReadonlyMap<string, number> = new Map(OPERATIONS.map((name, index) => [name, index]));

export function operationNumber(name: string): number {
  return NUMBERS.get(name) ?? bug(`the machine has no operation ${name}`);
}

/** Forms whose operation is not `<operation><bits>`. */
const SPECIAL: Readonly<Partial<Record<InsnRow['name'], OperationName>>> = {
  le16: 'zext16',
  le32: 'mov32',
  le64: 'nop',
  be16: 'swap16',
  be32: 'swap32',
  be64: 'swap64',
  bswap16: 'swap16',
  bswap32: 'swap32',
  bswap64: 'swap64',
  movsx8_64: 'movsx8_64',
  movsx16_64: 'movsx16_64',
  movsx32_64: 'movsx32_64',
  movsx8_32: 'movsx8_32',
  movsx16_32: 'movsx16_32',
  addr_space_cast_to_kernel: 'cast_to_kernel',
  addr_space_cast_to_arena: 'cast_to_arena',
  ja: 'ja',
  ja32: 'ja',
  may_goto: 'may_goto',
  call_helper: 'call_helper',
  call_local: 'call_local',
  call_kfunc: 'call_external',
  callx: 'callx',
  exit: 'exit',
};

function plainOperation(row: InsnRow): string {
  if (row.operation === 'lddw') return 'mov64';
  if (row.operation === 'load_acquire') return `load${row.bits}`;
  if (row.operation === 'store_release') return `store${row.bits}`;
  if (row.operation.startsWith('atomic_')) return 'atomic';
  if (row.operation === 'ld_abs' || row.operation === 'ld_ind') return 'packet_load';
  return SPECIAL[row.name] ?? `${row.operation}${row.bits}`;
}

/** Bytes of a frame below r10; frames of hosted programs have at least as many. */
export const STACK_SIZE = 512;

/** True for what every execution of the access finds inside the frame, aligned. */
function isInFrame(row: InsnRow, off: number): boolean {
  const bytes = row.bits / 8;
  return off >= -STACK_SIZE && off + bytes <= 0 && off % bytes === 0;
}

/** The number of the operation that carries out an instruction. */
export function operationOf(instruction: Instruction): number {
  const row = insnRow(instruction.kind);
  const name = plainOperation(row);
  const isLoad = row.operation === 'load' && instruction.src === 10;
  const isStore = row.operation === 'store' && instruction.dst === 10;
  const onStack = (isLoad || isStore) && isInFrame(row, instruction.off);
  return operationNumber(onStack ? `stack_${name}` : name);
}
