/**
 * What a pass is: a function over one `Func` or the whole `Module` that says whether it changed anything.
 *
 * A pass finds facts through `cx.analyses` and reports to users through `cx.report`; it keeps no state between runs.
 * It may rely on every block being reachable and leaves none that is not.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { Pos } from '../diagnostics/source-manager.ts';
import type { Analyses } from '../ir/analyses.ts';
import type { Func } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import type { TargetFacts } from '../ir/target-facts.ts';
import type { RuleIndex } from './rule-index.ts';

/** `size` is the smallest code we know of, `verify` the least work for the kernel's verifier; both begin with level 2. */
export type OptLevel = 0 | 1 | 2 | 3 | 's' | 'z' | 'size' | 'verify';

export interface PassOptions {
  readonly optLevel: OptLevel;
  /** The instruction set version, as clang's `-mcpu=vN`. */
  readonly cpu: 1 | 2 | 3 | 4;
  readonly littleEndian: boolean;
  readonly features: ReadonlySet<string>;
  /** What is known of the world around the module; nothing by default. */
  readonly target?: TargetFacts;
  /** Looks at the module where the pipeline says `inspect`: calls are inlined, values in registers. Changes nothing. */
  readonly inspect?: (module: Module) => void;
  /** Makes the position of an inlined copy, for who wants to know where code came from; without it copies keep their positions. */
  readonly inlined?: (copy: { readonly original: Pos; readonly callee: string; readonly call: Pos }) => Pos;
}

/** Says something to the user; `args` fill the text of the diagnostic. */
export type Report = (code: DiagnosticCode, pos: Pos, args: readonly string[]) => void;

export interface PassContext {
  readonly module: Module;
  readonly options: PassOptions;
  readonly analyses: Analyses;
  readonly report: Report;
  /** The rules of instruction combining. */
  readonly rules: RuleIndex;
}

export interface ModulePassContext {
  readonly options: PassOptions;
  readonly report: Report;
  /** The functions that a module pass has changed; the runner drops their facts. */
  changed(func: Func): void;
}

/** True when the function was changed. */
export type FunctionPass = (func: Func, cx: PassContext) => boolean;

/** True when anything was changed. */
export type ModulePass = (module: Module, cx: ModulePassContext) => boolean;

/** The level as a number: levels with a name are compiled like level 2. */
export function levelNumber(level: OptLevel): 0 | 1 | 2 | 3 {
  return typeof level === 'number' ? level : 2;
}

export function isForSize(options: PassOptions): boolean {
  const { optLevel } = options;
  return optLevel === 's' || optLevel === 'z' || optLevel === 'size';
}

export function isForVerifier(options: PassOptions): boolean {
  return options.optLevel === 'verify';
}
