/**
 * The facts known about one function, computed when first asked for and kept until a pass changes the function.
 * Who changes it says what stays true; everything else is dropped.
 */

import { AliasFacts } from './alias.ts';
import { ArgumentEffects } from './argument-effects.ts';
import { buildCfg, type Cfg } from './cfg.ts';
import { Dominators } from './dominators.ts';
import type { Func } from './func.ts';
import { buildLiveness, type Liveness } from './liveness.ts';
import { buildLoops, type Loops } from './loops.ts';
import type { Module } from './module.ts';
import { ModuleProvenance } from './module-provenance.ts';
import { Provenances } from './provenance.ts';
import { noTargetFacts, type TargetFacts } from './target-facts.ts';
import { Uses } from './uses.ts';

interface Facts {
  cfg: Cfg;
  dominators: Dominators;
  loops: Loops;
  uses: Uses;
  liveness: Liveness;
  alias: AliasFacts;
  provenance: Provenances;
}

export type AnalysisName = keyof Facts;

/** The facts about a module as a whole, which those about its functions build on. */
export class ModuleAnalyses {
  readonly module: Module;
  /** What is known of the kernel, maps, contexts and functions elsewhere. */
  readonly target: TargetFacts;
  private summary: ModuleProvenance | undefined = undefined;
  private effects: ArgumentEffects | undefined = undefined;

  constructor(module: Module, target: TargetFacts = noTargetFacts) {
    this.module = module;
    this.target = target;
  }

  get provenance(): ModuleProvenance {
    return (this.summary ??= new ModuleProvenance(this.module, this.target));
  }

  get argumentEffects(): ArgumentEffects {
    return (this.effects ??= new ArgumentEffects(this.module, this.target));
  }

  /** After a change of calls or parameters. */
  invalidate(): void {
    this.summary = undefined;
    this.effects = undefined;
  }
}

export class Analyses {
  readonly func: Func;
  private readonly surroundings: ModuleAnalyses | undefined;
  private facts: Partial<Facts> = {};

  constructor(func: Func, surroundings?: ModuleAnalyses) {
    this.func = func;
    this.surroundings = surroundings;
  }

  /** What is known of the kernel, maps, contexts and other functions. */
  get target(): TargetFacts {
    return this.surroundings?.target ?? noTargetFacts;
  }

  get cfg(): Cfg {
    return (this.facts.cfg ??= buildCfg(this.func));
  }
  get dominators(): Dominators {
    return (this.facts.dominators ??= new Dominators(this.cfg));
  }
  get loops(): Loops {
    return (this.facts.loops ??= buildLoops(this.cfg, this.dominators));
  }
  get uses(): Uses {
    return (this.facts.uses ??= new Uses(this.func));
  }
  get liveness(): Liveness {
    return (this.facts.liveness ??= buildLiveness(this.func, this.cfg));
  }
  get alias(): AliasFacts {
    return (this.facts.alias ??= new AliasFacts(this.func, this.target, this.surroundings?.argumentEffects));
  }

  get provenance(): Provenances {
    return (this.facts.provenance ??= new Provenances(this.func, this.surroundings?.provenance, this.alias));
  }

  /** Drops all facts; the graph is now this one. */
  restart(cfg: Cfg): void {
    this.facts = { cfg };
  }

  /** Drops all facts but those named. */
  invalidate(keeps: readonly AnalysisName[] = []): void {
    const before = this.facts;
    this.facts = {};
    for (const name of keeps) keep(this.facts, before, name);
  }
}

function keep<N extends AnalysisName>(facts: Partial<Facts>, before: Partial<Facts>, name: N): void {
  if (before[name] !== undefined) facts[name] = before[name];
}
