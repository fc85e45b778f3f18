/**
 * The `__sync_*`, `__atomic_*` and `__c11_atomic_*` families: all become the few canonical forms of the builtin table.
 *
 * The generic `__atomic` forms, which pass values through pointers, are rewritten to the `_n` forms with ordinary
 * loads and stores around them; records of 1, 2, 4 or 8 bytes travel as unsigned integers.
 */

import {
  boolType,
  type CType,
  canonical,
  integerTypeOf,
  intType,
  longType,
  pointerTo,
  qualifiersOf,
  sizeOf,
  unsignedCharType,
  unsignedInt128Type,
  unsignedIntType,
  unsignedLongType,
  unsignedShortType,
  voidType,
} from '../types/types.ts';
import {
  argumentsOf,
  type BuiltinCall,
  constantArgument,
  convertArgument,
  type Handler,
  rejectArgument,
  rvaluesOf,
} from './builtin-calls.ts';
import type { Checker } from './checker.ts';
import { convertTo, decay } from './conversions.ts';
import {
  makeAssignment,
  makeBinary,
  makeBuiltin,
  makeDereference,
  makeDiscarded,
  makeInteger,
} from './factories.ts';
import { partType, pointeeOf, stepSize, unqualifiedType } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';

const carriers: Readonly<Record<number, CType>> = {
  1: unsignedCharType,
  2: unsignedShortType,
  4: unsignedIntType,
  8: unsignedLongType,
  16: unsignedInt128Type,
};

/** The object that an atomic works on. */
interface Target {
  readonly pointer: TypedExpression;
  /** The type of its value, without qualifiers. */
  readonly type: CType;
}

function isAtomicValue(type: CType): boolean {
  return integerTypeOf(type) !== undefined || canonical(type).kind === 'pointer';
}

function targetOf(
  checker: Checker,
  call: BuiltinCall,
  pointer: TypedExpression | undefined,
  writes: boolean,
): Target | undefined {
  if (pointer === undefined) return undefined;
  const pointee = pointeeOf(pointer.type);
  const type = pointee && unqualifiedType(pointee);
  const size = type && sizeOf(type);
  if (
    pointee === undefined ||
    type === undefined ||
    !isAtomicValue(type) ||
    size === undefined ||
    !(size in carriers)
  ) {
    return rejectArgument(checker, call, 0, 'a pointer to an integer or pointer', pointer);
  }
  if (writes && qualifiersOf(pointee).isConst) {
    return rejectArgument(checker, call, 0, 'a pointer to an object that is not const', pointer);
  }
  return { pointer, type };
}

/** Converts the values after the pointer to the target's type. */
function operand(
  checker: Checker,
  call: BuiltinCall,
  index: number,
  value: TypedExpression | undefined,
  type: CType,
) {
  return value && convertArgument(checker, call, index, value, type);
}

/** What a fetch operation adds to a pointer object is a number of bytes. */
function operandType(type: CType): CType {
  return integerTypeOf(type) === undefined ? longType : type;
}

function finish(
  call: BuiltinCall,
  args: readonly (TypedExpression | undefined)[],
  type: CType,
): TypedExpression | undefined {
  const present = args.flatMap((argument) => argument ?? []);
  return present.length === args.length ? makeBuiltin(call.canonical, present, type, call.span) : undefined;
}

const syncFetch: Handler = (checker, call) => {
  const [pointer, value] = rvaluesOf(checker, call, 2, Number.POSITIVE_INFINITY) ?? [];
  const target = targetOf(checker, call, pointer, true);
  if (target === undefined) return undefined;
  const args = [target.pointer, operand(checker, call, 1, value, operandType(target.type))];
  return finish(call, args, target.type);
};

const syncCompareAndSwap: Handler = (checker, call) => {
  const [pointer, expected, desired] = rvaluesOf(checker, call, 3, Number.POSITIVE_INFINITY) ?? [];
  const target = targetOf(checker, call, pointer, true);
  if (target === undefined) return undefined;
  const { type } = target;
  const args = [
    target.pointer,
    operand(checker, call, 1, expected, type),
    operand(checker, call, 2, desired, type),
  ];
  return finish(call, args, call.canonical === 'sync_bool_compare_and_swap' ? boolType : type);
};

