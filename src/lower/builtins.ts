/**
 * Builtin calls that sema left -> instructions. The names and arguments are those of the table in
 * src/sema/builtin-table.ts; a row here is a canonical name and what it becomes.
 */

import type { ValueId } from '../ir/func.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { libraryBuiltins } from '../sema/builtin-table.ts';
import type { BuiltinExpression, TypedExpression } from '../sema/typed-tree.ts';
import { alignOf, canonical } from '../types/types.ts';
import { atomicHandlers, orderOf } from './atomic-builtins.ts';
import {
  argument,
  argumentValue,
  constantArgument,
  type Handler,
  noValue,
  resultType,
} from './builtin-call.ts';
import { coreHandlers } from './core-builtins.ts';
import { floatHandlers } from './float-builtins.ts';
import { type Lowering, placeholder, temporaryObject } from './lowering.ts';
import { checked } from './overflow-builtins.ts';
import { maxInlineBytes } from './places.ts';
import { saturatingHandlers } from './saturating-builtins.ts';
import { scalarType } from './value-types.ts';
import { isWide, swappedWide, wideConstant } from './wide.ts';

// ---- Memory ----

/** What the pointer points to before it became `void *`: its alignment holds. */
function pointeeAlign(expression: TypedExpression): number {
  let at = expression;
  while (at.kind === 'Convert' && (at.conversion === 'pointer' || at.conversion === 'no-op')) at = at.operand;
  if (at.kind === 'AddressOf' && at.operand.kind === 'ObjectReference') return at.operand.symbol.align;
  if (
    at.kind === 'Convert' &&
    at.conversion === 'array-to-pointer' &&
    at.operand.kind === 'ObjectReference'
  ) {
    return at.operand.symbol.align;
  }
  const type = canonical(at.type);
  return type.kind === 'pointer' ? alignOf(type.pointee) : 1;
}

function copy(kind: 'memcpy' | 'memmove', yieldsEnd = false): Handler {
  return (lowering, call) => {
    const { builder } = lowering;
    const [to, from, size] = [0, 1, 2].map((index) => argumentValue(lowering, call, index));
    if (to === undefined || from === undefined || size === undefined) return noValue(lowering);
    const align = Math.min(pointeeAlign(argument(call, 0)), pointeeAlign(argument(call, 1)));
    builder.pos = call.span.start;
    if (kind === 'memcpy') builder.memcpy(to, from, size, align);
    else builder.memmove(to, from, size, align);
    return yieldsEnd ? builder.ptradd(to, size) : to;
  };
}

const fill: Handler = (lowering, call) => {
  const { builder } = lowering;
  const to = argumentValue(lowering, call, 0);
  const byte = builder.resize(Type.i8, argumentValue(lowering, call, 1), false);
  const size = argumentValue(lowering, call, 2);
  builder.pos = call.span.start;
  builder.memset(to, byte, size, pointeeAlign(argument(call, 0)));
  return to;
};

const compareMemory: Handler = (lowering, call) => {
  const left = argumentValue(lowering, call, 0);
  const right = argumentValue(lowering, call, 1);
  const size = argumentValue(lowering, call, 2);
  lowering.builder.pos = call.span.start;
  const align = Math.min(pointeeAlign(argument(call, 0)), pointeeAlign(argument(call, 1)));
  return lowering.builder.memcmp(left, right, size, align);
};

// ---- Bits ----

function bits(op: Op): Handler {
  return (lowering, call) => {
    const value = argumentValue(lowering, call, 0);
    const counted = lowering.builder.emit(op, lowering.func.ins(value).type, [value]).id;
    return lowering.builder.resize(resultType(call), counted, false);
  };
}

const findFirstSet: Handler = (lowering, call) => {
  const { builder, func } = lowering;
  const value = argumentValue(lowering, call, 0);
  const { type } = func.ins(value);
  const zero = builder.constant(type, 0n);
  const next = builder.add(builder.cttz(value), builder.constant(type, 1n));
  return builder.resize(Type.i32, builder.select(builder.icmp(Predicate.eq, value, zero), zero, next), false);
};

/** Redundant sign bits: leading zeros of `x ^ (x >> (n-1))`, less one. */
const redundantSignBits: Handler = (lowering, call) => {
  const { builder, func } = lowering;
  const value = argumentValue(lowering, call, 0);
  const { type } = func.ins(value);
  const sign = builder.ashr(value, builder.constant(type, BigInt(bitsOf(type) - 1)));
  const count = builder.sub(builder.ctlz(builder.xor(value, sign)), builder.constant(type, 1n));
  return builder.resize(Type.i32, count, false);
};

