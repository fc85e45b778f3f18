/** The options of `bpfcc-ts types`, apart from what it does: the command line loads no compiler to know them. */

import type { Command } from 'commander';

export interface TypesOptions {
  readonly nodenext?: boolean;
}

/** Declares the command; all flags are the compiler's. */
export function addTypesOptions(command: Command): Command {
  return command
    .description(
      "write FILE.d.ts beside each source: the types of its maps and programs, for imports; further flags are the compiler's",
    )
    .allowUnknownOption()
    .option(
      '--nodenext',
      'write FILE.d.c.ts, for "moduleResolution": "nodenext" with "allowArbitraryExtensions"',
    )
    .argument('[args...]', 'sources')
    .addHelpText(
      'after',
      `
Example:
  bpfcc-ts types -Iinclude src/*.bpf.c`,
    );
}
