/**
 * CO-RE field accesses: a chain of member accesses and constant subscripts becomes one base address plus an offset that the
 * loader patches (`BPF_CORE_FIELD_BYTE_OFFSET`, libbpf's relo_core.c).
 *
 * A chain is relocatable where a record in it carries `preserve_access_index` or the code stands inside
 * `__builtin_preserve_access_index`. Its access string is that of clang: the index of the root pointer's step, then the
 * number of each member and the index of each array element, separated by colons.
 */

import type { ValueId } from '../ir/func.ts';
import { Type } from '../ir/types.ts';
import type { TypedExpression } from '../sema/typed-tree.ts';
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
  /** Some record of the chain asks for relocation by its attribute. */
  readonly isPreserved: boolean;
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
  let at = expression;
  while (at.kind === 'Convert') at = at.operand;
  return at.kind === 'IntegerConstant' ? at.value : undefined;
}

/** Follows an expression down to the root of its access chain; undefined where it is no chain of accesses. */
export function accessChain(expression: TypedExpression): AccessChain | undefined {
  const steps: string[] = [];
  let offset = 0;
  let member: Member | undefined;
  let isPreserved = false;
  for (let at = expression; ; ) {
    if (at.kind === 'Member') {
      steps.push(String(accessIndex(at.record, at.memberIndex)));
      if (at.member.bitWidth === undefined) offset += at.member.bitOffset / 8;
      else offset += bitFieldUnit(at.member);
      member ??= steps.length === 1 ? at.member : undefined;
      isPreserved ||= at.record.preserveAccessIndex;
      at = at.base;
    } else if (at.kind === 'Subscript') {
      const index = constantIndex(at.index);
      if (index === undefined) return undefined;
      steps.push(String(index));
      offset += Number(BigInt.asIntN(32, index)) * (sizeOf(at.type) ?? 0);
      const array =
        at.base.kind === 'Convert' && at.base.conversion === 'array-to-pointer' ? at.base.operand : undefined;
      if (array === undefined) return finish(at.base, rootTypeOf(at.type), steps);
      at = array;
    } else if (at.kind === 'Dereference') {
      steps.push('0');
      return finish(at.pointer, rootTypeOf(at.type), steps);
    } else if (at.kind === 'ObjectReference' && steps.length > 0) {
      const rootType = rootTypeOf(at.type);
      steps.push('0');
      return finish(at, rootType, steps);
    } else {
      return undefined;
    }
  }
  function finish(root: TypedExpression, rootType: CType, path: readonly string[]): AccessChain {
    return { root, rootType, access: path.toReversed().join(':'), offset, member, isPreserved };
  }
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
  const chain = accessChain(expression);
  if (chain === undefined || !(chain.isPreserved || lowering.preserveDepth > 0)) return undefined;
  // A plain subscript names no field, but its distance depends on the size of a record.
  if (!chain.access.includes(':') && canonical(expression.type).kind !== 'record') return undefined;
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
