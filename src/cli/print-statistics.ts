/** `--time` and `--stats`: what the stages and passes of a compilation took and did, as a table or as a line of JSON. */

import type { Invocation } from '../driver/command-line.ts';
import type { CompileStatistics } from '../driver/compile.ts';

type Row = readonly (string | number)[];

function table(rows: readonly Row[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, `${cell}`.length);
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? `${cell}`.padEnd(widths[at] ?? 0) : `${cell}`.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  return `${lines.map((line) => `  ${line.trimEnd()}`).join('\n')}\n`;
}

function times({ stages, passes }: CompileStatistics): readonly Row[] {
  const ms = (milliseconds: number) => milliseconds.toFixed(1);
  const total = stages.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const bySize = [...passes].sort((a, b) => b.milliseconds - a.milliseconds);
  return [
    ['stage', 'ms'],
    ...stages.map(({ name, milliseconds }) => [name, ms(milliseconds)]),
    ['total', ms(total)],
    ['pass', 'ms'],
    ...bySize.map(({ name, milliseconds }) => [name, ms(milliseconds)]),
  ];
}

function counts({ counts: found, passes }: CompileStatistics): readonly Row[] {
  const { files, bytes, tokens, declarations, parsed, bodies, functions, emitted, instructions } = found;
  return [
    ['files', files],
    ['bytes', bytes],
    ['tokens', tokens],
    ['declarations', declarations],
    ['  parsed', parsed],
    ['  passed over', declarations - parsed],
    ['function bodies parsed', bodies],
    ['functions lowered', functions],
    ['functions emitted', emitted],
    ['instructions', instructions],
    ['pass', 'runs', 'changes'],
    ...passes.map(({ name, runs, changes }) => [name, runs, changes]),
  ];
}

/** The reports that were asked for; empty where none was. */
export function printStatistics(
  { time, stats }: Invocation,
  source: string,
  found: CompileStatistics,
): string {
  if (time === 'json' || stats === 'json') {
    const { stages, passes } = found;
    const timed = time !== undefined && { stages };
    return `${JSON.stringify({ source, ...timed, ...(stats !== undefined && { counts: found.counts }), passes })}\n`;
  }
  const parts = [
    ...(time === undefined ? [] : [times(found)]),
    ...(stats === undefined ? [] : [counts(found)]),
  ];
  return parts.map((rows) => `${source}:\n${table(rows)}`).join('');
}
