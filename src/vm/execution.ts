/**
 * What helpers see of a machine: the CPU with the arguments in r1-r5, maps, the packet and context of the run, clock, random
 * numbers, identity, and the record of what the program did (messages, redirection). One exists per machine; `beginRun`
 * sets the parts that belong to a run.
 */

import type { ProgramTypeName } from '../object/program-sections.ts';
import { latin1 } from '../support/file-system.ts';
import { readableAt, writableAt } from './access.ts';
import type { StructContext } from './context.ts';
import type { Cpu, HelperResult } from './cpu.ts';
import { interpret } from './interpreter.ts';
import type { LoadedFunction, LoadedObject } from './loader.ts';
import type { BpfMap } from './maps/map.ts';
import { type Memory, ORIGIN } from './memory.ts';
import type { Packet } from './packet.ts';

/** Where a packet was sent by a redirecting helper. */
export interface Redirect {
  readonly helper: string;
  readonly ifindex?: number;
  readonly map?: string;
  readonly key?: number | Uint8Array;
  readonly flags: bigint;
}

/** Who the program believes to run as; all of it can be set. */
export interface Identity {
  pid: number;
  tgid: number;
  uid: number;
  gid: number;
  comm: string;
  cgroupId: bigint;
  numaNode: number;
  socketCookie: bigint;
  netnsCookie: bigint;
  task: bigint;
  ancestorCgroupIds: readonly bigint[];
}

/** The clock of a machine, in nanoseconds; it stands still unless the test moves it. */
export interface Clock {
  monotonic: bigint;
  boot: bigint;
  tai: bigint;
}

/** The sysctl that a program is asked about; `next` is what is being written, where it is. */
export interface Sysctl {
  name: string;
  current: string;
  next: string | undefined;
}

/** A bpf_timer of a map value. */
export interface Timer {
  readonly map: BpfMap;
  callback: number | undefined;
  /** When it fires; undefined while it does not run. */
  due: bigint | undefined;
}

/** A row of the routing table that bpf_fib_lookup consults. */
export interface Route {
  /** 4 or 16 bytes, and how many of their bits count. */
  readonly prefix: Uint8Array;
  readonly length: number;
  readonly ifindex: number;
  readonly sourceMac: Uint8Array;
  readonly destinationMac: Uint8Array;
  readonly gateway?: Uint8Array;
}

/** An event a program sent to user space. */
export interface OutputEvent {
  readonly map: string;
  readonly cpu: number;
  readonly data: Uint8Array;
}

export type HelperImplementation = (x: Execution) => HelperResult;
/** Implementations by helper name without the prefix. */
export type HelperTable = Readonly<Record<string, HelperImplementation>>;

const MAX_TAIL_CALLS = 33;
const MAX_NESTING = 200;
const MAX_STRING = 1 << 20;

export class Execution {
  readonly cpu: Cpu;
  readonly memory: Memory;
  readonly object: LoadedObject;
  readonly maps = new Map<number, BpfMap>();
  readonly clock: Clock = { monotonic: 0n, boot: 0n, tai: 0n };
  readonly identity: Identity = {
    pid: 1,
    tgid: 1,
    uid: 0,
    gid: 0,
    comm: 'bpf',
    cgroupId: 1n,
    numaNode: 0,
    socketCookie: 1n,
    netnsCookie: 1n,
    task: 0n,
    ancestorCgroupIds: [],
  };
  cpus = 1;
  currentCpu = 0;
  packet: Packet | undefined;
  context: StructContext | undefined;
  program: LoadedFunction | undefined;
  programType: ProgramTypeName | undefined;
  printk: string[] = [];
  /** What a hosted program printed. */
  stdout: string[] = [];
  events: OutputEvent[] = [];
  redirect: Redirect | undefined;
  /** Tunnel key and options that the packet came with, or that the program set. */
  tunnelKey: Uint8Array | undefined;
  tunnelOptions: Uint8Array | undefined;
  routes: readonly Route[] = [];
  /** Largest packets of interfaces by index. */
  mtus: ReadonlyMap<number, number> = new Map();
  sysctl: Sysctl = { name: '', current: '', next: undefined };
  /** Instruction addresses that stack helpers report, innermost first. */
  stack: readonly bigint[] = [];
  /** Signals that were sent. */
  signals: number[] = [];
  /** Of the traced function: its address, number of arguments, and the cookie of the attachment. */
  functionAddress = 0n;
  argumentCount = 0;
  attachCookie = 0n;
  /** Timers by address of their struct. */
  readonly timers = new Map<bigint, Timer>();
  clones: { readonly ifindex: number; readonly packet: Uint8Array; readonly flags: bigint }[] = [];
  /** Return value that bpf_set_retval left, for cgroup programs. */
  retval = 0;
  /** Offsets of the link and network headers from the start of the packet data. */
  linkOffset = 0;
  networkOffset = 14;
  /** Whether the program put an outer IP header before the packet's. */
  isEncapsulated = false;
  private scratch = 0;
  /** Callbacks within callbacks, which nest on the host's stack. */
  private nesting = 0;
  private tailCalls = 0;
  private seed = 1;

