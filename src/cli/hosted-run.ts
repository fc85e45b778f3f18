/**
 * `run --hosted`: a C program with `main` (C11 5.1.2.2) compiled and run in the machine.
 *
 * In: the compiler's flags and one source or object. Out: how it ended and what it wrote; nothing is printed here, so
 * that a script may run thousands of programs in one process and one session.
 */

import { readFileSync } from 'node:fs';
import { renderDiagnostics, renderSummary } from '../diagnostics/render.ts';
import { parseCommandLine } from '../driver/command-line.ts';
import { compileSource } from '../driver/compile.ts';
import type { Session } from '../driver/session.ts';
import { createMachine, LoadError, loadObject, renderFault } from '../vm/index.ts';
import { nodeHost } from './node-host.ts';

export interface HostedOptions {
  /** The function to run. */
  readonly entry: string;
  /** The result that is right. */
  readonly expect: number;
}

export interface HostedResult {
  readonly outcome: 'ok' | 'failed' | 'does-not-compile';
  /** What the program wrote. */
  readonly stdout: string;
  /** Diagnostics, the fault, or the wrong result. */
  readonly stderr: string;
}

/** Programs of C89 are programs: what later standards made errors is a warning here, as for a host's compiler. */
const tolerated = ['implicit-function-declaration', 'implicit-int', 'int-conversion', 'return-mismatch'].map(
  (group) => `-Wno-error=${group}`,
);

function compiled(
  session: Session,
  args: readonly string[],
): { readonly object: Uint8Array | undefined; readonly messages: string } {
  const { inputs, errors, options } = parseCommandLine([...tolerated, ...args]);
  const [path] = inputs;
  if (errors.length > 0 || path === undefined) {
    const problems = errors.length > 0 ? errors : ['no input file'];
    return {
      object: undefined,
      messages: problems.map((problem) => `bpfcc-ts: error: ${problem}\n`).join(''),
    };
  }
  if (path.endsWith('.o')) return { object: readFileSync(path), messages: '' };
  const { object, diagnostics, sources } = compileSource({
    session,
    host: nodeHost(),
    path,
    outputName: 'a.o',
    options: { ...options, phase: 'object', hostedMachine: true },
  });
  const messages =
    diagnostics.length > 0 ? renderDiagnostics(diagnostics, sources) + renderSummary(diagnostics) : '';
  return { object, messages };
}

/** Compiles and runs one program. Only bugs of ours are thrown. */
export function runHosted(session: Session, args: readonly string[], options: HostedOptions): HostedResult {
  const { object, messages } = compiled(session, args);
  if (object === undefined) return { outcome: 'does-not-compile', stdout: '', stderr: messages };
  try {
    const machine = createMachine(loadObject(object), { hosted: true });
    const { r0, fault, stdout } = machine.program(options.entry).run();
    if (fault !== undefined) {
      return { outcome: 'failed', stdout, stderr: `${messages}${renderFault(fault)}\n` };
    }
    const result = BigInt.asIntN(32, r0);
    if (result === BigInt(options.expect)) return { outcome: 'ok', stdout, stderr: messages };
    const wrong = `${options.entry} returned ${result}, expected ${options.expect}\n`;
    return { outcome: 'failed', stdout, stderr: messages + wrong };
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { outcome: 'failed', stdout: '', stderr: `${messages}bpfcc-ts: error: ${error.message}\n` };
  }
}
