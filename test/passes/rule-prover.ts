/**
 * Proves rewrite rules: a rule -> the first inputs for which its sides differ, or undefined.
 *
 * Two ways. In narrow types (1, 2 and 4 bits; for byte swaps 16 bits, and 24 sampled) every value of every operand, every constant and every bound that
 * `when` admits is tried: what holds for two's complement numbers of each small width and is written without a width holds for
 * wide ones, and what is not is caught by the second way. In the IR's own types, functions made of the pattern are rewritten by
 * the real rewriter, validated, and run on corner and random values before and after. The meaning of operations is in both
 * cases that of the IR's evaluator. After Lopes et al., "Provably Correct Peephole Optimizations with Alive", PLDI 2015,
 * with enumeration in the place of a solver.
 */

import { noPos } from '../../src/diagnostics/source-manager.ts';
import { Builder } from '../../src/ir/builder.ts';
import { Evaluator } from '../../src/ir/evaluator.ts';
import { foldOperation } from '../../src/ir/fold.ts';
import { Func, InsFlag, type ValueId } from '../../src/ir/func.ts';
import { Module } from '../../src/ir/module.ts';
import { invertPredicate, Op, opRow, type Predicate } from '../../src/ir/ops.ts';
import { printModule } from '../../src/ir/printer.ts';
import { bitsOf, integerType, Type } from '../../src/ir/types.ts';
import { validateModule } from '../../src/ir/validator.ts';
import type { CombineContext } from '../../src/passes/combine-context.ts';
import type { Operation, Rule, Term } from '../../src/passes/rule.ts';
import { slotCount } from '../../src/passes/rule.ts';
import { RuleIndex, tableOf, variantsOf } from '../../src/passes/rule-index.ts';
import { Rewriter } from '../../src/passes/rule-rewriter.ts';
import { RuleTypes, type Widths } from './rule-types.ts';

/** Small deterministic generator (Marsaglia, "Xorshift RNGs", 2003). */
export class Random {
  private state = 0x2545f491;
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x | 0;
    return x >>> 0;
  }
  bits(width: number): bigint {
    return BigInt.asUintN(width, (BigInt(this.next()) << 32n) | BigInt(this.next()));
  }
}

/** Terms of a rule, from the outside in. */
function* termsOf(term: Term): Generator<Term> {
  yield term;
  if (term.kind === 'operation') for (const operand of term.operands) yield* termsOf(operand);
}

const allTerms = (rule: Rule): Term[] =>
  [rule.from, rule.to, ...rule.when].flatMap((term) => [...termsOf(term)]);

/** Which of a set of operations and of predicates is meant. */
interface Choice {
  readonly op: Op;
  readonly predicate: Predicate;
}

function choicesOf(rule: Rule): Choice[] {
  const operations = [...termsOf(rule.from)].filter((term) => term.kind === 'operation');
  const ops = operations.find((term) => term.ops.length > 1)?.ops ?? [0];
  const predicates = operations.find((term) => term.predicates.length > 1)?.predicates ?? [0];
  return ops.flatMap((op) => predicates.map((predicate) => ({ op, predicate })));
}

const opOf = (term: Operation, choice: Choice): Op => (term.ops.length > 1 ? choice.op : (term.ops[0] ?? 0));

function predicateOf(term: Operation, choice: Choice): Predicate {
  const predicate = term.predicates.length === 1 ? (term.predicates[0] ?? 0) : choice.predicate;
  return term.predicateUse === 'inverse' ? invertPredicate(predicate) : predicate;
}

function overflows(op: Op, width: number, values: readonly bigint[], result: bigint): boolean {
  const [a = 0n, b = 0n] = values;
  const left = BigInt.asIntN(width, a);
  const right = BigInt.asIntN(width, b);
  const got = BigInt.asIntN(width, result);
  switch (op) {
    case Op.add:
      return left + right !== got;
    case Op.sub:
      return left - right !== got;
    case Op.mul:
      return left * right !== got;
    case Op.shl:
      return left << (b & BigInt(width - 1)) !== got;
    default:
      return false;
  }
}

