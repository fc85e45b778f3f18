/**
 * Which C variable does a register hold? Where this compiler made the code from a source at hand, it says so (`explain.ts` asks
 * first). Otherwise: compilers leave no map from registers to variables in an object, but the line
 * of the instruction that made the value names it: `entry = bpf_map_lookup_elem(...)` made what `entry` is.
 */

import { helperByName } from '../isa/helpers.ts';
import type { SourceLine } from './log.ts';
import type { Origin, Trace } from './trace.ts';

/** Longer lines are generated; matching in them is not worth the time. */
const maxText = 1000;

/** A name and an operator at the end of the text before `=`. */
const target = /(?<![\w.>])(?<name>[A-Za-z_]\w{0,80})\s*(?:<<|>>|[-+*/%&|^])?$/;
const maxTarget = 120;

interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly at: number;
}

/** Assignments to plain variables in a line; `*p = x` and `a.b = x` change what is not a variable. */
function assignmentsIn(line: string): readonly Assignment[] {
  const text = line.slice(0, maxText);
  const found: Assignment[] = [];
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1)) {
    if (text.charAt(at + 1) === '=') {
      at++;
      continue;
    }
    const head = text.slice(Math.max(0, at - maxTarget), at);
    const match = target.exec(head);
    const name = match?.groups?.['name'];
    if (match === null || name === undefined) continue;
    const prefix = (
      head
        .slice(0, match.index)
        .split(/[;({,]/)
        .at(-1) ?? ''
    ).trim();
    // `int *p = x` declares p; `*p = x` stores.
    const isStore = prefix.endsWith('*') && !/\w[\s*]*$/.test(prefix);
    if (!isStore) found.push({ name, value: text.slice(at + 1).split(';', 1)[0] ?? '', at });
  }
  return found;
}

function assignedAt(source: SourceLine): Assignment | undefined {
  const all = assignmentsIn(source.text);
  const { column } = source;
  if (column === undefined || column <= 0) return all[0];
  return all.findLast(({ at }) => at < column) ?? all[0];
}

/** The variable an instruction's line gives its value to. */
function nameFrom(origin: Origin): string | undefined {
  const { source } = origin.step;
  if (source === undefined) return undefined;
  const assigned = assignedAt(source);
  if (assigned === undefined) return undefined;
  const { effect } = origin;
  // A value that is only an argument of the assigned call is not what is assigned.
  if (effect.kind === 'call' && effect.name !== '' && source.text.includes(`${effect.name}(`)) {
    return assigned.value.includes(`${effect.name}(`) ? assigned.name : undefined;
  }
  return assigned.name;
}

/** Of several names for one value, the first that stands in a line. */
export function nameIn(text: string, names: readonly string[]): string | undefined {
  return names.find((name) => {
    for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
      if (!/\w/.test(text.charAt(at - 1)) && !/\w/.test(text.charAt(at + name.length))) return true;
    }
    return false;
  });
}

/** Parameters of a function from the line of its head, for logs without an object. */
export function parametersInText(text: string): readonly string[] {
  const [, list] = /^[^=;]*?\w\s*\(([^()]*)\)?/.exec(text.slice(0, maxText)) ?? [];
  if (list === undefined || /^\s*(?:void)?\s*$/.test(list)) return [];
  return list.split(',').map((part) => /([A-Za-z_]\w*)\s*(?:\[[^\]]*\])?\s*$/.exec(part)?.[1] ?? '');
}

/** The variable that holds the traced value; `parametersAt` gives those of the function whose first step is at an index. */
export function variableName(
  { origins, parameters }: Trace,
  parametersAt: (entry: number) => readonly string[],
): string | undefined {
  let next = 0;
  for (let at = 0; at <= origins.length; at++) {
    for (let one = parameters[next]; one !== undefined && one.behind === at; one = parameters[++next]) {
      const name = parametersAt(one.entry)[one.number];
      if (name !== undefined && name !== '') return name;
    }
    const origin = origins[at];
    const name = origin === undefined ? undefined : nameFrom(origin);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** `argument 2 ('key')` for a register that a helper takes. */
export function argumentName(helper: string, register: number): string {
  const parameter = helperByName(helper)?.parameters[register - 1];
  return parameter === undefined || parameter.name === ''
    ? `argument ${register}`
    : `argument ${register} ('${parameter.name}')`;
}
