/**
 * Selection of control flow: conditions, branches, selects and the values that flow along edges.
 *
 * Conditions: a comparison is done where its result is branched on, so that the verifier sees the test and the use of
 * the tested register together; and/or of conditions become two branches. Only a condition that is wanted as a
 * value is made into 0 or 1, and a select is a branch around an assignment (BPF has no conditional move).
 *
 * Phis: the values of an edge are copied in parallel before the jump, or in a block of their own where the edge is
 * critical. The order of the copies, with a temporary for cycles, is the standard one for parallel moves (Boissinot et al.,
 * "Revisiting Out-of-SSA Translation", CGO 2009, algorithm 1).
 */

import type { BlockId, Ins, ValueId } from '../ir/func.ts';
import { invertPredicate, Op, Predicate, swapPredicate } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { Kind } from '../isa/table.ts';
import { bug } from '../support/bug.ts';
import { type MachineBlock, type MachineIns, type Opcode, Pseudo, type Register } from './machine.ts';
import { sequentialize } from './parallel-copy.ts';
import { asImmediate, type Selection } from './selection.ts';

/** Jump operation by predicate. */
const jumps = ['jeq', 'jne', 'jlt', 'jle', 'jgt', 'jge', 'jslt', 'jsle', 'jsgt', 'jsge'] as const;

const maxConditionDepth = 16;

/** While a select is made: the register that already holds a copy of `from` is tested in its place. */
interface Substitution {
  readonly from: Register;
  readonly to: Register;
}

export class Branching {
  private readonly s: Selection;
  /** The kernel takes any 32 bits as result. */
  private readonly returnsAnything: boolean;
  private readonly materialized: ReadonlySet<ValueId>;

  constructor(s: Selection, returnsAnything: boolean) {
    this.s = s;
    this.returnsAnything = returnsAnything;
    this.materialized = materializedConditions(s);
  }

  /** Is the result of this i1 operation wanted in a register? */
  isMaterialized(value: ValueId): boolean {
    return this.materialized.has(value);
  }

  /** icmp whose result is a value: 1 or 0. */
  selectComparison(ins: Ins): void {
    if (!this.isMaterialized(ins.id)) return;
    const { s } = this;
    const dst = s.define(ins.id);
    s.loadConstant(dst, 1n, 1);
    this.around(
      (yes, no) => this.compare(ins, yes, no, undefined),
      () => s.loadConstant(dst, 0n, 1),
    );
  }

  /** condition ? a : b, as an assignment of one and a branch around the assignment of the other. */
  selectSelect(ins: Ins): void {
    const { s } = this;
    const dst = s.define(ins.id);
    const condition = s.operand(ins, 0);
    let [first, second] = [s.operand(ins, 1), s.operand(ins, 2)];
    // Assign early the value that is compared, or else one that sits in a register: the copy may then vanish.
    const negate = this.rank(second, condition) > this.rank(first, condition);
    if (negate) [first, second] = [second, first];
    s.assign(dst, first);
    const substitution = s.isMaterialized(first) ? undefined : { from: s.use(first), to: dst };
    this.around(
      (join, side) =>
        negate
          ? this.branch(condition, side, join, substitution)
          : this.branch(condition, join, side, substitution),
      () => s.assign(dst, second),
    );
  }

  private rank(value: ValueId, condition: ValueId): number {
    const { s } = this;
    if (s.isMaterialized(value)) return 0;
    const test = s.ins(condition);
    const isCompared =
      test.op === Op.icmp && test.operands.some((other) => s.resolve(other) === s.resolve(value));
    return isCompared ? 2 : 1;
  }

  /** Runs `assign` in a block of its own, which `emitBranch` goes around or to. */
  private around(emitBranch: (join: MachineBlock, side: MachineBlock) => void, assign: () => void): void {
    const { s } = this;
    const side = s.machine.createBlock();
    const join = s.machine.createBlock();
    const cache = s.saveCache();
    emitBranch(join, side);
    s.startBlock(side);
    assign();
    s.jump(join);
    s.startBlock(join);
    s.restoreCache(cache);
  }

  /** Ends the current block: to `yes` when `condition` holds, to `no` otherwise. */
  branch(
    condition: ValueId,
    yes: MachineBlock,
    no: MachineBlock,
    substitution: Substitution | undefined,
  ): void {
    const { s } = this;
    const ins = s.ins(condition);
    const isSplit = !this.isMaterialized(condition);
    if (ins.op === Op.const) {
      s.jump(ins.imm === 0n ? no : yes);
    } else if (ins.op === Op.icmp && !this.isMaterialized(condition)) {
      this.compare(ins, yes, no, substitution);
    } else if (ins.op === Op.xor && isSplit && s.constant(s.operand(ins, 1)) === 1n) {
      this.branch(s.operand(ins, 0), no, yes, substitution);
    } else if ((ins.op === Op.and || ins.op === Op.or) && isSplit) {
      const second = s.machine.createBlock();
      if (ins.op === Op.and) this.branch(s.operand(ins, 0), second, no, substitution);
      else this.branch(s.operand(ins, 0), yes, second, substitution);
      s.continueIn(second);
      this.branch(s.operand(ins, 1), yes, no, substitution);
    } else {
      const jump = s.emit(Kind.jne64_imm, s.use(condition), -1);
      jump.target = yes.id;
      jump.otherTarget = no.id;
    }
  }

