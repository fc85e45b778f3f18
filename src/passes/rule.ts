/**
 * The notation of rewrite rules: terms over captured values and constants -> rows that `rule-rewriter.ts` applies
 * and the tests prove.
 *
 * A rule says that a tree of operations (`from`) is another (`to`) wherever `when` holds. All three are terms of the IR's own
 * operations: `x`, `y` stand for any integer, `v`, `w` for a value of any type, `c` for a condition, `A`, `B` for
 * constants; the same name twice is the same value twice. An operation on constants alone is computed, in `to` and `when`, by
 * what folds constants elsewhere, so that there is no second language with a meaning of its own. `pays` says where the rule is
 * worth it and has no part in its truth. Types follow from the operations: both operands of an addition have its type, what an
 * extension extends is narrower; a match whose `to` would not be well typed is none.
 *
 * Commutative operations match either way; a constant is always their right operand. Method: pattern rewriting as in
 * LLVM's InstCombine, with rows proved one by one as in Lopes, Menendez, Nagarakatte and Regehr, "Provably Correct Peephole
 * Optimizations with Alive", PLDI 2015.
 */

import { Op, Predicate } from '../ir/ops.ts';

/** Places for what a pattern captures. */
export const slotCount = 12;

/** How `to` uses the predicate that a set of comparisons matched. */
export type PredicateUse = 'as it is' | 'inverse';

export type Term =
  /** Any value, or any integer. */
  | { readonly kind: 'value'; readonly slot: number; readonly isInteger: boolean }
  /** Any constant. */
  | { readonly kind: 'constant'; readonly slot: number }
  /** The constant with this value, in as many bits as its place has. */
  | { readonly kind: 'literal'; readonly value: bigint }
  /** A number that is known of a captured value. */
  | { readonly kind: 'fact'; readonly fact: Fact; readonly slot: number }
  | Operation;

/**
 * `width`: bits of the type; `ones`: the number with as many ones; `limit`: what the value, read as unsigned, never exceeds, as
 * the verifier knows too; `uses`: how often the value is used.
 */
export type Fact = 'width' | 'ones' | 'limit' | 'uses';

export interface Operation {
  readonly kind: 'operation';
  /** Operations that match; with more than one, `to` names the one that did by the same set. */
  readonly ops: readonly Op[];
  /** Predicates of comparisons that match. */
  readonly predicates: readonly Predicate[];
  readonly predicateUse: PredicateUse;
  readonly operands: readonly Term[];
  /** Place for the operation's own value, or -1. */
  readonly slot: number;
  /** A conversion to the type of what this place has; -1 where the type follows from elsewhere. */
  readonly typeSlot: number;
  /** In `from`: only one that does not overflow as a signed number; in `to`: the result does not. */
  readonly noSignedWrap: boolean;
  /** Made of constants only. */
  readonly isConstant: boolean;
}

export interface Rule {
  readonly name: string;
  readonly from: Operation;
  readonly to: Term;
  readonly when: readonly Term[];
  readonly pays: readonly Term[];
}

type Operand = Term | number;

const value = (slot: number, isInteger: boolean): Term => ({ kind: 'value', slot, isInteger });

export const x = value(0, true);
export const y = value(1, true);
export const v = value(3, false);
export const w = value(4, false);
export const c = value(5, true);
export const A: Term = { kind: 'constant', slot: 6 };
export const B: Term = { kind: 'constant', slot: 7 };

function termOf(operand: Operand): Term {
  return typeof operand === 'number' ? { kind: 'literal', value: BigInt(operand) } : operand;
}

export function isConstantTerm(term: Term): boolean {
  return term.kind === 'operation' ? term.isConstant : term.kind !== 'value';
}

function operation(ops: readonly Op[], operands: readonly Operand[]): Operation {
  const terms = operands.map(termOf);
  return {
    kind: 'operation',
    ops,
    predicates: [],
    predicateUse: 'as it is',
    operands: terms,
    slot: -1,
    typeSlot: -1,
    noSignedWrap: false,
    isConstant: terms.every(isConstantTerm),
  };
}

type Unary = (operand: Operand) => Operation;
type Binary = (left: Operand, right: Operand) => Operation;

const unary =
  (op: Op): Unary =>
  (operand) =>
    operation([op], [operand]);
/** One of several binary operations; in `to` the one that matched. */
export const anyOf =
  (...ops: readonly Op[]): Binary =>
  (left, right) =>
    operation(ops, [left, right]);

