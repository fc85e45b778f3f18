/**
 * Rewrite rules for comparisons, conditions and selections: a table (the notation is in `rule.ts`).
 *
 * The verifier's rules: a comparison is narrowed only where the wide value has no other use, since the value that is
 * compared must be the one that is used.
 */

import { Op } from '../ir/ops.ts';
import {
  A,
  add,
  and,
  anyOf,
  anyTest,
  B,
  bswap,
  c,
  eq,
  equality,
  extend,
  inverse,
  irreflexiveTest,
  isPowerOf2,
  limit,
  lshr,
  nameS,
  nameT,
  ne,
  once,
  ones,
  orderedUnsignedTest,
  ptrtoint,
  type Rule,
  reflexiveTest,
  rule,
  s,
  same,
  select,
  sext,
  sge,
  sgt,
  shl,
  signedTest,
  sub,
  type Term,
  t,
  trunc,
  uge,
  ugt,
  ule,
  ult,
  unsignedTest,
  v,
  w,
  width,
  x,
  xor,
  y,
  zext,
} from './rule.ts';

const isCondition = eq(width(c), 1);
const isBelow = ult(limit(x), A);
const isAtMost = ule(limit(x), A);
/** Below 2^31, which is an immediate of every form. */
const isImmediate = (constant: Term): Term => eq(lshr(constant, 31), 0);

