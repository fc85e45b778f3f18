/**
 * Sizes and alignments of BTF types as C would lay them out again from a declaration, and the places where a plain
 * declaration would not give the layout that BTF describes: there a record is packed or gets padding.
 *
 * BTF records offsets, not attributes, so they are found by laying the record out by the rules of the System V ABI for
 * 64-bit machines (bit-fields included: a bit-field does not straddle a unit of its type) and comparing.
 */

import { BtfKind, type BtfView } from './view.ts';

/** Broken BTF, found while following references; caught where a walk begins. */
export class BrokenBtf extends Error {}

/** Steps that a walk may take for each type, and in any case: far more than a kernel's needs, few enough to end soon. */
const stepsPerType = 100;
const leastSteps = 1_000_000;
/** Records without a name inside records without a name. */
const maxNesting = 100;
const pointerSize = 8;
const maxAlign = 16;

export interface MemberPlace {
  readonly type: number;
  readonly bitOffset: number;
  /** 0 for a member that is no bit-field. */
  readonly bitWidth: number;
}

export class CLayout {
  private readonly view: BtfView;
  /** Alignment of records by id; 0 where not known yet. */
  private readonly recordAligns: Uint8Array;
  private stepsLeft: number;

  constructor(view: BtfView) {
    this.view = view;
    this.stepsLeft = leastSteps + stepsPerType * view.numTypes;
    this.recordAligns = new Uint8Array(view.numTypes + 1);
  }

  /** Counts a step; a type that leads in circles or expands without end stops here. */
  step(id: number): void {
    if (!this.view.has(id)) throw new BrokenBtf(`a type refers to type ${id}, which is not there`);
    if (--this.stepsLeft < 0) throw new BrokenBtf(`type ${id} leads in circles or is too large`);
  }

  checkNesting(id: number, depth: number): void {
    if (depth > maxNesting) throw new BrokenBtf(`type ${id} is nested too deep`);
  }

  /** The type behind typedefs, qualifiers and tags. */
  resolved(id: number): number {
    const { view } = this;
    for (let at = id; ; at = view.target(at)) {
      this.step(at);
      switch (view.kind(at)) {
        case BtfKind.TYPEDEF:
        case BtfKind.CONST:
        case BtfKind.VOLATILE:
        case BtfKind.RESTRICT:
        case BtfKind.TYPE_TAG:
          break;
        default:
          return at;
      }
    }
  }

  member(record: number, index: number): MemberPlace {
    const { view } = this;
    const at = 3 + index * 3;
    const [type, offset] = [view.word(record, at + 1), view.word(record, at + 2)];
    if (view.flag(record)) return { type, bitOffset: offset & 0xff_ffff, bitWidth: offset >>> 24 };
    // Old BTF notes a bit-field in an integer type of its own.
    const base = this.resolved(type);
    const bits = view.kind(base) === BtfKind.INT ? view.word(base, 3) : 0;
    const isBitField = bits !== 0 && (bits & 0xff) !== view.size(base) * 8;
    if (!isBitField) return { type, bitOffset: offset, bitWidth: 0 };
    return { type, bitOffset: offset + ((bits >>> 16) & 0xff), bitWidth: bits & 0xff };
  }

  /** Size in bytes; 0 of what has none. */
  sizeOf(id: number): number {
    const { view } = this;
    let factor = 1;
    for (let at = this.resolved(id); ; at = this.resolved(view.word(at, 3))) {
      switch (view.kind(at)) {
        case BtfKind.ARRAY:
          factor *= view.word(at, 5);
          break;
        case BtfKind.PTR:
          return factor * pointerSize;
        case BtfKind.INT:
        case BtfKind.FLOAT:
        case BtfKind.STRUCT:
        case BtfKind.UNION:
        case BtfKind.ENUM:
        case BtfKind.ENUM64:
          return factor * view.size(at);
        default:
          return 0;
      }
    }
  }

  /** Alignment in bytes that C gives a member of the type. */
  alignOf(id: number, depth = 0): number {
    const { view } = this;
    for (let at = this.resolved(id); ; at = this.resolved(view.word(at, 3))) {
      switch (view.kind(at)) {
        case BtfKind.ARRAY:
          break;
        case BtfKind.PTR:
          return pointerSize;
        case BtfKind.INT:
        case BtfKind.FLOAT:
        case BtfKind.ENUM:
        case BtfKind.ENUM64:
          return Math.min(maxAlign, Math.max(1, view.size(at)));
        case BtfKind.STRUCT:
        case BtfKind.UNION:
          return this.recordAlign(at, depth);
        default:
          return 1;
      }
    }
  }

  /** Alignment of a record; 1 where the offsets of its members, or its size, say that it is packed. */
  recordAlign(record: number, depth = 0): number {
    const known = this.recordAligns[record] ?? 0;
    if (known !== 0) return known;
    this.checkNesting(record, depth);
    const align = this.isPacked(record, depth) ? 1 : this.memberAlign(record, depth);
    this.recordAligns[record] = align;
    return align;
  }

  memberName(record: number, index: number): string {
    return this.view.text(this.view.word(record, 3 + index * 3));
  }

  /** The largest alignment of the members of a record. */
  memberAlign(record: number, depth = 0): number {
    let largest = 1;
    for (let i = 0; i < this.view.count(record); i++) {
      largest = Math.max(largest, this.alignOf(this.view.word(record, 4 + i * 3), depth + 1));
    }
    return largest;
  }

  private isPacked(record: number, depth: number): boolean {
    let largest = 1;
    for (let i = 0; i < this.view.count(record); i++) {
      const { type, bitOffset, bitWidth } = this.member(record, i);
      const align = this.alignOf(type, depth + 1);
      largest = Math.max(largest, align);
      if (bitWidth === 0 && bitOffset % (align * 8) !== 0) return true;
      const unit = this.sizeOf(type) * 8;
      if (bitWidth !== 0 && (bitOffset % unit) + bitWidth > unit) return true;
    }
    return this.view.size(record) % largest !== 0;
  }

  /** The bit where C puts a member of a structure that comes when `bits` bits are used. */
  naturalOffset(member: MemberPlace, bits: number, isPacked: boolean): number {
    if (member.bitWidth === 0) return roundUp(bits, isPacked ? 8 : this.alignOf(member.type) * 8);
    const unit = this.sizeOf(member.type) * 8;
    const straddles = !isPacked && (bits % unit) + member.bitWidth > unit;
    return straddles ? roundUp(bits, unit) : bits;
  }
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
