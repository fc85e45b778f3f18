/**
 * Which values leave the upper bits of their 64-bit register zero: function -> a flag by value. Zero extension of
 * such a value costs nothing and stays the same register, which is also what the verifier wants (the value that was
 * compared is the value that is used).
 *
 * Method: optimistic data flow. Phis and selects start as "zero" and lose it when an input has not got it; facts only go
 * from true to false, so a worklist over users ends. With ALU32 every 32-bit operation clears the upper half;
 * without, arithmetic runs on 64 bits and only some operations keep the bits clear.
 */

import type { Func, Ins, ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';

/** Does the operation itself, whatever comes in, clear the bits above its type? */
type Rule = 'always' | 'never' | 'if-all' | 'if-any' | 'if-first';

const withoutAlu32: ReadonlyMap<Op, Rule> = new Map<Op, Rule>([
  [Op.and, 'if-any'],
  [Op.or, 'if-all'],
  [Op.xor, 'if-all'],
  // Their operands are cleaned before, and the result is not above the dividend.
  [Op.lshr, 'always'],
  [Op.udiv, 'always'],
  [Op.urem, 'always'],
]);

const common: ReadonlyMap<Op, Rule> = new Map<Op, Rule>([
  [Op.load, 'always'],
  [Op.zext, 'always'],
  [Op.icmp, 'always'],
  [Op.bswap, 'always'],
  [Op.is_constant, 'always'],
  [Op.undef, 'always'],
  [Op.packet_load, 'always'],
  [Op.select, 'if-all'],
  [Op.phi, 'if-all'],
  [Op.barrier, 'if-first'],
]);

function ruleOf(func: Func, ins: Ins, alu32: boolean): Rule {
  if (bitsOf(ins.type) === 64 || ins.type === Type.void) return 'never';
  if (ins.op === Op.const) {
    return alu32 || ins.type !== Type.i32 || ins.imm < 0x8000_0000n ? 'always' : 'never';
  }
  // Only `and` with 1 or a known 0/1 makes an i1; other bits are never set.
  if (ins.type === Type.i1 && ins.op === Op.trunc) return 'always';
  const shared = common.get(ins.op);
  if (shared !== undefined) return shared;
  if (ins.type === Type.i1) return withoutAlu32.get(ins.op) ?? 'never';
  if (ins.op === Op.trunc) return 'never';
  if (ins.op === Op.sext) return alu32 && ins.type === Type.i32 ? 'always' : 'never';
  if (ins.op >= Op.add && ins.op <= Op.ashr && ins.type === Type.i32) {
    return alu32 ? 'always' : (withoutAlu32.get(ins.op) ?? 'never');
  }
  if (ins.op === Op.atomicrmw || ins.op === Op.cmpxchg) return 'always';
  if (ins.op === Op.core_relocation) return alu32 ? 'always' : 'never';
  void func;
  return 'never';
}

/** The operands that a rule looks at. */
function inputsOf(ins: Ins): readonly ValueId[] {
  return ins.op === Op.select ? ins.operands.slice(1) : ins.operands;
}

/** True by `ValueId` where the bits above the value's width are zero in its register. */
export function zeroUpperBits(func: Func, alu32: boolean): Uint8Array {
  const facts = new Uint8Array(func.values.length);
  const rules: Rule[] = [];
  const users = new Map<ValueId, Ins[]>();
  for (const ins of func.values) {
    if (ins === undefined) continue;
    const rule = ruleOf(func, ins, alu32);
    rules[ins.id] = rule;
    facts[ins.id] = rule === 'never' ? 0 : 1;
    if (rule === 'never' || rule === 'always') continue;
    for (const operand of inputsOf(ins)) {
      const list = users.get(operand);
      if (list === undefined) users.set(operand, [ins]);
      else list.push(ins);
    }
  }
  const holds = (ins: Ins): boolean => {
    const inputs = inputsOf(ins);
    const known = (value: ValueId | undefined): boolean => value !== undefined && facts[value] === 1;
    switch (rules[ins.id]) {
      case 'if-all':
        return inputs.every(known);
      case 'if-any':
        return inputs.some(known);
      case 'if-first':
        return known(inputs[0]);
      default:
        return facts[ins.id] === 1;
    }
  };
  const work = func.values.filter((ins) => ins !== undefined);
  for (let ins = work.pop(); ins !== undefined; ins = work.pop()) {
    if (facts[ins.id] === 0 || holds(ins)) continue;
    facts[ins.id] = 0;
    work.push(...(users.get(ins.id) ?? []));
  }
  return facts;
}
