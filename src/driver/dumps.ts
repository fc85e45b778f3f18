/** The texts of `--dump` for tokens and syntax; the later stages print themselves. */

import { Tok, tokenRow } from '../lexer/tokens.ts';
import { printTree } from '../parser/print.ts';
import type { PreprocessedUnit } from '../preprocessor/preprocess.ts';
import { type FrontEndContext, indexUnit } from './front-end.ts';

/** One token a line: position, kind, spelling. */
export function dumpTokens(unit: PreprocessedUnit): string {
  const { tokens, sources, interner } = unit;
  const lines: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const kind = tokens.kind(i);
    if (kind === Tok.EndOfFile) break;
    const { fileName, line, column } = sources.presumed(tokens.position(i));
    lines.push(`${fileName}:${line}:${column}\t${tokenRow(kind).name}\t${interner.text(tokens.id(i))}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The trees of what the user wrote; declarations of headers are left out. */
export function dumpParsed(unit: PreprocessedUnit, context: FrontEndContext): string {
  const { sources } = context;
  const tree = indexUnit(unit, context);
  const parts: string[] = [];
  for (const entry of tree.entries) {
    if (!entry.isUserCode) continue;
    for (const declaration of tree.parse(entry.index)) {
      parts.push(printTree(declaration, sources));
      if (declaration.kind === 'FunctionDefinition')
        parts.push(printTree(tree.parseBody(declaration), sources));
    }
  }
  return parts.map((part) => `${part.trimEnd()}\n`).join('');
}
