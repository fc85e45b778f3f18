/**
 * The facts known about one function, computed when first asked for and kept until a pass changes the function.
 * Who changes it says what stays true; everything else is dropped.
 */

import { AliasFacts } from './alias.ts';
import { buildCfg, type Cfg } from './cfg.ts';
import { Dominators } from './dominators.ts';
import type { Func } from './func.ts';
import { buildLiveness, type Liveness } from './liveness.ts';
import { buildLoops, type Loops } from './loops.ts';
import { noTargetFacts, type TargetFacts } from './target-facts.ts';
import { Uses } from './uses.ts';

interface Facts {
  cfg: Cfg;
  dominators: Dominators;
  loops: Loops;
  uses: Uses;
  liveness: Liveness;
  alias: AliasFacts;
}

export type AnalysisName = keyof Facts;

export class Analyses {
  readonly func: Func;
  /** What is known of the kernel, maps, contexts and other functions. */
  readonly target: TargetFacts;
  private facts: Partial<Facts> = {};

  constructor(func: Func, target: TargetFacts = noTargetFacts) {
    this.func = func;
    this.target = target;
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
    return (this.facts.alias ??= new AliasFacts(this.func));
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
