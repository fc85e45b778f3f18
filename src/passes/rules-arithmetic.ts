/**
 * Rewrite rules for integer arithmetic, conversions and addresses: a table (the notation is in `rule.ts`). What the rows are
 * about is simple algebra of two's complement numbers (Warren, "Hacker's Delight", chapter 2); the tests prove each.
 *
 * The verifier's rules: a mask stays unless what it masks has no other bits, as the verifier knows too.
 */

import { Op } from '../ir/ops.ts';
import {
  A,
  add,
  and,
  anyOf,
  ashr,
  B,
  bswap,
  c,
  ctlz,
  cttz,
  eq,
  extend,
  inttoptr,
  isPowerOf2,
  limit,
  lshr,
  mul,
  nameR,
  nameT,
  nsw,
  once,
  ones,
  or,
  ptradd,
  ptrtoint,
  type Rule,
  r,
  rule,
  select,
  sext,
  sgt,
  shl,
  sub,
  t,
  trunc,
  udiv,
  uge,
  ugt,
  ult,
  urem,
  v,
  width,
  x,
  xor,
  y,
  zext,
} from './rule.ts';

const associative = anyOf(Op.add, Op.mul, Op.and, Op.or, Op.xor);
const shift = anyOf(Op.shl, Op.lshr, Op.ashr);
const logicalShift = anyOf(Op.shl, Op.lshr);
const division = anyOf(Op.udiv, Op.sdiv);
const remainder = anyOf(Op.urem, Op.srem);
const isCondition = eq(width(c), 1);
/** Ones from the highest bit on that a value can have. */
const possible = lshr(-1, ctlz(limit(x)));

export const arithmeticRules: readonly Rule[] = [
  // One operand decides.
  rule('x - x', sub(x, x), 0),
  rule('x ^ x', xor(x, x), 0),
  rule('x & x', and(x, x), x),
  rule('x | x', or(x, x), x),
  rule('sum or shift with 0', anyOf(Op.add, Op.sub, Op.or, Op.xor, Op.shl, Op.lshr, Op.ashr)(x, 0), x),
  rule('product or mask of 0', anyOf(Op.mul, Op.and)(x, 0), 0),
  rule('x | ~0', or(x, -1), -1),
  rule('x & ~0', and(x, -1), x),
  rule('x * 1', mul(x, 1), x),
  rule('x / 1', division(x, 1), x),
  rule('x % 1', remainder(x, 1), 0),
  rule('0 shifted', shift(0, x), 0),
  rule('0 divided', anyOf(Op.udiv, Op.sdiv, Op.urem, Op.srem)(0, x), 0),
  rule('mask of what was set', and(or(x, A), B), and(A, B), { when: eq(and(B, possible), 0) }),
  rule('mask of what was not set', and(or(x, A), B), and(x, B), { when: eq(and(A, B), 0) }),
  rule('mask of what has no other bits', and(x, A), x, { when: eq(and(A, possible), possible) }),

  // Cheaper operations.
  rule('x - A', sub(x, A), add(x, sub(0, A))),
  rule('product with a power of two, signed', nsw(mul(x, A)), nsw(shl(x, cttz(A))), {
    when: [isPowerOf2(A), sgt(A, 0)],
  }),
  rule('product with a power of two', mul(x, A), shl(x, cttz(A)), { when: isPowerOf2(A) }),
  rule('quotient by a power of two', udiv(x, A), lshr(x, cttz(A)), { when: isPowerOf2(A) }),
  rule('remainder by a power of two', urem(x, A), and(x, sub(A, 1)), { when: isPowerOf2(A) }),
  rule('condition shifted to its place', shl(nameT(zext(c)), A), select(c, shl(1, A), 0), {
    when: [isCondition, ult(A, width(t))],
    pays: [once(t), ult(A, sub(width(t), 1))],
  }),

  // Two operations of a kind.
  rule('x + (0 - y)', add(x, sub(0, y)), sub(x, y)),
  rule('(x - y) + y', add(sub(x, y), y), x),
  rule('(x + y) - y', sub(add(x, y), y), x),
  rule('two constants', associative(associative(x, A), B), associative(x, associative(A, B))),
  rule('two shifts', shift(shift(x, A), B), shift(x, add(A, B)), {
    when: [ult(A, width(x)), ult(B, width(x)), ult(add(A, B), width(x))],
  }),
  rule('two shifts that leave nothing', logicalShift(logicalShift(x, A), B), 0, {
    when: [ult(A, width(x)), ult(B, width(x)), uge(add(A, B), width(x))],
  }),
  rule('two shifts that leave the sign', ashr(ashr(x, A), B), ashr(x, sub(width(x), 1)), {
    when: [ult(A, width(x)), ult(B, width(x)), uge(add(A, B), width(x))],
  }),
  rule('down and up again', shl(nameT(lshr(x, A)), A), and(x, shl(-1, A)), {
    when: ult(A, width(x)),
    pays: [once(t), ult(A, 32)],
  }),
  rule('up and down again', lshr(nameT(shl(x, A)), A), and(x, lshr(-1, A)), {
    when: ult(A, width(x)),
    pays: [once(t), eq(lshr(lshr(-1, A), 31), 0)],
  }),
  rule('two byte swaps', bswap(bswap(x)), x),

  // Conversions.
  rule('trunc of trunc', trunc(trunc(x)), trunc(x)),
  rule('trunc of an extension back', trunc(extend(x)), x),
  rule('trunc of an extension below it', trunc(extend(x)), trunc(x)),
  rule('trunc of an extension above it', trunc(extend(x)), extend(x)),
  rule('mask of what is cut off', nameR(trunc(and(x, A))), trunc(x), {
    when: eq(and(A, ones(r)), ones(r)),
    pays: ugt(width(r), 1),
  }),
  rule('zext of zext', zext(zext(x)), zext(x)),
  rule('sext of an extension', sext(extend(x)), extend(x)),
  // On 32 bits a move does it, so that stays.
  rule('cut and extended', zext(nameT(trunc(x))), and(x, ones(t)), { pays: ult(width(t), 32) }),

  // Addresses.
  rule('number of a pointer of a number', ptrtoint(inttoptr(x)), x),
  rule('pointer of the number of a pointer', inttoptr(ptrtoint(v)), v),
  rule('distance from null', ptrtoint(ptradd(0, x)), x),
  rule('arithmetic on the number of a pointer', inttoptr(add(ptrtoint(v), x)), ptradd(v, x)),
  rule('no distance', ptradd(v, 0), v),
  rule('two distances', ptradd(ptradd(v, A), B), ptradd(v, add(A, B))),
];
