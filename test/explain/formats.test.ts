/** Logs of other kernels and loaders, and text that is no log at all. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainLog } from '../../src/explain/index.ts';
import { readLog } from '../../src/explain/read-log.ts';
import { renderExplanations } from '../../src/explain/render.ts';
import { refusals } from '../../src/explain/table.ts';
import {
  escaped,
  goLong,
  goShort,
  loaderMessages,
  messages,
  newKernel,
  oldLog,
  stateLinesLog,
  structured,
  twoPrograms,
} from './formats.ts';
import { refusalNames, wantedKind } from './refusal-case.ts';

const explain = (text: string) => explainLog(text, undefined, undefined);
const kindsOf = (text: string) => explain(text).map((one) => one.refusal?.id);

describe('messages of other kernels', () => {
  test.each(messages)('%s: %s', (kind, message, instruction = 'exit') => {
    expect(kindsOf(`0: R1=ctx() R10=fp0\n0: (85) ${instruction}\n${message}\n`)).toEqual([kind]);
  });

  test.each(loaderMessages)('%s: %s', (kind, line) => {
    expect(kindsOf(`${line}\n`)).toEqual([kind]);
  });

  test('every row of the table is shown here or by a program', () => {
    const shown = new Set([
      ...messages.map(([kind]) => kind),
      ...loaderMessages.map(([kind]) => kind),
      ...refusalNames.map(wantedKind),
    ]);
    expect(refusals.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });
});

describe('forms of logs', () => {
  test('a log without lines of C keeps the path of the refusal only', () => {
    const [program] = readLog(oldLog).programs;
    expect(program?.path.map(({ insn }) => insn)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 11]);
    expect(kindsOf(oldLog)).toEqual(['scalar-dereference']);
  });

  test('states in lines of their own belong to the instruction before', () => {
    const [explanation] = explain(stateLinesLog);
    expect(explanation?.register?.variable).toBe('index');
    expect(explanation?.register?.state).toMatch(/^inv\(id=0,umax/);
  });

  test("Go's chain of errors", () => {
    const [explanation] = explain(goShort);
    expect(explanation?.program).toBe('count');
    expect(explanation?.refusal?.id).toBe('null-check-missing');
    expect(explanation?.log.error).toBe('permission denied');
  });

  test("Go's indented log", () => {
    const [explanation] = explain(goLong);
    expect(explanation?.refusal?.id).toBe('packet-unchecked');
    expect(explanation?.place).toMatchObject({ file: 'a.c', line: 3 });
  });

  test('a log in one string', () => {
    expect(kindsOf(escaped)).toEqual(['return-value-unset']);
  });

  test('a structured logger', () => {
    const [explanation] = explain(structured);
    expect(explanation).toMatchObject({ program: 'tc', place: { text: 'return "a"[x];' } });
    expect(explanation?.refusal?.id).toBe('context-access');
  });

  test('a kernel that explains itself is quoted', () => {
    const text = renderExplanations(explain(newKernel));
    expect(text).toContain('[return-value-unset]');
    expect(text).toContain('the kernel itself says:\n  Verification failed: Register Type Safety');
  });

  test('of several programs the refused ones are explained', () => {
    const found = explain(twoPrograms);
    expect(found.map((one) => [one.program, one.refusal?.id])).toEqual([['bad', 'return-value-unset']]);
  });

  test('what a tool says around the log is no refusal', () => {
    const noise = 'Warning: this tool is now strict\nSee --help for more details.\n\n';
    expect(explain(noise)).toEqual([]);
    expect(
      kindsOf(`${noise}libbpf: prog 'f': -- BEGIN PROG LOAD LOG --\n0: (95) exit\nR0 !read_ok\n`),
    ).toEqual(['return-value-unset']);
  });

  test('an unknown message is shown with its path', () => {
    const log =
      '; x = 1; @ a.c:1\n0: (b7) r0 = 0\n; return x; @ a.c:2\n1: (95) exit\nsome new rule was broken\n';
    const [explanation] = explain(log);
    expect(explanation?.refusal).toBeUndefined();
    expect(renderExplanations([...explain(log)])).toBe(
      [
        'a.c:2:1: error: some new rule was broken',
        '    2 | return x;',
        '      | ^~~~~~~~~',
        'path to it:',
        '    1 | x = 1;',
        '    2 | return x;',
        'note: the log says: some new rule was broken',
        '',
      ].join('\n'),
    );
  });
});

describe('text that is no log', () => {
  const piece = fc.constantFrom(
    '0: (61) r1 = *(u32 *)(r1 +0)',
    '1: (0f) r1 += r2',
    '2: (85) call pc+2',
    '3: (95) exit',
    'from 1 to 0: frame1: R1=ctx() fp-8=????',
    '5: frame2: R1=pkt(id=1,(((',
    '; a = b @ x.c:99999999',
    "R1 invalid mem access 'scalar'",
    'processed 1 insns',
    "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --",
    '-- END PROG LOAD LOG --',
    'invalid access to packet, off=0 size=1, R99(id=0,off=0,r=0)',
    'Unreleased reference id=1 alloc_insn=0',
    '\\n0: (95) exit\\n',
    '\0\xff{var|x}',
  );

  test('never fails', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (lines) => {
        renderExplanations(explain(lines.join('\n')));
      }),
      { numRuns: 300 },
    );
  });

  const large: readonly (readonly [what: string, text: () => string])[] = [
    ['one line', () => 'a'.repeat(30_000_000)],
    ['zeros', () => '\0'.repeat(20_000_000)],
    ['long lines', () => `${"prog 'x' program a: load program: ".repeat(3000)}\n`.repeat(150)],
    ['an endless loop', () => '0: (0f) r1 += r2\nfrom 0 to 0: R1=ctx()\n'.repeat(100_000)],
    [
      'an endless path',
      () =>
        `${'0: (0f) r1 += r2 ; R1=0\n; a = b = c == d\n'.repeat(150_000)}R1 invalid mem access 'scalar'\n`,
    ],
    ['many messages', () => "R1 invalid mem access 'scalar'\n".repeat(150_000)],
    ['many programs', () => "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --\nR0 !read_ok\n".repeat(100_000)],
    [
      'assignments',
      () =>
        `; ${'a = '.repeat(1000)}\n0: (b7) r0 = 0\n1: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'inv'\n`,
    ],
    [
      'parentheses',
      () =>
        `0: R1=${'('.repeat(3000)}\n0: (79) r1 = *(u64 *)(r1 +0)\nR1 invalid mem access 'inv'\n`.repeat(500),
    ],
  ];

  test.each(large)('%s in linear time', (_what, text) => {
    const start = performance.now();
    renderExplanations(explain(text()));
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
