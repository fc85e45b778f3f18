/**
 * Does the machine do what the kernel does? One program at a time: the same packets through both, then return values, packets,
 * the context fields that come back, and at the end maps and data sections. Programs that ask for what only the host knows are left
 * out by the helpers they reach. The same comparison of two objects (ours and another compiler's) inside the machine finds miscompiles.
 */

import {
  type LoadedFunction,
  type LoadedObject,
  loadObject,
  type Machine,
  renderFault,
} from '../../src/vm/index.ts';
import { elementsFor, type Input, pinOf, SOME, setElement } from './fill-maps.ts';
import { generatePackets, Random } from './generate-packets.ts';
import { GUESSED_TYPES, KernelObject, type KernelOutput } from './kernel-run.ts';
import {
  type BufferFields,
  contextBytes,
  fieldsOfBytes,
  fieldsOfRun,
  machineFor,
  PACKET_TYPES,
  type ProgramType,
  packetForKernel,
  packetOfKernel,
  packetOfRun,
  runInMachine,
  takesSocketBuffer,
  withBytes,
} from './machine-run.ts';
import { type ProgramFacts, programFacts } from './program-facts.ts';

/** Helpers whose result belongs to the host: by pattern, with what it depends on. */
const HOST_HELPERS: readonly (readonly [RegExp, string])[] = [
  [/^bpf_(ktime_get|jiffies64)/, 'time'],
  [/^bpf_get_prandom_u32$/, 'random numbers'],
  [/^bpf_(fib_lookup|check_mtu)$/, 'routes and devices'],
  [
    /^bpf_(clone_redirect|redirect_neigh|skb_under_cgroup|skb_cgroup|skb_ancestor|sk_cgroup|sk_ancestor)/,
    'devices and cgroups',
  ],
  [/^bpf_(sk_|skc_|tcp_|get_listener_sock|get_socket|get_netns|setsockopt|getsockopt|sock_)/, 'sockets'],
  [/^bpf_get_(current|stack|hash_recalc|cgroup|route|numa)/, 'the running task and host'],
  [/^bpf_(perf_event_read|read_branch|probe_|per_cpu_ptr|this_cpu_ptr|lwt_|skb_get_xfrm)/, 'kernel state'],
];

function hostDependence(facts: ProgramFacts, type: ProgramType): string | undefined {
  for (const helper of facts.helpers) {
    const row = HOST_HELPERS.find(([pattern]) => pattern.test(helper));
    if (row !== undefined) return `${helper}: ${row[1]}`;
  }
  if (takesSocketBuffer(type) && facts.readsSocket) return 'reads the socket of the context';
  return facts.externals.length > 0 ? `calls ${facts.externals.join(', ')}` : undefined;
}

/** False where values of maps may hold locks, timers and pointers, which only the program sets. */
export const usesPlainMaps = ({ helpers }: ProgramFacts): boolean =>
  !helpers.some((name) => /spin_lock|timer|kptr/.test(name));

export interface Verdict {
  readonly program: string;
  readonly type: string;
  readonly status: 'agrees' | 'differs' | 'left out';
  /** Why it is left out, or the first difference. */
  readonly reason: string;
  /** Packets that both ran, different numbers of steps among them, different return values. */
  readonly packets: number;
  readonly paths: number;
  readonly returns: number;
  /** Maps and data sections that were compared and hold something. */
  readonly filledMaps: number;
}

export interface Settings {
  readonly packets: number;
  readonly seed: number;
}

/** Name -> key in hexadecimal -> value; arrays without their zeros, per-CPU values as sums. */
type Contents = Map<string, Map<string, string>>;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Values of all CPUs added up as 64-bit words (the last as wide as it is). */
function sumOf(values: readonly Uint8Array[]): Uint8Array {
  const sum = new Uint8Array(values[0]?.length ?? 0);
  for (let at = 0; at < sum.length; at += 8) {
    const size = Math.min(8, sum.length - at);
    let total = 0n;
    for (const value of values) total += BigInt(`0x${hex(value.slice(at, at + size).reverse())}`);
    for (let i = 0; i < size; i++) sum[at + i] = Number((total >> BigInt(8 * i)) & 255n);
  }
  return sum;
}

