/**
 * Places the members of a structure or union (C11 6.7.2.1) as the System V ABI and clang do for the bpf
 * target.
 *
 * In: fields in source order with their own attributes, and what applies to the whole record. Out: a {@link
 * RecordLayout}. Invariants: fields have complete types, apart from a flexible array member at the end;
 * bit-field widths were checked against their types. Bit offsets count in memory order on either endianness.
 *
 * Method: bit-fields follow the Itanium C++ ABI 2.4 rules for C (a bit-field does not cross a storage unit of
 * its declared type unless packed; a zero width starts a new unit; unnamed ones do not raise the record's
 * alignment). Empty records have size 0 (GNU).
 */

import type { CType, Member, RecordLayout } from './types.ts';
import { alignOf, sizeOf } from './types.ts';

export interface Field {
  readonly name: string | undefined;
  readonly type: CType;
  readonly bitWidth: number | undefined;
  /** From `aligned(n)` or `_Alignas`; 0 for none. */
  readonly align: number;
  readonly isPacked: boolean;
  readonly declTags: readonly string[];
}

export interface RecordRules {
  readonly isUnion: boolean;
  readonly isPacked: boolean;
  /** From `aligned(n)` on the record; 0 for none. */
  readonly align: number;
  /** Limit in bytes from `#pragma pack(n)`; 0 for none. */
  readonly pack: number;
}

function alignTo(offset: number, alignment: number): number {
  // Offsets may pass 2^31 bits, so no bit operators here.
  const rest = offset % alignment;
  return rest === 0 ? offset : offset + alignment - rest;
}

/** The running state: everything in bits. */
class RecordBuilder {
  private readonly rules: RecordRules;
  private readonly members: Member[] = [];
  /** End of what is placed; bit-fields continue here, other members at the next byte. */
  private end = 0;
  /** The largest end seen: what a union needs. */
  private extent = 0;
  private align: number;

  constructor(rules: RecordRules) {
    this.rules = rules;
    this.align = Math.max(8, rules.align * 8);
  }

  add(field: Field): void {
    const start = this.rules.isUnion ? 0 : this.end;
    const offset =
      field.bitWidth === undefined
        ? this.placeMember(field, start)
        : this.placeBitField(field, field.bitWidth, start);
    const size = field.bitWidth ?? (sizeOf(field.type) ?? 0) * 8;
    this.end = offset + size;
    this.extent = Math.max(this.extent, this.end);
    const { name, type, bitWidth, declTags } = field;
    this.members.push({ name, type, bitOffset: offset, bitWidth, declTags });
  }

  finish(): RecordLayout {
    const size = alignTo(alignTo(this.extent, 8), this.align) / 8;
    return { members: this.members, size, align: this.align / 8 };
  }

  private isPacked(field: Field): boolean {
    return this.rules.isPacked || field.isPacked;
  }

  private placeMember(field: Field, start: number): number {
    const natural = this.isPacked(field) ? 8 : alignOf(field.type) * 8;
    const wanted = Math.max(natural, field.align * 8);
    const align = this.rules.pack > 0 ? Math.min(wanted, this.rules.pack * 8) : wanted;
    this.align = Math.max(this.align, align);
    return alignTo(start, align);
  }

  private placeBitField(field: Field, width: number, start: number): number {
    const unit = (sizeOf(field.type) ?? 1) * 8;
    const explicit = field.align * 8;
    const limit = this.rules.pack * 8;
    // Under a pack limit clang lets a packed bit-field keep its type's alignment, up to the limit.
    const isLoose = this.isPacked(field) && width > 0 && limit === 0;
    const natural = isLoose ? 1 : alignOf(field.type) * 8;
    const wanted = Math.max(natural, explicit);
    const align = limit > 0 && width > 0 ? Math.min(wanted, limit) : wanted;
    if (field.name !== undefined) this.align = Math.max(this.align, align);
    if (width === 0) return alignTo(start, align);
    // Under a pack limit bit-fields follow each other without gaps.
    if (limit === 0 && (start % align) + width > unit) return alignTo(start, align);
    if (explicit > 0 && (limit === 0 || explicit <= limit)) return alignTo(start, explicit);
    return start;
  }
}

/** Offsets, size and alignment of a record with these fields. */
export function layoutRecord(fields: readonly Field[], rules: RecordRules): RecordLayout {
  const builder = new RecordBuilder(rules);
  for (const field of fields) builder.add(field);
  return builder.finish();
}
