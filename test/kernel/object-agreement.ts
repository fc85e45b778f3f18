/**
 * Two objects of the same source, both in the machine: the same packets and map elements must give the same return values, packets,
 * context fields, maps and global variables. A difference is a miscompile of one of them, or undefined behaviour of the source.
 */

import { type LoadedObject, loadObject, type Machine } from '../../src/vm/index.ts';
import {
  firstDifference,
  inputsFor,
  machineMaps,
  type Settings,
  usesPlainMaps,
  type Verdict,
} from './agreement.ts';
import { elementsFor, type Input, SOME, setElement } from './fill-maps.ts';
import { fieldsOfRun, machineFor, PACKET_TYPES, type ProgramType, runInMachine } from './machine-run.ts';
import { programFacts } from './program-facts.ts';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

/** What a run did, as texts by what they are of. A fault's place differs with the compiler; its kind does not. */
function outcome(machine: Machine, program: string, type: ProgramType, input: Input): Map<string, string> {
  const result = runInMachine(machine, program, type, input.packet, input.fields);
  if (result.fault !== undefined) return new Map([['fault', result.fault.kind]]);
  return new Map([
    ['return value', `${result.returnValue}`],
    ['packet', hex(result.packet)],
    ['context', fieldsOfRun(result)],
    [
      'redirect',
      result.redirect === undefined
        ? ''
        : `${result.redirect.helper} ${result.redirect.ifindex} ${result.redirect.key}`,
    ],
    ['events', result.events.map(({ data }) => hex(data)).join(' ')],
  ]);
}

/** Values of global variables that can be written, by name. */
function variablesOf(machine: Machine): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, { section, offset, size }] of machine.object.variables) {
    const data = machine.object.data.find(({ index }) => index === section);
    if (data?.writable !== true || data.pointers.length > 0) continue;
    const bytes = machine.dataSection(data.name)?.subarray(offset, offset + size);
    found.set(name, hex(bytes));
  }
  return found;
}

function differenceOf(
  what: string,
  ours: Map<string, string>,
  theirs: Map<string, string>,
): string | undefined {
  return firstDifference(what, ours, theirs, ['the first object', 'the second']);
}

/** Variables both have: an unused one may be gone from either. */
function compareVariables(first: Machine, second: Machine): string | undefined {
  const [ours, theirs] = [variablesOf(first), variablesOf(second)];
  for (const name of [...ours.keys()]) if (!theirs.has(name)) ours.delete(name);
  for (const name of [...theirs.keys()]) if (!ours.has(name)) theirs.delete(name);
  return differenceOf('variable', ours, theirs);
}

function compareMaps(first: Machine, second: Machine): string | undefined {
  const theirs = machineMaps(second);
  for (const [pin, contents] of machineMaps(first)) {
    const difference = differenceOf(`map ${pin}`, contents, theirs.get(pin) ?? new Map());
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** The type of a program; sections of other names are taken by what they are called. */
function typeOf(object: LoadedObject, name: string): ProgramType | undefined {
  const found = object.functions.find((one) => one.name === name);
  if (found === undefined || (found.program === undefined && (!found.isGlobal || found.section === '.text')))
    return undefined;
  const type = found.program?.type ?? (`${found.section} ${name}`.includes('xdp') ? 'xdp' : 'sched_cls');
  return PACKET_TYPES.has(type) ? type : undefined;
}

function compareProgram(
  first: LoadedObject,
  second: LoadedObject,
  program: string,
  type: ProgramType,
  settings: Settings,
): Verdict {
  const entry = first.functions.find(({ name }) => name === program);
  const facts = entry === undefined ? undefined : programFacts(first, entry);
  const constants = facts?.constants ?? [];
  const inputs = inputsFor(constants, settings).slice(0, settings.packets);
  const elements =
    facts !== undefined && usesPlainMaps(facts)
      ? elementsFor(first, program, type, inputs, constants, { ...SOME, seed: settings.seed })
      : [];
  const [ours, theirs] = [machineFor(first), machineFor(second)];
  for (const element of elements) {
    setElement(ours, element);
    setElement(theirs, element);
  }
  const returns = new Set<string>();
  let difference: string | undefined;
  for (const [i, input] of inputs.entries()) {
    const outcomes = [outcome(ours, program, type, input), outcome(theirs, program, type, input)] as const;
    returns.add(outcomes[0].get('return value') ?? 'fault');
    const found = differenceOf('', ...outcomes);
    if (found !== undefined) difference = `packet ${i} (${hex(input.packet)}): ${found}`;
    if (found !== undefined) break;
  }
  difference ??= compareMaps(ours, theirs) ?? compareVariables(ours, theirs);
  return {
    program,
    type,
    status: difference === undefined ? 'agrees' : 'differs',
    reason: difference ?? '',
    packets: inputs.length,
    paths: 0,
    returns: returns.size,
    filledMaps: 0,
  };
}

/** Compares all packet programs that both objects have. */
export function compareObjects(
  first: Uint8Array,
  second: Uint8Array,
  settings: Settings,
): { readonly verdicts: readonly Verdict[]; readonly refusal: string | undefined } {
  const [ours, theirs] = [loadObject(first), loadObject(second)];
  const verdicts: Verdict[] = [];
  for (const { name } of ours.functions) {
    const type = typeOf(ours, name);
    if (type !== undefined && typeOf(theirs, name) !== undefined) {
      verdicts.push(compareProgram(ours, theirs, name, type, settings));
    }
  }
  return { verdicts, refusal: undefined };
}