export const add = anyOf(Op.add);
export const sub = anyOf(Op.sub);
export const mul = anyOf(Op.mul);
export const udiv = anyOf(Op.udiv);
export const urem = anyOf(Op.urem);
export const and = anyOf(Op.and);
export const or = anyOf(Op.or);
export const xor = anyOf(Op.xor);
export const shl = anyOf(Op.shl);
export const lshr = anyOf(Op.lshr);
export const ashr = anyOf(Op.ashr);
export const ptradd = anyOf(Op.ptradd);
export const bswap = unary(Op.bswap);
export const ctlz = unary(Op.ctlz);
export const cttz = unary(Op.cttz);
export const ctpop = unary(Op.ctpop);
export const ptrtoint = unary(Op.ptrtoint);
export const inttoptr = unary(Op.inttoptr);
export const select = (condition: Operand, yes: Operand, no: Operand): Operation =>
  operation([Op.select], [condition, yes, no]);

/** A conversion; `like` gives its type where that does not follow from its place. */
type Conversion = (operand: Operand, like?: Term) => Operation;

const conversion =
  (...ops: readonly Op[]): Conversion =>
  (operand, like) => ({
    ...operation(ops, [operand]),
    typeSlot: like === undefined || like.kind === 'literal' ? -1 : like.slot,
  });

export const trunc = conversion(Op.trunc);
export const zext = conversion(Op.zext);
export const sext = conversion(Op.sext);
export const extend = conversion(Op.zext, Op.sext);

const compare =
  (predicates: readonly Predicate[], predicateUse: PredicateUse): Binary =>
  (left, right) => ({ ...operation([Op.icmp], [left, right]), predicates, predicateUse });

const {
  eq: EQ,
  ne: NE,
  ult: ULT,
  ule: ULE,
  ugt: UGT,
  uge: UGE,
  slt: SLT,
  sle: SLE,
  sgt: SGT,
  sge: SGE,
} = Predicate;
const everyPredicate = [EQ, NE, ULT, ULE, UGT, UGE, SLT, SLE, SGT, SGE] as const;

/** A comparison by one of these predicates. */
export const test = (...predicates: readonly Predicate[]): Binary => compare(predicates, 'as it is');

export const eq = test(EQ);
export const ne = test(NE);
export const ult = test(ULT);
export const ule = test(ULE);
export const ugt = test(UGT);
export const uge = test(UGE);
export const sgt = test(SGT);
export const sge = test(SGE);
/** `==` or `!=`. */
export const equality = test(EQ, NE);
export const anyTest = test(...everyPredicate);
export const signedTest = test(EQ, NE, SLT, SLE, SGT, SGE);
export const unsignedTest = test(EQ, NE, ULT, ULE, UGT, UGE);
export const orderedUnsignedTest = test(ULT, ULE, UGT, UGE);
/** What holds for equal values, and what does not. */
export const reflexiveTest = test(EQ, ULE, UGE, SLE, SGE);
export const irreflexiveTest = test(NE, ULT, UGT, SLT, SGT);

/** In `to`: the comparison that matched, of other operands; its opposite. */
export const same = compare([], 'as it is');
export const inverse = compare([], 'inverse');

/** An operation whose value has a name: `r` the whole, `s` and `t` parts. */
export type Name = (operation: Operation) => Operation;
const naming =
  (slot: number): Name =>
  (term) => ({ ...term, slot });

export const r = value(8, false);
export const s = value(9, false);
export const t = value(10, false);
export const nameR = naming(8);
export const nameS = naming(9);
export const nameT = naming(10);

/** An operation that does not overflow as a signed one (C11 6.5p5). */
export const nsw = (term: Operation): Operation => ({ ...term, noSignedWrap: true });

const known =
  (fact: Fact) =>
  (of: Term): Term => {
    const slot = of.kind === 'literal' ? -1 : of.slot;
    return { kind: 'fact', fact, slot };
  };

export const width = known('width');
export const ones = known('ones');
export const limit = known('limit');

/** A value that only this match uses. */
export const once = (of: Term): Operation => eq(known('uses')(of), 1);

/** A power of two. */
export const isPowerOf2 = (term: Operand): Operation => eq(ctpop(term), 1);

export interface Conditions {
  readonly when?: Term | readonly Term[];
  readonly pays?: Term | readonly Term[];
}

const listOf = (terms: Term | readonly Term[] | undefined): readonly Term[] => {
  if (terms === undefined) return [];
  return 'kind' in terms ? [terms] : terms;
};

export function rule(name: string, from: Operation, to: Operand, conditions: Conditions = {}): Rule {
  return { name, from, to: termOf(to), when: listOf(conditions.when), pays: listOf(conditions.pays) };
}