/** Map types whose elements a dump shows. */
const DUMPED = new Set([
  'hash',
  'array',
  'percpu_hash',
  'percpu_array',
  'lru_hash',
  'lru_percpu_hash',
  'lpm_trie',
]);
const isArray = (type: string): boolean => type.endsWith('array');
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** A map and its elements in the common form. */
function contentsOf(
  type: string,
  elements: Iterable<readonly [Uint8Array, readonly Uint8Array[]]>,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, values] of elements) {
    const sum = sumOf(values);
    if (!isArray(type) || !isZero(sum)) found.set(hex(key), hex(sum));
  }
  return found;
}

/** The maps of a machine that a dump of the kernel shows too, by pin. */
export function machineMaps(machine: Machine): Contents {
  const contents: Contents = new Map();
  for (const handle of machine.maps) {
    const { raw, type } = handle;
    if (!DUMPED.has(type)) continue;
    const { memory, cpus } = raw.host;
    const elements = [...raw.keys()].map((key) => {
      const regions = withBytes(raw, [key], (at = 0) =>
        raw.isPerCpu ? Array.from({ length: cpus }, (_, cpu) => raw.lookupOn(at, cpu)) : [raw.peekValue(at)],
      );
      const values = regions.filter((one) => one !== 0).map((one) => memory.contents(one).slice());
      return [key, values] as const;
    });
    contents.set(pinOf(handle.name), contentsOf(type, elements));
  }
  return contents;
}

/** Data sections that a program may have changed, by name. */
function machineSections(machine: Machine): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const { name, writable } of machine.object.data) {
    const bytes = machine.dataSection(name);
    if (writable && bytes !== undefined && /^\.(data|bss)/.test(name)) found.set(name, bytes);
  }
  return found;
}

/** The first key whose values differ, told with the names of the two sides. */
export function firstDifference(
  what: string,
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
  [here, there]: readonly [string, string] = ['the machine', 'the kernel'],
): string | undefined {
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(key) ?? 'nothing', theirs.get(key) ?? 'nothing'];
    if (a !== b) return `${what} ${key}: ${a} in ${here}, ${b} in ${there}`;
  }
  return undefined;
}

interface MapComparison {
  readonly difference: string | undefined;
  readonly filled: number;
}

/** The machine's maps and data sections against the kernel's. */
function compareMaps(machine: Machine, kernel: KernelObject): MapComparison {
  const ours = machineMaps(machine);
  const sections = machineSections(machine);
  let difference: string | undefined;
  let filled = 0;
  for (const { pin, type, elements } of kernel.maps()) {
    const theirs = contentsOf(
      type,
      elements.map(({ key, values }) => [key, values] as const),
    );
    const mine = ours.get(pin);
    const section = [...sections].find(([name]) => pin === pinOf(name) || pin.endsWith(pinOf(name)));
    if (mine !== undefined) {
      if (theirs.size > 0) filled++;
      difference ??= firstDifference(`map ${pin}, key`, mine, theirs);
    } else if (section !== undefined && elements[0] !== undefined) {
      const size = section[1].length;
      const bytes = elements[0].values[0]?.subarray(0, size) ?? new Uint8Array(0);
      if (!isZero(bytes)) filled++;
      difference ??= firstDifference(
        section[0],
        new Map([['', hex(section[1])]]),
        new Map([['', hex(bytes)]]),
      );
    }
  }
  return { difference, filled };
}

function randomFields(random: Random, constants: readonly bigint[]): BufferFields {
  const word = (): number =>
    random.chance(50)
      ? 0
      : random.chance(50)
        ? Number(random.pick(constants, 0n) & 0xffff_ffffn)
        : random.below(1000);
  return { mark: word(), priority: word(), cb: [word(), word(), word(), word(), word()] };
}

export function inputsFor(constants: readonly bigint[], settings: Settings): readonly Input[] {
  const random = new Random(settings.seed + 1000);
  // The kernel refuses some frames, for instance with an IP header that is cut.
  return generatePackets(settings.packets * 2, settings.seed, constants).map((packet) => ({
    packet,
    fields: randomFields(random, constants),
  }));
}

/** Faults that say nothing about the kernel: what the machine does not have, and values that no one set. */
const UNDECIDED: ReadonlySet<string> = new Set(['missing-helper', 'missing-function', 'uninitialised']);

