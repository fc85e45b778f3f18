/**
 * How many low bits of a value's 64-bit register can be set: function -> a number by value. Zero extension of a value
 * whose register has no bit above its type costs nothing and stays the same register, which is also what the verifier wants
 * (the value that was compared is the value that is used).
 *
 * Method: optimistic data flow. Every value starts with no bit; numbers only grow and are bounded by 64, so a worklist over
 * users ends. With ALU32 every 32-bit operation clears the upper half; without, arithmetic runs on 64 bits and only some
 * operations keep the bits clear.
 */

import type { Func, Ins, ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';

const all = 64;

/** Number of binary digits. */
function digits(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

class SignificantBits {
  readonly bits: Uint8Array;
  private readonly func: Func;
  private readonly alu32: boolean;

  constructor(func: Func, alu32: boolean) {
    this.func = func;
    this.alu32 = alu32;
    this.bits = new Uint8Array(func.values.length);
  }

  run(): Uint8Array {
    const users = new Map<ValueId, Ins[]>();
    const work: Ins[] = [];
    for (const ins of this.func.values) {
      if (ins === undefined) continue;
      for (const operand of ins.operands) {
        const list = users.get(operand);
        if (list === undefined) users.set(operand, [ins]);
        else list.push(ins);
      }
    }
    for (const ins of this.func.values) if (ins !== undefined) this.raise(ins, this.evaluate(ins), work);
    for (let ins = work.pop(); ins !== undefined; ins = work.pop()) {
      const now = this.bits[ins.id] ?? 0;
      for (const user of users.get(ins.id) ?? []) {
        // A phi has what one of its operands has: the others, which may be thousands, need not be asked.
        this.raise(user, user.op === Op.phi ? now : this.evaluate(user), work);
      }
    }
    return this.bits;
  }

  /** `work` gets what has more bits than before. */
  private raise(ins: Ins, bits: number, work: Ins[]): void {
    const now = Math.min(bits, all);
    if (now <= (this.bits[ins.id] ?? 0)) return;
    this.bits[ins.id] = now;
    work.push(ins);
  }

  private of(ins: Ins, index: number): number {
    return this.bits[ins.operands[index] ?? -1] ?? all;
  }

  private constant(ins: Ins, index: number): bigint | undefined {
    const operand = ins.operands[index];
    const value = operand === undefined ? undefined : this.func.values[operand];
    return value?.op === Op.const ? value.imm : undefined;
  }

  private evaluate(ins: Ins): number {
    const width = bitsOf(ins.type);
    switch (ins.op) {
      case Op.const: {
        const isNegative = !this.alu32 && ins.type === Type.i32 && ins.imm >= 0x8000_0000n;
        return isNegative ? all : digits(ins.imm);
      }
      case Op.undef:
        return 0;
      case Op.load:
      case Op.bswap:
      case Op.atomicrmw:
      case Op.cmpxchg:
        return width;
      case Op.packet_load:
        return 8 * ins.aux;
      case Op.icmp:
      case Op.is_constant:
        return 1;
      case Op.zext:
        return Math.min(this.of(ins, 0), this.widthOf(ins, 0));
      case Op.trunc:
        if (ins.type === Type.i1) return 1;
        return this.of(ins, 0);
      case Op.barrier:
        return this.of(ins, 0);
      case Op.select:
        return Math.max(this.of(ins, 1), this.of(ins, 2));
      case Op.phi:
        return ins.operands.reduce((most, _, index) => Math.max(most, this.of(ins, index)), 0);
      default:
        return this.arithmetic(ins, width);
    }
  }

  /** A sign extension of a value whose register has no bit at or above the sign's. */
  private isNotNegative(ins: Ins): boolean {
    return this.of(ins, 0) < this.widthOf(ins, 0);
  }

  private widthOf(ins: Ins, index: number): number {
    const operand = ins.operands[index];
    const value = operand === undefined ? undefined : this.func.values[operand];
    return value === undefined ? all : bitsOf(value.type);
  }

  private arithmetic(ins: Ins, width: number): number {
    // What a 32-bit form leaves; a 64-bit form at work on less leaves anything.
    const natural = width <= 32 && this.alu32 ? 32 : all;
    const left = Math.min(this.of(ins, 0), width);
    const right = Math.min(this.of(ins, 1), width);
    switch (ins.op) {
      case Op.and:
        return Math.min(this.of(ins, 0), this.of(ins, 1), natural);
      case Op.or:
      case Op.xor:
        return Math.min(Math.max(this.of(ins, 0), this.of(ins, 1)), natural);
      case Op.shl: {
        const amount = this.constant(ins, 1);
        return amount === undefined ? natural : Math.min(natural, left + Number(amount % BigInt(width)));
      }
      case Op.lshr: {
        const amount = this.constant(ins, 1);
        return amount === undefined ? left : Math.max(0, left - Number(amount % BigInt(width)));
      }
      case Op.udiv:
        return left;
      case Op.urem:
        // What is divided by zero stays (RFC 9669, 4.1).
        return (this.constant(ins, 1) ?? 0n) === 0n ? left : Math.min(left, right);
      case Op.add:
        return Math.min(natural, Math.max(left, right) + 1);
      case Op.mul:
        return Math.min(natural, left + right);
      case Op.sub:
      case Op.sdiv:
      case Op.srem:
      case Op.ashr:
        return natural;
      case Op.sext:
        if (this.isNotNegative(ins)) return this.of(ins, 0);
        return this.alu32 && ins.type === Type.i32 ? 32 : all;
      case Op.core_relocation:
        return this.alu32 && ins.type === Type.i32 ? 32 : all;
      default:
        return all;
    }
  }
}

/** By `ValueId`: no bit from this one on can be set in the value's register. */
export function significantBits(func: Func, alu32: boolean): Uint8Array {
  return new SignificantBits(func, alu32).run();
}
