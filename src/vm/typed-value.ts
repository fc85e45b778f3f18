/**
 * Values of C types as JavaScript values, by BTF: records become objects by member name, arrays arrays, integers of up to 32
 * bits numbers and larger ones bigints, `char` arrays strings where that is what they hold. Without a type a
 * value is its bytes, or a number where it has 1, 2, 4 or 8.
 */

import { IntEncoding } from '../btf/format.ts';
import type { TypeGraph } from '../btf/type-graph.ts';
import { latin1, latin1Bytes } from '../support/file-system.ts';

/** What a typed value may be; plain data all the way down. */
export type TypedValue =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | readonly TypedValue[]
  | { readonly [member: string]: TypedValue };

const MAX_DEPTH = 32;

function readInteger(bytes: Uint8Array, offset: number, size: number, signed: boolean): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[offset + i] ?? 0);
  return signed ? BigInt.asIntN(size * 8, value) : value;
}

function writeInteger(bytes: Uint8Array, offset: number, size: number, value: bigint): void {
  for (let i = 0; i < size; i++) bytes[offset + i] = Number((value >> BigInt(8 * i)) & 0xffn);
}

const integerValue = (value: bigint, bits: number): TypedValue => (bits > 32 ? value : Number(value));

/** A string when the bytes are printable text with nothing but NULs behind. */
function asText(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  const isText =
    text.every((byte) => byte >= 32 || byte === 9 || byte === 10) &&
    bytes.subarray(text.length).every((byte) => byte === 0);
  return isText ? latin1(text) : undefined;
}

/** Bytes to a value. `type` is undefined where nothing is known. */
export function decodeValue(
  types: TypeGraph,
  id: number | undefined,
  bytes: Uint8Array,
  depth = 0,
): TypedValue {
  if (id === undefined) {
    if ([1, 2, 4, 8].includes(bytes.length)) {
      return integerValue(readInteger(bytes, 0, bytes.length, false), bytes.length * 8);
    }
    return bytes.slice();
  }
  const type = types.resolved(id);
  if (depth > MAX_DEPTH) return bytes.slice();
  switch (type?.kind) {
    case 'INT': {
      const value = readInteger(bytes, 0, type.size, (type.encoding & IntEncoding.signed) !== 0);
      return (type.encoding & IntEncoding.bool) !== 0 ? value !== 0n : integerValue(value, type.size * 8);
    }
    case 'ENUM':
    case 'ENUM64':
      return integerValue(readInteger(bytes, 0, type.size, type.signed), type.size * 8);
    case 'PTR':
      return readInteger(bytes, 0, 8, false);
    case 'ARRAY': {
      const size = types.sizeOf(type.type);
      const element = types.resolved(type.type);
      const isText =
        element?.kind === 'INT' && element.size === 1 && types.nameOf(types.skip(type.type)) === 'char';
      const text = isText ? asText(bytes.subarray(0, type.length)) : undefined;
      if (text !== undefined) return text;
      if (element?.kind === 'INT' && element.size === 1) return bytes.slice(0, type.length);
      const length = size === 0 ? 0 : Math.min(type.length, Math.floor(bytes.length / size));
      return Array.from({ length }, (_, i) =>
        decodeValue(types, type.type, bytes.subarray(i * size, (i + 1) * size), depth + 1),
      );
    }
    case 'STRUCT':
    case 'UNION': {
      const result: Record<string, TypedValue> = {};
      for (const member of type.members) {
        const value = decodeMember(types, member, bytes, depth);
        if (member.name !== '') result[member.name] = value;
        else if (typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array))
          Object.assign(result, value);
      }
      return result;
    }
    default:
      return bytes.slice();
  }
}

interface Member {
  readonly type: number;
  readonly bitOffset: number;
  readonly bitWidth: number;
}