// Narrow types, exhaustively.

type Evaluate = () => number;

const limitSlot = slotCount;
const maxCases = 1 << 13;

class NarrowProof {
  /** Values by slot, then bounds by slot. */
  private readonly env = new Int32Array(2 * slotCount);
  private readonly tables: Map<string, Int32Array>;
  private readonly types: RuleTypes;
  private readonly widths: Widths;
  private readonly choice: Choice;
  private hasOverflow = false;

  constructor(types: RuleTypes, widths: Widths, choice: Choice, tables: Map<string, Int32Array>) {
    this.types = types;
    this.widths = widths;
    this.choice = choice;
    this.tables = tables;
  }

  /** A counterexample. */
  run(rule: Rule, random: Random): string | undefined {
    const { env } = this;
    const inputs = this.inputsOf(rule);
    const limits = allTerms(rule).flatMap((term) =>
      term.kind === 'fact' && term.fact === 'limit' ? [term.slot] : [],
    );
    const bounds = [...new Set(limits)].map((slot) => ({
      slot: limitSlot + slot,
      bits: this.bitsOfSlot(slot),
    }));
    const all = [...inputs, ...bounds];
    const bits = all.reduce((sum, input) => sum + input.bits, 0);
    const from = this.compile(rule.from);
    const to = this.compile(rule.to);
    const when = rule.when.map((term) => this.compile(term));
    const isExhaustive = bits <= 16;
    for (let number = 0; number < (isExhaustive ? 1 << bits : maxCases); number++) {
      let rest = isExhaustive ? number : random.next();
      for (const { slot, bits: size } of all) {
        env[slot] = rest & ((1 << size) - 1);
        rest = isExhaustive ? rest >>> size : random.next();
      }
      if (bounds.some(({ slot }) => (env[slot - limitSlot] ?? 0) > (env[slot] ?? 0))) continue;
      this.hasOverflow = false;
      const expected = from();
      if (this.hasOverflow || when.some((condition) => condition() === 0)) continue;
      const found = to();
      if (found === expected && !this.hasOverflow) continue;
      const row = all.map(({ slot, bits: size }) => `${slot}=${env[slot]}:${size}`).join(' ');
      return `${row} op ${opRow(this.choice.op).name} predicate ${this.choice.predicate}: ${expected} is not ${this.hasOverflow ? 'overflow' : found}`;
    }
    return undefined;
  }

  private bitsOfSlot(slot: number): number {
    return this.widths.get(this.types.classOfSlot(slot)) ?? 0;
  }

  private inputsOf(rule: Rule): { slot: number; bits: number }[] {
    const slots = [...termsOf(rule.from)].flatMap((term) =>
      term.kind === 'value' || term.kind === 'constant' ? [term.slot] : [],
    );
    return [...new Set(slots)].map((slot) => ({ slot, bits: this.bitsOfSlot(slot) }));
  }

  private compile(term: Term): Evaluate {
    const { env } = this;
    const bits = this.widths.get(this.types.classOf(term)) ?? 0;
    switch (term.kind) {
      case 'value':
      case 'constant': {
        const { slot } = term;
        return () => env[slot] ?? 0;
      }
      case 'literal': {
        const value = Number(BigInt.asUintN(bits, term.value));
        return () => value;
      }
      case 'fact': {
        const slot = limitSlot + term.slot;
        const width = this.bitsOfSlot(term.slot);
        if (term.fact === 'limit') return () => env[slot] ?? 0;
        if (term.fact === 'uses') throw new Error('uses are no matter of truth');
        const value = Number(BigInt.asUintN(bits, BigInt(term.fact === 'width' ? width : 2 ** width - 1)));
        return () => value;
      }
      case 'operation':
        return this.compileOperation(term, bits);
      default:
        return term satisfies never;
    }
  }

