/**
 * The command line: compiling is what happens without a command's name; everything else is a commander command and loaded
 * only for one.
 */

import { isBisectFlag } from './bisect-flag.ts';
import { compileCommand } from './compile-command.ts';

const args = process.argv.slice(2);

/** True after a run that compiled something: then the code that V8 has made is the code that the next run needs. */
export let hasCompiled = false;

/** The compiler's flags are clang's, not commander's: only a word that may be a command's name leads to commander. */
if (/^[a-z]+$/.test(args[0] ?? '')) {
  void import('./commands.ts').then(({ runCommand }) => runCommand(args));
} else if (args.some(isBisectFlag)) {
  void import('./bisect-command.ts').then(({ bisectCommand }) => {
    process.exitCode = bisectCommand(args);
  });
} else {
  process.exitCode = compileCommand(args);
  hasCompiled = process.exitCode === 0 && args.some((argument) => !argument.startsWith('-'));
}
