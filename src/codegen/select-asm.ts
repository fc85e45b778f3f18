/**
 * Selection of inline assembly: constraints -> operands of a machine `asm`, whose text is assembled after allocation.
 *
 * An empty template only ties values together (the barriers of BPF programs): its outputs are copies of the inputs they
 * match. Constraints: `r` (and `w`) a register, `{rN}` that register, digits the register of an output,
 * `m`, `o`, `Q` memory, `i`, `n`, `s` a constant or symbol; of alternatives such as `ri` or `g` the constant is taken
 * when the value is one. `&` keeps an output apart from all inputs (GCC manual, 6.48.3 "Constraints for asm Operands").
 */

import type { AsmConstraint, Ins, SymbolId, ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import { type AsmOperand, type MachineAsm, type MachineIns, Pseudo, type Register } from './machine.ts';
import { asImmediate, type Selection } from './selection.ts';

const plain: AsmOperand = {
  kind: 'register',
  isOutput: false,
  isEarly: false,
  bits: 64,
  register: -1,
  offset: 0,
  object: -1,
  immediate: 0n,
  symbol: -1,
};

/** The values that an asm defines: itself and its `asm_output`s, by number of register output. */
function outputValues(s: Selection, asm: Ins): ReadonlyMap<number, ValueId> {
  const result = new Map<number, ValueId>([[0, asm.id]]);
  for (const user of s.usersOf(asm.id)) if (user.op === Op.asm_output) result.set(user.aux, user.id);
  return result;
}

/** `w` asks for the 32-bit name of the register. */
function widthOf(constraint: string): number {
  return /^[&=+]*w$/.test(constraint) ? 32 : 64;
}

/** A fixed register in a constraint such as `{r3}`. */
function fixedRegister(constraint: string): Register | undefined {
  const match = /\{[rw](\d)\}/.exec(constraint);
  return match === null ? undefined : Number(match[1]);
}

/** The machine instruction; undefined for an empty template. */
export function selectAsm(s: Selection, ins: Ins): MachineIns | undefined {
  const info = s.func.asms[ins.aux];
  if (info === undefined) return undefined;
  const isEmpty = info.template.trim() === '';
  const values = outputValues(s, ins);
  const operands: AsmOperand[] = [];
  /** Fixed outputs: the machine register and where its value goes afterwards. */
  const results: { readonly from: Register; readonly to: Register }[] = [];
  let nextInput = 0;
  let nextOutput = 0;
  for (const constraint of info.constraints) {
    if (constraint.isOutput && !constraint.isMemory) {
      const value = values.get(nextOutput++);
      const wanted = value === undefined ? s.newRegister() : s.define(value);
      const fixed = isEmpty ? undefined : fixedRegister(constraint.constraint);
      if (fixed !== undefined) results.push({ from: fixed, to: wanted });
      const isEarly = constraint.constraint.includes('&');
      operands.push({
        ...plain,
        isOutput: true,
        isEarly,
        bits: widthOf(constraint.constraint),
        register: fixed ?? wanted,
      });
    } else {
      const value = ins.operands[nextInput++];
      if (value !== undefined) operands.push(inputOperand(s, constraint, value, operands, isEmpty));
    }
  }
  if (isEmpty) {
    emitUndefinedOutputs(s, info.constraints, operands);
    return undefined;
  }
  const asm: MachineAsm = { info, operands, labels: [] };
  const machine = s.emit(Pseudo.asm, -1, -1);
  machine.asm = asm;
  for (const operand of operands) {
    if (operand.register < 0 || operand.register > 9) continue;
    if (operand.isOutput && operand.kind === 'register') machine.writes |= 1 << operand.register;
    else machine.reads |= 1 << operand.register;
  }
  for (const clobber of info.clobbers) {
    const match = /^[rw](\d)$/.exec(clobber);
    if (match !== null) machine.writes |= 1 << Number(match[1]);
  }
  for (const { from, to } of results) s.copy(to, from);
  return machine;
}

/** Outputs of an empty template that no input is tied to hold anything. */
function emitUndefinedOutputs(
  s: Selection,
  constraints: readonly AsmConstraint[],
  operands: readonly AsmOperand[],
): void {
  const tied = new Set(constraints.map(({ constraint }) => tiedOutput(constraint)));
  operands.forEach((operand, index) => {
    if (operand.isOutput && operand.kind === 'register' && !tied.has(index)) {
      s.emit(Pseudo.undefined, operand.register, -1);
    }
  });
}

/** The output number of a matching constraint. */
function tiedOutput(constraint: string): number | undefined {
  const match = /^%?(\d+)$/.exec(constraint);
  return match === null ? undefined : Number(match[1]);
}

function inputOperand(
  s: Selection,
  constraint: AsmConstraint,
  value: ValueId,
  before: readonly AsmOperand[],
  isEmpty: boolean,
): AsmOperand {
  const letters = constraint.constraint;
  const bits = widthOf(letters);
  const tied = tiedOutput(letters);
  if (tied !== undefined) {
    const output = before[tied];
    if (output === undefined) s.error('asm-operand', `%${before.length}`, letters, 'matches no output');
    const register = output?.register ?? s.newRegister();
    s.assign(register, value);
    return { ...plain, bits, register };
  }
  if (constraint.isMemory) {
    const address = s.address(value);
    const { base, object, offset } = address;
    return { ...plain, kind: 'memory', isOutput: constraint.isOutput, bits, register: base, object, offset };
  }
  const known = constantOperand(s, letters, value);
  if (known !== undefined) return known;
  if (!/[rwgX{]/.test(letters)) {
    s.error('asm-operand', `%${before.length}`, letters, 'needs a constant that is known at compile time');
  }
  const fixed = isEmpty ? undefined : fixedRegister(letters);
  if (fixed === undefined) return { ...plain, bits, register: s.use(value) };
  s.assign(fixed, value);
  return { ...plain, bits, register: fixed };
}

function constantOperand(s: Selection, letters: string, value: ValueId): AsmOperand | undefined {
  if (!/[insgXI]/.test(letters)) return undefined;
  const ins = s.ins(s.resolve(value));
  const bits = bitsOf(ins.type);
  if (ins.op === Op.const && (asImmediate(ins.imm, bits) !== undefined || !/[rg]/.test(letters))) {
    return { ...plain, kind: 'immediate', bits, immediate: BigInt.asIntN(bits, ins.imm) };
  }
  if (ins.op === Op.globaladdr && !letters.includes('r')) {
    return { ...plain, kind: 'symbol', bits, immediate: ins.imm, symbol: asId<SymbolId>(ins.aux) };
  }
  return undefined;
}

/** The output's register was made with the asm. */
export function selectAsmOutput(): void {}
