import { describe, expect, it } from 'vitest';
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import { DiagnosticPragmas } from '../../src/diagnostics/diagnostic-pragmas.ts';
import { plainStyle, renderDiagnostics, renderSummary } from '../../src/diagnostics/render.ts';
import { renderJson } from '../../src/diagnostics/render-json.ts';
import { noPos, offsetPos, SourceManager } from '../../src/diagnostics/source-manager.ts';
import { memoryFileSystem } from '../../src/support/file-system.ts';
import { run, runText } from '../preprocessor/helpers.ts';

function rendered(files: string | Readonly<Record<string, string>>): string {
  const { diagnostics, sources } = runText(files);
  return renderDiagnostics(diagnostics.diagnostics, sources) + renderSummary(diagnostics.diagnostics);
}

describe('rendering', () => {
  it('shows place, option, line, caret and range', () => {
    expect(rendered('int a;\n\t#warning mind the gap\n')).toBe(
      [
        'a.c:2:3: warning: mind the gap [-W#warnings]',
        '    2 |         #warning mind the gap',
        '      |          ^~~~~~~',
        '1 warning generated.',
        '',
      ].join('\n'),
    );
  });

  it('shows how a file came in, once', () => {
    const files = {
      'a.c': '#include "b.h"\n',
      'b.h': '\n#include "c.h"\n',
      'c.h': '#error one\n#error two\n',
    };
    const lines = rendered(files).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'In file included from a.c:1:',
      'In file included from b.h:2:',
      'c.h:1:2: error: one',
    ]);
    expect(lines.filter((line) => line.startsWith('In file'))).toHaveLength(2);
    expect(lines.at(-2)).toBe('2 errors generated.');
  });

  it('leads through macros to the definition', () => {
    expect(rendered('#define CAT(a, b) a ## b\n#define BAD(x) CAT(x, +)\nint BAD(y);\n')).toBe(
      [
        "a.c:3:5: error: pasting formed 'y+', an invalid preprocessing token",
        '    3 | int BAD(y);',
        '      |     ^~~~~~',
        "a.c:2:16: note: expanded from macro 'BAD'",
        '    2 | #define BAD(x) CAT(x, +)',
        '      |                ^',
        "a.c:1:21: note: expanded from macro 'CAT'",
        '    1 | #define CAT(a, b) a ## b',
        '      |                     ^~',
        '1 error generated.',
        '',
      ].join('\n'),
    );
  });

  it('shows an argument where it is written', () => {
    const { unit, sources } = runText('#define ID(x) x\n#define TWO(x) ID(x) ID(x)\nTWO(here)\n');
    const sink = new DiagnosticSink();
    const start = unit.tokens.position(1);
    sink.report('undeclared-identifier', { start, end: offsetPos(start, 4) }, ['here']);
    expect(renderDiagnostics(sink.diagnostics, sources)).toBe(
      [
        "a.c:3:5: error: use of undeclared identifier 'here'",
        '    3 | TWO(here)',
        '      |     ^~~~',
        '',
      ].join('\n'),
    );
  });

  it('limits the notes about macros', () => {
    const chain = Array.from({ length: 20 }, (_, at) => `#define m${at} m${at + 1}\n`).join('');
    const { unit, sources } = runText(`${chain}m0\n`);
    const sink = new DiagnosticSink();
    const start = unit.tokens.position(0);
    sink.report('undeclared-identifier', { start, end: offsetPos(start, 3) }, ['m20']);
    const text = renderDiagnostics(sink.diagnostics, sources);
    expect(text.match(/expanded from macro/g)).toHaveLength(6);
    expect(text).toContain('(skipping 14 expansions in backtrace');
    expect(
      renderDiagnostics(sink.diagnostics, sources, { macroLimit: 0 }).match(/expanded from/g),
    ).toHaveLength(20);
  });

  it('counts wide characters, decodes UTF-8 and shows other bytes', () => {
    const bytes = Uint8Array.from([...Buffer.from('中é'), 0xff, 1, ...Buffer.from(' ` x')]);
    const { diagnostics, sources } = run('a.c', memoryFileSystem(new Map([['a.c', bytes]])));
    const text = renderDiagnostics(diagnostics.diagnostics, sources);
    expect(text.split('\n').slice(-3)).toEqual([
      '    1 | 中é<FF><U+0001> ` x',
      `      | ${' '.repeat(16)}^`,
      '',
    ]);
  });

  it('cuts long lines around the place', () => {
    const text = rendered(`${'x '.repeat(100_000)}\` ${'y '.repeat(100_000)}`);
    const [, source = '', caret = ''] = text.split('\n');
    expect(source.length).toBeLessThan(260);
    expect(source.charAt(caret.indexOf('^'))).toBe('`');
    expect(source).toMatch(/^ {4}1 \| \.\.\..*\.\.\.$/);
  });

  it('puts fix-its under the line and applies the style', () => {
    const sources = new SourceManager();
    const { base } = sources.addFile('f.c', 'int x\n', noPos, 'user');
    const sink = new DiagnosticSink();
    const end = offsetPos(sources.addFile('g.c', 'int x\n', noPos, 'user').base as typeof noPos, 5);
    sink.report('expected-token', { start: end, end }, ["';'"], {
      fixIts: [{ span: { start: end, end }, text: ';' }],
    });
    const style = { ...plainStyle, fixIt: (text: string) => `{${text}}` };
    expect(base).toBe(1);
    expect(renderDiagnostics(sink.diagnostics, sources, { style })).toBe(
      ["g.c:1:6: error: expected ';'", '    1 | int x', '      |      ^', '      |      {;}', ''].join('\n'),
    );
  });

  it('obeys #line', () => {
    expect(rendered('#line 70 "gen.y"\n#error x\n').split('\n')[0]).toBe('gen.y:70:2: error: x');
  });

  it('writes JSON', () => {
    const { diagnostics, sources } = runText('#define A 1\n#define A 2\n');
    expect(JSON.parse(renderJson(diagnostics.diagnostics, sources))).toEqual([
      {
        kind: 'warning',
        code: 'macro-redefined',
        message: "'A' macro redefined",
        option: '-Wmacro-redefined',
        locations: [
          {
            caret: { file: 'a.c', line: 2, column: 9, 'byte-column': 9 },
            finish: { file: 'a.c', line: 2, column: 9, 'byte-column': 9 },
          },
        ],
        fixits: [],
        children: [
          {
            kind: 'note',
            message: 'previous definition is here',
            locations: [
              {
                caret: { file: 'a.c', line: 1, column: 9, 'byte-column': 9 },
                finish: { file: 'a.c', line: 1, column: 9, 'byte-column': 9 },
              },
            ],
          },
        ],
        'column-origin': 1,
      },
    ]);
  });
});

