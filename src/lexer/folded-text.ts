/**
 * Declarations of types that are passed over without making tokens: only the names that a reader of the file needs at
 * once are taken out; the rest is scanned when the declaration is wanted.
 *
 * In: the text, and where a declaration may begin. Out: where it ends; in columns, its range and names.
 *
 * Most of a kernel's `vmlinux.h` is such declarations, sixteen thousand of them, and a program needs a handful. Regular
 * expressions find their ends: they run at full speed from the first character on, while a loop of our own would be half way
 * through the text before it is compiled.
 *
 * Invariants: what is folded is one declaration without declarators (`struct t { ... };`, `enum { ... };`, `union t;`) or one
 * typedef of one name; it holds only identifiers, numbers, white space and punctuators in which no comment, literal, splice,
 * directive, digraph or function body can hide, and its braces match. So scanning the range later gives the tokens that would
 * have stood there.
 */

import type { Interner } from '../support/interner.ts';

/** What a name in a folded declaration is: see the declaration index, which notes them. */
export const FoldedName = Object.freeze({ enumerator: 0, definedTag: 1, mentionedTag: 2, typedef: 3 });

/** Shorter texts are not worth it; in longer ones the expressions' stack might not be enough. */
const minLength = 1 << 15;
const maxLength = 1 << 24;

const space = '[ \\t\\r\\n]';
/** Characters that hide nothing; those of `<:` and its kin are left out, too. */
const plain = '[^{}"\'\\\\#%@`$<>/?\\0\\x80-\\xff]*';
/** Braces in braces, this deep at most. */
const maxNesting = 6;

function nested(levels: number): string {
  return levels === 0 ? plain : `${plain}(?:\\{${nested(levels - 1)}\\}${plain})*`;
}

const attributes = `(?:${space}*__attribute__${space}*\\(\\((?:\\w|${space}|\\(\\w*\\))*\\)\\))*`;
const definition = `(?:struct|union|enum)(?:${space}+\\w+)?${space}*\\{${nested(maxNesting)}\\}${attributes}`;
const arrays = `${space}*(?:\\[\\w*\\])*`;
const words = '[\\w* \\t\\r\\n]*';
/** What stands between the parentheses of a function type. */
const parameters = `\\((?:[\\w*,.\\[\\]]|${space}|\\((?:[\\w*,.\\[\\]]|${space})*\\))*\\)`;
const declaration = new RegExp(
  [
    `${definition}${space}*;`,
    `(?:struct|union)${space}+\\w+${space}*;`,
    `typedef${space}+${definition}[* \\t\\r\\n]*\\b(\\w+)${arrays}${space}*;`,
    `typedef\\b${words}[* \\t\\r\\n](\\w+)(?:${arrays}|${space}*${parameters})${space}*;`,
    `typedef\\b${words}\\(${space}*\\*${space}*(\\w+)${space}*\\)${space}*${parameters}${space}*;`,
  ].join('|'),
  'y',
);
const tagUse = /\b(struct|union|enum)\b[ \t\r\n]*(\w*)[ \t\r\n]*([{:]?)/g;
const enumerator = /[ \t\r\n]*([A-Za-z_]\w*)[ \t\r\n]*(?:=[^,{}()]*)?(,[ \t\r\n]*\}?|\})/y;
/** Spellings that are no name of a typedef, and the one that stands before a tag. */
const notNames =
  /^(?:\d|(?:__attribute(?:__)?|char|double|enum|float|int|long|short|signed|struct|typedef|union|unsigned|void|const|volatile|_Bool|bool|__extension__)$)/;

export class FoldedText {
  readonly text: string;
  /** Offsets of the first character of each declaration, and behind its `;`. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** Where the names of each declaration end in `names`; they begin where those of the one before end. */
  readonly nameEnds: number[] = [];
  /** An interned name, times 4, plus its {@link FoldedName}. */
  readonly names: number[] = [];
  private readonly interner: Interner;
  private readonly canFold: boolean;
  /** The next `struct`, `union` or `enum` of the text that was not taken yet. */
  private tag: RegExpExecArray | null = null;
  private tagsFrom = -1;
  private places: ReadonlyMap<string, readonly number[]> | undefined;
  private readonly found = new Map<string, readonly number[]>();

