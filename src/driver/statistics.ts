/**
 * What a compilation took and how much of its input it looked at: `--time`, `--stats`.
 *
 * In: stages as they run, counts as they are known. Out: plain rows in the order of the stages. Nothing here changes what is compiled,
 * and the counts of a source are the same in every run; only what a session has kept is not parsed again.
 */

import type { PassStatistics } from '../passes/runner.ts';

/** How much of a translation unit was looked at. */
export interface UnitCounts {
  /** Files read. */
  files: number;
  /** Bytes in them, each as often as it is included, and in what macros made. */
  bytes: number;
  /** Tokens after preprocessing. */
  tokens: number;
  /** External declarations in the index. */
  declarations: number;
  /** Those of them that were parsed. */
  parsed: number;
  /** Function bodies that were parsed. */
  bodies: number;
  /** Functions that came to the passes. */
  functions: number;
  /** Functions in the object, and their instructions. */
  emitted: number;
  instructions: number;
}

export interface CompileStatistics {
  readonly stages: readonly { readonly name: string; readonly milliseconds: number }[];
  readonly passes: readonly Readonly<PassStatistics>[];
  readonly counts: Readonly<UnitCounts>;
}

export class StatisticsRecorder {
  readonly counts: UnitCounts = {
    files: 0,
    bytes: 0,
    tokens: 0,
    declarations: 0,
    parsed: 0,
    bodies: 0,
    functions: 0,
    emitted: 0,
    instructions: 0,
  };
  private readonly stages: { name: string; milliseconds: number }[] = [];
  private passes: readonly PassStatistics[] = [];

  /** Runs a stage. */
  timed<T>(name: string, run: () => T): T {
    const start = this.clock();
    const result = run();
    this.stages.push({ name, milliseconds: this.clock() - start });
    return result;
  }

  clock(): number {
    return performance.now();
  }

  takePasses(passes: readonly PassStatistics[]): void {
    this.passes = passes;
  }

  result(): CompileStatistics {
    return { stages: this.stages, passes: this.passes, counts: this.counts };
  }
}
