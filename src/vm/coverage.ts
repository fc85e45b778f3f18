/**
 * Coverage by C line: how often each instruction ran, summed up over the lines that the object's line information gives them,
 * and written in lcov's trace format (geninfo(1)). A line counts as often as the instruction of it that ran most.
 */

import type { LoadedObject } from './loader.ts';

export interface LineCoverage {
  readonly file: string;
  readonly line: number;
  readonly count: number;
}

export interface FunctionCoverage {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly count: number;
}

export class Coverage {
  private readonly object: LoadedObject;
  private readonly counts: Float64Array;

  constructor(object: LoadedObject) {
    this.object = object;
    this.counts = new Float64Array(object.code.count);
  }

  /** Notes that the instruction at a position runs. */
  readonly hit = (pc: number): void => {
    this.counts[pc] = (this.counts[pc] ?? 0) + 1;
  };

  /** Lines that have code, in order of file and line. */
  lines(): readonly LineCoverage[] {
    const files = new Map<string, Map<number, number>>();
    for (let pc = 0; pc < this.counts.length; pc++) {
      const source = this.object.lineAt(pc);
      if (source === undefined || source.line === 0) continue;
      const lines = files.get(source.file) ?? new Map<number, number>();
      files.set(source.file, lines);
      lines.set(source.line, Math.max(lines.get(source.line) ?? 0, this.counts[pc] ?? 0));
    }
    return [...files]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .flatMap(([file, lines]) =>
        [...lines].sort(([a], [b]) => a - b).map(([line, count]) => ({ file, line, count })),
      );
  }

  functions(): readonly FunctionCoverage[] {
    return this.object.functions.flatMap(({ name, pc }) => {
      const source = this.object.lineAt(pc);
      return source === undefined
        ? []
        : [{ name, file: source.file, line: source.line, count: this.counts[pc] ?? 0 }];
    });
  }

  /** The coverage in lcov's format. */
  lcov(testName = ''): string {
    const lines = this.lines();
    const functions = this.functions();
    const parts: string[] = [];
    for (const file of new Set(lines.map((line) => line.file))) {
      const mine = functions.filter((one) => one.file === file);
      const own = lines.filter((one) => one.file === file);
      parts.push(
        `TN:${testName}`,
        `SF:${file}`,
        ...mine.map(({ line, name }) => `FN:${line},${name}`),
        ...mine.map(({ count, name }) => `FNDA:${count},${name}`),
        `FNF:${mine.length}`,
        `FNH:${mine.filter(({ count }) => count > 0).length}`,
        ...own.map(({ line, count }) => `DA:${line},${count}`),
        `LF:${own.length}`,
        `LH:${own.filter(({ count }) => count > 0).length}`,
        'end_of_record',
      );
    }
    return parts.length === 0 ? '' : `${parts.join('\n')}\n`;
  }
}
