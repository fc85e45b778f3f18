/** Runs the golden files of test/fixtures/{end-to-end,lower,btf,diagnostics}; their vocabulary is in fixture-case.ts. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/cli/node-host.ts';
import { folderHost, outputOf } from './compile-case.ts';
import {
  compareMessages,
  compareOutput,
  compareRules,
  readCase,
  updatedSource,
  updatesFixtures,
} from './fixture-case.ts';

const fixtures = join(packageRoot(), 'test/fixtures');
const folders = ['end-to-end', 'lower', 'btf', 'diagnostics'];

/** What is wrong with the case in `path`, after updating it if that is wanted. */
function runCase(folder: string, name: string): readonly string[] {
  const path = join(folder, name);
  const source = readFileSync(path, 'latin1');
  const fixture = readCase(source);
  const isNew = updatesFixtures() && fixture.kind === 'diagnostics' && fixture.messages.length === 0;
  if (fixture.faults.length > 0 && !isNew) return fixture.faults;
  const { text, messages, ruleFaults } = outputOf(fixture.kind, name, folderHost(folder), fixture.flags);
  if (updatesFixtures() && fixture.fails === undefined) {
    const updated = updatedSource(source, fixture, text, messages);
    if (updated !== source) writeFileSync(path, updated, 'latin1');
    return compareOutput(readCase(updated), text);
  }
  const differences = [
    ...compareMessages(fixture.messages, messages),
    ...compareOutput(fixture, text),
    ...compareRules(fixture, ruleFaults),
  ];
  return differences.length === 0 ? [] : [...differences, `the output:\n${text}`];
}

for (const folder of folders) {
  describe(folder, () => {
    const names = readdirSync(join(fixtures, folder)).filter((name) => name.endsWith('.c'));
    it('has cases', () => expect(names).not.toEqual([]));
    for (const name of names) {
      if (name.startsWith('_')) {
        it(`${name} (known to fail)`, () => {
          const source = readFileSync(join(fixtures, folder, name), 'latin1');
          expect(readCase(source).fails, 'a case with _ says why: // fails:').toBeDefined();
          let faults: readonly string[];
          try {
            faults = runCase(join(fixtures, folder), name);
          } catch (error) {
            faults = [String(error)];
          }
          expect(faults, 'this case passes now: take the _ and // fails: away').not.toEqual([]);
        });
      } else {
        it(name, () => {
          const faults = runCase(join(fixtures, folder), name);
          if (faults.length > 0) expect.fail(faults.join('\n'));
        });
      }
    }
  });
}

describe('the runner itself', () => {
  const faultsOf = (source: string) => readCase(source).faults;
  it('refuses cases without expectation and unknown directives', () => {
    expect(faultsOf('// test: asm\nint x;\n')).toEqual(['the case expects nothing']);
    expect(faultsOf('// want: x\n')).toEqual(["no '// test:' line"]);
    expect(faultsOf('// test: asm\n// wants: x\n// want: y\n')).toEqual([
      'line 2: unknown directive: // wants: x',
    ]);
    expect(faultsOf('// test: asm\nint x; // errors: x\n// want: y\n')).toHaveLength(1);
    expect(faultsOf('// test: asm\n// test: ir\n// want: y\n')).toEqual(["line 2: second 'test'"]);
    expect(faultsOf('// test: asm\n// want:\n// want: y\n')).toEqual(["line 2: 'want' says nothing"]);
  });
  it('finds wanted lines in order and reports what must not be there', () => {
    const fixture = readCase('// test: asm\n// want: b\n// want: a\n// want no: c\n');
    expect(compareOutput(fixture, 'b\n  a')).toEqual([]);
    expect(compareOutput(fixture, 'a\nb\nc')).toHaveLength(2);
    expect(compareOutput(readCase('// test: asm\n//| a\n//| b\n'), 'a')).toHaveLength(1);
    expect(compareOutput(readCase('// test: asm\n//| a\n'), 'a\nb')).toHaveLength(1);
  });
  it('wants every diagnostic, at its line and column', () => {
    const { messages } = readCase(
      '// test: diagnostics\nint x; // error 5: no // note: so\n// warning @-1: w\n',
    );
    const at = (line: number, column: number) => ({ line, column, place: undefined });
    const given = [
      { severity: 'error', text: 'no', ...at(2, 5) },
      { severity: 'note', text: 'so', ...at(2, 9) },
      { severity: 'warning', text: 'w', ...at(2, 1) },
    ] as const;
    expect(compareMessages(messages, given)).toEqual([]);
    expect(compareMessages(messages, given.slice(1))).toHaveLength(1);
    expect(compareMessages(messages.slice(1), given)).toHaveLength(1);
    expect(compareMessages(messages, [{ ...given[0], column: 6 }, ...given.slice(1)])).toHaveLength(2);
  });
});