export const compareRules: readonly Rule[] = [
  // What is known of the operands decides.
  rule('equal values, true', reflexiveTest(v, v), 1),
  rule('equal values, false', irreflexiveTest(v, v), 0),
  rule('x < 0', ult(x, 0), 0),
  rule('x >= 0', uge(x, 0), 1),
  rule('x < A, always', ult(x, A), 1, { when: isBelow }),
  rule('x >= A, never', uge(x, A), 0, { when: isBelow }),
  rule('x > A, never', ugt(x, A), 0, { when: isAtMost }),
  rule('x <= A, always', ule(x, A), 1, { when: isAtMost }),
  rule('x == A, never', eq(x, A), 0, { when: isBelow }),
  rule('x != A, always', ne(x, A), 1, { when: isBelow }),

  // Whether a high bit is set is a comparison, which needs no masked copy and gives the verifier a bound.
  rule('x & high bits == 0', eq(nameT(and(x, A)), 0), ult(x, sub(0, A)), {
    when: [isPowerOf2(sub(0, A)), sgt(sub(0, A), 0)],
    pays: once(t),
  }),
  rule('x & high bits != 0', ne(nameT(and(x, A)), 0), uge(x, sub(0, A)), {
    when: [isPowerOf2(sub(0, A)), sgt(sub(0, A), 0)],
    pays: once(t),
  }),

  // Conditions that were made into numbers.
  rule('(int)c != 0', ne(zext(c), 0), c, { when: isCondition }),
  rule('(int)c == 1', eq(zext(c), 1), c, { when: isCondition }),
  rule('c != 0', ne(c, 0), c, { when: isCondition }),
  rule('c == 1', eq(c, 1), c, { when: isCondition }),
  rule('(int)!c == 0', eq(zext(xor(c, 1)), 0), c, { when: isCondition }),
  rule('(int)!c != 1', ne(zext(xor(c, 1)), 1), c, { when: isCondition }),
  rule('!c == 0', eq(xor(c, 1), 0), c, { when: isCondition }),
  rule('!c != 1', ne(xor(c, 1), 1), c, { when: isCondition }),
  rule('(int)(v < w) == 0', eq(zext(anyTest(v, w)), 0), inverse(v, w)),
  rule('(int)(v < w) != 1', ne(zext(anyTest(v, w)), 1), inverse(v, w)),
  rule('(v < w) == 0', eq(anyTest(v, w), 0), inverse(v, w)),
  rule('(v < w) != 1', ne(anyTest(v, w), 1), inverse(v, w)),
  rule('(int)c == 0', eq(zext(c), 0), xor(c, 1), { when: isCondition }),
  rule('(int)c != 1', ne(zext(c), 1), xor(c, 1), { when: isCondition }),
  rule('c == 0', eq(c, 0), xor(c, 1), { when: isCondition }),
  rule('c != 1', ne(c, 1), xor(c, 1), { when: isCondition }),
  rule('!(v < w)', xor(nameT(anyTest(v, w)), 1), inverse(v, w), { pays: once(t) }),

  // Comparisons of what was computed for them.
  rule('x - y == 0', equality(nameT(anyOf(Op.sub, Op.xor)(x, y)), 0), same(x, y), { pays: once(t) }),
  rule('pointers as numbers', anyTest(ptrtoint(v), ptrtoint(w)), same(v, w)),
  rule('extended alike', equality(nameS(extend(x)), nameT(extend(y))), same(x, y), {
    pays: [once(s), once(t), ugt(width(x), 1)],
  }),
  rule('sign extension, signed', signedTest(nameT(sext(x)), A), same(x, trunc(A)), {
    when: eq(sext(trunc(A, x), A), A),
    pays: [once(t), ugt(width(x), 1)],
  }),
  rule('sign extension, unsigned', orderedUnsignedTest(nameT(sext(x)), A), same(x, trunc(A)), {
    when: [eq(sext(trunc(A, x), A), A), sge(A, 0)],
    pays: [once(t), ugt(width(x), 1)],
  }),

  // One bit or some, wherever they are.
  // What a cut leaves whole is compared before it, where the rows above and below see what it is made of.
  rule('cut to what it fits in', unsignedTest(nameT(trunc(x)), A), same(x, zext(A)), {
    when: ule(limit(x), ones(t)),
    pays: [once(t), isImmediate(A), ugt(width(t), 1)],
  }),
  rule('bits moved down', equality(nameT(and(lshr(x, A), B)), 0), same(and(x, shl(B, A)), 0), {
    when: ult(A, width(x)),
    pays: [once(t), isImmediate(shl(B, A))],
  }),
  rule('bits moved up', equality(nameT(and(shl(x, A), B)), 0), same(and(x, lshr(B, A)), 0), {
    when: ult(A, width(x)),
    pays: [once(t), isImmediate(lshr(B, A))],
  }),
  rule('nothing above', eq(nameT(lshr(x, A)), 0), ule(x, sub(shl(1, A), 1)), {
    when: ult(A, width(x)),
    pays: [once(t), isImmediate(sub(shl(1, A), 1))],
  }),
  rule('something above', ne(nameT(lshr(x, A)), 0), ugt(x, sub(shl(1, A), 1)), {
    when: ult(A, width(x)),
    pays: [once(t), isImmediate(sub(shl(1, A), 1))],
  }),
  rule('the one bit is set', eq(and(x, A), A), ne(and(x, A), 0), { when: isPowerOf2(A) }),
  rule('the one bit is not set', ne(and(x, A), A), eq(and(x, A), 0), { when: isPowerOf2(A) }),
  rule('(int)(x & 1 != 0)', zext(ne(and(x, 1), 0)), and(x, 1)),
  rule('(long)(x & 1 != 0)', zext(ne(and(x, 1), 0)), zext(and(x, 1))),

  // Bytes in the other order.
  rule('swapped bytes against A', equality(nameT(bswap(x)), A), same(x, bswap(A)), {
    pays: [once(t), isImmediate(bswap(A))],
  }),
  rule('swapped bytes, both', equality(nameS(bswap(x)), nameT(bswap(y))), same(x, y), {
    pays: [once(s), once(t)],
  }),
  rule(
    'swapped and widened',
    equality(nameT(zext(nameS(bswap(x)))), A),
    same(zext(x, t), zext(bswap(trunc(A, x)))),
    {
      when: eq(zext(trunc(A, x), A), A),
      pays: [once(s), once(t)],
    },
  ),
  rule('some bits of swapped bytes', equality(nameT(and(bswap(x), A)), 0), same(and(x, bswap(A)), 0), {
    pays: [once(t), isImmediate(bswap(A))],
  }),
  rule(
    'some bits of swapped bytes, widened',
    equality(nameT(and(zext(bswap(x)), A)), 0),
    same(and(zext(x, t), zext(bswap(trunc(A, x)))), 0),
    { pays: once(t) },
  ),

  // Constants on both sides.
  rule('x + A == B', equality(nameT(add(x, A)), B), same(x, sub(B, A)), { pays: once(t) }),
  rule('A - x == B', equality(nameT(sub(A, x)), B), same(x, sub(A, B)), { pays: once(t) }),
  rule('x ^ A == B', equality(nameT(xor(x, A)), B), same(x, xor(A, B)), { pays: once(t) }),

  // Selections.
  rule('1 ? v : w', select(1, v, w), v),
  rule('0 ? v : w', select(0, v, w), w),
  rule('c ? v : v', select(c, v, v), v),
  rule('!c ? v : w', select(xor(c, 1), v, w), select(c, w, v)),
  rule('c ? 1 : 0, as a condition', select(c, 1, 0), c),
  rule('c ? 1 : 0', select(c, 1, 0), zext(c)),
];
