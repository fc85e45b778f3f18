/**
 * The part of the validator that looks at one instruction: types, alignment, rows of tables (V6, V9, V11, V13, V14).
 */

import type { Func, Ins } from './func.ts';
import type { Module } from './module.ts';
import { atomicOperations, Op, type OpRow, opRow, predicates } from './ops.ts';
import { bitsOf, isIntegerType, Type, typeNames } from './types.ts';

type Violate = (rule: string, message: string) => void;

export function checkTypes(module: Module, func: Func, ins: Ins, violate: Violate): void {
  const types = ins.operands.map((operand) => func.ins(operand).type);
  const want = (index: number, isRight: (type: Type) => boolean, what: string): void => {
    const type = types[index];
    if (type !== undefined && !isRight(type)) {
      violate('V6', `operand ${index} is ${typeNames[type]}, not ${what}`);
    }
  };
  const row: OpRow = opRow(ins.op);
  checkResult(row, ins, types, violate);
  for (const [index, type] of (operandTypes[row.name] ?? []).entries())
    want(index, (given) => given === type, typeNames[type] ?? '');
  if (row.alu !== undefined || bitOperations.has(ins.op)) {
    types.forEach((_, index) => {
      want(index, (type) => type === ins.type && isIntegerType(type), typeNames[ins.type] ?? '');
    });
  }
  checkOperation(module, func, ins, types, violate);
  checkAccess(func, ins, violate);
}

const { ptr, i1, i8, i64 } = Type;

/** Operand types that the op fixes. */
const operandTypes: Readonly<Record<string, readonly Type[]>> = {
  ptrtoint: [ptr],
  inttoptr: [i64],
  addrspacecast: [ptr],
  ptradd: [ptr, i64],
  select: [i1],
  condbr: [i1],
  lifetime_start: [ptr],
  lifetime_end: [ptr],
  load: [ptr],
  memcpy: [ptr, ptr, i64],
  memmove: [ptr, ptr, i64],
  memset: [ptr, i8, i64],
  memcmp: [ptr, ptr, i64],
  atomicrmw: [ptr],
  cmpxchg: [ptr],
  call_indirect: [ptr],
  packet_load: [ptr],
};

const bitOperations: ReadonlySet<Op> = new Set([Op.bswap, Op.ctlz, Op.cttz, Op.ctpop]);

function checkResult(row: OpRow, ins: Ins, types: readonly Type[], violate: Violate): void {
  const fixed = row.result === 'any' || row.result === 'same' ? undefined : Type[row.result];
  if (fixed !== undefined && ins.type !== fixed) {
    violate('V6', `the result is ${typeNames[ins.type]}, not ${row.result}`);
  }
  if (row.result === 'same' && types[0] !== undefined && types[0] !== ins.type) {
    violate('V6', `the result is ${typeNames[ins.type]}, not ${typeNames[types[0]]}`);
  }
  const mayBeVoid = row.name.startsWith('call') || row.name === 'asm' || row.result === 'void';
  if (ins.type === Type.void && !mayBeVoid) violate('V6', 'the result is void');
}

