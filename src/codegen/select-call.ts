/**
 * Selection of calls and of the classic packet loads: arguments to r1-r5, the result from r0, r0-r5 destroyed.
 *
 * Arguments that need code of their own (clean upper bits, folded addresses) are computed first; then come the copies from
 * registers and last the constants and addresses, so that an argument register is occupied as shortly as possible.
 */

import type { Ins, SymbolId, ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { helperById } from '../isa/helpers.ts';
import { Kind } from '../isa/table.ts';
import { asId } from '../support/ids.ts';
import { NO_REGISTER, type Register } from './machine.ts';
import type { Selection } from './selection.ts';

const callerSaved = 0b11_1111;
const maxArguments = 5;
const narrowTypes: ReadonlySet<string> = new Set(['__u32', '__s32', 'u32', 's32', 'int', 'unsigned int']);

/** How many bits of an argument the callee reads. */
type Reader = (index: number) => 32 | 64;

const readsAll: Reader = () => 64;

/** Moves the arguments into place; the mask of their registers, or undefined when there are too many. */
function passArguments(
  s: Selection,
  args: readonly ValueId[],
  callee: string,
  reader = readsAll,
): number | undefined {
  if (args.length > maxArguments) {
    s.error('call-arguments', callee, `${args.length}`);
    return undefined;
  }
  let mask = 0;
  args.forEach((value, index) => {
    if (!s.isMaterialized(value)) s.passValue(index + 1, value, reader(index));
    mask |= 1 << (index + 1);
  });
  args.forEach((value, index) => {
    if (s.isMaterialized(value)) s.passValue(index + 1, value);
  });
  return mask;
}

function takeResult(s: Selection, ins: Ins): void {
  if (ins.type !== Type.void) s.copy(s.define(ins.id), 0);
}

export function selectHelperCall(s: Selection, ins: Ins): void {
  emitHelperCall(s, ins, ins.imm, ins.operands);
}

/** A parameter that the kernel declares with 32 bits and does not check as a size. */
function readerOf(helper: bigint): Reader {
  const parameters = helperById(Number(BigInt.asIntN(32, helper)))?.parameters;
  return (index) => {
    const parameter = parameters?.[index];
    return parameter?.kind === 'scalar' && narrowTypes.has(parameter.type) ? 32 : 64;
  };
}

function emitHelperCall(s: Selection, ins: Ins, helper: bigint, args: readonly ValueId[]): void {
  const reads = passArguments(s, args, `helper ${helper}`, readerOf(helper));
  if (reads === undefined) return;
  const call = s.emit(Kind.call_helper, NO_REGISTER, NO_REGISTER, 0, Number(BigInt.asIntN(32, helper)));
  call.reads = reads;
  call.writes = callerSaved;
  takeResult(s, ins);
}

/** A subprogram of this object, or a kfunc or function of another one: the relocation says which. */
export function selectCall(s: Selection, ins: Ins): void {
  emitCall(s, ins, asId<SymbolId>(ins.aux), ins.operands);
}

function emitCall(s: Selection, ins: Ins, symbol: SymbolId, args: readonly ValueId[]): void {
  const callee = s.module.symbol(symbol);
  // What the unit defines takes an i32 as 32 bits; other callees may check it as a size.
  const reader: Reader = callee.func === undefined ? readsAll : () => 32;
  const reads = passArguments(s, args, callee.name, reader);
  if (reads === undefined) return;
  const call = s.emit(Kind.call_local, NO_REGISTER, NO_REGISTER, 0, -1);
  call.symbol = symbol;
  call.reads = reads;
  call.writes = callerSaved;
  takeResult(s, ins);
}

/** The kernel has no call through a register: unless the target has, the callee must be known by now. */
export function selectIndirectCall(s: Selection, ins: Ins): void {
  const callee = s.ins(s.resolve(s.operand(ins, 0)));
  const args = ins.operands.slice(1);
  if (callee.op === Op.globaladdr && callee.imm === 0n) emitCall(s, ins, asId<SymbolId>(callee.aux), args);
  else if (callee.op === Op.const && callee.imm !== 0n) emitHelperCall(s, ins, callee.imm, args);
  else if (s.target.indirectCalls) emitRegisterCall(s, ins, args);
  else s.error('indirect-call');
}

function emitRegisterCall(s: Selection, ins: Ins, args: readonly ValueId[]): void {
  const callee = s.use(s.operand(ins, 0));
  const reads = passArguments(s, args, 'the function behind a pointer');
  if (reads === undefined) return;
  const call = s.emit(Kind.callx, callee, NO_REGISTER);
  call.reads = reads;
  call.writes = callerSaved;
  takeResult(s, ins);
}

/** An offset of LD_IND as a register and an immediate: the kernel takes the lower 32 bits of their sum. */
function packetIndex(s: Selection, offset: ValueId): { index: Register; displacement: number } {
  let value = s.resolve(offset);
  let displacement = 0n;
  for (let ins = s.ins(value); ins.op === Op.add || ins.op === Op.zext; ins = s.ins(value)) {
    const added = ins.op === Op.add ? s.constant(s.operand(ins, 1)) : 0n;
    if (added === undefined || bitsOf(ins.type) < 32 || bitsOf(s.ins(s.operand(ins, 0)).type) < 32) break;
    displacement = BigInt.asIntN(32, displacement + added);
    value = s.resolve(s.operand(ins, 0));
  }
  return { index: s.use(value), displacement: Number(displacement) };
}

/** LD_ABS and LD_IND: the context in r6, the value in r0; r1-r5 are destroyed. */
export function selectPacketLoad(s: Selection, ins: Ins): void {
  const size = ins.aux === 1 ? 'b' : ins.aux === 2 ? 'h' : 'w';
  const offset = s.operand(ins, 1);
  const constant = s.constant(offset);
  const isAbsolute = constant !== undefined && constant <= 0x7fff_ffffn;
  const { index, displacement } = isAbsolute
    ? { index: NO_REGISTER, displacement: Number(constant) }
    : packetIndex(s, offset);
  const context = s.use(s.operand(ins, 0));
  if (context !== 6) s.copy(6, context);
  const opcode = s.target.form(`ld_${isAbsolute ? 'abs' : 'ind'}_${size}`) ?? Kind.ld_abs_w;
  const load = s.emit(opcode, NO_REGISTER, index, 0, displacement);
  load.reads = 1 << 6;
  load.writes = callerSaved;
  s.copy(s.define(ins.id), 0);
}