function decodeMember(types: TypeGraph, member: Member, bytes: Uint8Array, depth: number): TypedValue {
  const { type, bitOffset, bitWidth } = member;
  if (bitWidth === 0) {
    const start = bitOffset >> 3;
    return decodeValue(types, type, bytes.subarray(start, start + types.sizeOf(type)), depth + 1);
  }
  const integer = types.resolved(type);
  const signed =
    integer?.kind === 'INT'
      ? (integer.encoding & IntEncoding.signed) !== 0
      : integer?.kind === 'ENUM' && integer.signed;
  const first = bitOffset >> 3;
  const last = (bitOffset + bitWidth + 7) >> 3;
  const raw = readInteger(bytes, first, last - first, false) >> BigInt(bitOffset & 7);
  return integerValue(signed ? BigInt.asIntN(bitWidth, raw) : BigInt.asUintN(bitWidth, raw), bitWidth);
}

/** A value that does not fit its type. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

function integerOf(value: TypedValue): bigint {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return BigInt(value);
  throw new ValueError(`${JSON.stringify(value)} is no integer`);
}

/** A value to `size` bytes. Members that are left out are zero. */
export function encodeValue(
  types: TypeGraph,
  id: number | undefined,
  value: TypedValue,
  size: number,
): Uint8Array {
  const bytes = new Uint8Array(size);
  encodeInto(types, id, value, bytes, 0);
  return bytes;
}

function encodeInto(
  types: TypeGraph,
  id: number | undefined,
  value: TypedValue,
  bytes: Uint8Array,
  depth: number,
): void {
  if (value instanceof Uint8Array) {
    if (value.length > bytes.length)
      throw new ValueError(`${value.length} bytes for a value of ${bytes.length}`);
    bytes.set(value);
    return;
  }
  const type = id === undefined ? undefined : types.resolved(id);
  if (depth > MAX_DEPTH) throw new ValueError('the type is nested too deeply');
  if (typeof value === 'string') {
    const text = latin1Bytes(value);
    if (text.length > bytes.length) throw new ValueError(`"${value}" is longer than ${bytes.length} bytes`);
    bytes.set(text);
  } else if (typeof value !== 'object') writeInteger(bytes, 0, Math.min(bytes.length, 8), integerOf(value));
  else if (isList(value))
    encodeList(types, type?.kind === 'ARRAY' ? type.type : undefined, value, bytes, depth);
  else if (type?.kind === 'STRUCT' || type?.kind === 'UNION')
    encodeRecord(types, id ?? 0, value, bytes, depth);
  else throw new ValueError('an object for a value that is no struct');
}

const isList = (value: TypedValue): value is readonly TypedValue[] => Array.isArray(value);

function encodeList(
  types: TypeGraph,
  element: number | undefined,
  value: readonly TypedValue[],
  bytes: Uint8Array,
  depth: number,
): void {
  const size = element === undefined ? 1 : types.sizeOf(element);
  if (value.length * size > bytes.length)
    throw new ValueError(`${value.length} elements for ${bytes.length / size}`);
  for (const [i, one] of value.entries())
    encodeInto(types, element, one, bytes.subarray(i * size, (i + 1) * size), depth + 1);
}

function encodeRecord(
  types: TypeGraph,
  id: number,
  value: { readonly [member: string]: TypedValue },
  bytes: Uint8Array,
  depth: number,
): void {
  for (const [name, one] of Object.entries(value)) {
    const member = types.member(id, name);
    if (member === undefined)
      throw new ValueError(`struct ${types.nameOf(types.skip(id))} has no member ${name}`);
    const start = member.bitOffset >> 3;
    if (member.bitWidth === 0) {
      encodeInto(
        types,
        member.type,
        one,
        bytes.subarray(start, start + types.sizeOf(member.type)),
        depth + 1,
      );
      continue;
    }
    const size = ((member.bitOffset + member.bitWidth + 7) >> 3) - start;
    const shift = BigInt(member.bitOffset & 7);
    const mask = ((1n << BigInt(member.bitWidth)) - 1n) << shift;
    const before = readInteger(bytes, start, size, false);
    writeInteger(bytes, start, size, (before & ~mask) | ((integerOf(one) << shift) & mask));
  }
}
