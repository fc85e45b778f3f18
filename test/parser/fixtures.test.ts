/**
 * Runs test/fixtures/parser/*.c (test/want-fixtures.ts has the form): C source without directives other than pragmas; the dump,
 * `// want ast`, is the tree of the whole file.
 */

import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import { printTree } from '../../src/parser/print.ts';
import { createParser, createTranslationUnit } from '../../src/parser/translation-unit.ts';
import { type StageOutcome, testStage } from '../want-fixtures.ts';
import { tokensOf } from './tokens-of.ts';

const parser = createParser();

function parse(source: string): StageOutcome {
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
  return {
    diagnostics: sink.diagnostics,
    place: (position) => sources.presumed(position),
    dump: () => tree.join(''),
  };
}

testStage({ title: 'parser fixtures', folder: 'parser/', dumpName: 'ast', run: parse });
