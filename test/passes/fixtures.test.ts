import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { targetFacts } from '../../src/driver/target-facts.ts';
import type { Module } from '../../src/ir/module.ts';
import { printModule } from '../../src/ir/printer.ts';
import { readModule } from '../../src/ir/reader.ts';
import { validateModule } from '../../src/ir/validator.ts';
import type { OptLevel, PassOptions } from '../../src/passes/pass.ts';
import { pipeline } from '../../src/passes/pipeline.ts';
import { runPasses } from '../../src/passes/runner.ts';
import { foldLines, type IrCase, readCases } from '../ir/cases.ts';

/**
 * Cases of `test/fixtures/passes`: `; pass: names` runs those passes, `; options: O2 v3 strict-align` sets level, version and
 * features; sections make programs and maps of functions and variables; `; want: line` is a line (blanks folded) or a part of one in the result, in order; `; want no: text` must not appear;
 * `; error: code` on a line is a report of the pass, in order.
 */

const folder = fileURLToPath(new URL('../fixtures/passes', import.meta.url));
const known = new Map(pipeline.map((row) => [row.name, row]));

const levels: Readonly<Record<string, OptLevel>> = { O0: 0, O1: 1, O2: 2, Osize: 'size' };

function optionsOf(row: IrCase, module: Module): PassOptions {
  const words = row.directives
    .filter(({ key }) => key === 'options')
    .flatMap(({ value }) => value.split(' '));
  const level = words.find((word) => /^O(?:\d|size)$/.test(word)) ?? 'O2';
  const littleEndian = !words.includes('big');
  const cpu = words.find((word) => /^v\d$/.test(word)) ?? 'v3';
  return {
    optLevel: levels[level] ?? 2,
    cpu: cpu === 'v4' ? 4 : cpu === 'v2' ? 2 : 3,
    littleEndian,
    features: new Set(words.filter((word) => word === 'strict-align')),
    target: targetFacts({ module, sourceSymbols: new Map(), littleEndian }),
  };
}

function check(row: IrCase): void {
  const { module, errors } = readModule(row.text);
  expect(errors).toEqual([]);
  expect(validateModule(module)).toEqual([]);
  const names = row.directives.find(({ key }) => key === 'pass')?.value.split(' ') ?? [];
  const passes = names.map((name) => known.get(name) ?? expect.fail(`no pass ${name}`));
  const reports: string[] = [];
  runPasses(module, optionsOf(row, module), (code) => reports.push(code), { validate: true }, passes);
  const text = printModule(module);
  expect(printModule(readModule(text).module)).toBe(text);
  expect(reports).toEqual(row.errors.map((error) => error.text));
  const wants = row.directives.filter(({ key }) => key.startsWith('want'));
  expect(wants.length, 'a case without expectation').toBeGreaterThan(0);
  const lines = foldLines(text);
  let at = 0;
  for (const { key, value } of wants) {
    if (key === 'want no') expect(text).not.toContain(value);
    else {
      const found = lines.findIndex((line, index) => index >= at && line.includes(value));
      if (found < 0) expect.fail(`no line with "${value}" from line ${at} of\n${text}`);
      at = found + 1;
    }
  }
}

for (const file of readdirSync(folder).sort()) {
  describe(file, () => {
    it.each(readCases(`passes/${file}`).map((row) => [row.name, row] as const))('%s', (_, row) => {
      check(row);
    });
  });
}
