/**
 * Bugs of ours, for every command: what was thrown -> a report on standard error, a file that shows the bug again, and
 * exit status 70 (EX_SOFTWARE of BSD's sysexits.h).
 *
 * The file holds the command line, the preprocessed source and, where a pass broke its function, the function.
 */

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseCommandLine } from '../driver/command-line.ts';
import { compileSource } from '../driver/compile.ts';
import { createSession } from '../driver/session.ts';
import { InternalError } from '../support/bug.ts';
import { nodeHost } from './node-host.ts';
import { version } from './version.ts';

/** Exit status of a command that met a bug of ours. */
export const internalErrorStatus = 70;

/** The source as the preprocessor leaves it; undefined for an object, for standard input (read already), or where that fails. */
function preprocessed(path: string, args: readonly string[]): string | undefined {
  if (path === '-' || path.endsWith('.o')) return undefined;
  const options = { ...parseCommandLine(args).options, phase: 'preprocess', noLineMarkers: true } as const;
  try {
    const request = { session: createSession(), host: nodeHost(), path, outputName: 'a.o', options };
    return compileSource(request).text;
  } catch {
    return undefined;
  }
}

/** Writes the file; gives its path, or undefined where there is nothing to write or no place for it. */
function writeReproducer(error: unknown, message: string, input: string, args: readonly string[]) {
  const text = preprocessed(input, args);
  if (text === undefined) return undefined;
  const path = join(tmpdir(), `bpfcc-ts-${process.pid}-${basename(input).replace(/\W/g, '_')}.c`);
  const ir =
    error instanceof InternalError && 'ir' in error
      ? `\n/*\n${String(error.ir).replaceAll('*/', '* /')}\n*/\n`
      : '';
  const head = `// bpfcc-ts ${version} ${args.join(' ')}\n// ${message.replaceAll('\n', '\n// ')}\n`;
  try {
    writeFileSync(path, head + text + ir);
    return path;
  } catch {
    return undefined;
  }
}

function reportBug(error: unknown, input: string | undefined, args: readonly string[]): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`bpfcc-ts: internal error: ${message}\n`);
  if (!(error instanceof InternalError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  const path = input === undefined ? undefined : writeReproducer(error, message, input, args);
  process.stderr.write(
    path === undefined
      ? 'bpfcc-ts: please report this with the source and the command line\n'
      : `bpfcc-ts: please report this; a file that reproduces it is at ${path}\n`,
  );
}

/**
 * Runs a command on one input and gives its exit status; whatever it throws is a bug of ours.
 *
 * @param args The compiler's flags, for the report.
 */
export function reportingBugs(
  input: string | undefined,
  args: readonly string[],
  command: () => number,
): number {
  try {
    return command();
  } catch (error) {
    reportBug(error, input, args);
    return internalErrorStatus;
  }
}
