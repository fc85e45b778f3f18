/**
 * Strings to dense numbers and back. Ids are given in order of first appearance, so that they are
 * the same for the same input.
 *
 * Method: open addressing with linear probing over a power-of-two table that is at most half full (Knuth,
 * TAOCP 3, 6.4, algorithm L); the hash is FNV-1a over UTF-16 units. A range of a larger text can be looked up
 * without cutting a string out of it, which is what makes the scanner cheap.
 */

export class Interner {
  private readonly strings: string[] = [];
  /** Hash of each string by id, compared before the characters are. */
  private hashes = new Int32Array(1024);
  /** Id + 1 by slot; 0 is a free slot. */
  private slots = new Int32Array(2048);

  /** The id of `text`, made on first sight. */
  intern(text: string): number {
    return this.internRange(text, 0, text.length);
  }

  /** The id of the characters `start` to `end` of `text`, made on first sight. */
  internRange(text: string, start: number, end: number): number {
    return this.internHashed(text, start, end, hashRange(text, start, end));
  }

  /** The same where the characters' {@link hashRange} is known. */
  internHashed(text: string, start: number, end: number, hash: number): number {
    let slot = this.slotOf(text, start, end, hash);
    const known = this.slots[slot] ?? 0;
    if (known !== 0) return known - 1;
    const id = this.strings.length;
    this.strings.push(text.slice(start, end));
    if (id === this.hashes.length) {
      this.grow();
      slot = this.slotOf(text, start, end, hash);
    }
    this.hashes[id] = hash;
    this.slots[slot] = id + 1;
    return id;
  }

  /** The id of `text` if it was interned before, else -1. */
  find(text: string): number {
    const slot = this.slotOf(text, 0, text.length, hashRange(text, 0, text.length));
    return (this.slots[slot] ?? 0) - 1;
  }

  text(id: number): string {
    return this.strings[id] ?? '';
  }

  /** The {@link hashRange} of a string. */
  hash(id: number): number {
    return this.hashes[id] ?? 0;
  }

  get size(): number {
    return this.strings.length;
  }

  /** The slot that holds the range, or the free slot where it belongs. */
  private slotOf(text: string, start: number, end: number, hash: number): number {
    const { slots, hashes, strings } = this;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = (slots[slot] ?? 0) - 1;
      if (id < 0) return slot;
      if (hashes[id] === hash && isRange(strings[id] ?? '', text, start, end)) return slot;
    }
  }

  /** Doubles the columns and files every known string anew. */
  private grow(): void {
    const hashes = new Int32Array(this.hashes.length * 2);
    hashes.set(this.hashes);
    const slots = new Int32Array(hashes.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < this.hashes.length; id++) {
      let slot = (hashes[id] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.hashes = hashes;
    this.slots = slots;
  }
}

/** FNV-1a of the characters `start` to `end` of a text. */
export function hashRange(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}

function isRange(whole: string, text: string, start: number, end: number): boolean {
  if (whole.length !== end - start) return false;
  for (let at = 0; at < whole.length; at++) {
    if (whole.charCodeAt(at) !== text.charCodeAt(start + at)) return false;
  }
  return true;
}
