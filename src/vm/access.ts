/**
 * Memory accesses that the loop's comparison does not settle: stack frames with initialisation tracking, contexts, and
 * everything that is wrong. Helpers check the memory they are given here too.
 */

import type { Cpu } from './cpu.ts';
import { ORIGIN } from './memory.ts';

export function hexAddress(high: number, low: number): string {
  const value = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return `0x${value.toString(16)}`;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Says what is wrong with an access of `size` bytes. */
export function badAccess(cpu: Cpu, write: boolean, region: number, offset: number, size: number): never {
  const { memory } = cpu;
  const verb = write ? 'write' : 'read';
  const what = `${verb} of ${plural(size, 'byte')}`;
  const address = hexAddress(region, ORIGIN + offset);
  const info = memory.info(region);
  if (region === 0 && Math.abs(offset + ORIGIN) < 65536) {
    cpu.trap('bad-access', `${what} through a null pointer (${address})`);
  }
  if (info.kind === 'none') cpu.trap('bad-access', `${what} at ${address}, which is no pointer`);
  if (info.kind === 'stale-packet') {
    cpu.trap(
      'stale-packet-pointer',
      `${what} at ${address}: ${info.name}; load the pointer from the context again`,
    );
  }
  if (info.kind === 'freed') cpu.trap('bad-access', `${what} at ${address}: ${info.name}`);
  const length = memory.sizeOf(region);
  const isInside = offset >= 0 && offset + size <= length;
  if (isInside && (write ? !info.write : !info.read)) {
    cpu.trap(
      'bad-access',
      `${what} at offset ${offset} of ${info.name}, which must not be ${write ? 'written' : 'read'}`,
    );
  }
  cpu.trap('bad-access', `${what} at offset ${offset} of ${info.name}, which has ${plural(length, 'byte')}`);
}

/** The frame a region belongs to, or -1. */
function frameOf(cpu: Cpu, region: number): number {
  for (let depth = cpu.depth; depth >= 0; depth--) if (cpu.frames[depth] === region) return depth;
  return -1;
}

const WRITTEN_SHIFT = 6;

function isWritten(cpu: Cpu, frame: number, offset: number): boolean {
  return (((cpu.written[(frame << WRITTEN_SHIFT) + (offset >> 3)] ?? 0) >> (offset & 7)) & 1) === 1;
}

function markWritten(cpu: Cpu, frame: number, offset: number, size: number): void {
  for (let at = offset; at < offset + size; at++) {
    const index = (frame << WRITTEN_SHIFT) + (at >> 3);
    cpu.written[index] = (cpu.written[index] ?? 0) | (1 << (at & 7));
  }
}

/** Traps for stack bytes that nobody wrote, as far as the options say so. `strict` for what a helper reads. */
function checkWritten(cpu: Cpu, frame: number, offset: number, size: number, strict: boolean): void {
  const mode = cpu.options.uninitialised;
  if (mode === 'allow') return;
  let missing = 0;
  let first = -1;
  for (let at = offset; at < offset + size; at++) {
    if (isWritten(cpu, frame, at)) continue;
    missing++;
    if (first < 0) first = at;
  }
  if (missing === 0 || (missing < size && mode === 'fault-whole' && !strict)) return;
  const place = first - cpu.memory.sizeOf(cpu.frames[frame] ?? 0);
  cpu.trap(
    'uninitialised',
    `read of ${plural(size, 'byte')} of the stack: the byte at r10${place} was never written`,
  );
}

/** A stack load of the running frame whose bytes are not all written: a fault, or not, by the options. */
export function checkStackLoad(cpu: Cpu, off: number, size: number): void {
  checkWritten(cpu, cpu.depth, cpu.memory.sizeOf(cpu.frames[cpu.depth] ?? 0) + off, size, false);
}

/** Bounds, rights and alignment of an access to a frame; returns the frame's index. */
function checkFrame(
  cpu: Cpu,
  region: number,
  offset: number,
  size: number,
  write: boolean,
  aligned: boolean,
): number {
  const frame = frameOf(cpu, region);
  if (frame < 0 || offset < 0 || offset + size > cpu.memory.sizeOf(region)) {
    badAccess(cpu, write, region, offset, size);
  }
  if (aligned && (offset & (size - 1)) !== 0) {
    const place = offset - cpu.memory.sizeOf(region);
    cpu.trap(
      'misaligned',
      `${write ? 'write' : 'read'} of ${plural(size, 'byte')} of the stack at r10${place} is not aligned`,
    );
  }
  return frame;
}

/** Loads `size` bytes without sign into a register. */
function loadBytes(cpu: Cpu, at: number, size: number, register: number): void {
  const { view } = cpu.memory;
  cpu.hi[register] = size === 8 ? view.getInt32(at + 4, true) : 0;
  cpu.lo[register] =
    size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getInt32(at, true);
}

function storeBytes(cpu: Cpu, at: number, size: number, low: number, high: number): void {
  const { view } = cpu.memory;
  if (size === 1) view.setUint8(at, low);
  else if (size === 2) view.setUint16(at, low, true);
  else view.setInt32(at, low, true);
  if (size === 8) view.setInt32(at + 4, high, true);
}

/** Any load, the slow way: `size` bytes at a region's offset, zero-extended, into a register. */
export function slowLoad(cpu: Cpu, region: number, offset: number, size: number, register: number): void {
  const { memory } = cpu;
  const kind = memory.info(region).kind;
  if (kind === 'context' && cpu.context !== undefined && cpu.context.region === region) {
    cpu.context.load(cpu, offset, size, register);
    return;
  }
  if (kind === 'stack' && cpu.tracked) {
    checkWritten(cpu, checkFrame(cpu, region, offset, size, false, true), offset, size, false);
  } else if (offset < 0 || offset + size > (memory.readLimit[region] ?? -1)) {
    if (!cpu.nullReadsAreZero || region !== 0) badAccess(cpu, false, region, offset, size);
    cpu.lo[register] = 0;
    cpu.hi[register] = 0;
    return;
  }
  loadBytes(cpu, memory.positionOf(region) + offset, size, register);
}

/** Any store, the slow way. */
export function slowStore(cpu: Cpu, region: number, offset: number, size: number, register: number): void {
  const { memory } = cpu;
  const kind = memory.info(region).kind;
  if (kind === 'context' && cpu.context !== undefined && cpu.context.region === region) {
    cpu.context.store(cpu, offset, size, register);
    return;
  }
  if (kind === 'stack' && cpu.tracked) {
    markWritten(cpu, checkFrame(cpu, region, offset, size, true, true), offset, size);
  } else if (offset < 0 || offset + size > (memory.writeLimit[region] ?? -1)) {
    badAccess(cpu, true, region, offset, size);
  }
  storeBytes(cpu, memory.positionOf(region) + offset, size, cpu.lo[register] ?? 0, cpu.hi[register] ?? 0);
}

/** A loaded register's sign extended from `size` bytes. */
export function extendSign(cpu: Cpu, register: number, size: number): void {
  const shift = 32 - size * 8;
  const low = ((cpu.lo[register] ?? 0) << shift) >> shift;
  cpu.lo[register] = low;
  cpu.hi[register] = low >> 31;
}

/** Where `size` readable bytes behind a pointer in a register lie in the buffer; traps when they do not exist. */
export function readableAt(cpu: Cpu, register: number, size: number): number {
  return readableRange(cpu, cpu.hi[register] ?? 0, cpu.lo[register] ?? 0, size);
}

/** The same for an address in halves. */
export function readableRange(cpu: Cpu, region: number, low: number, size: number): number {
  const offset = (low - ORIGIN) | 0;
  const { memory } = cpu;
  if (memory.info(region).kind === 'stack' && cpu.tracked) {
    checkWritten(cpu, checkFrame(cpu, region, offset, size, false, false), offset, size, true);
  } else if (offset < 0 || offset + size > (memory.readLimit[region] ?? -1)) {
    badAccess(cpu, false, region, offset, size);
  }
  return memory.positionOf(region) + offset;
}

/** Where `size` writable bytes behind a pointer in a register lie in the buffer; they count as written. */
export function writableAt(cpu: Cpu, register: number, size: number): number {
  return writableRange(cpu, cpu.hi[register] ?? 0, cpu.lo[register] ?? 0, size);
}

export function writableRange(cpu: Cpu, region: number, low: number, size: number): number {
  const offset = (low - ORIGIN) | 0;
  const { memory } = cpu;
  if (memory.info(region).kind === 'stack' && cpu.tracked) {
    markWritten(cpu, checkFrame(cpu, region, offset, size, true, false), offset, size);
  } else if (offset < 0 || offset + size > (memory.writeLimit[region] ?? -1)) {
    badAccess(cpu, true, region, offset, size);
  }
  return memory.positionOf(region) + offset;
}

/** Bytes behind a pointer without a fault: what the kernel's probing reads do. Undefined when they do not exist. */
export function probe(cpu: Cpu, register: number, size: number): Uint8Array | undefined {
  const region = cpu.hi[register] ?? 0;
  const offset = ((cpu.lo[register] ?? 0) - ORIGIN) | 0;
  const info = cpu.memory.info(region);
  if (!info.read || offset < 0 || offset + size > cpu.memory.sizeOf(region)) return undefined;
  const at = cpu.memory.positionOf(region) + offset;
  return cpu.memory.bytes.subarray(at, at + size);
}
