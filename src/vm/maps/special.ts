/**
 * Maps that belong to parts of the kernel: perf events, stack traces, devices, CPUs, sockets, storage of kernel objects, arena,
 * struct_ops. What the kernel would do with them is recorded or given by the test.
 */

import type { MapDefinition } from '../../object/map-definition.ts';
import { Errno } from '../errno.ts';
import { ORIGIN, type RegionInfo } from '../memory.ts';
import { ArrayMap } from './array.ts';
import { HashMap } from './hash.ts';
import { BpfMap, indexKey, type MapHost, UpdateFlag } from './map.ts';

/** An array some of whose slots are empty: cgroups, perf events, devices, CPUs, sockets. */
export class SparseArrayMap extends ArrayMap {
  private readonly present = new Set<number>();
  /** Whether programs get a pointer to the value, which they do for devices and CPUs. */
  private readonly isReadable: boolean;

  constructor(definition: MapDefinition, host: MapHost, isReadable: boolean) {
    super(definition, host);
    this.isReadable = isReadable;
  }

  /** The slot a key means. */
  private slot(keyAt: number): number {
    return this.host.memory.view.getUint32(keyAt, true);
  }

  /** True when something is in the slot. */
  has(index: number): boolean {
    return this.present.has(index);
  }

  override lookup(keyAt: number): number {
    return this.isReadable && this.has(this.slot(keyAt)) ? super.lookup(keyAt) : 0;
  }

  override peekValue(keyAt: number): number {
    return this.has(this.slot(keyAt)) ? super.lookupOn(keyAt, 0) : 0;
  }

  override update(keyAt: number, valueAt: number, flags: number): number {
    if (flags > UpdateFlag.exist) return Errno.EINVAL;
    const index = this.slot(keyAt);
    if (index >= this.definition.maxEntries) return Errno.E2BIG;
    if (flags === UpdateFlag.noExist && this.has(index)) return Errno.EEXIST;
    this.present.add(index);
    this.copyValue(super.lookupOn(keyAt, 0), valueAt);
    return 0;
  }

  override remove(keyAt: number): number {
    return this.present.delete(this.slot(keyAt)) ? 0 : Errno.EINVAL;
  }

  override usedKeys(): Iterable<Uint8Array> {
    return this.keys();
  }

  override *keys(): Iterable<Uint8Array> {
    for (const index of [...this.present].sort((a, b) => a - b)) yield indexKey(index);
  }
}

/** Stack traces by id: arrays of instruction addresses that `bpf_get_stackid` stores. */
export class StackTraceMap extends HashMap {
  constructor(definition: MapDefinition, host: MapHost) {
    super(definition, host, { perCpu: false, lru: false });
  }

  /** Programs delete stacks; they do not look them up or write them. */
  override update(_keyAt: number, _valueAt: number, _flags: number): number {
    return Errno.EINVAL;
  }

  /** Stores a trace under its id. */
  store(keyAt: number, valueAt: number): number {
    return super.update(keyAt, valueAt, UpdateFlag.any);
  }
}

/** Values that hang on kernel objects (sockets, tasks, inodes, cgroups), by the address of the object. */
export class StorageMap extends BpfMap {
  private readonly values = new Map<bigint, number>();

  /** The value of an object; made (with a copy of the bytes at `valueAt`, or zero) when `create` says so. */
  of(object: bigint, create: boolean, valueAt: number): number {
    const known = this.values.get(object);
    if (known !== undefined || !create) return known ?? 0;
    const region = this.newValue();
    if (valueAt > 0) this.copyValue(region, valueAt);
    this.values.set(object, region);
    return region;
  }

  delete(object: bigint): number {
    const region = this.values.get(object);
    if (region === undefined) return Errno.ENOENT;
    this.values.delete(object);
    this.discard(region);
    return 0;
  }

  lookup(_keyAt: number): number {
    return 0;
  }

  update(_keyAt: number, _valueAt: number, _flags: number): number {
    return Errno.EOPNOTSUPP;
  }

  remove(_keyAt: number): number {
    return Errno.EOPNOTSUPP;
  }

  *keys(): Iterable<Uint8Array> {
    for (const object of this.values.keys()) {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, object, true);
      yield bytes;
    }
  }
}

/** Pages that programs allocate; all of them are one region, whose addresses are the same in both address spaces. */
export class ArenaMap extends BpfMap {
  static readonly PAGE = 4096;
  readonly region: number;
  private readonly used: boolean[] = [];

  constructor(definition: MapDefinition, host: MapHost) {
    super(definition, host);
    const info: RegionInfo = { kind: 'arena', name: `arena ${definition.name}`, read: true, write: true };
    this.region = host.memory.addRegion(info, 0);
  }

  /** Makes the first `pages` pages present: those that hold the arena's global variables. */
  reserve(pages: number): void {
    for (let page = 0; page < pages; page++) this.used[page] = true;
    this.grow(pages);
  }

  private grow(pages: number): void {
    const size = pages * ArenaMap.PAGE;
    if (size > this.host.memory.sizeOf(this.region)) this.host.memory.resize(this.region, size);
  }

  /** Offset of `count` free pages in a row, at `wanted` when that is not negative; -1 when there are none. */
  allocate(count: number, wanted: number): number {
    const first = Math.max(wanted, 0);
    const last = wanted >= 0 ? wanted : this.definition.maxEntries - count;
    for (let page = first; page <= last; page++) {
      const isFree = Array.from({ length: count }, (_, i) => this.used[page + i] !== true).every(Boolean);
      if (!isFree || page + count > this.definition.maxEntries) continue;
      for (let i = 0; i < count; i++) this.used[page + i] = true;
      this.grow(page + count);
      return page * ArenaMap.PAGE;
    }
    return -1;
  }

  free(offset: number, count: number): void {
    const page = Math.floor(offset / ArenaMap.PAGE);
    for (let i = 0; i < count; i++) this.used[page + i] = false;
    this.host.memory.contents(this.region).fill(0, offset, offset + count * ArenaMap.PAGE);
  }

  /** The low half of the first page's address. */
  get origin(): number {
    return ORIGIN;
  }

  lookup(_keyAt: number): number {
    return 0;
  }

  update(_keyAt: number, _valueAt: number, _flags: number): number {
    return Errno.EOPNOTSUPP;
  }

  remove(_keyAt: number): number {
    return Errno.EOPNOTSUPP;
  }

  keys(): Iterable<Uint8Array> {
    return [];
  }
}
