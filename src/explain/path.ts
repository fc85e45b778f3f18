/**
 * The path to a refusal as lines of C: consecutive instructions of a line are one, turns of a loop are counted instead of
 * repeated, and of a long path the beginning and the end are shown.
 */

import type { ProgramLog, SourceLine, Step } from './log.ts';
import { registerState } from './state.ts';
import type { Trace } from './trace.ts';

export interface PathLine {
  readonly source: SourceLine;
  /** Depth of the call. */
  readonly frame: number;
  /** How often the line was executed in turn. */
  times: number;
  /** What becomes known here about the register in question. */
  remark: string | undefined;
}

/** The longest loop, in lines, whose turns are counted. */
const maxPeriod = 8;
const shownFirst = 4;
const shownLast = 14;
/** Steps looked at, from the end. */
const maxSteps = 20_000;

function isSame(a: PathLine | undefined, b: PathLine | undefined): boolean {
  if (a === undefined || b === undefined || a.frame !== b.frame) return false;
  return (
    a.source.line === b.source.line && a.source.file === b.source.file && a.source.text === b.source.text
  );
}

/** Folds the end of `lines` into the lines before it when it repeats them. */
function foldLoop(lines: PathLine[]): void {
  for (let period = 1; period <= maxPeriod && 2 * period <= lines.length; period++) {
    const start = lines.length - period;
    let repeats = true;
    for (let i = 0; repeats && i < period; i++) repeats = isSame(lines[start + i], lines[start + i - period]);
    if (!repeats) continue;
    for (const line of lines.splice(start)) {
      const same = lines.findLast((one) => isSame(one, line));
      if (same === undefined) continue;
      same.times += line.times;
      same.remark = line.remark ?? same.remark;
    }
    return;
  }
}

/** What is known of the steps of a path. */
interface Describer {
  source(step: Step): SourceLine | undefined;
  /** A register's state behind the step at `index`, for people. */
  stateText(state: string, index: number): string;
}

/** `R0 = map_value_or_null(id=1,...)`, cut to what fits on a line. */
function remarkOf(register: number, text: string): string {
  return `R${register} = ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}

export function pathLines(
  log: ProgramLog,
  trace: Trace | undefined,
  describer: Describer,
): readonly PathLine[] {
  const remarks = new Map(trace?.origins.map(({ index, register }) => [index, register]));
  const lines: PathLine[] = [];
  const first = Math.max(0, log.path.length - maxSteps);
  for (let index = first; index < log.path.length; index++) {
    const step = log.path[index];
    const source = step === undefined ? undefined : describer.source(step);
    if (step === undefined || source === undefined) continue;
    const register = remarks.get(index);
    const state = register === undefined ? undefined : registerState(step.state, register);
    const remark =
      register === undefined || state === undefined
        ? undefined
        : remarkOf(register, describer.stateText(state, index));
    const line: PathLine = { source, frame: step.frame, times: 1, remark };
    const end = lines.at(-1);
    if (end !== undefined && isSame(end, line)) end.remark = remark ?? end.remark;
    else {
      foldLoop(lines);
      lines.push(line);
    }
  }
  foldLoop(lines);
  if (lines.length <= shownFirst + shownLast) return lines;
  return [...lines.slice(0, shownFirst), ...lines.slice(-shownLast)];
}
