/**
 * What a copy of a callee costs at one call: instructions that will be in the code, less those of the call.
 *
 * Method: that of LLVM's inline cost analysis, after Chang and Hwu, "Inline Function Expansion for Compiling C Programs" (1989): the
 * callee is walked once from its entry with the constants that the call passes; what folds costs nothing, a branch that
 * is decided leads one way only, and what reads or writes an object of the caller's frame through a parameter costs nothing as
 * long as the address stays in sight, since the object will become values. A call costs few nanoseconds where it stands, a
 * copy the place of all its instructions: what is copied without a hint is short.
 *
 * BPF's own: frames of a chain of calls have 512 bytes together (kernel/bpf/verifier.c, `check_max_stack_depth`), where
 * objects in one frame share their places once they are dead.
 */

import { foldValues } from '../ir/fold.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { isForSize, isForVerifier, type PassOptions } from './pass.ts';

/** A call that stays, beside its arguments: registers are lost, values around it go to r6-r9 or the stack. */
const callPenalty = 5;
/** Worth a copy at each call. */
const threshold = 30;
const thresholdForHint = 65;
const thresholdForSize = 12;
/** The verifier follows a copy once where it would follow each call. */
const thresholdForVerifier = 400;
/** What the frames of a chain of calls may take, less some room for values that find no register. */
const frameLimit = 512 - 64;
/** The kernel counts frames in steps of this size. */
const frameStep = 32;

/** Bytes of a function's own frame, as the kernel counts them, before values without a register. */
export function frameSize(func: Func): number {
  let size = 0;
  for (const id of func.block(func.entry).instructions) {
    const ins = func.ins(id);
    if (ins.op === Op.alloca) size += Number(ins.imm);
  }
  return Math.max(frameStep, Math.ceil(size / frameStep) * frameStep);
}

/** Do a caller's frame and those below it leave no room for a call? `below` is what callee and callees take. */
export function needsOneFrame(own: number, below: number): boolean {
  return own + below > frameLimit;
}

/** Is a copy of `callee` worth its place at this call? */
export function isWorthInlining(
  caller: Func,
  call: Ins,
  callee: Func,
  isHinted: boolean,
  options: PassOptions,
): boolean {
  const cost = new CalleeWalk(caller, call, callee).run();
  if (isForSize(options)) return cost < thresholdForSize;
  if (isForVerifier(options)) return cost < thresholdForVerifier;
  return cost < (isHinted ? thresholdForHint : threshold);
}

/** Operations that need no instruction, or are one with their users. */
const freeOperations: ReadonlySet<Op> = new Set([
  Op.phi,
  Op.br,
  Op.ret,
  Op.unreachable,
  Op.alloca,
  Op.lifetime_start,
  Op.lifetime_end,
  Op.compiler_fence,
  Op.is_constant,
  Op.asm_output,
  Op.barrier,
  Op.trunc,
  Op.zext,
  Op.ptrtoint,
  Op.inttoptr,
]);

class CalleeWalk {
  private readonly caller: Func;
  private readonly callee: Func;
  private readonly constants = new Map<ValueId, bigint>();
  /** Addresses inside of an object of the caller's frame, by the alloca. */
  private readonly inFrame = new Map<ValueId, ValueId>();
  /** What accesses through them would cost if the object stays in memory. */
  private readonly saved = new Map<ValueId, number>();
  private cost: number;

  constructor(caller: Func, call: Ins, callee: Func) {
    this.caller = caller;
    this.callee = callee;
    this.cost = -(1 + callPenalty + call.operands.length);
    for (const [index, operand] of call.operands.entries()) {
      const constant = constantOf(caller, operand);
      if (constant !== undefined) this.constants.set(callee.parameter(index), constant);
      const object = this.objectOf(operand);
      if (object !== undefined) this.inFrame.set(callee.parameter(index), object);
    }
  }

