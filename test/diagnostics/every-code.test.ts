/** The table of diagnostics as a whole: every code stands in one file, is used, reads well, and some test shows it. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/cli/node-host.ts';
import { type DiagnosticCode, diagnosticTable } from '../../src/diagnostics/codes.ts';
import type { DiagnosticRow } from '../../src/diagnostics/diagnostic-row.ts';
import { parseCommandLine } from '../../src/driver/command-line.ts';
import { compileSource } from '../../src/driver/compile.ts';
import { createSession } from '../../src/driver/session.ts';
import { folderHost } from '../end-to-end/compile-case.ts';
import { snippets, withoutSnippet } from './snippets.ts';

const root = packageRoot();
const table: Readonly<Record<string, DiagnosticRow>> = diagnosticTable;
const codes = Object.keys(diagnosticTable) as readonly DiagnosticCode[];

/** The files of a folder whose names end so, as one text. */
function textOf(folder: string, endings: RegExp, isWanted = (_path: string) => true): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => endings.test(path) && isWanted(path))
    .map((path) => readFileSync(join(root, folder, path), 'latin1'))
    .join('\n');
}

/** The longest piece of a row's text that stands in every message of it; empty where that is no word. */
function longestPiece(code: DiagnosticCode): string {
  const pieces = diagnosticTable[code].text.split(/\{\d+\}|['"]/);
  const longest = pieces.reduce((a, b) => (b.length > a.length ? b : a));
  return /[a-z]{4}/.test(longest) ? longest : '';
}

const session = createSession();

function codesOf(source: string, flags: readonly string[]): ReadonlySet<string> {
  const { options } = parseCommandLine([...flags, 'a.c']);
  const host = folderHost('/nowhere', new Map([['a.c', source]]));
  const result = compileSource({ session, host, path: 'a.c', outputName: 'a.o', options });
  return new Set(result.diagnostics.map(({ code }) => code));
}

describe('every diagnostic', () => {
  for (const [code, snippet] of Object.entries(snippets)) {
    it(`is shown: ${code}`, () => {
      expect([...codesOf(snippet.source, snippet.flags ?? [])]).toContain(code);
    });
  }

  it('stands in one table', () => {
    const tables = textOf('src/diagnostics/codes', /\.ts$/);
    const keys = [...tables.matchAll(/^ {2}'?([a-z][a-z0-9-]*)'?: \{/gm)].map((match) => match[1]);
    expect(keys.toSorted()).toEqual(codes.toSorted());
  });

  it('is reported by some stage', () => {
    const sources = textOf('src', /\.ts$/, (path) => !path.startsWith('diagnostics/codes'));
    expect(codes.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
  });

  it('is expected by some test or fixture', () => {
    const tests = textOf('test', /\.(?:ts|c|h|s|ir)$/, (path) => !path.startsWith('diagnostics/'));
    const isExpected = (code: DiagnosticCode) => {
      const piece = longestPiece(code);
      return tests.includes(`'${code}'`) || (piece !== '' && tests.includes(piece));
    };
    const listed = { ...snippets, ...withoutSnippet };
    expect(codes.filter((code) => !(code in listed) && !isExpected(code))).toEqual([]);
    // What another test shows needs no snippet.
    expect(Object.keys(withoutSnippet).filter((code) => code in snippets)).toEqual([]);
  });

  it('reads well', () => {
    for (const code of codes) {
      const { text, group, off } = table[code] ?? { text: '' };
      expect(text, code).toBe(text.trim());
      expect(text, code).not.toMatch(/ {2}|\.$| [,;.)]|\( |(?<!-)\b(\w+) \1\b/);
      expect(text.replace(/\w'\w|'\{\d\}'/g, '').split("'").length % 2, `${code}: quotes`).toBe(1);
      const places = [...text.matchAll(/\{(\d+)\}/g)].map((match) => Number(match[1]));
      expect(new Set(places).size, `${code}: arguments`).toBe(Math.max(-1, ...places) + 1);
      if (off === true) expect(group, code).toBeDefined();
    }
  });
});