const parity: Handler = (lowering, call) => {
  const { builder, func } = lowering;
  const value = argumentValue(lowering, call, 0);
  const count = builder.and(builder.ctpop(value), builder.constant(func.ins(value).type, 1n));
  return builder.resize(Type.i32, count, false);
};

const absolute: Handler = (lowering, call) => {
  const { builder, func } = lowering;
  const value = argumentValue(lowering, call, 0);
  const zero = builder.constant(func.ins(value).type, 0n);
  return builder.select(builder.icmp(Predicate.slt, value, zero), builder.sub(zero, value), value);
};

function rotate(left: boolean): Handler {
  return (lowering, call) => {
    const { builder, func } = lowering;
    const value = argumentValue(lowering, call, 0);
    const { type } = func.ins(value);
    const width = bitsOf(type);
    const limit = builder.constant(type, BigInt(width - 1));
    const amount = builder.resize(type, argumentValue(lowering, call, 1), false);
    const up = builder.and(left ? amount : builder.sub(builder.constant(type, 0n), amount), limit);
    const down = builder.and(left ? builder.sub(builder.constant(type, 0n), amount) : amount, limit);
    return builder.or(builder.shl(value, up), builder.lshr(value, down));
  };
}

/** Swaps bits, pairs and nibbles of every byte, then the bytes. */
const reverseBits: Handler = (lowering, call) => {
  const { builder, func } = lowering;
  let value = argumentValue(lowering, call, 0);
  const { type } = func.ins(value);
  const width = bitsOf(type);
  const spread = (byte: bigint) =>
    builder.constant(type, BigInt.asUintN(width, byte * 0x0101_0101_0101_0101n));
  for (const [distance, mask] of [
    [1n, 0x55n],
    [2n, 0x33n],
    [4n, 0x0fn],
  ] as const) {
    const amount = builder.constant(type, distance);
    const high = builder.and(builder.lshr(value, amount), spread(mask));
    value = builder.or(high, builder.shl(builder.and(value, spread(mask)), amount));
  }
  return width === 8 ? value : builder.bswap(value);
};

// ---- Hints ----

const constantP: Handler = (lowering, call) =>
  lowering.builder.zext(Type.i32, lowering.builder.isConstant(argumentValue(lowering, call, 0)));

const first: Handler = (lowering, call) => argumentValue(lowering, call, 0);

/** Evaluated for nothing: an assumption the optimiser does not use yet cannot be wrong. */
const ignored: Handler = (lowering) => noValue(lowering);

/** Nothing follows: a terminator, and a block for what the source still says after it. */
const noReturn: Handler = (lowering) => {
  lowering.builder.unreachable();
  lowering.builder.setBlock(lowering.builder.addBlock());
  return noValue(lowering);
};

/** A fence between threads; a relaxed one orders nothing (C11 7.17.4.1). An order known at run time only is the strongest. */
const threadFence: Handler = (lowering, call) => {
  const ordering = call.args.length === 0 ? 'seq_cst' : orderOf(call, 0);
  if (ordering !== 'relaxed') lowering.builder.fence(ordering);
  return noValue(lowering);
};

const signalFence: Handler = (lowering) => {
  lowering.builder.compilerFence();
  return noValue(lowering);
};

// ---- BPF ----

function packetLoad(bytes: number): Handler {
  return (lowering, call) =>
    lowering.builder.packetLoad(bytes, argumentValue(lowering, call, 0), argumentValue(lowering, call, 1));
}

/** The stack of a BPF program. */
const maxConstantAlloca = 512n;

/** Memory that lasts to the end of the program, where there is a library to give it. */
const stackMemory: Handler = (lowering, call) => {
  const { builder } = lowering;
  const constant = constantArgument(call, 0);
  if (!lowering.options.hosted && constant !== undefined && constant <= maxConstantAlloca)
    return temporaryObject(lowering, Number(constant), 8, 'alloca');
  if (!lowering.options.hosted) {
    const reason =
      'BPF has a fixed stack of 512 bytes; use a local array of constant size or a per-CPU array map';
    lowering.report('unavailable-builtin', call.span, [`__builtin_${call.name}`, reason]);
    return placeholder(lowering, Type.ptr);
  }
  const size = argumentValue(lowering, call, 0);
  return builder.call(lowering.symbols.libraryFunction('alloca'), Type.ptr, [size]);
};

