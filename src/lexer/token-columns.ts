/**
 * A run of tokens as columns in typed arrays: kind, position, identifier id, flags. Nothing is allocated per
 * token; `IToken` objects for Chevrotain are made only for what is parsed.
 *
 * The spelling of a token is `interner.text(id)`; punctuators have an id too, so that every token has a spelling.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { asId } from '../support/ids.ts';
import type { TokenKind } from './tokens.ts';

/** Bits of a token's flags. */
export const TokenFlag = Object.freeze({
  /** First token of its line. */
  startOfLine: 1,
  /** White space or a comment stands before it. */
  leadingSpace: 2,
  /** The name of a macro under expansion: never expanded again (C11 6.10.3.4 p2). */
  noExpand: 4,
});

/** Tokens at the beginning of a run, behind those of the head before, that other runs of a session begin with too. */
export interface TokenHead {
  /** Behind its last token. */
  readonly end: number;
  /** The same object stands for the same tokens behind the same tokens. */
  readonly identity: object;
}

export class TokenColumns {
  kinds: Uint8Array;
  positions: Uint32Array;
  ids: Int32Array;
  flags: Uint8Array;
  length = 0;

  constructor(capacity = 256) {
    this.kinds = new Uint8Array(capacity);
    this.positions = new Uint32Array(capacity);
    this.ids = new Int32Array(capacity);
    this.flags = new Uint8Array(capacity);
  }

  push(kind: TokenKind, position: number, id: number, flags: number): void {
    const at = this.length++;
    if (at === this.kinds.length) this.grow(at * 2 + 16);
    this.kinds[at] = kind;
    this.positions[at] = position;
    this.ids[at] = id;
    this.flags[at] = flags;
  }

  private grow(capacity: number): void {
    const { kinds, positions, ids, flags } = this;
    this.kinds = new Uint8Array(capacity);
    this.kinds.set(kinds);
    this.positions = new Uint32Array(capacity);
    this.positions.set(positions);
    this.ids = new Int32Array(capacity);
    this.ids.set(ids);
    this.flags = new Uint8Array(capacity);
    this.flags.set(flags);
  }

  /** The same tokens in columns that are not much longer than needed. */
  trimmed(): TokenColumns {
    return this.length * 2 >= this.kinds.length ? this : this.copy();
  }

  /** Takes over the tokens of another run, with room for more. */
  assign(from: TokenColumns): void {
    const capacity = from.length * 2 + 256;
    this.kinds = new Uint8Array(capacity);
    this.positions = new Uint32Array(capacity);
    this.ids = new Int32Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.kinds.set(from.kinds.subarray(0, from.length));
    this.positions.set(from.positions.subarray(0, from.length));
    this.ids.set(from.ids.subarray(0, from.length));
    this.flags.set(from.flags.subarray(0, from.length));
    this.length = from.length;
  }

  /** The same tokens in columns of their own, as long as needed. */
  copy(): TokenColumns {
    const copy = new TokenColumns(0);
    copy.kinds = this.kinds.slice(0, this.length);
    copy.positions = this.positions.slice(0, this.length);
    copy.ids = this.ids.slice(0, this.length);
    copy.flags = this.flags.slice(0, this.length);
    copy.length = this.length;
    return copy;
  }

  kind(index: number): TokenKind {
    return this.kinds[index] ?? 0;
  }

  position(index: number): Pos {
    return asId<Pos>(this.positions[index] ?? 0);
  }

  id(index: number): number {
    return this.ids[index] ?? -1;
  }

  flag(index: number): number {
    return this.flags[index] ?? 0;
  }

  /** Copies token `index` of `from` to the end of this run. */
  pushFrom(from: TokenColumns, index: number): void {
    this.push(from.kind(index), from.position(index), from.id(index), from.flag(index));
  }
}
