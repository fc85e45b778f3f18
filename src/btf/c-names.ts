/**
 * The names of BTF types as C can have them: each tag and each ordinary identifier once. Where a name was given away, the next
 * type of the name gets `___2`, then `___3`, which CO-RE matching takes for the same name; libbpf's printer has the rule.
 */

import { BtfKind, type BtfView } from './view.ts';

/** A compiler's own: a declaration would be an error. */
const builtinName = '__builtin_va_list';

export class CNames {
  private readonly view: BtfView;
  /** How often a name was given, in each of C's two name spaces (C11 6.2.3). */
  private readonly tags = new Map<string, number>();
  private readonly identifiers = new Map<string, number>();
  private readonly names: (string | undefined)[] = [];
  /** The record that defines the tag of a forward declaration, by kind and name. */
  private definitions: ReadonlyMap<string, number> | undefined;

  constructor(view: BtfView) {
    this.view = view;
  }

  isBuiltin(id: number): boolean {
    return this.view.kind(id) === BtfKind.TYPEDEF && this.view.name(id) === builtinName;
  }

  /** The name of a typedef, the tag of a record or enumeration; empty where there is none. */
  of(id: number): string {
    const known = this.names[id];
    if (known !== undefined) return known;
    const written = asIdentifier(this.view.name(id));
    const space = this.view.kind(id) === BtfKind.TYPEDEF ? this.identifiers : this.tags;
    const name = written === '' || this.isBuiltin(id) ? written : nextName(space, written);
    this.names[id] = name;
    return name;
  }

  /** A fresh name for an enumerator. */
  enumerator(name: string): string {
    return nextName(this.identifiers, asIdentifier(name));
  }

  /** What a forward declaration stands for: the record of its kind and name, or the first such declaration. */
  canonical(forward: number): number {
    this.definitions ??= this.findDefinitions();
    return this.definitions.get(this.tagKey(forward)) ?? forward;
  }

  private tagKey(id: number): string {
    const { view } = this;
    const isUnion = view.kind(id) === BtfKind.UNION || (view.kind(id) === BtfKind.FWD && view.flag(id));
    return `${isUnion ? 'u' : 's'} ${view.name(id)}`;
  }

  private findDefinitions(): ReadonlyMap<string, number> {
    const { view } = this;
    const offsets = new Set<number>();
    const forwards: number[] = [];
    for (let id = 1; id <= view.numTypes; id++) {
      if (view.kind(id) !== BtfKind.FWD) continue;
      offsets.add(view.word(id, 0));
      forwards.push(id);
    }
    const found = new Map<string, number>();
    const note = (id: number) => {
      const key = this.tagKey(id);
      if (!found.has(key)) found.set(key, id);
    };
    for (let id = 1; id <= view.numTypes; id++) {
      const kind = view.kind(id);
      // Equal names are one string of the table.
      if ((kind === BtfKind.STRUCT || kind === BtfKind.UNION) && offsets.has(view.word(id, 0))) note(id);
    }
    for (const id of forwards) note(id);
    return found;
  }
}

function nextName(space: Map<string, number>, name: string): string {
  const count = (space.get(name) ?? 0) + 1;
  space.set(name, count);
  return count === 1 ? name : `${name}___${count}`;
}

/** Names of other languages, or of hostile files, hold what C cannot have in a name. */
export function asIdentifier(name: string): string {
  if (name === '' || /^[A-Za-z_]\w*$/.test(name)) return name;
  const word = name.replace(/\W/g, '_');
  return /^\d/.test(word) ? `_${word}` : word;
}
