/**
 * An interpreter of the IR, the oracle of the passes' tests: a module, a function, arguments -> result and memory.
 *
 * Memory is a list of regions of bytes; a pointer is a 64-bit number whose upper half is the region and whose lower
 * half the offset, so that pointer arithmetic is arithmetic. Undefined values are 0. Calls that leave the module go to
 * a callback. Faults (out of bounds, steps exhausted, operations without meaning here) end the run with a reason
 * instead of an exception.
 */

import { evalAlu } from '../support/eval-alu.ts';
import { asId } from '../support/ids.ts';
import { foldValues } from './fold.ts';
import type { BlockId, Func, Ins, SymbolId, ValueId } from './func.ts';
import type { Module } from './module.ts';
import { atomicOperations, Op, opRow } from './ops.ts';
import { bitsOf } from './types.ts';

export interface EvaluateOptions {
  readonly littleEndian?: boolean;
  readonly maxSteps?: number;
  /** Calls of helpers, externs and asm: name, argument values, memory -> result. */
  readonly external?: (name: string, args: readonly bigint[], memory: EvaluatorMemory) => bigint;
}

export interface EvaluateResult {
  readonly value: bigint;
  /** Undefined after a normal return. */
  readonly fault: string | undefined;
  readonly steps: number;
}

class Fault extends Error {}

const offsetBits = 32n;
/** Regions begin in the middle of their range, so that small negative offsets are seen as what they are. */
const origin = 1n << 31n;

/** Byte regions addressed by 64-bit numbers. */
export class EvaluatorMemory {
  private readonly regions: Uint8Array[] = [];
  private readonly littleEndian: boolean;

  constructor(littleEndian = true) {
    this.littleEndian = littleEndian;
  }

  /** A new region; the address of its first byte. */
  allocate(bytes: Uint8Array): bigint {
    this.regions.push(bytes);
    return (BigInt(this.regions.length) << offsetBits) + origin;
  }

  private at(address: bigint, size: number): { readonly bytes: Uint8Array; readonly offset: number } {
    const bytes = this.regions[Number(address >> offsetBits) - 1];
    const offset = Number((address & 0xffff_ffffn) - origin);
    if (bytes === undefined || offset < 0 || offset + size > bytes.length) {
      throw new Fault(`access of ${size} bytes at 0x${address.toString(16)}`);
    }
    return { bytes, offset };
  }

  load(address: bigint, size: number): bigint {
    const { bytes, offset } = this.at(address, size);
    let value = 0n;
    for (let i = 0; i < size; i++) {
      value = (value << 8n) | BigInt(bytes[offset + (this.littleEndian ? size - 1 - i : i)] ?? 0);
    }
    return value;
  }

  store(address: bigint, size: number, value: bigint): void {
    const { bytes, offset } = this.at(address, size);
    for (let i = 0; i < size; i++) {
      bytes[offset + (this.littleEndian ? i : size - 1 - i)] = Number((value >> BigInt(8 * i)) & 0xffn);
    }
  }

  copy(destination: bigint, source: bigint, size: number): void {
    const from = this.at(source, size);
    const to = this.at(destination, size);
    to.bytes.set(from.bytes.slice(from.offset, from.offset + size), to.offset);
  }

  fill(destination: bigint, byte: number, size: number): void {
    const to = this.at(destination, size);
    to.bytes.fill(byte, to.offset, to.offset + size);
  }

