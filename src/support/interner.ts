/**
 * Strings to dense numbers and back. Ids are given in order of first appearance, so that they are
 * the same for the same input.
 */

export class Interner {
  private readonly ids = new Map<string, number>();
  private readonly strings: string[] = [];

  /** The id of `text`, made on first sight. */
  intern(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const id = this.strings.length;
    this.ids.set(text, id);
    this.strings.push(text);
    return id;
  }

  /** The id of `text` if it was interned before, else -1. */
  find(text: string): number {
    return this.ids.get(text) ?? -1;
  }

  text(id: number): string {
    return this.strings[id] ?? '';
  }

  get size(): number {
    return this.strings.length;
  }
}
