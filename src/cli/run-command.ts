/**
 * `bpfcc-ts run FILE(.c|.o)`: compiles where needed and runs a program in the machine.
 *
 * Exit status: 0; 1 on a fault (hosted: on another result than expected); 2 where the source does not compile.
 */

import { readFileSync } from 'node:fs';
import { renderDiagnostics, renderSummary } from '../diagnostics/render.ts';
import { parseCommandLine } from '../driver/command-line.ts';
import { compileSource } from '../driver/compile.ts';
import { createSession } from '../driver/session.ts';
import { createMachine, LoadError, loadObject, renderFault } from '../vm/index.ts';
import { nodeHost } from './node-host.ts';

export interface RunOptions {
  readonly hosted: boolean;
  readonly entry: string;
  readonly expect: number;
}

const Status = Object.freeze({ ok: 0, failed: 1, doesNotCompile: 2 });

/** The object behind a file: read as it is, or compiled with the flags of the command line. */
function objectBytes(args: readonly string[], hosted: boolean): Uint8Array | undefined {
  const invocation = parseCommandLine(args);
  const [input] = invocation.inputs;
  for (const error of invocation.errors) process.stderr.write(`bpfcc-ts: error: ${error}\n`);
  if (invocation.errors.length > 0 || input === undefined) return undefined;
  if (input.endsWith('.o')) return readFileSync(input);
  const options = { ...invocation.options, phase: 'object', hostedMachine: hosted } as const;
  const request = { session: createSession(), host: nodeHost(), path: input, outputName: 'a.o', options };
  const { object, diagnostics, sources } = compileSource(request);
  if (diagnostics.length > 0) {
    process.stderr.write(renderDiagnostics(diagnostics, sources) + renderSummary(diagnostics));
  }
  return object;
}

function runHosted(bytes: Uint8Array, options: RunOptions): number {
  const machine = createMachine(loadObject(bytes), { hosted: true });
  const { r0, fault, stdout } = machine.program(options.entry).run();
  process.stdout.write(stdout);
  if (fault !== undefined) {
    process.stderr.write(`${renderFault(fault)}\n`);
    return Status.failed;
  }
  const result = BigInt.asIntN(32, r0);
  if (result === BigInt(options.expect)) return Status.ok;
  process.stderr.write(`${options.entry} returned ${result}, expected ${options.expect}\n`);
  return Status.failed;
}

/** Runs a file; gives the exit status. */
export function runCommand(args: readonly string[], options: RunOptions): number {
  const bytes = objectBytes(args, options.hosted);
  if (bytes === undefined) return Status.doesNotCompile;
  try {
    return runHosted(bytes, options);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    process.stderr.write(`bpfcc-ts: error: ${error.message}\n`);
    return Status.failed;
  }
}
