/** A row of the table of flags, and what the rows fill in. */

import type { CompileOptions } from './options.ts';

/** What answers depend on. */
export interface QueryContext {
  readonly littleEndian: boolean;
  /** The folder of the bundled headers. */
  readonly bundledHeaders: string;
}

/** A question that was asked, as its answer. */
export type Query = (context: QueryContext) => string;

/** The invocation while it grows; rows of the table change it. */
export interface State {
  options: { -readonly [K in keyof CompileOptions]: CompileOptions[K] };
  inputs: string[];
  output: string | undefined;
  outDir: string | undefined;
  verbose: boolean;
  showVersion: boolean;
  showHelp: boolean;
  query: Query | undefined;
  onlyShow: boolean;
  color: boolean | undefined;
  diagnosticsFormat: 'clang' | 'json';
  flags: string[];
  ignored: string[];
  printInputs: 'text' | 'json' | undefined;
  jobs: number | undefined;
  time: 'text' | 'json' | undefined;
  stats: 'text' | 'json' | undefined;
  errors: string[];
  warnings: string[];
}

/**
 * How a flag takes its value: not at all; in the next argument; joined to it; both; or joined, the spelling being a
 * prefix of a family (`-Wxxx`).
 */
export type ValueKind = 'none' | 'separate' | 'joined' | 'joined-or-separate';

export interface FlagRow {
  readonly spelling: string;
  readonly value: ValueKind;
  /** What `--help` says; rows without text are not shown. */
  readonly help?: string;
  readonly placeholder?: string;
  readonly apply: (state: State, value: string, whole: string) => void;
}

/** For flags without meaning here. */
export const ignore: FlagRow['apply'] = (state, _value, whole) => {
  state.ignored.push(whole);
};

export function flag(
  spelling: string,
  value: ValueKind,
  apply: FlagRow['apply'],
  help?: string,
  placeholder?: string,
): FlagRow {
  return {
    spelling,
    value,
    apply,
    ...(help === undefined ? {} : { help }),
    ...(placeholder === undefined ? {} : { placeholder }),
  };
}