  private compileOperation(term: Operation, bits: number): Evaluate {
    const op = opOf(term, this.choice);
    const predicate = predicateOf(term, this.choice);
    const operands = term.operands.map((operand) => this.compile(operand));
    const [a, b] = operands;
    const [first, second] = term.operands.map((operand) => this.widths.get(this.types.classOf(operand)) ?? 0);
    const { env } = this;
    const { slot, noSignedWrap } = term;
    let evaluate: Evaluate;
    const fold = (...values: number[]): bigint => {
      const numbers = values.map(BigInt);
      return foldOperation(op, predicate, bits, first ?? 0, numbers) ?? 0n;
    };
    if (
      a !== undefined &&
      operands.length <= 2 &&
      (first ?? 0) + (b === undefined ? 0 : (second ?? 0)) <= 16
    ) {
      const table = this.table(
        `${op} ${predicate} ${bits} ${first} ${second}`,
        1 << ((first ?? 0) + (second ?? 0)),
      );
      const shift = first ?? 0;
      const lookUp = (left: number, right: number): number => {
        const at = left | (right << shift);
        const known = table[at] ?? -1;
        if (known >= 0) return known;
        const result = Number(b === undefined ? fold(left) : fold(left, right));
        table[at] = result;
        return result;
      };
      evaluate = () => {
        const left = a();
        const right = b === undefined ? 0 : b();
        const result = lookUp(left, right);
        if (noSignedWrap && overflows(op, bits, [BigInt(left), BigInt(right)], BigInt(result))) {
          this.hasOverflow = true;
        }
        return result;
      };
    } else evaluate = () => Number(fold(...operands.map((operand) => operand())));
    if (slot < 0) return evaluate;
    return () => (env[slot] = evaluate());
  }

  private table(key: string, size: number): Int32Array {
    const known = this.tables.get(key);
    if (known !== undefined) return known;
    const table = new Int32Array(size).fill(-1);
    this.tables.set(key, table);
    return table;
  }
}

/** A counterexample among all narrow values; `tables` are shared between rules. */
export function refuteNarrow(
  rule: Rule,
  random: Random,
  tables: Map<string, Int32Array>,
): string | undefined {
  const swapsBytes = allTerms(rule).some((term) => term.kind === 'operation' && term.ops.includes(Op.bswap));
  const converts = allTerms(rule).some((term) => term.kind === 'operation' && term.ops.includes(Op.zext));
  const domain = swapsBytes ? (converts ? [16, 24] : [16]) : [1, 2, 4];
  let count = 0;
  for (const variant of variantsOf(rule)) {
    const types = new RuleTypes(variant);
    for (const widths of types.assignments(domain, domain)) {
      for (const choice of choicesOf(variant)) {
        count++;
        const found = new NarrowProof(types, widths, choice, tables).run(variant, random);
        if (found !== undefined) return found;
      }
    }
  }
  return count === 0 ? 'no widths fit' : undefined;
}

// The IR's own types.

function cornersOf(width: number): bigint[] {
  const one = 1n;
  const all = BigInt(width);
  const list = [0n, 1n, 2n, 3n, 5n, 7n, 8n, 16n, 24n, -1n, -2n, -8n, all - 1n, all - 3n, all / 2n];
  for (const bit of [3, 7, 8, 15, 16, 31, 32, 48, 56, 63].filter((at) => at < width)) {
    list.push(one << BigInt(bit), (one << BigInt(bit)) - 1n, -(one << BigInt(bit)));
  }
  return [...new Set(list.map((value) => BigInt.asUintN(width, value)))];
}

const corners = new Map([1, 8, 16, 32, 64].map((width) => [width, cornersOf(width)]));

interface Pattern {
  readonly module: Module;
  readonly func: Func;
  readonly root: ValueId;
}

