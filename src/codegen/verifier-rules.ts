/**
 * The verifier's rules over finished code: the instructions of one function -> what breaks docs/architecture.md's rules for
 * every pass, as far as it can be seen without types.
 *
 * Found are: a write to r10; a register that is read before it is written or after a call has destroyed it; r0 missing at
 * exit; stack accesses that are misaligned or outside; bytes of the stack that a helper reads and nobody has written; a
 * pointer that is stored to the stack, loaded or computed with in part; a context accessed through a changed pointer or at an offset
 * that its width does not divide; a value compared in 32 bits and used as an offset in 64.
 *
 * Method: abstract interpretation, forward over all ways until nothing changes, then one sweep that reports. Ways meet in what
 * holds on all of them (`verifier-values.ts`). It knows nothing of the passes and the allocator whose work it checks. What
 * comes from memory or a call is unknown and breaks no rule about pointers.
 */

import { argumentMeaning, type Helper, helperById } from '../isa/helpers.ts';
import { FRAME_POINTER, type Instruction, jumpDistance, slotPositions } from '../isa/instruction.ts';
import { type InsnRow, insnRow } from '../isa/table.ts';
import {
  constantNumber,
  isPointer,
  lost,
  narrowNumber,
  pointer,
  RegisterState,
  unknown,
  unset,
  type Value,
  wideNumber,
} from './verifier-values.ts';

/** What the function is called with and what it gives back. */
export interface CodeFacts {
  /** Arguments in r1 and on. */
  readonly parameters: number;
  /** The first of them is a program's context. */
  readonly hasContext: boolean;
  readonly returnsValue: boolean;
  /** Numbers of the instructions whose 64-bit immediate is an address. */
  readonly addresses: ReadonlySet<number>;
}

export interface RuleFault {
  /** Number of the instruction. */
  readonly index: number;
  readonly text: string;
}

const stackSize = 512;
const slotSize = 8;

/** Is the upper half of a 64-bit result certainly zero? */
function isNarrow(row: InsnRow, left: Value, right: Value): boolean {
  const [a, b] = [left, right].map((value) => value.kind === 'number' && !value.wide);
  switch (row.operation) {
    case 'le':
    case 'be':
      return row.bits < 64;
    case 'and':
      return a === true || b === true;
    case 'or':
    case 'xor':
    case 'div':
    case 'mod':
      return a === true && b === true;
    case 'rsh':
      return a === true || (right.kind === 'number' && (right.constant ?? 0) >= 32);
    default:
      return false;
  }
}

export function checkVerifierRules(code: readonly Instruction[], facts: CodeFacts): readonly RuleFault[] {
  return new RuleCheck(code, facts).run();
}

class RuleCheck {
  private readonly code: readonly Instruction[];
  private readonly facts: CodeFacts;
  private readonly states: (RegisterState | undefined)[];
  private readonly indexAt = new Map<number, number>();
  private readonly positions: Int32Array;
  private readonly faults: RuleFault[] = [];
  private reports = false;

  constructor(code: readonly Instruction[], facts: CodeFacts) {
    this.code = code;
    this.facts = facts;
    this.states = code.map(() => undefined);
    this.positions = slotPositions(code);
    for (const index of code.keys()) this.indexAt.set(this.positions[index] ?? 0, index);
  }

  run(): readonly RuleFault[] {
    const values: Value[] = Array.from({ length: FRAME_POINTER + 1 }, () => unset);
    for (let i = 1; i <= this.facts.parameters; i++) values[i] = unknown;
    if (this.facts.hasContext) values[1] = { kind: 'context', isChanged: false };
    values[FRAME_POINTER] = { kind: 'frame', offset: 0 };
    this.states[0] = RegisterState.atEntry(values);
    const isChanged = new Uint8Array(this.code.length).fill(1, 0, 1);
    // In the order of the code most ways into an instruction come before it.
    for (let index = 0; index >= 0; index = isChanged.indexOf(1)) {
      for (; index < this.code.length; index++) {
        const state = isChanged[index] === 1 ? this.states[index]?.copy() : undefined;
        isChanged[index] = 0;
        if (state === undefined) continue;
        for (const next of this.step(index, state)) {
          const known = this.states[next];
          if (known === undefined) this.states[next] = state.copy();
          if (known === undefined || known.join(state)) isChanged[next] = 1;
        }
      }
    }
    this.reports = true;
    this.states.forEach((state, index) => {
      if (state === undefined) this.report(index, 'is never reached');
      else this.step(index, state.copy());
    });
    return this.faults;
  }

  private report(index: number, text: string): void {
    const ins = this.code[index];
    if (this.reports && ins !== undefined)
      this.faults.push({ index, text: `${insnRow(ins.kind).name} ${text}` });
  }

