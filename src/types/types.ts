/**
 * C types (C11 6.2.5), as seen by sema, lowering and BTF.
 *
 * Invariants: every type is immutable except that a record or enum is completed once in a unit. `typedef`, `qualified`
 * and `attributed` are sugar: they keep what the programmer wrote (BTF needs it) and are looked through by
 * {@link canonical}. Records and enums are compared by identity; all others by structure.
 */

import { unreachable } from '../support/bug.ts';

export interface VoidType {
  readonly kind: 'void';
}

export interface IntegerType {
  readonly kind: 'integer';
  /** As BTF and messages print it: `unsigned int`, `_Bool`, `__int128`. */
  readonly name: string;
  /** Bytes: 1, 2, 4, 8 or 16. */
  readonly size: number;
  readonly signed: boolean;
  /** Conversion rank (6.3.1.1): _Bool 0, char 1, short 2, int 3, long 4, long long 5, __int128 6. */
  readonly rank: number;
}

export interface FloatType {
  readonly kind: 'float';
  readonly name: string;
  readonly size: number;
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly pointee: CType;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: CType;
  /** Elements; undefined for `[]`. */
  readonly length: number | undefined;
}

/** GNU `vector_size`; memory layout only. */
export interface VectorType {
  readonly kind: 'vector';
  readonly element: CType;
  readonly length: number;
}

export interface Parameter {
  readonly name: string | undefined;
  readonly type: CType;
  readonly declTags: readonly string[];
}

export interface FunctionType {
  readonly kind: 'function';
  readonly returns: CType;
  readonly parameters: readonly Parameter[];
  readonly isVariadic: boolean;
  /** False for `f()`: arguments are not checked. */
  readonly isPrototype: boolean;
  readonly isNoreturn: boolean;
}

export interface Member {
  /** Undefined for anonymous records and unnamed bit-fields. */
  readonly name: string | undefined;
  readonly type: CType;
  /** From the start of the record. */
  readonly bitOffset: number;
  /** Undefined for a member that is no bit-field. */
  readonly bitWidth: number | undefined;
  readonly declTags: readonly string[];
}

/** What completes a record. */
export interface RecordLayout {
  readonly members: readonly Member[];
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly align: number;
}

/**
 * Completes the tagged types of file scope when somebody asks: most of a header is never looked at. What
 * stands behind the place that is being analysed does not count; after the analysis everything does.
 */
export interface CompletionSource {
  /** Analyses the declaration that defines the type; true when the type is complete at the current place. */
  complete(): boolean;
}

/** What a definition says of a record. */
export interface RecordContent {
  readonly layout: RecordLayout | undefined;
  readonly preserveAccessIndex: boolean;
  readonly transparentUnion: boolean;
  readonly declTags: readonly string[];
}

export class RecordType {
  readonly kind = 'record';
  readonly isUnion: boolean;
  readonly tag: string | undefined;
  /** Undefined for types that do not wait for a declaration elsewhere. */
  completion: CompletionSource | undefined = undefined;
  private completedLayout: RecordLayout | undefined = undefined;
  /** `__attribute__((preserve_access_index))`: member accesses become CO-RE relocations. */
  preserveAccessIndex = false;
  transparentUnion = false;
  declTags: readonly string[] = [];

  constructor(isUnion: boolean, tag: string | undefined) {
    this.isUnion = isUnion;
    this.tag = tag;
  }

  /** Undefined while the type is incomplete. */
  get layout(): RecordLayout | undefined {
    return this.completion === undefined || this.completion.complete() ? this.completedLayout : undefined;
  }

  set layout(layout: RecordLayout | undefined) {
    this.completedLayout = layout;
  }

  /** What was said of it so far, in sight or not. */
  get content(): RecordContent {
    const { completedLayout: layout, preserveAccessIndex, transparentUnion, declTags } = this;
    return { layout, preserveAccessIndex, transparentUnion, declTags };
  }

  set content(content: RecordContent) {
    this.completedLayout = content.layout;
    this.preserveAccessIndex = content.preserveAccessIndex;
    this.transparentUnion = content.transparentUnion;
    this.declTags = content.declTags;
  }

  /** Makes the type as it was when only its tag was known. */
  forget(): void {
    this.completion = undefined;
    this.content = noRecordContent;
  }
}

const noRecordContent: RecordContent = Object.freeze({
  layout: undefined,
  preserveAccessIndex: false,
  transparentUnion: false,
  declTags: Object.freeze([]),
});

export interface EnumConstant {
  readonly name: string;
  readonly value: bigint;
}

