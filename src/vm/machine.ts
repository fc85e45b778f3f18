/**
 * A machine: one loaded object with its memory, maps, clock and identity, whose programs can be run any number of times. The
 * state of maps and data stays from run to run, as in a kernel.
 */

import { printInstruction } from '../isa/disassembler.ts';
import { helperById, helperByName } from '../isa/helpers.ts';
import type { MapDefinition } from '../object/map-definition.ts';
import { bug } from '../support/bug.ts';
import { FIRST_CONSTANT, type Reference } from './code.ts';
import { Coverage } from './coverage.ts';
import { type BoundHelper, Cpu, type CpuOptions, type HelperResult } from './cpu.ts';
import {
  type Clock,
  Execution,
  type HelperImplementation,
  type HelperTable,
  type Identity,
  type Timer,
} from './execution.ts';
import { type CallSite, type Fault, HostedExit, Trap } from './fault.ts';
import { C_LIBRARY } from './helpers/c-library.ts';
import { CONTROL_HELPERS } from './helpers/control-helpers.ts';
import { HOST_HELPERS } from './helpers/host-helpers.ts';
import { KERNEL_FUNCTIONS } from './helpers/kernel-functions.ts';
import { MAP_HELPERS } from './helpers/map-helpers.ts';
import { MEMORY_HELPERS } from './helpers/memory-helpers.ts';
import { PACKET_HELPERS } from './helpers/packet-helpers.ts';
import { SKB_HELPERS } from './helpers/skb-helpers.ts';
import { SYSTEM_HELPERS } from './helpers/system-helpers.ts';
import { interpret } from './interpreter.ts';
import { LoadError } from './load-error.ts';
import type { DataSection, LoadedFunction, LoadedObject } from './loader.ts';
import type {
  HostFunction,
  MachineAccess,
  MachineOptions,
  RunOptions,
  RunResult,
} from './machine-options.ts';
import { MapHandle, type MapReference } from './map-handle.ts';
import { createMap } from './maps/create.ts';
import { type BpfMap, indexKey, type MapHost } from './maps/map.ts';
import { MapOfMaps, ProgramArrayMap } from './maps/references.ts';
import { ArenaMap } from './maps/special.ts';
import { addressOf, Memory, OutOfMemory, type RegionInfo } from './memory.ts';
import { loadFromPacket } from './packet-load.ts';
import { openContext, resultOf } from './run-setup.ts';
import { decodeValue, encodeValue, type TypedValue } from './typed-value.ts';
import type { VariableHandle, VariableReference } from './variable-handle.ts';

const DEFAULT_STEP_LIMIT = 100_000_000;
const HOSTED_STEP_LIMIT = 2_000_000_000;
/** Frames the kernel allows, and what a hosted program gets. */
const KERNEL_FRAMES = 8;
const HOSTED_FRAMES = 200_000;
/** Timer callbacks in one advance of the clock. */
const MAX_TIMER_TURNS = 1_000_000;
const CODE: RegionInfo = { kind: 'code', name: 'the code', read: false, write: false };
const EXTERNAL: RegionInfo = { kind: 'code', name: 'an external function', read: false, write: false };
const KERNEL: RegionInfo = { kind: 'kernel', name: 'kernel memory', read: true, write: true };

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

/** A program or map is named, or described by what the import of its source gives. */
function nameOf(wanted: string | { readonly name: string }): string {
  return typeof wanted === 'string' ? wanted : wanted.name;
}

export class Machine implements MachineAccess {
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
    this.x.mtus = options.mtus ?? new Map();
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
      HOST_HELPERS,
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
  map(name: string): MapHandle;
  map<Key extends TypedValue, Value extends TypedValue, Found extends TypedValue>(
    map: MapReference<Key, Value, Found>,
  ): MapHandle<Key, Value, Found>;
  map(wanted: string | { readonly name: string }): MapHandle {
    const name = nameOf(wanted);
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

  /** Puts a program into a program array, for tail calls; without a name the slot is emptied. */
  setProgram(map: string, index: number, program?: string): void {
    const array = this.mapsByName.get(map);
    const target = this.object.functions.find(({ name }) => name === program);
    if (!(array instanceof ProgramArrayMap)) throw new LoadError(`${map} is no program array`);
    if (program !== undefined && target === undefined) throw new LoadError(`there is no program ${program}`);
    if (array.setProgram(index, target?.pc) !== 0)
      throw new LoadError(`program array ${map} has no slot ${index}`);
  }

  /** A global variable by its name, typed through BTF. */
  variable(name: string): VariableHandle;
  /** A variable as an imported program has it (`program.variables.counter`): its value has the type of the C variable. */
  variable<Value extends TypedValue>(variable: VariableReference<Value>): VariableHandle<Value>;
  variable(wanted: string | { readonly name: string }): VariableHandle {
    const name = nameOf(wanted);
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
  program(wanted: string | { readonly name: string }): { run: (options?: RunOptions) => RunResult } {
    const name = nameOf(wanted);
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

  /** Overwrites bytes at an address, whatever a program may do there; false where they do not exist. */
  write(address: bigint, bytes: Uint8Array): boolean {
    const target = this.x.bytesAt(address, bytes.length);
    if (target.length < bytes.length) return false;
    target.set(bytes);
    return true;
  }

  private run(program: LoadedFunction, options: RunOptions): RunResult {
    const { x, cpu } = this;
    x.beginRun(program);
    x.tunnelKey = options.tunnelKey;
    x.stack = options.stack ?? [];
    x.sysctl = { name: '', current: '', next: undefined, ...options.sysctl };
    x.functionAddress = options.functionAddress ?? 0n;
    x.argumentCount = options.argumentCount ?? options.args?.length ?? 0;
    x.attachCookie = options.attachCookie ?? 0n;
    x.tunnelOptions = undefined;
    x.currentCpu = Math.min(options.cpu ?? 0, x.cpus - 1);
    cpu.reset();
    if (options.stepLimit !== undefined) cpu.stepLimit = options.stepLimit;
    const raw = openContext(x, program, options);
    cpu.poisonRegisters();
    this.setArguments(options, raw);
    const fault = this.interpret(program.pc);
    const result = resultOf(x, fault, raw);
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
