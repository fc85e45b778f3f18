/**
 * The names of folded declarations by spelling, and a filter for all names of a text.
 *
 * In: the columns of a folded text. Out: for a name the declarations that it stands in, with what it is there; for any name whether
 * it may stand in the text.
 *
 * Method: hashing with chains through a column (Knuth, TAOCP 3, 6.4), so that the whole is a few runs of numbers that need no
 * strings and can be kept; the filter is Bloom's (CACM 13/7, 1970) with double hashing (Kirsch and Mitzenmacher, 2006).
 */

import { bug } from '../support/bug.ts';
import { hashRange } from '../support/interner.ts';

/** What is noted of the declarations of a text: plain numbers, which can be kept and read again. */
export interface FoldedColumns {
  /** Offsets of the first character of each declaration, and behind its `;`. */
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  /** Where the names of each declaration end; they begin where those of the one before end. */
  readonly nameEnds: ArrayLike<number>;
  /** For each name an offset at which the text spells it, and its length times 4 plus what it is (see `FoldedName`). */
  readonly nameStarts: ArrayLike<number>;
  readonly nameSizes: ArrayLike<number>;
}

/** What a name can be (see `FoldedName`). */
const numKinds = 4;

/** Answers at most that are remembered of each kind. */
const maxFound = 50_000;

export class FoldedNames {
  /** The first name of each chain plus 1, 0 for none; a power of two long. */
  readonly heads: Int32Array;
  /** The name behind each in its chain plus 1, 0 for none: always a later one. */
  readonly next: Int32Array;
  private readonly text: string;
  private readonly columns: FoldedColumns;
  /** Answers by what the name is, and its spelling. */
  private readonly found = Array.from({ length: numKinds }, () => new Map<string, readonly number[]>());

  constructor(text: string, columns: FoldedColumns, heads: Int32Array, next: Int32Array) {
    this.text = text;
    this.columns = columns;
    this.heads = heads;
    this.next = next;
  }

  static of(text: string, columns: FoldedColumns): FoldedNames {
    const { nameStarts, nameSizes } = columns;
    const count = nameStarts.length;
    const heads = new Int32Array(2 ** Math.ceil(Math.log2(count + 1)));
    const next = new Int32Array(count);
    const mask = heads.length - 1;
    for (let name = count - 1; name >= 0; name--) {
      const start = nameStarts[name] ?? 0;
      const slot = hashRange(text, start, start + ((nameSizes[name] ?? 0) >> 2)) & mask;
      next[name] = heads[slot] ?? 0;
      heads[slot] = name + 1;
    }
    return new FoldedNames(text, columns, heads, next);
  }

  /** The declarations in which the name is this (see `FoldedName`), ascending. */
  declarationsOf(name: string, kind: number): readonly number[] {
    const found = this.found[kind] ?? bug('a folded name of no kind');
    const known = found.get(name);
    if (known !== undefined) return known;
    if (found.size >= maxFound) found.clear();
    const declarations: number[] = [];
    for (let at = this.following(name, kind, 0); at > 0; at = this.following(name, kind, at)) {
      const declaration = this.declarationOf(at - 1);
      if (declarations.at(-1) !== declaration) declarations.push(declaration);
    }
    found.set(name, declarations);
    return declarations;
  }

  /** The first declaration from `start` on in which the name is this, else -1. */
  firstOf(name: string, kind: number, start: number): number {
    const firstName = start === 0 ? 0 : (this.columns.nameEnds[start - 1] ?? 0);
    let at = this.following(name, kind, 0);
    while (at > 0 && at <= firstName) at = this.following(name, kind, at);
    return at === 0 ? -1 : this.declarationOf(at - 1);
  }

  /** The next place in a chain with this name that is this; places count from 1, 0 is before the first and behind the last. */
  private following(name: string, kind: number, place: number): number {
    const { heads, next, columns, text } = this;
    const wanted = name.length * 4 + kind;
    let before = place;
    let at =
      place === 0
        ? (heads[hashRange(name, 0, name.length) & (heads.length - 1)] ?? 0)
        : (next[place - 1] ?? 0);
    // Chains ascend; what was kept badly does not.
    for (; at > before; before = at, at = next[at - 1] ?? 0) {
      if (columns.nameSizes[at - 1] === wanted && text.startsWith(name, columns.nameStarts[at - 1] ?? 0))
        return at;
    }
    return 0;
  }

  /** The declaration that a name belongs to: the first whose names end behind it. */
  private declarationOf(name: number): number {
    const { nameEnds } = this.columns;
    let low = 0;
    let high = nameEnds.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((nameEnds[middle] ?? 0) > name) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Bits of the filter for each name: one name in ten thousand is taken for one that is there. */
const bitsPerName = 32;
const probes = 4;

/** Says of names that stand nowhere in a text that they do not; sometimes one passes that is not there. */
export class NameFilter {
  /** A power of two long. */
  readonly words: Int32Array;

  constructor(words: Int32Array) {
    this.words = words;
  }

  static of(text: string): NameFilter {
    const names = new Set<string>();
    for (const [name] of text.matchAll(/[A-Za-z_]\w*/g)) names.add(name);
    const filter = new NameFilter(
      new Int32Array(2 ** Math.ceil(Math.log2((names.size * bitsPerName) / 32 + 1))),
    );
    for (const name of names) filter.add(name);
    return filter;
  }

  mayHave(name: string): boolean {
    return this.hasBits(name, false);
  }

  private add(name: string): void {
    this.hasBits(name, true);
  }

  /** Are all bits of a name set? Where `sets` says so, they are afterwards. */
  private hasBits(name: string, sets: boolean): boolean {
    const { words } = this;
    const hash = hashRange(name, 0, name.length);
    const step = stepOf(hash);
    const mask = words.length * 32 - 1;
    let hasAll = true;
    for (let probe = 0; probe < probes && (hasAll || sets); probe++) {
      const bit = ((hash + Math.imul(step, probe)) & mask) >>> 0;
      const word = words[bit >>> 5] ?? 0;
      hasAll &&= (word & (1 << (bit & 31))) !== 0;
      if (sets) words[bit >>> 5] = word | (1 << (bit & 31));
    }
    return hasAll;
  }
}

/** How far the bits of a name are apart: of the upper half of the product, for the lower one says no more than the bits of the first place. */
function stepOf(hash: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> 8) | 1;
}
