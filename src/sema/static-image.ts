/**
 * The bytes of an object with static storage duration, as an initialiser fills them in.
 *
 * Invariants: the image grows with what is stored (flexible arrays) up to {@link maxImageSize}; a later store
 * to the same place wins (6.7.9 p19); addresses become relocations over zero bytes, the addend stands in the
 * relocation. Bit-fields are packed from the least significant bit on little-endian and from the most
 * significant one on big-endian targets, as the psABI has it.
 */

import { pointerSize } from '../types/types.ts';
import type { ConstantValue } from './context.ts';
import type { StaticInitializer, StaticRelocation } from './typed-tree.ts';

/** Larger initialised objects are refused: kernel maps hold no more, and memory is finite. */
const maxImageSize = 64 * 1024 * 1024;

export class StaticImage {
  private bytes = new Uint8Array(64);
  private used = 0;
  private readonly relocations = new Map<number, StaticRelocation>();
  private readonly littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  /** Makes room up to `end`; false when that is too much. */
  reserve(end: number): boolean {
    if (end > maxImageSize) return false;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.used = Math.max(this.used, end);
    return true;
  }

  /** Forgets what was stored in a range. */
  clear(offset: number, size: number): void {
    const end = Math.min(offset + size, this.used);
    if (offset >= end) return;
    this.bytes.fill(0, offset, end);
    const first = offset - pointerSize + 1;
    if (offset + size - first <= this.relocations.size) {
      for (let at = first; at < offset + size; at++) this.relocations.delete(at);
      return;
    }
    for (const at of [...this.relocations.keys()]) {
      if (at >= first && at < offset + size) this.relocations.delete(at);
    }
  }

  storeInteger(offset: number, size: number, value: bigint): void {
    this.relocations.delete(offset);
    let rest = BigInt.asUintN(size * 8, value);
    for (let i = 0; i < size; i++) {
      this.bytes[offset + (this.littleEndian ? i : size - 1 - i)] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }

  storeFloat(offset: number, size: number, value: number): void {
    const view = new DataView(this.bytes.buffer);
    if (size === 8) view.setFloat64(offset, value, this.littleEndian);
    else if (size === 4) view.setFloat32(offset, value, this.littleEndian);
    else this.storeInteger(offset, size, halfPrecisionBits(value));
  }

  /** `bitOffset` counts from the image's start in memory order. */
  storeBits(bitOffset: number, width: number, value: bigint): void {
    for (let i = 0; i < width; i++) {
      const at = bitOffset + (this.littleEndian ? i : width - 1 - i);
      const mask = this.littleEndian ? 1 << (at % 8) : 0x80 >> (at % 8);
      const index = Math.floor(at / 8);
      const isSet = ((value >> BigInt(i)) & 1n) !== 0n;
      const before = this.bytes[index] ?? 0;
      this.bytes[index] = isSet ? before | mask : before & ~mask;
    }
  }

  storeAddress(offset: number, address: Extract<ConstantValue, { kind: 'address' }>): void {
    this.clear(offset, pointerSize);
    const { target, offset: addend } = address;
    this.relocations.set(offset, { offset, size: pointerSize, target, addend });
  }

  storeBytes(offset: number, data: Uint8Array): void {
    this.bytes.set(data, offset);
  }

  /** Copies what [offset, offset + size) holds `count` times behind itself. */
  repeat(offset: number, size: number, count: number): void {
    const moved = [...this.relocations.values()].filter(
      (row) => row.offset >= offset && row.offset < offset + size,
    );
    const end = offset + size * (count + 1);
    this.clear(offset + size, size * count);
    // Twice as much each time.
    for (let filled = size; offset + filled < end; filled *= 2)
      this.bytes.copyWithin(offset + filled, offset, offset + Math.min(filled, end - offset - filled));
    for (let delta = size; moved.length > 0 && delta <= size * count; delta += size) {
      for (const row of moved)
        this.relocations.set(row.offset + delta, { ...row, offset: row.offset + delta });
    }
  }

  finish(size: number): StaticInitializer {
    this.reserve(size);
    const bytes = this.bytes.slice(0, Math.max(size, this.used));
    const relocations = [...this.relocations.values()].sort((a, b) => a.offset - b.offset);
    return { bytes, relocations, isZero: relocations.length === 0 && bytes.every((byte) => byte === 0) };
  }

  /** The bytes that are in use: more than the type's size when a flexible array member was initialised. */
  get size(): number {
    return this.used;
  }
}

/** IEEE 754 binary16, rounded to nearest even. */
function halfPrecisionBits(value: number): bigint {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000n : 0n;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00n;
  if (magnitude >= 65520) return sign | 0x7c00n;
  if (magnitude < 2 ** -14) return sign | BigInt(roundToEven(magnitude * 2 ** 24));
  let exponent = Math.floor(Math.log2(magnitude));
  if (2 ** exponent > magnitude) exponent--;
  const mantissa = roundToEven((magnitude / 2 ** exponent - 1) * 1024);
  return sign | BigInt((exponent + 15) * 1024 + mantissa);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
