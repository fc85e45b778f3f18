/** C text -> sema's result, as the driver would have it: what sema's tests share. */

import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import { DiagnosticPragmas } from '../../src/diagnostics/diagnostic-pragmas.ts';
import { SourceManager } from '../../src/diagnostics/source-manager.ts';
import type { TranslationUnit } from '../../src/parser/parser.ts';
import { createParser, createTranslationUnit, type ParserState } from '../../src/parser/translation-unit.ts';
import { defaultFeatures } from '../../src/preprocessor/feature-sets.ts';
import type { PreprocessorOptions } from '../../src/preprocessor/options.ts';
import { preprocess } from '../../src/preprocessor/preprocess.ts';
import type { SemaOptions } from '../../src/sema/context.ts';
import type { FunctionSymbol, ObjectSymbol, TypedUnit } from '../../src/sema/typed-tree.ts';
import { analyze } from '../../src/sema/unit.ts';
import { type FileSystem, memoryFileSystem } from '../../src/support/file-system.ts';
import { Interner } from '../../src/support/interner.ts';

const preprocessorOptions: PreprocessorOptions = {
  language: { standard: 'c17', gnu: true },
  target: { cpu: 3, littleEndian: true },
  optimization: '2',
  hosted: true,
  unsignedChar: false,
  actions: [],
  includePaths: { quote: [], angled: [], system: ['/inc'], after: [] },
  date: 'Jan  1 1970',
  time: '00:00:00',
  timestamp: 'Thu Jan  1 00:00:00 1970',
  predefined: true,
  features: defaultFeatures,
  tokenLimit: 32_000_000,
  folds: true,
};

export const semaOptions: SemaOptions = {
  littleEndian: true,
  gnuExtensions: true,
  standard: 'c17',
  msExtensions: false,
  unsignedChar: false,
  eager: false,
  hostedMachine: false,
  warnings: { all: false },
};

export interface Analysed {
  readonly typed: TypedUnit;
  readonly unit: TranslationUnit;
  readonly sources: SourceManager;
  readonly diagnostics: DiagnosticSink;
  /** `line:column: severity: message`, notes behind theirs. */
  readonly messages: readonly string[];
  variable(name: string): ObjectSymbol;
  func(name: string): FunctionSymbol;
}

let parser: ParserState | undefined;

/** Analyses a main file of any file system. */
export function analyzeFile(
  main: string,
  fileSystem: FileSystem,
  sema: Partial<SemaOptions> = {},
  preprocessor: Partial<PreprocessorOptions> = {},
): Analysed {
  parser ??= createParser();
  const sources = new SourceManager();
  const diagnosticPragmas = new DiagnosticPragmas();
  const diagnostics = new DiagnosticSink({
    severityOf: (_code, row, { start }) => {
      const pragma = row.group && diagnosticPragmas.severityAt(sources, start, row.group);
      return pragma || (row.off ? 'ignored' : row.severity);
    },
    isQuiet: () => false,
  });
  const interner = new Interner();
  const context = { fileSystem, sources, interner, diagnostics, diagnosticPragmas };
  const { tokens, folds } = preprocess(main, { ...preprocessorOptions, ...preprocessor }, context);
  const unit = createTranslationUnit(tokens, interner, sources, diagnostics, parser, folds);
  const typed = analyze(unit, { ...semaOptions, ...sema }, { diagnostics, sources });
  const place = (pos: Parameters<SourceManager['location']>[0]): string => {
    const { line, column } = sources.location(pos);
    return `${line}:${column}`;
  };
  const messages = diagnostics.diagnostics.flatMap(({ span, severity, message, notes }) => [
    `${place(span.start)}: ${severity}: ${message}`,
    ...notes.map((note) => `${place(note.span.start)}: note: ${note.text}`),
  ]);
  const find = <T extends { name: string }>(list: readonly T[], name: string): T => {
    const found = list.find((symbol) => symbol.name === name);
    if (found === undefined) throw new Error(`no '${name}' in the unit; ${messages.join('\n')}`);
    return found;
  };
  return {
    typed,
    unit,
    sources,
    diagnostics,
    messages,
    variable: (name) => find(typed.variables, name),
    func: (name) =>
      find(
        typed.functions.map(({ symbol }) => symbol),
        name,
      ),
  };
}

/** A string is the text of `a.c`; of several files `a.c` is the main one. Files in `/inc` are system headers. */
export function analyzeText(
  files: string | Readonly<Record<string, string>>,
  sema: Partial<SemaOptions> = {},
): Analysed {
  const entries = typeof files === 'string' ? { 'a.c': files } : files;
  return analyzeFile('a.c', memoryFileSystem(new Map(Object.entries(entries))), sema);
}
