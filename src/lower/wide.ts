/**
 * Integers of 128 bits -> pairs of 64-bit ones.
 *
 * In: operands of a wide type, as {@link Lowering.value} gives them. Out: values of the same kind. A wide value has a handle in
 * the IR's numbering, `undef void`, which no instruction can take by mistake and which stands for the pair in `lowering.wide`.
 *
 * Method: schoolbook arithmetic on halves (Knuth, TAOCP 4.3.1); shifts by a variable select between the cases below and from
 * 64 bits on (Warren, "Hacker's Delight", 2-17); division is restoring, one bit of the quotient for each round (TAOCP 4.3.1,
 * exercise 16), and 64-bit division where both high halves are zero.
 */

import { addIncoming } from '../ir/builder.ts';
import { constantOf, type ValueId } from '../ir/func.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type { ArithmeticOperator, ComparisonOperator } from '../sema/typed-tree.ts';
import { bug } from '../support/bug.ts';
import { type CType, integerTypeOf } from '../types/types.ts';
import { addressAt, type Lowering, type WidePair } from './lowering.ts';
import { highProduct } from './overflow-builtins.ts';

export function isWide(type: CType): boolean {
  return integerTypeOf(type)?.size === 16;
}

export function makeWide(lowering: Lowering, pair: WidePair): ValueId {
  const handle = lowering.func.create(Op.undef, Type.void, [], lowering.builder.pos);
  lowering.wide.set(handle.id, pair);
  return handle.id;
}

export function pairOf(lowering: Lowering, value: ValueId): WidePair {
  return lowering.wide.get(value) ?? bug('a wide value without halves');
}

/** The low 64 bits of an integer of any width. */
export function lowPart(lowering: Lowering, value: ValueId): ValueId {
  return lowering.wide.get(value)?.low ?? value;
}

export function wideConstant(lowering: Lowering, value: bigint): ValueId {
  const { builder } = lowering;
  return makeWide(lowering, { low: builder.i64(value), high: builder.i64(value >> 64n) });
}

/** A scalar of up to 64 bits, extended by its sign or with zeros. */
export function widen(lowering: Lowering, value: ValueId, isSigned: boolean): ValueId {
  const { builder } = lowering;
  const low = builder.resize(Type.i64, value, isSigned);
  return makeWide(lowering, { low, high: isSigned ? builder.ashr(low, builder.i64(63)) : builder.i64(0) });
}

// ---- Memory ----

/** Where the halves stand in memory: the low one first on little-endian targets. */
function halfOffsets(lowering: Lowering): { readonly low: number; readonly high: number } {
  return lowering.options.littleEndian ? { low: 0, high: 8 } : { low: 8, high: 0 };
}

interface Access {
  readonly pointer: ValueId;
  readonly align: number;
  readonly isVolatile: boolean;
}

export function loadWide(lowering: Lowering, { pointer, align, isVolatile }: Access): ValueId {
  const offsets = halfOffsets(lowering);
  const load = (offset: number): ValueId =>
    lowering.builder.load(Type.i64, addressAt(lowering, pointer, offset), {
      align: Math.min(align, 8),
      isVolatile,
    });
  return makeWide(lowering, { low: load(offsets.low), high: load(offsets.high) });
}

export function storeWide(lowering: Lowering, { pointer, align, isVolatile }: Access, value: ValueId): void {
  const offsets = halfOffsets(lowering);
  const { low, high } = pairOf(lowering, value);
  const options = { align: Math.min(align, 8), isVolatile };
  lowering.builder.store(low, addressAt(lowering, pointer, offsets.low), options);
  lowering.builder.store(high, addressAt(lowering, pointer, offsets.high), options);
}

/** The registers that pass it, in the order its bytes have in memory. */
export function wideRegisters(lowering: Lowering, value: ValueId): readonly ValueId[] {
  const { low, high } = pairOf(lowering, value);
  return lowering.options.littleEndian ? [low, high] : [high, low];
}

// ---- Control ----

/** The value that control brings along from two blocks. */
export function mergeWide(
  lowering: Lowering,
  first: readonly [value: ValueId, from: Parameters<typeof addIncoming>[2]],
  second: readonly [value: ValueId, from: Parameters<typeof addIncoming>[2]],
): ValueId {
  const low = lowering.builder.phi(Type.i64);
  const high = lowering.builder.phi(Type.i64);
  for (const [value, from] of [first, second]) {
    const pair = pairOf(lowering, value);
    addIncoming(low, pair.low, from);
    addIncoming(high, pair.high, from);
  }
  return makeWide(lowering, { low: low.id, high: high.id });
}

// ---- Comparison ----

/** The i1 "is not zero". */
export function isWideNonZero(lowering: Lowering, value: ValueId): ValueId {
  const { builder } = lowering;
  const { low, high } = pairOf(lowering, value);
  return builder.icmp(Predicate.ne, builder.or(low, high), builder.i64(0));
}

