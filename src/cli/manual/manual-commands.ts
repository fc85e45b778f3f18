/** `bpfcc-ts completion SHELL` and `bpfcc-ts man`. */

import type { Command } from 'commander';
import { describeCommands, flagWords } from './command-tables.ts';
import { completionScript, shells } from './completion.ts';
import { manPage } from './man-page.ts';

export function completionCommand(name: string, program: Command): void {
  const shell = shells.find((one) => one === name);
  if (shell === undefined) return;
  process.stdout.write(completionScript(shell, { flags: flagWords(), commands: describeCommands(program) }));
}

export function manCommand(program: Command): void {
  process.stdout.write(manPage(describeCommands(program)));
}