  /** Changes the state as the instruction does; gives the instructions that may come next. */
  private step(index: number, state: RegisterState): number[] {
    const ins = this.code[index];
    if (ins === undefined) return [];
    const row = insnRow(ins.kind);
    this.checkReads(index, ins, row, state);
    if ((row.dst === 'write' || row.dst === 'update') && ins.dst === FRAME_POINTER) {
      this.report(index, 'changes r10');
    }
    this.transfer(index, ins, row, state);
    if (row.operation === 'exit') return [];
    const distance = jumpDistance(ins);
    const next: number[] = [];
    if (distance !== undefined) {
      const target = this.indexAt.get((this.positions[index] ?? 0) + row.slots + distance);
      if (target === undefined) this.report(index, 'jumps into nowhere');
      else next.push(target);
    }
    if (row.operation === 'ja') return next;
    if (index + 1 < this.code.length) next.push(index + 1);
    else this.report(index, 'falls off the end');
    return next;
  }

  private checkReads(index: number, ins: Instruction, row: InsnRow, state: RegisterState): void {
    const read = new Set<number>();
    if (row.dst === 'read' || row.dst === 'update') read.add(ins.dst);
    if (row.src === 'read' || row.src === 'update') read.add(ins.src);
    if (row.operation === 'exit' && this.facts.returnsValue) read.add(0);
    const helper = row.imm === 'helper' ? helperById(ins.imm) : undefined;
    for (const i of helper?.parameters.keys() ?? []) read.add(i + 1);
    for (const register of read) {
      const { kind } = state.at(register);
      if (kind === 'unset') this.report(index, `reads r${register}, which is not set`);
      if (kind === 'lost') this.report(index, `reads r${register} after a call`);
    }
  }

  private transfer(index: number, ins: Instruction, row: InsnRow, state: RegisterState): void {
    if (row.class === 'alu' || row.class === 'alu64') this.arithmetic(index, ins, row, state);
    else if (row.imm === 'wide') state.values[ins.dst] = this.wideImmediate(index, ins);
    else if (row.off === 'memory') this.access(index, ins, row, state);
    else if (row.off === 'jump' && row.dst === 'read') this.compare(ins, row, state);
    else if (row.operation === 'call' || row.imm === 'packet') this.call(index, ins, row, state);
  }

  private wideImmediate(index: number, ins: Instruction): Value {
    if (this.facts.addresses.has(index) || ins.src !== 0) return pointer;
    return ins.immHigh === 0 && ins.imm >= 0 ? constantNumber(ins.imm) : wideNumber;
  }

  // Arithmetic.

  private arithmetic(index: number, ins: Instruction, row: InsnRow, state: RegisterState): void {
    const left = state.at(ins.dst);
    const right = row.src === 'read' ? state.at(ins.src) : constantNumber(ins.imm);
    state.values[ins.dst] = this.result(index, row, left, right);
  }

  private result(index: number, row: InsnRow, left: Value, right: Value): Value {
    const isMove = row.operation === 'mov';
    if (row.bits === 32 || row.operation === 'movsx') {
      const isPart = isPointer(right) || (!isMove && row.operation !== 'movsx' && isPointer(left));
      if (isPart) this.report(index, 'takes a part of a pointer');
      if (row.bits !== 32) return wideNumber;
      return isMove && right.kind === 'number' && right.constant !== undefined && right.constant >= 0
        ? right
        : narrowNumber;
    }
    if (isMove) return right;
    if (row.operation === 'addr_space_cast') return pointer;
    if (row.operation === 'add' || row.operation === 'sub') return this.sum(index, row, left, right);
    if (isPointer(left)) this.report(index, 'computes with a pointer');
    return isNarrow(row, left, right) ? narrowNumber : wideNumber;
  }

  private sum(index: number, row: InsnRow, left: Value, right: Value): Value {
    if (isPointer(left) && isPointer(right)) {
      if (row.operation === 'add') this.report(index, 'adds two pointers');
      return wideNumber;
    }
    const [base, offset] = isPointer(right) && row.operation === 'add' ? [right, left] : [left, right];
    if (!isPointer(base)) return base.kind === 'number' && offset.kind === 'number' ? wideNumber : unknown;
    const isHalf =
      offset.kind === 'number'
        ? offset.wide && offset.compared
        : offset.kind === 'unknown' && offset.compared;
    if (isHalf) this.report(index, 'uses all of a value that was compared in 32 bits');
    if (base.kind === 'context') return { kind: 'context', isChanged: true };
    if (base.kind !== 'frame') return base;
    const by = offset.kind === 'number' ? offset.constant : undefined;
    if (by === undefined || base.offset === undefined) return { kind: 'frame', offset: undefined };
    return { kind: 'frame', offset: base.offset + (row.operation === 'add' ? by : -by) };
  }

  /** After a 32-bit comparison the lower half is what the verifier knows about. */
  private compare(ins: Instruction, row: InsnRow, state: RegisterState): void {
    if (row.bits !== 32) return;
    const value = state.at(ins.dst);
    if ((value.kind === 'number' && value.wide) || value.kind === 'unknown') {
      state.values[ins.dst] = { ...value, compared: true };
    }
  }

