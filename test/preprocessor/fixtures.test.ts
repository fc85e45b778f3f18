/**
 * Small programs with the expectation inside. A fixture is the text of `a.c`, then sections: `//// file NAME` another
 * file, `//// expect` the tokens (layout does not count), `//// pragmas` the pragmas handed on, `//// errors` all
 * diagnostics as `line: severity: text`. Headers under `inc/` are found by -I, those under `sys/` by -isystem.
 *
 * Fixtures with tokens are also given to clang, where it is installed: it must agree.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DiagnosticPragmas } from '../../src/diagnostics/diagnostic-pragmas.ts';
import { scan } from '../../src/lexer/scanner.ts';
import { Tok } from '../../src/lexer/tokens.ts';
import { latin1, memoryFileSystem } from '../../src/support/file-system.ts';
import { Interner } from '../../src/support/interner.ts';
import { clang, hasClang, run, spellings } from './helpers.ts';

const folder = join(import.meta.dirname, '../fixtures/preprocessor');
const includePaths = { quote: [], angled: ['inc'], system: ['sys'], after: [] };

interface Fixture {
  readonly files: ReadonlyMap<string, string>;
  readonly expect: string | undefined;
  readonly pragmas: string;
  readonly errors: string;
}

function readFixture(path: string): Fixture {
  const [main = '', ...sections] = readFileSync(path, 'utf8').split(/^\/\/\/\/ /m);
  const files = new Map([['a.c', main]]);
  const parts = new Map<string, string>();
  for (const section of sections) {
    const newline = section.indexOf('\n');
    const [kind = '', name = ''] = section.slice(0, newline).split(' ');
    const text = section.slice(newline + 1);
    if (kind === 'file') files.set(name, text);
    else if (['expect', 'pragmas', 'errors'].includes(kind)) parts.set(kind, text);
    else throw new Error(`${path}: unknown section '${kind}'`);
  }
  if (!parts.has('expect') && !parts.has('errors')) throw new Error(`${path}: expects nothing`);
  return {
    files,
    expect: parts.get('expect'),
    pragmas: parts.get('pragmas') ?? '',
    errors: parts.get('errors') ?? '',
  };
}

function words(text: string): string[] {
  const interner = new Interner();
  const { tokens } = scan(latin1(new TextEncoder().encode(text)), interner, { trigraphs: false });
  return Array.from({ length: tokens.length - 1 }, (_, at) => interner.text(tokens.id(at)));
}

const names = readdirSync(folder).filter((name) => name.endsWith('.c'));

describe('fixtures', () => {
  it.each(names)('%s', (name) => {
    const fixture = readFixture(join(folder, name));
    const diagnosticPragmas = new DiagnosticPragmas();
    const { unit, sources, diagnostics } = run(
      'a.c',
      memoryFileSystem(fixture.files),
      { includePaths },
      { diagnosticPragmas },
    );
    const { tokens, interner } = unit;
    const pragmas = spellings(unit).filter((_text, at) => tokens.kind(at) === Tok.Pragma);
    const plain = spellings(unit).filter((_text, at) => tokens.kind(at) !== Tok.Pragma);
    const errors = diagnostics.diagnostics.map(
      ({ span, severity, message }) => `${sources.location(span.start).line}: ${severity}: ${message}\n`,
    );
    expect(errors.join('')).toBe(fixture.errors);
    expect(pragmas.map((text) => `${text}\n`).join('')).toBe(fixture.pragmas);
    if (fixture.expect !== undefined) expect(plain).toEqual(words(fixture.expect));
    expect(interner.text(tokens.id(tokens.length - 1))).toBe('');
    expect(tokens.kind(tokens.length - 1)).toBe(Tok.EndOfFile);
  });
});

describe.skipIf(!hasClang)('clang agrees (skipped without clang-19)', () => {
  const expecting = names.filter((name) => readFixture(join(folder, name)).expect !== undefined);
  it.each(expecting)('%s', (name) => {
    const fixture = readFixture(join(folder, name));
    const place = mkdtempSync(join(tmpdir(), 'preprocessor-'));
    for (const [path, text] of fixture.files) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
    }
    const flags = ['-target', 'bpf', '-mcpu=v3', '-E', '-P', '-nostdinc', '-Iinc', '-isystem', 'sys', 'a.c'];
    const { stdout } = spawnSync(clang, flags, { cwd: place, encoding: 'utf8' });
    rmSync(place, { recursive: true });
    expect(words(stdout.replace(/^#pragma.*$/gm, ''))).toEqual(words(fixture.expect ?? ''));
  });
});
