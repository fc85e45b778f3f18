/**
 * The packet of a run: a buffer with room before and behind, of which programs see a window. Every operation that the
 * verifier counts as changing packet data opens a new window and closes the old one, so that a pointer which was
 * loaded before faults when it is used, with the name of the helper that made it stale.
 *
 *   buffer   | headroom | meta | data ................ | tailroom |
 *   window              |<---- offsets from 0 -------->|
 */

import { addressOf, type Memory, type RegionInfo } from './memory.ts';

const BUFFER: RegionInfo = { kind: 'kernel', name: 'packet buffer', read: false, write: false };
const WINDOW: RegionInfo = { kind: 'packet', name: 'the packet', read: true, write: true };
const READ_ONLY: RegionInfo = { ...WINDOW, write: false };

const ETH_P_802_3 = 0x0001;
const ETH_P_802_2 = 0x0004;
/** Below it, the type of a frame is the length of an IEEE 802.3 frame. */
const SMALLEST_TYPE = 0x600;

/** The protocol of an Ethernet frame in host order, as the kernel's eth_type_trans tells it. */
export function frameProtocol(frame: Uint8Array): number {
  const type = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  if (type >= SMALLEST_TYPE) return type;
  return frame[14] === 0xff && frame[15] === 0xff ? ETH_P_802_3 : ETH_P_802_2;
}

export interface PacketRoom {
  readonly head: number;
  readonly tail: number;
}

export class Packet {
  private readonly memory: Memory;
  private readonly buffer: number;
  private start: number;
  private size: number;
  private metaSize: number;
  private window = 0;
  private readonly windowInfo: RegionInfo;
  /** Windows that were closed, to be given back when the run ends. */
  private readonly stale: number[] = [];

  constructor(memory: Memory, bytes: Uint8Array, room: PacketRoom, writable: boolean, meta: Uint8Array) {
    this.memory = memory;
    this.buffer = memory.addRegion(BUFFER, room.head + bytes.length + room.tail);
    this.start = room.head;
    this.size = bytes.length;
    this.metaSize = meta.length;
    this.windowInfo = writable ? WINDOW : READ_ONLY;
    memory.contents(this.buffer).set(bytes, this.start);
    memory.contents(this.buffer).set(meta, this.start - meta.length);
    this.open();
  }

  private open(): void {
    const at = this.memory.positionOf(this.buffer) + this.start - this.metaSize;
    this.window = this.memory.addWindow(this.windowInfo, at, this.metaSize + this.size);
  }

  /** Closes the window and opens one over what the packet is now. */
  renew(helper: string): void {
    this.memory.endWindow(this.window, {
      kind: 'stale-packet',
      name: `this packet pointer was loaded before ${helper} changed the packet`,
      read: false,
      write: false,
    });
    this.stale.push(this.window);
    this.open();
  }

  /** Ends all pointers to the packet. */
  close(): void {
    for (const region of this.stale) this.memory.endWindow(region, undefined, true);
    this.memory.endWindow(this.window, undefined, true);
    this.memory.removeRegion(this.buffer, undefined, true);
  }

  get length(): number {
    return this.size;
  }

  get metaLength(): number {
    return this.metaSize;
  }

  get headroom(): number {
    return this.start;
  }

  get tailroom(): number {
    return this.memory.sizeOf(this.buffer) - this.start - this.size;
  }

  get dataAddress(): bigint {
    return addressOf(this.window, this.metaSize);
  }

  get dataEndAddress(): bigint {
    return addressOf(this.window, this.metaSize + this.size);
  }

  get metaAddress(): bigint {
    return addressOf(this.window, 0);
  }

  /** Position of the packet's first byte in the memory. */
  get position(): number {
    return this.memory.positionOf(this.buffer) + this.start;
  }

  /** The packet's bytes, until the next allocation. */
  get bytes(): Uint8Array {
    return this.memory.bytes.subarray(this.position, this.position + this.size);
  }

  get meta(): Uint8Array {
    return this.memory.bytes.subarray(this.position - this.metaSize, this.position);
  }

  /** Moves the start by `delta` bytes (negative: to lower addresses); the caller has checked the room. */
  moveStart(delta: number): void {
    this.start += delta;
    this.size -= delta;
  }

  /** Sets the end; new bytes are zero. The buffer grows when it has to. */
  setLength(length: number): void {
    const before = this.size;
    const needed = this.start + length;
    if (needed > this.memory.sizeOf(this.buffer)) this.memory.resize(this.buffer, needed);
    this.size = length;
    if (length > before) this.memory.bytes.fill(0, this.position + before, this.position + length);
  }

  setMeta(length: number): void {
    this.metaSize = length;
  }

  /** Makes at least `bytes` of room in front. */
  ensureHeadroom(bytes: number): void {
    const missing = bytes - this.start;
    if (missing <= 0) return;
    const old = this.memory.sizeOf(this.buffer);
    this.memory.resize(this.buffer, old + missing);
    const content = this.memory.contents(this.buffer);
    content.copyWithin(missing, 0, old);
    content.fill(0, 0, missing);
    this.start += missing;
  }

  /** Opens a gap of `bytes` zero bytes at an offset, by moving what is before it to the front. */
  insertAt(offset: number, bytes: number): void {
    this.ensureHeadroom(bytes + this.metaSize);
    this.moveStart(-bytes);
    const content = this.bytes;
    content.copyWithin(0, bytes, bytes + offset);
    content.fill(0, offset, offset + bytes);
  }

  /** Takes `bytes` out at an offset. */
  removeAt(offset: number, bytes: number): void {
    this.bytes.copyWithin(bytes, 0, offset);
    this.moveStart(bytes);
  }
}
