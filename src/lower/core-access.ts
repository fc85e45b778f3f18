/**
 * CO-RE field accesses: a chain of member accesses and constant subscripts becomes one base address plus an offset that the
 * loader patches (`BPF_CORE_FIELD_BYTE_OFFSET`, libbpf's relo_core.c).
 *
 * A step is relocatable inside `__builtin_preserve_access_index`; elsewhere a member whose record carries
 * `preserve_access_index` is, and a constant subscript of such a member or of a variable that points to such records. A chain
 * is made of steps that are relocatable; what is below its root and above its end is reached by plain offsets. Its access
 * string is that of clang: the index of the root pointer's step, then the number of each member and the index of each array
 * element, separated by colons.
 */

import type { ValueId } from '../ir/func.ts';
import { Type } from '../ir/types.ts';
import { ConstantEvaluator } from '../sema/constant-evaluation.ts';
import type { SubscriptExpression, TypedExpression } from '../sema/typed-tree.ts';
import {
  alignOf,
  type CType,
  canonical,
  type Member,
  qualifiersOf,
  type RecordType,
  sizeOf,
} from '../types/types.ts';
import type { Lowering, Place } from './lowering.ts';

/** `bpf_core_relo_kind` of include/uapi/linux/bpf.h. */
export const CoreKind = Object.freeze({
  fieldByteOffset: 0,
  fieldByteSize: 1,
  fieldExists: 2,
  fieldSigned: 3,
  fieldLeftShift: 4,
  fieldRightShift: 5,
  typeIdLocal: 6,
  typeIdTarget: 7,
  typeExists: 8,
  typeSize: 9,
  enumValueExists: 10,
  enumValue: 11,
  typeMatches: 12,
});

/** A relocatable chain of accesses. */
export interface AccessChain {
  /** The expression whose value or place the chain starts from. */
  readonly root: TypedExpression;
  /** The type that the access string starts in. */
  readonly rootType: CType;
  readonly access: string;
  /** Bytes from the root, as laid out in the sources. */
  readonly offset: number;
  /** The last member, when the chain ends in one. */
  readonly member: Member | undefined;
}

/** The type as CO-RE names it: a tagged record by itself, an anonymous one by its typedef. */
function rootTypeOf(type: CType): CType {
  const at = canonical(type);
  if ((at.kind === 'record' || at.kind === 'enum') && at.tag !== undefined) return at;
  let named: CType = type;
  while (named.kind === 'qualified' || named.kind === 'attributed') named = named.type;
  return named;
}

function constantIndex(expression: TypedExpression): bigint | undefined {
  return new ConstantEvaluator(true).integer(expression);
}

/** The array whose element a subscript is; undefined where the base is a pointer. */
function subscriptedArray(expression: SubscriptExpression): TypedExpression | undefined {
  const { base } = expression;
  return base.kind === 'Convert' && base.conversion === 'array-to-pointer' ? base.operand : undefined;
}

/** Whether a subscript outside of `__builtin_preserve_access_index` is relocatable because of the type of its base. */
function hasPreservedBase(expression: SubscriptExpression): boolean {
  let base = expression.base;
  while (base.kind === 'Convert' && !base.isExplicit) base = base.operand;
  if (base.kind === 'Member') return base.record.preserveAccessIndex;
  if (base.kind !== 'ObjectReference') return false;
  const pointer = canonical(base.type);
  const pointee = pointer.kind === 'pointer' ? canonical(pointer.pointee) : undefined;
  return pointee?.kind === 'record' && pointee.preserveAccessIndex;
}

/**
 * Follows an expression down to the root of its access chain; undefined where it is no relocatable access.
 *
 * @param isRegion Inside `__builtin_preserve_access_index`.
 */
