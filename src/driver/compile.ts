/**
 * One source through all stages: the heart of the command and of the API.
 *
 * Stages that failed leave diagnostics; the later ones do not run and the result has no object. Nothing is written: the
 * caller gets bytes and texts.
 */

import { type BtfOutput, buildBtf } from '../btf/build.ts';
import { kindComment, printBtf } from '../btf/print.ts';
import { readBtf } from '../btf/reader.ts';
import { UnitChecks } from '../checks/checks.ts';
import { type CompiledModule, compileModule } from '../codegen/compile.ts';
import { printModuleListing } from '../codegen/listing.ts';
import { type Diagnostic, DiagnosticSink } from '../diagnostics/diagnostic.ts';
import { DiagnosticPragmas } from '../diagnostics/diagnostic-pragmas.ts';
import { type FileNaming, noSpan, SourceManager } from '../diagnostics/source-manager.ts';
import { ModuleProvenance, printProvenance } from '../ir/module-provenance.ts';
import { printModule } from '../ir/printer.ts';
import type { TargetFacts } from '../ir/target-facts.ts';
import { ValueNames } from '../ir/value-names.ts';
import { helperById } from '../isa/helpers.ts';
import { type Instruction, immediate64, insn, loadImmediate64 } from '../isa/instruction.ts';
import { Kind } from '../isa/table.ts';
import { type Annotations, annotate, type InstructionNote, noteKey } from '../listing/annotations.ts';
import { irLines, writePage } from '../listing/html-page.ts';
import { writeSourceListing } from '../listing/source-listing.ts';
import { CoreKind } from '../lower/core-access.ts';
import { type LoweredUnit, lowerUnit } from '../lower/unit.ts';
import { buildObject, type ObjectInput } from '../object/builder.ts';
import type { ObjectFile, Section } from '../object/elf.ts';
import { writeElf } from '../object/elf-writer.ts';
import { layoutObject, type ObjectLayout } from '../object/layout.ts';
import { writeListing } from '../object/listing.ts';
import { levelNumber, type OptLevel } from '../passes/pass.ts';
import { runPasses } from '../passes/runner.ts';
import { makeEscape, writeDependencies } from '../preprocessor/dependency-file.ts';
import type { Dependency, PreprocessedUnit } from '../preprocessor/preprocess.ts';
import { printMacros, printPreprocessed } from '../preprocessor/print.ts';
import { printTypedUnit } from '../sema/print.ts';
import type { TypedUnit } from '../sema/typed-tree.ts';
import { assembleSource, isAssemblySource } from './assemble.ts';
import { checkCallGraph, checkForbiddenCalls, checkLibraryCalls } from './call-graph-check.ts';
import { dumpParsed, dumpTokens } from './dumps.ts';
import { analyzeUnit, type FrontEndContext, type Host, preprocessSource } from './front-end.ts';
import { withHeaderNote } from './kernel-header.ts';
import { btfInput, objectInput } from './object-input.ts';
import type { CompileOptions, OptimizationLevel } from './options.ts';
import type { Session } from './session.ts';
import { writeSourceMap } from './source-map.ts';
import { type CompileStatistics, StatisticsRecorder, type UnitCounts } from './statistics.ts';
import { targetFacts } from './target-facts.ts';
import { warningPolicy } from './warnings.ts';

export type { CompileStatistics };

/** Bytes of a frame in hosted mode: what the 16-bit offsets of loads and stores reach. */
const hostedStackLimit = 32_000;

/** What the passes know of a level; debugging asks for little to be moved. */
const passLevels: Readonly<Record<OptimizationLevel, OptLevel>> = {
  '0': 0,
  '1': 1,
  '2': 2,
  '3': 3,
  s: 's',
  z: 'z',
  size: 'size',
  verify: 'verify',
  g: 1,
};

/** A function of an object: how large it became. */
export interface CompiledProgram {
  readonly name: string;
  readonly section: string;
  readonly instructions: number;
  /** Bytes of its stack frame. */
  readonly stack: number;
}

export interface CompileResult {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: SourceManager;
  readonly hasErrors: boolean;
  /** The ELF object, when that was asked for and nothing failed. */
  readonly object: Uint8Array | undefined;
  /** The functions of the object in its order; none where there is no code. */
  readonly programs: readonly CompiledProgram[];
  /** What `-E` or `-S` asked for. */
  readonly text: string | undefined;
  /** Source Map v3, with `sourceMap`. */
  readonly sourceMap: string | undefined;
  /** The files that were read, in that order, the main file first. */
  readonly files: readonly Dependency[];
  /** The make rule, with `-M` and its kind. */
  readonly dependencies: string | undefined;
  /** With `variables`: what is known of the instruction in a slot of a section. */
  readonly noteAt: ((section: string, slot: number) => InstructionNote | undefined) | undefined;
  /** What the stages took and how much they looked at. */
  readonly statistics: CompileStatistics;
  /** `--dump` texts in order of the stages. */
  readonly dumps: readonly { readonly title: string; readonly text: string }[];
}

