/**
 * Before and after a run: options -> packet and context as the kernel's test run makes them (net/bpf/test_run.c of Linux
 * 6.18), and what the program left -> the result.
 */

import { contextRules } from '../object/context-layouts.ts';
import { StructContext } from './context.ts';
import type { Execution } from './execution.ts';
import type { Fault } from './fault.ts';
import { LoadError } from './load-error.ts';
import type { LoadedFunction } from './loader.ts';
import type { RunOptions, RunResult } from './machine-options.ts';
import type { RegionInfo } from './memory.ts';
import { frameProtocol, Packet } from './packet.ts';

/** XDP_PACKET_HEADROOM, of which the kernel takes 40 bytes for itself; and what is free behind the packet. */
const XDP_HEADROOM = 256;
const SKB_HEADROOM = 256;
const PAGE_TAIL = 4096 - XDP_HEADROOM - 320;
const LINK_HEADER = 14;

const RAW_CONTEXT: RegionInfo = { kind: 'kernel', name: 'the context', read: true, write: true };

/** Program types whose packet starts at the network header. */
const NETWORK_LEVEL: ReadonlySet<string> = new Set([
  'cgroup_skb',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
]);

/** Program types whose pointers to kernel objects may be null: the kernel turns such reads into zero. */
const PROBING: ReadonlySet<string> = new Set(['tracing', 'lsm', 'struct_ops']);

/**
 * PACKET_HOST, PACKET_MULTICAST or PACKET_OTHERHOST as the loopback device sees it, whose own and broadcast addresses are both
 * zero: there is no PACKET_BROADCAST (1).
 */
function packetType(frame: Uint8Array): number {
  const destination = frame.subarray(0, 6);
  if (destination.every((byte) => byte === 0)) return 0;
  return ((destination[0] ?? 0) & 1) === 1 ? 2 : 3;
}

/** Makes packet and context; returns the region of a raw context, or 0. */
export function openContext(x: Execution, program: LoadedFunction, options: RunOptions): number {
  const { cpu, memory } = x;
  const type = options.type ?? program.program?.type;
  const rules = type === undefined ? undefined : contextRules(type);
  x.programType = type;
  cpu.nullReadsAreZero = type !== undefined && PROBING.has(type);
  x.packet = undefined;
  x.context = undefined;
  cpu.context = undefined;
  if (rules === undefined) {
    if (!(options.ctx instanceof Uint8Array)) return 0;
    const region = memory.addRegion(RAW_CONTEXT, options.ctx.length);
    memory.contents(region).set(options.ctx);
    return region;
  }
  if (rules.packet !== undefined) openPacket(x, rules.packet === 'write', options);
  const context = new StructContext(memory, rules, x.packet);
  x.context = context;
  cpu.context = context;
  fillContext(x, context, options);
  return 0;
}

function openPacket(x: Execution, writable: boolean, options: RunOptions): void {
  const bytes = options.packet ?? new Uint8Array(0);
  const isXdp = x.programType === 'xdp';
  const head = isXdp ? XDP_HEADROOM : SKB_HEADROOM;
  const tail = isXdp ? Math.max(0, PAGE_TAIL - bytes.length) : 128;
  const packet = new Packet(x.memory, bytes, { head, tail }, writable, options.meta ?? new Uint8Array(0));
  x.packet = packet;
  x.linkOffset = 0;
  x.networkOffset = LINK_HEADER;
  x.isEncapsulated = false;
  if (NETWORK_LEVEL.has(x.programType ?? '') && bytes.length >= LINK_HEADER) {
    packet.moveStart(LINK_HEADER);
    packet.renew('the kernel');
    x.linkOffset = -LINK_HEADER;
    x.networkOffset = 0;
  }
}

function fillContext(x: Execution, context: StructContext, options: RunOptions): void {
  const { packet } = x;
  if (packet !== undefined) {
    const frame = options.packet ?? new Uint8Array(0);
    context.set('len', packet.length);
    const protocol = frameProtocol(frame);
    context.set('protocol', ((protocol & 0xff) << 8) | (protocol >> 8));
    context.set('pkt_type', packetType(frame));
    context.set('ifindex', 1);
    // The test run puts XDP packets on the loopback device; socket buffers come from nowhere.
    context.set('ingress_ifindex', x.programType === 'xdp' ? 1 : 0);
  }
  const given = options.ctx;
  if (given === undefined || given instanceof Uint8Array) {
    if (options.args !== undefined) context.set('args', options.args.map(BigInt));
    return;
  }
  for (const [name, value] of Object.entries(given)) {
    if (!context.set(name, value)) throw new LoadError(`the context of this program has no field ${name}`);
  }
  if (options.args !== undefined) context.set('args', options.args.map(BigInt));
}

/** What a run left behind. */
export function resultOf(x: Execution, fault: Fault | undefined, raw: number): RunResult {
  const { cpu, packet, context } = x;
  const r0 = fault === undefined ? cpu.unsigned(0) : 0n;
  return {
    returnValue: Number(r0 & 0xffff_ffffn),
    r0,
    packet: packet?.bytes.slice(),
    meta: packet?.meta.slice(),
    ctx: raw === 0 ? context?.values() : x.memory.contents(raw).slice(),
    fault,
    steps: cpu.steps,
    redirect: x.redirect,
    clones: x.clones,
    printk: x.printk,
    stdout: x.stdout.join(''),
    events: x.events,
    signals: x.signals,
    retval: x.retval,
    sysctlValue: x.sysctl.next,
  };
}
