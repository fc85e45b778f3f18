/**
 * Where a statement can be written before another one: fix-its that insert a check need such a place.
 *
 * A place is the start of a line that begins with an item of a block. A label would be jumped to behind it, and lines of
 * macros are nobody's: both give none.
 */

import {
  type FileEntry,
  offsetPos,
  type Pos,
  type SourceManager,
  type Span,
} from '../diagnostics/source-manager.ts';
import type { TypedFunction, TypedStatement, TypedUnit } from '../sema/typed-tree.ts';
import { walkStatement } from '../sema/walk.ts';
import { canonical } from '../types/types.ts';

export interface InsertionPlace {
  readonly span: Span;
  /** The white space that the line begins with. */
  readonly indent: string;
  readonly func: TypedFunction;
}

export class StatementStarts {
  private readonly sources: SourceManager;
  private readonly lines = new Map<FileEntry, Map<number, TypedFunction>>();

  constructor(unit: TypedUnit, sources: SourceManager) {
    this.sources = sources;
    for (const func of unit.functions) {
      walkStatement(func.body, {
        statement: (statement, isItem) => {
          if (isItem) this.add(statement, func);
        },
      });
    }
  }

  private add({ kind, span }: TypedStatement, func: TypedFunction): void {
    const { file, line, column } = this.sources.location(span.start);
    const before = this.sources.lineText(file, line).slice(0, column - 1);
    // A declaration is where its name is: its type may stand before it.
    const isFirst = kind === 'Local' ? /^[\w\s*]*$/.test(before) : before.trim() === '';
    if (!isFirst || kind === 'Labeled' || kind === 'Case') return;
    const known = this.lines.get(file) ?? new Map<number, TypedFunction>();
    known.set(line, func);
    this.lines.set(file, known);
  }

  /** The place before the statement that the line of `pos` begins with. */
  before(pos: Pos): InsertionPlace | undefined {
    if (this.sources.isInMacro(pos)) return undefined;
    const { file, line, column } = this.sources.location(pos);
    const func = this.lines.get(file)?.get(line);
    if (func === undefined) return undefined;
    const indent = /^[ \t]*/.exec(this.sources.lineText(file, line))?.[0] ?? '';
    const start = offsetPos(pos, indent.length + 1 - column);
    return { span: { start, end: start }, indent, func };
  }
}

/** `return 0;`, or what else leaves the function. */
export function returnStatement(func: TypedFunction): string {
  return canonical(func.symbol.type.returns).kind === 'void' ? 'return;' : 'return 0;';
}
