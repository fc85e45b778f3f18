/**
 * What values are called in C: the side table that a function has when somebody wants to know (`explain`, listings), and lacks
 * otherwise. Values of variables get their names where memory becomes values (mem2reg); copies take them along, and where one
 * value replaces another, it is called as that one was. (LLVM keeps such facts as debug records with a position in the code;
 * here a name belongs to a value, which is all that a reader of machine code asks for: what did this instruction make?)
 *
 * Nothing but names may depend on the table: the same instructions come out with and without it.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import type { Id } from '../support/ids.ts';

type ValueId = Id<'Value'>;

/** What messages say about a stack object. */
export interface LocalInfo {
  readonly name: string;
  readonly pos: Pos;
  /** Functions it was inlined from, innermost first. */
  readonly inlinedFrom: readonly string[];
  /** The compiler's own: the name says what for, and is not one of the program. */
  readonly isTemporary?: true;
}

/** A variable that had the value. */
export interface ValueName {
  readonly local: LocalInfo;
  /** Bytes of the part of the variable that is meant; 0 for all of it. */
  readonly part: number;
  /** The access; a part is called what the expression there is. */
  readonly pos: Pos;
  readonly isStored: boolean;
  /** Its address is meant. */
  readonly isAddress?: true;
}

/** A value that is handed through many functions has many names; more do not help anyone. */
const maxNames = 16;
const none: readonly ValueName[] = [];

/** Is the same meant? Accesses to a part may call it by different names (`p->next`, `list.next`). */
export function isSameName(a: ValueName, b: ValueName): boolean {
  return (
    a.local === b.local &&
    a.isAddress === b.isAddress &&
    (a.part === 0 ? b.part === 0 : a.part === b.part && a.pos === b.pos && a.isStored === b.isStored)
  );
}

/** The names of `a` and behind them those that only `b` has. */
export function joinNames(a: readonly ValueName[], b: readonly ValueName[]): readonly ValueName[] {
  const added = b.filter((name) => !a.some((known) => isSameName(known, name)));
  return added.length === 0 ? a : [...a, ...added].slice(0, maxNames);
}

/** The names that both have. */
export function commonNames(a: readonly ValueName[], b: readonly ValueName[]): readonly ValueName[] {
  return a.filter((name) => b.some((other) => isSameName(name, other)));
}

export class ValueNames {
  private readonly names = new Map<ValueId, readonly ValueName[]>();
  /** Stack objects that are parts of a variable. */
  private readonly parts = new Set<ValueId>();

  of(value: ValueId): readonly ValueName[] {
    return this.names.get(value) ?? none;
  }

  /** All values that have names. */
  entries(): Iterable<readonly [ValueId, readonly ValueName[]]> {
    return this.names;
  }

  add(value: ValueId, names: readonly ValueName[]): void {
    if (names.length > 0) this.names.set(value, joinNames(this.of(value), names));
  }

  /** `value` stands for all of `row`, one of them at a time: only what all are called is its name. */
  keepCommon(value: ValueId, row: readonly ValueId[]): void {
    this.names.set(
      value,
      row.reduce((names, other) => commonNames(names, this.of(other)), this.of(row[0] ?? value)),
    );
  }

  addPart(alloca: ValueId): void {
    this.parts.add(alloca);
  }

  isPart(alloca: ValueId): boolean {
    return this.parts.has(alloca);
  }
}
