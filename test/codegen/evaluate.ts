/**
 * Two small evaluators for the property tests: of IR functions and of the BPF code made from them. They share
 * only `evalAlu`, helper calls stand for a fixed mixing function, and memory is the function's own stack.
 */

import type { Func, Ins, ValueId } from '../../src/ir/func.ts';
import { Op, opRow, predicates } from '../../src/ir/ops.ts';
import { bitsOf } from '../../src/ir/types.ts';
import type { Instruction } from '../../src/isa/instruction.ts';
import { immediate64, jumpDistance, slotPositions } from '../../src/isa/instruction.ts';
import { insnRow } from '../../src/isa/table.ts';
import {
  type AluOperation,
  type ComparePredicate,
  evalAlu,
  evalCompare,
} from '../../src/support/eval-alu.ts';

const stepLimit = 400_000;

/** What a "helper" gives back for its two scalar arguments: narrow arguments count by their low half only. */
export function helperResult(number: number, a: bigint, b: bigint): bigint {
  const mixed = (a & 0xffff_ffffn) * 0x9e37_79b9_7f4a_7c15n + (b & 0xffff_ffffn) * BigInt(number * 2 + 1);
  return BigInt.asUintN(64, mixed ^ (mixed >> 29n));
}

function swapBytes(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let at = 0; at < bits; at += 8) result = (result << 8n) | ((value >> BigInt(at)) & 0xffn);
  return result;
}

/** Result of an IR function; undefined when it runs too long. */
export function evaluateIr(func: Func, args: readonly bigint[]): bigint | undefined {
  const values = new Map<ValueId, bigint>();
  const memory = new Map<ValueId, bigint>();
  const read = (id: ValueId): bigint => {
    const ins = func.ins(id);
    if (ins.op === Op.const) return ins.imm;
    if (ins.op === Op.param) return BigInt.asUintN(bitsOf(ins.type), args[ins.aux] ?? 0n);
    return values.get(id) ?? 0n;
  };
  const operand = (ins: Ins, index: number): bigint => read(ins.operands[index] as ValueId);
  const compute = (ins: Ins): bigint => {
    const bits = bitsOf(ins.type);
    const alu: AluOperation | undefined = opRow(ins.op).alu;
    if (alu !== undefined) return evalAlu(alu, bits, operand(ins, 0), operand(ins, 1));
    const from = bitsOf(func.ins(ins.operands[0] as ValueId).type);
    switch (ins.op) {
      case Op.icmp: {
        const predicate: ComparePredicate = predicates[ins.aux] ?? 'eq';
        return evalCompare(predicate, from, operand(ins, 0), operand(ins, 1)) ? 1n : 0n;
      }
      case Op.select:
        return operand(ins, 0) !== 0n ? operand(ins, 1) : operand(ins, 2);
      case Op.sext:
        return BigInt.asUintN(bits, BigInt.asIntN(from, operand(ins, 0)));
      case Op.trunc:
        return BigInt.asUintN(bits, operand(ins, 0));
      case Op.bswap:
        return swapBytes(operand(ins, 0), bits);
      case Op.load:
        return BigInt.asUintN(bits, memory.get(ins.operands[0] as ValueId) ?? 0n);
      case Op.call_helper:
        return BigInt.asUintN(bits, helperResult(Number(ins.imm), operand(ins, 0), operand(ins, 1)));
      default:
        return operand(ins, 0);
    }
  };
  let block = func.entry;
  let previous = block;
  for (let steps = 0; steps < stepLimit; ) {
    const phis = new Map<ValueId, bigint>();
    for (const id of func.block(block).instructions) {
      const ins = func.ins(id);
      if (ins.op === Op.phi) phis.set(id, operand(ins, ins.targets.indexOf(previous)));
    }
    for (const [id, value] of phis) values.set(id, value);
    let next = block;
    for (const id of func.block(block).instructions) {
      const ins = func.ins(id);
      steps++;
      if (ins.op === Op.phi || ins.op === Op.alloca) continue;
      if (ins.op === Op.ret) return operand(ins, 0);
      if (ins.op === Op.br) next = ins.targets[0] ?? next;
      else if (ins.op === Op.condbr) next = ins.targets[operand(ins, 0) !== 0n ? 0 : 1] ?? next;
      else if (ins.op === Op.store) {
        const address = ins.operands[1] as ValueId;
        const bits = BigInt(bitsOf(func.ins(ins.operands[0] as ValueId).type));
        const old = memory.get(address) ?? 0n;
        memory.set(address, ((old >> bits) << bits) | operand(ins, 0));
      } else values.set(id, compute(ins));
    }
    previous = block;
    block = next;
  }
  return undefined;
}

