/**
 * Small questions about types that expressions ask again and again (C11 6.2.5, 6.3.2.1, 6.5.2.3 p3).
 */

import {
  addressSpaceOf,
  type CType,
  canonical,
  pointerTo,
  type Qualifiers,
  qualifiersOf,
  sizeOf,
} from '../types/types.ts';

function isQualified(qualifiers: Qualifiers): boolean {
  return qualifiers.isConst || qualifiers.isVolatile || qualifiers.isRestrict || qualifiers.isAtomic;
}

/**
 * The type of a value read from an object of `type`: without qualifiers, address space and type tags of its own
 * (6.3.2.1 p2). Typedef names stay where nothing hides behind them.
 */
export function unqualifiedType(type: CType): CType {
  let at = type;
  for (;;) {
    if (at.kind === 'qualified' || at.kind === 'attributed') at = at.type;
    else if (at.kind === 'typedef' && hidesQualifier(at)) at = at.type;
    else return at;
  }
}

function hidesQualifier(type: CType): boolean {
  for (let at = type; ; at = at.type) {
    if (at.kind === 'qualified') return isQualified(at);
    if (at.kind === 'attributed') return true;
    if (at.kind !== 'typedef') return false;
  }
}

/** `type` with more qualifiers; an array's go to its elements (6.7.3 p9). */
export function withQualifiers(type: CType, added: Qualifiers): CType {
  const own = qualifiersOf(type);
  const isConst = added.isConst && !own.isConst;
  const isVolatile = added.isVolatile && !own.isVolatile;
  const isRestrict = added.isRestrict && !own.isRestrict;
  const isAtomic = added.isAtomic && !own.isAtomic;
  if (!isConst && !isVolatile && !isRestrict && !isAtomic) return type;
  const at = canonical(type);
  if (at.kind === 'array') return { ...at, element: withQualifiers(at.element, added) };
  return { kind: 'qualified', type, isConst, isVolatile, isRestrict, isAtomic };
}

export function withAddressSpace(type: CType, addressSpace: number): CType {
  if (addressSpace === 0 || addressSpaceOf(type) === addressSpace) return type;
  return { kind: 'attributed', type, typeTag: undefined, addressSpace };
}

/** The type of a part (member, element) of an object of type `whole`: it has the whole's qualifiers and address space. */
export function partType(part: CType, whole: CType): CType {
  const { isConst, isVolatile } = qualifiersOf(whole);
  const qualified = withQualifiers(part, { isConst, isVolatile, isRestrict: false, isAtomic: false });
  return withAddressSpace(qualified, addressSpaceOf(whole));
}

/** The type an array decays to; undefined for other types. */
export function decayedArrayType(type: CType): CType | undefined {
  const at = canonical(type);
  return at.kind === 'array' ? pointerTo(partType(at.element, type)) : undefined;
}

export function pointeeOf(type: CType): CType | undefined {
  const at = canonical(type);
  return at.kind === 'pointer' ? at.pointee : undefined;
}

export function isVoid(type: CType): boolean {
  return canonical(type).kind === 'void';
}

export function isVoidPointer(type: CType): boolean {
  const pointee = pointeeOf(type);
  return pointee !== undefined && isVoid(pointee);
}

export function isFunction(type: CType): boolean {
  return canonical(type).kind === 'function';
}

export function isRecord(type: CType): boolean {
  return canonical(type).kind === 'record';
}

export function isFloat(type: CType): boolean {
  return canonical(type).kind === 'float';
}

export function isBoolean(type: CType): boolean {
  const at = canonical(type);
  return at.kind === 'integer' && at.rank === 0;
}

/** An object type whose size is not known (6.2.5 p1). */
export function isIncomplete(type: CType): boolean {
  return !isFunction(type) && sizeOf(type) === undefined;
}

/** Bytes of one step of a pointer; GNU C counts void and functions as 1. Undefined for incomplete types. */
export function stepSize(pointee: CType): number | undefined {
  return isVoid(pointee) || isFunction(pointee) ? 1 : sizeOf(pointee);
}
