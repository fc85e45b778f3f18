/** The options of `bpfcc-ts watch`, apart from what it does: the command line loads no watcher to know them. */

import type { Command } from 'commander';

export interface WatchOptions {
  readonly run?: string;
  readonly exec?: string;
  readonly json: boolean;
  readonly poll: boolean;
  readonly clear: boolean;
}

/** Declares the command's own options; all other flags are the compiler's. */
export function addWatchOptions(command: Command): Command {
  return command
    .description("compile, and compile again whatever changes; further flags are the compiler's")
    .option('--run <args>', "run each fresh object in the machine, with these options of 'run'")
    .option(
      '--exec <command>',
      'run a command after each good build; $BPFCC_OBJECTS has the objects, a line each',
    )
    .option('--json', 'print one JSON event a line, for editors', false)
    .option(
      '--poll',
      'look at the files at regular intervals, where there are no events (network file systems)',
      false,
    )
    .option('--no-clear', 'do not clear the screen before each build')
    .allowUnknownOption()
    .argument('[args...]', 'sources')
    .addHelpText(
      'after',
      `
Examples:
  bpfcc-ts watch -O2 -Iinclude prog.bpf.c --out-dir build
  bpfcc-ts watch prog.bpf.c --run '--packet ping.bin --maps'
  bpfcc-ts watch *.bpf.c --exec 'make load'`,
    );
}
