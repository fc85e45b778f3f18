/**
 * The commands beside compiling. What each of them needs is loaded when it runs.
 */

import { Argument, Command } from 'commander';
import { addBtfDump, type BtfDumpOptions } from './btf-options.ts';
import { compileCommand } from './compile-command.ts';
import { addExplainOptions, type ExplainOptions } from './explain-options.ts';
import { shells } from './manual/completion.ts';
import type { RunOptions } from './run-command.ts';
import { addRunOptions } from './run-options.ts';
import { addTypesOptions, type TypesOptions } from './types-options.ts';
import { addWatchOptions, type WatchOptions } from './watch/watch-options.ts';

/** All commands with their options. */
export function createProgram(): Command {
  const program = new Command('bpfcc-ts')
    .description('Compiles restricted C to eBPF objects.')
    .enablePositionalOptions()
    .helpOption(false);

  program
    .command('compile', { isDefault: true })
    .description('compile C sources (the default; see bpfcc-ts --help for its flags)')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .argument('[args...]')
    .action(async (args: string[]) => {
      process.exitCode = await compileCommand(args);
    });

  program
    .command('dump')
    .description('show the maps, programs and code of an object')
    .argument('<object>')
    .action(async (path: string) => {
      const { dumpCommand } = await import('./dump-command.ts');
      process.exitCode = dumpCommand(path);
    });

  addBtfDump(program.command('btf')).action(async (file: string | undefined, options: BtfDumpOptions) => {
    const { btfDumpCommand } = await import('./btf-command.ts');
    process.exitCode = btfDumpCommand(file, options);
  });

  addExplainOptions(program.command('explain')).action(
    async (log: string | undefined, flags: string[], options: ExplainOptions) => {
      const { explainCommand } = await import('./explain-command.ts');
      process.exitCode = explainCommand(log, flags, options);
    },
  );

  addRunOptions(program.command('run')).action(async (args: string[], options: RunOptions) => {
    const { runCommand } = await import('./run-command.ts');
    process.exitCode = runCommand(args, options);
  });

  addWatchOptions(program.command('watch')).action(async (args: string[], options: WatchOptions) => {
    const { watchCommand } = await import('./watch/watch-command.ts');
    watchCommand(args, options);
  });

  addTypesOptions(program.command('types')).action(async (args: string[], options: TypesOptions) => {
    const { typesCommand } = await import('./types-command.ts');
    process.exitCode = typesCommand(args, options);
  });

  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>').choices(shells))
    .action(async (shell: string) => {
      const { completionCommand } = await import('./manual/manual-commands.ts');
      completionCommand(shell, program);
    });

  program
    .command('man')
    .description('print the manual page, for man -l')
    .action(async () => {
      const { manCommand } = await import('./manual/manual-commands.ts');
      manCommand(program);
    });
  return program;
}

/** Runs the command that the first argument names; where it names none, it is a file to compile. */
export async function runCommand(args: readonly string[]): Promise<void> {
  // Who reads our output may have read enough (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const program = createProgram();
  const isCommand = args[0] === 'help' || program.commands.some((command) => command.name() === args[0]);
  if (isCommand) await program.parseAsync(args, { from: 'user' });
  else process.exitCode = await compileCommand(args);
}