  private objectOf(pointer: ValueId): ValueId | undefined {
    let at = this.caller.ins(pointer);
    while (at.op === Op.ptradd) {
      const [base, offset] = at.operands;
      if (base === undefined || offset === undefined || constantOf(this.caller, offset) === undefined)
        return undefined;
      at = this.caller.ins(base);
    }
    return at.op === Op.alloca ? at.id : undefined;
  }

  /** Walks what can be reached, each block once. */
  run(): number {
    const reached = new Set<BlockId>([this.callee.entry]);
    for (const block of reached) {
      for (const id of this.callee.block(block).instructions) this.visit(this.callee.ins(id));
      for (const next of this.targetsOf(this.callee.terminator(block))) reached.add(next);
    }
    return this.cost;
  }

  private constantAt(value: ValueId): bigint | undefined {
    return this.constants.get(value) ?? constantOf(this.callee, value);
  }

  private targetsOf(terminator: Ins): readonly BlockId[] {
    const [condition, ...cases] = terminator.operands;
    const value = condition === undefined ? undefined : this.constantAt(condition);
    if (value === undefined) return terminator.targets;
    if (terminator.op === Op.condbr) return terminator.targets.slice(value === 0n ? 1 : 0).slice(0, 1);
    if (terminator.op !== Op.switch) return terminator.targets;
    const at = cases.findIndex((id) => constantOf(this.callee, id) === value);
    return terminator.targets.slice(at + 1, at + 2);
  }

  private visit(ins: Ins): void {
    if (this.fold(ins) || this.follow(ins)) return;
    for (const operand of ins.operands) this.lose(operand);
    this.cost += this.costOf(ins);
  }

  private fold(ins: Ins): boolean {
    const { memory, effect, placed, terminator } = opRow(ins.op);
    const [first] = ins.operands;
    if (first === undefined) return false;
    if (terminator) return this.constantAt(first) !== undefined && ins.op !== Op.ret;
    if (memory !== 'none' || effect || !placed || ins.op === Op.phi) return false;
    const values: bigint[] = [];
    for (const operand of ins.operands) {
      const constant = this.constantAt(operand);
      if (constant === undefined) return false;
      values.push(constant);
    }
    const result = foldValues(ins, this.callee.ins(first).type, values);
    if (result === undefined) return false;
    this.constants.set(ins.id, result);
    return true;
  }

  /** Accesses to the caller's objects that become values, and addresses in them. */
  private follow(ins: Ins): boolean {
    const [first, second] = ins.operands;
    const pointer = ins.op === Op.store ? second : first;
    const object = pointer === undefined ? undefined : this.inFrame.get(pointer);
    if (object === undefined || ins.isVolatile) return false;
    if (ins.op === Op.ptradd) {
      if (second === undefined || this.constantAt(second) === undefined) return false;
      this.inFrame.set(ins.id, object);
      return true;
    }
    const isAccess =
      ins.op === Op.load || (ins.op === Op.store && first !== undefined && !this.inFrame.has(first));
    if (isAccess) this.saved.set(object, (this.saved.get(object) ?? 0) + 1);
    return isAccess;
  }

  /** An address that goes anywhere else keeps the object in memory, and all accesses cost again. */
  private lose(operand: ValueId): void {
    const object = this.inFrame.get(operand);
    if (object === undefined) return;
    this.cost += this.saved.get(object) ?? 0;
    for (const [pointer, other] of [...this.inFrame]) if (other === object) this.inFrame.delete(pointer);
  }

  private costOf(ins: Ins): number {
    if (freeOperations.has(ins.op)) return 0;
    switch (ins.op) {
      case Op.call:
      case Op.call_helper:
      case Op.call_indirect:
        return 1 + callPenalty + ins.operands.length;
      case Op.switch:
        return ins.targets.length;
      case Op.ptradd: {
        const [, offset] = ins.operands;
        return offset !== undefined && this.constantAt(offset) !== undefined ? 0 : 1;
      }
      case Op.select:
        return 2;
      default:
        return 1;
    }
  }
}
