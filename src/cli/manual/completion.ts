/**
 * Completion scripts for bash, zsh and fish: the tables of command-tables.ts as words with their help. Where no word fits, all
 * three complete files.
 */

import type { CommandDescription, Word } from './command-tables.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export interface CompletionTables {
  readonly flags: readonly Word[];
  readonly commands: readonly CommandDescription[];
}

/** Options of a command and names of the commands below it. */
function wordsOf({ options, commands }: CommandDescription): readonly Word[] {
  return [
    ...commands.map(({ name, help }) => ({ text: name, help })),
    ...options.flatMap(({ words, help }) => words.map((text) => ({ text, help }))),
  ];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const texts = (words: readonly Word[]): string => words.map(({ text }) => text).join(' ');

/** bash takes `-mcpu=v3` apart at `=`: the word is read from the line, and what stands before the `=` is not repeated. */
function bash({ flags, commands }: CompletionTables): string {
  const cases = commands.map((command) => `    ${command.name}) words=${quoted(texts(wordsOf(command)))} ;;`);
  const names = commands.map(({ name }) => name).join(' ');
  return `# Completion of bpfcc-ts for bash: source <(bpfcc-ts completion bash)
_bpfcc_ts() {
  local line="\${COMP_LINE:0:COMP_POINT}" words
  local current="\${line##* }"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words=${quoted(texts(flags))} ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="$words ${names}"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ "$current" == *=* && "$COMP_WORDBREAKS" == *=* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${current%%=*}="}")
  fi
}
complete -o default -F _bpfcc_ts bpfcc-ts
`;
}

/** A line of \`_describe\`: a colon parts word and help. */
function zshWord({ text, help }: Word): string {
  return `    ${quoted(`${text.replaceAll(':', '\\:')}:${help}`)}`;
}

function zsh({ flags, commands }: CompletionTables): string {
  const lists = commands.map(
    (command) => `    ${command.name}) offered=(\n${wordsOf(command).map(zshWord).join('\n')}\n    ) ;;`,
  );
  const names = commands.map(({ name, help }) => zshWord({ text: name, help }));
  return `#compdef bpfcc-ts
# Completion of bpfcc-ts for zsh: put this file as _bpfcc-ts into a folder of $fpath.
_bpfcc_ts() {
  local -a offered commands
  commands=(
${names.join('\n')}
  )
  case "\${words[2]}" in
${lists.join('\n')}
    *) offered=(
${flags.map(zshWord).join('\n')}
    ) ;;
  esac
  if (( CURRENT == 2 )); then _describe command commands; fi
  if [[ "$PREFIX" == -* ]]; then _describe -o option offered; else _describe word offered; _files; fi
}
compdef _bpfcc_ts bpfcc-ts
`;
}

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fish({ flags, commands }: CompletionTables): string {
  const line = (condition: string, { text, help }: Word): string =>
    `complete -c bpfcc-ts -n ${fishQuoted(condition)} -a ${fishQuoted(text)} -d ${fishQuoted(help)}`;
  const names = commands.map(({ name }) => name).join(' ');
  const isFlag = "string match -q -- '-*' (commandline -ct)";
  return [
    '# Completion of bpfcc-ts for fish: bpfcc-ts completion fish | source',
    ...commands.map(({ name, help }) => line('__fish_use_subcommand', { text: name, help })),
    ...commands.flatMap((command) =>
      wordsOf(command).map((word) => line(`__fish_seen_subcommand_from ${command.name}`, word)),
    ),
    ...flags.map((word) => line(`not __fish_seen_subcommand_from ${names}; and ${isFlag}`, word)),
    '',
  ].join('\n');
}

export function completionScript(shell: Shell, tables: CompletionTables): string {
  switch (shell) {
    case 'bash':
      return bash(tables);
    case 'zsh':
      return zsh(tables);
    case 'fish':
      return fish(tables);
    default:
      return shell satisfies never;
  }
}
