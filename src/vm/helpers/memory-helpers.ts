/** Helpers that read memory with fault handling, and those on strings, dynptrs, ring buffers and events. */

import { latin1 } from '../../support/file-system.ts';
import { probe, readableAt } from '../access.ts';
import { DYNPTR_MAX, dynptrArgument, dynptrBytes, putDynptr, writeDynptr } from '../dynptr.ts';
import { Errno } from '../errno.ts';
import type { Execution, HelperTable } from '../execution.ts';
import { RingBufferMap, UserRingBufferMap } from '../maps/ring-buffer.ts';
import { StackTraceMap, StorageMap } from '../maps/special.ts';
import { addressOf, ORIGIN } from '../memory.ts';

/** bpf_probe_read and its kin: the destination is zeroed where the source cannot be read. */
function probeRead(x: Execution): number {
  const size = x.cpu.size(2);
  if (size === 0) return 0;
  const out = x.output(1, size);
  const source = probe(x.cpu, 3, size);
  if (source === undefined) {
    out.fill(0);
    return Errno.EFAULT;
  }
  out.set(source.slice());
  return 0;
}

/** The string variants: length with NUL, cut to the size. */
function probeReadString(x: Execution): number {
  const size = x.cpu.size(2);
  if (size === 0) return 0;
  const out = x.output(1, size);
  const source = x.bytesAt(x.cpu.unsigned(3), size);
  if (source.length === 0) {
    out.fill(0);
    return Errno.EFAULT;
  }
  const end = source.indexOf(0);
  const text = source.slice(0, Math.min(end < 0 ? source.length : end, size - 1));
  out.set(text);
  out[text.length] = 0;
  return text.length + 1;
}

function ringBuffer(x: Execution, register: number): RingBufferMap {
  const map = x.map(register);
  return map instanceof RingBufferMap
    ? map
    : x.cpu.trap('bad-argument', `argument ${register} is no ring buffer`);
}

function finishRecord(x: Execution, region: number, discard: boolean): undefined {
  for (const map of x.maps.values()) {
    if (map instanceof RingBufferMap && map.finish(region, discard)) return undefined;
  }
  return x.cpu.trap('bad-argument', 'argument 1 is no reserved record of a ring buffer');
}

/** Records are given back by the address of their first byte. */
function recordArgument(x: Execution): number {
  return x.cpu.lo[1] === ORIGIN ? (x.cpu.hi[1] ?? 0) : 0;
}

const CURRENT_CPU = 0xffff_ffffn;

function perfOutput(x: Execution): number {
  const map = x.map(2);
  const flags = x.cpu.unsigned(3);
  const index = flags & CURRENT_CPU;
  const cpu = index === CURRENT_CPU ? x.currentCpu : Number(index);
  const extra = Number((flags >> 32n) & 0xf_ffffn);
  const data = x.input(4, x.cpu.size(5));
  if (cpu >= Math.max(map.definition.maxEntries, 1)) return Errno.E2BIG;
  const packet = extra > 0 ? x.packet?.bytes.slice(0, extra) : undefined;
  const whole = new Uint8Array(data.length + (packet?.length ?? 0));
  whole.set(data);
  if (packet !== undefined) whole.set(packet, data.length);
  x.events.push({ map: map.definition.name, cpu, data: whole });
  return 0;
}

/** bpf_strtol and bpf_strtoul: digits consumed, or an error. */
function parseNumber(x: Execution, signed: boolean): number {
  const text = latin1(x.input(1, x.cpu.size(2)));
  const base = x.cpu.unsigned(3);
  if (![0n, 8n, 10n, 16n].includes(base)) return Errno.EINVAL;
  const out = x.output(4, 8);
  out.fill(0);
  const match = /^([\t-\r ]*)(-?)(0[xX])?/.exec(text);
  const isNegative = match?.[2] === '-';
  if (isNegative && !signed) return Errno.EINVAL;
  const hasHexMark = match?.[3] !== undefined;
  const start = (match?.[0].length ?? 0) - (hasHexMark && base !== 0n && base !== 16n ? 2 : 0);
  const radix = base !== 0n ? Number(base) : hasHexMark ? 16 : text.charAt(start) === '0' ? 8 : 10;
  let at = start;
  let value = 0n;
  for (; at < text.length; at++) {
    const digit = Number.parseInt(text.charAt(at), 36);
    if (Number.isNaN(digit) || digit >= radix) break;
    value = value * BigInt(radix) + BigInt(digit);
    if (value >= 1n << 64n) return Errno.ERANGE;
  }
  if (at === start) return Errno.EINVAL;
  const result = isNegative ? -value : value;
  if (signed && (result < -(1n << 63n) || result >= 1n << 63n)) return Errno.ERANGE;
  new DataView(out.buffer, out.byteOffset, 8).setBigUint64(0, BigInt.asUintN(64, result), true);
  return at;
}

