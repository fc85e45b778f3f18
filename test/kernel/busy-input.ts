/**
 * Packets and map contents with which a program executes most instructions, found in the machine for two objects of the same source.
 *
 * The rules, the same for every program: packets are generated, steered by the constants of both objects; maps are primed with the keys
 * that the second object looks up (fill-maps.ts), once not at all and several times with other values; from the best of these a
 * hill climb goes on: it primes what is still looked up in vain, and changes bytes of the packet and values of elements. The score is the
 * sum of the instructions that both objects execute, once the same input has run before, so that tables are warm. Inputs on which
 * the objects disagree, or that fault, do not count.
 */

import { readFileSync } from 'node:fs';
import { type LoadedObject, loadObject, type Machine } from '../../src/vm/index.ts';
import { inputsFor, usesPlainMaps } from './agreement.ts';
import { elementsFor, type Input, isFilled, pinOf, setElement, valueBytes } from './fill-maps.ts';
import { plant, Random } from './generate-packets.ts';
import type { MapElement } from './kernel-run.ts';
import { machineFor, type ProgramType, packetOfRun, runInMachine } from './machine-run.ts';
import { programFacts } from './program-facts.ts';

export interface SearchSettings {
  readonly packets: number;
  readonly seed: number;
}

/** An input with what the maps hold before it, and what comes of it when it has run before. */
export interface Candidate {
  readonly input: Input;
  readonly elements: readonly MapElement[];
  /** Instructions that each object executes. */
  readonly steps: readonly number[];
  readonly returnValue: number;
  readonly packet: Uint8Array;
}

interface Subject {
  readonly objects: readonly LoadedObject[];
  readonly program: string;
  readonly type: ProgramType;
  readonly constants: readonly bigint[];
  readonly isFilled: boolean;
}

type Outcome = Pick<Candidate, 'steps' | 'returnValue' | 'packet'>;

/** Empty maps, and several fillings of which one leaves gaps: a found element may also mean that a packet is dropped early. */
const SHARES = [0, 60, 100, 100, 100];
const FILL_ROUNDS = 6;
const CLIMBS = 2;
const CLIMB_ROUNDS = 4;
const CHANGES = 200;
const WARM_RUNS = 3;

const score = (outcome: Outcome | undefined): number =>
  outcome === undefined ? 0 : outcome.steps.reduce((sum, one) => sum + one, 0);

/** A machine for each object, with the same elements in the maps. */
class Machines {
  private readonly subject: Subject;
  private readonly list: readonly Machine[];

  constructor(subject: Subject, elements: readonly MapElement[]) {
    this.subject = subject;
    this.list = subject.objects.map((object) => machineFor(object));
    for (const element of elements) this.set(element);
  }

  set(element: MapElement): boolean {
    return this.list.map((machine) => setElement(machine, element)).every((isTaken) => isTaken);
  }

  /** Nothing where the objects do not do the same, or do what no verified program does. */
  run({ packet, fields }: Input): Outcome | undefined {
    const { program, type } = this.subject;
    const results = this.list.map((machine) => runInMachine(machine, program, type, packet, fields));
    const [first] = results;
    if (first === undefined || results.some(({ fault }) => fault !== undefined)) return undefined;
    const [returnValue, after] = [first.returnValue, packetOfRun(type, first)];
    const isSame = results.every(
      (result) =>
        result.returnValue === returnValue && Buffer.compare(packetOfRun(type, result), after) === 0,
    );
    return isSame ? { steps: results.map(({ steps }) => steps), returnValue, packet: after } : undefined;
  }
}

/** The outcome in machines of its own, warm. */
function warmOutcome(subject: Subject, input: Input, elements: readonly MapElement[]): Candidate | undefined {
  const machines = new Machines(subject, elements);
  let outcome: Outcome | undefined;
  for (let i = 0; i < WARM_RUNS; i++) {
    outcome = machines.run(input);
    if (outcome === undefined) return undefined;
  }
  return outcome === undefined ? undefined : { ...outcome, input, elements };
}

/** The input among all that is best with these elements. */
function bestOf(
  subject: Subject,
  inputs: readonly Input[],
  elements: readonly MapElement[],
): readonly Candidate[] {
  const machines = new Machines(subject, elements);
  const outcomes = inputs.map((input) => ({ input, worth: score(machines.run(input)) }));
  const found: Candidate[] = [];
  for (const { input, worth } of outcomes.sort((a, b) => b.worth - a.worth).slice(0, BEST)) {
    const candidate = worth > 0 ? warmOutcome(subject, input, elements) : undefined;
    if (candidate !== undefined) found.push(candidate);
  }
  return found;
}

const BEST = 4;

/** The elements that the second object asks for, and new ones for what it looks up in vain. */
function primed({ input, elements }: Candidate, subject: Subject, random: Random): readonly MapElement[] {
  const object = subject.objects.at(-1);
  if (object === undefined || !subject.isFilled) return elements;
  const asked = new Map<string, MapElement>();
  const machine = machineFor(object, (name, args, running) => {
    if (!/^bpf_map_(lookup|update|delete)_elem$/.test(name)) return;
    const handle = running.maps.find(({ raw }) => raw.address === args[0]);
    if (handle === undefined || !isFilled(handle)) return;
    const key = running.read(args[1] ?? 0n, handle.raw.definition.keySize);
    const pin = pinOf(handle.name);
    const known = elements.find((one) => one.pin === pin && Buffer.compare(one.key, key) === 0);
    const value = known?.value ?? valueBytes(random, handle.raw.definition.valueSize, subject.constants);
    asked.set(`${pin} ${Buffer.from(key).toString('hex')}`, { pin, key, value });
  });
  for (const element of elements) setElement(machine, element);
  runInMachine(machine, subject.program, subject.type, input.packet, input.fields);
  return [...asked.values()];
}

