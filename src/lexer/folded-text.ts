/**
 * Declarations of types that are passed over without making tokens: only where they are and which names they declare and
 * mention is noted; the rest is scanned when the declaration is wanted.
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

import { isIdentifierPart } from './characters.ts';
import { type FoldedColumns, FoldedNames, type NameFilter } from './folded-names.ts';

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

/** Finds the declarations that fold, while a text is scanned. */
export class Folder implements FoldedColumns {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly nameEnds: number[] = [];
  readonly nameStarts: number[] = [];
  readonly nameSizes: number[] = [];
  private readonly text: string;
  private readonly canFold: boolean;
  /** The next `struct`, `union` or `enum` of the text that was not taken yet. */
  private tag: RegExpExecArray | null = null;
  private tagsFrom = -1;

  constructor(text: string, canFold: boolean) {
    this.text = text;
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
    const numNames = this.nameStarts.length;
    if (!this.takeTags(start, end)) {
      this.nameStarts.length = this.nameSizes.length = numNames;
      return -1;
    }
    if (name !== undefined) this.note(name, start, FoldedName.typedef);
    this.ends.push(end);
    this.nameEnds.push(this.nameStarts.length);
    return this.starts.push(start) - 1;
  }

  /** Notes a name that stands somewhere behind `from`. */
  private note(name: string, from: number, kind: number): void {
    this.nameStarts.push(this.text.indexOf(name, from));
    this.nameSizes.push(name.length * 4 + kind);
  }

  /** Notes tags and enumerators of a range; false where it holds what is not understood here. */
  private takeTags(start: number, end: number): boolean {
    if (this.tagsFrom < 0 || (this.tag !== null && this.tag.index < start)) this.seekTag(start);
    while (this.tag !== null && this.tag.index < end) {
      const [all, keyword, tag = '', mark] = this.tag;
      const behind = this.tag.index + all.length;
      const isBody = mark === '{';
      if (notNames.test(tag) || (tag === '' && !isBody) || (mark === ':' && keyword === 'enum')) return false;
      if (tag !== '')
        this.note(tag, this.tag.index, isBody ? FoldedName.definedTag : FoldedName.mentionedTag);
      if (isBody && keyword === 'enum' && !this.takeEnumerators(behind)) return false;
      this.seekTag(behind);
    }
    return true;
  }

  private seekTag(from: number): void {
    tagUse.lastIndex = from;
    this.tag = tagUse.exec(this.text);
    this.tagsFrom = from;
  }

  private takeEnumerators(start: number): boolean {
    for (enumerator.lastIndex = start; ; ) {
      const match = enumerator.exec(this.text);
      if (match === null) return false;
      const [, name = '', last = ''] = match;
      this.note(name, match.index, FoldedName.enumerator);
      if (last.endsWith('}')) return true;
    }
  }
}

/** The folded declarations of a text, for those who want some of them. */
export class FoldedText {
  readonly text: string;
  readonly columns: FoldedColumns;
  /** Which names stand in the text at all, where that is known. */
  private readonly filter: NameFilter | undefined;
  private readonly known: FoldedNames | undefined;
  private made: FoldedNames | undefined;
  private places: ReadonlyMap<string, readonly number[]> | undefined;
  private readonly found = new Map<string, readonly number[]>();

  constructor(text: string, columns: FoldedColumns, names?: FoldedNames, filter?: NameFilter) {
    this.text = text;
    this.columns = columns;
    this.known = names;
    this.filter = filter;
  }

  /** The names of the declarations, by spelling. */
  get names(): FoldedNames {
    this.made ??= this.known ?? FoldedNames.of(this.text, this.columns);
    return this.made;
  }

  /** Few names pass {@link mayMention} that stand nowhere. */
  get knowsNames(): boolean {
    return this.filter !== undefined;
  }

  /** False where the name stands nowhere in the text. */
  mayMention(name: string): boolean {
    return this.filter?.mayHave(name) ?? true;
  }

  /** Calls `note` with the spelling and the kind of each name of a declaration. */
  eachName(declaration: number, note: (name: string, kind: number) => void): void {
    const { nameEnds, nameStarts, nameSizes } = this.columns;
    const end = nameEnds[declaration] ?? 0;
    for (let at = nameEnds[declaration - 1] ?? 0; at < end; at++) {
      const size = nameSizes[at] ?? 0;
      const start = nameStarts[at] ?? 0;
      note(this.text.slice(start, start + (size >> 2)), size & 3);
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

  /** Offsets of names; they are searched for one by one where they are few, else with one expression, and remembered. */
  offsetsOf(names: readonly string[]): readonly (readonly number[])[] {
    const { found } = this;
    if (found.size > maxFound) found.clear();
    const wanted = new Map<string, number[]>();
    for (const name of names) if (!found.has(name)) wanted.set(name, []);
    if (wanted.size > fewNames) {
      const pattern = wanted.size > maxNames ? '[A-Za-z_]\\w*' : `\\b(?:${[...wanted.keys()].join('|')})\\b`;
      for (const { 0: name, index } of this.text.matchAll(new RegExp(pattern, 'g'))) {
        wanted.get(name)?.push(index);
      }
    } else {
      for (const [name, offsets] of wanted) this.search(name, offsets);
    }
    for (const [name, offsets] of wanted) found.set(name, offsets);
    return names.map((name) => found.get(name) ?? []);
  }

  private search(name: string, offsets: number[]): void {
    const { text } = this;
    for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
      if (!isWordAt(text, at - 1) && !isWordAt(text, at + name.length)) offsets.push(at);
    }
  }
}

/** So many names are found faster one by one. */
const fewNames = 6;

function isWordAt(text: string, at: number): boolean {
  return isIdentifierPart(text.charCodeAt(at));
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