export interface CompileRequest {
  readonly session: Session;
  readonly host: Host;
  /** Name of the main file, as the file system knows it. */
  readonly path: string;
  /** Name of the output, for the make rule and the source map. */
  readonly outputName: string;
  readonly options: CompileOptions;
  /** The session ends with it: nothing more needs to be kept. */
  readonly isLast?: boolean;
  /** What registers hold in C is wanted: {@link CompileResult.noteAt}. */
  readonly variables?: boolean;
  /** Called when the source is understood: how long the rest takes is not bounded by its length. */
  readonly onAnalyzed?: (() => void) | undefined;
}

/** A compilation under way. */
class Compilation {
  readonly sources: SourceManager;
  readonly sink: DiagnosticSink;
  readonly dumps: { title: string; text: string }[] = [];
  private readonly request: CompileRequest;
  private readonly context: FrontEndContext;
  private readonly wanted: ReadonlySet<string>;
  private dependencies: string | undefined;
  private files: readonly Dependency[] = [];
  private generatedHeaders: readonly string[] = [];
  private sourceMap: string | undefined;
  private notes: Annotations | undefined;
  private programs: readonly CompiledProgram[] = [];
  private readonly statistics = new StatisticsRecorder();

  constructor(request: CompileRequest) {
    this.request = request;
    const pragmas = new DiagnosticPragmas();
    const { options, session, host, isLast = false } = request;
    this.sources = new SourceManager(fileNaming(options, host));
    const policy = warningPolicy(options, this.sources, pragmas);
    this.sink = new DiagnosticSink(policy, options.errorLimit, (pos) => this.sources.written(pos));
    this.context = { session, host, sources: this.sources, diagnostics: this.sink, pragmas, isLast };
    this.wanted = new Set(options.dumps);
  }

  /** People will read the code: where it comes from is kept. */
  private get isAnnotated(): boolean {
    const { sourceListing, phase } = this.request.options;
    return sourceListing || phase === 'html';
  }

  /** What values are called is kept: for people who read the code, and for who asks. */
  private get hasNames(): boolean {
    return this.isAnnotated || this.request.variables === true;
  }

  private dump(stage: string, title: string, text: () => string): void {
    if (this.wanted.has(stage)) this.dumps.push({ title, text: text() });
  }

  private result(object?: Uint8Array, text?: string): CompileResult {
    const { hasErrors } = this.sink;
    return {
      diagnostics: withHeaderNote(this.sink.diagnostics, this.generatedHeaders),
      sources: this.sources,
      hasErrors,
      object: hasErrors ? undefined : object,
      programs: hasErrors ? [] : this.programs,
      text,
      sourceMap: hasErrors ? undefined : this.sourceMap,
      noteAt: this.notes && ((section, slot) => this.notes?.get(noteKey(section, slot))),
      files: this.files,
      dependencies: this.dependencies,
      statistics: this.statistics.result(),
      dumps: this.dumps,
    };
  }

