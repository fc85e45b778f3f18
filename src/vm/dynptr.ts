/**
 * Dynamic pointers (struct bpf_dynptr, 16 bytes that programs keep on the stack): where the memory is, how much, and of
 * what kind. The layout is the machine's own; the verifier forbids programs to look inside.
 *
 *   bytes 0-7 address of the memory | 8-11 size and flags | 12-15 a mark that the pointer is live
 */

import { readableAt, writableAt } from './access.ts';
import type { Execution } from './execution.ts';

const LIVE = 0x6470_7472;
export const DYNPTR_SIZE = 16;
const READ_ONLY = 0x8000_0000;
/** The kernel keeps 24 bits for the size. */
export const DYNPTR_MAX = (1 << 24) - 1;

export interface Dynptr {
  readonly address: bigint;
  readonly size: number;
  readonly isReadOnly: boolean;
}

/** Writes a dynptr where an argument points; undefined makes it null. */
export function putDynptr(x: Execution, register: number, value: Dynptr | undefined): void {
  writeDynptr(x, writableAt(x.cpu, register, DYNPTR_SIZE), value);
}

export function writeDynptr(x: Execution, at: number, value: Dynptr | undefined): void {
  const { view } = x.memory;
  view.setBigUint64(at, value?.address ?? 0n, true);
  view.setUint32(
    at + 8,
    value === undefined ? 0 : (value.size | (value.isReadOnly ? READ_ONLY : 0)) >>> 0,
    true,
  );
  view.setUint32(at + 12, LIVE, true);
}

/** The dynptr an argument points to; undefined for a null one. Traps where there is none. */
export function dynptrArgument(x: Execution, register: number): Dynptr | undefined {
  const at = readableAt(x.cpu, register, DYNPTR_SIZE);
  const { view } = x.memory;
  if (view.getUint32(at + 12, true) !== LIVE)
    x.cpu.trap('bad-argument', `argument ${register} is no initialised dynptr`);
  const address = view.getBigUint64(at, true);
  const size = view.getUint32(at + 8, true);
  return address === 0n ? undefined : { address, size: size & 0x7fff_ffff, isReadOnly: size >= READ_ONLY };
}

/** Bytes of a dynptr from an offset; a view. Undefined where they do not lie in it. */
export function dynptrBytes(
  x: Execution,
  pointer: Dynptr,
  offset: number,
  length: number,
): Uint8Array | undefined {
  if (offset + length > pointer.size) return undefined;
  const bytes = x.bytesAt(pointer.address + BigInt(offset), length);
  return bytes.length === length ? bytes : undefined;
}
