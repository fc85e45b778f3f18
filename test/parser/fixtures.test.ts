/**
 * Runs test/fixtures/parser/*.c. Each file is C source without directives other than pragmas, followed by what is
 * expected, in comments that begin a line:
 *
 *   // want error <line>:<column> <message>   one for each diagnostic, in source order (`warning` likewise)
 *   // want note <line>:<column> <message>    after the diagnostic it belongs to
 *   // want ast <line of the dump>            all lines of the dump of the whole file, or none at all
 *
 * A file without any expectation must give no diagnostic and is an error otherwise. `UPDATE_FIXTURES=1` rewrites the
 * expectations (of the dump only in files that have `// want ast`); it is ignored where CI is set.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import type { Span } from '../../src/diagnostics/source-manager.ts';
import { printTree } from '../../src/parser/print.ts';
import { createParser, createTranslationUnit } from '../../src/parser/translation-unit.ts';
import { tokensOf } from './tokens-of.ts';

const folder = new URL('../fixtures/parser/', import.meta.url);
const isUpdating = process.env['UPDATE_FIXTURES'] === '1' && process.env['CI'] === undefined;
const parser = createParser();

function actual(source: string, withTree: boolean): string[] {
  const { tokens, interner, sources } = tokensOf(source);
  const sink = new DiagnosticSink();
  const unit = createTranslationUnit(tokens, interner, sources, sink, parser);
  const tree: string[] = [];
  for (const entry of unit.entries) {
    for (const node of unit.parse(entry.index)) {
      tree.push(printTree(node, sources));
      if (node.kind === 'FunctionDefinition') tree.push(printTree(unit.parseBody(node), sources));
    }
  }
  const place = (span: Span) => {
    const { line, column } = sources.presumed(span.start);
    return `${line}:${column}`;
  };
  const sorted = [...sink.diagnostics].sort((a, b) => a.span.start - b.span.start);
  const messages = sorted.flatMap(({ severity, span, message, notes }) => [
    `// want ${severity} ${place(span)} ${message}`,
    ...notes.map((note) => `// want note ${place(note.span)} ${note.text}`),
  ]);
  const dump = tree.join('').trimEnd().split('\n');
  return [...messages, ...(withTree ? dump.map((line) => `// want ast ${line}`) : [])];
}

describe('parser fixtures', () => {
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
        wanted.some((line) => line.startsWith('// want ast')),
      );
      if (isUpdating) writeFileSync(path, `${[source, ...given].join('\n')}\n`, 'latin1');
      else expect(given).toEqual(wanted);
    });
  }
});