/** A function of the pattern: parameters in place of values, `constants` in place of constants and bounds. */
class PatternBuilder {
  private readonly types: RuleTypes;
  private readonly widths: Widths;
  private readonly choice: Choice;
  private readonly constant: (width: number) => bigint;
  private readonly limited: ReadonlySet<number>;
  private readonly slots = new Map<number, ValueId>();

  constructor(
    rule: Rule,
    types: RuleTypes,
    widths: Widths,
    choice: Choice,
    constant: (width: number) => bigint,
  ) {
    this.types = types;
    this.widths = widths;
    this.choice = choice;
    this.constant = constant;
    this.limited = new Set(
      allTerms(rule).flatMap((term) => (term.kind === 'fact' && term.fact === 'limit' ? [term.slot] : [])),
    );
  }

  private typeOfClass(type: number): Type {
    return this.types.isPointer(type) ? Type.ptr : (integerType(this.widths.get(type) ?? 64) ?? Type.i64);
  }

  build(rule: Rule): Pattern {
    const module = new Module();
    const slots = [...termsOf(rule.from)].flatMap((term) => (term.kind === 'value' ? [term.slot] : []));
    const parameters = [...new Set(slots)];
    const types = parameters.map((slot) => this.typeOfClass(this.types.classOfSlot(slot)));
    const symbol = module.addSymbol({
      name: 'f',
      kind: 'function',
      linkage: 'external',
      visibility: 'default',
      section: undefined,
      inline: 'none',
      isUsed: false,
      isConstant: false,
      align: 8,
      pos: noPos,
      data: undefined,
      func: undefined,
    });
    const type = this.typeOfClass(this.types.classOf(rule.from));
    const func = new Func('f', symbol.id, types, type, noPos);
    symbol.func = func;
    const builder = new Builder(func, func.addBlock().id);
    parameters.forEach((slot, index) => {
      const value = func.parameter(index);
      const width = bitsOf(types[index] ?? Type.i64);
      const mask = this.limited.has(slot)
        ? func.constant(types[index] ?? Type.i64, this.constant(width))
        : undefined;
      this.slots.set(slot, mask === undefined ? value : builder.and(value, mask));
    });
    const root = this.term(func, builder, rule.from);
    builder.ret(root);
    return { module, func, root };
  }

  private term(func: Func, builder: Builder, term: Term): ValueId {
    const type = this.typeOfClass(this.types.classOf(term));
    switch (term.kind) {
      case 'value':
      case 'constant': {
        const known = this.slots.get(term.slot);
        if (known !== undefined) return known;
        const made = func.constant(type, this.constant(bitsOf(type)));
        this.slots.set(term.slot, made);
        return made;
      }
      case 'literal':
        return func.constant(type, term.value);
      case 'operation': {
        const operands = term.operands.map((operand) => this.term(func, builder, operand));
        const ins = func.create(opOf(term, this.choice), type, operands);
        if (ins.op === Op.icmp) ins.aux = predicateOf(term, this.choice);
        if (term.noSignedWrap) ins.flags = InsFlag.noSignedWrap;
        builder.place(ins);
        return ins.id;
      }
      default:
        throw new Error('a fact in a pattern');
    }
  }
}

/** Does an operation that must not overflow do so? */
function isUndefined(func: Func, args: readonly bigint[]): boolean {
  const values = new Map<ValueId, bigint>();
  const operandOf = (id: ValueId): bigint => {
    const ins = func.ins(id);
    if (ins.op === Op.const) return ins.imm;
    if (ins.op === Op.param) return BigInt.asUintN(bitsOf(ins.type), args[ins.aux] ?? 0n);
    return values.get(id) ?? 0n;
  };
  for (const id of func.block(func.entry).instructions) {
    const ins = func.ins(id);
    const operands = ins.operands.map(operandOf);
    const [first] = ins.operands;
    const width = bitsOf(ins.type);
    const from = first === undefined ? 0 : bitsOf(func.ins(first).type);
    const result = foldOperation(ins.op, ins.aux, width, from, operands) ?? 0n;
    if ((ins.flags & InsFlag.noSignedWrap) !== 0 && overflows(ins.op, width, operands, result)) return true;
    values.set(id, result);
  }
  return false;
}

