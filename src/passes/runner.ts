/**
 * Runs the pipeline over a module and gives every pass the same services: facts and their invalidation, times, counts,
 * dumps, validation, a place to stop, passes to skip, a limit to bisect by, a filter of functions.
 *
 * A bug inside of a pass leaves as a `PassFailure` that names the pass and the function and carries the IR: of before
 * the pass when validation is on (a snapshot is taken then), else as the pass left it.
 */

import { Analyses, ModuleAnalyses } from '../ir/analyses.ts';
import { buildCfg, removeUnreachable } from '../ir/cfg.ts';
import type { Func } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { printFunction, printModule } from '../ir/printer.ts';
import { describeViolation, validateFunction } from '../ir/validator.ts';
import { InternalError } from '../support/bug.ts';
import type { ModulePassContext, PassOptions, Report } from './pass.ts';
import { type FunctionPassRow, type ModulePassRow, type PassRow, pipelineFor } from './pipeline.ts';
import { RuleIndex } from './rule-index.ts';
import { ruleTable } from './rules.ts';

export interface RunnerOptions {
  /** Validate every function after every pass that changed it. */
  readonly validate?: boolean;
  /** Names of passes whose IR is shown; `*` for all. */
  readonly dumpBefore?: ReadonlySet<string>;
  readonly dumpAfter?: ReadonlySet<string>;
  readonly dump?: (title: string, text: string) => void;
  /** Nothing runs after the first row of this name. */
  readonly stopAfter?: string;
  /** Names of passes that do not run; `name@function` for one function only. */
  readonly skipPasses?: ReadonlySet<string>;
  /** Only so many runs of passes (a run is one pass on one function or the module). */
  readonly bisectLimit?: number;
  /** Functions that passes change; all by default. */
  readonly functions?: ReadonlySet<string>;
  /** Milliseconds; without a clock there are no times. */
  readonly clock?: () => number;
}

export interface PassStatistics {
  readonly name: string;
  runs: number;
  changes: number;
  milliseconds: number;
}

/** A bug inside of a pass. */
export class PassFailure extends InternalError {
  readonly pass: string;
  readonly func: string;
  /** The module as text: input to find the bug with. */
  readonly ir: string;

  constructor(pass: string, func: string, ir: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`pass ${pass} on ${func}: ${reason}`, { cause });
    this.pass = pass;
    this.func = func;
    this.ir = ir;
  }
}

/** Runs the pipeline of `options`, or the given rows; returns what each pass did, in order of first run. */
export function runPasses(
  module: Module,
  options: PassOptions,
  report: Report,
  runner: RunnerOptions = {},
  rows: readonly PassRow[] = pipelineFor(options),
): PassStatistics[] {
  return new Runner(module, options, report, runner).run(rows);
}

class Runner {
  private readonly module: Module;
  private readonly options: PassOptions;
  private readonly report: Report;
  private readonly settings: RunnerOptions;
  private readonly statistics = new Map<string, PassStatistics>();
  private readonly analyses = new Map<Func, Analyses>();
  private readonly moduleAnalyses: ModuleAnalyses;
  private readonly rules = new RuleIndex(ruleTable);
  private runs = 0;
  /** Passes that found nothing to do in a function since it or the module last changed. */
  private readonly settled = new Map<Func, Set<FunctionPassRow['run']>>();

  constructor(module: Module, options: PassOptions, report: Report, settings: RunnerOptions) {
    this.module = module;
    this.options = options;
    this.report = report;
    this.settings = settings;
    this.moduleAnalyses = new ModuleAnalyses(module, options.target);
  }

  run(rows: readonly PassRow[]): PassStatistics[] {
    // What passes may rely on from the first one on.
    for (const func of this.module.functions()) removeUnreachable(func, buildCfg(func));
    const end = rows.findIndex((pass) => pass.name === this.settings.stopAfter);
    const wanted = end < 0 ? rows : rows.slice(0, end + 1);
    const isSkipped = (pass: PassRow): boolean => this.settings.skipPasses?.has(pass.name) === true;
    let group: FunctionPassRow[] = [];
    for (const pass of wanted) {
      if (isSkipped(pass)) continue;
      if (pass.scope === 'function') {
        group.push(pass);
        continue;
      }
      this.runGroup(group);
      group = [];
      this.runModulePass(pass);
    }
    this.runGroup(group);
    return [...this.statistics.values()];
  }