export function accessChain(expression: TypedExpression, isRegion: boolean): AccessChain | undefined {
  const steps: string[] = [];
  /** Subscripts met since the last member, the innermost array's first. */
  let subscripts: RootSubscript[] = [];
  let offset = 0;
  let member: Member | undefined;
  const finish = (root: TypedExpression, type: CType): AccessChain | undefined => {
    const first = rootStep(subscripts, type);
    if (first === undefined) return undefined;
    const access = [...steps, first.index].toReversed().join(':');
    return { root, rootType: rootTypeOf(first.type), access, offset, member };
  };
  for (let at = expression; ; ) {
    if (at.kind === 'Member' && (isRegion || at.record.preserveAccessIndex)) {
      for (const { index } of subscripts) steps.push(String(index));
      subscripts = [];
      steps.push(String(accessIndex(at.record, at.memberIndex)));
      if (at.member.bitWidth === undefined) offset += at.member.bitOffset / 8;
      else offset += bitFieldUnit(at.member);
      if (at === expression) member = at.member;
      at = at.base;
      continue;
    }
    const index = at.kind === 'Subscript' ? constantIndex(at.index) : undefined;
    if (at.kind === 'Subscript' && index !== undefined && (isRegion || hasPreservedBase(at))) {
      subscripts.push({ index, type: at.type });
      offset += Number(BigInt.asIntN(32, index)) * (sizeOf(at.type) ?? 0);
      const array = subscriptedArray(at);
      if (array === undefined) return finish(at.base, at.type);
      at = array;
      continue;
    }
    if (at.kind === 'Dereference') return finish(at.pointer, at.type);
    return at !== expression && at.isLvalue ? finish(at, at.type) : undefined;
  }
}

interface RootSubscript {
  readonly index: bigint;
  /** Of the element. */
  readonly type: CType;
}

/**
 * The first step of an access string and the record it counts in. Subscripts at the root, of one or more dimensions, are one
 * distance in records; undefined where the root leads to no record, so that nothing can be relocated.
 */
function rootStep(
  subscripts: readonly RootSubscript[],
  rootType: CType,
): { readonly index: string; readonly type: CType } | undefined {
  let type = subscripts[0]?.type ?? rootType;
  for (let at = canonical(type); at.kind === 'array'; at = canonical(type)) type = at.element;
  if (canonical(type).kind !== 'record') return undefined;
  const size = sizeOf(type) ?? 0;
  let index = 0n;
  for (const subscript of subscripts) {
    const count = size === 0 ? 1 : (sizeOf(subscript.type) ?? 0) / size;
    index += subscript.index * BigInt(count);
  }
  return { index: String(index), type };
}

/** The number of a member among those that BTF shows: all but unnamed bit-fields, which are only padding. */
function accessIndex(record: RecordType, memberIndex: number): number {
  const before = record.layout?.members.slice(0, memberIndex) ?? [];
  return before.filter((member) => member.name !== undefined || member.bitWidth === undefined).length;
}

/** Byte offset of the unit of a bit-field's declared type that holds its first bit. */
function bitFieldUnit(member: Member): number {
  const size = sizeOf(member.type) ?? 1;
  return Math.floor(member.bitOffset / (size * 8)) * size;
}

/** A record of the access in the function, and the value that the loader patches. */
export function coreValue(
  lowering: Lowering,
  kind: number,
  rootType: CType,
  access: string,
  before: bigint,
  type: Type = Type.i64,
): ValueId {
  const row = lowering.func.coreRelocations.length;
  lowering.func.coreRelocations.push({ kind, typeKey: lowering.symbols.typeKey(rootType), access });
  return lowering.builder.coreRelocation(type, row, before);
}

/** The place of a relocatable access; undefined where an expression is none. */
export function coreAccess(lowering: Lowering, expression: TypedExpression): Place | undefined {
  if (expression.kind !== 'Member' && expression.kind !== 'Subscript') return undefined;
  const chain = accessChain(expression, lowering.preserveDepth > 0);
  if (chain === undefined) return undefined;
  const root = chain.root.isLvalue ? lowering.place(chain.root).pointer : lowering.value(chain.root);
  const offset = coreValue(
    lowering,
    CoreKind.fieldByteOffset,
    chain.rootType,
    chain.access,
    BigInt(chain.offset),
  );
  const pointer = lowering.builder.ptradd(root, offset);
  const { isVolatile } = qualifiersOf(expression.type);
  const { member } = chain;
  if (member?.bitWidth === undefined) {
    return { pointer, align: alignOf(expression.type), isVolatile, bitField: undefined };
  }
  const bitOffset = member.bitOffset - bitFieldUnit(member) * 8;
  return { pointer, align: sizeOf(member.type) ?? 1, isVolatile, bitField: { ...member, bitOffset } };
}
