/** The options of `bpfcc-ts explain`, apart from its code so that the start of the compiler stays small. */

import type { Command } from 'commander';

export interface ExplainOptions {
  readonly object?: string;
  readonly source?: string;
  readonly prog?: string;
  readonly json?: boolean;
  readonly list?: boolean;
}

export function addExplainOptions(command: Command): Command {
  return command
    .description('say what the verifier refused, where in C, why, and what to write instead')
    .argument('[log]', 'the log of a loader (`-` or nothing: standard input), or a kind of refusal')
    .argument('[flags...]', 'flags for compiling the source')
    .option('--object <file>', 'the object that was loaded')
    .option(
      '--source <file>',
      'its source, compiled in memory with the flags that follow: then the compiler says which variable a register holds',
    )
    .option('--prog <name>', 'explain this program only')
    .option('--json', 'print the explanations as JSON')
    .option('--list', 'list the kinds of refusals')
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
Examples:
  bpftool prog load prog.o /sys/fs/bpf/prog 2>&1 | bpfcc-ts explain --object prog.o
  bpfcc-ts explain log.txt --source prog.bpf.c -O2 -Iinclude
  bpfcc-ts explain log.txt --object prog.o --source prog.bpf.c -O2
  bpfcc-ts explain null-check-missing

Exit status: 0 when every refusal was explained, 1 when there is none or one of an unknown kind, 2 for a wrong command line.`,
    );
}
