/**
 * Longest-prefix-match maps. A key is a prefix length (32 bits) and an address in network order; a lookup finds the longest
 * stored prefix of its key. Prefixes are kept by length and masked bits, and a lookup goes from the longest length
 * down: lengths are few, and the order of equal work is the same on every run.
 */

import { Errno } from '../errno.ts';
import { BpfMap, UpdateFlag } from './map.ts';

interface Entry {
  readonly key: Uint8Array;
  region: number;
}

/** The first `bits` bits of the address behind a prefix length, as text. */
function maskedText(bytes: Uint8Array, start: number, bits: number): string {
  let text = '';
  for (let i = 0; i * 8 < bits; i++) {
    const kept = Math.min(8, bits - i * 8);
    text += String.fromCharCode((bytes[start + i] ?? 0) & (0xff00 >> kept));
  }
  return text;
}

export class LpmTrieMap extends BpfMap {
  /** Entries by prefix length, then by the masked address. */
  private readonly byLength = new Map<number, Map<string, Entry>>();
  private count = 0;

  private get maxPrefix(): number {
    return (this.definition.keySize - 4) * 8;
  }

  private prefix(keyAt: number): number {
    return this.host.memory.view.getUint32(keyAt, true);
  }

  private exact(keyAt: number): Entry | undefined {
    const length = this.prefix(keyAt);
    return this.byLength.get(length)?.get(maskedText(this.host.memory.bytes, keyAt + 4, length));
  }

  lookup(keyAt: number): number {
    const length = this.prefix(keyAt);
    if (length > this.maxPrefix) return 0;
    const { bytes } = this.host.memory;
    const lengths = [...this.byLength.keys()].filter((one) => one <= length).sort((a, b) => b - a);
    for (const one of lengths) {
      const found = this.byLength.get(one)?.get(maskedText(bytes, keyAt + 4, one));
      if (found !== undefined) return found.region;
    }
    return 0;
  }

  update(keyAt: number, valueAt: number, flags: number): number {
    if (flags > UpdateFlag.exist) return Errno.EINVAL;
    const length = this.prefix(keyAt);
    if (length > this.maxPrefix) return Errno.EINVAL;
    const known = this.exact(keyAt);
    if (known !== undefined && flags === UpdateFlag.noExist) return Errno.EEXIST;
    if (known === undefined && flags === UpdateFlag.exist) return Errno.ENOENT;
    if (known === undefined && this.count >= this.definition.maxEntries) return Errno.ENOSPC;
    const region = this.newValue();
    this.copyValue(region, valueAt);
    if (known !== undefined) {
      this.discard(known.region);
      known.region = region;
      return 0;
    }
    const { bytes } = this.host.memory;
    const key = bytes.slice(keyAt, keyAt + this.definition.keySize);
    const level = this.byLength.get(length) ?? new Map<string, Entry>();
    level.set(maskedText(bytes, keyAt + 4, length), { key, region });
    this.byLength.set(length, level);
    this.count++;
    return 0;
  }

  remove(keyAt: number): number {
    const length = this.prefix(keyAt);
    if (length > this.maxPrefix) return Errno.EINVAL;
    const known = this.exact(keyAt);
    if (known === undefined) return Errno.ENOENT;
    const level = this.byLength.get(length);
    level?.delete(maskedText(this.host.memory.bytes, keyAt + 4, length));
    if (level?.size === 0) this.byLength.delete(length);
    this.discard(known.region);
    this.count--;
    return 0;
  }

  *keys(): Iterable<Uint8Array> {
    for (const length of [...this.byLength.keys()].sort((a, b) => a - b)) {
      for (const entry of this.byLength.get(length)?.values() ?? []) yield entry.key;
    }
  }
}
