/** `bpfcc-ts btf` and its options, apart from its code so that the start of the compiler stays small. */

import { type Command, Option } from 'commander';

export interface BtfDumpOptions {
  readonly type: readonly string[];
  readonly format: 'c' | 'raw';
}

/** Declares the command; gives its one subcommand. */
export function addBtfDump(command: Command): Command {
  command.description('read BTF, the type information of kernels and BPF objects');
  return command
    .command('dump')
    .description('print types')
    .argument('[file]', "an object, or a file of BTF; the running kernel's where there is none")
    .option('--type <name>', 'only the types of this name, and what they need (may be repeated)', collect, [])
    .addOption(
      new Option('--format <format>', 'C declarations, or one type per line')
        .choices(['c', 'raw'])
        .default('c'),
    )
    .addHelpText(
      'after',
      `
Examples:
  bpfcc-ts btf dump > vmlinux.h
  bpfcc-ts btf dump prog.o --format raw
  bpfcc-ts btf dump --type task_struct`,
    );
}

function collect(name: string, names: readonly string[]): readonly string[] {
  return [...names, name];
}
