/**
 * `__sync_*`, `__atomic_*` and C11 atomics -> atomic instructions. Which of them a CPU version has is codegen's matter.
 */

import type { Ordering } from '../ir/builder.ts';
import type { ValueId } from '../ir/func.ts';
import { atomicOperations, Op, Predicate } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import type { BuiltinExpression } from '../sema/typed-tree.ts';
import { bug } from '../support/bug.ts';
import { type CType, canonical } from '../types/types.ts';
import {
  argument,
  argumentValue,
  constantArgument,
  type Handler,
  noValue,
  resultType,
} from './builtin-call.ts';
import { isNonZero, type Lowering } from './lowering.ts';
import { isSignedInteger, scalarType } from './value-types.ts';

/** C11 memory_order values (7.17.3) in the IR's words; consume counts as acquire. */
const orders: readonly Ordering[] = ['relaxed', 'acquire', 'acquire', 'release', 'acq_rel', 'seq_cst'];

export function orderOf(call: BuiltinExpression, index: number): Ordering {
  const value = constantArgument(call, index);
  return orders.find((_, i) => value === BigInt(i)) ?? 'seq_cst';
}

/** The width that an atomic access has: its value's, as an integer of that size (pointers stay pointers). */
function accessType(type: CType): Type {
  return scalarType(type) ?? Type.i64;
}

type Operation = (typeof atomicOperations)[number];

function atomicOperation(name: string, isSigned: boolean): Operation {
  if (name === 'min' || name === 'max') return isSigned ? `s${name}` : `u${name}`;
  const known = atomicOperations.find((operation) => operation === name);
  return known ?? bug(`no atomic operation ${name}`);
}

/** The plain operation again, on the old value, for builtins that give the new one. */
function again(lowering: Lowering, operation: Operation, old: ValueId, value: ValueId): ValueId {
  const { builder, func } = lowering;
  const { type } = func.ins(old);
  switch (operation) {
    case 'add':
    case 'sub':
    case 'and':
    case 'or':
    case 'xor':
      return builder.binary(Op[operation], old, value);
    case 'nand':
      return builder.xor(builder.and(old, value), builder.constant(type, -1n));
    case 'xchg':
      return value;
    default: {
      const predicate = {
        smax: Predicate.sgt,
        smin: Predicate.slt,
        umax: Predicate.ugt,
        umin: Predicate.ult,
      };
      return builder.select(builder.icmp(predicate[operation], old, value), old, value);
    }
  }
}

/** A read-modify-write; integers go through an integer register even where the object is a pointer. */
function readModifyWrite(operationName: string, wantsNew: boolean, orderIndex: number | undefined): Handler {
  return (lowering, call) => {
    const { builder } = lowering;
    const type = accessType(argument(call, 1).type);
    const pointer = argumentValue(lowering, call, 0);
    const raw = argumentValue(lowering, call, 1);
    const value = type === Type.ptr ? builder.ptrtoint(raw) : raw;
    const operation = atomicOperation(operationName, isSignedInteger(argument(call, 1).type));
    const ordering = orderIndex === undefined ? 'seq_cst' : orderOf(call, orderIndex);
    builder.pos = call.span.start;
    const old = builder.atomicrmw(atomicOperations.indexOf(operation), pointer, value, { ordering });
    const result = wantsNew ? again(lowering, operation, old, value) : old;
    return resultType(call) === Type.ptr ? builder.inttoptr(result) : result;
  };
}

const atomicLoad: Handler = (lowering, call) => {
  const type = resultType(call);
  return lowering.builder.load(type, argumentValue(lowering, call, 0), {
    align: bitsOf(type) / 8,
    ordering: orderOf(call, 1),
    isVolatile: true,
  });
};

const atomicStore: Handler = (lowering, call) => {
  const pointer = argumentValue(lowering, call, 0);
  const value = argumentValue(lowering, call, 1);
  const align = bitsOf(lowering.func.ins(value).type) / 8;
  lowering.builder.store(value, pointer, { align, ordering: orderOf(call, 2), isVolatile: true });
  return noValue(lowering);
};