/** What a definition says of an enumeration. */
export interface EnumContent {
  readonly underlying: IntegerType | undefined;
  readonly constants: readonly EnumConstant[] | undefined;
  readonly declTags: readonly string[];
}

const noEnumContent: EnumContent = Object.freeze({
  underlying: undefined,
  constants: undefined,
  declTags: Object.freeze([]),
});

export class EnumType {
  readonly kind = 'enum';
  readonly tag: string | undefined;
  completion: CompletionSource | undefined = undefined;
  private completedUnderlying: IntegerType | undefined = undefined;
  private completedConstants: readonly EnumConstant[] | undefined = undefined;
  declTags: readonly string[] = [];

  constructor(tag: string | undefined) {
    this.tag = tag;
  }

  private get isComplete(): boolean {
    return this.completion === undefined || this.completion.complete();
  }

  /** The compatible integer type; undefined while incomplete. */
  get underlying(): IntegerType | undefined {
    return this.isComplete ? this.completedUnderlying : undefined;
  }

  set underlying(type: IntegerType | undefined) {
    this.completedUnderlying = type;
  }

  get constants(): readonly EnumConstant[] | undefined {
    return this.isComplete ? this.completedConstants : undefined;
  }

  set constants(constants: readonly EnumConstant[] | undefined) {
    this.completedConstants = constants;
  }

  /** What was said of it so far, in sight or not. */
  get content(): EnumContent {
    const { completedUnderlying: underlying, completedConstants: constants, declTags } = this;
    return { underlying, constants, declTags };
  }

  set content(content: EnumContent) {
    this.completedUnderlying = content.underlying;
    this.completedConstants = content.constants;
    this.declTags = content.declTags;
  }

  /** Makes the type as it was when only its tag was known. */
  forget(): void {
    this.completion = undefined;
    this.content = noEnumContent;
  }
}

export interface TypedefType {
  readonly kind: 'typedef';
  readonly name: string;
  readonly type: CType;
  /** From `aligned(n)` on the typedef; 0 for none. */
  readonly align: number;
  readonly declTags: readonly string[];
}

export interface QualifiedType {
  readonly kind: 'qualified';
  readonly type: CType;
  readonly isConst: boolean;
  readonly isVolatile: boolean;
  readonly isRestrict: boolean;
  readonly isAtomic: boolean;
}

export interface AttributedType {
  readonly kind: 'attributed';
  readonly type: CType;
  /** `btf_type_tag("...")`, written on a pointee: pointer -> tag -> pointee in BTF. */
  readonly typeTag: string | undefined;
  /** `address_space(n)`; 0 is the default space. */
  readonly addressSpace: number;
}

export type CType =
  | VoidType
  | IntegerType
  | FloatType
  | PointerType
  | ArrayType
  | VectorType
  | FunctionType
  | RecordType
  | EnumType
  | TypedefType
  | QualifiedType
  | AttributedType;

/** A type with no sugar at its top. */
export type CanonicalType = Exclude<CType, TypedefType | QualifiedType | AttributedType>;

function integer(name: string, size: number, signed: boolean, rank: number): IntegerType {
  return Object.freeze({ kind: 'integer', name, size, signed, rank });
}

/** The arithmetic types of the bpf target (LP64, signed char). */
export const voidType: VoidType = Object.freeze({ kind: 'void' });
export const boolType = integer('_Bool', 1, false, 0);
export const charType = integer('char', 1, true, 1);
/** Plain char under `-funsigned-char`. */
export const unsignedPlainCharType = integer('char', 1, false, 1);
export const signedCharType = integer('signed char', 1, true, 1);
export const unsignedCharType = integer('unsigned char', 1, false, 1);
export const shortType = integer('short', 2, true, 2);
export const unsignedShortType = integer('unsigned short', 2, false, 2);
export const intType = integer('int', 4, true, 3);
export const unsignedIntType = integer('unsigned int', 4, false, 3);
export const longType = integer('long', 8, true, 4);
export const unsignedLongType = integer('unsigned long', 8, false, 4);
export const longLongType = integer('long long', 8, true, 5);
export const unsignedLongLongType = integer('unsigned long long', 8, false, 5);
export const int128Type = integer('__int128', 16, true, 6);
export const unsignedInt128Type = integer('unsigned __int128', 16, false, 6);
export const float16Type: FloatType = Object.freeze({ kind: 'float', name: '_Float16', size: 2 });
export const floatType: FloatType = Object.freeze({ kind: 'float', name: 'float', size: 4 });
export const doubleType: FloatType = Object.freeze({ kind: 'float', name: 'double', size: 8 });
export const longDoubleType: FloatType = Object.freeze({ kind: 'float', name: 'long double', size: 8 });

