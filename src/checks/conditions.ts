/**
 * The text of a condition as it is written, for messages: typed tree and sources -> what stands in `while (...)`, `for (;...;)` or
 * `if (...)` around a position. Conditions that come from macros have none.
 */

import type { Pos, SourceManager, Span } from '../diagnostics/source-manager.ts';
import type { TypedUnit } from '../sema/typed-tree.ts';
import { walkStatement } from '../sema/walk.ts';
import { displayText } from '../support/utf8.ts';

const maxText = 60;

export interface ConditionText {
  readonly text: string;
  /** While it holds, the loop goes on; that of an `if` may be what leaves it. */
  readonly isLoop: boolean;
}

interface Condition {
  readonly span: Span;
  readonly isLoop: boolean;
}

export class Conditions {
  private readonly sources: SourceManager;
  private readonly conditions: Condition[] = [];

  constructor(unit: TypedUnit, sources: SourceManager) {
    this.sources = sources;
    for (const { body } of unit.functions) {
      walkStatement(body, {
        statement: (statement) => {
          const { kind } = statement;
          const isLoop = kind === 'While' || kind === 'Do' || kind === 'For';
          const span = isLoop || kind === 'If' ? statement.condition?.span : undefined;
          if (span !== undefined && !sources.isInMacro(span.start)) this.conditions.push({ span, isLoop });
        },
      });
    }
  }

  /** The innermost condition that a position lies in. */
  textAt(pos: Pos): ConditionText | undefined {
    const at = this.sources.written(pos);
    const length = ({ span: { start, end } }: Condition): number => end - start;
    const around = this.conditions.filter(({ span }) => span.start <= at && at < span.end);
    const [inner] = around.sort((a, b) => length(a) - length(b));
    if (inner === undefined) return undefined;
    const { file, offset } = this.sources.location(inner.span.start);
    const text = file.text.slice(offset, offset + length(inner)).replace(/\s+/g, ' ');
    if (text === '' || text.length > maxText) return undefined;
    return { text: displayText(text), isLoop: inner.isLoop };
  }
}