  compare(left: bigint, right: bigint, size: number): number {
    const a = this.at(left, size);
    const b = this.at(right, size);
    for (let i = 0; i < size; i++) {
      const difference = (a.bytes[a.offset + i] ?? 0) - (b.bytes[b.offset + i] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

export class Evaluator {
  readonly memory: EvaluatorMemory;
  private readonly module: Module;
  private readonly options: EvaluateOptions;
  private readonly globals = new Map<number, bigint>();
  private steps = 0;
  private depth = 0;

  constructor(module: Module, options: EvaluateOptions = {}) {
    this.module = module;
    this.options = options;
    this.memory = new EvaluatorMemory(options.littleEndian ?? true);
    for (const symbol of module.symbols) {
      const bytes = symbol.data === undefined ? new Uint8Array(0) : symbol.data.bytes.slice();
      this.globals.set(symbol.id, this.memory.allocate(bytes));
    }
    for (const symbol of module.symbols) {
      const base = this.globals.get(symbol.id) ?? 0n;
      for (const row of symbol.data?.relocations ?? []) {
        const target = (this.globals.get(row.symbol) ?? 0n) + row.addend;
        this.memory.store(base + BigInt(row.offset), row.size, target);
      }
    }
  }

  /** The address of a symbol. */
  addressOf(symbol: number): bigint {
    return this.globals.get(symbol) ?? 0n;
  }

  /** Runs a function of the module. */
  run(func: Func, args: readonly bigint[]): EvaluateResult {
    try {
      const value = this.call(func, args);
      return { value, fault: undefined, steps: this.steps };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { value: 0n, fault: error.message, steps: this.steps };
    }
  }

  private call(func: Func, args: readonly bigint[]): bigint {
    if (++this.depth > 200) throw new Fault('calls too deep');
    const frame = new Frame(this, func, args);
    let block = func.entry;
    let from = block;
    for (;;) {
      frame.enter(block, from);
      const next = this.runBlock(frame, block);
      if (typeof next === 'bigint') {
        this.depth--;
        return next;
      }
      from = block;
      block = next;
    }
  }

  private runBlock(frame: Frame, block: BlockId): BlockId | bigint {
    const { func } = frame;
    for (const id of func.block(block).instructions) {
      const ins = func.ins(id);
      if (ins.op === Op.phi) continue;
      if (++this.steps > (this.options.maxSteps ?? 100_000)) throw new Fault('too many steps');
      if (opRow(ins.op).terminator) return this.terminate(frame, ins);
      frame.values.set(id, this.evaluate(frame, ins));
    }
    throw new Fault('block without end');
  }

  private terminate(frame: Frame, ins: Ins): BlockId | bigint {
    const [value, ...cases] = ins.operands;
    const number = value === undefined ? 0n : frame.value(value);
    const target = (index: number): BlockId => ins.targets[index] ?? frame.func.entry;
    switch (ins.op) {
      case Op.br:
        return target(0);
      case Op.condbr:
        return target(number === 0n ? 1 : 0);
      case Op.switch:
        return target(cases.findIndex((id) => frame.value(id) === number) + 1);
      case Op.ret:
        return number;
      default:
        throw new Fault(opRow(ins.op).name);
    }
  }

  private evaluate(frame: Frame, ins: Ins): bigint {
    const values = ins.operands.map((operand) => frame.value(operand));
    const [a = 0n, b = 0n, c = 0n] = values;
    const { memory } = this;
    const bytes = bitsOf(ins.type) >>> 3;
    switch (ins.op) {
      case Op.alloca:
        return memory.allocate(new Uint8Array(Number(ins.imm)));
      case Op.load:
        return memory.load(a, bytes);
      case Op.store:
        memory.store(b, bitsOf(frame.func.ins(ins.operands[0] ?? ins.id).type) >>> 3, a);
        return 0n;
      case Op.memcpy:
      case Op.memmove:
        memory.copy(a, b, Number(c));
        return 0n;
      case Op.memset:
        memory.fill(a, Number(b), Number(c));
        return 0n;
      case Op.memcmp:
        return BigInt.asUintN(32, BigInt(memory.compare(a, b, Number(c))));
      case Op.atomicrmw: {
        const old = memory.load(a, bytes);
        memory.store(a, bytes, atomicResult(ins.aux, bitsOf(ins.type), old, b));
        return old;
      }
      case Op.cmpxchg: {
        const old = memory.load(a, bytes);
        if (old === b) memory.store(a, bytes, c);
        return old;
      }
      case Op.barrier:
      case Op.addrspacecast:
        return a;
      case Op.core_relocation:
        return BigInt.asUintN(bitsOf(ins.type), ins.imm);
      case Op.is_constant:
      case Op.lifetime_start:
      case Op.lifetime_end:
      case Op.fence:
      case Op.compiler_fence:
        return 0n;
      default:
        return this.evaluateOther(frame, ins, values);
    }
  }

  private evaluateOther(frame: Frame, ins: Ins, values: readonly bigint[]): bigint {
    const [first] = ins.operands;
    if (first !== undefined && opRow(ins.op).memory === 'none') {
      const result = foldValues(ins, frame.func.ins(first).type, values);
      if (result !== undefined) return result;
    }
    if (ins.op === Op.call) {
      const symbol = this.module.symbol(asId<SymbolId>(ins.aux));
      return symbol.func === undefined
        ? this.external(symbol.name, values, ins)
        : BigInt.asUintN(bitsOf(ins.type), this.call(symbol.func, values));
    }
    return this.external(
      `${opRow(ins.op).name} ${ins.op === Op.call_helper ? ins.imm : ins.aux}`,
      values,
      ins,
    );
  }

  private external(name: string, args: readonly bigint[], ins: Ins): bigint {
    const { external } = this.options;
    if (external === undefined) throw new Fault(`call of ${name}`);
    return BigInt.asUintN(bitsOf(ins.type), external(name, args, this.memory));
  }
}

/** Values of one call. */
class Frame {
  readonly func: Func;
  readonly values = new Map<ValueId, bigint>();
  private readonly evaluator: Evaluator;
  private readonly args: readonly bigint[];

  constructor(evaluator: Evaluator, func: Func, args: readonly bigint[]) {
    this.evaluator = evaluator;
    this.func = func;
    this.args = args;
  }

  /** Gives the phis of a block their values, all at once. */
  enter(block: BlockId, from: BlockId): void {
    const found: [ValueId, bigint][] = [];
    for (const id of this.func.block(block).instructions) {
      const phi = this.func.ins(id);
      if (phi.op !== Op.phi) break;
      const operand = phi.operands[phi.targets.indexOf(from)];
      if (operand === undefined) throw new Fault(`v${id} has no value from b${from}`);
      found.push([id, this.value(operand)]);
    }
    for (const [id, value] of found) this.values.set(id, value);
  }

  value(id: ValueId): bigint {
    const ins = this.func.ins(id);
    switch (ins.op) {
      case Op.const:
        return ins.imm;
      case Op.undef:
        return 0n;
      case Op.param:
        return BigInt.asUintN(bitsOf(ins.type), this.args[ins.aux] ?? 0n);
      case Op.globaladdr:
        return BigInt.asUintN(64, this.evaluator.addressOf(ins.aux) + ins.imm);
      default:
        return this.values.get(id) ?? 0n;
    }
  }
}

function atomicResult(operation: number, width: number, old: bigint, operand: bigint): bigint {
  const name = atomicOperations[operation] ?? 'xchg';
  const [a, b] = [BigInt.asIntN(width, old), BigInt.asIntN(width, operand)];
  switch (name) {
    case 'xchg':
      return operand;
    case 'nand':
      return BigInt.asUintN(width, ~(old & operand));
    case 'smax':
      return a > b ? old : operand;
    case 'smin':
      return a < b ? old : operand;
    case 'umax':
      return old > operand ? old : operand;
    case 'umin':
      return old < operand ? old : operand;
    default:
      return evalAlu(name, width, old, operand);
  }
}
