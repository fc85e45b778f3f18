/**
 * C types -> the types of SSA values, and how arguments and results travel (the BPF calling convention).
 *
 * Scalars travel in registers, integers narrower than int extended to 32 bits by the side that has the value, so that a
 * kernel function compiled for the host finds what it expects. Records of up to 16 bytes travel in one or two registers,
 * as in clang's BPF ABI. Larger records go by address of a copy in the caller's frame, returned records through a hidden
 * first pointer: both work for static functions on every kernel.
 */

import { integerType, Type } from '../ir/types.ts';
import { type CType, canonical, integerTypeOf, sizeOf } from '../types/types.ts';

/** The value type of a scalar, for floats their bits; undefined for records, 128-bit integers and other things without one. */
export function scalarType(type: CType): Type | undefined {
  const at = canonical(type);
  if (at.kind === 'pointer') return Type.ptr;
  if (at.kind === 'float') return at.size === 4 ? Type.i32 : at.size === 8 ? Type.i64 : undefined;
  const integer = integerTypeOf(at);
  return integer === undefined ? undefined : integerType(integer.size * 8);
}

export function isSignedInteger(type: CType): boolean {
  return integerTypeOf(type)?.signed ?? false;
}

export function isRecordLike(type: CType): boolean {
  const { kind } = canonical(type);
  return kind === 'record' || kind === 'array' || kind === 'vector';
}

export function isVoid(type: CType): boolean {
  return canonical(type).kind === 'void';
}

/** How one argument or result travels. */
export type Passing =
  | { readonly kind: 'none' }
  /** In one register; `type` is what the register holds, `valueType` what the C value is. */
  | { readonly kind: 'scalar'; readonly type: Type; readonly valueType: Type }
  /** The bytes of a record in registers. */
  | { readonly kind: 'pieces'; readonly pieces: readonly Piece[] }
  /** By address of a copy (argument) or of the place for the result. */
  | { readonly kind: 'address'; readonly size: number };

/** `size` bytes of a record at `offset`, in one register of type `type`. */
export interface Piece {
  readonly type: Type;
  readonly offset: number;
  readonly size: number;
}

/** The register type of a scalar: integers below 32 bits are extended. */
function registerType(valueType: Type): Type {
  return valueType === Type.i8 || valueType === Type.i16 ? Type.i32 : valueType;
}

/** Records, vectors and 128-bit integers. */
function isPassedInMemory(type: CType): boolean {
  const { kind } = canonical(type);
  return kind === 'record' || kind === 'vector' || integerTypeOf(type)?.size === 16;
}

export function passingOfArgument(type: CType): Passing | undefined {
  const scalar = scalarType(type);
  if (scalar !== undefined) return { kind: 'scalar', type: registerType(scalar), valueType: scalar };
  if (!isPassedInMemory(type)) return undefined;
  const size = sizeOf(type) ?? 0;
  if (size === 0) return { kind: 'none' };
  if (size > 16) return { kind: 'address', size };
  const pieces: Piece[] = [];
  for (let offset = 0; offset < size; offset += 8) {
    pieces.push({ type: Type.i64, offset, size: Math.min(8, size - offset) });
  }
  return { kind: 'pieces', pieces };
}

export function passingOfResult(type: CType): Passing | undefined {
  if (isVoid(type)) return { kind: 'none' };
  const scalar = scalarType(type);
  if (scalar !== undefined) return { kind: 'scalar', type: registerType(scalar), valueType: scalar };
  if (!isPassedInMemory(type)) return undefined;
  const size = sizeOf(type) ?? 0;
  return size === 0 ? { kind: 'none' } : { kind: 'address', size };
}

/** The IR types of the registers that an argument takes. */
export function registersOf(passing: Passing): readonly Type[] {
  switch (passing.kind) {
    case 'none':
      return [];
    case 'scalar':
      return [passing.type];
    case 'pieces':
      return passing.pieces.map((piece) => piece.type);
    case 'address':
      return [Type.ptr];
    default:
      return passing satisfies never;
  }
}