/** Rewrites the root by `rule` alone; false when it does not match. */
function rewrite({ module, func, root }: Pattern, rule: Rule): boolean {
  const builder = new Builder(func, func.entry);
  const block = func.block(func.entry);
  const uses = new Map<ValueId, number>();
  for (const id of block.instructions) {
    for (const operand of func.ins(id).operands) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  }
  const ret = func.ins(block.instructions.pop() ?? root);
  block.instructions.pop();
  const cx: CombineContext = {
    func,
    module,
    options: { optLevel: 2, cpu: 3, littleEndian: true, features: new Set() },
    keepsWide: false,
    builder,
    useCount: (value) => uses.get(value) ?? 1,
  };
  const result = new Rewriter(cx, new RuleIndex(tableOf([rule]))).apply(func.ins(root));
  if (typeof result === 'number') ret.operands = [result];
  else builder.place(func.ins(root));
  builder.place(ret);
  return result !== undefined;
}

const constantTries = 32;
const valueTries = 8;

/** A counterexample among corner and random values of the IR's types; also when the rule never applies. */
export function refuteWide(rule: Rule, random: Random): string | undefined {
  let count = 0;
  for (const variant of variantsOf(rule)) {
    const types = new RuleTypes(variant);
    for (const widths of types.assignments([1, 8, 16, 32, 64], [64])) {
      for (const choice of choicesOf(variant)) {
        if ([...termsOf(variant.from)].some((term) => isByteSwapOfLess(term, types, widths))) continue;
        const hasConstants = allTerms(variant).some(({ kind }) => kind === 'constant' || kind === 'fact');
        for (let i = 0; i < (hasConstants ? constantTries : 1); i++) {
          const found = refuteOne(variant, types, widths, choice, random);
          if (typeof found === 'string') return found;
          if (found) count++;
        }
      }
    }
  }
  return count === 0 ? 'never applies' : undefined;
}

function isByteSwapOfLess(term: Term, types: RuleTypes, widths: Widths): boolean {
  return (
    term.kind === 'operation' && term.ops.includes(Op.bswap) && (widths.get(types.classOf(term)) ?? 0) < 16
  );
}

/** A counterexample, or whether the rule applied. */
function refuteOne(
  rule: Rule,
  types: RuleTypes,
  widths: Widths,
  choice: Choice,
  random: Random,
): string | boolean {
  const pick = (width: number): bigint => {
    const list = corners.get(width) ?? [];
    return random.next() % 4 === 0 ? random.bits(width) : (list[random.next() % list.length] ?? 0n);
  };
  const constants: bigint[] = [];
  const recorded = (width: number): bigint => {
    const value = pick(width);
    constants.push(value);
    return value;
  };
  const before = new PatternBuilder(rule, types, widths, choice, recorded).build(rule);
  const replay = constants.values();
  const after = new PatternBuilder(rule, types, widths, choice, () => replay.next().value ?? 0n).build(rule);
  if (!rewrite(after, rule)) return false;
  const violations = validateModule(after.module);
  if (violations.length > 0) return `${JSON.stringify(violations)}\n${printModule(after.module)}`;
  const [first, second] = [new Evaluator(before.module), new Evaluator(after.module)];
  for (let i = 0; i < valueTries; i++) {
    const args = before.func.parameterTypes.map((type) => pick(bitsOf(type)));
    if (isUndefined(before.func, args)) continue;
    const expected = first.run(before.func, args);
    const found = second.run(after.func, args);
    const isSame =
      expected.value === found.value && expected.fault === undefined && found.fault === undefined;
    if (isSame && !isUndefined(after.func, args)) continue;
    return `f(${args}) is ${expected.value}, then ${found.fault ?? found.value}:\n${printModule(before.module)}${printModule(after.module)}`;
  }
  return true;
}
