/**
 * More arguments than registers: the fifth and those after it go through memory.
 *
 * BPF has five argument registers. A function of this unit that takes more gets the first four as they are and in the fifth a pointer to
 * the others, in slots of eight bytes in the frame of its caller; every kernel lets a subprogram read its caller's
 * stack. That is a convention of ours, so it is for functions that nobody else calls or provides; in the machine's hosted
 * mode all code is ours, and the library's variadic functions know it. Runs after inlining, which needs no convention.
 */

import { Builder } from '../ir/builder.ts';
import type { Func, Ins, ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import type { ModulePassContext } from './pass.ts';
import { Replacements } from './rewrite.ts';

const maxRegisters = 5;
/** Arguments that stay in registers beside the pointer. */
const kept = maxRegisters - 1;
const slotSize = 8;

export function memoryArguments(module: Module, cx: ModulePassContext): boolean {
  const isHosted = cx.options.features.has('hosted');
  const isOurs = (symbol: number): boolean => isHosted || module.symbols[symbol]?.linkage === 'internal';
  let changed = false;
  for (const func of module.functions()) {
    const received = isOurs(func.symbol) && receive(func);
    const passed = pass(func, (call) => (call.op === Op.call ? isOurs(call.aux) : isHosted));
    if (!received && !passed) continue;
    cx.changed(func);
    changed = true;
  }
  return changed;
}

/** What an argument is in its slot: integers fill it, pointers stay pointers, as the verifier wants. */
function slotType(type: Type): Type {
  return type === Type.ptr ? Type.ptr : Type.i64;
}

/** Takes the parameters that have no register from the caller's frame. */
function receive(func: Func): boolean {
  const { parameterTypes } = func;
  if (parameterTypes.length <= maxRegisters) return false;
  const rest = parameterTypes.slice(kept);
  const old = rest.map((_type, i) => func.parameter(kept + i));
  func.changeParameters(kept, [Type.ptr]);
  const entry = func.block(func.entry);
  const body = entry.instructions;
  const firstOther = body.findIndex((id) => func.ins(id).op !== Op.alloca);
  entry.instructions = body.slice(0, firstOther);
  const builder = new Builder(func, func.entry, func.pos);
  const slots = builder.parameter(kept);
  const replacements = new Replacements();
  rest.forEach((type, i) => {
    const value = builder.load(slotType(type), builder.ptradd(slots, builder.i64(i * slotSize)), {
      align: slotSize,
    });
    const parameter = old[i];
    if (parameter !== undefined) {
      replacements.set(parameter, type === Type.ptr ? value : builder.resize(type, value, false));
    }
  });
  entry.instructions.push(...body.slice(firstOther));
  replacements.apply(func);
  return true;
}

/** Passes arguments through one object of the frame, as large as the longest call wants it. */
function pass(func: Func, isOurs: (call: Ins) => boolean): boolean {
  const fixed = (call: Ins): number => (call.op === Op.call_indirect ? 1 : 0);
  const calls: Ins[] = [];
  let most = 0;
  for (const block of func.eachBlock()) {
    for (const id of block.instructions) {
      const ins = func.ins(id);
      if (ins.op !== Op.call && ins.op !== Op.call_indirect) continue;
      const count = ins.operands.length - fixed(ins);
      if (count <= maxRegisters || !isOurs(ins)) continue;
      calls.push(ins);
      most = Math.max(most, count - kept);
    }
  }
  if (calls.length === 0) return false;
  const builder = new Builder(func, func.entry, func.pos);
  const row = func.locals.push({ name: 'arguments', pos: func.pos, inlinedFrom: [] }) - 1;
  const object = builder.alloca(BigInt(most * slotSize), slotSize, row);
  const wanted = new Set(calls);
  for (const block of func.eachBlock()) {
    if (!block.instructions.some((id) => wanted.has(func.ins(id)))) continue;
    const before = block.instructions;
    block.instructions = [];
    builder.setBlock(block);
    for (const id of before) {
      const ins = func.ins(id);
      if (wanted.has(ins)) storeArguments(builder, ins, fixed(ins) + kept, object);
      builder.place(ins);
    }
  }
  return true;
}

function storeArguments(builder: Builder, call: Ins, first: number, object: ValueId): void {
  builder.pos = call.pos;
  call.operands.slice(first).forEach((argument, i) => {
    const type = slotType(builder.func.ins(argument).type);
    const bits = bitsOf(builder.func.ins(argument).type);
    const value = type === Type.ptr || bits === 64 ? argument : builder.resize(type, argument, false);
    builder.store(value, builder.ptradd(object, builder.i64(i * slotSize)), { align: slotSize });
  });
  call.operands = [...call.operands.slice(0, first), object];
}
