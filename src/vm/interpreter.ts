/**
 * The interpreter's loop: runs an image from a position until the function that was entered there returns.
 *
 * Registers are pairs of 32-bit halves in two typed arrays, which is what V8 handles best (a 64-bit integer would be a
 * bigint). The switch has numbers for labels so that it becomes a jump table; they are the places in
 * `operations.ts`. A case ends in `continue` when it goes on behind itself; `break` leads to the common code of
 * taken jumps, the only place where steps are counted and compared with the limit.
 *
 * Nothing is allocated in here. Views of the memory are kept in locals and fetched anew where a call may have replaced them.
 */

import { checkStackLoad, extendSign, slowLoad, slowStore } from './access.ts';
import {
  divide64,
  modulo64,
  multiply64,
  shiftLeft64,
  shiftRight64,
  shiftRightSigned64,
  signedDivide32,
  signedDivide64,
  signedModulo32,
  signedModulo64,
  swap32,
} from './arithmetic.ts';
import { runAtomic } from './atomics.ts';
import type { Cpu } from './cpu.ts';
import { ORIGIN } from './memory.ts';

/** A call of a helper or an external function. */
function callBound(cpu: Cpu, kind: 'helper' | 'external', number: number): void {
  const bound = kind === 'helper' ? cpu.helpers[number] : cpu.externals[number];
  if (bound === undefined) cpu.trap('missing-helper', cpu.describeCall(kind, number));
  else cpu.setResult(bound());
}

/** Where an indirect call leads: a position, or the complement of an external function's index. */
function callTarget(cpu: Cpu, register: number): number {
  const region = cpu.hi[register] ?? 0;
  const offset = (cpu.lo[register] ?? 0) - ORIGIN;
  if (region === cpu.externalRegion && (offset & 7) === 0) return ~(offset >> 3);
  if (region !== cpu.codeRegion || (offset & 7) !== 0) {
    cpu.trap('bad-call', `call of r${register}, which is no function`);
  }
  return offset >> 3;
}

function overLimit(cpu: Cpu): never {
  return cpu.trap('step-limit', `the program ran for ${cpu.stepLimit} instructions; it may never end`);
}

