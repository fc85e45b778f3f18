/**
 * `__builtin_preserve_*` and `__builtin_btf_type_id`: values that the loader patches for the running kernel (CO-RE).
 */

import { Type } from '../ir/types.ts';
import type { BuiltinExpression, TypedExpression } from '../sema/typed-tree.ts';
import { bug } from '../support/bug.ts';
import { type CType, sizeOf } from '../types/types.ts';
import { argument, constantArgument, type Handler } from './builtin-call.ts';
import { accessChain, CoreKind, coreValue } from './core-access.ts';
import { type Lowering, placeholder } from './lowering.ts';
import { isSignedInteger } from './value-types.ts';

const preserveAccessIndex: Handler = (lowering, call) => {
  lowering.preserveDepth++;
  const value = lowering.value(argument(call, 0));
  lowering.preserveDepth--;
  return value;
};

/** Flags of `__builtin_preserve_type_info`: exists, size, matches. */
const typeKinds = [CoreKind.typeExists, CoreKind.typeSize, CoreKind.typeMatches] as const;

function typeArgument(call: BuiltinExpression): CType {
  return call.typeArgument ?? bug(`builtin ${call.name} without a type`);
}

const preserveFieldInfo: Handler = (lowering, call) => {
  const kind = Number(BigInt.asUintN(8, constantArgument(call, 1) ?? 0n));
  const chain = accessChain(argument(call, 0), true);
  if (chain === undefined) {
    lowering.report('unsupported-builtin', call.span, ['__builtin_preserve_field_info of this expression']);
    return placeholder(lowering, Type.i32);
  }
  if (kind >= CoreKind.fieldSigned && argument(call, 0).kind === 'Subscript') {
    lowering.report('core-element-info', call.span, []);
    return placeholder(lowering, Type.i32);
  }
  const before = fieldInfo(lowering, kind, chain.offset, argument(call, 0), chain.member);
  return coreValue(lowering, kind, chain.rootType, chain.access, before, Type.i32);
};

/** What the loader will compute again for the running kernel, for the type as the sources have it. */
function fieldInfo(
  lowering: Lowering,
  kind: number,
  offset: number,
  field: TypedExpression,
  member: { readonly bitOffset: number; readonly bitWidth: number | undefined } | undefined,
): bigint {
  const size = sizeOf(field.type) ?? 0;
  const width = member?.bitWidth ?? size * 8;
  const bitInUnit = member?.bitWidth === undefined ? 0 : member.bitOffset % (size * 8);
  switch (kind) {
    case CoreKind.fieldByteOffset:
      return BigInt(offset);
    case CoreKind.fieldByteSize:
      return BigInt(size);
    case CoreKind.fieldExists:
      return 1n;
    case CoreKind.fieldSigned:
      return isSignedInteger(field.type) ? 1n : 0n;
    case CoreKind.fieldLeftShift:
      return BigInt(lowering.options.littleEndian ? 64 - (bitInUnit + width) : 64 - size * 8 + bitInUnit);
    default:
      return BigInt(64 - width);
  }
}

const preserveTypeInfo: Handler = (lowering, call) => {
  const flag = Number(BigInt.asUintN(8, constantArgument(call, 0) ?? 0n));
  const kind = typeKinds[flag] ?? CoreKind.typeExists;
  const type = typeArgument(call);
  const before = kind === CoreKind.typeSize ? BigInt(sizeOf(type) ?? 0) : 1n;
  return coreValue(lowering, kind, type, '0', before, Type.i32);
};

const btfTypeId: Handler = (lowering, call) => {
  const isTarget = (constantArgument(call, 0) ?? 0n) !== 0n;
  const kind = isTarget ? CoreKind.typeIdTarget : CoreKind.typeIdLocal;
  // The local id is only known when the BTF is laid out: the object's writer fills it in.
  return coreValue(lowering, kind, typeArgument(call), '0', 0n);
};

const preserveEnumValue: Handler = (lowering, call) => {
  const index = constantArgument(call, 0) ?? 0n;
  const value = constantArgument(call, 1) ?? 0n;
  const wantsValue = (constantArgument(call, 2) ?? 0n) !== 0n;
  const kind = wantsValue ? CoreKind.enumValue : CoreKind.enumValueExists;
  return coreValue(lowering, kind, typeArgument(call), String(index), wantsValue ? value : 1n);
};

export const coreHandlers: readonly (readonly [string, Handler])[] = [
  ['preserve_access_index', preserveAccessIndex],
  ['preserve_field_info', preserveFieldInfo],
  ['preserve_type_info', preserveTypeInfo],
  ['btf_type_id', btfTypeId],
  ['preserve_enum_value', preserveEnumValue],
];
