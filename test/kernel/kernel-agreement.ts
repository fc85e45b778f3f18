/**
 * Two objects of the same source, both in the kernel: the same packets and map elements must give the same return values, packets,
 * contexts, maps, events and global variables.
 *
 * What time, random numbers, addresses or ids decide cannot be compared. It is found by running each object twice: an 8-byte word
 * of a result that differs between the two runs of one object is not determined by the source and is left out, for all packets
 * and all keys of the map. The same holds for the set of keys of a map.
 */

import { readFileSync } from 'node:fs';
import { type LoadedObject, loadObject } from '../../src/vm/index.ts';
import { inputsFor, type Settings, usesPlainMaps, type Verdict } from './agreement.ts';
import { variablesOf } from './data-variables.ts';
import { elementsFor, type Input, SOME } from './fill-maps.ts';
import { Random } from './generate-packets.ts';
import { GUESSED_TYPES, type KernelInput, type MapElement } from './kernel-run.ts';
import { contextBytes, PACKET_TYPES, packetForKernel } from './machine-run.ts';
import { programFacts } from './program-facts.ts';
import type { InitialBytes, ListedProgram, Mode, Observed, TestRun, TestRunner } from './test-run.ts';

/** Networking types without a test run in the kernel, which are said to be left out. */
const NOT_RUN: ReadonlySet<string> = new Set(['sock_ops', 'sk_skb', 'sk_msg', 'sk_reuseport']);
/** Types that run over a context alone, or over a packet without one. */
const OTHER_INPUTS: Readonly<Record<string, (input: Input) => KernelInput>> = {
  flow_dissector: ({ packet }) => ({ packet, context: undefined }),
  sk_lookup: ({ packet }) => ({ packet: new Uint8Array(0), context: lookupContext(packet) }),
  xdp: ({ packet }) => ({ packet, context: undefined }),
};
export const SUPPORTED: ReadonlySet<string> = new Set([...PACKET_TYPES, ...Object.keys(OTHER_INPUTS)]);

/** struct bpf_sk_lookup for what a packet may ask for: family, protocol, remote and local address and port. */
function lookupContext(packet: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(72);
  const view = new DataView(bytes.buffer);
  const at = (offset: number): number => packet[offset % packet.length] ?? 0;
  const isV6 = at(20) % 2 === 1;
  view.setUint32(8, isV6 ? 10 : 2, true);
  view.setUint32(12, at(21) % 2 === 0 ? 6 : 17, true);
  for (let i = 0; i < (isV6 ? 16 : 4); i++) {
    bytes[(isV6 ? 20 : 16) + i] = at(26 + i);
    bytes[(isV6 ? 44 : 40) + i] = i < 3 ? at(30) : at(30 + i);
  }
  view.setUint16(36, at(34) * 256 + at(35));
  view.setUint32(60, at(36) % 2 === 0 ? 7007 : at(37) * 256 + at(38), true);
  return bytes;
}

export function kernelInput(type: string, input: Input): KernelInput {
  const other = OTHER_INPUTS[type];
  if (other !== undefined) return other(input);
  const known = [...PACKET_TYPES].find((one) => one === type) ?? 'sched_cls';
  return { packet: packetForKernel(known, input.packet), context: contextBytes(input.fields) };
}

const machineObject = (path: string): LoadedObject | undefined => {
  try {
    return loadObject(readFileSync(path));
  } catch {
    return undefined;
  }
};

export interface Prepared {
  /** Of each object. */
  readonly variables: readonly (readonly InitialBytes[])[];
  readonly inputs: readonly KernelInput[];
  readonly elements: readonly MapElement[];
  /** How many of the inputs are to run: the kernel refuses some. */
  readonly wanted: number;
}

/** Inputs steered by the constants of both objects, elements by a dry run of the first in the machine. */
export function prepare(paths: readonly string[], program: ListedProgram, settings: Settings): Prepared {
  const objects = paths.map(machineObject);
  const facts = objects.map((object) => {
    const entry = object?.functions.find(({ name }) => name === program.name);
    return object === undefined || entry === undefined ? undefined : programFacts(object, entry);
  });
  const constants = [...new Set(facts.flatMap((each) => each?.constants ?? []))].sort((a, b) =>
    a < b ? -1 : 1,
  );
  const inputs = inputsFor(constants, settings);
  const [object] = objects;
  const type = [...PACKET_TYPES].find((one) => one === program.type);
  const isFilled =
    object !== undefined && type !== undefined && facts[0] !== undefined && usesPlainMaps(facts[0]);
  return {
    variables: paths.map(() => []),
    wanted: settings.packets,
    inputs: inputs.map((input) => kernelInput(program.type, input)),
    elements: isFilled
      ? elementsOf(object, program.name, type, inputs, constants, { ...SOME, seed: settings.seed })
      : [],
  };
}

/** Without elements where the machine cannot run the program. */
function elementsOf(...args: Parameters<typeof elementsFor>): readonly MapElement[] {
  try {
    return elementsFor(...args);
  } catch {
    return [];
  }
}