const operations: Readonly<Record<string, AluOperation>> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'udiv',
  mod: 'urem',
  sdiv: 'sdiv',
  smod: 'srem',
  and: 'and',
  or: 'or',
  xor: 'xor',
  lsh: 'shl',
  rsh: 'lshr',
  arsh: 'ashr',
};

const comparisons: Readonly<Record<string, ComparePredicate>> = {
  jeq: 'eq',
  jne: 'ne',
  jlt: 'ult',
  jle: 'ule',
  jgt: 'ugt',
  jge: 'uge',
  jslt: 'slt',
  jsle: 'sle',
  jsgt: 'sgt',
  jsge: 'sge',
};

const garbage = 0xdead_beef_0bad_f00dn;

/** Result of little-endian BPF code; undefined when it runs too long. Calls leave garbage in r1-r5. */
export function evaluateBpf(code: readonly Instruction[], args: readonly bigint[]): bigint | undefined {
  const registers: bigint[] = [
    garbage,
    ...args,
    ...Array.from({ length: 11 - args.length - 1 }, () => garbage),
  ];
  const stack = new DataView(new ArrayBuffer(512));
  registers[10] = 512n;
  const slots = slotPositions(code);
  const indexOf = new Map([...slots].map((slot, index) => [slot, index]));
  const get = (register: number): bigint => registers[register] ?? 0n;
  let at = 0;
  for (let steps = 0; steps < stepLimit; steps++) {
    const instruction = code[at];
    if (instruction === undefined) throw new Error('ran off the code');
    const row = insnRow(instruction.kind);
    const { dst, src, off } = instruction;
    at++;
    const immediate = BigInt(instruction.imm);
    const right = row.src === 'none' ? immediate : get(src);
    const compare = comparisons[row.operation];
    const alu = operations[row.operation];
    const set = (value: bigint): void => {
      registers[dst] = BigInt.asUintN(row.bits === 32 ? 32 : 64, value);
    };
    if (alu !== undefined) set(evalAlu(alu, row.bits, get(dst), right));
    else if (compare !== undefined || row.operation === 'ja' || row.operation === 'jset') {
      const isTaken =
        compare === undefined
          ? row.operation === 'ja' || BigInt.asUintN(row.bits, get(dst) & right) !== 0n
          : evalCompare(compare, row.bits, get(dst), right);
      const distance = jumpDistance(instruction) ?? 0;
      if (isTaken) at = indexOf.get((slots[at] ?? 0) + distance) ?? code.length;
    } else {
      const address = Number(get(row.form === 'load' ? src : dst)) + off;
      switch (row.operation) {
        case 'mov':
          set(right);
          break;
        case 'movsx':
          set(BigInt.asIntN(row.fixedOff, right));
          break;
        case 'neg':
          set(-get(dst));
          break;
        case 'be':
        case 'bswap':
          registers[dst] = swapBytes(BigInt.asUintN(row.bits, get(dst)), row.bits);
          break;
        case 'lddw':
          registers[dst] = BigInt.asUintN(64, immediate64(instruction));
          break;
        case 'load':
        case 'load_signed': {
          const loaded = loadBits(stack, address, row.bits);
          registers[dst] =
            row.operation === 'load' ? loaded : BigInt.asUintN(64, BigInt.asIntN(row.bits, loaded));
          break;
        }
        case 'store':
          storeBits(stack, address, row.bits, right);
          break;
        case 'call':
          registers[0] = helperResult(instruction.imm, get(1), get(2));
          for (let register = 1; register <= 5; register++) registers[register] = garbage;
          break;
        case 'exit':
          return get(0);
        default:
          throw new Error(`no evaluation of ${row.name}`);
      }
    }
  }
  return undefined;
}

function loadBits(stack: DataView, address: number, bits: number): bigint {
  let result = 0n;
  for (let i = 0; i < bits / 8; i++) result |= BigInt(stack.getUint8(address + i)) << BigInt(8 * i);
  return result;
}

function storeBits(stack: DataView, address: number, bits: number, value: bigint): void {
  for (let i = 0; i < bits / 8; i++) stack.setUint8(address + i, Number((value >> BigInt(8 * i)) & 0xffn));
}