function checkOperation(
  module: Module,
  func: Func,
  ins: Ins,
  types: readonly Type[],
  violate: Violate,
): void {
  const [first, second, third] = types;
  const mustBe = (isRight: boolean, message: string): void => {
    if (!isRight) violate('V6', message);
  };
  switch (ins.op) {
    case Op.icmp:
      mustBe(first === second, 'the two sides differ in type');
      if (predicates[ins.aux] === undefined) violate('V11', `no predicate ${ins.aux}`);
      return;
    case Op.select:
      mustBe(second === ins.type && third === ins.type, 'the arms are not of the result type');
      return;
    case Op.phi:
      mustBe(
        types.every((type) => type === ins.type),
        'an operand is not of the result type',
      );
      return;
    case Op.trunc:
    case Op.zext:
    case Op.sext:
      mustBe(isCast(ins.op, first ?? Type.void, ins.type), 'the width does not change in this direction');
      return;
    case Op.atomicrmw:
      mustBe(second === ins.type, 'the value is not of the result type');
      if (atomicOperations[ins.aux] === undefined) violate('V11', `no operation ${ins.aux}`);
      return;
    case Op.cmpxchg:
      mustBe(second === ins.type && third === ins.type, 'the values are not of the result type');
      return;
    case Op.packet_load:
      mustBe([1, 2, 4].includes(ins.aux), `no packet load of ${ins.aux} bytes`);
      return;
    case Op.switch:
      checkCases(func, ins, violate);
      return;
    case Op.ret: {
      const isRight =
        func.returnType === Type.void ? types.length === 0 : types.length === 1 && first === func.returnType;
      if (!isRight) violate('V14', `a function of ${typeNames[func.returnType]} returns something else`);
      return;
    }
    case Op.call:
      if (module.symbols[ins.aux] === undefined) violate('V11', `no symbol ${ins.aux}`);
      return;
    case Op.asm:
    case Op.asm_goto:
      if (func.asms[ins.aux] === undefined) violate('V11', `no asm ${ins.aux}`);
      return;
    case Op.core_relocation:
      if (func.coreRelocations[ins.aux] === undefined) violate('V11', `no core relocation ${ins.aux}`);
      return;
    default:
      return;
  }
}

function isCast(op: Op, from: Type, to: Type): boolean {
  if (!isIntegerType(from) || !isIntegerType(to)) return false;
  return op === Op.trunc ? bitsOf(from) > bitsOf(to) : bitsOf(from) < bitsOf(to);
}

function checkCases(func: Func, ins: Ins, violate: Violate): void {
  const [value, ...cases] = ins.operands;
  const type = value === undefined ? Type.void : func.ins(value).type;
  const seen = new Set<bigint>();
  for (const id of cases) {
    const constant = func.ins(id);
    if (constant.op !== Op.const || constant.type !== type)
      violate('V9', 'a case is no constant of the type');
    else if (seen.has(constant.imm)) violate('V9', `case ${constant.imm} stands twice`);
    seen.add(constant.imm);
  }
}

function checkAccess(func: Func, ins: Ins, violate: Violate): void {
  if (!accessOps.has(ins.op)) return;
  if (ins.align < 1 || (ins.align & (ins.align - 1)) !== 0) violate('V13', `alignment ${ins.align}`);
  const [stored] = ins.operands;
  const type = ins.op === Op.store && stored !== undefined ? func.ins(stored).type : ins.type;
  if (typedAccessOps.has(ins.op) && bitsOf(type) < 8) violate('V13', `memory holds no ${typeNames[type]}`);
}

const typedAccessOps: ReadonlySet<Op> = new Set([Op.load, Op.store, Op.atomicrmw, Op.cmpxchg]);

const accessOps: ReadonlySet<Op> = new Set([
  ...typedAccessOps,
  Op.alloca,
  Op.memcpy,
  Op.memmove,
  Op.memset,
  Op.memcmp,
]);

const notSelectable: ReadonlySet<Op> = new Set([
  Op.switch,
  Op.memcpy,
  Op.memmove,
  Op.memset,
  Op.memcmp,
  Op.ctlz,
  Op.cttz,
  Op.ctpop,
  Op.is_constant,
]);

const booleanOps: ReadonlySet<Op> = new Set([Op.and, Op.or, Op.xor]);

/** True for what code generation takes (V16). */
export function isSelectable(func: Func, ins: Ins): boolean {
  if (notSelectable.has(ins.op)) return false;
  const [first] = ins.operands;
  if (ins.op === Op.icmp) return first === undefined || bitsOf(func.ins(first).type) >= 32;
  const isComputed = opRow(ins.op).alu !== undefined || ins.op === Op.phi || ins.op === Op.select;
  if (!isComputed || bitsOf(ins.type) >= 32) return true;
  return ins.type === Type.i1 && (opRow(ins.op).alu === undefined || booleanOps.has(ins.op));
}
