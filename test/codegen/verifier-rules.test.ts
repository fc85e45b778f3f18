/** The check of the verifier's rules: it finds what it is there for, and nothing in what the compiler makes. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/cli/node-host.ts';
import { checkVerifierRules } from '../../src/codegen/verifier-rules.ts';
import { assemble } from '../../src/isa/assembler.ts';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { objectRuleFaults } from './object-rules.ts';

/** Faults of a program with a context in r1. */
function faultsOf(lines: readonly string[]): readonly string[] {
  const { sections, diagnostics } = assembled(lines.join('\n'));
  expect(diagnostics).toEqual([]);
  const facts = { parameters: 1, hasContext: true, returnsValue: true, addresses: new Set<number>() };
  return checkVerifierRules(sections, facts).map(({ text }) => text);
}

function assembled(text: string) {
  const { sections, errors } = assemble(text);
  return { sections: sections[0]?.instructions ?? [], diagnostics: errors };
}

const rules: readonly (readonly [name: string, lines: readonly string[], fault: string | undefined])[] = [
  ['a right program', ['r0 = *(u32 *)(r1 + 4)', 'exit'], undefined],
  ['r10 is not written', ['r10 += 8', 'r0 = 0', 'exit'], 'changes r10'],
  ['r0 is set at exit', ['r2 = 1', 'exit'], 'reads r0, which is not set'],
  ['on one way only', ['if r1 == 0 goto +1', 'r0 = 1', 'exit'], 'reads r0, which is not set'],
  ['arguments are lost in a call', ['call 5', 'r0 = r1', 'exit'], 'reads r1 after a call'],
  ['arguments of a helper', ['call 6', 'exit'], 'reads r2, which is not set'],
  ['stack alignment', ['r0 = 0', '*(u64 *)(r10 - 12) = r0', 'exit'], 'is misaligned on the stack, at -12'],
  [
    'through a copy',
    ['r2 = r10', 'r2 += -6', 'r0 = *(u32 *)(r2 + 0)', 'exit'],
    'misaligned on the stack, at -6',
  ],
  ['stack size', ['r0 = *(u64 *)(r10 - 520)', 'exit'], 'leaves the stack'],
  [
    'a helper reads what was written',
    ['r1 = r10', 'r1 += -8', '*(u32 *)(r10 - 8) = r1', 'r2 = 8', 'call 6', 'exit'],
    'reads byte -4 of the stack',
  ],
  [
    'on all ways',
    [
      'r2 = *(u32 *)(r1 + 0)',
      'if r2 == 0 goto +1',
      '*(u64 *)(r10 - 8) = r2',
      'r1 = r10',
      'r1 += -8',
      'r2 = 8',
      'call 6',
      'exit',
    ],
    'reads byte -8 of the stack',
  ],
  ['whole pointers are spilled', ['*(u32 *)(r10 - 4) = r1', 'r0 = 0', 'exit'], 'stores a part of a pointer'],
  ['and filled', ['*(u64 *)(r10 - 8) = r1', 'r0 = *(u32 *)(r10 - 8)', 'exit'], 'loads a part of a pointer'],
  ['no 32-bit arithmetic', ['r2 = r10', 'w2 += 4', 'r0 = 0', 'exit'], 'takes a part of a pointer'],
  ['no multiplication', ['r2 = r10', 'r2 *= 4', 'r0 = 0', 'exit'], 'computes with a pointer'],
  ['context from its own pointer', ['r1 += 4', 'r0 = *(u32 *)(r1 + 0)', 'exit'], 'through a changed pointer'],
  ['context in natural pieces', ['r0 = *(u32 *)(r1 + 2)', 'exit'], 'across a boundary'],
  [
    'what was compared is what is used',
    ['r2 = *(u64 *)(r10 - 8)', 'r3 = r10', 'if w2 > 4 goto +2', 'r3 += r2', 'r3 += -8', 'r0 = 0', 'exit'],
    'compared in 32 bits',
  ],
  [
    'narrow values may be',
    ['r2 = *(u32 *)(r10 - 8)', 'r3 = r10', 'if w2 > 4 goto +1', 'r3 += r2', 'r0 = 0', 'exit'],
    undefined,
  ],
  ['all code is reached', ['r0 = 0', 'exit', 'r0 = 1', 'exit'], 'is never reached'],
];

describe('rules', () => {
  for (const [name, lines, fault] of rules) {
    it(name, () => {
      const faults = faultsOf(lines);
      if (fault === undefined) expect(faults).toEqual([]);
      else expect(faults.join('\n')).toContain(fault);
    });
  }
});

describe('compiled programs keep them', () => {
  /** Runs on the host. */
  const loader = 'run.c';
  // Those of end-to-end and its neighbours are checked where they run.
  for (const place of ['test/fixtures/kernel', 'test/fixtures/core', 'test/fixtures/linking', 'examples']) {
    const folder = join(packageRoot(), place);
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.c') && file !== loader)) {
      it.each(['-O0', '-O2', '-Os'])(`${place}/${name} at %s`, (level) => {
        const { result } = compileText(name, folderHost(folder), [level]);
        expect(result.object).toBeDefined();
        if (result.object !== undefined) expect(objectRuleFaults(result.object)).toEqual([]);
      });
    }
  }
});