export const pointerSize = 8;

export function pointerTo(pointee: CType): PointerType {
  return { kind: 'pointer', pointee };
}

export function arrayOf(element: CType, length: number | undefined): ArrayType {
  return { kind: 'array', element, length };
}

/** Looks through typedefs, qualifiers and attributes. */
export function canonical(type: CType): CanonicalType {
  let at: CType = type;
  while (at.kind === 'typedef' || at.kind === 'qualified' || at.kind === 'attributed') at = at.type;
  return at;
}

export interface Qualifiers {
  readonly isConst: boolean;
  readonly isVolatile: boolean;
  readonly isRestrict: boolean;
  readonly isAtomic: boolean;
}

export const noQualifiers: Qualifiers = Object.freeze({
  isConst: false,
  isVolatile: false,
  isRestrict: false,
  isAtomic: false,
});

/** All qualifiers on the way down to the canonical type; an array has those of its element (6.7.3 p9). */
export function qualifiersOf(type: CType): Qualifiers {
  let { isConst, isVolatile, isRestrict, isAtomic } = noQualifiers;
  for (let at: CType = type; ; ) {
    if (at.kind === 'qualified') {
      isConst ||= at.isConst;
      isVolatile ||= at.isVolatile;
      isRestrict ||= at.isRestrict;
      isAtomic ||= at.isAtomic;
      at = at.type;
    } else if (at.kind === 'typedef' || at.kind === 'attributed') {
      at = at.type;
    } else if (at.kind === 'array') {
      at = at.element;
    } else {
      return { isConst, isVolatile, isRestrict, isAtomic };
    }
  }
}

/** The address space a type's objects live in; 0 unless an attribute says otherwise. */
export function addressSpaceOf(type: CType): number {
  for (let at: CType = type; ; ) {
    if (at.kind === 'attributed' && at.addressSpace !== 0) return at.addressSpace;
    if (at.kind === 'typedef' || at.kind === 'qualified' || at.kind === 'attributed') at = at.type;
    else return 0;
  }
}

export function isInteger(type: CType): boolean {
  const at = canonical(type);
  return at.kind === 'integer' || at.kind === 'enum';
}

export function isArithmetic(type: CType): boolean {
  return isInteger(type) || canonical(type).kind === 'float';
}

export function isPointer(type: CType): boolean {
  return canonical(type).kind === 'pointer';
}

export function isScalar(type: CType): boolean {
  return isArithmetic(type) || isPointer(type);
}

/** The integer type behind an integer or enum type; undefined for all others. */
export function integerTypeOf(type: CType): IntegerType | undefined {
  const at = canonical(type);
  if (at.kind === 'integer') return at;
  return at.kind === 'enum' ? (at.underlying ?? unsignedIntType) : undefined;
}

/** Bytes of a complete object type; undefined for incomplete types and functions. */
export function sizeOf(type: CType): number | undefined {
  let count = 1;
  for (let at = canonical(type); ; at = canonical(at.element)) {
    switch (at.kind) {
      case 'void':
      case 'function':
        return undefined;
      case 'integer':
      case 'float':
        return count * at.size;
      case 'pointer':
        return count * pointerSize;
      case 'record':
        return at.layout === undefined ? undefined : count * at.layout.size;
      case 'enum':
        return at.underlying === undefined ? undefined : count * at.underlying.size;
      case 'array':
      case 'vector':
        if (at.length === undefined) return undefined;
        count *= at.length;
        break;
      default:
        return unreachable(at, 'type');
    }
  }
}

/**
 * Alignment in bytes; 1 for types without one. A typedef's `aligned` attribute wins over the type it names.
 */
export function alignOf(type: CType): number {
  for (let at: CType = type; ; ) {
    switch (at.kind) {
      case 'typedef':
        if (at.align !== 0) return at.align;
        at = at.type;
        break;
      case 'qualified':
      case 'attributed':
        at = at.type;
        break;
      case 'array':
        at = at.element;
        break;
      case 'void':
      case 'function':
        return 1;
      case 'integer':
      case 'float':
        // The bpf data layout aligns 128-bit integers to 16 bytes.
        return at.size;
      case 'pointer':
        return pointerSize;
      case 'vector':
        return powerOfTwoAtLeast(sizeOf(at) ?? 1);
      case 'record':
        return at.layout?.align ?? 1;
      case 'enum':
        return at.underlying?.size ?? 4;
      default:
        return unreachable(at, 'type');
    }
  }
}

function powerOfTwoAtLeast(size: number): number {
  let power = 1;
  while (power < size) power *= 2;
  return power;
}
