/**
 * `run --hosted`: a C program with `main` (C11 5.1.2.2) compiled and run in the machine.
 *
 * In: the compiler's flags and one source or object. Out: how it ended and what it wrote; nothing is printed here, so
 * that a script may run thousands of programs in one process and one session.
 */

import type { Session } from '../driver/session.ts';
import { createMachine, LoadError, loadObject, renderFault } from '../vm/index.ts';
import { complaint } from './complaint.ts';
import { runInput } from './run-input.ts';

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

/** Compiles and runs one program. Only bugs of ours are thrown. */
export function runHosted(session: Session, args: readonly string[], options: HostedOptions): HostedResult {
  const { object, messages } = runInput(session, ['-D__BPFCC_HOSTED__=1', ...tolerated, ...args], true);
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
    return { outcome: 'failed', stdout: '', stderr: messages + complaint(error.message) };
  }
}
