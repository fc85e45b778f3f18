/**
 * Instructions -> C, as a Source Map (version 3). A "generated line" is the number of an instruction slot in the `-S` listing of
 * all functions in order, its column 0; `names` holds the functions.
 */

import { SourceMapGenerator } from 'source-map';
import type { CompiledFunction } from '../codegen/emit.ts';
import { noPos, type SourceManager } from '../diagnostics/source-manager.ts';
import type { Module } from '../ir/module.ts';
import { slotPositions } from '../isa/instruction.ts';

export function writeSourceMap(
  module: Module,
  functions: readonly CompiledFunction[],
  sources: SourceManager,
  outputName: string,
): string {
  const generator = new SourceMapGenerator({ file: outputName });
  let base = 1;
  for (const compiled of functions) {
    const { name } = module.symbol(compiled.symbol);
    const slots = slotPositions(compiled.instructions);
    for (const { index, pos } of compiled.lines) {
      if (pos === noPos) continue;
      const { fileName, line, column } = sources.presumed(pos);
      generator.addMapping({
        generated: { line: base + (slots[index] ?? 0), column: 0 },
        original: { line, column: column - 1 },
        source: sources.shownName(fileName, 'debug'),
        name,
      });
    }
    base += slots.at(-1) ?? 0;
  }
  return `${generator.toString()}\n`;
}
