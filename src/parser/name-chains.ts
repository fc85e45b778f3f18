/**
 * Names noted for numbered entries: the index's answer to "which entries may declare this name?".
 *
 * In: (name id, entry) pairs with ascending entries. Out: the entries of a name, and the notes in order.
 * Method: one column each for names and entries, and a chain through the notes of each name (no object per note).
 */

/** Lists of names, one for each entry, with a chain from each name to its entries. */
export class NameChains {
  /** For each note: the name's id, the entry, and the note before it with the same name (-1: none). */
  readonly ids: number[] = [];
  readonly entries: number[] = [];
  private readonly previous: number[] = [];
  private last: Int32Array;

  constructor(numNames: number) {
    this.last = new Int32Array(numNames).fill(-1);
  }

  note(id: number, entry: number): void {
    if (id < 0) return;
    if (id >= this.last.length) this.grow(id);
    this.previous.push(this.last[id] ?? -1);
    this.last[id] = this.ids.length;
    this.ids.push(id);
    this.entries.push(entry);
  }

  /** Names can come while notes are taken. */
  private grow(id: number): void {
    const longer = new Int32Array((id + 64) * 2).fill(-1);
    longer.set(this.last);
    this.last = longer;
  }

  /** Number of the first entry that notes the name, else -1. */
  firstOf(id: number): number {
    let first = -1;
    for (let at = this.last[id] ?? -1; at >= 0; at = this.previous[at] ?? -1) first = this.entries[at] ?? 0;
    return first;
  }

  /** Numbers of the entries that note the name, ascending. */
  entriesOf(id: number): number[] {
    const found: number[] = [];
    for (let at = this.last[id] ?? -1; at >= 0; at = this.previous[at] ?? -1) {
      const entry = this.entries[at] ?? 0;
      if (found.at(-1) !== entry) found.push(entry);
    }
    return found.reverse();
  }
}