  private compare(
    ins: Ins,
    yes: MachineBlock,
    no: MachineBlock,
    substitution: Substitution | undefined,
  ): void {
    const { s } = this;
    let [left, right] = [s.operand(ins, 0), s.operand(ins, 1)];
    let predicate = ins.aux;
    if (s.constant(left) !== undefined) {
      [left, right] = [right, left];
      predicate = swapPredicate(predicate);
    }
    const bits = bitsOf(s.ins(left).type);
    const width = bits <= 32 && s.target.alu32 ? 32 : 64;
    const isSigned = predicate >= Predicate.slt;
    const clean = (value: ValueId): Register => {
      if (bits >= width) return s.use(value);
      return isSigned ? s.signExtended(value, width) : s.zeroExtended(value);
    };
    const constant = s.constant(right);
    const extended = constant !== undefined && isSigned ? BigInt.asIntN(bits, constant) : constant;
    const immediate = extended === undefined ? undefined : asImmediate(extended, width);
    const exchange = (register: Register): Register =>
      substitution !== undefined && register === substitution.from ? substitution.to : register;
    const leftRegister = exchange(clean(left));
    const rightRegister = immediate === undefined ? exchange(clean(right)) : -1;
    this.emitJump({ predicate, width, left: leftRegister, right: rightRegister, immediate }, yes, no);
  }

  /** Brings a comparison into a form the processor has: the first has only "greater" jumps. */
  private emitJump(test: Test, yes: MachineBlock, no: MachineBlock): void {
    const { s } = this;
    const { predicate, width, left, right, immediate } = test;
    const suffix = immediate === undefined ? 'reg' : 'imm';
    const opcodeOf = (wanted: Predicate): Opcode | undefined =>
      s.target.form(`${jumps[wanted]}${width}_${suffix}`);
    const emit = (opcode: Opcode, a: Register, b: Register, to: MachineBlock, other: MachineBlock): void => {
      const jump = s.emit(opcode, a, b, 0, immediate ?? 0);
      jump.target = to.id;
      jump.otherTarget = other.id;
    };
    const direct = opcodeOf(predicate);
    if (direct !== undefined) return emit(direct, left, right, yes, no);
    const exchanged = opcodeOf(swapPredicate(predicate));
    if (immediate === undefined && exchanged !== undefined) return emit(exchanged, right, left, yes, no);
    const opposite = opcodeOf(invertPredicate(predicate));
    if (opposite !== undefined) return emit(opposite, left, right, no, yes);
    bug(`no jump for predicate ${predicate}`);
  }

  /** The block to jump to for the edge from `from` to `to`: `to` itself, or a block with the edge's copies. */
  private edge(from: BlockId, to: BlockId, pending: MachineBlock[]): MachineBlock {
    const { s } = this;
    const copies = this.copiesOf(from, to);
    if (copies.length === 0) return s.head(to);
    const block = s.machine.createBlock();
    pending.push(block);
    return block;
  }

  private copiesOf(from: BlockId, to: BlockId): { readonly phi: ValueId; readonly value: ValueId }[] {
    const { s } = this;
    const result: { phi: ValueId; value: ValueId }[] = [];
    for (const id of s.func.block(to).instructions) {
      const phi = s.ins(id);
      if (phi.op !== Op.phi) break;
      const index = phi.targets.indexOf(from);
      const value = phi.operands[index] ?? bug(`phi v${id} has no operand for b${from}`);
      result.push({ phi: id, value });
    }
    return result;
  }

  /** Does the copies of an edge in the current block. */
  private emitCopies(from: BlockId, to: BlockId): void {
    const { s } = this;
    const moves: { dst: Register; src: Register }[] = [];
    const constants: { dst: Register; value: ValueId }[] = [];
    for (const { phi, value } of this.copiesOf(from, to)) {
      const dst = s.define(phi);
      if (s.isMaterialized(value)) constants.push({ dst, value });
      else moves.push({ dst, src: s.use(value) });
    }
    for (const move of sequentialize(moves, () => s.newRegister())) s.copy(move.dst, move.src);
    for (const { dst, value } of constants) s.assign(dst, value);
  }

  selectJump(ins: Ins): void {
    const to = ins.targets[0] ?? bug(`v${ins.id} jumps nowhere`);
    this.emitCopies(ins.block, to);
    this.s.jump(this.s.head(to));
  }