/** bpf_strncmp compares up to a size with a constant string. */
function stringCompare(x: Execution): number {
  const bytes = x.input(1, x.cpu.size(2));
  const other = x.stringAt(x.cpu.unsigned(3));
  for (let i = 0; i < bytes.length; i++) {
    const a = bytes[i] ?? 0;
    const b = i < other.length ? other.charCodeAt(i) : 0;
    if (a !== b) return a < b ? -1 : 1;
    if (a === 0) return 0;
  }
  return 0;
}

function dynptrFromMemory(x: Execution): number {
  const size = x.cpu.u32(2);
  const isRefused = size > DYNPTR_MAX ? Errno.E2BIG : x.cpu.isNull(3) ? 0 : Errno.EINVAL;
  const address = x.cpu.unsigned(1);
  if (isRefused === 0 && size > 0) readableAt(x.cpu, 1, size);
  putDynptr(x, 4, isRefused === 0 ? { address, size, isReadOnly: false } : undefined);
  return isRefused;
}

function reserveDynptr(x: Execution): number {
  const ring = ringBuffer(x, 1);
  const size = x.cpu.u32(2);
  const region = x.cpu.isNull(3) && size <= DYNPTR_MAX ? ring.reserve(size) : 0;
  putDynptr(x, 4, region === 0 ? undefined : { address: addressOf(region), size, isReadOnly: false });
  return region === 0 ? Errno.EINVAL : 0;
}

function finishDynptr(x: Execution, discard: boolean): undefined {
  const pointer = dynptrArgument(x, 1);
  if (pointer !== undefined) finishRecord(x, Number(pointer.address >> 32n), discard);
  putDynptr(x, 1, undefined);
  return undefined;
}

function dynptrRead(x: Execution): number {
  const { cpu } = x;
  const pointer = dynptrArgument(x, 3);
  if (pointer === undefined || !cpu.isNull(5)) return Errno.EINVAL;
  const length = cpu.u32(2);
  const source = dynptrBytes(x, pointer, cpu.u32(4), length)?.slice();
  if (source === undefined) return Errno.E2BIG;
  x.output(1, length).set(source);
  return 0;
}

function dynptrWrite(x: Execution): number {
  const { cpu } = x;
  const pointer = dynptrArgument(x, 1);
  if (pointer === undefined || pointer.isReadOnly || !cpu.isNull(5)) return Errno.EINVAL;
  const data = x.input(3, cpu.u32(4));
  const target = dynptrBytes(x, pointer, cpu.u32(2), data.length);
  if (target === undefined) return Errno.E2BIG;
  target.set(data);
  return 0;
}

function dynptrData(x: Execution): bigint {
  const pointer = dynptrArgument(x, 1);
  const offset = x.cpu.u32(2);
  if (pointer === undefined || pointer.isReadOnly || offset + x.cpu.u32(3) > pointer.size) return 0n;
  return pointer.address + BigInt(offset);
}

/** Gives each queued sample to a callback as a dynptr. */
function drainUserRing(x: Execution): number {
  const map = x.map(1);
  if (!(map instanceof UserRingBufferMap)) x.cpu.trap('bad-argument', 'argument 1 is no user ring buffer');
  const callback = x.functionArgument(2);
  const context = x.cpu.unsigned(3);
  if (!(map instanceof UserRingBufferMap)) return Errno.EINVAL;
  let count = 0;
  for (let sample = map.nextSample(); sample !== undefined; sample = map.nextSample()) {
    const info = {
      kind: 'kernel',
      name: 'a sample of a user ring buffer',
      read: true,
      write: false,
    } as const;
    const data = x.memory.addRegion(info, sample.length);
    x.memory.contents(data).set(sample);
    const pointer = x.memory.addRegion({ ...info, name: 'a dynptr' }, 16);
    const value = { address: addressOf(data), size: sample.length, isReadOnly: true };
    writeDynptr(x, x.memory.positionOf(pointer), value);
    count++;
    const result = x.call(callback, addressOf(pointer), context);
    x.memory.removeRegion(pointer);
    x.memory.removeRegion(data);
    if (result !== 0n) break;
  }
  return count;
}

const SKIP_MASK = 0xff;
const STACK_DEPTH = 127;

