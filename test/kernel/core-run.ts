/**
 * Programs with CO-RE relocations against kernels that never were: the BTF of a target file (test/fixtures/core) for libbpf, and the
 * object `image` of the same file, with the target's layout, as the program's `memory`.
 */

import { readFileSync } from 'node:fs';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';
import { variablesOf } from './data-variables.ts';
import type { InitialBytes, TestRunner } from './test-run.ts';

/** 64-bit numbers by name, in the order of the struct's members. */
export type Numbers = Readonly<Record<string, bigint>>;

/** A variable of a data section with its first bytes. */
function initialBytes(path: string, wanted: string): Uint8Array {
  const object = readElf(readFileSync(path));
  const variable = variablesOf(path).find(({ name }) => name === wanted);
  if (isElfError(object) || variable === undefined) throw new Error(`${path} has no ${wanted}`);
  const data = object.sections.find(({ name }) => name === variable.section)?.data;
  return data?.subarray(variable.offset, variable.offset + variable.size) ?? new Uint8Array(0);
}

function numbersOf(digits: string, names: readonly string[]): Numbers {
  const bytes = Buffer.from(digits, 'hex');
  return Object.fromEntries(names.map((name, i) => [name, bytes.readBigInt64LE(i * 8)]));
}

/** What a program leaves in a struct of 64-bit numbers, or why it does not run; without a target, in the running kernel. */
export function runAgainst(
  runner: TestRunner,
  object: string,
  target: string | undefined,
  program: { readonly name: string; readonly type: string },
  variable: string,
  names: readonly string[],
): Numbers | string {
  const variables = variablesOf(object);
  const image = target === undefined ? new Uint8Array(0) : initialBytes(target, 'image');
  const memory = variables.flatMap(({ name, section, offset }): InitialBytes[] =>
    name === 'memory' || name === 'other' ? [{ section, offset, bytes: image }] : [],
  );
  const place = variables.find(({ name }) => name === variable);
  const input = { packet: new Uint8Array(program.type === 'xdp' ? 64 : 0), context: undefined };
  const run = runner.run(object, program, 'alone', { variables: memory, elements: [] }, [input], 1, target);
  if (run.refusal !== undefined || place === undefined) return run.refusal ?? `no ${variable}`;
  const section = [...run.observed].find(([what]) => what.endsWith(place.section))?.[1].get('00000000') ?? '';
  return numbersOf(section.slice(place.offset * 2, (place.offset + place.size) * 2), names);
}