  constructor(text: string, interner: Interner, canFold: boolean) {
    this.text = text;
    this.interner = interner;
    this.canFold = canFold && text.length >= minLength && text.length <= maxLength;
  }

  /** Folds the declaration that begins at `start`; gives its number, or -1 where it must be scanned. */
  fold(start: number): number {
    if (!this.canFold) return -1;
    declaration.lastIndex = start;
    const match = declaration.exec(this.text);
    if (match === null) return -1;
    const end = declaration.lastIndex;
    const name = match[1] ?? match[2] ?? match[3];
    if (name !== undefined && notNames.test(name)) return -1;
    const found: number[] = [];
    if (!this.takeTags(start, end, found)) return -1;
    if (name !== undefined) found.push(this.interner.intern(name) * 4 + FoldedName.typedef);
    for (const entry of found) this.names.push(entry);
    this.ends.push(end);
    this.nameEnds.push(this.names.length);
    return this.starts.push(start) - 1;
  }

  /** Notes tags and enumerators of a range; false where it holds what is not understood here. */
  private takeTags(start: number, end: number, found: number[]): boolean {
    if (this.tagsFrom < 0 || (this.tag !== null && this.tag.index < start)) this.seekTag(start);
    while (this.tag !== null && this.tag.index < end) {
      const [all, keyword, tag = '', mark] = this.tag;
      const behind = this.tag.index + all.length;
      const isBody = mark === '{';
      if (notNames.test(tag) || (tag === '' && !isBody) || (mark === ':' && keyword === 'enum')) return false;
      if (tag !== '') {
        const kind = isBody ? FoldedName.definedTag : FoldedName.mentionedTag;
        found.push(this.interner.intern(tag) * 4 + kind);
      }
      if (isBody && keyword === 'enum' && !this.takeEnumerators(behind, found)) return false;
      this.seekTag(behind);
    }
    return true;
  }

  private seekTag(from: number): void {
    tagUse.lastIndex = from;
    this.tag = tagUse.exec(this.text);
    this.tagsFrom = from;
  }

  private takeEnumerators(start: number, found: number[]): boolean {
    for (enumerator.lastIndex = start; ; ) {
      const match = enumerator.exec(this.text);
      if (match === null) return false;
      const [, name = '', last = ''] = match;
      found.push(this.interner.intern(name) * 4 + FoldedName.enumerator);
      if (last.endsWith('}')) return true;
    }
  }

  /** Offsets of the names with two underscores in front that compilers predefine, by spelling; made once. */
  reservedNames(): ReadonlyMap<string, readonly number[]> {
    if (this.places !== undefined) return this.places;
    const places = new Map<string, number[]>();
    for (const { 0: name, index } of this.text.matchAll(reservedName)) {
      const known = places.get(name);
      if (known === undefined) places.set(name, [index]);
      else known.push(index);
    }
    this.places = places;
    return places;
  }

  /** Offsets of other names; they are searched for with one expression, and remembered. */
  offsetsOf(names: readonly string[]): readonly (readonly number[])[] {
    const { found } = this;
    if (found.size > maxFound) found.clear();
    const wanted = new Map<string, number[]>();
    for (const name of names) if (!found.has(name)) wanted.set(name, []);
    if (wanted.size > 0) {
      const pattern = wanted.size > maxNames ? '[A-Za-z_]\\w*' : `\\b(?:${[...wanted.keys()].join('|')})\\b`;
      for (const { 0: name, index } of this.text.matchAll(new RegExp(pattern, 'g'))) {
        wanted.get(name)?.push(index);
      }
      for (const [name, offsets] of wanted) found.set(name, offsets);
    }
    return names.map((name) => found.get(name) ?? []);
  }
}

/** As many names as a text remembers the places of. */
const maxFound = 20_000;

/** An expression with more names than this is slower than one that finds all identifiers. */
const maxNames = 150;

const reservedName = /\b__(?:[A-Z]\w*|\w+__|has_\w+|is_\w+)\b/g;

/** Is it a name that {@link FoldedText.reservedNames} would have? */
export function isReservedName(name: string): boolean {
  return /^__(?:[A-Z]\w*|\w+__|has_\w+|is_\w+)$/.test(name);
}
