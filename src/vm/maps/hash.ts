/**
 * Hash maps and their least-recently-used and per-CPU kinds. Elements are numbered slots on chains (Knuth, TAOCP 3, 6.4,
 * algorithm C without coalescing); the hash is FNV-1a over the key's bytes. Iteration goes by slot, so that it is the
 * same on every run.
 *
 * The kernel's LRU list is approximate and per CPU; here it is exact: a full map gives up the element that was
 * looked up or updated longest ago.
 */

import type { MapDefinition } from '../../object/map-definition.ts';
import { Errno } from '../errno.ts';
import { BpfMap, type MapHost, UpdateFlag } from './map.ts';

const FIRST_SLOTS = 16;

function hashBytes(bytes: Uint8Array, start: number, size: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < start + size; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}

export class HashMap extends BpfMap {
  private heads = new Int32Array(FIRST_SLOTS).fill(-1);
  private next = new Int32Array(FIRST_SLOTS);
  private storedKeys: Uint8Array;
  /** First region of a slot's value; the regions of the CPUs follow it. 0 is a free slot. */
  private regions = new Int32Array(FIRST_SLOTS);
  private readonly freeSlots: number[] = [];
  private slots = 0;
  private count = 0;
  private readonly perCpu: boolean;
  /** Slots in order of use, for LRU maps. */
  private readonly order: Map<number, true> | undefined;
  /** Regions by slot and CPU where there are several. */
  private readonly cpuRegions = new Map<number, readonly number[]>();

  constructor(
    definition: MapDefinition,
    host: MapHost,
    kind: { readonly perCpu: boolean; readonly lru: boolean },
  ) {
    super(definition, host);
    this.perCpu = kind.perCpu;
    this.order = kind.lru ? new Map() : undefined;
    this.storedKeys = new Uint8Array(FIRST_SLOTS * definition.keySize);
  }

  override get isPerCpu(): boolean {
    return this.perCpu;
  }

  private hash(keyAt: number): number {
    return hashBytes(this.host.memory.bytes, keyAt, this.definition.keySize) & (this.heads.length - 1);
  }

  /** The chain of an element that is stored. */
  private bucketOf(slot: number): number {
    const { keySize } = this.definition;
    return hashBytes(this.storedKeys, slot * keySize, keySize) & (this.heads.length - 1);
  }

  private isKey(slot: number, keyAt: number): boolean {
    const { bytes } = this.host.memory;
    const { keySize } = this.definition;
    const start = slot * keySize;
    for (let i = 0; i < keySize; i++) if (this.storedKeys[start + i] !== bytes[keyAt + i]) return false;
    return true;
  }

  private find(keyAt: number): number {
    for (let slot = this.heads[this.hash(keyAt)] ?? -1; slot >= 0; slot = this.next[slot] ?? -1) {
      if (this.isKey(slot, keyAt)) return slot;
    }
    return -1;
  }

  private touch(slot: number): void {
    if (this.order === undefined) return;
    this.order.delete(slot);
    this.order.set(slot, true);
  }

  lookup(keyAt: number): number {
    const slot = this.find(keyAt);
    if (slot < 0) return 0;
    this.touch(slot);
    return this.regionOn(slot, this.host.cpu());
  }

  override lookupOn(keyAt: number, cpu: number): number {
    const slot = this.find(keyAt);
    return slot < 0 || cpu >= this.host.cpus ? 0 : this.regionOn(slot, cpu);
  }

  override peekValue(keyAt: number): number {
    return this.lookupOn(keyAt, this.host.cpu());
  }

  private regionOn(slot: number, cpu: number): number {
    return this.perCpu ? (this.cpuRegions.get(slot)?.[cpu] ?? 0) : (this.regions[slot] ?? 0);
  }

