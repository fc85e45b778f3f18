/**
 * Array maps: values by index, all of them there from the start and none ever deleted. Their memory is made on first
 * touch, so that an array of millions costs nothing until it is used.
 */

import { Errno } from '../errno.ts';
import { BpfMap, indexKey, UpdateFlag } from './map.ts';

export class ArrayMap extends BpfMap {
  /** Region by index (and CPU); 0 where the value was not touched yet. */
  private readonly values = new Map<number, number>();

  private index(keyAt: number): number {
    return this.host.memory.view.getUint32(keyAt, true);
  }

  /** The region of a value, made on first touch. */
  protected valueAt(place: number): number {
    let region = this.values.get(place);
    if (region === undefined) {
      region = this.newValue();
      this.values.set(place, region);
    }
    return region;
  }

  lookup(keyAt: number): number {
    return this.lookupOn(keyAt, this.host.cpu());
  }

  override lookupOn(keyAt: number, cpu: number): number {
    const index = this.index(keyAt);
    return index < this.definition.maxEntries && cpu < this.host.cpus
      ? this.valueAt(this.place(index, cpu))
      : 0;
  }

  protected place(index: number, _cpu: number): number {
    return index;
  }

  update(keyAt: number, valueAt: number, flags: number): number {
    if ((flags & ~UpdateFlag.lock) > UpdateFlag.exist) return Errno.EINVAL;
    if (this.index(keyAt) >= this.definition.maxEntries) return Errno.E2BIG;
    if ((flags & UpdateFlag.noExist) !== 0) return Errno.EEXIST;
    this.copyValue(this.lookup(keyAt), valueAt);
    return 0;
  }

  remove(_keyAt: number): number {
    return Errno.EINVAL;
  }

  /** The index that a place belongs to. */
  protected indexOf(place: number): number {
    return place;
  }

  override *usedKeys(): Iterable<Uint8Array> {
    const indices = new Set([...this.values.keys()].map((place) => this.indexOf(place)));
    for (const index of [...indices].sort((a, b) => a - b)) yield indexKey(index);
  }

  *keys(): Iterable<Uint8Array> {
    for (let index = 0; index < this.definition.maxEntries; index++) yield indexKey(index);
  }
}

/** One value for each CPU at every index. */
export class PerCpuArrayMap extends ArrayMap {
  override get isPerCpu(): boolean {
    return true;
  }

  protected override place(index: number, cpu: number): number {
    return index * this.host.cpus + cpu;
  }

  protected override indexOf(place: number): number {
    return Math.floor(place / this.host.cpus);
  }
}
