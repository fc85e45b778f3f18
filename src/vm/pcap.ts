/**
 * Classic capture files (draft-ietf-opsawg-pcap): reading in either byte order and with micro- or nanoseconds, writing in
 * little-endian with nanoseconds. Input is hostile; a broken file gives what could be read and an error text.
 *
 *   header  magic 4 | version 2+2 | zone 4 | accuracy 4 | snapshot length 4 | link type 4
 *   record  seconds 4 | fraction 4 | captured bytes 4 | bytes on the wire 4 | data
 */

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const HEADER_SIZE = 24;
const RECORD_SIZE = 16;
const ETHERNET = 1;
const SNAPSHOT = 262_144;

export interface CapturedPacket {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly data: Uint8Array;
  /** Length on the wire, of which `data` may be a part. */
  readonly length: number;
}

export interface Capture {
  /** 1 for Ethernet. */
  readonly linkType: number;
  readonly packets: readonly CapturedPacket[];
  /** What is wrong with the file, where something is. */
  readonly error: string | undefined;
}

/** Reads a capture. */
export function readPcap(bytes: Uint8Array): Capture {
  const nothing = (error: string): Capture => ({ linkType: ETHERNET, packets: [], error });
  if (bytes.length < HEADER_SIZE) return nothing('too short for a capture file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isMagic = (value: number): boolean => value === MICROSECONDS || value === NANOSECONDS;
  const little = isMagic(view.getUint32(0, true));
  if (!little && !isMagic(view.getUint32(0))) return nothing('not a capture file of the classic format');
  const factor = view.getUint32(0, little) === NANOSECONDS ? 1n : 1000n;
  const packets: CapturedPacket[] = [];
  let at = HEADER_SIZE;
  let error: string | undefined;
  while (at < bytes.length) {
    if (at + RECORD_SIZE > bytes.length) {
      error = `packet ${packets.length + 1} is cut off`;
      break;
    }
    const size = view.getUint32(at + 8, little);
    const time =
      BigInt(view.getUint32(at, little)) * 1_000_000_000n + BigInt(view.getUint32(at + 4, little)) * factor;
    const start = at + RECORD_SIZE;
    if (size > bytes.length - start) {
      error = `packet ${packets.length + 1} is cut off`;
      break;
    }
    packets.push({ time, data: bytes.slice(start, start + size), length: view.getUint32(at + 12, little) });
    at = start + size;
  }
  return { linkType: view.getUint32(20, little) & 0xfff_ffff, packets, error };
}

/** Writes packets as a capture. */
export function writePcap(packets: readonly CapturedPacket[], linkType = ETHERNET): Uint8Array {
  const total = packets.reduce((sum, { data }) => sum + RECORD_SIZE + data.length, HEADER_SIZE);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAPSHOT, true);
  view.setUint32(20, linkType, true);
  let at = HEADER_SIZE;
  for (const { time, data, length } of packets) {
    view.setUint32(at, Number(time / 1_000_000_000n), true);
    view.setUint32(at + 4, Number(time % 1_000_000_000n), true);
    view.setUint32(at + 8, data.length, true);
    view.setUint32(at + 12, Math.max(length, data.length), true);
    bytes.set(data, at + RECORD_SIZE);
    at += RECORD_SIZE + data.length;
  }
  return bytes;
}
