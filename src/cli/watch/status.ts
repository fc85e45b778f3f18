/**
 * What a watch says of a build: the sizes of its programs and how they changed -> a status line, or an event of `--json`.
 */

import type { CompiledProgram } from '../../driver/compile.ts';

/** A program beside what it was in the last good build. */
export interface ProgramChange extends CompiledProgram {
  /** Instructions more than before; undefined for a new program. */
  readonly delta: number | undefined;
}

/** A build, good or not. */
export interface BuildSummary {
  readonly source: string;
  /** The file that was written; undefined where there is none. */
  readonly output: string | undefined;
  /** From the event to the written file. */
  readonly milliseconds: number;
  readonly errors: number;
  readonly warnings: number;
  /** Bytes of the output; undefined after errors. */
  readonly size: number | undefined;
  readonly programs: readonly ProgramChange[];
}

/** More programs than this are not shown one by one. */
const maxShown = 6;

/** Compares the programs of a build with those of the last good one, by name. */
export function programChanges(
  now: readonly CompiledProgram[],
  before: readonly CompiledProgram[] | undefined,
): readonly ProgramChange[] {
  const known = new Map(before?.map((program) => [program.name, program.instructions]));
  return now.map((program) => {
    const was = known.get(program.name);
    return { ...program, delta: was === undefined ? undefined : program.instructions - was };
  });
}

/** `312 B`, `4.1 kB`. */
function sizeText(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
}

function timeText(milliseconds: number): string {
  return milliseconds < 10_000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function programText({ name, instructions, delta, stack }: ProgramChange): string {
  const change = delta === undefined || delta === 0 ? '' : ` (${delta > 0 ? '+' : ''}${delta})`;
  const frame = stack === 0 ? '' : `, ${stack} B stack`;
  return `${name} ${instructions} insns${change}${frame}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** The programs in few words: the changed ones first, where there are many. */
function programsText(programs: readonly ProgramChange[]): string {
  if (programs.length <= maxShown) return programs.map(programText).join('; ');
  const isChanged = ({ delta }: ProgramChange) => delta !== undefined && delta !== 0;
  const shown = programs.filter(isChanged).slice(0, maxShown);
  const total = programs.reduce((sum, { instructions }) => sum + instructions, 0);
  const change = programs.reduce((sum, { delta }) => sum + (delta ?? 0), 0);
  const all = `${programs.length} programs, ${total} insns${change === 0 ? '' : ` (${change > 0 ? '+' : ''}${change})`}`;
  return [all, ...shown.map(programText)].join('; ');
}

/** One line of text. */
export function statusLine(summary: BuildSummary): string {
  const { source, output, milliseconds, errors, warnings, size, programs } = summary;
  const warned = warnings === 0 ? '' : `, ${count(warnings, 'warning')}`;
  if (errors > 0) return `${source}: ${count(errors, 'error')}${warned}, ${timeText(milliseconds)}`;
  const written = `${output ?? source}: ${timeText(milliseconds)}`;
  const bytes = size === undefined ? '' : `, ${sizeText(size)}`;
  const code = programs.length === 0 ? '' : `: ${programsText(programs)}`;
  return `${written}${bytes}${warned}${code}`;
}