  run(): CompileResult {
    const { options, path } = this.request;
    if (isAssemblySource(path)) return this.runAssembler();
    const { statistics } = this;
    const { counts } = statistics;
    const preprocessed = statistics.timed('preprocess', () => preprocessSource(path, options, this.context));
    this.countTokens(preprocessed, counts);
    this.dump('tokens', 'tokens', () => dumpTokens(preprocessed));
    this.dump('pp', 'preprocessed', () => printPreprocessed(preprocessed, { lineMarkers: false }));
    this.generatedHeaders = preprocessed.generatedHeaders;
    this.files = preprocessed.dependencies;
    this.noteDependencies(preprocessed);
    if (options.phase === 'preprocess') return this.result(undefined, this.preprocessedText(preprocessed));
    if (this.sink.isExhausted) return this.result();
    const unit = statistics.timed('analyze', () => analyzeUnit(preprocessed, options, this.context, counts));
    this.dump('ast', 'syntax tree', () => dumpParsed(preprocessed, this.context));
    this.dump('typed', 'typed tree', () => printTypedUnit(unit));
    if (this.sink.hasErrors || options.phase === 'syntax') return this.result();
    this.request.onAnalyzed?.();
    const settings = { littleEndian: options.littleEndian, hosted: options.hostedMachine };
    const lowered = statistics.timed('lower', () => lowerUnit(unit, settings, this.sink));
    counts.functions = [...lowered.module.functions()].length;
    if (this.sink.hasErrors) return this.result();
    if (!options.hostedMachine) checkCallGraph(lowered.module, this.sink);
    if (this.sink.hasErrors) return this.result();
    statistics.timed('optimize', () => this.optimize(unit, lowered));
    if (this.sink.hasErrors) return this.result();
    checkForbiddenCalls(lowered, this.sink);
    if (!options.hostedMachine) checkLibraryCalls(lowered, this.sources, this.sink);
    if (this.sink.hasErrors) return this.result();
    const ir = options.phase === 'html' ? irLines(lowered.module) : [];
    const compiled = statistics.timed('generate', () => this.generate(lowered));
    if (this.sink.hasErrors) return this.result();
    this.programs = compiled.functions.map(({ symbol, instructions, stackSize }) => {
      const { name, section = '.text' } = lowered.module.symbol(symbol);
      return { name, section, instructions: instructions.length, stack: stackSize };
    });
    counts.emitted = this.programs.length;
    counts.instructions = this.programs.reduce((sum, { instructions }) => sum + instructions, 0);
    this.dump('asm', 'assembly', () => printModuleListing(lowered.module, compiled.functions));
    if (options.sourceMap) {
      this.sourceMap = writeSourceMap(
        lowered.module,
        compiled.functions,
        this.sources,
        this.request.outputName,
      );
    }
    const { object, layout } = statistics.timed('assemble', () => this.assemble(lowered, compiled));
    this.dump('elf', 'object', () => objectListing(object));
    const { functions } = compiled;
    const notes = this.hasNames
      ? annotate({ ...lowered, unit, functions, layout, sources: this.sources })
      : new Map();
    if (this.request.variables === true) this.notes = notes;
    if (options.phase === 'object' && !options.sourceListing) return this.result(writeElf(object));
    if (options.phase === 'assembly' && !options.sourceListing)
      return this.result(undefined, objectListing(object));
    if (options.phase === 'html') {
      const title = path.split('/').at(-1) ?? path;
      const { programs, sources } = this;
      return this.result(undefined, writePage({ title, object, notes, ir, programs, sources }));
    }
    const listing = writeSourceListing(object, notes);
    return options.phase === 'object'
      ? this.result(writeElf(object), listing)
      : this.result(undefined, listing);
  }

  private countTokens({ tokens, dependencies }: PreprocessedUnit, counts: UnitCounts): void {
    counts.files = dependencies.length;
    counts.bytes = this.sources.size;
    counts.tokens = tokens.length;
  }

  /** A source in assembly: there is nothing before its object that could be asked for. */
  private runAssembler(): CompileResult {
    const { options, path, host } = this.request;
    if (options.phase !== 'object' && options.phase !== 'syntax') {
      this.sink.report('assembly-already', noSpan, [path]);
      return this.result();
    }
    const { littleEndian } = options;
    return this.result(assembleSource(path, host.fileSystem, this.sources, this.sink, littleEndian));
  }

  private preprocessedText(unit: PreprocessedUnit): string {
    const { options } = this.request;
    if (options.dependencies.kind === 'only') return '';
    if (options.dumpMacros) return printMacros(unit);
    return printPreprocessed(unit, { lineMarkers: !options.noLineMarkers });
  }

  private noteDependencies(unit: PreprocessedUnit): void {
    const { options, outputName } = this.request;
    const { kind, withSystemHeaders, targets, phony } = options.dependencies;
    if (kind === 'none') return;
    const names = targets.map(({ text, escape: isQuoted }) => (isQuoted ? makeEscape(text) : text));
    this.dependencies = writeDependencies(unit.dependencies, {
      targets: names.length > 0 ? names : [makeEscape(outputName)],
      systemHeaders: withSystemHeaders,
      phonyTargets: phony,
    });
  }

  private factsOf(lowered: LoweredUnit): TargetFacts {
    return targetFacts({ ...lowered, littleEndian: this.request.options.littleEndian });
  }

  private optimize(unit: TypedUnit, lowered: LoweredUnit): void {
    const { options } = this.request;
    const { module } = lowered;
    this.dump('ir', 'IR', () => printModule(module));
    if (this.hasNames) for (const func of module.functions()) func.names = new ValueNames();
    const target = this.factsOf(lowered);
    const checks = options.hostedMachine ? undefined : this.makeChecks(unit, lowered, target);
    checks?.checkTree();
    const passes = runPasses(
      module,
      {
        optLevel: passLevels[options.optimization],
        cpu: options.cpu,
        littleEndian: options.littleEndian,
        features: featuresOf(options),
        target,
        ...(this.isAnnotated ? { inlined: (copy) => this.sources.addInlined(copy) } : {}),
        ...(checks === undefined ? {} : { inspect: (inspected) => checks.checkModule(inspected) }),
      },
      (code, pos, args) => this.sink.report(code, { start: pos, end: pos }, args),
      {
        validate: options.validate,
        clock: () => this.statistics.clock(),
        dumpAfter: this.wanted,
        dump: (title, text) => this.dumps.push({ title, text }),
        skipPasses: new Set(options.skipPasses),
        ...(options.stopAfter === undefined ? {} : { stopAfter: options.stopAfter }),
      },
    );
    this.statistics.takePasses(passes);
    checks?.checkLoops(module);
    this.dump('provenance', 'provenance', () =>
      printProvenance(module, new ModuleProvenance(module, target)),
    );
  }