/** The stack trace of the run as words; the test gives it. */
function stackWords(x: Execution, flags: number, depth: number): Uint8Array {
  const words = x.stack.slice(flags & SKIP_MASK, (flags & SKIP_MASK) + depth);
  const bytes = new Uint8Array(words.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setBigUint64(i * 8, word, true);
  return bytes;
}

function stackId(x: Execution): number {
  const map = x.map(2);
  if (!(map instanceof StackTraceMap)) return Errno.EINVAL;
  const { valueSize, maxEntries } = map.definition;
  const trace = stackWords(x, x.cpu.u32(3), Math.min(STACK_DEPTH, valueSize >> 3));
  if (trace.length === 0) return Errno.EFAULT;
  let hash = 0x811c9dc5 | 0;
  for (const byte of trace) hash = Math.imul(hash ^ byte, 0x01000193);
  const id = (hash >>> 0) % maxEntries;
  const scratch = x.memory.addRegion(
    { kind: 'kernel', name: 'a stack trace', read: true, write: true },
    8 + valueSize,
  );
  const at = x.memory.positionOf(scratch);
  x.memory.view.setUint32(at, id, true);
  x.memory.bytes.set(trace, at + 8);
  map.store(at, at + 8);
  x.memory.removeRegion(scratch);
  return id;
}

function getStack(x: Execution, buffer: number, size: number, flags: number): number {
  const bytes = x.cpu.size(size);
  const out = x.output(buffer, bytes);
  out.fill(0);
  const trace = stackWords(x, x.cpu.u32(flags), bytes >> 3);
  out.set(trace);
  return trace.length;
}

const CREATE = 1n;

function storageGet(x: Execution): undefined {
  const map = x.map(1);
  if (!(map instanceof StorageMap)) return x.cpu.trap('bad-argument', 'argument 1 is no storage map');
  const flags = x.cpu.unsigned(4);
  if (x.cpu.isNull(2) || flags > CREATE) return x.returnRegion(0);
  const initial = x.cpu.isNull(3) ? 0 : readableAt(x.cpu, 3, map.definition.valueSize);
  return x.returnRegion(map.of(x.cpu.unsigned(2), flags === CREATE, initial));
}

function storageDelete(x: Execution): number {
  const map = x.map(1);
  if (x.cpu.isNull(2)) return Errno.EINVAL;
  return map instanceof StorageMap ? map.delete(x.cpu.unsigned(2)) : Errno.EINVAL;
}

export const MEMORY_HELPERS: HelperTable = {
  probe_read: probeRead,
  probe_read_user: probeRead,
  probe_read_kernel: probeRead,
  copy_from_user: probeRead,
  copy_from_user_task: probeRead,
  probe_read_str: probeReadString,
  probe_read_user_str: probeReadString,
  probe_read_kernel_str: probeReadString,
  probe_write_user: (x) => {
    const data = x.input(2, x.cpu.size(3));
    const target = probe(x.cpu, 1, data.length);
    target?.set(data);
    return target === undefined ? Errno.EFAULT : 0;
  },
  strtol: (x) => parseNumber(x, true),
  strtoul: (x) => parseNumber(x, false),
  strncmp: stringCompare,
  ringbuf_output: (x) => {
    const ring = ringBuffer(x, 1);
    const flags = x.cpu.unsigned(4);
    return flags > 2n ? Errno.EINVAL : ring.output(x.input(2, x.cpu.size(3)));
  },
  ringbuf_reserve: (x) => {
    const ring = ringBuffer(x, 1);
    return x.returnRegion(x.cpu.isNull(3) ? ring.reserve(x.cpu.size(2)) : 0);
  },
  ringbuf_submit: (x) => finishRecord(x, recordArgument(x), false),
  ringbuf_discard: (x) => finishRecord(x, recordArgument(x), true),
  ringbuf_query: (x) => ringBuffer(x, 1).query(x.cpu.size(2)),
  ringbuf_reserve_dynptr: reserveDynptr,
  ringbuf_submit_dynptr: (x) => finishDynptr(x, false),
  ringbuf_discard_dynptr: (x) => finishDynptr(x, true),
  dynptr_from_mem: dynptrFromMemory,
  dynptr_read: dynptrRead,
  dynptr_write: dynptrWrite,
  dynptr_data: dynptrData,
  user_ringbuf_drain: drainUserRing,
  perf_event_output: perfOutput,
  skb_output: perfOutput,
  xdp_output: perfOutput,
  get_stackid: stackId,
  get_stack: (x) => getStack(x, 2, 3, 4),
  get_task_stack: (x) => getStack(x, 2, 3, 4),
  sk_storage_get: storageGet,
  task_storage_get: storageGet,
  inode_storage_get: storageGet,
  cgrp_storage_get: storageGet,
  sk_storage_delete: storageDelete,
  task_storage_delete: storageDelete,
  inode_storage_delete: storageDelete,
  cgrp_storage_delete: storageDelete,
  get_local_storage: (x) => {
    const map = x.map(1);
    if (!(map instanceof StorageMap)) return x.cpu.trap('bad-argument', 'argument 1 is no storage map');
    return x.returnRegion(map.of(x.identity.cgroupId, true, 0));
  },
};
