/**
 * Internet checksums (RFC 1071, RFC 1624) the way the kernel's helpers fold and combine them. Sums are unsigned 32-bit
 * numbers of 16-bit words in the machine's byte order, which one's complement allows.
 */

/** a + b with the carry added back. */
export function addSums(a: number, b: number): number {
  const sum = (a >>> 0) + (b >>> 0);
  return (sum > 0xffff_ffff ? sum + 1 : sum) >>> 0;
}

/** a - b in one's complement. */
export function subtractSums(a: number, b: number): number {
  return addSums(a, ~b >>> 0);
}

/** A 32-bit sum as 16 bits. */
export function foldSum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ((once & 0xffff) + (once >>> 16)) & 0xffff;
}

/** The checksum field of a sum. */
export function checksumOf(sum: number): number {
  return ~foldSum(sum) & 0xffff;
}

/** The sum of bytes, an odd one at the end padded with zero, on top of a seed. */
export function sumBytes(bytes: Uint8Array, seed: number): number {
  let sum = seed >>> 0;
  for (let i = 0; i < bytes.length; i += 2) sum = addSums(sum, (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8));
  return sum;
}

/**
 * A checksum field after a field of the packet changed from one value to another. Complements are of 32 bits, as in the
 * kernel: with 16, other sums would end as the other zero of one's complement.
 */
export function replaceInChecksum(field: number, from: number, to: number): number {
  return checksumOf(addSums(subtractSums(~field >>> 0, from), to));
}

function addShorts(a: number, b: number): number {
  const sum = a + b;
  return sum > 0xffff ? (sum + 1) & 0xffff : sum;
}

/** The same for 16-bit values, in 16 bits. */
export function replaceShortInChecksum(field: number, from: number, to: number): number {
  return ~addShorts(addShorts(~field & 0xffff, ~from & 0xffff), to) & 0xffff;
}

/** A checksum field after the sum of the packet changed by a difference. */
export function addToChecksum(field: number, difference: number): number {
  return checksumOf(addSums(difference, ~field >>> 0));
}
