/**
 * Elements for the maps of a program, so that its packets find something: a dry run in the machine tells which keys the program
 * looks up, and a part of them gets values made of small numbers and of the program's constants. Tables that user space
 * would fill are thus not empty, and what lies behind a successful lookup runs too.
 */

import type { LoadedObject, Machine, MapHandle } from '../../src/vm/index.ts';
import { Random } from './generate-packets.ts';
import type { MapElement } from './kernel-run.ts';
import { type BufferFields, machineFor, type ProgramType, runInMachine, withBytes } from './machine-run.ts';

export interface Input {
  readonly packet: Uint8Array;
  readonly fields: BufferFields;
}

const FILLED_TYPES = new Set(['hash', 'lru_hash', 'array', 'lpm_trie']);
/** What a line of bpftool's batch can hold, with room to spare. */
const LARGEST = 1024;
const MOST_KEYS = 64;

/** How much of what is looked up is there. */
export interface FillSettings {
  readonly seed: number;
  /** Keys that get an element, in percent. */
  readonly share: number;
  /** What a first lookup finds leads to others: how often they are followed. */
  readonly rounds: number;
}

/** Some lookups find something and some do not. */
export const SOME: Omit<FillSettings, 'seed'> = { share: 60, rounds: 3 };

export const pinOf = (name: string): string => name.replaceAll('.', '_');

export const isFilled = ({ raw, type }: MapHandle): boolean =>
  FILLED_TYPES.has(type) && raw.definition.valueSize <= LARGEST && raw.definition.keySize <= LARGEST;

/** Small numbers mostly: indices, flags and counts rather than noise. */
export function valueBytes(random: Random, size: number, constants: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 <= size; at += 4) {
    const kind = random.below(10);
    const value =
      kind < 4
        ? random.below(4)
        : kind < 6
          ? random.below(256)
          : Number(random.pick(constants, 0n) & 0xffff_ffffn);
    view.setUint32(at, kind === 9 ? random.next() : value, random.chance(70));
  }
  for (let at = size & ~3; at < size; at++) bytes[at] = random.below(4);
  return bytes;
}

/** Sets an element in a machine; false where the map refuses it. */
export function setElement(machine: Machine, { pin, key, value }: MapElement): boolean {
  const raw = machine.maps.find(({ name }) => pinOf(name) === pin)?.raw;
  return (
    raw !== undefined &&
    withBytes(raw, [key, value], (keyAt = 0, valueAt = 0) => raw.update(keyAt, valueAt, 0)) === 0
  );
}

/** Keys that a program looks up in maps that are filled, by map, of one run over all inputs. */
function lookedUp(
  object: LoadedObject,
  program: string,
  type: ProgramType,
  inputs: readonly Input[],
  elements: readonly MapElement[],
): ReadonlyMap<string, ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Map<string, Uint8Array>>();
  const machine = machineFor(object, (name, args, running) => {
    if (!/^bpf_map_(lookup|update|delete)_elem$/.test(name)) return;
    const handle = running.maps.find(({ raw }) => raw.address === args[0]);
    if (handle === undefined || !isFilled(handle)) return;
    const key = running.read(args[1] ?? 0n, handle.raw.definition.keySize);
    const keys = found.get(handle.name) ?? new Map<string, Uint8Array>();
    if (keys.size < MOST_KEYS) keys.set(Buffer.from(key).toString('hex'), key);
    found.set(handle.name, keys);
  });
  for (const element of elements) setElement(machine, element);
  for (const { packet, fields } of inputs) runInMachine(machine, program, type, packet, fields);
  return found;
}

/** Elements for the maps of a program; the same for the same seed. */
export function elementsFor(
  object: LoadedObject,
  program: string,
  type: ProgramType,
  inputs: readonly Input[],
  constants: readonly bigint[],
  { seed, share, rounds }: FillSettings,
): readonly MapElement[] {
  const random = new Random(seed + 2000);
  const elements: MapElement[] = [];
  const decided = new Set<string>();
  // Takes all of them, so that a map that is full refuses the next.
  const taker = machineFor(object);
  const small = constants.filter((value) => value < 0x1_0000_0000n);
  for (let round = 0; round < rounds && taker.maps.some(isFilled); round++) {
    const before = elements.length;
    for (const [name, keys] of lookedUp(object, program, type, inputs, elements)) {
      for (const [text, key] of keys) {
        if (decided.has(`${name} ${text}`)) continue;
        decided.add(`${name} ${text}`);
        const { valueSize } = taker.map(name).raw.definition;
        const element = { pin: pinOf(name), key, value: valueBytes(random, valueSize, small) };
        if (random.chance(share) && setElement(taker, element)) elements.push(element);
      }
    }
    if (elements.length === before) break;
  }
  return elements;
}