  update(keyAt: number, valueAt: number, flags: number): number {
    const kind = flags & ~UpdateFlag.lock;
    if (kind > UpdateFlag.exist) return Errno.EINVAL;
    const slot = this.find(keyAt);
    if (slot < 0) return kind === UpdateFlag.exist ? Errno.ENOENT : this.insert(keyAt, valueAt);
    if (kind === UpdateFlag.noExist) return Errno.EEXIST;
    this.touch(slot);
    if (this.perCpu || (flags & UpdateFlag.lock) !== 0)
      this.copyValue(this.regionOn(slot, this.host.cpu()), valueAt);
    else this.replace(slot, valueAt);
    return 0;
  }

  /** The kernel puts a new element in the place of the old one, which readers may still hold. */
  private replace(slot: number, valueAt: number): void {
    const region = this.newValue();
    this.copyValue(region, valueAt);
    this.discard(this.regions[slot] ?? 0);
    this.regions[slot] = region;
  }

  private insert(keyAt: number, valueAt: number): number {
    if (this.count >= this.definition.maxEntries && !this.evict()) return Errno.E2BIG;
    const slot = this.freeSlots.pop() ?? this.newSlot();
    const { bytes } = this.host.memory;
    const { keySize } = this.definition;
    this.storedKeys.set(bytes.subarray(keyAt, keyAt + keySize), slot * keySize);
    const bucket = this.hash(keyAt);
    this.next[slot] = this.heads[bucket] ?? -1;
    this.heads[bucket] = slot;
    this.fill(slot, valueAt);
    this.count++;
    this.touch(slot);
    return 0;
  }

  private fill(slot: number, valueAt: number): void {
    const region = this.newValue();
    this.regions[slot] = region;
    if (!this.perCpu) {
      this.copyValue(region, valueAt);
      return;
    }
    const regions = [region];
    while (regions.length < this.host.cpus) regions.push(this.newValue());
    this.cpuRegions.set(slot, regions);
    this.copyValue(this.regionOn(slot, this.host.cpu()), valueAt);
  }

  private newSlot(): number {
    if (this.slots === this.next.length) this.grow();
    return this.slots++;
  }

  /** Doubles the columns and hangs every element on its new chain. */
  private grow(): void {
    const length = this.next.length * 2;
    const { keySize } = this.definition;
    const regions = new Int32Array(length);
    regions.set(this.regions);
    const keys = new Uint8Array(length * keySize);
    keys.set(this.storedKeys);
    this.regions = regions;
    this.storedKeys = keys;
    this.heads = new Int32Array(length).fill(-1);
    this.next = new Int32Array(length);
    for (let slot = 0; slot < this.slots; slot++) {
      const bucket = this.bucketOf(slot);
      this.next[slot] = this.heads[bucket] ?? -1;
      this.heads[bucket] = slot;
    }
  }

  /** Makes room in a full LRU map. */
  private evict(): boolean {
    const oldest = this.order?.keys().next().value;
    if (oldest === undefined) return false;
    this.unlink(oldest);
    return true;
  }

  private unlink(slot: number): void {
    const bucket = this.bucketOf(slot);
    if (this.heads[bucket] === slot) this.heads[bucket] = this.next[slot] ?? -1;
    else {
      let before = this.heads[bucket] ?? -1;
      while (before >= 0 && this.next[before] !== slot) before = this.next[before] ?? -1;
      if (before >= 0) this.next[before] = this.next[slot] ?? -1;
    }
    for (const region of this.cpuRegions.get(slot) ?? [this.regions[slot] ?? 0]) this.discard(region);
    this.cpuRegions.delete(slot);
    this.regions[slot] = 0;
    this.order?.delete(slot);
    this.freeSlots.push(slot);
    this.count--;
  }

  remove(keyAt: number): number {
    const slot = this.find(keyAt);
    if (slot < 0) return Errno.ENOENT;
    this.unlink(slot);
    return 0;
  }

  *keys(): Iterable<Uint8Array> {
    const { keySize } = this.definition;
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.regions[slot] !== 0) yield this.storedKeys.slice(slot * keySize, (slot + 1) * keySize);
    }
  }
}
