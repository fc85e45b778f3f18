/**
 * Token columns to use again. Macro expansion needs a short run of tokens for every argument and every replacement
 * and drops it soon after; typed arrays are too dear to make each time.
 */

import { TokenColumns } from '../lexer/token-columns.ts';

/** Longer columns are left to the garbage collector. */
const maxCapacity = 512;
const maxSpare = 256;

export class TokenPool {
  private readonly spare: TokenColumns[] = [];

  /** Empty columns; they belong to the caller until released. */
  take(capacity: number): TokenColumns {
    return this.spare.pop() ?? new TokenColumns(Math.max(capacity, 16));
  }

  /** Takes columns back that nobody looks at any more. */
  release(tokens: TokenColumns): void {
    const capacity = tokens.kinds.length;
    if (capacity === 0 || capacity > maxCapacity || this.spare.length >= maxSpare) return;
    tokens.length = 0;
    this.spare.push(tokens);
  }
}