/** One packet: what differs, if anything does. */
function compareRun(
  machine: Machine,
  program: string,
  type: ProgramType,
  input: Input,
  output: KernelOutput,
): { readonly difference: string | undefined; readonly steps: number; readonly missing?: string } {
  const result = runInMachine(machine, program, type, input.packet, input.fields);
  const { fault, steps } = result;
  if (fault !== undefined) {
    const isUndecided = UNDECIDED.has(fault.kind);
    return { steps, difference: renderFault(fault), ...(isUndecided && { missing: fault.message }) };
  }
  const say = (what: string, ours: string | number, theirs: string | number) => ({
    steps,
    difference: ours === theirs ? undefined : `${what}: ${ours} in the machine, ${theirs} in the kernel`,
  });
  const returned = say('return value', result.returnValue, output.returnValue);
  if (returned.difference !== undefined) return returned;
  const packet = say('packet', hex(packetOfRun(type, result)), hex(packetOfKernel(type, output.packet)));
  if (packet.difference !== undefined || output.context === undefined) return packet;
  return say('context', fieldsOfRun(result), fieldsOfBytes(output.context));
}

/** Compares a program that is loaded in the kernel. */
function compareProgram(
  object: LoadedObject,
  kernel: KernelObject,
  program: LoadedFunction,
  type: ProgramType,
  settings: Settings,
): Verdict {
  const facts = programFacts(object, program);
  const verdict = { program: program.name, type, packets: 0, paths: 0, returns: 0, filledMaps: 0 };
  const leaveOut = (reason: string): Verdict => ({ ...verdict, status: 'left out', reason });
  const dependence = hostDependence(facts, type);
  if (dependence !== undefined) return leaveOut(dependence);
  const inputs = inputsFor(facts.constants, settings);
  const elements = usesPlainMaps(facts)
    ? elementsFor(object, program.name, type, inputs, facts.constants, { ...SOME, seed: settings.seed })
    : [];
  kernel.fill(elements);
  const outputs = kernel.run(
    program.name,
    inputs.map(({ packet, fields }) => ({
      packet: packetForKernel(type, packet),
      context: takesSocketBuffer(type) ? contextBytes(fields) : undefined,
    })),
    settings.packets,
  );
  const machine = machineFor(object);
  for (const element of elements) setElement(machine, element);
  const paths = new Set<number>();
  let packets = 0;
  for (const [i, input] of inputs.entries()) {
    const output = outputs[i];
    if (output === undefined) continue;
    packets++;
    const { difference, steps, missing } = compareRun(machine, program.name, type, input, output);
    paths.add(steps);
    if (missing !== undefined) return leaveOut(missing);
    if (difference !== undefined) {
      const reason = `packet ${i} (${hex(input.packet)}): ${difference}`;
      return { ...verdict, status: 'differs', reason, packets, paths: paths.size };
    }
  }
  if (packets === 0) return leaveOut('the kernel runs none of the packets');
  const maps = compareMaps(machine, kernel);
  const returns = new Set(outputs.flatMap((output) => output?.returnValue ?? [])).size;
  return {
    ...verdict,
    status: maps.difference === undefined ? 'agrees' : 'differs',
    reason: maps.difference ?? '',
    packets,
    paths: paths.size,
    returns,
    filledMaps: maps.filled,
  };
}

/** Compares all programs of an object that run over packets; a reason where the kernel does not take the object. */
export function compareObject(
  path: string,
  bytes: Uint8Array,
  settings: Settings,
): { readonly verdicts: readonly Verdict[]; readonly refusal: string | undefined } {
  const object = loadObject(bytes);
  const types = new Set<string>(object.functions.flatMap(({ program }) => program?.type ?? []));
  const verdicts: Verdict[] = [];
  for (const program of object.functions) {
    // Subprograms are no programs; a section of another name is one whose type has to be guessed.
    const isProgram = program.program !== undefined || (program.isGlobal && program.section !== '.text');
    if (!isProgram || (program.program !== undefined && !PACKET_TYPES.has(program.program.type))) continue;
    const kernel = new KernelObject(path, types);
    try {
      if (kernel.refusal !== undefined) return { verdicts, refusal: kernel.refusal };
      const guessed = kernel.guessed === undefined ? undefined : GUESSED_TYPES[kernel.guessed];
      const type = guessed ?? program.program?.type;
      if (type === undefined || !kernel.hasProgram(program.name)) continue;
      verdicts.push(compareProgram(object, kernel, program, type, settings));
    } finally {
      kernel.close();
    }
  }
  return { verdicts, refusal: undefined };
}
export { canLoad } from './kernel-run.ts';