  private makeChecks(unit: TypedUnit, lowered: LoweredUnit, facts: TargetFacts): UnitChecks {
    const { sources, sink: diagnostics } = this;
    const { kernel } = this.request.options;
    return new UnitChecks({ unit, ...lowered, facts, sources, diagnostics, kernel });
  }

  private generate(lowered: LoweredUnit): CompiledModule {
    const { options } = this.request;
    const { optimization, cpu, littleEndian, hostedMachine } = options;
    const optLevel = levelNumber(passLevels[optimization]);
    return compileModule(
      lowered.module,
      {
        cpu,
        littleEndian,
        optLevel,
        facts: this.factsOf(lowered),
        ...(hostedMachine ? { stackLimit: hostedStackLimit, indirectCalls: true } : {}),
        dump: (stage, func, text) => this.dump(stage, `${stage} ${func}`, text),
      },
      this.sink,
    );
  }

  private assemble(
    lowered: LoweredUnit,
    compiled: CompiledModule,
  ): { readonly object: ObjectFile; readonly layout: ObjectLayout } {
    const { options, path } = this.request;
    const { littleEndian } = options;
    const input = objectInput(lowered, compiled.functions, littleEndian, path.split('/').at(-1) ?? path);
    const layout = layoutObject(input);
    const btf = buildBtf(btfInput(lowered, compiled.functions, layout, this.sources, littleEndian));
    this.dump('btf', 'BTF', () => printBtf(btf.types));
    const patched = withLocalTypeIds(input, compiled, btf);
    const extraSections = [
      { name: '.BTF', data: btf.btf, align: 4, relocations: [] },
      ...(btf.ext === undefined ? [] : [{ name: '.BTF.ext', data: btf.ext, align: 4, relocations: [] }]),
    ];
    return { object: buildObject({ ...patched, extraSections }), layout };
  }
}

/** The bundled headers have the same names wherever this compiler is installed. */
function fileNaming({ fileNaming: { macro, debug } }: CompileOptions, host: Host): FileNaming {
  const bundled = [`${host.bundledHeaders}/`, '<bpfcc-ts>/'] as const;
  return { macro: [bundled, ...macro], debug: [bundled, ...debug] };
}

/** What passes are told by name. */
function featuresOf(options: CompileOptions): ReadonlySet<string> {
  const features = new Set<string>();
  if (options.hostedMachine) features.add('hosted');
  if (options.strictAlign) features.add('strict-align');
  return features;
}

/** Writes the ids of `__builtin_btf_type_id(x, 0)` into the code: they are known only once the BTF is laid out. */
function withLocalTypeIds(input: ObjectInput, compiled: CompiledModule, btf: BtfOutput): ObjectInput {
  let number = 0;
  const functions = input.functions.map((item, i) => {
    const replaced = new Map<number, Instruction>();
    for (const { index, info } of compiled.functions[i]?.coreRelocations ?? []) {
      const type = btf.relocationTypes[number++] ?? 0;
      const old = item.instructions[index];
      if (info.kind !== CoreKind.typeIdLocal || old === undefined) continue;
      replaced.set(
        index,
        old.kind === Kind.lddw
          ? loadImmediate64(old.dst, (immediate64(old) & ~0xffff_ffffn) | BigInt(type))
          : insn(old.kind, { dst: old.dst, src: old.src, off: old.off, imm: type }),
      );
    }
    if (replaced.size === 0) return item;
    return { ...item, instructions: item.instructions.map((old, at) => replaced.get(at) ?? old) };
  });
  return { ...input, functions };
}

function btfComments(section: Section): readonly string[] {
  const btf = section.name === '.BTF' ? readBtf(section.data) : undefined;
  return btf?.kind === 'ok' ? btf.types.map((type, i) => kindComment(type, i + 1)) : [];
}

/** The assembly of a whole object: helpers by name, the types in comments. */
export function objectListing(object: ObjectFile): string {
  return writeListing(object, {
    helper: (number) => helperById(number)?.name,
    contents: btfComments,
  });
}

/** Compiles one source. Only bugs of ours are thrown. */
export function compileSource(request: CompileRequest): CompileResult {
  try {
    return new Compilation(request).run();
  } finally {
    request.session.release();
  }
}
