/**
 * Ring buffers. A record takes its size and a header of 8 bytes, rounded up to 8; the space comes back when the consumer
 * (the test, through `consume`) has taken the record and all before it. A reserved record is a region of its own, ended by
 * submit or discard.
 */

import { Errno } from '../errno.ts';
import type { RegionInfo } from '../memory.ts';
import { BpfMap } from './map.ts';

const HEADER = 8;
/** The kernel keeps two bits of a record's length for itself. */
const MAX_RECORD = 0x3fff_ffff;

interface RingRecord {
  region: number;
  data: Uint8Array | undefined;
  isDiscarded: boolean;
  readonly space: number;
}

export class RingBufferMap extends BpfMap {
  private records: RingRecord[] = [];
  private readonly byRegion = new Map<number, RingRecord>();
  private produced = 0;
  private consumed = 0;

  lookup(_keyAt: number): number {
    return 0;
  }

  update(_keyAt: number, _valueAt: number, _flags: number): number {
    return Errno.ENOTSUPP;
  }

  remove(_keyAt: number): number {
    return Errno.ENOTSUPP;
  }

  keys(): Iterable<Uint8Array> {
    return [];
  }

  private take(size: number): RingRecord | undefined {
    const space = (size + HEADER + 7) & ~7;
    const isTooLarge = size > MAX_RECORD || space > this.definition.maxEntries;
    if (isTooLarge || this.produced + space - this.consumed > this.definition.maxEntries - 1)
      return undefined;
    this.produced += space;
    const record: RingRecord = { region: 0, data: undefined, isDiscarded: false, space };
    this.records.push(record);
    return record;
  }

  /** Region of a new record, 0 when there is no room. */
  reserve(size: number): number {
    const record = this.take(size);
    if (record === undefined) return 0;
    const info: RegionInfo = {
      kind: 'ring-buffer-record',
      name: `a record of ring buffer ${this.definition.name}`,
      read: true,
      write: true,
    };
    record.region = this.host.memory.addRegion(info, size);
    this.byRegion.set(record.region, record);
    return record.region;
  }

  /** Ends a reserved record; false when the region is none. */
  finish(region: number, discard: boolean): boolean {
    const record = this.byRegion.get(region);
    if (record === undefined) return false;
    const { memory } = this.host;
    record.data = memory.contents(region).slice();
    record.isDiscarded = discard;
    this.byRegion.delete(region);
    const gone: RegionInfo = {
      kind: 'freed',
      name: `a record of ring buffer ${this.definition.name} that was ${discard ? 'discarded' : 'submitted'}`,
      read: false,
      write: false,
    };
    memory.removeRegion(region, gone);
    return true;
  }

  /** Copies a record in at once. */
  output(data: Uint8Array): number {
    const record = this.take(data.length);
    if (record === undefined) return Errno.EAGAIN;
    record.data = data.slice();
    return 0;
  }

  /** Bytes that wait, size of the ring, consumer and producer position, by the kernel's numbers. */
  query(what: number): number {
    const answers = [this.produced - this.consumed, this.definition.maxEntries, this.consumed, this.produced];
    return answers[what] ?? 0;
  }

  /** Takes the finished records, as a consumer does. */
  consume(): Uint8Array[] {
    const taken: Uint8Array[] = [];
    while (this.records[0]?.data !== undefined) {
      const record = this.records.shift();
      if (record?.data === undefined) break;
      this.consumed += record.space;
      if (!record.isDiscarded) taken.push(record.data);
    }
    return taken;
  }
}

/** The other direction: user space puts samples in, the program drains them. */
export class UserRingBufferMap extends RingBufferMap {
  private readonly samples: Uint8Array[] = [];

  /** Queues a sample, as user space does. */
  produce(data: Uint8Array): void {
    this.samples.push(data.slice());
  }

  /** The next sample for the program. */
  nextSample(): Uint8Array | undefined {
    return this.samples.shift();
  }
}
