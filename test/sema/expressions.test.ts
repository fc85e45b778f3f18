/** Runs test/fixtures/sema/expressions/*.c (test/want-fixtures.ts has the form); `// want typed` is the typed functions. */

import { printTypedFunction } from '../../src/sema/print-expressions.ts';
import { type StageOutcome, testStage } from '../want-fixtures.ts';
import { analyzeText } from './analyze-text.ts';

function analyzed(source: string): StageOutcome {
  const { typed, diagnostics, sources } = analyzeText(source, { warnings: { all: true } });
  return {
    diagnostics: diagnostics.diagnostics,
    place: (position) => sources.location(position),
    dump: () => typed.functions.map(printTypedFunction).join(''),
  };
}

testStage({
  title: 'sema fixtures: expressions and statements',
  folder: 'sema/expressions/',
  dumpName: 'typed',
  run: analyzed,
});
