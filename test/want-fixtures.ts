/**
 * Fixtures of the front end's stages: C source, followed by what is expected, in comments that begin a line:
 *
 *   // want error <line>:<column> <message>   one for each diagnostic, in source order (`warning` likewise)
 *   // want note <line>:<column> <message>    after the diagnostic it belongs to
 *   // want <dump> <line of the dump>         all lines of the stage's dump, or none at all
 *
 * A file without any expectation must give no diagnostic. `UPDATE_FIXTURES=1` rewrites the expectations (of the dump only in
 * files that have it); it is ignored where CI is set.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../src/diagnostics/diagnostic.ts';
import type { Span } from '../src/diagnostics/source-manager.ts';

/** What a stage made of a source. */
export interface StageOutcome {
  readonly diagnostics: readonly Diagnostic[];
  readonly place: (position: Span['start']) => { readonly line: number; readonly column: number };
  readonly dump: () => string;
}

export interface StageFixtures {
  readonly title: string;
  /** Below `test/fixtures`, with a slash at its end. */
  readonly folder: string;
  /** The word behind `// want` for lines of the dump. */
  readonly dumpName: string;
  readonly run: (source: string) => StageOutcome;
}

const isUpdating = process.env['UPDATE_FIXTURES'] === '1' && process.env['CI'] === undefined;

function comments(
  { diagnostics, place, dump }: StageOutcome,
  dumpPrefix: string,
  withDump: boolean,
): string[] {
  const at = ({ start }: Span): string => {
    const { line, column } = place(start);
    return `${line}:${column}`;
  };
  const sorted = [...diagnostics].sort((a, b) => a.span.start - b.span.start);
  const messages = sorted.flatMap(({ severity, span, message, notes }) => [
    `// want ${severity} ${at(span)} ${message}`,
    ...notes.map((note) => `// want note ${at(note.span)} ${note.text}`),
  ]);
  if (!withDump) return messages;
  const lines = dump().trimEnd().split('\n');
  return [...messages, ...lines.map((line) => dumpPrefix + line)];
}

/** One test for each file of the folder. */
export function testStage({ title, folder, dumpName, run }: StageFixtures): void {
  const base = new URL(`fixtures/${folder}`, import.meta.url);
  const dumpPrefix = `// want ${dumpName} `;
  const isWant = (line: string): boolean => line.startsWith('// want ');
  describe(title, () => {
    for (const name of readdirSync(base).filter((each) => each.endsWith('.c'))) {
      it(name, () => {
        const path = new URL(name, base);
        const lines = readFileSync(path, 'latin1').trimEnd().split('\n');
        const wanted = lines.filter(isWant);
        const body = lines.filter((line) => !isWant(line));
        const source = `${body.join('\n').trimEnd()}\n`;
        const withDump = wanted.some((line) => line.startsWith(dumpPrefix));
        const given = comments(run(source), dumpPrefix, withDump);
        if (isUpdating) writeFileSync(path, `${[source, ...given].join('\n').trimEnd()}\n`, 'latin1');
        else expect(given).toEqual(wanted);
      });
    }
  });
}
