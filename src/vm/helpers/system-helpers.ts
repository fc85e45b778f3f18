/** Helpers on time, randomness, identity and messages. */

import { latin1, latin1Bytes } from '../../support/file-system.ts';
import { Errno } from '../errno.ts';
import type { Execution, HelperTable } from '../execution.ts';
import { type FormatArguments, formatMessage } from '../format.ts';

/** Arguments for a format from a list; past its end they are 0. */
export function listArguments(x: Execution, values: readonly bigint[]): FormatArguments {
  let at = 0;
  return {
    next: () => values[at++] ?? 0n,
    string: (address, limit) => x.stringAt(address, limit),
    bytes: (address, count) => x.bytesAt(address, count).slice(),
  };
}

function formatText(x: Execution, register: number, size: number): string {
  const bytes = x.input(register, size);
  const end = bytes.indexOf(0);
  return latin1(end < 0 ? bytes : bytes.subarray(0, end));
}

/** 64-bit words in memory. */
function words(x: Execution, register: number, size: number): bigint[] {
  const bytes = x.input(register, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: size >> 3 }, (_, i) => view.getBigUint64(i * 8, true));
}

/** Copies a string with its NUL, cut to the size, as the kernel's snprintf family returns it. */
function snprintf(x: Execution): number {
  const { cpu } = x;
  const size = cpu.size(2);
  const length = cpu.size(5);
  if (length % 8 !== 0 || length > 12 * 8) return Errno.EINVAL;
  const text = formatMessage(x.stringAt(cpu.unsigned(3)), listArguments(x, words(x, 4, length)));
  if (size > 0) {
    const out = x.output(1, size);
    const bytes = latin1Bytes(text.slice(0, size - 1));
    out.set(bytes);
    out[bytes.length] = 0;
  }
  return text.length + 1;
}

function commBytes(x: Execution, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(latin1Bytes(x.identity.comm).subarray(0, Math.max(0, size - 1)));
  return bytes;
}

const CPU_MASK = 0xffff_ffff;

export const SYSTEM_HELPERS: HelperTable = {
  ktime_get_ns: (x) => x.clock.monotonic,
  ktime_get_boot_ns: (x) => x.clock.boot,
  ktime_get_coarse_ns: (x) => x.clock.monotonic,
  ktime_get_tai_ns: (x) => x.clock.tai,
  jiffies64: (x) => x.clock.monotonic / 4_000_000n,
  get_prandom_u32: (x) => x.random(),
  get_smp_processor_id: (x) => x.currentCpu & CPU_MASK,
  get_numa_node_id: (x) => x.identity.numaNode,
  get_current_pid_tgid: ({ identity }) => (BigInt(identity.tgid) << 32n) | BigInt(identity.pid >>> 0),
  get_current_uid_gid: ({ identity }) => (BigInt(identity.gid) << 32n) | BigInt(identity.uid >>> 0),
  get_current_comm: (x) => {
    const size = x.cpu.size(2);
    x.output(1, size).set(commBytes(x, size));
    return 0;
  },
  get_current_cgroup_id: (x) => x.identity.cgroupId,
  get_current_ancestor_cgroup_id: (x) => x.identity.ancestorCgroupIds[x.cpu.s32(1)] ?? 0n,
  trace_printk: (x) => {
    const { cpu } = x;
    const format = formatText(x, 1, cpu.size(2));
    const text = formatMessage(format, listArguments(x, [cpu.unsigned(3), cpu.unsigned(4), cpu.unsigned(5)]));
    x.printk.push(text.replace(/\n$/, ''));
    return text.length;
  },
  trace_vprintk: (x) => {
    const { cpu } = x;
    const length = cpu.size(4);
    if (length % 8 !== 0 || length > 12 * 8) return Errno.EINVAL;
    const format = formatText(x, 1, cpu.size(2));
    const text = formatMessage(format, listArguments(x, length === 0 ? [] : words(x, 3, length)));
    x.printk.push(text.replace(/\n$/, ''));
    return text.length;
  },
  snprintf,
};