/** A packet with some of its bytes changed, or with the beginning of another. */
function changedInput(input: Input, subject: Subject, others: readonly Input[], random: Random): Input {
  const kind = random.below(10);
  const other = random.pick(others, input);
  if (kind === 0) return { ...input, fields: other.fields };
  const bytes = [...input.packet];
  if (kind === 1) {
    const at = random.below(Math.min(bytes.length, other.packet.length));
    return { ...input, packet: Uint8Array.from([...other.packet.subarray(0, at), ...bytes.slice(at)]) };
  }
  for (let i = random.below(3); i >= 0; i--) {
    if (random.chance(50)) plant(random, bytes, subject.constants);
    else
      bytes[random.below(Math.min(bytes.length, NEAR))] = random.chance(50)
        ? random.below(8)
        : random.below(256);
  }
  return { ...input, packet: Uint8Array.from(bytes) };
}

/** Headers are in the first bytes of a packet. */
const NEAR = 120;

/** An element with a part of its value changed. */
function changedElement(element: MapElement, subject: Subject, random: Random): MapElement {
  const value = Uint8Array.from(element.value);
  const fresh = valueBytes(random, value.length, subject.constants);
  const at = random.below(value.length) & ~3;
  value.set(random.chance(30) ? fresh : fresh.subarray(at, at + 4), 0);
  if (random.chance(70)) {
    value.set(element.value);
    value.set(fresh.subarray(at, at + 4), at);
  }
  return { ...element, value };
}

/** Hill climbing: a change stays if more is executed with it. */
function climbed(start: Candidate, subject: Subject, others: readonly Input[], random: Random): Candidate {
  let best = start;
  for (let round = 0; round < CLIMB_ROUNDS; round++) {
    const more = warmOutcome(subject, best.input, primed(best, subject, random));
    if (more !== undefined && score(more) >= score(best)) best = more;
    let machines = new Machines(subject, best.elements);
    for (let i = 0; i < CHANGES; i++) {
      const isPacket = best.elements.length === 0 || random.chance(60);
      const which = random.below(Math.max(1, best.elements.length));
      const elements = isPacket
        ? best.elements
        : best.elements.map((one, k) => (k === which ? changedElement(one, subject, random) : one));
      const input = isPacket ? changedInput(best.input, subject, others, random) : best.input;
      const changed = isPacket ? undefined : elements[which];
      if (changed !== undefined) machines.set(changed);
      const better = score(machines.run(input)) > score(best) && warmOutcome(subject, input, elements);
      if (better && score(better) > score(best)) {
        best = better;
        machines = new Machines(subject, best.elements);
      } else if (changed !== undefined) {
        const before = best.elements[which];
        if (before !== undefined) machines.set(before);
      }
    }
  }
  return best;
}

const isDistinct = (one: Candidate, i: number, all: readonly Candidate[]): boolean =>
  all.findIndex((other) => score(other) === score(one)) === i;

/** Inputs by what is executed with them, most first; none where the machine does not have what the program needs. */
export function busyCandidates(
  paths: readonly string[],
  program: string,
  type: ProgramType,
  settings: SearchSettings,
): readonly Candidate[] {
  try {
    return search(
      paths.map((path) => loadObject(readFileSync(path))),
      program,
      type,
      settings,
    );
  } catch {
    return [];
  }
}

function search(
  objects: readonly LoadedObject[],
  program: string,
  type: ProgramType,
  settings: SearchSettings,
): readonly Candidate[] {
  const facts = objects.flatMap((object) => {
    const entry = object.functions.find(({ name }) => name === program);
    return entry === undefined ? [] : [programFacts(object, entry)];
  });
  const all = [...new Set(facts.flatMap(({ constants }) => constants))].sort((a, b) => (a < b ? -1 : 1));
  const constants = all.filter((value) => value < 0x1_0000_0000n);
  const isFilledToo = facts.every(usesPlainMaps);
  const subject: Subject = { objects, program, type, constants, isFilled: isFilledToo };
  const inputs = inputsFor(all, settings);
  const theirs = objects.at(-1);
  const found = SHARES.slice(0, isFilledToo ? SHARES.length : 1).flatMap((share, i) => {
    const fill = { seed: settings.seed + i, share, rounds: FILL_ROUNDS };
    const isPrimed = share > 0 && theirs !== undefined;
    const elements = isPrimed ? elementsFor(theirs, program, type, inputs, all, fill) : [];
    return bestOf(subject, inputs, elements);
  });
  const byScore = (a: Candidate, b: Candidate): number => score(b) - score(a);
  const starts = found.sort(byScore).filter(isDistinct);
  const random = new Random(settings.seed + 4000);
  const tops = starts.slice(0, CLIMBS).map((start) => climbed(start, subject, inputs, random));
  return [...tops, ...starts].sort(byScore).filter(isDistinct);
}
