/**
 * A machine: one loaded object with its memory, maps, clock and identity, whose programs can be run any number of times. The
 * state of maps and data stays from run to run, as in a kernel.
 */

import { printInstruction } from '../isa/disassembler.ts';
import { helperById, helperByName } from '../isa/helpers.ts';
import type { ProgramTypeName } from '../object/program-sections.ts';
import { bug } from '../support/bug.ts';
import { FIRST_CONSTANT, type Reference } from './code.ts';
import { type ContextValues, StructContext } from './context.ts';
import { contextRules } from './context-layouts.ts';
import { Coverage } from './coverage.ts';
import { type BoundHelper, Cpu, type CpuOptions, type HelperResult, type UninitialisedReads } from './cpu.ts';
import {
  type Clock,
  Execution,
  type HelperImplementation,
  type HelperTable,
  type Identity,
  type OutputEvent,
  type Redirect,
  type Route,
  type Timer,
} from './execution.ts';
import { type CallSite, type Fault, HostedExit, Trap } from './fault.ts';
import { C_LIBRARY } from './helpers/c-library.ts';
import { CONTROL_HELPERS } from './helpers/control-helpers.ts';
import { KERNEL_FUNCTIONS } from './helpers/kernel-functions.ts';
import { MAP_HELPERS } from './helpers/map-helpers.ts';
import { MEMORY_HELPERS } from './helpers/memory-helpers.ts';
import { PACKET_HELPERS } from './helpers/packet-helpers.ts';
import { SKB_HELPERS } from './helpers/skb-helpers.ts';
import { SYSTEM_HELPERS } from './helpers/system-helpers.ts';
import { interpret } from './interpreter.ts';
import { LoadError } from './load-error.ts';
import type { DataSection, LoadedFunction, LoadedObject } from './loader.ts';
import type { MapDefinition } from './map-definition.ts';
import { MapHandle } from './map-handle.ts';
import { createMap } from './maps/create.ts';
import { type BpfMap, indexKey, type MapHost } from './maps/map.ts';
import { MapOfMaps, ProgramArrayMap } from './maps/references.ts';
import { ArenaMap } from './maps/special.ts';
import { addressOf, Memory, OutOfMemory, type RegionInfo } from './memory.ts';
import { Packet } from './packet.ts';
import { loadFromPacket } from './packet-load.ts';
import { decodeValue, encodeValue, type TypedValue } from './typed-value.ts';

/** A function that a test gives for a helper or kfunc: arguments are the five registers. */
export type HostFunction = (args: readonly bigint[], machine: Machine) => number | bigint | undefined;

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
  /** Overrides for map definitions, as user space makes before it loads: entries, sizes, flags by map name. */
  readonly maps?: Readonly<Record<string, Partial<MapDefinition>>>;
  /** Called before every instruction. */
  readonly onStep?: (pc: number, machine: Machine) => void;
  /** Called before every helper, kfunc and C library function, with its name and the five argument registers. */
  readonly onCall?: (name: string, args: readonly bigint[], machine: Machine) => void;
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
  /** What a hosted program printed. */
  readonly stdout: string;
  readonly events: readonly OutputEvent[];
  readonly signals: readonly number[];
  /** What bpf_set_retval or bpf_override_return left. */
  readonly retval: number;
}

const DEFAULT_STEP_LIMIT = 100_000_000;
const HOSTED_STEP_LIMIT = 2_000_000_000;
/** Frames the kernel allows, and what a hosted program gets. */
const KERNEL_FRAMES = 8;
const HOSTED_FRAMES = 200_000;
/** Timer callbacks in one advance of the clock. */
const MAX_TIMER_TURNS = 1_000_000;
/** XDP_PACKET_HEADROOM, of which the kernel takes 40 bytes for itself; and what is free behind the packet. */
const XDP_HEADROOM = 256;
const SKB_HEADROOM = 256;
const PAGE_TAIL = 4096 - XDP_HEADROOM - 320;
const LINK_HEADER = 14;