const syncExchange: Handler = (checker, call) => {
  const [pointer, value] = rvaluesOf(checker, call, 2, Number.POSITIVE_INFINITY) ?? [];
  const target = targetOf(checker, call, pointer, true);
  if (target === undefined) return undefined;
  const args = [target.pointer, operand(checker, call, 1, value, target.type)];
  return finish({ ...call, canonical: 'sync_lock_test_and_set' }, args, target.type);
};

const syncRelease: Handler = (checker, call) => {
  const [pointer] = rvaluesOf(checker, call, 1, Number.POSITIVE_INFINITY) ?? [];
  const target = targetOf(checker, call, pointer, true);
  return target && finish(call, [target.pointer], voidType);
};

const atomicLoadN: Handler = (checker, call) => {
  const [pointer, order] = rvaluesOf(checker, call, 2) ?? [];
  const target = targetOf(checker, call, pointer, false);
  return target && finish(call, [target.pointer, operand(checker, call, 1, order, intType)], target.type);
};

/** store_n, exchange_n and the fetch operations: pointer, value, order. */
function withValue(result: 'void' | 'value', valueType: (type: CType) => CType): Handler {
  return (checker, call) => {
    const [pointer, value, order] = rvaluesOf(checker, call, 3) ?? [];
    const target = targetOf(checker, call, pointer, true);
    if (target === undefined) return undefined;
    const args = [
      target.pointer,
      operand(checker, call, 1, value, valueType(target.type)),
      operand(checker, call, 2, order, intType),
    ];
    return finish(call, args, result === 'void' ? voidType : target.type);
  };
}

const atomicFetch = withValue('value', operandType);

/** As atomicFetch, but a pointer moves by elements (C11 7.17.7.5 p3). */
const c11Fetch: Handler = (checker, call) => {
  const result = atomicFetch(checker, call);
  if (result?.kind !== 'Builtin') return result;
  const [pointer, value, order] = result.args;
  const pointee = pointeeOf(result.type);
  if (pointer === undefined || value === undefined || order === undefined || pointee === undefined)
    return result;
  const step = makeInteger(BigInt(stepSize(pointee) ?? 1), value.type, value.span);
  const scaled = makeBinary('*', value, step, value.type, value.span);
  return { ...result, args: [pointer, scaled, order] };
};

function compareExchange(
  checker: Checker,
  call: BuiltinCall,
  pointer: TypedExpression | undefined,
  expected: TypedExpression | undefined,
  rest: readonly (TypedExpression | undefined)[],
): TypedExpression | undefined {
  const target = targetOf(checker, call, pointer, true);
  if (target === undefined || expected === undefined) return undefined;
  const [desired, weak, success, failure] = rest;
  const args = [
    target.pointer,
    convertArgument(checker, call, 1, expected, pointerTo(target.type)),
    operand(checker, call, 2, desired, target.type),
    weak && convertTo(checker, weak, boolType),
    operand(checker, call, rest.length, success, intType),
    operand(checker, call, rest.length + 1, failure, intType),
  ];
  return finish(call, args, boolType);
}

const atomicCompareExchangeN: Handler = (checker, call) => {
  const [pointer, expected, ...rest] = rvaluesOf(checker, call, 6) ?? [];
  return compareExchange(checker, call, pointer, expected, rest);
};

const c11CompareExchange: Handler = (checker, call) => {
  const [pointer, expected, desired, ...orders] = rvaluesOf(checker, call, 5) ?? [];
  const weak = makeInteger(call.name.endsWith('weak') ? 1n : 0n, intType, call.span);
  return compareExchange(checker, call, pointer, expected, [desired, weak, ...orders]);
};

const c11Init: Handler = (checker, call) => {
  const [pointer, value] = rvaluesOf(checker, call, 2) ?? [];
  const target = targetOf(checker, call, pointer, true);
  const converted = target && operand(checker, call, 1, value, target.type);
  if (target === undefined || converted === undefined) return undefined;
  const assignment = makeAssignment(
    makeDereference(target.pointer, call.span),
    converted,
    target.type,
    call.span,
  );
  return makeDiscarded(assignment);
};

// ---- Generic forms ----

