/**
 * The command line: compiling is what happens without a command's name; everything else is a commander command.
 */

import { Command } from 'commander';
import { compileCommand } from './compile-command.ts';
import { addExplainOptions, type ExplainOptions } from './explain-options.ts';
import type { RunOptions } from './run-command.ts';
import { addRunOptions } from './run-options.ts';

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
  .action((args: string[]) => {
    process.exitCode = compileCommand(args);
  });

program
  .command('dump')
  .description('show the maps, programs and code of an object')
  .argument('<object>')
  .action(async (path: string) => {
    const { dumpCommand } = await import('./dump-command.ts');
    process.exitCode = dumpCommand(path);
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

/** The compiler's flags are clang's, not commander's: only a known command's name leads to commander. */
function isCommand(name: string | undefined): boolean {
  return name === 'help' || program.commands.some((command) => command.name() === name);
}

const args = process.argv.slice(2);
if (isCommand(args[0])) await program.parseAsync(process.argv);
else process.exitCode = compileCommand(args);