/** Bytes in the opposite order, of a 128-bit integer. */
const swapWide: Handler = (lowering, call) => swappedWide(lowering, argumentValue(lowering, call, 0));

const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['memcpy', copy('memcpy')],
  ['memmove', copy('memmove')],
  ['mempcpy', copy('memcpy', true)],
  ['memset', fill],
  ['memcmp', compareMemory],
  ['bcmp', compareMemory],
  ['bswap16', bits(Op.bswap)],
  ['bswap32', bits(Op.bswap)],
  ['bswap64', bits(Op.bswap)],
  ['bswap128', swapWide],
  ['ctz', bits(Op.cttz)],
  ['clz', bits(Op.ctlz)],
  ['popcount', bits(Op.ctpop)],
  ['parity', parity],
  ['ffs', findFirstSet],
  ['clrsb', redundantSignBits],
  ['abs', absolute],
  ['rotate_left', rotate(true)],
  ['rotate_right', rotate(false)],
  ['bitreverse', reverseBits],
  ['add_overflow', checked('add')],
  ['sub_overflow', checked('sub')],
  ['mul_overflow', checked('mul')],
  ['expect', first],
  ['assume_aligned', first],
  ['constant_p', constantP],
  ['assume', ignored],
  ['debugtrap', ignored],
  ['unreachable', noReturn],
  ['trap', noReturn],
  ['alloca', stackMemory],
  ...floatHandlers,
  ...saturatingHandlers,
  ['atomic_thread_fence', threadFence],
  ['atomic_signal_fence', signalFence],
  ['sync_synchronize', threadFence],
  ...coreHandlers,
  ['bpf_load_byte', packetLoad(1)],
  ['bpf_load_half', packetLoad(2)],
  ['bpf_load_word', packetLoad(4)],
  ...atomicHandlers,
]);

/** A call of the C library's function of that name, where there is one. */
function libraryCall(lowering: Lowering, call: BuiltinExpression): ValueId {
  const { builder } = lowering;
  const args = call.args.map((argument) => lowering.value(argument));
  builder.pos = call.span.start;
  const result = builder.call(lowering.symbols.libraryFunction(call.name), resultType(call), args);
  return resultType(call) === Type.void ? noValue(lowering) : result;
}

/** Builtins over memory that become instructions only where the size is a constant. */
const sizedBuiltins: ReadonlySet<string> = new Set([
  'memcpy',
  'memmove',
  'mempcpy',
  'memset',
  'memcmp',
  'bcmp',
]);

function isLibraryCall(lowering: Lowering, call: BuiltinExpression): boolean {
  if (!lowering.options.hosted) return false;
  if (sizedBuiltins.has(call.name)) {
    const size = constantArgument(call, 2);
    return size === undefined || size > maxInlineBytes;
  }
  return libraryBuiltins.has(call.name) && !handlers.has(call.name);
}

/** Builtins that take 128-bit integers as they come. */
const wideBuiltins: ReadonlySet<string> = new Set([
  'bswap128',
  'add_overflow',
  'sub_overflow',
  'mul_overflow',
]);

/** Is an operand, or what one points to for an atomic access, wider than a register? */
function hasWideOperand(call: BuiltinExpression): boolean {
  const [first] = call.args;
  const at = first && canonical(first.type);
  const isWideObject = /^(?:atomic|sync)_/.test(call.name) && at?.kind === 'pointer' && isWide(at.pointee);
  return isWideObject || isWide(call.type) || call.args.some(({ type }) => isWide(type));
}

export function lowerBuiltin(lowering: Lowering, call: BuiltinExpression): ValueId {
  if (hasWideOperand(call) && !wideBuiltins.has(call.name)) {
    lowering.report('unsupported-builtin', call.span, [`${call.name} of a 128-bit integer`]);
    return isWide(call.type)
      ? wideConstant(lowering, 0n)
      : placeholder(lowering, scalarType(call.type) ?? Type.i64);
  }
  if (isLibraryCall(lowering, call)) return libraryCall(lowering, call);
  const handler = handlers.get(call.name);
  if (handler !== undefined) return handler(lowering, call);
  lowering.report('unsupported-builtin', call.span, [call.name]);
  return placeholder(lowering, scalarType(call.type) ?? Type.i64);
}
