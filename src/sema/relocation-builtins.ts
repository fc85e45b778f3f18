/**
 * The CO-RE builtins of the bpf target: accesses and types that the loader relocates.
 */

import type { Expression } from '../parser/ast.ts';
import { type CType, canonical, type EnumType, unsignedIntType, unsignedLongType } from '../types/types.ts';
import { argumentsOf, type BuiltinCall, constantArgument, type Handler, rvaluesOf } from './builtin-calls.ts';
import type { Checker } from './checker.ts';
import { isError, makeBuiltin, makeInteger } from './factories.ts';
import { pointeeOf } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';

/** Highest kinds of `enum bpf_core_field_info_kind`, `bpf_core_type_id_kind`... in libbpf's numbering. */
const lastFieldInfoKind = 5n;
const lastTypeInfoKind = 2n;
const lastFlag = 1n;

const preserveAccessIndex: Handler = (checker, call) => {
  const [value] = rvaluesOf(checker, call, 1) ?? [];
  return value && makeBuiltin(call.canonical, [value], value.type, call.span);
};

function isFieldAccess(expression: TypedExpression): boolean {
  return expression.kind === 'Member' || expression.kind === 'Subscript';
}

const preserveFieldInfo: Handler = (checker, call) => {
  const [access, kind] = argumentsOf(checker, call, 2) ?? [];
  if (access === undefined || kind === undefined) return undefined;
  const field = checker.unevaluated(() => checker.check(access));
  const constant = constantArgument(checker, call, kind, 1, 0n, lastFieldInfoKind);
  if (isError(field) || constant === undefined) return undefined;
  if (!isFieldAccess(field)) return checker.fail('builtin-field-info', access.span);
  return makeBuiltin(call.canonical, [field, constant], unsignedIntType, call.span);
};

/** The type that `*(T *)0` stands for, as written. */
function namedType(checker: Checker, call: BuiltinCall, argument: Expression): CType | undefined {
  const value = checker.unevaluated(() => checker.check(argument));
  if (isError(value)) return undefined;
  const hasForm = value.kind === 'Dereference' || value.isLvalue;
  if (!hasForm) {
    checker.report('builtin-type-info', argument.span, [call.name]);
    return undefined;
  }
  return value.type;
}

const preserveTypeInfo: Handler = (checker, call) => {
  const [subject, flag] = argumentsOf(checker, call, 2) ?? [];
  if (subject === undefined || flag === undefined) return undefined;
  const type = namedType(checker, call, subject);
  const constant = constantArgument(checker, call, flag, 1, 0n, lastTypeInfoKind);
  if (type === undefined || constant === undefined) return undefined;
  return makeBuiltin(call.canonical, [constant], unsignedIntType, call.span, type);
};

const btfTypeId: Handler = (checker, call) => {
  const [subject, flag] = argumentsOf(checker, call, 2) ?? [];
  if (subject === undefined || flag === undefined) return undefined;
  const value = checker.unevaluated(() => checker.check(subject));
  const constant = constantArgument(checker, call, flag, 1, 0n, lastFlag);
  if (isError(value) || constant === undefined) return undefined;
  return makeBuiltin(call.canonical, [constant], unsignedLongType, call.span, value.type);
};

/** The enumerator in `*(enum T *)enumerator`: by name, or by value where a name is not given. */
function enumeratorIndex(checker: Checker, type: EnumType, operand: Expression): number | undefined {
  const constants = type.constants ?? [];
  let named = operand;
  while (named.kind === 'Unary' && named.operator === '__extension__') named = named.operand;
  if (named.kind === 'Identifier') {
    const { name } = named;
    const index = constants.findIndex((row) => row.name === name);
    if (index >= 0) return index;
  }
  const value = checker.constants.integer(checker.unevaluated(() => checker.rvalue(operand)));
  const index = constants.findIndex((row) => row.value === value);
  return index >= 0 ? index : undefined;
}

const preserveEnumValue: Handler = (checker, call) => {
  const [subject, flag] = argumentsOf(checker, call, 2) ?? [];
  if (subject === undefined || flag === undefined) return undefined;
  const constant = constantArgument(checker, call, flag, 1, 0n, lastFlag);
  if (constant === undefined) return undefined;
  const cast = subject.kind === 'Unary' && subject.operator === '*' ? subject.operand : undefined;
  if (cast?.kind !== 'Cast') return checker.fail('builtin-enum-value', subject.span);
  const type = pointeeOf(checker.sema.typeOfTypeName(cast.type));
  const enumeration = type && canonical(type);
  if (type === undefined || enumeration?.kind !== 'enum')
    return checker.fail('builtin-enum-value', subject.span);
  const index = enumeratorIndex(checker, enumeration, cast.operand);
  const enumerator = index === undefined ? undefined : enumeration.constants?.[index];
  if (index === undefined || enumerator === undefined)
    return checker.fail('builtin-enum-value', subject.span);
  const args = [
    makeInteger(BigInt(index), unsignedIntType, subject.span),
    makeInteger(enumerator.value, enumeration, subject.span),
    constant,
  ];
  return makeBuiltin(call.canonical, args, unsignedLongType, call.span, type);
};

export const relocationHandlers = {
  preserveAccessIndex,
  preserveFieldInfo,
  preserveTypeInfo,
  preserveEnumValue,
  btfTypeId,
} as const;
