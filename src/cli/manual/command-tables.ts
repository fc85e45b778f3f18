/**
 * What can be typed after `bpfcc-ts`, for completion and the manual page: the table of flags, the table of diagnostics and
 * the commands as commander knows them.
 */

import type { Command } from 'commander';
import { describeFlags } from '../../driver/command-line.ts';
import { describeWarnings } from '../../driver/warnings.ts';

/** A word that completion offers. */
export interface Word {
  readonly text: string;
  readonly help: string;
}

export interface CommandDescription {
  readonly name: string;
  readonly help: string;
  /** As commander writes it: `[options] <object>`. */
  readonly usage: string;
  readonly options: readonly {
    readonly flags: string;
    readonly help: string;
    readonly words: readonly string[];
  }[];
  readonly commands: readonly CommandDescription[];
}

/** All commands but the one that needs no name. */
export function describeCommands(program: Command): readonly CommandDescription[] {
  return program.commands
    .filter((command) => command.name() !== 'compile')
    .map((command) => ({
      name: command.name(),
      help: command.description(),
      usage: command.usage(),
      options: command.options.map(({ flags, description, short, long }) => ({
        flags,
        help: description,
        words: [short, long].filter((word) => word !== undefined),
      })),
      commands: describeCommands(command),
    }));
}

/** The compiler's flags, those of warnings in their three forms. */
export function flagWords(): readonly Word[] {
  const flags = describeFlags().flatMap(({ words, help, isIgnored }) =>
    isIgnored ? [] : words.map((text) => ({ text, help: help ?? '' })),
  );
  const warnings = describeWarnings().flatMap(({ name }) => [
    { text: `-W${name}`, help: 'turn this warning on' },
    { text: `-Wno-${name}`, help: 'turn this warning off' },
    { text: `-Werror=${name}`, help: 'make an error of this warning' },
  ]);
  const seen = new Set<string>();
  return [
    ...flags,
    { text: '-Wall', help: 'turn all warnings on' },
    { text: '-Werror', help: 'make errors of warnings' },
    ...warnings,
  ].filter(({ text, help }) => (help !== '' || text.startsWith('-f')) && !seen.has(text) && seen.add(text));
}