  selectConditional(ins: Ins): void {
    const { s } = this;
    const [yes, no] = ins.targets;
    if (yes === undefined || no === undefined) bug(`v${ins.id} lacks a target`);
    if (yes === no) return this.selectJump(ins);
    const pending: MachineBlock[] = [];
    const yesBlock = this.edge(ins.block, yes, pending);
    const noBlock = this.edge(ins.block, no, pending);
    this.branch(s.operand(ins, 0), yesBlock, noBlock, undefined);
    for (const block of pending) {
      const to = block === yesBlock ? yes : no;
      s.startEdgeBlock(block, s.head(to));
      this.emitCopies(ins.block, to);
      s.jump(s.head(to));
    }
  }

  /** Gives an asm goto, which is the last instruction so far, its ways: behind the text and to the labels. */
  selectAsmGoto(ins: Ins, asm: MachineIns | undefined): void {
    const { s } = this;
    const [next, ...labels] = ins.targets;
    if (next === undefined) bug(`v${ins.id} goes nowhere`);
    const pending: MachineBlock[] = [];
    const edges = new Map([...new Set(ins.targets)].map((to) => [to, this.edge(ins.block, to, pending)]));
    const blockOf = (to: BlockId): number => edges.get(to)?.id ?? -1;
    if (asm?.asm === undefined) s.jump(edges.get(next) ?? s.head(next));
    else {
      asm.target = blockOf(next);
      asm.asm.labels.push(...labels.map(blockOf));
    }
    for (const [to, block] of edges) {
      if (!pending.includes(block)) continue;
      s.startEdgeBlock(block, s.head(to));
      this.emitCopies(ins.block, to);
      s.jump(s.head(to));
    }
  }

  /**
   * Returns. The caller of an i32 reads 32 bits, and one of a narrower integer takes it as extended to that. But where the
   * verifier checks the range of r0 it looks at all 64, so that what was compared has clean upper bits; a call's
   * result that nothing has compared has no range. Callers of static functions rely on that, too.
   */
  selectReturn(ins: Ins): void {
    const { s } = this;
    const value = ins.operands[0];
    if (value !== undefined) {
      const { op } = s.ins(s.resolve(value));
      const isAnything = (op === Op.call || op === Op.call_helper) && !s.isCompared(value);
      s.passValue(0, value, isAnything || this.returnsAnything ? 32 : 64);
    }
    const exit = s.emit(Kind.exit, -1, -1);
    exit.reads = value === undefined ? 0 : 1;
  }

  selectUnreachable(): void {
    this.s.emit(Pseudo.unreachable, -1, -1);
  }
}

interface Test {
  readonly predicate: Predicate;
  readonly width: 32 | 64;
  readonly left: Register;
  readonly right: Register;
  readonly immediate: number | undefined;
}

const isLogic = (op: Op): boolean => op === Op.and || op === Op.or || op === Op.xor;
const isCondition = (ins: Ins): boolean => isLogic(ins.op) && ins.type === Type.i1;

/** Levels of and/or/xor below a condition; beyond the bound for one that was not seen yet. */
function depthOf(ins: Ins, depths: ReadonlyMap<ValueId, number>): number {
  return isCondition(ins) ? (depths.get(ins.id) ?? maxConditionDepth) : 0;
}

/**
 * i1 operations whose result is needed as a value: used by something else than a branch, a select's condition, or
 * another condition that is only branched on. A condition in another block than its branch stays a comparison too.
 */
function materializedConditions(s: Selection): ReadonlySet<ValueId> {
  const wanted = new Set<ValueId>();
  const work: ValueId[] = [];
  const want = (value: ValueId): void => {
    const ins = s.ins(value);
    if (ins.type !== Type.i1 || wanted.has(value)) return;
    wanted.add(value);
    work.push(value);
  };
  const useCount = new Map<ValueId, number>();
  for (const ins of s.func.values) {
    if (ins === undefined) continue;
    const isBranch = ins.op === Op.condbr || ins.op === Op.select;
    ins.operands.forEach((operand, index) => {
      useCount.set(operand, (useCount.get(operand) ?? 0) + 1);
      if (!isCondition(ins) && !(isBranch && index === 0)) want(operand);
    });
  }
  const depths = new Map<ValueId, number>();
  for (const block of s.func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = s.ins(id);
      if (!isCondition(ins)) continue;
      // A tree is taken apart once and to a bounded depth; xor of two conditions needs both as values.
      const isNot = ins.op === Op.xor && s.constant(s.operand(ins, 1)) === 1n;
      const depth = 1 + Math.max(...ins.operands.map((operand) => depthOf(s.ins(operand), depths)));
      depths.set(id, depth);
      const isTree = (useCount.get(id) ?? 0) === 1 && depth <= maxConditionDepth;
      if (!isTree || (ins.op === Op.xor && !isNot)) {
        depths.set(id, 0);
        want(id);
      }
    }
  }
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    const ins = s.ins(value);
    if (isLogic(ins.op)) ins.operands.forEach(want);
  }
  return wanted;
}
