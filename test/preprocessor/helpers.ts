/** What the preprocessor's tests share: options with defaults, and a unit from a map of files. */

import { spawnSync } from 'node:child_process';
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import type { DiagnosticPragmas } from '../../src/diagnostics/diagnostic-pragmas.ts';
import { SourceManager } from '../../src/diagnostics/source-manager.ts';
import { defaultFeatures } from '../../src/preprocessor/feature-sets.ts';
import type { PreprocessorOptions } from '../../src/preprocessor/options.ts';
import type { Preludes } from '../../src/preprocessor/prelude.ts';
import { type PreprocessedUnit, preprocess } from '../../src/preprocessor/preprocess.ts';
import type { TokenCache } from '../../src/preprocessor/token-cache.ts';
import { type FileSystem, memoryFileSystem } from '../../src/support/file-system.ts';
import { Interner } from '../../src/support/interner.ts';

export const defaultOptions: PreprocessorOptions = {
  language: { standard: 'c17', gnu: true },
  target: { cpu: 3, littleEndian: true },
  optimization: '2',
  hosted: true,
  unsignedChar: false,
  actions: [],
  includePaths: { quote: [], angled: [], system: [], after: [] },
  date: 'Jan  1 1970',
  time: '00:00:00',
  timestamp: 'Thu Jan  1 00:00:00 1970',
  predefined: true,
  features: defaultFeatures,
  tokenLimit: 32_000_000,
  folds: false,
};

/** The compiler that gives a second opinion, where it is installed. */
export const clang = 'clang-19';
export const hasClang = spawnSync(clang, ['--version']).status === 0;

export interface Result {
  readonly unit: PreprocessedUnit;
  readonly sources: SourceManager;
  readonly diagnostics: DiagnosticSink;
  /** `severity: message` by order of reports. */
  readonly messages: readonly string[];
}

export function run(
  main: string,
  fileSystem: FileSystem,
  options: Partial<PreprocessorOptions> = {},
  more: {
    readonly cache?: TokenCache;
    readonly preludes?: Preludes;
    readonly interner?: Interner;
    readonly diagnosticPragmas?: DiagnosticPragmas;
  } = {},
): Result {
  const sources = new SourceManager();
  const diagnostics = new DiagnosticSink();
  const context = { interner: new Interner(), ...more, fileSystem, sources, diagnostics };
  const unit = preprocess(main, { ...defaultOptions, ...options }, context, more.preludes);
  const messages = diagnostics.diagnostics.map(({ severity, message }) => `${severity}: ${message}`);
  return { unit, sources, diagnostics, messages };
}

/** Preprocesses `a.c` of a map of files; a string is the text of `a.c`. */
export function runText(
  files: string | Readonly<Record<string, string>>,
  options: Partial<PreprocessorOptions> = {},
): Result {
  const entries = typeof files === 'string' ? { 'a.c': files } : files;
  return run('a.c', memoryFileSystem(new Map(Object.entries(entries))), options);
}

/** The spellings of a unit's tokens. */
export function spellings(unit: PreprocessedUnit): string[] {
  const { tokens, interner } = unit;
  const words: string[] = [];
  for (let at = 0; at < tokens.length - 1; at++) words.push(interner.text(tokens.id(at)));
  return words;
}
