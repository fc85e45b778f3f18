/**
 * A growing byte buffer with explicit endianness: the base of the ELF, BTF and instruction writers.
 */

export class ByteWriter {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  private used = 0;
  readonly littleEndian: boolean;

  constructor(littleEndian = true) {
    this.littleEndian = littleEndian;
  }

  /** Bytes written so far, which is also the offset of the next one. */
  get length(): number {
    return this.used;
  }

  /** Room for `count` bytes. May replace `bytes` and `view`, so call it before either is read. */
  private reserve(count: number): number {
    const at = this.used;
    const needed = at + count;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    this.used = needed;
    return at;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.reserve(2);
    this.view.setUint16(at, value, this.littleEndian);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.view.setUint32(at, value, this.littleEndian);
  }

  u64(value: bigint): void {
    const at = this.reserve(8);
    this.view.setBigUint64(at, BigInt.asUintN(64, value), this.littleEndian);
  }

  append(data: Uint8Array): void {
    const at = this.reserve(data.length);
    this.bytes.set(data, at);
  }

  /** Zero bytes up to the next multiple of `alignment` (a power of two). */
  align(alignment: number): void {
    this.reserve(-this.used & (alignment - 1));
  }

  /** Overwrites four bytes that are already written. */
  patchU32(offset: number, value: number): void {
    this.view.setUint32(offset, value, this.littleEndian);
  }

  /** A copy of what is written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.used);
  }
}
