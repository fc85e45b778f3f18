/** The same as kernel-run.ts does, in the machine: packets through a program, then maps and data sections. */

import { contextLayout } from '../../src/object/context-layouts.ts';
import {
  type ContextValues,
  createMachine,
  type LoadedFunction,
  type LoadedObject,
  type Machine,
  type MachineOptions,
  type MapHandle,
  type RunResult,
} from '../../src/vm/index.ts';
import { frameProtocol } from '../../src/vm/packet.ts';

export type ProgramType = NonNullable<LoadedFunction['program']>['type'];

/** Types that BPF_PROG_TEST_RUN runs over a packet, as far as they are compared. */
export const PACKET_TYPES: ReadonlySet<ProgramType> = new Set<ProgramType>([
  'socket_filter',
  'sched_cls',
  'sched_act',
  'xdp',
  'cgroup_skb',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
]);

/** Types that see the Ethernet header. */
const LINK_LEVEL: ReadonlySet<ProgramType> = new Set<ProgramType>(['sched_cls', 'sched_act', 'xdp']);
const LINK_HEADER = 14;

/** Whether the context is struct __sk_buff. */
export const takesSocketBuffer = (type: ProgramType): boolean => type !== 'xdp';

/** Fields of struct __sk_buff that BPF_PROG_TEST_RUN takes and gives back, of which we set some. */
export interface BufferFields {
  readonly mark: number;
  readonly priority: number;
  readonly cb: readonly number[];
}

const FIELDS_BACK = ['mark', 'priority', 'cb', 'tstamp'];

/** The context struct for the kernel. */
export function contextBytes(fields: BufferFields): Uint8Array {
  const layout = contextLayout('__sk_buff');
  const bytes = new Uint8Array(layout?.size ?? 0);
  const view = new DataView(bytes.buffer);
  const values: Record<string, readonly number[]> = {
    mark: [fields.mark],
    priority: [fields.priority],
    cb: fields.cb,
    ingress_ifindex: [1],
  };
  for (const { name, offset, size } of layout?.fields ?? []) {
    values[name]?.forEach((value, i) => {
      view.setUint32(offset + i * size, value, true);
    });
  }
  return bytes;
}

/** What a program leaves in the fields that come back, as text. */
export function fieldsOfBytes(context: Uint8Array): string {
  const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  const found = (contextLayout('__sk_buff')?.fields ?? []).filter(({ name }) => FIELDS_BACK.includes(name));
  return found
    .map(({ name, offset, size, count }) => {
      const elements = Array.from({ length: count }, (_, i) =>
        size === 8 ? view.getBigUint64(offset, true) : view.getUint32(offset + i * size, true),
      );
      return `${name}=${elements.join(',')}`;
    })
    .join(' ');
}

/** The same of a run in the machine. */
export function fieldsOfRun(result: RunResult): string {
  const { ctx } = result;
  if (ctx === undefined || ctx instanceof Uint8Array) return '';
  return FIELDS_BACK.map((name) => {
    const value = ctx[name];
    return `${name}=${Array.isArray(value) ? value.join(',') : value}`;
  }).join(' ');
}

/** Makes a machine as the kernel's test run is: seen from the loopback device, on CPU 0. */
export function machineFor(object: LoadedObject, onCall?: MachineOptions['onCall']): Machine {
  return createMachine(object, { cpus: 2, stepLimit: 10_000_000, ...(onCall !== undefined && { onCall }) });
}

/** Runs `use` with the positions of bytes that are in the machine's memory meanwhile. */
export function withBytes<T>(
  raw: MapHandle['raw'],
  bytes: readonly Uint8Array[],
  use: (...at: number[]) => T,
): T {
  const { memory } = raw.host;
  const regions = bytes.map((one) => {
    const region = memory.addRegion(
      { kind: 'kernel', name: 'user memory', read: true, write: true },
      one.length,
    );
    memory.contents(region).set(one);
    return region;
  });
  const result = use(...regions.map((region) => memory.positionOf(region)));
  for (const region of regions) memory.removeRegion(region, undefined, true);
  return result;
}

/** Runs a program over one frame. */
export function runInMachine(
  machine: Machine,
  program: string,
  type: ProgramType,
  frame: Uint8Array,
  fields: BufferFields,
): RunResult {
  if (!takesSocketBuffer(type)) return machine.program(program).run({ packet: frame, type });
  const ctx: ContextValues = {
    ...fields,
    ingress_ifindex: 1,
    // The test run takes the length where the context does not say another.
    wire_len: LINK_LEVEL.has(type) || type === 'socket_filter' ? frame.length : frame.length - LINK_HEADER,
  };
  return machine
    .program(program)
    .run({ packet: frame, ctx: { ...ctx, ...protocolAsDoubled(type, frame) }, type });
}

/** The kernel looks behind the second link header of `packetForKernel` whether an 802.3 frame is one of Novell's. */
function protocolAsDoubled(type: ProgramType, frame: Uint8Array): ContextValues {
  if (type !== 'socket_filter') return {};
  const protocol = frameProtocol(
    Uint8Array.from([...frame.subarray(0, LINK_HEADER), ...frame.subarray(0, 2)]),
  );
  return { protocol: ((protocol & 255) << 8) | (protocol >> 8) };
}

/**
 * The packet for the kernel. Its test run takes off a link header before a socket filter sees the rest, while filters of packet
 * sockets, and the machine, see all of the frame: it gets one more.
 */
export function packetForKernel(type: ProgramType, frame: Uint8Array): Uint8Array {
  return type === 'socket_filter' ? Uint8Array.from([...frame.subarray(0, LINK_HEADER), ...frame]) : frame;
}

/** The packet of the kernel in the machine's form: types of the network level come back with zeros for the link header. */
export function packetOfKernel(type: ProgramType, packet: Uint8Array): Uint8Array {
  return LINK_LEVEL.has(type) ? packet : packet.subarray(LINK_HEADER);
}

/** The packet of the machine with what the kernel gives back before it: XDP's metadata. */
export function packetOfRun(type: ProgramType, { packet, meta }: RunResult): Uint8Array {
  return Uint8Array.from([...(type === 'xdp' && meta !== undefined ? meta : []), ...(packet ?? [])]);
}
