/**
 * Which C variable lies where on the stack? Where this compiler made the code from a source at hand, it knows; an object does not say.
 *
 * Variables that are never alive together may lie in the same place: then the one counts that the line of C names.
 */

import { nameIn } from './names.ts';
import type { StackVariable } from './object-facts.ts';

/** What the compiler puts on the stack for itself has no such name. */
const identifier = /^[A-Za-z_]\w*$/;

/** The variable at an offset from the top of the stack, for somebody who reads `text`. */
export function variableAt(
  stack: readonly StackVariable[],
  offset: number,
  text: string,
): StackVariable | undefined {
  const found = stack.filter(
    (one) => identifier.test(one.name) && offset >= one.offset && offset < one.offset + one.size,
  );
  const names = [...new Set(found.map(({ name }) => name))];
  const name = names.length === 1 ? names[0] : nameIn(text, names);
  return found.find((one) => one.name === name);
}

/** A state with the variable behind an address on the stack of the function itself: `fp-12 (key+4)`. */
export function withVariable(
  state: string,
  variableOf: (offset: number) => StackVariable | undefined,
): string {
  const offset = /^fp(-\d{1,3})$/.exec(state)?.[1];
  const variable = offset === undefined ? undefined : variableOf(Number(offset));
  if (variable === undefined) return state;
  const inside = Number(offset) - variable.offset;
  return `${state} (${variable.name}${inside === 0 ? '' : `+${inside}`})`;
}
