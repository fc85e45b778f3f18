/** Completion and the manual page say what the tables say; bash completes with the script. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/commands.ts';
import { describeCommands, flagWords } from '../../src/cli/manual/command-tables.ts';
import { completionScript, shells } from '../../src/cli/manual/completion.ts';
import { manPage } from '../../src/cli/manual/man-page.ts';
import { packageRoot } from '../../src/cli/node-host.ts';
import { parseCommandLine } from '../../src/driver/command-line.ts';
import { describeWarnings } from '../../src/driver/warnings.ts';

const commands = describeCommands(createProgram());
const flags = flagWords();

/** What bash offers at the end of a line. */
function offered(line: string): string[] {
  const script = completionScript('bash', { flags, commands });
  const ask = `COMP_LINE=$1; COMP_POINT=\${#1}; COMP_WORDS=($1); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_bpfcc_ts; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', `${script}\n${ask}`, 'bash', line], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion', () => {
  it('offers flags, warnings, values and commands in bash', () => {
    expect(offered('bpfcc-ts -fsyn')).toEqual(['-fsyntax-only']);
    expect(offered('bpfcc-ts -c a.c -Wno-null-che')).toEqual(['-Wno-null-check']);
    // bash has `-mcpu`, `=` and the rest as words of their own.
    expect(offered('bpfcc-ts -mcpu=v')).toEqual(['v1', 'v2', 'v3', 'v4']);
    expect(offered('bpfcc-ts expl')).toEqual(['explain']);
    expect(offered('bpfcc-ts explain --obj')).toEqual(['--object']);
    expect(offered('bpfcc-ts prog.c expl')).toEqual([]);
  });

  it('offers flags that the command line takes', () => {
    const words = flags.map(({ text }) => text).filter((text) => !/=$|^-[DUIx]$/.test(text));
    for (const word of words) {
      const { errors } = parseCommandLine([word, '6.1', 'a.c']);
      expect(
        errors.filter((error) => error.startsWith('unknown argument')),
        word,
      ).toEqual([]);
    }
  });

  it.each(shells)('has every command and warning for %s', (shell) => {
    const script = completionScript(shell, { flags, commands });
    for (const { name } of commands) expect(script).toContain(name);
    for (const { name } of describeWarnings()) expect(script).toContain(`-Werror=${name}`);
  });
});

describe('the manual page', () => {
  it('is what bpfcc-ts man prints', () => {
    expect(readFileSync(join(packageRoot(), 'docs/bpfcc-ts.1'), 'utf8')).toBe(manPage(commands));
  });
  it('names every command and warning, and has no line that roff would take for a request', () => {
    const page = manPage(commands);
    for (const { name } of commands) expect(page).toContain(`.B ${name}`);
    for (const { name } of describeWarnings()) expect(page).toContain(name.replaceAll('-', '\\-'));
    expect(
      page.split('\n').filter((line) => /^[.'](?!(?:TH|SH|TP|B|BI|RI|IR|br|RS|RE)\b)/.test(line)),
    ).toEqual([]);
  });
});
