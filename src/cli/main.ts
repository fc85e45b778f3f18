/**
 * The command line: compiling is what happens without a command's name; everything else is a commander command and loaded
 * only for one.
 */

import { isBisectFlag } from './bisect-flag.ts';
import { compileCommand, fromNothing } from './compile-command.ts';
import { workerArgument } from './worker-argument.ts';

export { buildSnapshot } from './snapshot/start.ts';

/** True after a run that compiled something: then the code that V8 has made is the code that the next run needs. */
export let hasCompiled = false;

function end(args: readonly string[], status: number): void {
  process.exitCode = status;
  hasCompiled = status === 0 && args.some((argument) => !argument.startsWith('-'));
}

/** The compiler's flags are clang's, not commander's: only a word that may be a command's name leads to commander. */
export function main(args: readonly string[]): void {
  if (/^[a-z]+$/.test(args[0] ?? '')) {
    void import('./commands.ts').then(({ runCommand }) => runCommand(args));
  } else if (args.some(isBisectFlag)) {
    void import('./bisect-command.ts').then(({ bisectCommand }) => {
      process.exitCode = bisectCommand(args);
    });
  } else if (args[0] === workerArgument) {
    void import('./jobs.ts').then(({ runWorker }) => runWorker(fromNothing.session()));
  } else {
    const status = compileCommand(args);
    if (typeof status === 'number') end(args, status);
    else void status.then((later) => end(args, later));
  }
}