/**
 * Values for the scalars among the variables that both objects have, the same in both: tests set them from user space, and
 * most of a program may lie behind them. A byte may be a `bool`, of which only 0 and 1 are defined.
 */
function filledVariables(paths: readonly string[], seed: number): readonly (readonly InitialBytes[])[] {
  const random = new Random(seed + 3000);
  const lists = paths.map(variablesOf);
  const values = new Map<string, Uint8Array>();
  for (const { name, size } of lists[0] ?? []) {
    const isCommon = lists.every((list) => list.some((one) => one.name === name && one.size === size));
    if (!isCommon || ![1, 2, 4, 8].includes(size)) continue;
    const value = new Uint8Array(size);
    value[0] = random.below(size === 1 ? 2 : 4);
    values.set(name, value);
  }
  return lists.map((list) =>
    list.flatMap(({ name, section, offset }) => {
      const bytes = values.get(name);
      return bytes === undefined ? [] : [{ section, offset, bytes }];
    }),
  );
}

const DATA_SECTION = /^map .*?(\.(?:data|bss|rodata)[^ /]*)$/;
const WORD = 16;

/** Data sections taken apart into their variables, as two compilers lay them out differently; string literals have no names. */
function byVariable(observed: Observed, path: string): Observed {
  const variables = variablesOf(path);
  const found = new Map(observed);
  for (const [what, values] of observed) {
    const section = DATA_SECTION.exec(what)?.[1];
    const digits = [...values.values()][0];
    if (section === undefined || digits === undefined) continue;
    found.delete(what);
    for (const one of variables.filter((each) => each.section === section)) {
      const start = one.offset * 2;
      found.set(`variable ${one.name}`, new Map([['', digits.slice(start, start + one.size * 2)]]));
    }
  }
  return found;
}

type Group = ReadonlyMap<string, string>;
const NOTHING: Group = new Map();

/** What two runs of one object do not have in common: positions of words, or the keys themselves. */
interface Varying {
  readonly words: Set<number>;
  keys: boolean;
}

function wordAt(text: string, at: number): string {
  return text.slice(at, at + WORD);
}

function addVarying(varying: Varying, first: Group, second: Group): void {
  for (const key of new Set([...first.keys(), ...second.keys()])) {
    const [a, b] = [first.get(key), second.get(key)];
    if (a === undefined || b === undefined) {
      varying.keys = true;
      continue;
    }
    for (let at = 0; at < Math.max(a.length, b.length); at += WORD)
      if (wordAt(a, at) !== wordAt(b, at)) varying.words.add(at);
  }
}

const masked = (text: string, { words }: Varying): string =>
  words.size === 0 ? text : text.replaceAll(/.{1,16}/g, (word, at: number) => (words.has(at) ? '*' : word));

/** The first difference of the two objects in what is determined. */
function differenceOf(what: string, ours: Group, theirs: Group, varying: Varying): string | undefined {
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(key), theirs.get(key)];
    if ((a === undefined || b === undefined) && varying.keys) continue;
    const [mine, other] = [a, b].map((text) => (text === undefined ? 'nothing' : masked(text, varying)));
    if (mine !== other) return `${what} ${key}: ${mine} in the first object, ${other} in the second`;
  }
  return undefined;
}

interface Comparison {
  readonly difference: string | undefined;
  readonly undetermined: readonly string[];
  readonly filled: number;
}

/** Two runs of each object. A variable that only one of them has may be gone from the other. */
function compareObserved(first: readonly Observed[], second: readonly Observed[]): Comparison {
  const all = [...first, ...second];
  const undetermined: string[] = [];
  let difference: string | undefined;
  let filled = 0;
  for (const what of new Set(all.flatMap((one) => [...one.keys()]))) {
    const [a1 = NOTHING, a2 = NOTHING, b1 = NOTHING, b2 = NOTHING] = all.map(
      (one) => one.get(what) ?? NOTHING,
    );
    if (what.startsWith('variable ') && (a1.size === 0 || b1.size === 0)) continue;
    const varying: Varying = { words: new Set(), keys: false };
    addVarying(varying, a1, a2);
    addVarying(varying, b1, b2);
    if (varying.keys || varying.words.size > 0) undetermined.push(what);
    if (/^(map|variable|events)/.test(what) && [...a1.values()].some((text) => /[1-9a-f]/.test(text)))
      filled++;
    difference ??= differenceOf(what, a1, b1, varying);
  }
  return { difference, undetermined, filled };
}

/** One object, loaded and run twice. */
interface Twice {
  readonly refusal: string | undefined;
  readonly observed: readonly Observed[];
}

