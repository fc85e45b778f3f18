/** What can be asked of a machine: options, what a run takes and gives, and what hooks and test functions see of it. */

import type { MapDefinition } from '../object/map-definition.ts';
import type { ProgramTypeName } from '../object/program-sections.ts';
import type { ContextValues } from './context.ts';
import type { UninitialisedReads } from './cpu.ts';
import type { Clock, Execution, Identity, OutputEvent, Redirect, Route } from './execution.ts';
import type { Fault } from './fault.ts';
import type { MapHandle } from './map-handle.ts';

/** The part of a machine that functions of a test work with while a program runs. */
export interface MachineAccess {
  readonly clock: Clock;
  readonly identity: Identity;
  /** A map by its name. */
  map(name: string): MapHandle;
  readonly maps: readonly MapHandle[];
  /** The value of a register r0-r10. */
  register(number: number): bigint;
  /** Bytes at an address, as many as there are. */
  read(address: bigint, size: number): Uint8Array;
  /** Overwrites bytes at an address; false where they do not exist. */
  write(address: bigint, bytes: Uint8Array): boolean;
  /** Puts bytes into new memory; returns its address. */
  allocate(bytes: Uint8Array, name?: string): bigint;
  /** An instruction as a line of a trace: position, text, C line. */
  traceLine(pc: number): string;
}

/** A function that a test gives for a helper or kfunc: arguments are the five registers. */
export type HostFunction = (args: readonly bigint[], machine: MachineAccess) => number | bigint | undefined;

export interface MachineOptions {
  /** Number of CPUs; per-CPU maps have as many values. 1 unless given. */
  readonly cpus?: number;
  /** Nanoseconds that the clocks show; settable later through `machine.clock`. */
  readonly clock?: bigint;
  /** Start of the random numbers. */
  readonly seed?: number;
  /** Instructions a run may take; 100 million unless given. */
  readonly stepLimit?: number;
  /** How reads of stack bytes that were never written are taken; `fault-whole` unless given. */
  readonly uninitialised?: UninitialisedReads;
  /** Helpers (by name) and kfuncs, in addition to or in place of the machine's own. */
  readonly functions?: Readonly<Record<string, HostFunction>>;
  /** Values of `.kconfig` and `.ksyms` variables. */
  readonly externs?: Readonly<Record<string, number | bigint | Uint8Array>>;
  readonly identity?: Partial<Identity>;
  /** What bpf_fib_lookup finds. */
  readonly routes?: readonly Route[];
  /** Largest packets of interfaces by index, for bpf_check_mtu; 65536 for interface 1 unless given. */
  readonly mtus?: ReadonlyMap<number, number>;
  /** Overrides for map definitions, as user space makes before it loads: entries, sizes, flags by map name. */
  readonly maps?: Readonly<Record<string, Partial<MapDefinition>>>;
  /** Called before every instruction. */
  readonly onStep?: (pc: number, machine: MachineAccess) => void;
  /** Called before every helper, kfunc and C library function, with its name and the five argument registers. */
  readonly onCall?: (name: string, args: readonly bigint[], machine: MachineAccess) => void;
  /** Counts how often instructions run; `machine.coverage` has the result. */
  readonly coverage?: boolean;
  /**
   * Runs a C program rather than a BPF program: frames as large as functions need, recursion, no checks of stack
   * initialisation and alignment, and the C library for undefined functions.
   */
  readonly hosted?: boolean;
}

export interface RunOptions {
  /** The packet, starting with its Ethernet header. */
  readonly packet?: Uint8Array;
  /** Bytes in front of the packet that XDP and TC programs see as metadata. */
  readonly meta?: Uint8Array;
  /** Fields of the context struct by name, or the raw bytes of a context without struct. */
  readonly ctx?: ContextValues | Uint8Array;
  /** Arguments of a traced kernel function (fentry, raw tracepoint, struct_ops) or plain registers r1-r5. */
  readonly args?: readonly (bigint | number)[];
  /** What cgroup/sysctl programs are asked about: name, current value, and the value that is being written. */
  readonly sysctl?: { readonly name: string; readonly current: string; readonly next?: string };
  /** struct bpf_tunnel_key that the packet came with. */
  readonly tunnelKey?: Uint8Array;
  /** Instruction addresses for stack traces, innermost first. */
  readonly stack?: readonly bigint[];
  /** Of the traced function: what bpf_get_func_ip, bpf_get_func_arg_cnt and bpf_get_attach_cookie answer. */
  readonly functionAddress?: bigint;
  readonly argumentCount?: number;
  readonly attachCookie?: bigint;
  /** The CPU the program runs on. */
  readonly cpu?: number;
  readonly stepLimit?: number;
  /** What kind of program it is, where its section does not say so. */
  readonly type?: ProgramTypeName;
}

export interface RunResult {
  /** The low half of r0, unsigned, as BPF_PROG_TEST_RUN gives it; 0 after a fault. */
  readonly returnValue: number;
  /** All of r0. */
  readonly r0: bigint;
  /** The packet as the program left it. */
  readonly packet: Uint8Array | undefined;
  readonly meta: Uint8Array | undefined;
  /** Plain fields of the context as the program left them, or its raw bytes. */
  readonly ctx: Record<string, number | bigint | (number | bigint)[]> | Uint8Array | undefined;
  /** Set when the program did something no verified program does. */
  readonly fault: Fault | undefined;
  /** Instructions that were executed. */
  readonly steps: number;
  readonly redirect: Redirect | undefined;
  readonly clones: Execution['clones'];
  readonly printk: readonly string[];
  /** What a hosted program or an iterator printed. */
  readonly stdout: string;
  readonly events: readonly OutputEvent[];
  readonly signals: readonly number[];
  /** What bpf_set_retval or bpf_override_return left. */
  readonly retval: number;
  /** The value that a sysctl program lets be written. */
  readonly sysctlValue: string | undefined;
}
