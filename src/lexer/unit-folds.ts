/**
 * The folded declarations of a translation unit: what the `Folded` tokens of its token run stand for.
 *
 * In: a declaration of a file, and how far the file's positions are from its offsets. Out: its names at once, its tokens
 * when it is wanted. The id of a `Folded` token in the unit is a number here.
 */

import type { FoldedTokens } from './scanner.ts';
import type { TokenColumns } from './token-columns.ts';
import { Tok } from './tokens.ts';

export class UnitFolds {
  /** The keyword that an identifier is, 0 for others. */
  private readonly keywords: () => Uint8Array;
  private readonly texts: FoldedTokens[] = [];
  private readonly declarations: number[] = [];
  private readonly deltas: number[] = [];

  constructor(keywords: () => Uint8Array) {
    this.keywords = keywords;
  }

  add(folded: FoldedTokens, declaration: number, delta: number): number {
    this.texts.push(folded);
    this.deltas.push(delta);
    return this.declarations.push(declaration) - 1;
  }

  /** Calls `note` with the name and the `FoldedName` of each name in a declaration. */
  eachName(number: number, note: (id: number, kind: number) => void): void {
    const folded = this.texts[number]?.folded;
    const declaration = this.declarations[number] ?? 0;
    if (folded === undefined) return;
    const end = folded.nameEnds[declaration] ?? 0;
    for (let at = folded.nameEnds[declaration - 1] ?? 0; at < end; at++) {
      const name = folded.names[at] ?? 0;
      note(name >> 2, name & 3);
    }
  }

  /**
   * Appends the tokens `start` to `end` to the run itself, with nothing folded; gives where they begin. So trees go on
   * speaking of numbers of tokens in one run.
   */
  unfold(tokens: TokenColumns, start: number, end: number): number {
    const first = tokens.length;
    for (let at = start; at < end; at++) {
      if (tokens.kind(at) === Tok.Folded) this.unfoldInto(tokens, tokens.id(at), tokens.flag(at));
      else tokens.pushFrom(tokens, at);
    }
    return first;
  }

  private unfoldInto(tokens: TokenColumns, number: number, flags: number): void {
    const folded = this.texts[number];
    if (folded === undefined) return;
    const delta = this.deltas[number] ?? 0;
    const scanned = folded.of(this.declarations[number] ?? 0);
    const keywords = this.keywords();
    for (let at = 0; at < scanned.length; at++) {
      const id = scanned.id(at);
      const keyword = scanned.kind(at) === Tok.Identifier ? (keywords[id] ?? 0) : 0;
      const kind = keyword === 0 ? scanned.kind(at) : keyword;
      tokens.push(kind, scanned.position(at) + delta, id, at === 0 ? flags : scanned.flag(at));
    }
  }
}

/** A run in which nothing is folded. */
export function noFolds(): UnitFolds {
  return new UnitFolds(() => new Uint8Array(0));
}
