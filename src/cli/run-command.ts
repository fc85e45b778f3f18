/**
 * `bpfcc-ts run FILE(.c|.o)`: compiles where needed and runs a program in the machine.
 *
 * Exit status: 0; 1 on a fault (hosted: on another result than expected); 2 where the source does not compile; 70 on
 * a bug of ours.
 */

import { parseCommandLine } from '../driver/command-line.ts';
import { createSession } from '../driver/session.ts';
import { type HostedOptions, runHosted } from './hosted-run.ts';
import { reportingBugs } from './internal-error.ts';
import { type PacketRunOptions, runPacketCommand } from './packet-run.ts';

export interface RunOptions extends HostedOptions, PacketRunOptions {
  readonly hosted: boolean;
}

const Status = Object.freeze({ ok: 0, failed: 1, 'does-not-compile': 2 });

function run(args: readonly string[], options: RunOptions): number {
  if (!options.hosted) return runPacketCommand(createSession(), args, options);
  const { outcome, stdout, stderr } = runHosted(createSession(), args, options);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return Status[outcome];
}

/** Runs a file; gives the exit status. */
export function runCommand(args: readonly string[], options: RunOptions): number {
  return reportingBugs(parseCommandLine(args).inputs[0], args, () => run(args, options));
}