  private runGroup(group: readonly FunctionPassRow[]): void {
    if (group.length === 0) return;
    for (const func of this.module.functions()) {
      if (this.settings.functions?.has(func.name) === false) continue;
      for (const pass of group) this.runFunctionPass(pass, func);
    }
  }

  private analysesOf(func: Func): Analyses {
    const known = this.analyses.get(func);
    if (known !== undefined) return known;
    const made = new Analyses(func, this.moduleAnalyses);
    this.analyses.set(func, made);
    return made;
  }

  private runFunctionPass(pass: FunctionPassRow, func: Func): void {
    const { skipPasses } = this.settings;
    const isAnySkipped = skipPasses !== undefined && skipPasses.size > 0;
    if (isAnySkipped && skipPasses.has(`${pass.name}@${func.name}`)) return;
    if (this.isSettled(pass, func)) return;
    const analyses = this.analysesOf(func);
    const { module, options, report, rules } = this;
    this.guarded(pass, func, () => {
      const changed = pass.run(func, { module, options, analyses, report, rules });
      if (changed) analyses.invalidate(pass.keeps);
      if (changed) this.settled.delete(func);
      else this.settle(pass, func);
      return changed ? [func] : [];
    });
  }

  /** The pass has run on just this function, and would find nothing again; what is dumped after it is dumped each time. */
  private isSettled(pass: FunctionPassRow, func: Func): boolean {
    if (this.settled.get(func)?.has(pass.run) !== true) return false;
    return !this.isShown(this.settings.dumpBefore, pass) && !this.isShown(this.settings.dumpAfter, pass);
  }

  private isShown(wanted: ReadonlySet<string> | undefined, pass: PassRow): boolean {
    return wanted !== undefined && (wanted.has(pass.name) || wanted.has('*'));
  }

  private settle(pass: FunctionPassRow, func: Func): void {
    const known = this.settled.get(func);
    if (known === undefined) this.settled.set(func, new Set([pass.run]));
    else known.add(pass.run);
  }

  private runModulePass(pass: ModulePassRow): void {
    const touched = new Set<Func>();
    const cx: ModulePassContext = {
      options: this.options,
      report: this.report,
      changed: (func) => {
        touched.add(func);
        this.analyses.get(func)?.invalidate();
      },
    };
    this.guarded(pass, undefined, () => {
      pass.run(this.module, cx);
      this.moduleAnalyses.invalidate();
      this.settled.clear();
      return [...touched];
    });
  }

  /** One run of a pass with all services around it; `run` returns the functions that changed. */
  private guarded(pass: PassRow, func: Func | undefined, run: () => readonly Func[]): void {
    const { settings } = this;
    const on = func?.name ?? 'the module';
    if (settings.bisectLimit !== undefined && this.runs >= settings.bisectLimit) return;
    this.runs++;
    if (this.isShown(settings.dumpBefore, pass)) this.dump(`before ${pass.name} on ${on}`, func);
    const snapshot = settings.validate ? printModule(this.module) : undefined;
    const row = this.statisticsOf(pass.name);
    const start = settings.clock?.() ?? 0;
    try {
      const changed = run();
      row.runs++;
      row.changes += changed.length;
      if (settings.validate) for (const func of changed) this.validate(func);
    } catch (error) {
      throw new PassFailure(pass.name, on, snapshot ?? printModule(this.module), error);
    }
    row.milliseconds += (settings.clock?.() ?? 0) - start;
    if (this.isShown(settings.dumpAfter, pass)) this.dump(`after ${pass.name} on ${on}`, func);
  }

  private statisticsOf(name: string): PassStatistics {
    const known = this.statistics.get(name);
    if (known !== undefined) return known;
    const made: PassStatistics = { name, runs: 0, changes: 0, milliseconds: 0 };
    this.statistics.set(name, made);
    return made;
  }

  /** The function at hand, or all of the module after a pass over it. */
  private dump(title: string, func?: Func): void {
    const { module } = this;
    this.settings.dump?.(title, func === undefined ? printModule(module) : printFunction(module, func));
  }

  private validate(func: Func): void {
    const [violation] = validateFunction(this.module, func, new Analyses(func));
    if (violation !== undefined) throw new InternalError(`invalid IR: ${describeViolation(violation)}`);
  }
}