  constructor(cpu: Cpu, object: LoadedObject) {
    this.cpu = cpu;
    this.memory = cpu.memory;
    this.object = object;
  }

  beginRun(program: LoadedFunction): void {
    this.program = program;
    this.printk = [];
    this.stdout = [];
    this.signals = [];
    this.events = [];
    this.clones = [];
    this.redirect = undefined;
    this.tailCalls = 0;
    this.nesting = 0;
    this.retval = 0;
  }

  /** A helper changed the packet: pointers to it are stale, and the context knows the new length. */
  packetChanged(helper: string): void {
    const { packet, context } = this;
    if (packet === undefined) return;
    packet.renew(helper);
    context?.set('len', packet.length);
  }

  /** True when a map with 32-bit keys has something under one. */
  mapHas(map: BpfMap, key: number): boolean {
    const at = this.scratchPosition();
    this.memory.view.setUint32(at, key, true);
    return map.peekValue(at) !== 0;
  }

  /** Position of eight bytes for the machine's own use. */
  private scratchPosition(): number {
    if (this.scratch === 0) {
      this.scratch = this.memory.addRegion({ kind: 'kernel', name: 'scratch', read: false, write: false }, 8);
    }
    return this.memory.positionOf(this.scratch);
  }

  setSeed(seed: number): void {
    this.seed = seed >>> 0 || 1;
  }

  /** A random 32-bit number: xorshift32 (Marsaglia 2003). */
  random(): number {
    let x = this.seed;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.seed = x >>> 0;
    return x >>> 0;
  }

  /** The map that an argument points to. */
  map(register: number): BpfMap {
    const { cpu } = this;
    const found = cpu.lo[register] === ORIGIN ? this.maps.get(cpu.hi[register] ?? 0) : undefined;
    return found ?? cpu.trap('bad-argument', `argument ${register} is no map`);
  }

  /** Position of the key that an argument points to. */
  key(map: BpfMap, register: number): number {
    return readableAt(this.cpu, register, map.definition.keySize);
  }

  /** A copy of readable memory that an argument points to. */
  input(register: number, size: number): Uint8Array {
    if (size === 0) return new Uint8Array(0);
    const at = readableAt(this.cpu, register, size);
    return this.memory.bytes.slice(at, at + size);
  }

  /** Writable memory that an argument points to; a view until the next allocation. */
  output(register: number, size: number): Uint8Array {
    if (size === 0) return new Uint8Array(0);
    const at = writableAt(this.cpu, register, size);
    return this.memory.bytes.subarray(at, at + size);
  }

  /** The NUL-terminated string at an address, as far as memory reaches. */
  stringAt(address: bigint, limit = MAX_STRING): string {
    const bytes = this.bytesAt(address, limit);
    const end = bytes.indexOf(0);
    return latin1(end < 0 ? bytes : bytes.subarray(0, end));
  }

  /** Up to `count` bytes at an address; a view. */
  bytesAt(address: bigint, count: number): Uint8Array {
    const region = Number(BigInt.asUintN(32, address >> 32n));
    const offset = Number(BigInt.asUintN(32, address)) - ORIGIN;
    const { memory } = this;
    const size = memory.sizeOf(region);
    if (offset < 0 || offset >= size) return new Uint8Array(0);
    const at = memory.positionOf(region) + offset;
    return memory.bytes.subarray(at, at + Math.min(count, size - offset));
  }

  /** Leaves the address of a region (or null for 0) in r0. */
  returnRegion(region: number, offset = 0): undefined {
    const { cpu } = this;
    cpu.lo[0] = region === 0 ? 0 : ORIGIN + offset;
    cpu.hi[0] = region;
    return undefined;
  }

  /** The position a function pointer argument leads to. */
  functionArgument(register: number): number {
    const { cpu } = this;
    const offset = (cpu.lo[register] ?? 0) - ORIGIN;
    if (cpu.hi[register] !== cpu.codeRegion || (offset & 7) !== 0) {
      cpu.trap('bad-argument', `argument ${register} is no function`);
    }
    return offset >> 3;
  }

  /** Calls a function of the program; arguments that are left out are poison. Returns r0. */
  call(pc: number, ...values: readonly bigint[]): bigint {
    const { cpu } = this;
    const at = cpu.pc;
    if (++this.nesting > MAX_NESTING) cpu.trap('too-many-frames', 'callbacks are nested too deeply');
    cpu.poisonArguments();
    for (const [index, value] of values.entries()) cpu.setRegister(index + 1, value);
    interpret(cpu, pc);
    this.nesting--;
    cpu.pc = at;
    return cpu.unsigned(0);
  }

  /** Goes on in another program, in the frame of the running function; false when there were too many. */
  tailCall(pc: number): boolean {
    if (this.tailCalls >= MAX_TAIL_CALLS) return false;
    this.tailCalls++;
    this.cpu.jumpTo(pc);
    return true;
  }
}