/** The i1 of left < right. */
function isLess(lowering: Lowering, left: WidePair, right: WidePair, isSigned: boolean): ValueId {
  const { builder } = lowering;
  const asNumber = (predicate: Predicate, a: ValueId, b: ValueId): ValueId =>
    builder.zext(Type.i64, builder.icmp(predicate, a, b));
  const below = asNumber(Predicate.ult, left.low, right.low);
  const above = asNumber(isSigned ? Predicate.slt : Predicate.ult, left.high, right.high);
  const decided = builder.select(builder.icmp(Predicate.eq, left.high, right.high), below, above);
  return builder.icmp(Predicate.ne, decided, builder.i64(0));
}

/** The i1 of a comparison. */
export function compareWide(
  lowering: Lowering,
  operator: ComparisonOperator,
  operands: readonly [ValueId, ValueId],
  isSigned: boolean,
): ValueId {
  const { builder } = lowering;
  const [left, right] = [pairOf(lowering, operands[0]), pairOf(lowering, operands[1])];
  const not = (bit: ValueId): ValueId =>
    builder.icmp(Predicate.eq, builder.zext(Type.i64, bit), builder.i64(0));
  switch (operator) {
    case '==':
    case '!=': {
      const difference = builder.or(builder.xor(left.low, right.low), builder.xor(left.high, right.high));
      return builder.icmp(operator === '==' ? Predicate.eq : Predicate.ne, difference, builder.i64(0));
    }
    case '<':
      return isLess(lowering, left, right, isSigned);
    case '>':
      return isLess(lowering, right, left, isSigned);
    case '<=':
      return not(isLess(lowering, right, left, isSigned));
    case '>=':
      return not(isLess(lowering, left, right, isSigned));
    default:
      return operator satisfies never;
  }
}

// ---- Arithmetic ----

function add(lowering: Lowering, left: WidePair, right: WidePair): WidePair {
  const { builder } = lowering;
  const low = builder.add(left.low, right.low);
  const carry = builder.zext(Type.i64, builder.icmp(Predicate.ult, low, left.low));
  return { low, high: builder.add(builder.add(left.high, right.high), carry) };
}

function subtract(lowering: Lowering, left: WidePair, right: WidePair): WidePair {
  const { builder } = lowering;
  const borrow = builder.zext(Type.i64, builder.icmp(Predicate.ult, left.low, right.low));
  return {
    low: builder.sub(left.low, right.low),
    high: builder.sub(builder.sub(left.high, right.high), borrow),
  };
}

function multiply(lowering: Lowering, left: WidePair, right: WidePair): WidePair {
  const { builder } = lowering;
  const cross = builder.add(builder.mul(left.low, right.high), builder.mul(left.high, right.low));
  return {
    low: builder.mul(left.low, right.low),
    high: builder.add(highProduct(lowering, left.low, right.low), cross),
  };
}

/** `amount` is modulo 128, as shifts of BPF are modulo their width. */
function shift(
  lowering: Lowering,
  operator: '<<' | '>>',
  { low, high }: WidePair,
  amount: ValueId,
  isSigned: boolean,
): WidePair {
  const { builder } = lowering;
  const isLeft = operator === '<<';
  const inside = builder.and(amount, builder.i64(63));
  const rest = builder.xor(inside, builder.i64(63));
  const isFar = builder.icmp(Predicate.ne, builder.and(amount, builder.i64(64)), builder.i64(0));
  const choose = (far: ValueId, near: ValueId): ValueId => builder.select(isFar, far, near);
  const one = builder.i64(1);
  if (isLeft) {
    const moved = builder.shl(low, inside);
    const across = builder.lshr(builder.lshr(low, one), rest);
    return {
      low: choose(builder.i64(0), moved),
      high: choose(moved, builder.or(builder.shl(high, inside), across)),
    };
  }
  const moved = builder.binary(isSigned ? Op.ashr : Op.lshr, high, inside);
  const across = builder.shl(builder.shl(high, one), rest);
  const fill = isSigned ? builder.ashr(high, builder.i64(63)) : builder.i64(0);
  return {
    low: choose(moved, builder.or(builder.lshr(low, inside), across)),
    high: choose(fill, moved),
  };
}

/** `value`, negated where the mask is all ones. */
function negateBy(lowering: Lowering, value: WidePair, mask: ValueId): WidePair {
  const { builder } = lowering;
  const flipped = { low: builder.xor(value.low, mask), high: builder.xor(value.high, mask) };
  return subtract(lowering, flipped, { low: mask, high: mask });
}

