/**
 * The memory of a machine: one linear buffer (as a WebAssembly translation would want it), cut into tagged regions.
 *
 * An address that a program sees is 64 bits: the region's number in the high half, `ORIGIN` + offset in the low
 * half. Pointer arithmetic of C works on it as on any address; since offsets start in the middle of the low
 * half, a pointer that strays (before the start, past the end) keeps its region, so that the fault can name it, and the
 * 16-bit displacement of an instruction never carries into the high half. Number 0 is no region: NULL faults.
 *
 * Region columns: `base` is the region's place in the buffer; `readLimit` and `writeLimit` are its size where a plain
 * access is allowed and -1 where it is not, so that one comparison checks bounds and rights. Regions that need
 * more thought (stack with initialisation tracking, context, dead ones) have both at -1 and go the slow way
 * (`access.ts`).
 *
 * Invariants: regions start at multiples of 16; a region keeps its number for life and may move when it grows, so
 * nobody keeps buffer positions across an allocation; `epoch` changes when the views or columns are replaced.
 */

/** Offset 0 of every region, in the low half of an address. */
export const ORIGIN = 0x4000_0000;

/** What a region is, for rights and messages. */
export type RegionKind =
  | 'none'
  | 'code'
  | 'stack'
  | 'context'
  | 'packet'
  | 'stale-packet'
  | 'map'
  | 'map-value'
  | 'ring-buffer-record'
  | 'data'
  | 'read-only-data'
  | 'kernel'
  | 'heap'
  | 'freed'
  | 'arena';

/** What the parts of a machine know about a region; several regions may share one. */
export interface RegionInfo {
  readonly kind: RegionKind;
  /** As a reader would say it: `value of map counters`, `packet`. */
  readonly name: string;
  readonly read: boolean;
  readonly write: boolean;
  /** Accesses need the slow path whatever the rights. */
  readonly special?: boolean;
}

/** The buffer is full, or a request is absurd. Caught where the kernel would return -ENOMEM. */
export class OutOfMemory extends Error {}

const NO_REGION: RegionInfo = { kind: 'none', name: 'no region', read: false, write: false };
const FIRST_BYTES = 1 << 20;
/** Bytes that all regions together may take. */
export const MEMORY_LIMIT = 1 << 30;

const align16 = (size: number): number => (size + 15) & ~15;

export class Memory {
  bytes = new Uint8Array(FIRST_BYTES);
  view = new DataView(this.bytes.buffer);
  words = new Int32Array(this.bytes.buffer);
  base = new Int32Array(256);
  size = new Int32Array(256);
  readLimit = new Int32Array(256).fill(-1);
  writeLimit = new Int32Array(256).fill(-1);
  /** Goes up whenever one of the arrays above is replaced. */
  epoch = 0;
  private readonly infos: RegionInfo[] = [NO_REGION];
  private used = 16;
  /** Free blocks by rounded size. */
  private readonly free = new Map<number, number[]>();
  private readonly freeRegions: number[] = [];

  /** A zeroed block of the buffer. */
  private allocate(size: number): number {
    if (!(size <= MEMORY_LIMIT)) throw new OutOfMemory(`${size} bytes more than the machine has`);
    const rounded = align16(Math.max(size, 1));
    const reused = this.free.get(rounded)?.pop();
    if (reused !== undefined) {
      this.bytes.fill(0, reused, reused + rounded);
      return reused;
    }
    const at = this.used;
    if (at + rounded > MEMORY_LIMIT) throw new OutOfMemory(`${size} bytes more than the machine has`);
    if (at + rounded > this.bytes.length) this.growBuffer(at + rounded);
    this.used = at + rounded;
    return at;
  }

  private growBuffer(needed: number): void {
    let length = this.bytes.length;
    while (length < needed) length *= 2;
    const bytes = new Uint8Array(length);
    bytes.set(this.bytes.subarray(0, this.used));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.words = new Int32Array(bytes.buffer);
    this.epoch++;
  }