function inTurn(
  runner: TestRunner,
  paths: readonly string[],
  program: ListedProgram,
  mode: Mode,
  { variables, elements, inputs, wanted }: Prepared,
): readonly Twice[] {
  const runs: TestRun[][] = paths.map(() => []);
  for (let round = 0; round < 2; round++) {
    for (const [i, path] of paths.entries()) {
      const setting = { variables: variables[i] ?? [], elements };
      runs[i]?.push(runner.run(path, program, mode, setting, inputs, wanted));
    }
    if (runs.some((list) => list[0]?.refusal !== undefined)) break;
  }
  return runs.map((list, i) => ({
    refusal: list.find(({ refusal }) => refusal !== undefined)?.refusal,
    observed: list.map(({ observed }) => byVariable(observed, paths[i] ?? '')),
  }));
}

/** Types to try for a program, in order. */
export const typesOf = ({ type }: ListedProgram): readonly string[] =>
  type === 'unspec' ? Object.values(GUESSED_TYPES) : [type];

function compareProgram(
  runner: TestRunner,
  paths: readonly [string, string],
  listed: ListedProgram,
  settings: Settings,
): Verdict {
  const verdict = {
    program: listed.name,
    type: listed.type,
    packets: 0,
    paths: 0,
    returns: 0,
    filledMaps: 0,
  };
  if (NOT_RUN.has(listed.type))
    return { ...verdict, status: 'left out', reason: 'no test run in the kernel' };
  let refusals: readonly (string | undefined)[] = [];
  for (const type of typesOf(listed)) {
    const program = { name: listed.name, type };
    const prepared = prepare(paths, program, settings);
    for (const mode of ['together', 'alone'] as const) {
      const [ours, theirs] = inTurn(runner, paths, program, mode, prepared);
      if (ours === undefined || theirs === undefined) continue;
      refusals = [ours.refusal, theirs.refusal];
      if (refusals.some((one) => one !== undefined)) continue;
      const found = verdictOf(ours, theirs);
      if (found.status !== 'agrees') return { ...verdict, type, ...found };
      return {
        ...verdict,
        type,
        ...withVariables(runner, paths, program, mode, prepared, settings.seed, found),
      };
    }
  }
  const [ours, theirs] = refusals;
  const who = ours === undefined ? 'the second' : theirs === undefined ? 'the first' : 'either object';
  return { ...verdict, status: 'left out', reason: `the kernel does not take ${who}: ${ours ?? theirs}` };
}

type Found = Pick<Verdict, 'status' | 'reason' | 'packets' | 'returns' | 'filledMaps'>;

function verdictOf(ours: Twice, theirs: Twice): Found {
  const { difference, undetermined, filled } = compareObserved(ours.observed, theirs.observed);
  const returns = [...(ours.observed[0]?.get('return value')?.values() ?? [])];
  const ran = returns.filter((text) => !text.startsWith('error'));
  const figures = { packets: ran.length, returns: new Set(ran).size, filledMaps: filled };
  if (difference !== undefined) return { ...figures, status: 'differs', reason: difference };
  if (ran.length === 0)
    return { ...figures, status: 'left out', reason: `the kernel runs no packet: ${returns[0]}` };
  return {
    ...figures,
    status: 'agrees',
    reason: undetermined.length === 0 ? '' : `without ${undetermined.join(', ')}`,
  };
}

/** The same packets once more with variables set, where both objects are still taken. */
function withVariables(
  runner: TestRunner,
  paths: readonly string[],
  program: ListedProgram,
  mode: Mode,
  prepared: Prepared,
  seed: number,
  before: Found,
): Found {
  const variables = filledVariables(paths, seed);
  if (variables[0]?.length === 0) return before;
  const [ours, theirs] = inTurn(runner, paths, program, mode, { ...prepared, variables });
  if (ours === undefined || theirs === undefined || (ours.refusal ?? theirs.refusal) !== undefined)
    return before;
  const found = verdictOf(ours, theirs);
  const figures = {
    packets: before.packets + found.packets,
    returns: Math.max(before.returns, found.returns),
    filledMaps: Math.max(before.filledMaps, found.filledMaps),
  };
  const isDifferent = found.status === 'differs';
  return {
    ...(isDifferent ? found : before),
    ...figures,
    ...(isDifferent && { reason: `with variables set, ${found.reason}` }),
  };
}

/** Compares all networking programs that both objects have. */
export function compareInKernel(
  runner: TestRunner,
  first: string,
  second: string,
  settings: Settings,
): { readonly verdicts: readonly Verdict[]; readonly refusal: string | undefined } {
  const [ours, theirs] = [runner.programs(first), runner.programs(second)];
  const known = (type: string): boolean => SUPPORTED.has(type) || NOT_RUN.has(type) || type === 'unspec';
  const common = ours.filter(({ name, type }) => known(type) && theirs.some((one) => one.name === name));
  const refusal = ours.length === 0 || theirs.length === 0 ? 'libbpf does not open it' : undefined;
  return {
    verdicts: common.map((program) => compareProgram(runner, [first, second], program, settings)),
    refusal,
  };
}

export { TestRunner, whyNoTestRun } from './test-run.ts';
