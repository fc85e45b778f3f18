/**
 * Bit-fields: reading and writing some bits of a record.
 *
 * A field is accessed through the narrowest naturally aligned unit of 1 to 8 bytes that holds all of it inside the record's
 * known alignment; a field of a packed record that no such unit holds goes byte by byte. Bits count from the least
 * significant end on little-endian targets and from the most significant one on big-endian targets.
 */

import type { ValueId } from '../ir/func.ts';
import { integerType, Type } from '../ir/types.ts';
import { bug } from '../support/bug.ts';
import type { Member } from '../types/types.ts';
import { addressAt, alignAt, type Lowering, type Place } from './lowering.ts';
import { isSignedInteger, scalarType } from './value-types.ts';

/** `count` bits of a byte-aligned unit of `bytes` bytes, `shift` bits above its least significant one. */
interface Unit {
  readonly offset: number;
  readonly bytes: number;
  readonly shift: number;
}

function shiftIn(lowering: Lowering, unitBits: number, bitInUnit: number, width: number): number {
  return lowering.options.littleEndian ? bitInUnit : unitBits - bitInUnit - width;
}

function unitOf(lowering: Lowering, field: Member, width: number, align: number): Unit | undefined {
  for (const bytes of [1, 2, 4, 8]) {
    const bits = bytes * 8;
    const first = Math.floor(field.bitOffset / bits);
    if (bytes > align || Math.floor((field.bitOffset + width - 1) / bits) !== first) continue;
    const shift = shiftIn(lowering, bits, field.bitOffset - first * bits, width);
    return { offset: first * bytes, bytes, shift };
  }
  return undefined;
}

function widthOf(field: Member): number {
  return field.bitWidth ?? bug('bit-field without a width');
}

function mask(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}

function unitType(bytes: number): Type {
  return integerType(bytes * 8) ?? bug('no integer of that width');
}

function loadUnit(lowering: Lowering, place: Place, unit: Unit): ValueId {
  const { builder } = lowering;
  const align = Math.min(unit.bytes, alignAt(place.align, unit.offset));
  const pointer = addressAt(lowering, place.pointer, unit.offset);
  const raw = builder.load(unitType(unit.bytes), pointer, { align, isVolatile: place.isVolatile });
  return builder.resize(Type.i64, raw, false);
}

function storeUnit(lowering: Lowering, place: Place, unit: Unit, value: ValueId): void {
  const { builder } = lowering;
  const align = Math.min(unit.bytes, alignAt(place.align, unit.offset));
  const pointer = addressAt(lowering, place.pointer, unit.offset);
  builder.store(builder.resize(unitType(unit.bytes), value, false), pointer, {
    align,
    isVolatile: place.isVolatile,
  });
}

/** The bytes of a field that straddles its units, each with how far its bits go up in the field's value. */
function* bytesOf(lowering: Lowering, field: Member): Generator<{ unit: Unit; bits: number; up: number }> {
  const width = widthOf(field);
  for (let done = 0; done < width; ) {
    const bit = field.bitOffset + done;
    const inByte = bit % 8;
    const bits = Math.min(8 - inByte, width - done);
    const unit = { offset: Math.floor(bit / 8), bytes: 1, shift: shiftIn(lowering, 8, inByte, bits) };
    yield { unit, bits, up: lowering.options.littleEndian ? done : width - done - bits };
    done += bits;
  }
}

/** The field's bits, in the low bits of an i64 whose other bits are zero. */
function loadBits(lowering: Lowering, place: Place, field: Member): ValueId {
  const { builder } = lowering;
  const extract = (unit: Unit, width: number): ValueId => {
    let value = loadUnit(lowering, place, unit);
    if (unit.shift > 0) value = builder.lshr(value, builder.i64(unit.shift));
    if (unit.shift + width < unit.bytes * 8) value = builder.and(value, builder.i64(mask(width)));
    return value;
  };
  const width = widthOf(field);
  const unit = unitOf(lowering, field, width, place.align);
  if (unit !== undefined) return extract(unit, width);
  let whole: ValueId | undefined;
  for (const { unit: byte, bits, up } of bytesOf(lowering, field)) {
    const piece = builder.shl(extract(byte, bits), builder.i64(up));
    whole = whole === undefined ? piece : builder.or(whole, piece);
  }
  return whole ?? builder.i64(0);
}

/** Extends the low `width` bits of an i64 as the field's type asks, in the field's value type. */
function extend(lowering: Lowering, field: Member, bits: ValueId): ValueId {
  const { builder } = lowering;
  const type = scalarType(field.type) ?? bug('bit-field of no integer type');
  const width = widthOf(field);
  let value = bits;
  if (isSignedInteger(field.type) && width < 64) {
    const amount = builder.i64(64 - width);
    value = builder.ashr(builder.shl(value, amount), amount);
  }
  return builder.resize(type, value, false);
}

export function loadBitField(lowering: Lowering, place: Place, field: Member): ValueId {
  return extend(lowering, field, loadBits(lowering, place, field));
}

/** Stores `value` (of the field's type); the result is what a read of the field would give. */
export function storeBitField(lowering: Lowering, place: Place, field: Member, value: ValueId): ValueId {
  const { builder } = lowering;
  const width = widthOf(field);
  const bits = builder.and(builder.resize(Type.i64, value, false), builder.i64(mask(width)));
  const insert = (unit: Unit, part: ValueId, partWidth: number): void => {
    if (partWidth === unit.bytes * 8) {
      storeUnit(lowering, place, unit, part);
      return;
    }
    const old = loadUnit(lowering, place, unit);
    const hole = ~(mask(partWidth) << BigInt(unit.shift)) & mask(unit.bytes * 8);
    const kept = builder.and(old, builder.i64(hole));
    const moved = unit.shift === 0 ? part : builder.shl(part, builder.i64(unit.shift));
    storeUnit(lowering, place, unit, builder.or(kept, moved));
  };
  const unit = unitOf(lowering, field, width, place.align);
  if (unit !== undefined) {
    insert(unit, bits, width);
  } else {
    for (const { unit: byte, bits: partWidth, up } of bytesOf(lowering, field)) {
      const part = builder.and(builder.lshr(bits, builder.i64(up)), builder.i64(mask(partWidth)));
      insert(byte, part, partWidth);
    }
  }
  return extend(lowering, field, bits);
}
