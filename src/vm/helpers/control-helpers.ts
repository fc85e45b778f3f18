/** Helpers that call back, lock, time, or answer questions about the traced function and the current task. */

import { writableAt } from '../access.ts';
import { Errno } from '../errno.ts';
import type { Execution, HelperTable } from '../execution.ts';

const MAX_LOOPS = 1 << 23;

function loop(x: Execution): number {
  const { cpu } = x;
  const count = cpu.u32(1);
  const callback = x.functionArgument(2);
  const context = cpu.unsigned(3);
  if (!cpu.isNull(4)) return Errno.EINVAL;
  if (count > MAX_LOOPS) return Errno.E2BIG;
  for (let i = 0; i < count; i++) {
    if (x.call(callback, BigInt(i), context) !== 0n) return i + 1;
  }
  return count;
}

/** A spin lock is a word that is 1 while held; holding it twice would hang the kernel. */
function spinLock(x: Execution): undefined {
  const at = writableAt(x.cpu, 1, 4);
  if (x.memory.view.getUint32(at, true) !== 0) x.cpu.trap('bad-argument', 'the spin lock is held already');
  x.memory.view.setUint32(at, 1, true);
  return undefined;
}

function spinUnlock(x: Execution): undefined {
  const at = writableAt(x.cpu, 1, 4);
  if (x.memory.view.getUint32(at, true) === 0) x.cpu.trap('bad-argument', 'the spin lock is not held');
  x.memory.view.setUint32(at, 0, true);
  return undefined;
}

const TIMER_SIZE = 16;

/** Timers are known by the address of their struct. */
function timerAddress(x: Execution): bigint {
  writableAt(x.cpu, 1, TIMER_SIZE);
  return x.cpu.unsigned(1);
}

function timerInit(x: Execution): number {
  const address = timerAddress(x);
  const map = x.map(2);
  if ((x.cpu.unsigned(3) & ~0xfn) !== 0n) return Errno.EINVAL;
  if (x.timers.has(address)) return Errno.EBUSY;
  x.timers.set(address, { map, callback: undefined, due: undefined });
  return 0;
}

function timerSetCallback(x: Execution): number {
  const timer = x.timers.get(timerAddress(x));
  if (timer === undefined) return Errno.EINVAL;
  timer.callback = x.functionArgument(2);
  return 0;
}

function timerStart(x: Execution): number {
  const timer = x.timers.get(timerAddress(x));
  const flags = x.cpu.unsigned(3);
  if (flags > 3n || timer?.callback === undefined) return Errno.EINVAL;
  const isAbsolute = (flags & 1n) !== 0n;
  timer.due = (isAbsolute ? 0n : x.clock.monotonic) + x.cpu.unsigned(2);
  return 0;
}

function timerCancel(x: Execution): number {
  const timer = x.timers.get(timerAddress(x));
  if (timer === undefined) return Errno.EINVAL;
  const wasActive = timer.due !== undefined;
  timer.due = undefined;
  return wasActive ? 1 : 0;
}

/** The address of the struct task_struct that the test gave. */
const currentTask = (x: Execution): bigint => x.identity.task;

/** Word `index` of a traced function's context. */
function contextWord(x: Execution, index: number): bigint {
  const bytes = x.context === undefined ? undefined : x.memory.contents(x.context.region);
  if (bytes === undefined || index * 8 + 8 > bytes.length) return 0n;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(index * 8, true);
}

function storeWord(x: Execution, register: number, value: bigint): void {
  const at = writableAt(x.cpu, register, 8);
  x.memory.view.setBigUint64(at, value, true);
}

/** Exchanges the pointer in a __kptr field; what the machine knows of ownership is that it is a word. */
function kptrExchange(x: Execution): bigint {
  const at = writableAt(x.cpu, 1, 8);
  const old = x.memory.view.getBigUint64(at, true);
  x.memory.view.setBigUint64(at, x.cpu.unsigned(2), true);
  return old;
}

const isArgumentIndex = (x: Execution): boolean => x.cpu.u32(2) < x.argumentCount;

export const CONTROL_HELPERS: HelperTable = {
  loop,
  spin_lock: spinLock,
  spin_unlock: spinUnlock,
  timer_init: timerInit,
  timer_set_callback: timerSetCallback,
  timer_start: timerStart,
  timer_cancel: timerCancel,
  get_current_task: currentTask,
  get_current_task_btf: currentTask,
  current_task_under_cgroup: () => 0,
  skb_under_cgroup: () => 0,
  get_func_ip: (x) => x.functionAddress,
  get_attach_cookie: (x) => x.attachCookie,
  get_func_arg_cnt: (x) => x.argumentCount,
  get_func_arg: (x) => {
    if (!isArgumentIndex(x)) return Errno.EINVAL;
    storeWord(x, 3, contextWord(x, x.cpu.u32(2)));
    return 0;
  },
  get_func_ret: (x) => {
    storeWord(x, 2, contextWord(x, x.argumentCount));
    return 0;
  },
  get_retval: (x) => x.retval,
  set_retval: (x) => {
    x.retval = x.cpu.s32(1);
    return 0;
  },
  override_return: (x) => {
    x.retval = x.cpu.s32(2);
    return 0;
  },
  send_signal: (x) => {
    x.signals.push(x.cpu.u32(1));
    return 0;
  },
  send_signal_thread: (x) => {
    x.signals.push(x.cpu.u32(1));
    return 0;
  },
  kptr_xchg: kptrExchange,
  sk_release: () => 0,
  sk_fullsock: (x) => x.cpu.unsigned(1),
  msg_apply_bytes: () => 0,
  msg_cork_bytes: () => 0,
  sock_ops_cb_flags_set: (x) => {
    x.context?.set('bpf_sock_ops_cb_flags', x.cpu.u32(2) & 0x7f);
    return x.cpu.u32(2) & ~0x7f;
  },
  this_cpu_ptr: (x) => x.cpu.unsigned(1),
  per_cpu_ptr: (x) => (x.cpu.u32(2) < x.cpus ? x.cpu.unsigned(1) : 0n),
};