  // Memory.

  private access(index: number, ins: Instruction, row: InsnRow, state: RegisterState): void {
    const isLoad = row.form === 'load';
    const base = state.at(isLoad ? ins.src : ins.dst);
    const size = row.bits / 8;
    const place = base.kind === 'frame' && base.offset !== undefined ? base.offset + ins.off : undefined;
    if (base.kind === 'context') this.checkContext(index, ins, size, base.isChanged);
    if (place !== undefined) this.checkStack(index, place, size);
    if (isLoad) {
      state.values[ins.dst] = this.loaded(index, row, base, place, state);
      return;
    }
    const stored = row.src === 'none' ? narrowNumber : state.at(ins.src);
    // Memory elsewhere may hold any bytes of it.
    if (base.kind === 'frame' && size < slotSize && row.src !== 'none' && isPointer(stored))
      this.report(index, 'stores a part of a pointer');
    if (place !== undefined) {
      const isWhole = row.form === 'store_reg' && size === slotSize;
      state.write(place, size, isWhole ? stored : undefined);
    } else if (base.kind === 'frame') this.openStack(state);
    if (row.src === 'update') state.values[ins.src] = row.bits === 64 ? unknown : narrowNumber;
    if ((row.implicitWrites & 1) !== 0) state.values[0] = row.bits === 64 ? unknown : narrowNumber;
  }

  private checkContext(index: number, ins: Instruction, size: number, isChanged: boolean): void {
    if (isChanged) this.report(index, 'accesses the context through a changed pointer');
    else if (ins.off % size !== 0)
      this.report(index, `accesses the context across a boundary, at ${ins.off}`);
  }

  private checkStack(index: number, place: number, size: number): void {
    if (place < -stackSize || place + size > 0) this.report(index, `leaves the stack, at ${place}`);
    else if (place % size !== 0) this.report(index, `is misaligned on the stack, at ${place}`);
  }

  private loaded(
    index: number,
    row: InsnRow,
    base: Value,
    place: number | undefined,
    state: RegisterState,
  ): Value {
    const size = row.bits / 8;
    if (place !== undefined) {
      const aligned = Math.floor(place / slotSize) * slotSize;
      const spilled = state.spilled.get(aligned);
      if (size < slotSize && spilled !== undefined && isPointer(spilled))
        this.report(index, 'loads a part of a pointer');
      if (size === slotSize) return spilled ?? unknown;
    }
    // A context has pointers in fields of 32 bits.
    if (size === slotSize || base.kind === 'context') return unknown;
    return row.operation === 'load_signed' ? wideNumber : narrowNumber;
  }

  private openStack(state: RegisterState): void {
    state.isOpen = true;
    state.spilled.clear();
  }

  // Calls.

  private call(index: number, ins: Instruction, row: InsnRow, state: RegisterState): void {
    const helper = row.imm === 'helper' ? helperById(ins.imm) : undefined;
    if (helper !== undefined) this.helperAccesses(index, helper, state);
    else {
      const passesStack = [1, 2, 3, 4, 5].some((register) => state.at(register).kind === 'frame');
      if (passesStack && row.imm !== 'packet') this.openStack(state);
    }
    for (let register = 1; register <= 5; register++) state.values[register] = lost;
    state.values[0] = helper?.returnType === 'void' ? lost : unknown;
  }

  private helperAccesses(index: number, helper: Helper, state: RegisterState): void {
    helper.parameters.forEach((parameter, i) => {
      const value = state.at(i + 1);
      const { access, size } = argumentMeaning(parameter);
      if (value.kind !== 'frame') return;
      if (parameter.kind === 'ctx') this.report(index, `takes the stack for the context in r${i + 1}`);
      const bytes =
        typeof size === 'number'
          ? size
          : size === 'next-argument'
            ? this.constantAt(state, i + 2)
            : undefined;
      const { offset } = value;
      if (offset === undefined || bytes === undefined) {
        // What the map or the kernel's object says is not known here.
        if (access !== 'read' && access !== 'none') this.openStack(state);
        else if (parameter.kind === 'scalar') this.openStack(state);
        return;
      }
      if (offset < -stackSize || offset + bytes > 0)
        this.report(index, `gets ${bytes} bytes at ${offset} of the stack`);
      const reads = access === 'read' || access === 'read-write';
      for (let at = offset; reads && at < offset + bytes; at++) {
        if (state.isWritten(at)) continue;
        this.report(index, `reads byte ${at} of the stack, which is not written`);
        break;
      }
      if (access === 'write' || access === 'read-write') state.write(offset, bytes, undefined);
    });
  }

  private constantAt(state: RegisterState, register: number): number | undefined {
    const value = state.at(register);
    return value.kind === 'number' ? value.constant : undefined;
  }
}