describe('diagnostic pragmas', () => {
  it('hold from their place on, through includes, until they are popped', () => {
    const pragma = (text: string) => `#pragma GCC diagnostic ${text}\n`;
    const files = new Map([
      ['a.c', `a\n${pragma('push')}${pragma('ignored "-Wx"')}b\n#include "h.h"\ne\n${pragma('pop')}f\n`],
      ['h.h', `c\n${pragma('error "-Wx"')}d\n#pragma GCC system_header\ng\n`],
    ]);
    const diagnosticPragmas = new DiagnosticPragmas();
    const { unit, sources } = run('a.c', memoryFileSystem(files), {}, { diagnosticPragmas });
    const { tokens, interner } = unit;
    const states: Record<string, unknown> = {};
    for (let at = 0; at < tokens.length - 1; at++) {
      const position = tokens.position(at);
      const severity = diagnosticPragmas.severityAt(sources, position, 'x') ?? 'none';
      states[interner.text(tokens.id(at))] = [severity, diagnosticPragmas.isSystem(sources, position)];
    }
    expect(states).toEqual({
      a: ['none', false],
      b: ['ignored', false],
      c: ['ignored', false],
      d: ['error', false],
      g: ['error', true],
      e: ['error', false],
      f: ['none', false],
    });
  });
});