/** Runs the function at `entry` in a new frame until it returns; the result is in r0. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: flat dispatch
export function interpret(cpu: Cpu, entry: number): void {
  const { lo, hi, code, memory, written, tracked, stepLimit } = cpu;
  const { packed, displacement, target } = code;
  const observer = cpu.observer;
  cpu.pushFrame(-1, entry);
  const outermost = cpu.depth;
  let { view, base, readLimit, writeLimit, epoch } = memory;
  let top = cpu.frameTop;
  let writtenTop = cpu.writtenTop;
  let steps = cpu.steps;
  let pc = entry;
  /** Position of the first instruction that is not in `steps` yet. */
  let start = entry;
  try {
    for (;;) {
      if (observer !== undefined) observer(pc);
      const word = packed[pc] ?? 0;
      const d = (word >>> 8) & 15;
      const s = word >>> 12;
      const a = lo[d] ?? 0;
      const b = lo[s] ?? 0;
      switch (word & 255) {
        case 0: {
          // add64
          const sum = (a + b) | 0;
          lo[d] = sum;
          hi[d] = (hi[d] ?? 0) + (hi[s] ?? 0) + (sum >>> 0 < a >>> 0 ? 1 : 0);
          pc++;
          continue;
        }
        case 1: // sub64
          hi[d] = (hi[d] ?? 0) - (hi[s] ?? 0) - (a >>> 0 < b >>> 0 ? 1 : 0);
          lo[d] = a - b;
          pc++;
          continue;
        case 2: // mul64
          multiply64(cpu, d, s);
          pc++;
          continue;
        case 3: // div64
          divide64(cpu, d, s);
          pc++;
          continue;
        case 4: // or64
          lo[d] = a | b;
          hi[d] = (hi[d] ?? 0) | (hi[s] ?? 0);
          pc++;
          continue;
        case 5: // and64
          lo[d] = a & b;
          hi[d] = (hi[d] ?? 0) & (hi[s] ?? 0);
          pc++;
          continue;
        case 6: // lsh64
          shiftLeft64(cpu, d, b & 63);
          pc++;
          continue;
        case 7: // rsh64
          shiftRight64(cpu, d, b & 63);
          pc++;
          continue;
        case 8: // mod64
          modulo64(cpu, d, s);
          pc++;
          continue;
        case 9: // xor64
          lo[d] = a ^ b;
          hi[d] = (hi[d] ?? 0) ^ (hi[s] ?? 0);
          pc++;
          continue;
        case 10: // arsh64
          shiftRightSigned64(cpu, d, b & 63);
          pc++;
          continue;
        case 11: // sdiv64
          signedDivide64(cpu, d, s);
          pc++;
          continue;
        case 12: // smod64
          signedModulo64(cpu, d, s);
          pc++;
          continue;
        case 13: // neg64
          lo[d] = -a;
          hi[d] = -(hi[d] ?? 0) - (a === 0 ? 0 : 1);
          pc++;
          continue;
        case 14: // mov64
          lo[d] = b;
          hi[d] = hi[s] ?? 0;
          pc++;
          continue;
        case 15: // movsx8_64
          lo[d] = (b << 24) >> 24;
          hi[d] = (b << 24) >> 31;
          pc++;
          continue;
        case 16: // movsx16_64
          lo[d] = (b << 16) >> 16;
          hi[d] = (b << 16) >> 31;
          pc++;
          continue;
        case 17: // movsx32_64
          lo[d] = b;
          hi[d] = b >> 31;
          pc++;
          continue;
        case 18: // add32
          lo[d] = a + b;
          hi[d] = 0;
          pc++;
          continue;
        case 19: // sub32
          lo[d] = a - b;
          hi[d] = 0;
          pc++;
          continue;
        case 20: // mul32
          lo[d] = Math.imul(a, b);
          hi[d] = 0;
          pc++;
          continue;
        case 21: // div32
          lo[d] = b === 0 ? 0 : (a >>> 0) / (b >>> 0);
          hi[d] = 0;
          pc++;
          continue;
        case 22: // or32
          lo[d] = a | b;
          hi[d] = 0;
          pc++;
          continue;
        case 23: // and32
          lo[d] = a & b;
          hi[d] = 0;
          pc++;
          continue;
        case 24: // lsh32
          lo[d] = a << b;
          hi[d] = 0;
          pc++;
          continue;
        case 25: // rsh32
          lo[d] = a >>> b;
          hi[d] = 0;
          pc++;
          continue;
        case 26: // mod32
          lo[d] = b === 0 ? a : (a >>> 0) % (b >>> 0);
          hi[d] = 0;
          pc++;
          continue;
        case 27: // xor32
          lo[d] = a ^ b;
          hi[d] = 0;
          pc++;
          continue;
        case 28: // arsh32
          lo[d] = a >> b;
          hi[d] = 0;
          pc++;
          continue;
        case 29: // sdiv32
          lo[d] = signedDivide32(a, b);
          hi[d] = 0;
          pc++;
          continue;
        case 30: // smod32
          lo[d] = signedModulo32(a, b);
          hi[d] = 0;
          pc++;
          continue;
        case 31: // neg32
          lo[d] = -a;
          hi[d] = 0;
          pc++;
          continue;
        case 32: // mov32
          lo[d] = b;
          hi[d] = 0;
          pc++;
          continue;
        case 33: // movsx8_32
          lo[d] = (b << 24) >> 24;
          hi[d] = 0;
          pc++;
          continue;
        case 34: // movsx16_32
          lo[d] = (b << 16) >> 16;
          hi[d] = 0;
          pc++;
          continue;
        case 35: // swap16
          lo[d] = ((a & 0xff) << 8) | ((a >>> 8) & 0xff);
          hi[d] = 0;
          pc++;
          continue;
        case 36: // swap32
          lo[d] = swap32(a);
          hi[d] = 0;
          pc++;
          continue;
        case 37: // swap64
          lo[d] = swap32(hi[d] ?? 0);
          hi[d] = swap32(a);
          pc++;
          continue;
        case 38: // zext16
          lo[d] = a & 0xffff;
          hi[d] = 0;
          pc++;
          continue;
        case 39: // nop
          pc++;
          continue;
        case 40: // jeq64
          if (a === b && hi[d] === hi[s]) break;
          pc++;
          continue;
        case 41: {
          // jgt64
          const ah = (hi[d] ?? 0) >>> 0;
          const bh = (hi[s] ?? 0) >>> 0;
          if (ah === bh ? a >>> 0 > b >>> 0 : ah > bh) break;
          pc++;
          continue;
        }
        case 42: {
          // jge64
          const ah = (hi[d] ?? 0) >>> 0;
          const bh = (hi[s] ?? 0) >>> 0;
          if (ah === bh ? a >>> 0 >= b >>> 0 : ah > bh) break;
          pc++;
          continue;
        }
        case 43: // jset64
          if ((a & b) !== 0 || ((hi[d] ?? 0) & (hi[s] ?? 0)) !== 0) break;
          pc++;
          continue;
        case 44: // jne64
          if (a !== b || hi[d] !== hi[s]) break;
          pc++;
          continue;
        case 45: {
          // jsgt64
          const ah = hi[d] ?? 0;
          const bh = hi[s] ?? 0;
          if (ah === bh ? a >>> 0 > b >>> 0 : ah > bh) break;
          pc++;
          continue;
        }
        case 46: {
          // jsge64
          const ah = hi[d] ?? 0;
          const bh = hi[s] ?? 0;
          if (ah === bh ? a >>> 0 >= b >>> 0 : ah > bh) break;
          pc++;
          continue;
        }
        case 47: {
          // jlt64
          const ah = (hi[d] ?? 0) >>> 0;
          const bh = (hi[s] ?? 0) >>> 0;
          if (ah === bh ? a >>> 0 < b >>> 0 : ah < bh) break;
          pc++;
          continue;
        }
        case 48: {
          // jle64
          const ah = (hi[d] ?? 0) >>> 0;
          const bh = (hi[s] ?? 0) >>> 0;
          if (ah === bh ? a >>> 0 <= b >>> 0 : ah < bh) break;
          pc++;
          continue;
        }
        case 49: {
          // jslt64
          const ah = hi[d] ?? 0;
          const bh = hi[s] ?? 0;
          if (ah === bh ? a >>> 0 < b >>> 0 : ah < bh) break;
          pc++;
          continue;
        }
        case 50: {
          // jsle64
          const ah = hi[d] ?? 0;
          const bh = hi[s] ?? 0;
          if (ah === bh ? a >>> 0 <= b >>> 0 : ah < bh) break;
          pc++;
          continue;
        }
        case 51: // jeq32
          if (a === b) break;
          pc++;
          continue;
        case 52: // jgt32
          if (a >>> 0 > b >>> 0) break;
          pc++;
          continue;
        case 53: // jge32
          if (a >>> 0 >= b >>> 0) break;
          pc++;
          continue;
        case 54: // jset32
          if ((a & b) !== 0) break;
          pc++;
          continue;
        case 55: // jne32
          if (a !== b) break;
          pc++;
          continue;
        case 56: // jsgt32
          if (a > b) break;
          pc++;
          continue;
        case 57: // jsge32
          if (a >= b) break;
          pc++;
          continue;
        case 58: // jlt32
          if (a >>> 0 < b >>> 0) break;
          pc++;
          continue;
        case 59: // jle32
          if (a >>> 0 <= b >>> 0) break;
          pc++;
          continue;
        case 60: // jslt32
          if (a < b) break;
          pc++;
          continue;
        case 61: // jsle32
          if (a <= b) break;
          pc++;
          continue;
        case 62: // ja
          break;
        case 63: // may_goto
          if (cpu.spendTurn()) break;
          pc++;
          continue;
        case 64: // call_helper
        case 66: // call_external
          cpu.pc = pc;
          steps += pc - start + 1;
          start = pc + 1;
          cpu.steps = steps;
          callBound(cpu, (word & 255) === 64 ? 'helper' : 'external', displacement[pc] ?? 0);
          steps = cpu.steps;
          cpu.poisonArguments();
          if (cpu.jump >= 0) start = cpu.takeJump();
          pc = start;
          if (memory.epoch !== epoch) ({ view, base, readLimit, writeLimit, epoch } = memory);
          top = cpu.frameTop;
          continue;
        case 65: // call_local
        case 67: {
          // callx
          cpu.pc = pc;
          const callee = (word & 255) === 65 ? (target[pc] ?? 0) : callTarget(cpu, d);
          steps += pc - start + 1;
          if (callee < 0) {
            pc = start = pc + 1;
            cpu.steps = steps;
            callBound(cpu, 'external', ~callee);
            steps = cpu.steps;
            cpu.poisonArguments();
            if (memory.epoch !== epoch) ({ view, base, readLimit, writeLimit, epoch } = memory);
            continue;
          }
          start = callee;
          cpu.pushFrame(pc + 1, callee);
          pc = callee;
          if (memory.epoch !== epoch) ({ view, base, readLimit, writeLimit, epoch } = memory);
          top = cpu.frameTop;
          writtenTop = cpu.writtenTop;
          if (steps > stepLimit) overLimit(cpu);
          continue;
        }
        case 68: // exit
        case 89: {
          // packet_load: the function returns 0 where the packet is too short
          if ((word & 255) === 89) {
            cpu.pc = pc;
            if (cpu.loadPacket(code.instructions[pc])) {
              pc++;
              continue;
            }
            lo[0] = 0;
            hi[0] = 0;
          }
          const isLast = cpu.depth === outermost;
          steps += pc - start + 1;
          pc = cpu.popFrame();
          start = pc;
          if (isLast) return;
          cpu.poisonArguments();
          top = cpu.frameTop;
          writtenTop = cpu.writtenTop;
          continue;
        }
        case 69: {
          // load8
          const region = hi[s] ?? 0;
          const offset = (b + (displacement[pc] ?? 0)) | 0;
          if (offset >= 0 && offset < (readLimit[region] ?? -1)) {
            lo[d] = view.getUint8((base[region] ?? 0) + offset);
            hi[d] = 0;
          } else {
            cpu.pc = pc;
            slowLoad(cpu, region, offset, 1, d);
          }
          pc++;
          continue;
        }
        case 70: {
          // load16
          const region = hi[s] ?? 0;
          const offset = (b + (displacement[pc] ?? 0)) | 0;
          if (offset >= 0 && offset + 2 <= (readLimit[region] ?? -1)) {
            lo[d] = view.getUint16((base[region] ?? 0) + offset, true);
            hi[d] = 0;
          } else {
            cpu.pc = pc;
            slowLoad(cpu, region, offset, 2, d);
          }
          pc++;
          continue;
        }
        case 71: {
          // load32
          const region = hi[s] ?? 0;
          const offset = (b + (displacement[pc] ?? 0)) | 0;
          if (offset >= 0 && offset + 4 <= (readLimit[region] ?? -1)) {
            lo[d] = view.getInt32((base[region] ?? 0) + offset, true);
            hi[d] = 0;
          } else {
            cpu.pc = pc;
            slowLoad(cpu, region, offset, 4, d);
          }
          pc++;
          continue;
        }
        case 72: {
          // load64
          const region = hi[s] ?? 0;
          const offset = (b + (displacement[pc] ?? 0)) | 0;
          if (offset >= 0 && offset + 8 <= (readLimit[region] ?? -1)) {
            const at = (base[region] ?? 0) + offset;
            lo[d] = view.getInt32(at, true);
            hi[d] = view.getInt32(at + 4, true);
          } else {
            cpu.pc = pc;
            slowLoad(cpu, region, offset, 8, d);
          }
          pc++;
          continue;
        }
        case 73: // load_signed8
        case 74: // load_signed16
        case 75: {
          // load_signed32
          const size = 1 << ((word & 255) - 73);
          cpu.pc = pc;
          slowLoad(cpu, hi[s] ?? 0, (b + (displacement[pc] ?? 0)) | 0, size, d);
          extendSign(cpu, d, size);
          pc++;
          continue;
        }
        case 76: {
          // store8
          const region = hi[d] ?? 0;
          const offset = (a + (displacement[pc] ?? 0)) | 0;
          if (offset >= 0 && offset < (writeLimit[region] ?? -1)) {
            view.setUint8((base[region] ?? 0) + offset, b);
          } else {
            cpu.pc = pc;
            slowStore(cpu, region, offset, 1, s);
          }
          pc++;
          continue;
        }
        case 77: {
          // store16
          const region = hi[d] ?? 0;
          const offset = (a + (displacement[pc] ?? 0)) | 0;
          if (offset >= 0 && offset + 2 <= (writeLimit[region] ?? -1)) {
            view.setUint16((base[region] ?? 0) + offset, b, true);
          } else {
            cpu.pc = pc;
            slowStore(cpu, region, offset, 2, s);
          }
          pc++;
          continue;
        }
        case 78: {
          // store32
          const region = hi[d] ?? 0;
          const offset = (a + (displacement[pc] ?? 0)) | 0;
          if (offset >= 0 && offset + 4 <= (writeLimit[region] ?? -1)) {
            view.setInt32((base[region] ?? 0) + offset, b, true);
          } else {
            cpu.pc = pc;
            slowStore(cpu, region, offset, 4, s);
          }
          pc++;
          continue;
        }
        case 79: {
          // store64
          const region = hi[d] ?? 0;
          const offset = (a + (displacement[pc] ?? 0)) | 0;
          if (offset >= 0 && offset + 8 <= (writeLimit[region] ?? -1)) {
            const at = (base[region] ?? 0) + offset;
            view.setInt32(at, b, true);
            view.setInt32(at + 4, hi[s] ?? 0, true);
          } else {
            cpu.pc = pc;
            slowStore(cpu, region, offset, 8, s);
          }
          pc++;
          continue;
        }
        case 80: {
          // stack_load8
          const off = displacement[pc] ?? 0;
          if (tracked && (((written[writtenTop + (off >> 3)] ?? 0) >> (off & 7)) & 1) === 0) {
            cpu.pc = pc;
            checkStackLoad(cpu, off, 1);
          }
          lo[d] = view.getUint8(top + off);
          hi[d] = 0;
          pc++;
          continue;
        }
        case 81: {
          // stack_load16
          const off = displacement[pc] ?? 0;
          if (tracked && (((written[writtenTop + (off >> 3)] ?? 0) >> (off & 7)) & 3) !== 3) {
            cpu.pc = pc;
            checkStackLoad(cpu, off, 2);
          }
          lo[d] = view.getUint16(top + off, true);
          hi[d] = 0;
          pc++;
          continue;
        }
        case 82: {
          // stack_load32
          const off = displacement[pc] ?? 0;
          if (tracked && (((written[writtenTop + (off >> 3)] ?? 0) >> (off & 7)) & 15) !== 15) {
            cpu.pc = pc;
            checkStackLoad(cpu, off, 4);
          }
          lo[d] = view.getInt32(top + off, true);
          hi[d] = 0;
          pc++;
          continue;
        }
        case 83: {
          // stack_load64
          const off = displacement[pc] ?? 0;
          if (tracked && written[writtenTop + (off >> 3)] !== 255) {
            cpu.pc = pc;
            checkStackLoad(cpu, off, 8);
          }
          lo[d] = view.getInt32(top + off, true);
          hi[d] = view.getInt32(top + off + 4, true);
          pc++;
          continue;
        }
        case 84: {
          // stack_store8
          const off = displacement[pc] ?? 0;
          const word = writtenTop + (off >> 3);
          if (tracked) written[word] = (written[word] ?? 0) | (1 << (off & 7));
          view.setUint8(top + off, b);
          pc++;
          continue;
        }
        case 85: {
          // stack_store16
          const off = displacement[pc] ?? 0;
          const word = writtenTop + (off >> 3);
          if (tracked) written[word] = (written[word] ?? 0) | (3 << (off & 7));
          view.setUint16(top + off, b, true);
          pc++;
          continue;
        }
        case 86: {
          // stack_store32
          const off = displacement[pc] ?? 0;
          const word = writtenTop + (off >> 3);
          if (tracked) written[word] = (written[word] ?? 0) | (15 << (off & 7));
          view.setInt32(top + off, b, true);
          pc++;
          continue;
        }
        case 87: {
          // stack_store64
          const off = displacement[pc] ?? 0;
          if (tracked) written[writtenTop + (off >> 3)] = 255;
          view.setInt32(top + off, b, true);
          view.setInt32(top + off + 4, hi[s] ?? 0, true);
          pc++;
          continue;
        }
        case 88: // atomic
          cpu.pc = pc;
          runAtomic(cpu);
          pc++;
          continue;
        case 90: // cast_to_kernel
          cpu.pc = pc;
          cpu.castArena(d, s, true);
          pc++;
          continue;
        case 91: // cast_to_arena
          cpu.pc = pc;
          cpu.castArena(d, s, false);
          pc++;
          continue;
        default:
          cpu.pc = pc;
          cpu.trap('bad-instruction', 'control reaches something that is not an instruction');
      }
      steps += pc - start + 1;
      pc = start = target[pc] ?? 0;
      if (steps > stepLimit) {
        cpu.pc = pc;
        overLimit(cpu);
      }
    }
  } finally {
    // A nested run that faulted has counted further than this one knows.
    cpu.steps = Math.max(cpu.steps, steps + pc - start);
  }
}
