/**
 * Runs test/fixtures/sema/expressions/*.c. Each file is C source, followed by what is expected, in comments that begin
 * a line:
 *
 *   // want error <line>:<column> <message>   one for each diagnostic, in source order (`warning`, `note` likewise)
 *   // want typed <line of the dump>          all lines of the typed functions, or none at all
 *
 * A file without any expectation must give no diagnostic. `UPDATE_FIXTURES=1` rewrites the expectations (of the dump only in
 * files that have `// want typed`); it is ignored where CI is set.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { printTypedFunction } from '../../src/sema/print-expressions.ts';
import { analyzeText } from './analyze-text.ts';

const folder = new URL('../fixtures/sema/expressions/', import.meta.url);
const isUpdating = process.env['UPDATE_FIXTURES'] === '1' && process.env['CI'] === undefined;

function actual(source: string, withTree: boolean): string[] {
  const { typed, diagnostics, sources } = analyzeText(source, { warnings: { all: true } });
  const sorted = [...diagnostics.diagnostics].sort((a, b) => a.span.start - b.span.start);
  const place = (pos: Parameters<typeof sources.location>[0]) => {
    const { line, column } = sources.location(pos);
    return `${line}:${column}`;
  };
  const messages = sorted.flatMap(({ severity, span, message, notes }) => [
    `// want ${severity} ${place(span.start)} ${message}`,
    ...notes.map((note) => `// want note ${place(note.span.start)} ${note.text}`),
  ]);
  const tree = typed.functions.map(printTypedFunction).join('').trimEnd().split('\n');
  return [...messages, ...(withTree ? tree.map((line) => `// want typed ${line}`) : [])];
}

describe('sema fixtures: expressions and statements', () => {
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.c'))) {
    it(name, () => {
      const path = new URL(name, folder);
      const lines = readFileSync(path, 'latin1').trimEnd().split('\n');
      const wanted = lines.filter((line) => line.startsWith('// want '));
      const source = `${lines
        .filter((line) => !line.startsWith('// want '))
        .join('\n')
        .trimEnd()}\n`;
      const given = actual(
        source,
        wanted.some((line) => line.startsWith('// want typed')),
      );
      if (isUpdating) writeFileSync(path, `${[source, ...given].join('\n').trimEnd()}\n`, 'latin1');
      else expect(given).toEqual(wanted);
    });
  }
});
