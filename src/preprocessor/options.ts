/** What the driver tells the preprocessor, and what it hands over to work with. */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { DiagnosticPragmas } from '../diagnostics/diagnostic-pragmas.ts';
import type { SourceManager } from '../diagnostics/source-manager.ts';
import type { FileSystem } from '../support/file-system.ts';
import type { Interner } from '../support/interner.ts';
import type { FeatureSets } from './feature-sets.ts';
import type { HeaderGenerator, IncludePaths } from './include-search.ts';
import type { TokenCache } from './token-cache.ts';

export type CStandard = 'c89' | 'c99' | 'c11' | 'c17' | 'c23';

export interface LanguageOptions {
  readonly standard: CStandard;
  /** True for `-std=gnu*`, the default. */
  readonly gnu: boolean;
}

export interface TargetOptions {
  readonly cpu: 1 | 2 | 3 | 4;
  readonly littleEndian: boolean;
}

/** `-D`, `-U`, `-include` and `-imacros`, in the order of the command line. */
export type CommandLineAction =
  | { readonly kind: 'define'; readonly text: string }
  | { readonly kind: 'undefine'; readonly name: string }
  | { readonly kind: 'include'; readonly path: string }
  | { readonly kind: 'macros'; readonly path: string };

export interface PreprocessorOptions {
  readonly language: LanguageOptions;
  readonly target: TargetOptions;
  readonly optimization: '0' | '1' | '2' | '3' | 's' | 'z' | 'size' | 'verify' | 'g';
  /** False for `-ffreestanding`. */
  readonly hosted: boolean;
  /** True for `-funsigned-char`. */
  readonly unsignedChar: boolean;
  readonly actions: readonly CommandLineAction[];
  readonly includePaths: IncludePaths;
  /** What `__DATE__` and `__TIME__` say, without quotes: `Jan  1 1970`, `00:00:00`. */
  readonly date: string;
  readonly time: string;
  /** What `__TIMESTAMP__` says, without quotes: `Thu Jan  1 00:00:00 1970`. */
  readonly timestamp: string;
  /** False leaves out the predefined macros, as `-undef`. */
  readonly predefined: boolean;
  /** What `__has_builtin` and its kin answer. */
  readonly features: FeatureSets;
  /** Tokens at most; more end in one fatal diagnostic. */
  readonly tokenLimit: number;
  /** Declarations of types may stay `Folded` tokens; false where every token is wanted. */
  readonly folds: boolean;
}

export interface PreprocessorContext {
  readonly fileSystem: FileSystem;
  readonly sources: SourceManager;
  readonly interner: Interner;
  readonly diagnostics: DiagnosticSink;
  readonly cache?: TokenCache;
  /** Asked for headers that no directory has. */
  readonly generateHeader?: HeaderGenerator;
  /** Filled by `#pragma GCC diagnostic`, for a warning policy that heeds it. */
  readonly diagnosticPragmas?: DiagnosticPragmas;
}
