/**
 * Selection of loads, stores and atomic operations: IR -> machine instructions.
 *
 * Addresses are folded into the access as far as the 16-bit displacement reaches, so that a context field is read with
 * a constant offset from the unmodified pointer. A constant is stored as an immediate wherever the pointer cannot be a context
 * pointer: kernels before 6.4 refuse immediate stores there. One of 64 bits goes in halves rather than through a register.
 */

import { type Ins, InsFlag, orderingShift, type ValueId } from '../ir/func.ts';
import { atomicOperations, Op, orderings } from '../ir/ops.ts';
import { isPlainBytes } from '../ir/provenance-kinds.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { Kind } from '../isa/table.ts';
import { type MachineIns, type Opcode, opcodeNamed, Pseudo, type Register } from './machine.ts';
import { type Address, asImmediate, type Selection } from './selection.ts';
import { cpuOf } from './target.ts';

const suffixes: ReadonlyMap<number, string> = new Map([
  [1, 'b'],
  [8, 'b'],
  [16, 'h'],
  [32, 'w'],
  [64, 'dw'],
]);

const suffixOf = (bits: number): string => suffixes.get(bits) ?? 'dw';

function complete(ins: MachineIns, address: Address): void {
  ins.object = address.object;
  ins.core = address.core;
}

/** A form for an ordered access, or the error that names the version which has it. */
function orderedForm(s: Selection, ins: Ins, name: string): Opcode | undefined {
  const ordering = orderings[ins.flags >> orderingShift] ?? 'not_atomic';
  if (ordering === 'not_atomic' || ordering === 'relaxed') return undefined;
  const form = s.target.form(name);
  if (form === undefined) s.error('needs-cpu', `an atomic access with ${ordering} ordering`, '4');
  return form;
}

export function selectLoad(s: Selection, ins: Ins): void {
  const bits = bitsOf(ins.type);
  const address = s.address(s.operand(ins, 0));
  const extension = s.signExtensionOf(ins);
  const ordered = orderedForm(s, ins, `load_acquire${bits}`);
  const opcode = ordered ?? opcodeNamed(`${extension === undefined ? 'ldx' : 'ldxsx'}_${suffixOf(bits)}`);
  const load = s.emit(opcode, s.define(extension ?? ins.id), address.base, address.offset);
  complete(load, address);
}

export function selectStore(s: Selection, ins: Ins): void {
  const value = s.operand(ins, 0);
  const pointer = s.operand(ins, 1);
  const bits = bitsOf(s.ins(value).type);
  const ordered = orderedForm(s, ins, `store_release${bits}`);
  const constant = s.constant(s.resolve(value));
  const address = s.address(pointer);
  if (constant !== undefined && ordered === undefined && takesImmediateStore(s, pointer)) {
    const immediate = asImmediate(constant, bits);
    if (immediate !== undefined) {
      storeImmediate(s, address, 0, bits, immediate).isVolatile = ins.isVolatile;
      return;
    }
    if (!ins.isVolatile && s.useCount(value) < 3 && address.core < 0 && address.offset < 0x7ff8) {
      return storeHalves(s, address, constant);
    }
  }
  const source = s.use(value);
  const opcode = ordered ?? opcodeNamed(`stx_${suffixOf(bits)}`);
  complete(s.emit(opcode, address.base, source, address.offset), address);
}

function storeImmediate(
  s: Selection,
  address: Address,
  offset: number,
  bits: number,
  value: number,
): MachineIns {
  const store = s.emit(opcodeNamed(`st_${suffixOf(bits)}`), address.base, -1, address.offset + offset, value);
  complete(store, address);
  return store;
}

/** Two slots where a wide constant in a register takes three. */
function storeHalves(s: Selection, address: Address, constant: bigint): void {
  const halves = [constant, constant >> 32n].map((half) => Number(BigInt.asIntN(32, half)));
  if (!s.target.littleEndian) halves.reverse();
  halves.forEach((half, i) => {
    storeImmediate(s, address, 4 * i, 32, half);
  });
}

