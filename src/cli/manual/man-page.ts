/**
 * The manual page in man(7) macros: commands, flags and warnings from their tables. `docs/bpfcc-ts.1` is this text.
 */

import { describeFlags } from '../../driver/command-line.ts';
import { describeWarnings } from '../../driver/warnings.ts';
import type { CommandDescription } from './command-tables.ts';

/** Text as it stands: a backslash, a dash and a leading dot mean something to roff. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/gm, '\\&$&');
}

function item(term: string, text: string): string {
  return `.TP\n.B ${escaped(term)}\n${text === '' ? '\\&' : escaped(text)}`;
}

function commandItems(commands: readonly CommandDescription[], prefix: string): string[] {
  return commands.flatMap(({ name, usage, help, options, commands: below }) => [
    item(`${prefix}${name} ${usage}`.trim(), help),
    ...(options.length === 0
      ? []
      : ['.RS', ...options.map((option) => item(option.flags, option.help)), '.RE']),
    ...commandItems(below, `${prefix}${name} `),
  ]);
}

const statuses: readonly (readonly [status: string, meaning: string])[] = [
  ['0', 'all went well'],
  ['1', 'a source has errors'],
  ['2', 'the command line is wrong'],
  ['70', 'a bug of bpfcc-ts; the message names a file that reproduces it'],
];

export function manPage(commands: readonly CommandDescription[]): string {
  const flags = describeFlags().flatMap(({ flag, help }) => (help === undefined ? [] : [item(flag, help)]));
  const warnings = describeWarnings().map(({ name, isOnByDefault, texts }) =>
    item(`-W${name}${isOnByDefault ? '' : ' (off by default)'}`, texts[0] ?? ''),
  );
  return `${[
    '.TH BPFCC\\-TS 1',
    '.SH NAME',
    'bpfcc\\-ts \\- compile C to eBPF objects',
    '.SH SYNOPSIS',
    '.B bpfcc\\-ts',
    '.RI [ flags ] " file.c " ...',
    '.br',
    '.B bpfcc\\-ts',
    '.IR command " [" arguments ]',
    '.SH DESCRIPTION',
    'Compiles restricted C to objects that libbpf and other loaders take. Flags are clang\\(aqs in name and meaning; those that concern LLVM only are accepted without effect.',
    '.SH FLAGS',
    ...flags,
    '.SH WARNINGS',
    'Each has a name:',
    '.BI \\-W name',
    'turns it on,',
    '.BI \\-Wno\\- name',
    'off,',
    '.BI \\-Werror= name',
    'makes an error of it.',
    '.B \\-Wall',
    'turns on those that are off by default.',
    ...warnings,
    '.SH COMMANDS',
    ...commandItems(commands, ''),
    '.SH EXIT STATUS',
    ...statuses.map(([status, meaning]) => item(status, meaning)),
  ].join('\n')}\n`;
}