/** The pointers of a generic atomic, all to one scalar type. */
function carried(
  checker: Checker,
  call: BuiltinCall,
  pointers: readonly TypedExpression[],
): readonly TypedExpression[] | undefined {
  const [first] = pointers;
  const pointee = first && pointeeOf(first.type);
  const size = pointee && sizeOf(pointee);
  const carrier = size === undefined ? undefined : carriers[size];
  if (first === undefined || pointee === undefined || carrier === undefined) {
    return first && rejectArgument(checker, call, 0, 'a pointer to an object of 1, 2, 4 or 8 bytes', first);
  }
  const isPlain = isAtomicValue(pointee);
  const converted = pointers.map((pointer, index) => {
    const own = pointeeOf(pointer.type);
    if (own === undefined || sizeOf(own) !== size) {
      return rejectArgument(checker, call, index, 'a pointer to an object of the same size', pointer);
    }
    return isPlain ? pointer : convertTo(checker, pointer, pointerTo(partType(carrier, own)), true);
  });
  const present = converted.flatMap((pointer) => pointer ?? []);
  return present.length === pointers.length ? present : undefined;
}

function load(checker: Checker, pointer: TypedExpression): TypedExpression {
  return decay(checker, makeDereference(pointer, pointer.span));
}

/** `*result = value`, for nothing. */
function storeThrough(
  checker: Checker,
  call: BuiltinCall,
  result: TypedExpression,
  value: TypedExpression | undefined,
): TypedExpression | undefined {
  const pointee = pointeeOf(result.type);
  if (value === undefined || pointee === undefined) return undefined;
  const type = unqualifiedType(pointee);
  const target = makeDereference(result, call.span);
  return makeDiscarded(makeAssignment(target, convertTo(checker, value, type), type, call.span));
}

/** Checks the pointers and orders of a generic form. */
function genericArguments(
  checker: Checker,
  call: BuiltinCall,
  pointers: number,
  total: number,
): { readonly pointers: readonly TypedExpression[]; readonly rest: readonly TypedExpression[] } | undefined {
  const values = rvaluesOf(checker, call, total);
  const converted = values && carried(checker, call, values.slice(0, pointers));
  if (values === undefined || converted === undefined) return undefined;
  const rest = values.slice(pointers).map((value) => convertTo(checker, value, intType));
  return { pointers: converted, rest };
}

const atomicLoad: Handler = (checker, call) => {
  const parts = genericArguments(checker, call, 2, 3);
  const [pointer, result] = parts?.pointers ?? [];
  const target = targetOf(checker, call, pointer, false);
  if (target === undefined || result === undefined) return undefined;
  return storeThrough(checker, call, result, finish(call, [target.pointer, parts?.rest[0]], target.type));
};

const atomicStore: Handler = (checker, call) => {
  const parts = genericArguments(checker, call, 2, 3);
  const [pointer, value] = parts?.pointers ?? [];
  const target = targetOf(checker, call, pointer, true);
  if (target === undefined || value === undefined) return undefined;
  return finish(
    call,
    [target.pointer, convertTo(checker, load(checker, value), target.type), parts?.rest[0]],
    voidType,
  );
};

const atomicExchange: Handler = (checker, call) => {
  const parts = genericArguments(checker, call, 3, 4);
  const [pointer, value, result] = parts?.pointers ?? [];
  const target = targetOf(checker, call, pointer, true);
  if (target === undefined || value === undefined || result === undefined) return undefined;
  const args = [target.pointer, convertTo(checker, load(checker, value), target.type), parts?.rest[0]];
  return storeThrough(checker, call, result, finish(call, args, target.type));
};

const atomicCompareExchange: Handler = (checker, call) => {
  const parts = genericArguments(checker, call, 3, 6);
  const [pointer, expected, desired] = parts?.pointers ?? [];
  if (desired === undefined) return undefined;
  return compareExchange(checker, call, pointer, expected, [load(checker, desired), ...(parts?.rest ?? [])]);
};

const atomicLockFree: Handler = (checker, call) => {
  const [size] = argumentsOf(checker, call, 1, 2) ?? [];
  const constant = size && constantArgument(checker, call, size, 0, 0n, 1n << 32n);
  if (constant === undefined) return undefined;
  const isFree = [1n, 2n, 4n, 8n].includes(constant.value);
  return makeInteger(isFree ? 1n : 0n, boolType, call.span);
};

export const atomicHandlers = {
  syncFetch,
  syncCompareAndSwap,
  syncExchange,
  syncRelease,
  atomicLoadN,
  atomicStoreN: withValue('void', (type) => type),
  atomicExchangeN: withValue('value', (type) => type),
  atomicCompareExchangeN,
  atomicLoad,
  atomicStore,
  atomicExchange,
  atomicCompareExchange,
  atomicFetch,
  atomicLockFree,
  c11Fetch,
  c11CompareExchange,
  c11Init,
} as const;