/** Is this certainly no context pointer? What a helper gives never is. */
function takesImmediateStore(s: Selection, pointer: ValueId): boolean {
  if (isPlainBytes(s.provenance.of(pointer))) return true;
  let value = s.resolve(pointer);
  while (s.ins(value).op === Op.ptradd) value = s.resolve(s.operand(s.ins(value), 0));
  return s.ins(value).op === Op.call_helper;
}

export function selectLifetime(s: Selection, ins: Ins): void {
  const value = s.resolve(s.operand(ins, 0));
  if (s.ins(value).op !== Op.alloca) return;
  const opcode = ins.op === Op.lifetime_start ? Pseudo.lifetime_start : Pseudo.lifetime_end;
  s.emit(opcode, -1, -1).object = s.objectOf(value);
}

/** A form that the target has; otherwise reports which level has it. */
function atomicForm(s: Selection, name: string, bits: number, what: string): Opcode | undefined {
  if (bits !== 32 && bits !== 64) {
    s.error('atomic-width', what, `${bits}`);
    return undefined;
  }
  const opcode = s.target.form(`${name}${bits}`);
  if (opcode === undefined) s.error('needs-cpu', `atomic ${what}`, `${cpuOf(opcodeNamed(`${name}${bits}`))}`);
  return opcode;
}

export function selectAtomicUpdate(s: Selection, ins: Ins): void {
  const operation = atomicOperations[ins.aux] ?? 'add';
  const bits = bitsOf(ins.type === Type.void ? s.ins(s.operand(ins, 1)).type : ins.type);
  if (operation !== 'sub' && s.target.form(`atomic_${operation}64`) === undefined) {
    if (!['add', 'and', 'or', 'xor', 'xchg'].includes(operation))
      return s.error('atomic-operation', operation);
  }
  const base = operation === 'sub' ? 'add' : operation;
  const isFetch = base === 'xchg' || ((ins.flags & InsFlag.resultUnused) === 0 && s.isUsed(ins.id));
  const name = base === 'xchg' ? 'atomic_xchg' : isFetch ? `atomic_fetch_${base}` : `atomic_${base}`;
  const what = isFetch && base !== 'xchg' ? `${operation} that gives the old value` : operation;
  const opcode = atomicForm(s, name, bits, what);
  if (opcode === undefined) return;
  const address = s.address(s.operand(ins, 0));
  let value = s.use(s.operand(ins, 1));
  if (operation === 'sub') value = negate(s, value, bits);
  const row = opcode;
  if (!isFetch) return complete(atomic(s, row, address, value), address);
  // The register of the value is overwritten with what was in memory.
  const result = s.define(ins.id);
  s.copy(result, value);
  complete(atomic(s, row, address, result), address);
}

function negate(s: Selection, value: Register, bits: number): Register {
  return s.emitUpdate(bits === 32 && s.target.alu32 ? Kind.neg32 : Kind.neg64, value, -1);
}

function atomic(s: Selection, opcode: Opcode, address: Address, src: Register): MachineIns {
  return s.emit(opcode, address.base, src, address.offset);
}

/** r0 holds the expected value before and the old value after. */
export function selectCompareExchange(s: Selection, ins: Ins): void {
  const bits = bitsOf(ins.type);
  const opcode = atomicForm(s, 'atomic_cmpxchg', bits, 'compare-and-exchange');
  if (opcode === undefined) return;
  const address = s.address(s.operand(ins, 0));
  const replacement = s.use(s.operand(ins, 2));
  s.assign(0, s.operand(ins, 1));
  const exchange = atomic(s, opcode, address, replacement);
  complete(exchange, address);
  exchange.reads = 1;
  exchange.writes = 1;
  s.copy(s.define(ins.id), 0);
}
