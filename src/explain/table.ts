/** All kinds of refusals in the order in which they are tried: a row that is more special stands before the general one. */

import type { Refusal } from './refusal.ts';
import { callRefusals } from './refusals/calls.ts';
import { controlRefusals } from './refusals/control.ts';
import { kernelRefusals } from './refusals/kernel.ts';
import { memoryRefusals } from './refusals/memory.ts';
import { pointerRefusals } from './refusals/pointers.ts';
import { referenceRefusals } from './refusals/references.ts';
import { stackRefusals } from './refusals/stack.ts';

/** The table by chapters, for the printed list. */
export const refusalChapters: readonly { readonly title: string; readonly rows: readonly Refusal[] }[] = [
  { title: 'Memory behind pointers', rows: memoryRefusals },
  { title: 'Stack and registers', rows: stackRefusals },
  { title: 'Pointers, context and return values', rows: pointerRefusals },
  { title: 'References, locks, dynptrs and iterators', rows: referenceRefusals },
  { title: 'Calls and arguments', rows: callRefusals },
  { title: 'Loops, jumps and instructions', rows: controlRefusals },
  { title: 'Objects of the kernel, types and loading', rows: kernelRefusals },
];

export const refusals: readonly Refusal[] = refusalChapters.flatMap(({ rows }) => rows);

export function refusalById(id: string): Refusal | undefined {
  return refusals.find((row) => row.id === id);
}
