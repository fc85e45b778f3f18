/**
 * Kernel functions (kfuncs) that make sense without a kernel: number iterators, arena pages, packet dynptrs, critical
 * sections. Others are given by the test.
 */

import { readableAt, writableAt } from '../access.ts';
import { type Dynptr, dynptrArgument, dynptrBytes, putDynptr } from '../dynptr.ts';
import { Errno } from '../errno.ts';
import type { Execution, HelperTable } from '../execution.ts';
import { ArenaMap } from '../maps/special.ts';
import { addressOf, ORIGIN } from '../memory.ts';
import { packetArgument } from './packet-helpers.ts';

/** struct bpf_iter_num: the number (that next returned), the end. */
function iteratorNew(x: Execution): number {
  const at = writableAt(x.cpu, 1, 8);
  const { view } = x.memory;
  const start = x.cpu.s32(2);
  const end = x.cpu.s32(3);
  const isEmpty = start > end || end - start > 1 << 23;
  view.setInt32(at, isEmpty ? 0 : start - 1, true);
  view.setInt32(at + 4, isEmpty ? 0 : end, true);
  if (start > end) return Errno.EINVAL;
  return isEmpty ? Errno.E2BIG : 0;
}

/** The address of the next number, or null at the end. */
function iteratorNext(x: Execution): bigint {
  const at = readableAt(x.cpu, 1, 8);
  const { view } = x.memory;
  const next = view.getInt32(at, true) + 1;
  if (next >= view.getInt32(at + 4, true)) {
    view.setBigUint64(at, 0n, true);
    return 0n;
  }
  view.setInt32(at, next, true);
  return x.cpu.unsigned(1);
}

function arenaArgument(x: Execution): ArenaMap {
  const map = x.map(1);
  return map instanceof ArenaMap ? map : x.cpu.trap('bad-argument', 'argument 1 is no arena');
}

function allocatePages(x: Execution): bigint {
  const arena = arenaArgument(x);
  const wanted = x.cpu.isNull(2) ? -1 : ((x.cpu.lo[2] ?? 0) - ORIGIN) / ArenaMap.PAGE;
  const count = x.cpu.u32(3);
  const offset = count === 0 ? -1 : arena.allocate(count, Math.floor(wanted));
  return offset < 0 ? 0n : addressOf(arena.region, offset);
}

/** A dynptr over the packet: what programs read through it are copies or the packet itself. */
function packetDynptr(x: Execution): number {
  const packet = packetArgument(x);
  const isRefused = !x.cpu.isNull(2);
  const value: Dynptr = { address: packet.dataAddress, size: packet.length, isReadOnly: false };
  putDynptr(x, 3, isRefused ? undefined : value);
  return isRefused ? Errno.EINVAL : 0;
}

function dynptrSlice(x: Execution): bigint {
  const pointer = dynptrArgument(x, 1);
  const offset = x.cpu.u32(2);
  if (pointer === undefined || dynptrBytes(x, pointer, offset, x.cpu.u32(4)) === undefined) return 0n;
  return pointer.address + BigInt(offset);
}

function dynptrAdjust(x: Execution): number {
  const pointer = dynptrArgument(x, 1);
  const start = x.cpu.u32(2);
  const end = x.cpu.u32(3);
  if (pointer === undefined || start > end) return Errno.EINVAL;
  if (start > pointer.size || end > pointer.size) return Errno.ERANGE;
  putDynptr(x, 1, { ...pointer, address: pointer.address + BigInt(start), size: end - start });
  return 0;
}

const nothing = (): undefined => undefined;

export const KERNEL_FUNCTIONS: HelperTable = {
  bpf_iter_num_new: iteratorNew,
  bpf_iter_num_next: iteratorNext,
  bpf_iter_num_destroy: nothing,
  bpf_rcu_read_lock: nothing,
  bpf_rcu_read_unlock: nothing,
  bpf_preempt_disable: nothing,
  bpf_preempt_enable: nothing,
  bpf_arena_alloc_pages: allocatePages,
  bpf_arena_free_pages: (x) => {
    const arena = arenaArgument(x);
    const offset = ((x.cpu.lo[2] ?? 0) - ORIGIN) | 0;
    arena.free(offset, x.cpu.u32(3));
    return undefined;
  },
  bpf_dynptr_from_skb: packetDynptr,
  bpf_dynptr_from_xdp: packetDynptr,
  bpf_dynptr_slice: dynptrSlice,
  bpf_dynptr_slice_rdwr: dynptrSlice,
  bpf_dynptr_adjust: dynptrAdjust,
  bpf_dynptr_size: (x) => dynptrArgument(x, 1)?.size ?? Errno.EINVAL,
  bpf_dynptr_is_null: (x) => (dynptrArgument(x, 1) === undefined ? 1 : 0),
  bpf_dynptr_is_rdonly: (x) => (dynptrArgument(x, 1)?.isReadOnly === true ? 1 : 0),
  bpf_cast_to_kern_ctx: (x) => x.cpu.unsigned(1),
  bpf_rdonly_cast: (x) => x.cpu.unsigned(1),
};
