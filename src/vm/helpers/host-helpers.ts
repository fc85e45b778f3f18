/** Helpers that ask for what only a whole host has: interfaces, sysctl values, sequence files, namespaces. */

import { latin1Bytes } from '../../support/file-system.ts';
import { Errno } from '../errno.ts';
import type { Execution, HelperTable } from '../execution.ts';
import { formatMessage } from '../format.ts';
import { packetArgument } from './packet-helpers.ts';
import { listArguments } from './system-helpers.ts';

const ENODEV = -19;
const LOOPBACK = 1;
const LOOPBACK_MTU = 65_536;
const LINK_HEADER = 14;
const FRAGMENTATION_NEEDED = 1;

/** Whether the packet, longer by a difference, fits an interface. */
function checkMtu(x: Execution): number {
  const { cpu } = x;
  const packet = packetArgument(x);
  const flags = cpu.unsigned(5);
  const allowed = x.programType === 'xdp' ? 0n : 1n;
  const io = x.output(3, 4);
  const view = new DataView(io.buffer, io.byteOffset, 4);
  const ifindex = cpu.u32(2) || LOOPBACK;
  const mtu = x.mtus.get(ifindex) ?? (ifindex === LOOPBACK ? LOOPBACK_MTU : undefined);
  const wanted = view.getUint32(0, true);
  if ((flags & ~allowed) !== 0n || (flags !== 0n && wanted !== 0)) return Errno.EINVAL;
  if (mtu === undefined) return ENODEV;
  const length = (wanted === 0 ? packet.length : wanted + LINK_HEADER) + cpu.s32(4);
  view.setUint32(0, mtu, true);
  return length > mtu + LINK_HEADER ? FRAGMENTATION_NEEDED : 0;
}

/** Copies a text with its NUL; the length without it, or -E2BIG where it was cut. */
function copyText(x: Execution, register: number, text: string | undefined): number {
  const size = x.cpu.size(register + 1);
  if (size === 0) return Errno.EINVAL;
  const out = x.output(register, size);
  out.fill(0);
  if (text === undefined) return Errno.EINVAL;
  const bytes = latin1Bytes(text);
  out.set(bytes.subarray(0, size - 1));
  return bytes.length < size ? bytes.length : Errno.E2BIG;
}

function sequencePrint(x: Execution): number {
  const { cpu } = x;
  const format = x.stringAt(cpu.unsigned(2), cpu.size(3));
  const length = cpu.size(5);
  if (length % 8 !== 0 || length > 12 * 8) return Errno.EINVAL;
  const bytes = x.input(4, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = Array.from({ length: length >> 3 }, (_, i) => view.getBigUint64(i * 8, true));
  x.stdout.push(formatMessage(format, listArguments(x, words)));
  return 0;
}

/** struct bpf_pidns_info: pid and tgid, seen from the one namespace there is. */
function namespacePid(x: Execution): number {
  const out = x.output(3, x.cpu.size(4));
  if (out.length !== 8) return Errno.EINVAL;
  const view = new DataView(out.buffer, out.byteOffset, 8);
  view.setUint32(0, x.identity.pid, true);
  view.setUint32(4, x.identity.tgid, true);
  return 0;
}

const BASE_NAME = 1n;

export const HOST_HELPERS: HelperTable = {
  check_mtu: checkMtu,
  seq_printf: sequencePrint,
  seq_write: (x) => {
    const bytes = x.input(2, x.cpu.size(3));
    x.stdout.push(String.fromCharCode(...bytes));
    return 0;
  },
  get_ns_current_pid_tgid: namespacePid,
  sysctl_get_name: (x) => {
    const isBase = x.cpu.unsigned(4) === BASE_NAME;
    const name = isBase ? x.sysctl.name.slice(x.sysctl.name.lastIndexOf('/') + 1) : x.sysctl.name;
    return copyText(x, 2, name);
  },
  sysctl_get_current_value: (x) => copyText(x, 2, x.sysctl.current),
  sysctl_get_new_value: (x) => copyText(x, 2, x.sysctl.next),
  sysctl_set_new_value: (x) => {
    if (x.sysctl.next === undefined) return Errno.EINVAL;
    x.sysctl.next = x.stringAt(x.cpu.unsigned(2), x.cpu.size(3));
    return 0;
  },
};