/** Quotient and remainder without sign, by shifting the dividend through the remainder 128 times. */
function divideUnsigned(
  lowering: Lowering,
  dividend: WidePair,
  divisor: WidePair,
): { readonly quotient: WidePair; readonly remainder: WidePair } {
  const { builder, func } = lowering;
  const zero = builder.i64(0);
  if (constantOf(func, dividend.high) === 0n && constantOf(func, divisor.high) === 0n) {
    return {
      quotient: { low: builder.udiv(dividend.low, divisor.low), high: zero },
      remainder: { low: builder.urem(dividend.low, divisor.low), high: zero },
    };
  }
  const [before, body, done] = [builder.block, builder.addBlock(), builder.addBlock()];
  builder.br(body.id);
  builder.setBlock(body);
  const phis = [zero, dividend.low, dividend.high, zero, zero].map((initial) => {
    const phi = builder.phi(Type.i64);
    addIncoming(phi, initial, before);
    return phi;
  });
  const [count, low, high, restLow, restHigh] = phis.map((phi) => phi.id);
  if (count === undefined || low === undefined || high === undefined) bug('no phis');
  if (restLow === undefined || restHigh === undefined) bug('no phis');
  const one = builder.i64(1);
  const top = builder.lshr(high, builder.i64(63));
  const doubled = add(lowering, { low, high }, { low, high });
  const rest = add(lowering, { low: restLow, high: restHigh }, { low: restLow, high: restHigh });
  const grown = { low: builder.or(rest.low, top), high: rest.high };
  // The bit that left the remainder's top counts as larger than any divisor.
  const lost = builder.lshr(restHigh, builder.i64(63));
  const fits = builder.xor(builder.zext(Type.i64, isLess(lowering, grown, divisor, false)), one);
  const taken = builder.or(fits, lost);
  const mask = builder.sub(zero, taken);
  const amount = { low: builder.and(divisor.low, mask), high: builder.and(divisor.high, mask) };
  const left = subtract(lowering, grown, amount);
  const next = builder.add(count, one);
  const quotient = { low: builder.or(doubled.low, taken), high: doubled.high };
  const values = [next, quotient.low, quotient.high, left.low, left.high];
  const end = builder.block;
  phis.forEach((phi, i) => {
    addIncoming(phi, values[i] ?? next, end);
  });
  builder.condbr(builder.icmp(Predicate.ult, next, builder.i64(128)), body.id, done.id);
  builder.setBlock(done);
  return { quotient, remainder: left };
}

function divide(
  lowering: Lowering,
  left: WidePair,
  right: WidePair,
  isSigned: boolean,
  wantsRemainder: boolean,
): WidePair {
  const { builder } = lowering;
  const part = (dividend: WidePair, divisor: WidePair): WidePair => {
    const { quotient, remainder } = divideUnsigned(lowering, dividend, divisor);
    return wantsRemainder ? remainder : quotient;
  };
  if (!isSigned) return part(left, right);
  const signs = [left, right].map(({ high }) => builder.ashr(high, builder.i64(63)));
  const [leftSign, rightSign] = [signs[0] ?? left.high, signs[1] ?? right.high];
  const magnitude = part(negateBy(lowering, left, leftSign), negateBy(lowering, right, rightSign));
  // A remainder has the dividend's sign (6.5.5 p6).
  return negateBy(lowering, magnitude, wantsRemainder ? leftSign : builder.xor(leftSign, rightSign));
}

function arithmetic(
  lowering: Lowering,
  operator: ArithmeticOperator,
  left: WidePair,
  right: WidePair,
  isSigned: boolean,
): WidePair {
  const { builder } = lowering;
  switch (operator) {
    case '+':
      return add(lowering, left, right);
    case '-':
      return subtract(lowering, left, right);
    case '*':
      return multiply(lowering, left, right);
    case '/':
    case '%':
      return divide(lowering, left, right, isSigned, operator === '%');
    case '<<':
    case '>>':
      return shift(lowering, operator, left, right.low, isSigned);
    case '&':
      return { low: builder.and(left.low, right.low), high: builder.and(left.high, right.high) };
    case '|':
      return { low: builder.or(left.low, right.low), high: builder.or(left.high, right.high) };
    case '^':
      return { low: builder.xor(left.low, right.low), high: builder.xor(left.high, right.high) };
    default:
      return operator satisfies never;
  }
}

/** An arithmetic operator on wide operands; the right one of a shift may have any width. */
export function wideArithmetic(
  lowering: Lowering,
  operator: ArithmeticOperator,
  operands: readonly [ValueId, ValueId],
  isSigned: boolean,
): ValueId {
  const { builder } = lowering;
  const left = pairOf(lowering, operands[0]);
  const right = lowering.wide.get(operands[1]) ?? {
    low: builder.resize(Type.i64, operands[1], false),
    high: builder.i64(0),
  };
  return makeWide(lowering, arithmetic(lowering, operator, left, right, isSigned));
}

export function negatedWide(lowering: Lowering, value: ValueId): ValueId {
  const zero = lowering.builder.i64(0);
  return makeWide(lowering, subtract(lowering, { low: zero, high: zero }, pairOf(lowering, value)));
}

export function invertedWide(lowering: Lowering, value: ValueId): ValueId {
  const { builder } = lowering;
  const { low, high } = pairOf(lowering, value);
  const ones = builder.i64(-1);
  return makeWide(lowering, { low: builder.xor(low, ones), high: builder.xor(high, ones) });
}

/** Bytes in the opposite order. */
export function swappedWide(lowering: Lowering, value: ValueId): ValueId {
  const { builder } = lowering;
  const { low, high } = pairOf(lowering, value);
  return makeWide(lowering, { low: builder.bswap(high), high: builder.bswap(low) });
}
