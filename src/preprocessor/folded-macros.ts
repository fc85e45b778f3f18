/**
 * Which folded declarations of an open file a macro's name may stand in: those must be scanned and expanded where they are.
 *
 * In: the file's folded text and the names that mean something to the preprocessor (see `IdentifierTable.named`). Out: yes or
 * no for one declaration; yes too often costs only time. Method: the text tells where the
 * names stand, all at once that came since the last question.
 */

import { type FoldedText, isReservedName } from '../lexer/folded-text.ts';
import type { Interner } from '../support/interner.ts';
import type { IdentifierTable } from './macro.ts';

export class FoldedMacros {
  private readonly folded: FoldedText;
  private readonly identifiers: IdentifierTable;
  private readonly interner: Interner;
  private readonly declarations = new Set<number>();
  /** How many of the names have been looked for. */
  private numNames = 0;

  constructor(folded: FoldedText, identifiers: IdentifierTable, interner: Interner) {
    this.folded = folded;
    this.identifiers = identifiers;
    this.interner = interner;
  }

  mayHold(declaration: number): boolean {
    if (this.numNames < this.identifiers.named.length) this.look();
    return this.declarations.has(declaration);
  }

  /** Looks for the names that came since the last time. */
  private look(): void {
    const { named } = this.identifiers;
    const names = new Set<string>();
    for (; this.numNames < named.length; this.numNames++) {
      const name = this.interner.text(named[this.numNames] ?? 0);
      if (!this.folded.mayMention(name)) continue;
      // Where nothing is known of the text's names, compilers have a hundred of these to ask for.
      if (!this.folded.knowsNames && isReservedName(name))
        this.noteAll(this.folded.reservedNames().get(name) ?? []);
      // Other characters do not stand in what is folded.
      else if (/^[A-Za-z_]\w*$/.test(name)) names.add(name);
    }
    for (const offsets of this.folded.offsetsOf([...names])) this.noteAll(offsets);
  }

  private noteAll(offsets: readonly number[]): void {
    for (const offset of offsets) this.declarations.add(this.declarationAt(offset));
  }

  /** The last declaration that begins at or before `offset`; it may end before it, which does no harm. */
  private declarationAt(offset: number): number {
    const { starts } = this.folded.columns;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
