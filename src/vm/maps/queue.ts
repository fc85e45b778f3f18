/** Maps without keys: queue, stack and bloom filter. */

import type { MapDefinition } from '../../object/map-definition.ts';
import { Errno } from '../errno.ts';
import { BpfMap, type MapHost, UpdateFlag } from './map.ts';

abstract class KeylessMap extends BpfMap {
  lookup(_keyAt: number): number {
    return 0;
  }

  update(_keyAt: number, valueAt: number, flags: number): number {
    return this.push(valueAt, flags);
  }

  remove(_keyAt: number): number {
    return Errno.EOPNOTSUPP;
  }

  keys(): Iterable<Uint8Array> {
    return [];
  }
}

/** First in, first out; or last in, first out. */
export class QueueMap extends KeylessMap {
  private readonly values: Uint8Array[] = [];
  private readonly isStack: boolean;

  constructor(definition: MapDefinition, host: MapHost, isStack: boolean) {
    super(definition, host);
    this.isStack = isStack;
  }

  /** The values from first pushed to last. */
  get contents(): readonly Uint8Array[] {
    return this.values;
  }

  override push(valueAt: number, flags: number): number {
    if (flags === UpdateFlag.noExist || flags > UpdateFlag.exist) return Errno.EINVAL;
    if (this.values.length >= this.definition.maxEntries) {
      // BPF_EXIST makes room by dropping the oldest.
      if (flags !== UpdateFlag.exist) return Errno.E2BIG;
      this.values.shift();
    }
    this.values.push(this.host.memory.bytes.slice(valueAt, valueAt + this.definition.valueSize));
    return 0;
  }

  private copyOut(value: Uint8Array | undefined, valueAt: number): number {
    const { bytes } = this.host.memory;
    if (value === undefined) {
      bytes.fill(0, valueAt, valueAt + this.definition.valueSize);
      return Errno.ENOENT;
    }
    bytes.set(value, valueAt);
    return 0;
  }

  override pop(valueAt: number): number {
    return this.copyOut(this.isStack ? this.values.pop() : this.values.shift(), valueAt);
  }

  override peek(valueAt: number): number {
    return this.copyOut(this.isStack ? this.values.at(-1) : this.values[0], valueAt);
  }
}

/** A set that can be asked and added to. It is exact: what the kernel answers wrongly by chance is answered rightly here. */
export class BloomFilterMap extends KeylessMap {
  private readonly members = new Set<string>();

  private text(valueAt: number): string {
    const { bytes } = this.host.memory;
    return String.fromCharCode(...bytes.subarray(valueAt, valueAt + this.definition.valueSize));
  }

  override push(valueAt: number, flags: number): number {
    if (flags !== UpdateFlag.any) return Errno.EINVAL;
    this.members.add(this.text(valueAt));
    return 0;
  }

  override peek(valueAt: number): number {
    return this.members.has(this.text(valueAt)) ? 0 : Errno.ENOENT;
  }
}
