/**
 * Read-modify-write instructions (RFC 9669, 5.3). A machine runs one program at a time, so that they are plain
 * sequences here; what they demand of memory (rights, alignment) is checked as the kernel does.
 */

import { insnRow } from '../isa/table.ts';
import { badAccess, slowLoad, slowStore } from './access.ts';
import type { Cpu } from './cpu.ts';
import { ORIGIN } from './memory.ts';

/** Bits of the immediate. */
const FETCH = 1;
const XCHG = 0xe1;
const CMPXCHG = 0xf1;

function combine(operation: number, a: number, b: number): number {
  switch (operation) {
    case 0x40:
      return a | b;
    case 0x50:
      return a & b;
    case 0xa0:
      return a ^ b;
    default:
      return b;
  }
}

/** The scratch register that slow accesses use for the new value lies behind the constants. */
function scratchRegister(cpu: Cpu): number {
  return cpu.lo.length - 1;
}

/** Carries out the atomic instruction at `cpu.pc`. */
export function runAtomic(cpu: Cpu): void {
  const instruction = cpu.code.instructions[cpu.pc];
  if (instruction === undefined) return;
  const { dst, src, off, imm } = instruction;
  const { lo, hi } = cpu;
  const size = insnRow(instruction.kind).bits === 64 ? 8 : 4;
  const region = hi[dst] ?? 0;
  const offset = ((lo[dst] ?? 0) + off - ORIGIN) | 0;
  if ((offset & (size - 1)) !== 0) {
    cpu.trap(
      'misaligned',
      `atomic operation on ${size} bytes at offset ${offset} of ${cpu.memory.info(region).name} is not aligned`,
    );
  }
  if (cpu.memory.info(region).kind === 'context') badAccess(cpu, true, region, offset, size);
  const scratch = scratchRegister(cpu);
  const srcLow = lo[src] ?? 0;
  const srcHigh = size === 8 ? (hi[src] ?? 0) : 0;
  slowLoad(cpu, region, offset, size, scratch);
  const oldLow = lo[scratch] ?? 0;
  const oldHigh = hi[scratch] ?? 0;
  if (imm === CMPXCHG) {
    const equal = oldLow === lo[0] && (size === 4 || oldHigh === hi[0]);
    lo[scratch] = equal ? srcLow : oldLow;
    hi[scratch] = equal ? srcHigh : oldHigh;
    slowStore(cpu, region, offset, size, scratch);
    lo[0] = oldLow;
    hi[0] = oldHigh;
    return;
  }
  const operation = imm & ~FETCH;
  if (operation === 0) {
    const sum = (oldLow + srcLow) | 0;
    lo[scratch] = sum;
    hi[scratch] = oldHigh + srcHigh + (sum >>> 0 < srcLow >>> 0 ? 1 : 0);
  } else {
    const isExchange = imm === XCHG;
    lo[scratch] = isExchange ? srcLow : combine(operation, oldLow, srcLow);
    hi[scratch] = isExchange ? srcHigh : combine(operation, oldHigh, srcHigh);
  }
  slowStore(cpu, region, offset, size, scratch);
  if ((imm & FETCH) !== 0) {
    lo[src] = oldLow;
    hi[src] = oldHigh;
  }
}