  private growColumns(): void {
    const grown = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const wider = new Int32Array(column.length * 2).fill(-1);
      wider.set(column);
      return wider;
    };
    this.base = grown(this.base);
    this.size = grown(this.size);
    this.readLimit = grown(this.readLimit);
    this.writeLimit = grown(this.writeLimit);
    this.epoch++;
  }

  private setLimits(region: number, info: RegionInfo, size: number): void {
    const plain = info.special !== true;
    this.readLimit[region] = plain && info.read ? size : -1;
    this.writeLimit[region] = plain && info.write ? size : -1;
  }

  private openRegion(info: RegionInfo, at: number, size: number): number {
    let region = this.freeRegions.pop();
    if (region === undefined) {
      region = this.infos.length;
      if (region === this.base.length) this.growColumns();
    }
    this.infos[region] = info;
    this.base[region] = at;
    this.size[region] = size;
    this.setLimits(region, info, size);
    return region;
  }

  /** A new region of zero bytes; returns its number. */
  addRegion(info: RegionInfo, size: number): number {
    return this.openRegion(info, this.allocate(size), size);
  }

  /** A region over bytes that belong to another one: a window with rights of its own. It must not outlive them. */
  addWindow(info: RegionInfo, position: number, size: number): number {
    return this.openRegion(info, position, size);
  }

  /** Changes what a region is, its bytes staying. */
  relabel(region: number, info: RegionInfo): void {
    this.infos[region] = info;
    this.setLimits(region, info, this.sizeOf(region));
  }

  /** Makes a window cover other bytes. */
  moveWindow(region: number, position: number, size: number): void {
    this.base[region] = position;
    this.size[region] = size;
    this.setLimits(region, this.info(region), size);
  }

  /** Changes a region's size; new bytes are zero. The region may move in the buffer. */
  resize(region: number, size: number): void {
    const before = this.sizeOf(region);
    const at = this.positionOf(region);
    if (align16(Math.max(size, 1)) > align16(Math.max(before, 1))) {
      const moved = this.allocate(size);
      this.bytes.copyWithin(moved, at, at + before);
      this.base[region] = moved;
      this.putBack(at, before);
    } else if (size > before) this.bytes.fill(0, at + before, at + size);
    this.size[region] = size;
    this.setLimits(region, this.info(region), size);
  }

  private putBack(at: number, size: number): void {
    const rounded = align16(Math.max(size, 1));
    const list = this.free.get(rounded);
    if (list === undefined) this.free.set(rounded, [at]);
    else list.push(at);
  }

  /** Ends a region. Its number is used again when `reuse` says so, else pointers to it fault for ever. */
  removeRegion(region: number, info: RegionInfo = NO_REGION, reuse = false): void {
    this.putBack(this.positionOf(region), this.sizeOf(region));
    this.endWindow(region, info, reuse);
  }

  /** Ends a window; the bytes belong to somebody else. */
  endWindow(region: number, info: RegionInfo = NO_REGION, reuse = false): void {
    this.infos[region] = info;
    this.size[region] = 0;
    this.readLimit[region] = -1;
    this.writeLimit[region] = -1;
    if (reuse) this.freeRegions.push(region);
  }

  info(region: number): RegionInfo {
    return this.infos[region] ?? NO_REGION;
  }

  sizeOf(region: number): number {
    return this.size[region] ?? 0;
  }

  /** Where the region's bytes start in the buffer, until the next allocation. */
  positionOf(region: number): number {
    return this.base[region] ?? 0;
  }

  /** The bytes of a region, until the next allocation. */
  contents(region: number): Uint8Array {
    const at = this.positionOf(region);
    return this.bytes.subarray(at, at + this.sizeOf(region));
  }
}

/** The 64-bit address of a place in a region. */
export function addressOf(region: number, offset = 0): bigint {
  return (BigInt(region) << 32n) | BigInt((ORIGIN + offset) >>> 0);
}
