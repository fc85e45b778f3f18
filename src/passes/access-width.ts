/**
 * How wide an access may be: what is known of an address -> the pieces that memory is read and written in.
 *
 * Provenance decides first: the verifier lets packets, map values and other plain memory be accessed unaligned, stack and context
 * never (`provenance-kinds.ts`); `-mstrict-align` takes that away, for machines without efficient unaligned access.
 * Else it is the object's own alignment, which for the stack is ours to choose, or what the access states.
 */

import type { Func, Ins, ValueId } from '../ir/func.ts';
import { allowsUnaligned } from '../ir/provenance-kinds.ts';
import { integerType, Type } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import type { PassContext } from './pass.ts';

/** What is known of an address: it is `residue` modulo `modulus` (a power of two up to 8). */
export interface Placement {
  readonly modulus: number;
  readonly residue: number;
  /** Alignment does not matter. */
  readonly isFree: boolean;
}

const maxWidth = 8;

/** The largest power of two that divides the address at `offset`, at most 8. */
export function alignAtPlacement({ modulus, residue }: Placement, offset: number): number {
  const at = residue + offset;
  return at === 0 ? modulus : Math.min(modulus, at & -at);
}

/** The widest access that may start at `offset`. */
function widthAt(placement: Placement, offset: number): number {
  return placement.isFree ? maxWidth : alignAtPlacement(placement, offset);
}

export class AccessWidths {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly isStrict: boolean;

  constructor(func: Func, cx: PassContext) {
    this.func = func;
    this.cx = cx;
    this.isStrict = cx.options.features.has('strict-align');
  }

  /** Needs memory behind this pointer no alignment? */
  isFree(pointer: ValueId): boolean {
    return !this.isStrict && allowsUnaligned(this.cx.analyses.provenance.of(pointer));
  }

  /** What is known of a pointer that is said to be aligned to `stated` bytes; stack objects are aligned as suits us. */
  placementOf(pointer: ValueId, stated: number): Placement {
    const known = this.objectPlacement(pointer);
    const align = Math.max(1, Math.min(maxWidth, stated));
    const best = known !== undefined && known.modulus >= align ? known : { modulus: align, residue: 0 };
    return { ...best, isFree: this.isFree(pointer) };
  }

  private objectPlacement(pointer: ValueId): { modulus: number; residue: number } | undefined {
    const { kind, root, offset } = this.cx.analyses.alias.baseOf(pointer);
    if (offset === undefined || kind === 'unknown') return undefined;
    const modulus =
      kind === 'alloca' ? alignStackObject(this.func.ins(asId<ValueId>(root))) : this.globalAlign(root);
    return { modulus, residue: Number(BigInt.asUintN(3, offset)) % modulus };
  }

  private globalAlign(symbol: number): number {
    const row = this.cx.module.symbols[symbol];
    return row?.data === undefined ? 1 : Math.max(1, Math.min(maxWidth, row.align));
  }

  /** The widest access that may start at the pointer. */
  widthOf(pointer: ValueId, stated: number): number {
    return widthAt(this.placementOf(pointer, stated), 0);
  }
}

/** Gives a stack object the alignment that its widest accesses want. */
function alignStackObject(alloca: Ins): number {
  for (const bytes of [2, 4, 8])
    if (alloca.imm >= BigInt(bytes)) alloca.align = Math.max(alloca.align, bytes);
  return Math.min(maxWidth, Math.max(1, alloca.align));
}

/** A part of a block of memory that is accessed at once. */
export interface Piece {
  readonly offset: number;
  readonly bytes: number;
  readonly type: Type;
}

function piece(offset: number, bytes: number): Piece {
  return { offset, bytes, type: integerType(bytes * 8) ?? Type.i8 };
}

/** The fewest pieces that cover `size` bytes one after the other, each as all placements allow. */
export function piecesOf(size: number, placements: readonly Placement[]): Piece[] {
  const pieces: Piece[] = [];
  for (let offset = 0; offset < size; ) {
    let bytes = Math.min(maxWidth, ...placements.map((placement) => widthAt(placement, offset)));
    while (bytes > size - offset) bytes >>>= 1;
    pieces.push(piece(offset, bytes));
    offset += bytes;
  }
  return pieces;
}

/** The same where bytes may be touched twice: a last piece that reaches back saves the odd ends of free memory. */
export function overlappingPieces(size: number, placements: readonly Placement[]): Piece[] {
  const pieces = piecesOf(size, placements);
  if (!placements.every(({ isFree }) => isFree)) return pieces;
  const width = Math.min(maxWidth, 2 ** Math.floor(Math.log2(size)));
  const whole = Math.ceil(size / width);
  if (size < 2 || whole >= pieces.length) return pieces;
  return Array.from({ length: whole }, (_, i) => piece(Math.min(i * width, size - width), width));
}
