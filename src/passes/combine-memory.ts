/**
 * Rules of instruction combining for pointers, memory and calls. See `combine.ts`.
 */

import { constantOf, type Func, type Ins, type SymbolId, type ValueId } from '../ir/func.ts';
import type { DataImage, Module } from '../ir/module.ts';
import { atomicOperations, Op } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import type { CombineContext, CombineResult } from './combine-context.ts';
import { isOrdered } from './rewrite.ts';

/** A constant distance from a symbol is a part of its address. */
export function combineDistance(cx: CombineContext, ins: Ins): CombineResult {
  const { func } = cx;
  const [pointer, bytes] = ins.operands;
  const distance = bytes === undefined ? undefined : constantOf(func, bytes);
  if (distance === undefined || pointer === undefined) return undefined;
  const base = func.ins(pointer);
  if (base.op !== Op.globaladdr) return undefined;
  return func.globalAddress(asId<SymbolId>(base.aux), base.imm + BigInt.asIntN(64, distance));
}

/** A load of what is known not to change. */
export function combineLoad(cx: CombineContext, ins: Ins): CombineResult {
  const { func, module } = cx;
  const [pointer] = ins.operands;
  if (pointer === undefined || isOrdered(ins)) return undefined;
  const address = func.ins(pointer);
  const symbol = address.op === Op.globaladdr ? module.symbols[address.aux] : undefined;
  if (symbol?.data === undefined || !symbol.isConstant || symbol.linkage === 'weak') return undefined;
  return loadFromImage(func, symbol.data, address.imm, ins.type, cx.options.littleEndian);
}

/** The value that an image has at an offset; undefined where it is not known. */
export function loadFromImage(
  func: Func,
  image: DataImage,
  at: bigint,
  type: Type,
  littleEndian: boolean,
): ValueId | undefined {
  const size = bitsOf(type) >>> 3;
  if (at < 0n || at + BigInt(size) > BigInt(image.bytes.length)) return undefined;
  const offset = Number(at);
  for (const row of image.relocations) {
    if (row.offset >= offset + size || row.offset + row.size <= offset) continue;
    const isExact = row.offset === offset && row.size === size && type === Type.ptr;
    return isExact ? func.globalAddress(row.symbol, row.addend) : undefined;
  }
  let value = 0n;
  for (let i = 0; i < size; i++) {
    const byte = image.bytes[offset + (littleEndian ? size - 1 - i : i)] ?? 0;
    value = (value << 8n) | BigInt(byte);
  }
  return func.constant(type, value);
}

/** Taking a constant away is adding its negative, for which there is an instruction. */
export function combineAtomic(cx: CombineContext, ins: Ins): CombineResult {
  const { func } = cx;
  const operand = ins.operands[1];
  const constant = operand === undefined ? undefined : constantOf(func, operand);
  if (operand === undefined || constant === undefined || atomicOperations[ins.aux] !== 'sub')
    return undefined;
  ins.aux = atomicOperations.indexOf('add');
  ins.operands[1] = func.constant(func.ins(operand).type, -constant);
  return true;
}

/** Block operations on nothing. */
export function combineTransfer(cx: CombineContext, ins: Ins): CombineResult {
  const { func } = cx;
  const [left, right, size] = ins.operands;
  const count = size === undefined ? undefined : constantOf(func, size);
  if (ins.op === Op.memcmp) return count === 0n || left === right ? func.constant(Type.i32, 0n) : undefined;
  if (ins.isVolatile || (count !== 0n && !(left === right && ins.op !== Op.memset))) return undefined;
  func.values[ins.id] = undefined;
  return true;
}

/** A call through a known address: a small number is a helper of the kernel, a symbol a function. */
export function combineCall(cx: CombineContext, ins: Ins): CombineResult {
  const { func, module } = cx;
  const [callee, ...args] = ins.operands;
  if (callee === undefined) return undefined;
  const address = func.ins(callee);
  if (address.op === Op.const && address.imm > 0n && address.imm < 1n << 31n) {
    ins.op = Op.call_helper;
    ins.imm = address.imm;
    ins.operands = args;
    return true;
  }
  if (address.op !== Op.globaladdr || address.imm !== 0n || !isFunction(module, address.aux))
    return undefined;
  ins.op = Op.call;
  ins.aux = address.aux;
  ins.operands = args;
  return true;
}

function isFunction(module: Module, symbol: number): boolean {
  return module.symbols[symbol]?.kind === 'function';
}