const lockRelease: Handler = (lowering, call) => {
  const pointer = argumentValue(lowering, call, 0);
  const target = canonical(argument(call, 0).type);
  const type = target.kind === 'pointer' ? accessType(target.pointee) : Type.i64;
  const zero = lowering.builder.constant(type, 0n);
  lowering.builder.store(zero, pointer, { align: bitsOf(type) / 8, ordering: 'release', isVolatile: true });
  return noValue(lowering);
};

function compareAndSwap(wantsSuccess: boolean): Handler {
  return (lowering, call) => {
    const { builder } = lowering;
    const [pointer, expected, desired] = [0, 1, 2].map((index) => argumentValue(lowering, call, index));
    if (pointer === undefined || expected === undefined || desired === undefined) return noValue(lowering);
    builder.pos = call.span.start;
    const old = builder.cmpxchg(pointer, expected, desired, { ordering: 'seq_cst' });
    return wantsSuccess ? builder.zext(Type.i8, builder.icmp(Predicate.eq, old, expected)) : old;
  };
}

/** `*expected` is read before and, on failure, gets the old value. */
const compareExchange: Handler = (lowering, call) => {
  const { builder } = lowering;
  const [pointer, expectedPointer, desired] = [0, 1, 2].map((index) => argumentValue(lowering, call, index));
  if (pointer === undefined || expectedPointer === undefined || desired === undefined)
    return noValue(lowering);
  const { type } = lowering.func.ins(desired);
  const align = bitsOf(type) / 8;
  builder.pos = call.span.start;
  const expected = builder.load(type, expectedPointer, { align });
  const old = builder.cmpxchg(pointer, expected, desired, { ordering: orderOf(call, 4) });
  const success = builder.icmp(Predicate.eq, old, expected);
  const [failed, done] = [builder.addBlock(), builder.addBlock()];
  builder.condbr(success, done.id, failed.id);
  builder.setBlock(failed);
  builder.store(old, expectedPointer, { align });
  builder.br(done.id);
  builder.setBlock(done);
  return builder.zext(Type.i8, success);
};

const testAndSet: Handler = (lowering, call) => {
  const { builder } = lowering;
  const one = builder.constant(Type.i8, 1n);
  const xchg = atomicOperations.indexOf('xchg');
  const old = builder.atomicrmw(xchg, argumentValue(lowering, call, 0), one, { ordering: orderOf(call, 1) });
  return builder.zext(Type.i8, isNonZero(lowering, old));
};

const clear: Handler = (lowering, call) => {
  const zero = lowering.builder.constant(Type.i8, 0n);
  lowering.builder.store(zero, argumentValue(lowering, call, 0), {
    ordering: orderOf(call, 1),
    isVolatile: true,
  });
  return noValue(lowering);
};

const fetchNames = ['add', 'sub', 'and', 'or', 'xor', 'nand', 'min', 'max'] as const;

export const atomicHandlers: readonly (readonly [string, Handler])[] = [
  ['sync_val_compare_and_swap', compareAndSwap(false)],
  ['sync_bool_compare_and_swap', compareAndSwap(true)],
  ['sync_lock_test_and_set', readModifyWrite('xchg', false, undefined)],
  ['sync_swap', readModifyWrite('xchg', false, undefined)],
  ['sync_lock_release', lockRelease],
  ['atomic_load_n', atomicLoad],
  ['atomic_store_n', atomicStore],
  ['atomic_exchange_n', readModifyWrite('xchg', false, 2)],
  ['atomic_compare_exchange_n', compareExchange],
  ['atomic_test_and_set', testAndSet],
  ['atomic_clear', clear],
  ...fetchNames.flatMap((name): [string, Handler][] => [
    [`sync_fetch_and_${name}`, readModifyWrite(name, false, undefined)],
    [`sync_${name}_and_fetch`, readModifyWrite(name, true, undefined)],
    [`atomic_fetch_${name}`, readModifyWrite(name, false, 2)],
    [`atomic_${name}_fetch`, readModifyWrite(name, true, 2)],
  ]),
  ['sync_fetch_and_umin', readModifyWrite('umin', false, undefined)],
  ['sync_fetch_and_umax', readModifyWrite('umax', false, undefined)],
];