const CODE: RegionInfo = { kind: 'code', name: 'the code', read: false, write: false };
const EXTERNAL: RegionInfo = { kind: 'code', name: 'an external function', read: false, write: false };
const RAW_CONTEXT: RegionInfo = { kind: 'kernel', name: 'the context', read: true, write: true };
const KERNEL: RegionInfo = { kind: 'kernel', name: 'kernel memory', read: true, write: true };

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

function dataInfo(section: DataSection): RegionInfo {
  const readOnly = !section.writable;
  return {
    kind: readOnly ? 'read-only-data' : 'data',
    name: `section ${section.name}`,
    read: true,
    write: !readOnly,
  };
}

function littleEndianBytes(value: number | bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let i = 0; i < size; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export class Machine {
  readonly object: LoadedObject;
  readonly memory = new Memory();
  /** What ran, when `options.coverage` asks for it. */
  readonly coverage: Coverage | undefined;
  private readonly cpu: Cpu;
  private readonly x: Execution;
  private readonly options: MachineOptions;
  private readonly mapsByName = new Map<string, BpfMap>();
  /** Regions of data sections by section index. */
  private readonly dataRegions = new Map<number, number>();
  private readonly externRegions = new Map<string, number>();
  private readonly garbage: number[] = [];
  private readonly mapHost: MapHost;
  /** Functions outside of the program by index: those that are called, then those whose address is taken. */
  private readonly externalNames: readonly string[];

  constructor(object: LoadedObject, options: MachineOptions = {}) {
    this.object = object;
    this.options = options;
    const codeRegion = this.memory.addRegion(CODE, 0);
    const externalRegion = this.memory.addRegion(EXTERNAL, 0);
    const hosted = options.hosted ?? false;
    const cpuOptions: CpuOptions = {
      hosted,
      uninitialised: options.uninitialised ?? (hosted ? 'allow' : 'fault-whole'),
      maxFrames: hosted ? HOSTED_FRAMES : KERNEL_FRAMES,
      stepLimit: options.stepLimit ?? (hosted ? HOSTED_STEP_LIMIT : DEFAULT_STEP_LIMIT),
    };
    this.cpu = new Cpu(object.code, this.memory, cpuOptions, codeRegion, externalRegion, object.frameSizes);
    this.x = new Execution(this.cpu, object);
    this.x.cpus = Math.max(1, options.cpus ?? 1);
    this.x.setSeed(options.seed ?? 1);
    this.x.routes = options.routes ?? [];
    Object.assign(this.x.identity, options.identity);
    this.setClock(options.clock ?? 0n);
    this.mapHost = {
      memory: this.memory,
      cpus: this.x.cpus,
      cpu: () => this.x.currentCpu,
      garbage: this.garbage,
      mapAt: (address) => this.x.maps.get(Number(address >> 32n)),
    };
    for (const definition of object.maps) this.addMap({ ...definition, ...options.maps?.[definition.name] });
    for (const section of object.data) this.addData(section);
    this.externalNames = this.nameExternals();
    this.addExterns();
    this.fillReferences();
    this.fillMapValues();
    this.bindHelpers();
    this.coverage = options.coverage === true ? new Coverage(object) : undefined;
    this.cpu.observer = this.makeObserver();
  }

  private makeObserver(): ((pc: number) => void) | undefined {
    const { onStep } = this.options;
    const hit = this.coverage?.hit;
    if (onStep === undefined) return hit;
    return (pc) => {
      hit?.(pc);
      this.cpu.pc = pc;
      onStep(pc, this);
    };
  }

  /** The value of a register r0-r10 while the program runs. */
  register(number: number): bigint {
    return this.cpu.unsigned(number);
  }

  /** An instruction as a line of a trace: position, text, C line. */
  traceLine(pc: number): string {
    const instruction = this.object.code.instructions[pc];
    if (instruction === undefined) return '';
    const source = this.object.lineAt(pc);
    const text = this.instructionText(pc);
    return `${pc}: ${text}${source === undefined ? '' : ` ; ${source.file}:${source.line}`}`;
  }

  private instructionText(pc: number): string {
    const instruction = this.object.code.instructions[pc];
    if (instruction === undefined) return '';
    return printInstruction(instruction, pc, { helper: (id) => helperById(id)?.name }).trim();
  }

  /** Sets all clocks. */
  setClock(nanoseconds: bigint): void {
    const { clock } = this.x;
    clock.monotonic = nanoseconds;
    clock.boot = nanoseconds;
    clock.tai = nanoseconds;
  }

  /**
   * Moves the clocks on and runs the timers that come due, in order; their faults are returned. A callback that starts its
   * timer again is run again when that is due, up to the new time.
   */
  advance(nanoseconds: bigint): readonly Fault[] {
    const { x } = this;
    const end = x.clock.monotonic + nanoseconds;
    const faults: Fault[] = [];
    for (let turns = 0; turns < MAX_TIMER_TURNS; turns++) {
      const next = [...x.timers]
        .filter(([, timer]) => timer.due !== undefined && timer.due <= end)
        .sort(([, a], [, b]) => Number((a.due ?? 0n) - (b.due ?? 0n)))[0];
      if (next === undefined) break;
      const fault = this.fireTimer(next[0], next[1]);
      if (fault !== undefined) faults.push(fault);
    }
    this.moveClock(end);
    return faults;
  }

  private moveClock(monotonic: bigint): void {
    const { clock } = this.x;
    const passed = monotonic - clock.monotonic;
    if (passed <= 0n) return;
    clock.monotonic += passed;
    clock.boot += passed;
    clock.tai += passed;
  }

  /** Runs a timer's callback with map, key and value. */
  private fireTimer(address: bigint, timer: Timer): Fault | undefined {
    const { cpu, memory } = this;
    this.moveClock(timer.due ?? 0n);
    timer.due = undefined;
    const { map, callback } = timer;
    if (callback === undefined) return undefined;
    const region = Number(address >> 32n);
    const key = [...map.keys()].find((one) => {
      const at = this.allocate(one, 'a key');
      const found = map.peekValue(memory.positionOf(Number(at >> 32n))) === region;
      memory.removeRegion(Number(at >> 32n), undefined, true);
      return found;
    });
    cpu.reset();
    cpu.poisonRegisters();
    cpu.setRegister(1, map.address);
    cpu.setRegister(2, this.allocate(key ?? new Uint8Array(0), 'a key'));
    cpu.setRegister(3, addressOf(region));
    const fault = this.interpret(callback);
    this.emptyGarbage();
    return fault;
  }

  private emptyGarbage(): void {
    for (const region of this.garbage.splice(0)) this.memory.removeRegion(region, undefined, true);
  }

  get clock(): Clock {
    return this.x.clock;
  }

  get identity(): Identity {
    return this.x.identity;
  }

  private addMap(definition: MapDefinition): BpfMap {
    const made = createMap(definition, this.mapHost);
    if (typeof made === 'string') throw new LoadError(made);
    this.x.maps.set(made.handle, made);
    if (!this.mapsByName.has(definition.name)) this.mapsByName.set(definition.name, made);
    return made;
  }

  /** Makes a map that is not in the object, for instance the inner map of a map of maps. */
  createMap(definition: MapDefinition): MapHandle {
    return this.handleOf(this.addMap(definition));
  }

  private addData(section: DataSection): void {
    const region = this.memory.addRegion(dataInfo(section), section.size);
    this.memory.contents(region).set(section.data);
    this.dataRegions.set(section.index, region);
  }

  private addExterns(): void {
    for (const extern of this.object.externs) {
      const given = this.options.externs?.[extern.name];
      const isVariable = extern.section !== undefined || given !== undefined;
      // A hosted program's undefined variables (`stdout`) are zero.
      const isHosted =
        this.options.hosted === true && !extern.isWeak && !this.externalNames.includes(extern.name);
      if (!isVariable && !isHosted) continue;
      if (given === undefined && extern.section === '.ksyms') continue;
      const bytes = given instanceof Uint8Array ? given : littleEndianBytes(given ?? 0, extern.size);
      const info: RegionInfo = { kind: 'kernel', name: `extern ${extern.name}`, read: true, write: false };
      const region = this.memory.addRegion(info, Math.max(extern.size, bytes.length));
      this.memory.contents(region).set(bytes);
      this.externRegions.set(extern.name, region);
    }
  }

  private nameExternals(): readonly string[] {
    const { code, externs } = this.object;
    const others = externs.map(({ name }) => name).filter((name) => !code.externals.includes(name));
    return [...code.externals, ...others.filter((name) => this.externalFunction(name) !== undefined)];
  }

  /** What the machine or the test gives for an undefined function. */
  private externalFunction(name: string): BoundHelper | undefined {
    const given = this.options.functions?.[name];
    if (given !== undefined) return () => this.callHost(given);
    const table = this.options.hosted === true ? C_LIBRARY : KERNEL_FUNCTIONS;
    const own = Object.hasOwn(table, name) ? table[name] : undefined;
    return own === undefined ? undefined : () => own(this.x);
  }

  private addressOfReference(reference: Reference): bigint {
    switch (reference.kind) {
      case 'map':
        return this.mapsByName.get(reference.map)?.address ?? bug(`no map ${reference.map}`);
      case 'data': {
        const region = this.dataRegions.get(reference.section);
        if (region === undefined) throw new LoadError('a relocation refers to a section that is not loaded');
        return addressOf(region) + BigInt(reference.offset);
      }
      case 'function':
        return addressOf(this.cpu.codeRegion, reference.pc * 8);
      case 'extern': {
        const region = this.externRegions.get(reference.name);
        const index = this.externalNames.indexOf(reference.name);
        if (index >= 0) return addressOf(this.cpu.externalRegion, index * 8);
        return region === undefined ? 0n : addressOf(region) + BigInt(reference.offset);
      }
      default:
        return reference satisfies never;
    }
  }

  private fillReferences(): void {
    for (const { register, reference } of this.object.code.references) {
      if (register < FIRST_CONSTANT) bug('a reference in a register');
      this.cpu.setRegister(register, this.addressOfReference(reference));
    }
    for (const section of this.object.data) {
      const region = this.dataRegions.get(section.index) ?? 0;
      for (const { offset, size, reference } of section.pointers) {
        const address = this.addressOfReference(reference);
        this.memory.contents(region).set(littleEndianBytes(address, size), offset);
      }
    }
  }

  private fillMapValues(): void {
    const scratch = this.memory.addRegion(KERNEL, 4);
    for (const definition of this.object.maps) {
      const map = this.mapsByName.get(definition.name);
      for (const { index, symbol } of definition.values) {
        if (map instanceof ProgramArrayMap) {
          const target = this.object.functions.find(({ name }) => name === symbol);
          map.setProgram(index, target?.pc);
        } else if (map instanceof MapOfMaps) {
          const inner = this.mapsByName.get(symbol);
          this.memory.contents(scratch).set(indexKey(index));
          if (inner !== undefined) map.setInner(this.memory.positionOf(scratch), inner);
        }
      }
    }
    this.memory.removeRegion(scratch, undefined, true);
  }

  private bindHelpers(): void {
    const { x } = this;
    const helpers: (BoundHelper | undefined)[] = [];
    const bind =
      (implementation: HelperImplementation): BoundHelper =>
      () =>
        implementation(x);
    const tables: readonly HelperTable[] = [
      MAP_HELPERS,
      SYSTEM_HELPERS,
      PACKET_HELPERS,
      SKB_HELPERS,
      MEMORY_HELPERS,
      CONTROL_HELPERS,
    ];
    for (const table of tables) {
      for (const [name, implementation] of Object.entries(table)) {
        const row = helperByName(`bpf_${name}`);
        if (row === undefined) bug(`there is no helper ${name}`);
        helpers[row.id] = bind(implementation);
      }
    }
    for (const [name, given] of Object.entries(this.options.functions ?? {})) {
      const row = helperByName(name) ?? helperByName(`bpf_${name}`);
      if (row !== undefined) helpers[row.id] = () => this.callHost(given);
    }
    this.cpu.helpers = helpers.map((bound, id) => this.observed(helperById(id)?.name ?? '', bound));
    this.cpu.externals = this.externalNames.map((name) => this.observed(name, this.externalFunction(name)));
    this.cpu.describeCall = (kind, number) => this.describeCall(kind, number);
    this.cpu.castArena = (dst, src) => this.castArena(dst, src);
    this.cpu.loadPacket = (instruction) => loadFromPacket(x, instruction);
  }

  /** A helper that tells `onCall` first. */
  private observed(name: string, bound: BoundHelper | undefined): BoundHelper | undefined {
    const { onCall } = this.options;
    if (onCall === undefined || bound === undefined) return bound;
    return () => {
      onCall(name, this.argumentRegisters(), this);
      return bound();
    };
  }

  private argumentRegisters(): readonly bigint[] {
    return [1, 2, 3, 4, 5].map((register) => this.cpu.unsigned(register));
  }

  /** Arena pointers have the same form in both address spaces; one that was cut to 32 bits gets its region back. */
  private castArena(dst: number, src: number): void {
    const { cpu } = this;
    const arena = [...this.x.maps.values()].find((map) => map instanceof ArenaMap);
    const low = cpu.lo[src] ?? 0;
    const high = cpu.hi[src] ?? 0;
    cpu.lo[dst] = low;
    cpu.hi[dst] = low !== 0 && high === 0 && arena instanceof ArenaMap ? arena.region : high;
  }

  private callHost(given: HostFunction): HelperResult {
    return (
      given(
        [1, 2, 3, 4, 5].map((register) => this.cpu.unsigned(register)),
        this,
      ) ?? 0
    );
  }

  private describeCall(kind: 'helper' | 'external', number: number): string {
    if (kind === 'external') {
      return `call of ${this.externalNames[number] ?? 'a function'}, which is not defined; give it in options.functions`;
    }
    const name = helperById(number)?.name;
    if (name === undefined) return `there is no helper ${number}`;
    return `${name} (helper ${number}) has no implementation in the machine; give one in options.functions`;
  }

  /** A map by its name. */
  map(name: string): MapHandle {
    const map = this.mapsByName.get(name);
    if (map === undefined) {
      throw new LoadError(
        `there is no map ${name}; the object has ${[...this.mapsByName.keys()].join(', ') || 'none'}`,
      );
    }
    return this.handleOf(map);
  }

  get maps(): readonly MapHandle[] {
    return [...this.mapsByName.values()].map((map) => this.handleOf(map));
  }

  private handleOf(map: BpfMap): MapHandle {
    return new MapHandle(map, this.object.types);
  }

  /** A global variable by its name, typed through BTF. */
  variable(name: string): { get: () => TypedValue; set: (value: TypedValue) => void } {
    const place = this.object.variables.get(name);
    const region = place === undefined ? undefined : this.dataRegions.get(place.section);
    if (place === undefined || region === undefined)
      throw new LoadError(`there is no global variable ${name}`);
    const { types } = this.object;
    const declared = types.at(types.find('VAR', name) ?? 0);
    const type = declared?.kind === 'VAR' ? declared.type : undefined;
    const bytes = (): Uint8Array =>
      this.memory.contents(region).subarray(place.offset, place.offset + place.size);
    return {
      get: () => decodeValue(types, type, bytes()),
      set: (value) => bytes().set(encodeValue(types, type, value, place.size)),
    };
  }

  /** A data section's bytes as they are now; undefined where the object has none of the name. */
  dataSection(name: string): Uint8Array | undefined {
    const index = this.object.data.find((section) => section.name === name)?.index;
    const region = index === undefined ? undefined : this.dataRegions.get(index);
    return region === undefined ? undefined : this.memory.contents(region).slice();
  }

  /** Names of everything that `program` finds and that is a program by its section. */
  get programs(): readonly LoadedFunction[] {
    return this.object.functions.filter(({ program }) => program !== undefined);
  }

  /** A program, or any other function, by its name. */
  program(name: string): { run: (options?: RunOptions) => RunResult } {
    const found = this.object.functions.find((one) => one.name === name);
    if (found === undefined) {
      const names = this.programs.map((one) => one.name).join(', ');
      throw new LoadError(`there is no program ${name}; the object has ${names || 'none'}`);
    }
    return { run: (options = {}) => this.run(found, options) };
  }

  /** Puts bytes into memory of the machine; returns the address that programs use. */
  allocate(bytes: Uint8Array, name = 'kernel memory'): bigint {
    const region = this.memory.addRegion({ ...KERNEL, name }, bytes.length);
    this.memory.contents(region).set(bytes);
    return addressOf(region);
  }

  /** Bytes at an address of the machine, as many as there are. */
  read(address: bigint, size: number): Uint8Array {
    return this.x.bytesAt(address, size).slice();
  }

  private run(program: LoadedFunction, options: RunOptions): RunResult {
    const { x, cpu } = this;
    x.beginRun(program);
    x.tunnelKey = options.tunnelKey;
    x.stack = options.stack ?? [];
    x.functionAddress = options.functionAddress ?? 0n;
    x.argumentCount = options.argumentCount ?? options.args?.length ?? 0;
    x.attachCookie = options.attachCookie ?? 0n;
    x.tunnelOptions = undefined;
    x.currentCpu = Math.min(options.cpu ?? 0, x.cpus - 1);
    cpu.reset();
    if (options.stepLimit !== undefined) cpu.stepLimit = options.stepLimit;
    const raw = this.openContext(program, options);
    cpu.poisonRegisters();
    this.setArguments(options, raw);
    const fault = this.interpret(program.pc);
    const result = this.resultOf(fault, raw);
    this.endRun(raw);
    return result;
  }

  /** Runs a function; a fault is returned, and `exit` of a hosted program becomes its result. */
  private interpret(pc: number): Fault | undefined {
    try {
      interpret(this.cpu, pc);
      return undefined;
    } catch (error) {
      if (!(error instanceof HostedExit)) return this.faultOf(error);
      this.cpu.setRegister(0, BigInt(error.status));
      return undefined;
    }
  }

  private setArguments(options: RunOptions, raw: number): void {
    const { x, cpu } = this;
    if (raw !== 0) cpu.setRegister(1, addressOf(raw));
    else if (this.options.hosted === true && options.args === undefined) this.setMainArguments();
    else if (x.context !== undefined) cpu.setRegister(1, addressOf(x.context.region));
    else
      for (const [i, value] of (options.args ?? []).entries())
        if (i < 5) cpu.setRegister(i + 1, BigInt(value));
  }

  /** `main(1, { "program", NULL })`. */
  private setMainArguments(): void {
    const name = this.allocate(new TextEncoder().encode('program\0'), 'the name of the program');
    const list = new Uint8Array(16);
    list.set(littleEndianBytes(name, 8));
    this.cpu.setRegister(1, 1n);
    this.cpu.setRegister(2, this.allocate(list, 'argv'));
  }

  /** Makes packet and context; returns the region of a raw context, or 0. */
  private openContext(program: LoadedFunction, options: RunOptions): number {
    const { x, cpu } = this;
    const type = options.type ?? program.program?.type;
    const rules = type === undefined ? undefined : contextRules(type);
    x.programType = type;
    cpu.nullReadsAreZero = type !== undefined && PROBING.has(type);
    x.packet = undefined;
    x.context = undefined;
    cpu.context = undefined;
    if (rules === undefined) {
      if (!(options.ctx instanceof Uint8Array)) return 0;
      const region = this.memory.addRegion(RAW_CONTEXT, options.ctx.length);
      this.memory.contents(region).set(options.ctx);
      return region;
    }
    if (rules.packet !== undefined) this.openPacket(rules.packet === 'write', options);
    const context = new StructContext(this.memory, rules, x.packet);
    x.context = context;
    cpu.context = context;
    this.fillContext(context, options);
    return 0;
  }

  private openPacket(writable: boolean, options: RunOptions): void {
    const { x } = this;
    const bytes = options.packet ?? new Uint8Array(0);
    const isXdp = x.programType === 'xdp';
    const head = isXdp ? XDP_HEADROOM : SKB_HEADROOM;
    const tail = isXdp ? Math.max(0, PAGE_TAIL - bytes.length) : 128;
    const packet = new Packet(
      this.memory,
      bytes,
      { head, tail },
      writable,
      options.meta ?? new Uint8Array(0),
    );
    x.packet = packet;
    x.linkOffset = 0;
    x.networkOffset = LINK_HEADER;
    if (NETWORK_LEVEL.has(x.programType ?? '') && bytes.length >= LINK_HEADER) {
      packet.moveStart(LINK_HEADER);
      packet.renew('the kernel');
      x.linkOffset = -LINK_HEADER;
      x.networkOffset = 0;
    }
  }

  private fillContext(context: StructContext, options: RunOptions): void {
    const { packet } = this.x;
    if (packet !== undefined) {
      const frame = options.packet ?? new Uint8Array(0);
      context.set('len', packet.length);
      context.set('protocol', (frame[12] ?? 0) | ((frame[13] ?? 0) << 8));
      context.set('pkt_type', packetType(frame));
      context.set('ifindex', 1);
      // The test run puts XDP packets on the loopback device; socket buffers come from nowhere.
      context.set('ingress_ifindex', this.x.programType === 'xdp' ? 1 : 0);
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

  private resultOf(fault: Fault | undefined, raw: number): RunResult {
    const { x, cpu } = this;
    const { packet, context } = x;
    const r0 = fault === undefined ? cpu.unsigned(0) : 0n;
    return {
      returnValue: Number(r0 & 0xffff_ffffn),
      r0,
      packet: packet?.bytes.slice(),
      meta: packet?.meta.slice(),
      ctx: raw === 0 ? context?.values() : this.memory.contents(raw).slice(),
      fault,
      steps: cpu.steps,
      redirect: x.redirect,
      clones: x.clones,
      printk: x.printk,
      stdout: x.stdout.join(''),
      events: x.events,
      signals: x.signals,
      retval: x.retval,
    };
  }

  private endRun(raw: number): void {
    const { x } = this;
    if (raw !== 0) this.memory.removeRegion(raw, undefined, true);
    x.context?.close();
    x.packet?.close();
    this.emptyGarbage();
  }

  private faultOf(error: unknown): Fault {
    const { cpu } = this;
    const kind =
      error instanceof Trap ? error.kind : error instanceof OutOfMemory ? 'out-of-memory' : undefined;
    if (kind === undefined || !(error instanceof Error)) throw error;
    return {
      kind,
      message: error.message,
      instruction: this.instructionText(cpu.pc),
      callChain: this.callChain(),
    };
  }

  /** Where the program is, innermost first. */
  callChain(): readonly CallSite[] {
    const { cpu, object } = this;
    const sites: CallSite[] = [];
    let pc = cpu.pc;
    for (let depth = cpu.depth; depth >= 0 && sites.length < 100; depth--) {
      sites.push({ function: object.functionAt(pc)?.name ?? '?', source: object.lineAt(pc) });
      pc = cpu.returnPosition(depth) - 1;
    }
    return sites;
  }
}

/** PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST or PACKET_OTHERHOST, seen from the loopback device. */
function packetType(frame: Uint8Array): number {
  const destination = frame.subarray(0, 6);
  if (destination.every((byte) => byte === 0)) return 0;
  if (destination.every((byte) => byte === 0xff)) return 1;
  return ((destination[0] ?? 0) & 1) === 1 ? 2 : 3;
}

/** Makes a machine of a loaded object. */
export function createMachine(object: LoadedObject, options: MachineOptions = {}): Machine {
  try {
    return new Machine(object, options);
  } catch (error) {
    if (error instanceof OutOfMemory)
      throw new LoadError(`the object needs too much memory: ${error.message}`);
    throw error;
  }
}
