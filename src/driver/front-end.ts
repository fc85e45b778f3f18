/**
 * Source text -> preprocessed tokens -> typed unit, with the options of a compilation.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { DiagnosticPragmas } from '../diagnostics/diagnostic-pragmas.ts';
import type { SourceManager } from '../diagnostics/source-manager.ts';
import type { TranslationUnit } from '../parser/parser.ts';
import { createTranslationUnit } from '../parser/translation-unit.ts';
import { defaultFeatures } from '../preprocessor/feature-sets.ts';
import type { IncludePaths } from '../preprocessor/include-search.ts';
import type { PreprocessorOptions } from '../preprocessor/options.ts';
import { type PreprocessedUnit, preprocess } from '../preprocessor/preprocess.ts';
import { builtinNames } from '../sema/builtin-table.ts';
import type { SemaOptions } from '../sema/context.ts';
import type { TypedUnit } from '../sema/typed-tree.ts';
import { analyze } from '../sema/unit.ts';
import type { FileSystem } from '../support/file-system.ts';
import { generateKernelHeader, type KernelHeaderHost } from './kernel-header.ts';
import type { CompileOptions, DumpStage } from './options.ts';
import type { Session } from './session.ts';
import type { UnitCounts } from './statistics.ts';

/** Tokens of one translation unit at most: a macro bomb ends here. */
const tokenLimit = 20_000_000;

/** The standard include directories of the machine the compiler runs on, and where the bundled headers are. */
export interface Host extends KernelHeaderHost {
  readonly fileSystem: FileSystem;
  readonly bundledHeaders: string;
  readonly hostHeaders: readonly string[];
}

export interface FrontEndContext {
  readonly session: Session;
  readonly host: Host;
  readonly sources: SourceManager;
  readonly diagnostics: DiagnosticSink;
  readonly pragmas: DiagnosticPragmas;
  /** The session ends with this source. */
  readonly isLast: boolean;
}

function includePaths(options: CompileOptions, host: Host): IncludePaths {
  const sysroot = options.sysroot ?? '';
  const ofHost = options.hostIncludes ? host.hostHeaders.map((directory) => sysroot + directory) : [];
  const standard = options.standardIncludes ? [host.bundledHeaders, ...ofHost] : [];
  return {
    quote: options.quoteIncludes,
    angled: options.includes,
    system: [...options.systemIncludes, ...standard],
    after: options.afterIncludes,
  };
}

/** Dumps of all tokens as they are. */
function showsTokens(stage: DumpStage): boolean {
  return stage === 'tokens' || stage === 'pp';
}

function preprocessorOptions(options: CompileOptions, host: Host): PreprocessorOptions {
  return {
    language: { standard: options.standard, gnu: options.gnu },
    target: { cpu: options.cpu, littleEndian: options.littleEndian },
    optimization: options.optimization,
    hosted: options.hosted,
    unsignedChar: options.unsignedChar,
    actions: options.actions,
    includePaths: includePaths(options, host),
    // The same source gives the same bytes on every day.
    date: 'Jan  1 1970',
    time: '00:00:00',
    timestamp: 'Thu Jan  1 00:00:00 1970',
    predefined: !options.undefPredefined,
    features: { ...defaultFeatures, builtins: new Set([...defaultFeatures.builtins, ...builtinNames]) },
    tokenLimit,
    folds: !options.eager && options.phase !== 'preprocess' && !options.dumps.some(showsTokens),
  };
}

export function preprocessSource(
  path: string,
  options: CompileOptions,
  context: FrontEndContext,
): PreprocessedUnit {
  const { session, host, sources, diagnostics, pragmas } = context;
  const inputs = {
    fileSystem: host.fileSystem,
    sources,
    interner: session.interner,
    diagnostics,
    cache: session.tokenCache,
    generateHeader: (name: string) => generateKernelHeader(name, options.btf, context),
    diagnosticPragmas: pragmas,
  };
  return preprocess(path, preprocessorOptions(options, host), inputs, session.preludes);
}

/** The unit's external declarations, each parsed when it is asked for. */
export function indexUnit(unit: PreprocessedUnit, context: FrontEndContext): TranslationUnit {
  const { session, sources, diagnostics } = context;
  return createTranslationUnit(
    unit.tokens,
    session.interner,
    sources,
    diagnostics,
    session.parser(),
    unit.folds,
    unit.heads,
  );
}

export function analyzeUnit(
  unit: PreprocessedUnit,
  options: CompileOptions,
  context: FrontEndContext,
  counts: UnitCounts,
): TypedUnit {
  const { sources, diagnostics } = context;
  const tree = indexUnit(unit, context);
  const semaOptions: SemaOptions = {
    littleEndian: options.littleEndian,
    gnuExtensions: options.gnu,
    standard: options.standard,
    unsignedChar: options.unsignedChar,
    msExtensions: options.msExtensions,
    eager: options.eager,
    hostedMachine: options.hostedMachine,
    warnings: { all: options.warnings.some((flag) => flag.group === 'all') },
  };
  const kept = context.session.declarations(semaOptions);
  const typed = analyze(tree, semaOptions, { diagnostics, sources, kept, keepsMore: !context.isLast });
  counts.declarations = tree.size;
  counts.parsed = tree.parsed.declarations;
  counts.bodies = tree.parsed.bodies;
  return typed;
}
