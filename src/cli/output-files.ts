/**
 * Which files a compilation writes, and writing them: an input and the flags -> paths; a result -> files on the disk.
 *
 * Names are clang's: the input's name with another ending, in this folder or in that of `--out-dir`; the make rule beside
 * it. Every file appears whole or not at all (output.ts).
 */

import { basename, join, normalize } from 'node:path';
import type { Invocation } from '../driver/command-line.ts';
import type { CompileResult } from '../driver/compile.ts';
import { makeFolders } from './make-folders.ts';
import { writeWhole } from './output.ts';

function named(invocation: Invocation, input: string, ending: string): string {
  const name = `${input === '-' ? '-' : basename(input).replace(/\.[^.]*$/, '')}${ending}`;
  return invocation.outDir === undefined ? name : join(invocation.outDir, name);
}

/** Where the output of one input goes; undefined when there is none. */
export function outputPath(invocation: Invocation, input: string): string | undefined {
  const { output, outDir, options } = invocation;
  if (output !== undefined) return output;
  switch (options.phase) {
    case 'preprocess':
      return outDir === undefined ? '-' : named(invocation, input, '.i');
    case 'syntax':
      return undefined;
    case 'assembly':
      return input === '-' ? '-' : named(invocation, input, '.s');
    case 'html':
      return input === '-' ? '-' : named(invocation, input, '.html');
    case 'object':
      return named(invocation, input, '.o');
    default:
      return options.phase satisfies never;
  }
}

/** The object's name in make rules and source maps. */
export function objectName(invocation: Invocation, input: string): string {
  const { output, options } = invocation;
  if (output !== undefined && output !== '-' && options.phase !== 'preprocess') return output;
  return named(invocation, input, '.o');
}

function dependencyPath(invocation: Invocation, output: string | undefined): string {
  const { dependencies } = invocation.options;
  if (dependencies.file !== undefined) return dependencies.file;
  if (dependencies.kind === 'only') return invocation.output ?? '-';
  return (output ?? 'a.o').replace(/\.[^./]*$/, '').concat('.d');
}

/** What is wrong with the outputs of an invocation: two inputs that would be written to one file. */
export function outputCollisions(invocation: Invocation): readonly string[] {
  const inputs = new Map<string, string>();
  const errors: string[] = [];
  if (invocation.output !== undefined || invocation.options.dependencies.kind === 'only') return errors;
  for (const input of invocation.inputs) {
    const output = outputPath(invocation, input);
    if (output === undefined || output === '-') continue;
    const place = normalize(output);
    const other = inputs.get(place);
    if (other === undefined) inputs.set(place, input);
    else if (other === input) errors.push(`'${input}' is given twice`);
    else {
      errors.push(
        `'${other}' and '${input}' would both be written to '${output}'; rename one, or compile them with an --out-dir each`,
      );
    }
  }
  return errors;
}

/** Makes the folder of `--out-dir`; the reason where that fails. */
export function makeOutDir({ outDir }: Invocation): string | undefined {
  if (outDir === undefined) return undefined;
  try {
    makeFolders(outDir);
    return undefined;
  } catch (error) {
    return `cannot make the folder '${outDir}': ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Writes what a compilation made. Gives what went wrong; nothing when all worked. */
export function writeResult(invocation: Invocation, input: string, result: CompileResult): readonly string[] {
  const output = outputPath(invocation, input);
  const { options } = invocation;
  const failures: string[] = [];
  const write = (path: string, content: Uint8Array | string): void => {
    const reason = writeWhole(path, content);
    if (reason !== undefined) failures.push(`unable to open output file '${path}': '${reason}'`);
  };
  if (result.dependencies !== undefined) write(dependencyPath(invocation, output), result.dependencies);
  if (result.hasErrors || output === undefined) return failures;
  if (result.text !== undefined && options.dependencies.kind !== 'only') write(output, result.text);
  if (result.object !== undefined) write(output, result.object);
  if (result.sourceMap !== undefined && output !== '-') write(`${output}.map`, result.sourceMap);
  return failures;
}
