/** Builders for the inputs of the object tests: the least a function or a variable needs. */

import type { Instruction } from '../../src/isa/instruction.ts';
import type { FunctionInput, ObjectInput, VariableInput } from '../../src/object/builder.ts';

export function func(
  name: string,
  section: string,
  instructions: readonly Instruction[],
  rest: Partial<FunctionInput> = {},
): FunctionInput {
  return { name, section, instructions, relocations: [], linkage: 'global', visibility: 'default', ...rest };
}

export function variable(name: string, section: string, rest: Partial<VariableInput> = {}): VariableInput {
  const size = rest.data?.length ?? rest.size ?? 4;
  const defaults = {
    data: undefined,
    align: 4,
    linkage: 'global',
    visibility: 'default',
    writable: true,
  } as const;
  return { name, section, relocations: [], ...defaults, ...rest, size };
}

export function input(rest: Partial<ObjectInput>): ObjectInput {
  return {
    littleEndian: true,
    functions: [],
    variables: [],
    externs: [],
    aliases: [],
    extraSections: [],
    ...rest,
  };
}

/** A NUL-terminated string as bytes. */
export const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);
