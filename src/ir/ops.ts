/**
 * The op table of the IR: a row an operation. Printer, reader, validator, folding and the passes derive from it.
 *
 * Columns: `operands` is the number of value operands (`variadic` where it varies); `result` says what the type
 * of the value is; `memory` what it does to memory; `effect` marks what must stay even when its value is unused;
 * `placed` is false for values that belong to no block (constants, parameters, addresses of globals): they dominate
 * everything and are printed inside their users.
 */

import type { AluOperation } from '../support/eval-alu.ts';

export interface OpRow {
  readonly name: string;
  readonly operands: number | 'variadic';
  /** `same`: the type of the operands; `any`: given by the instruction; others fixed. */
  readonly result: 'void' | 'i1' | 'ptr' | 'i32' | 'i64' | 'same' | 'any';
  readonly memory: 'none' | 'read' | 'write' | 'read-write';
  readonly effect: boolean;
  readonly placed: boolean;
  readonly terminator: boolean;
  readonly commutative: boolean;
  /** The operation of `evalAlu` that it is, for binary arithmetic. */
  readonly alu: AluOperation | undefined;
}

type Options = Partial<Omit<OpRow, 'name' | 'operands' | 'result'>>;

function op<const N extends string>(
  name: N,
  operands: OpRow['operands'],
  result: OpRow['result'],
  options: Options = {},
): OpRow & { readonly name: N } {
  return {
    name,
    operands,
    result,
    memory: 'none',
    effect: false,
    placed: true,
    terminator: false,
    commutative: false,
    alu: undefined,
    ...options,
  };
}

function alu<const N extends AluOperation>(name: N, commutative = false): OpRow & { readonly name: N } {
  return op(name, 2, 'same', { alu: name, commutative });
}

const unplaced = { placed: false } as const;
const terminator = { terminator: true, effect: true } as const;

export const opTable = [
  // Values without a place.
  /** `imm`, as the bit pattern of its type (0 .. 2^bits-1); a null pointer is `const ptr 0`. */
  op('const', 0, 'any', unplaced),
  /** Any value; each use may see another. */
  op('undef', 0, 'any', unplaced),
  /** Parameter number `aux`. */
  op('param', 0, 'any', unplaced),
  /** Address of symbol `aux` plus `imm` bytes. */
  op('globaladdr', 0, 'ptr', unplaced),
  /** Address of block `targets[0]` (computed goto). */

  // Arithmetic on integers of one type.
  alu('add', true),
  alu('sub'),
  alu('mul', true),
  alu('udiv'),
  alu('sdiv'),
  alu('urem'),
  alu('srem'),
  alu('and', true),
  alu('or', true),
  alu('xor', true),
  alu('shl'),
  alu('lshr'),
  alu('ashr'),
  /** Compares integers or pointers of one type by predicate `aux`. */
  op('icmp', 2, 'i1'),
  /** `operands[0]` is i1; the arms have the result's type. */
  op('select', 3, 'any'),
  op('trunc', 1, 'any'),
  op('zext', 1, 'any'),
  op('sext', 1, 'any'),
  /** ptr -> i64 and back. */
  op('ptrtoint', 1, 'i64'),
  op('inttoptr', 1, 'ptr'),
  /** Pointer cast to address space `aux` from address space `imm`. */
  op('addrspacecast', 1, 'ptr'),
  /** pointer + i64 bytes. */
  op('ptradd', 2, 'ptr'),
  op('bswap', 1, 'same'),
  op('ctlz', 1, 'same'),
  op('cttz', 1, 'same'),
  op('ctpop', 1, 'same'),
  /** `operands[i]` when control comes from `targets[i]`; the phis of a block stand first in it. */
  op('phi', 'variadic', 'any'),
  /** 1 when the operand is known to be a constant once the function is simplified (`__builtin_constant_p`). */
  op('is_constant', 1, 'i1'),

  // Memory.
  /** `imm` bytes of stack, aligned to `align`; `aux` is its row in `func.locals`. Stands in the entry block. */
  op('alloca', 0, 'ptr', { effect: false }),
  op('lifetime_start', 1, 'void', { memory: 'write', effect: true }),
  op('lifetime_end', 1, 'void', { memory: 'write', effect: true }),
  op('load', 1, 'any', { memory: 'read' }),
  /** store value, pointer. */
  op('store', 2, 'void', { memory: 'write', effect: true }),
  /** memcpy destination, source, i64 size. */
  op('memcpy', 3, 'void', { memory: 'read-write', effect: true }),
  op('memmove', 3, 'void', { memory: 'read-write', effect: true }),
  /** memset destination, i8 value, i64 size. */
  op('memset', 3, 'void', { memory: 'write', effect: true }),
  /** memcmp left, right, i64 size: negative, zero or positive. */
  op('memcmp', 3, 'i32', { memory: 'read' }),
  /** Old value of `*operands[0]`; new value by operation `aux` (row of `atomicOperations`). `flags` tell whether the old value is wanted. */
  op('atomicrmw', 2, 'any', { memory: 'read-write', effect: true }),
  /** cmpxchg pointer, expected, new: the old value. */
  op('cmpxchg', 3, 'any', { memory: 'read-write', effect: true }),
  op('fence', 0, 'void', { memory: 'read-write', effect: true }),
  /** Orders accesses against a handler in the same thread: the compiler moves nothing across it, nothing is emitted. */
  op('compiler_fence', 0, 'void', { memory: 'read-write', effect: true }),

  // Calls.
  /** Direct call of symbol `aux` (subprogram, or kfunc when it is an extern). */
  op('call', 'variadic', 'any', { memory: 'read-write', effect: true }),
  /** Call of the kernel helper with number `imm`. */
  op('call_helper', 'variadic', 'any', { memory: 'read-write', effect: true }),
  /** Call through `operands[0]`. */
  op('call_indirect', 'variadic', 'any', { memory: 'read-write', effect: true }),
  /** Legacy load of `aux` (1, 2, 4) bytes of the packet at offset `operands[1]`, byte-swapped to host order; `operands[0]` is the context (LD_ABS, LD_IND). Leaves the program on failure. */
  op('packet_load', 2, 'i64', { memory: 'read', effect: true }),
  /** A CO-RE relocation: row `aux` of `func.coreRelocations`; the value is what libbpf patches in, `imm` before. */
  op('core_relocation', 0, 'any', { effect: true }),
  /** Row `aux` of `func.asms`; operands as its constraints say. The value is the first register output (void without one); the others are `asm_output`s. */
  op('asm', 'variadic', 'any', { memory: 'read-write', effect: true }),
  /** Register output number `aux` (from 1) of the asm `operands[0]`; stands right after it. */
  op('asm_output', 1, 'any'),
  /** Opaque copy: the value is the operand's, but nothing may be concluded about it (`barrier_var`). */
  op('barrier', 1, 'same', { effect: true }),

  // Terminators.
  op('br', 0, 'void', terminator),
  /** condbr i1, then `targets[0]`, else `targets[1]`. */
  op('condbr', 1, 'void', terminator),
  /** switch value, case constants...; `targets[0]` is the default, `targets[i]` goes with `operands[i]`. */
  op('switch', 'variadic', 'void', terminator),
  /** Jump to `operands[0]`, one of the blocks in `targets`. */
  /** Row `aux` of `func.asms`, `asm goto`: falls through to `targets[0]`, may jump to the others. */
  op('asm_goto', 'variadic', 'void', { ...terminator, memory: 'read-write' }),
  /** ret, or ret value. */
  op('ret', 'variadic', 'void', terminator),
  op('unreachable', 0, 'void', terminator),
] as const satisfies readonly OpRow[];

