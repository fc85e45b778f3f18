/**
 * The assembly syntax of every instruction form: instruction table row -> templates. LLVM's syntax (what
 * `clang -S`, llvm-mc and llvm-objdump use), in one place from which both the disassembler (prints the first
 * template) and the assembler (accepts them all) are derived.
 *
 * Placeholders: %rd %rs are dst and src as 64-bit registers, %wd %ws as 32-bit ones; %imm a 32-bit number, %imm64
 * a 64-bit number or symbol, %off an optional displacement with its sign, %target a jump target, %helper a helper's number
 * or name, %function a subprogram's symbol, %distance a signed distance, %index an optional
 * displacement in the immediate, %kfunc a kernel function's BTF id.
 * Where LLVM cannot write what the encoding holds, this is our own extension: `call pc+5` and `call kfunc(9)` for
 * calls whose target has no symbol, `skb[r2 + 4]` for an indexed packet load with a displacement, and the full
 * 64 bits in `ld_pseudo`.
 */

import { unreachable } from '../support/bug.ts';
import type { InsnRow, Operation } from './table.ts';

/** Operators of two-operand arithmetic and of the atomic updates that return nothing. */
const ASSIGNMENT: Partial<Record<Operation, string>> = {
  add: '+=',
  sub: '-=',
  mul: '*=',
  div: '/=',
  sdiv: 's/=',
  or: '|=',
  and: '&=',
  lsh: '<<=',
  rsh: '>>=',
  mod: '%=',
  smod: 's%=',
  xor: '^=',
  arsh: 's>>=',
  mov: '=',
  atomic_add: '+=',
  atomic_or: '|=',
  atomic_and: '&=',
  atomic_xor: '^=',
};

/** Comparison operators of the conditional jumps. */
const COMPARISON: Partial<Record<Operation, string>> = {
  jeq: '==',
  jgt: '>',
  jge: '>=',
  jset: '&',
  jne: '!=',
  jsgt: 's>',
  jsge: 's>=',
  jlt: '<',
  jle: '<=',
  jslt: 's<',
  jsle: 's<=',
};

/** Register moves that change more than the register: the extending ones, byte swaps, address space casts. */
function moveTemplate(row: InsnRow, w: string): string {
  switch (row.operation) {
    case 'mov':
      return `%${w}d = %${w}s`;
    case 'movsx':
      return `%${w}d = (s${row.fixedOff})%${w}s`;
    default:
      return `%rd = addr_space_cast(%rs, ${row.fixedImm >> 16}, ${row.fixedImm & 0xffff})`;
  }
}

function callTemplates(row: InsnRow): readonly string[] {
  switch (row.form) {
    case 'call_helper':
      return ['call %helper'];
    case 'call_local':
      return ['call pc%distance', 'call %function'];
    case 'call_kfunc':
      return ['call kfunc(%kfunc)'];
    default:
      return ['callx %rd'];
  }
}

/** Exchange and fetch: 32-bit exchanges name both widths, as LLVM spells them. */
function fetchTemplate(row: InsnRow, w: string): string {
  if (row.operation === 'atomic_xchg') {
    return `%${w}s = ${row.bits === 64 ? 'xchg_64' : 'xchg32_32'}(%rd%off, %${w}s)`;
  }
  return `%${w}s = ${row.operation}((u${row.bits} *)(%rd%off), %${w}s)`;
}

function loadTemplates(row: InsnRow, w: string): readonly string[] {
  switch (row.operation) {
    case 'load_acquire':
      return [`%${w}d = load_acquire((u${row.bits} *)(%rs%off))`];
    case 'load_signed':
      return [`%rd = *(s${row.bits} *)(%rs%off)`];
    default:
      return w === 'w'
        ? [`%wd = *(u${row.bits} *)(%rs%off)`, `%rd = *(u${row.bits} *)(%rs%off)`]
        : [`%rd = *(u${row.bits} *)(%rs%off)`];
  }
}

function storeTemplates(row: InsnRow, w: string): readonly string[] {
  if (row.operation === 'store_release') return [`store_release((u${row.bits} *)(%rd%off), %${w}s)`];
  const store = `*(u${row.bits} *)(%rd%off) =`;
  return w === 'w' ? [`${store} %ws`, `${store} %rs`] : [`${store} %rs`];
}

/** The templates of a form; the first is the one that is printed. */
export function syntaxOf(row: InsnRow): readonly string[] {
  const w = row.bits === 64 ? 'r' : 'w';
  switch (row.form) {
    case 'alu_imm':
    case 'mov_imm':
      return [`%${w}d ${ASSIGNMENT[row.operation]} %imm`];
    case 'alu_reg':
      return [`%${w}d ${ASSIGNMENT[row.operation]} %${w}s`];
    case 'unary':
      return row.operation === 'neg' ? [`%${w}d = -%${w}d`] : [`%rd = ${row.name} %rd`];
    case 'mov_reg':
      // clang writes the zero extension of a 32-bit register as a move between widths.
      return row.operation === 'mov' && w === 'w' ? ['%wd = %ws', '%rd = %ws'] : [moveTemplate(row, w)];
    case 'jump_imm':
      return [`if %${w}d ${COMPARISON[row.operation]} %imm goto %target`];
    case 'jump_reg':
      return [`if %${w}d ${COMPARISON[row.operation]} %${w}s goto %target`];
    case 'goto_off':
      return [row.operation === 'may_goto' ? 'may_goto %target' : 'goto %target'];
    case 'goto_imm':
      return ['gotol %target'];
    case 'call_helper':
    case 'call_local':
    case 'call_kfunc':
    case 'call_reg':
      return callTemplates(row);
    case 'exit':
      return ['exit'];
    case 'lddw':
      return [row.fixedSrc === 0 ? '%rd = %imm64 ll' : `ld_pseudo %rd, ${row.fixedSrc}, %imm64`];
    case 'ld_abs':
      return [`r0 = *(u${row.bits} *)skb[%imm]`];
    case 'ld_ind':
      return [`r0 = *(u${row.bits} *)skb[%rs%index]`];
    case 'load':
      return loadTemplates(row, w);
    case 'store_imm':
      return [`*(u${row.bits} *)(%rd%off) = %imm`];
    case 'store_reg':
      return storeTemplates(row, w);
    case 'atomic':
      return [`lock *(u${row.bits} *)(%rd%off) ${ASSIGNMENT[row.operation]} %${w}s`];
    case 'atomic_fetch':
      return [fetchTemplate(row, w)];
    case 'atomic_cmpxchg':
      return [row.bits === 64 ? 'r0 = cmpxchg_64(%rd%off, r0, %rs)' : 'w0 = cmpxchg32_32(%rd%off, w0, %ws)'];
    default:
      return unreachable(row.form, 'operand form');
  }
}
