/**
 * LD_ABS and LD_IND (RFC 9669, 5.5): loads from the packet in network byte order, with bounds checks of their own. Offsets
 * from SKF_NET_OFF and SKF_LL_OFF count from the network and the link header.
 */

import type { Instruction } from '../isa/instruction.ts';
import { insnRow } from '../isa/table.ts';
import type { Execution } from './execution.ts';

const SKF_NET_OFF = -0x10_0000;
const SKF_LL_OFF = -0x20_0000;

/** The offset from the packet's first byte, or -1 where there is nothing. */
function packetOffset(x: Execution, offset: number): number {
  if (offset >= 0) return offset;
  if (offset >= SKF_NET_OFF) return offset - SKF_NET_OFF + x.networkOffset;
  return offset >= SKF_LL_OFF ? offset - SKF_LL_OFF + x.linkOffset : -1;
}

/** Loads into r0; false where the packet does not reach that far. */
export function loadFromPacket(x: Execution, instruction: Instruction | undefined): boolean {
  const { cpu, packet } = x;
  if (instruction === undefined || packet === undefined || cpu.hi[6] !== x.context?.region) {
    return cpu.trap('bad-argument', 'packet load without the context of a packet in r6');
  }
  const row = insnRow(instruction.kind);
  const index = row.operation === 'ld_ind' ? (cpu.lo[instruction.src] ?? 0) : 0;
  const offset = packetOffset(x, (instruction.imm + index) | 0);
  const size = row.bits / 8;
  // Bytes before the data, such as the link header of a program that starts at the network header, are there too.
  if (offset < x.linkOffset || offset < -packet.headroom || offset + size > packet.length) return false;
  const at = packet.position + offset;
  const { view } = cpu.memory;
  cpu.lo[0] = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getInt32(at);
  cpu.hi[0] = 0;
  return true;
}