export type OpName = (typeof opTable)[number]['name'];

/** The number of a row of {@link opTable}. */
export type Op = number;

/** Op name -> number: `Op.add`. */
export const Op = Object.freeze(
  Object.fromEntries(opTable.map((row, index) => [row.name, index])),
) as Readonly<Record<OpName, Op>>;

const rows: readonly OpRow[] = opTable;
const fallback: OpRow = opTable[0];

export function opRow(op: Op): OpRow {
  return rows[op] ?? fallback;
}

/** Predicates of `icmp`, in the order of `Ins.aux`. */
export const predicates = ['eq', 'ne', 'ult', 'ule', 'ugt', 'uge', 'slt', 'sle', 'sgt', 'sge'] as const;
export type Predicate = number;
export const Predicate = Object.freeze({
  eq: 0,
  ne: 1,
  ult: 2,
  ule: 3,
  ugt: 4,
  uge: 5,
  slt: 6,
  sle: 7,
  sgt: 8,
  sge: 9,
}) satisfies Record<(typeof predicates)[number], number>;

/** The predicate with the operands exchanged. */
const swapped: readonly Predicate[] = [0, 1, 4, 5, 2, 3, 8, 9, 6, 7];
/** The predicate that holds exactly when the other does not. */
const inverse: readonly Predicate[] = [1, 0, 5, 4, 3, 2, 9, 8, 7, 6];

/** `a predicate b` is `b swapPredicate(predicate) a`. */
export function swapPredicate(predicate: Predicate): Predicate {
  return swapped[predicate] ?? predicate;
}

/** `a predicate b` does not hold exactly when `a invertPredicate(predicate) b` does. */
export function invertPredicate(predicate: Predicate): Predicate {
  return inverse[predicate] ?? predicate;
}

/** Operations of `atomicrmw`, in the order of `Ins.aux`. */
export const atomicOperations = [
  'add',
  'sub',
  'and',
  'or',
  'xor',
  'nand',
  'xchg',
  'smax',
  'smin',
  'umax',
  'umin',
] as const;

/** Memory orderings of atomic accesses, in the order of `InsFlag` bits `ordering`. */
export const orderings = ['not_atomic', 'relaxed', 'acquire', 'release', 'acq_rel', 'seq_cst'] as const;
