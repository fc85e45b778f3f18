/**
 * The BPF instruction set as one table: a row for every form that RFC 9669 defines plus the forms Linux 6.18
 * adds to it. The row index is the `InsnKind`; encoder, decoder, assembler, disassembler, selection, allocation
 * and the interpreter read their facts here and nowhere else.
 *
 * A form is chosen by its opcode byte and by those of the fields src, off and imm that its operands leave free:
 * a free field holds the fixed value of the last column, or zero. No two rows have the same opcode and the
 * same values in fields that are free in both, so a decoder that compares them finds at most one row.
 */

import { bug } from '../support/bug.ts';
import { asId, type Id } from '../support/ids.ts';

/** Index of a row of the instruction table. */
export type InsnKind = Id<'InsnKind'>;

/** How an instruction uses a register field. */
export type RegisterUse = 'none' | 'read' | 'write' | 'update';
/** What the 16-bit field holds: a memory displacement, a jump distance in slots, or the kernel's descriptor index of a kfunc. */
export type OffUse = 'none' | 'memory' | 'jump' | 'kfunc_fd';
/** What the 32-bit field holds. `wide` is the low half of a 64-bit immediate, whose high half is the next slot's. */
export type ImmUse = 'none' | 'value' | 'jump' | 'helper' | 'function' | 'kfunc' | 'wide' | 'packet';

interface OperandForm {
  readonly dst: RegisterUse;
  readonly src: RegisterUse;
  readonly off: OffUse;
  readonly imm: ImmUse;
  /** Registers read or written without being named, as bit masks (bit n is rn). */
  readonly reads: number;
  readonly writes: number;
}

/** A call destroys r0-r5: r0 is the result, the rest is unspecified to the caller. */
const CALLER_SAVED = 0b11_1111;
const ARGUMENTS = 0b11_1110;
const R0 = 1;
const R6 = 1 << 6;

/** Operand forms: which fields are operands and what they do. Columns: dst, src, off, imm, implicit reads, implicit writes. */
const form = (
  dst: RegisterUse,
  src: RegisterUse,
  off: OffUse,
  imm: ImmUse,
  reads = 0,
  writes = 0,
): OperandForm => Object.freeze({ dst, src, off, imm, reads, writes });

const FORMS = Object.freeze({
  alu_imm: form('update', 'none', 'none', 'value'),
  alu_reg: form('update', 'read', 'none', 'none'),
  unary: form('update', 'none', 'none', 'none'),
  mov_imm: form('write', 'none', 'none', 'value'),
  mov_reg: form('write', 'read', 'none', 'none'),
  jump_imm: form('read', 'none', 'jump', 'value'),
  jump_reg: form('read', 'read', 'jump', 'none'),
  goto_off: form('none', 'none', 'jump', 'none'),
  goto_imm: form('none', 'none', 'none', 'jump'),
  call_helper: form('none', 'none', 'none', 'helper', ARGUMENTS, CALLER_SAVED),
  call_local: form('none', 'none', 'none', 'function', ARGUMENTS, CALLER_SAVED),
  call_kfunc: form('none', 'none', 'kfunc_fd', 'kfunc', ARGUMENTS, CALLER_SAVED),
  call_reg: form('read', 'none', 'none', 'none', ARGUMENTS, CALLER_SAVED),
  exit: form('none', 'none', 'none', 'none', R0),
  lddw: form('write', 'none', 'none', 'wide'),
  ld_abs: form('none', 'none', 'none', 'packet', R6, CALLER_SAVED),
  ld_ind: form('none', 'read', 'none', 'packet', R6, CALLER_SAVED),
  load: form('write', 'read', 'memory', 'none'),
  store_imm: form('read', 'none', 'memory', 'value'),
  store_reg: form('read', 'read', 'memory', 'none'),
  atomic: form('read', 'read', 'memory', 'none'),
  atomic_fetch: form('read', 'update', 'memory', 'none'),
  atomic_cmpxchg: form('read', 'read', 'memory', 'none', R0, R0),
} as const);

/** Name of an operand form. */
export type FormName = keyof typeof FORMS;

/** In place of a kernel version: the RFC has the form, no released kernel takes it. */
const NO_KERNEL = Number.POSITIVE_INFINITY;

type TableRow = readonly [
  name: string,
  opcode: number,
  operation: string,
  bits: 8 | 16 | 32 | 64,
  form: FormName,
  cpu: 1 | 2 | 3 | 4,
  kernel: number,
  fixed: { readonly src?: number; readonly off?: number; readonly imm?: number },
];

/**
 * Columns: name; opcode byte; operation; width of the operation or access in bits; operand form; the lowest
 * -mcpu level at which clang selects the form; the first kernel that takes it (major * 100 + minor); the values
 * in free fields that are not zero.
 */
const TABLE = [
  // 64-bit arithmetic (RFC 9669, 4.1); off selects the signed division and the sign-extending moves.
  ['add64_imm', 0x07, 'add', 64, 'alu_imm', 1, 318, {}],
  ['add64_reg', 0x0f, 'add', 64, 'alu_reg', 1, 318, {}],
  ['sub64_imm', 0x17, 'sub', 64, 'alu_imm', 1, 318, {}],
  ['sub64_reg', 0x1f, 'sub', 64, 'alu_reg', 1, 318, {}],
  ['mul64_imm', 0x27, 'mul', 64, 'alu_imm', 1, 318, {}],
  ['mul64_reg', 0x2f, 'mul', 64, 'alu_reg', 1, 318, {}],
  ['div64_imm', 0x37, 'div', 64, 'alu_imm', 1, 318, {}],
  ['div64_reg', 0x3f, 'div', 64, 'alu_reg', 1, 318, {}],
  ['or64_imm', 0x47, 'or', 64, 'alu_imm', 1, 318, {}],
  ['or64_reg', 0x4f, 'or', 64, 'alu_reg', 1, 318, {}],
  ['and64_imm', 0x57, 'and', 64, 'alu_imm', 1, 318, {}],
  ['and64_reg', 0x5f, 'and', 64, 'alu_reg', 1, 318, {}],
  ['lsh64_imm', 0x67, 'lsh', 64, 'alu_imm', 1, 318, {}],
  ['lsh64_reg', 0x6f, 'lsh', 64, 'alu_reg', 1, 318, {}],
  ['rsh64_imm', 0x77, 'rsh', 64, 'alu_imm', 1, 318, {}],
  ['rsh64_reg', 0x7f, 'rsh', 64, 'alu_reg', 1, 318, {}],
  ['mod64_imm', 0x97, 'mod', 64, 'alu_imm', 1, 318, {}],
  ['mod64_reg', 0x9f, 'mod', 64, 'alu_reg', 1, 318, {}],
  ['xor64_imm', 0xa7, 'xor', 64, 'alu_imm', 1, 318, {}],
  ['xor64_reg', 0xaf, 'xor', 64, 'alu_reg', 1, 318, {}],
  ['arsh64_imm', 0xc7, 'arsh', 64, 'alu_imm', 1, 318, {}],
  ['arsh64_reg', 0xcf, 'arsh', 64, 'alu_reg', 1, 318, {}],
  ['sdiv64_imm', 0x37, 'sdiv', 64, 'alu_imm', 4, 606, { off: 1 }],
  ['sdiv64_reg', 0x3f, 'sdiv', 64, 'alu_reg', 4, 606, { off: 1 }],
  ['smod64_imm', 0x97, 'smod', 64, 'alu_imm', 4, 606, { off: 1 }],
  ['smod64_reg', 0x9f, 'smod', 64, 'alu_reg', 4, 606, { off: 1 }],
  ['neg64', 0x87, 'neg', 64, 'unary', 1, 318, {}],
  ['mov64_imm', 0xb7, 'mov', 64, 'mov_imm', 1, 318, {}],
  ['mov64_reg', 0xbf, 'mov', 64, 'mov_reg', 1, 318, {}],
  ['movsx8_64', 0xbf, 'movsx', 64, 'mov_reg', 4, 606, { off: 8 }],
  ['movsx16_64', 0xbf, 'movsx', 64, 'mov_reg', 4, 606, { off: 16 }],
  ['movsx32_64', 0xbf, 'movsx', 64, 'mov_reg', 4, 606, { off: 32 }],
  // 32-bit arithmetic (RFC 9669, 4.1); off selects the signed division and the sign-extending moves.
  ['add32_imm', 0x04, 'add', 32, 'alu_imm', 3, 318, {}],
  ['add32_reg', 0x0c, 'add', 32, 'alu_reg', 3, 318, {}],
  ['sub32_imm', 0x14, 'sub', 32, 'alu_imm', 3, 318, {}],
  ['sub32_reg', 0x1c, 'sub', 32, 'alu_reg', 3, 318, {}],
  ['mul32_imm', 0x24, 'mul', 32, 'alu_imm', 3, 318, {}],
  ['mul32_reg', 0x2c, 'mul', 32, 'alu_reg', 3, 318, {}],
  ['div32_imm', 0x34, 'div', 32, 'alu_imm', 3, 318, {}],
  ['div32_reg', 0x3c, 'div', 32, 'alu_reg', 3, 318, {}],
  ['or32_imm', 0x44, 'or', 32, 'alu_imm', 3, 318, {}],
  ['or32_reg', 0x4c, 'or', 32, 'alu_reg', 3, 318, {}],
  ['and32_imm', 0x54, 'and', 32, 'alu_imm', 3, 318, {}],
  ['and32_reg', 0x5c, 'and', 32, 'alu_reg', 3, 318, {}],
  ['lsh32_imm', 0x64, 'lsh', 32, 'alu_imm', 3, 318, {}],
  ['lsh32_reg', 0x6c, 'lsh', 32, 'alu_reg', 3, 318, {}],
  ['rsh32_imm', 0x74, 'rsh', 32, 'alu_imm', 3, 318, {}],
  ['rsh32_reg', 0x7c, 'rsh', 32, 'alu_reg', 3, 318, {}],
  ['mod32_imm', 0x94, 'mod', 32, 'alu_imm', 3, 318, {}],
  ['mod32_reg', 0x9c, 'mod', 32, 'alu_reg', 3, 318, {}],
  ['xor32_imm', 0xa4, 'xor', 32, 'alu_imm', 3, 318, {}],
  ['xor32_reg', 0xac, 'xor', 32, 'alu_reg', 3, 318, {}],
  ['arsh32_imm', 0xc4, 'arsh', 32, 'alu_imm', 3, 318, {}],
  ['arsh32_reg', 0xcc, 'arsh', 32, 'alu_reg', 3, 318, {}],
  ['sdiv32_imm', 0x34, 'sdiv', 32, 'alu_imm', 4, 606, { off: 1 }],
  ['sdiv32_reg', 0x3c, 'sdiv', 32, 'alu_reg', 4, 606, { off: 1 }],
  ['smod32_imm', 0x94, 'smod', 32, 'alu_imm', 4, 606, { off: 1 }],
  ['smod32_reg', 0x9c, 'smod', 32, 'alu_reg', 4, 606, { off: 1 }],
  ['neg32', 0x84, 'neg', 32, 'unary', 3, 318, {}],
  ['mov32_imm', 0xb4, 'mov', 32, 'mov_imm', 3, 318, {}],
  ['mov32_reg', 0xbc, 'mov', 32, 'mov_reg', 3, 318, {}],
  ['movsx8_32', 0xbc, 'movsx', 32, 'mov_reg', 4, 606, { off: 8 }],
  ['movsx16_32', 0xbc, 'movsx', 32, 'mov_reg', 4, 606, { off: 16 }],
  // Arena pointers: imm holds the address spaces, target << 16 | source (Linux 6.9).
  ['addr_space_cast_to_kernel', 0xbf, 'addr_space_cast', 64, 'mov_reg', 1, 609, { off: 1, imm: 1 }],
  ['addr_space_cast_to_arena', 0xbf, 'addr_space_cast', 64, 'mov_reg', 1, 609, { off: 1, imm: 0x10000 }],
  // Byte order (RFC 9669, 4.2); imm selects the width.
  ['le16', 0xd4, 'le', 16, 'unary', 1, 318, { imm: 0x10 }],
  ['le32', 0xd4, 'le', 32, 'unary', 1, 318, { imm: 0x20 }],
  ['le64', 0xd4, 'le', 64, 'unary', 1, 318, { imm: 0x40 }],
  ['be16', 0xdc, 'be', 16, 'unary', 1, 318, { imm: 0x10 }],
  ['be32', 0xdc, 'be', 32, 'unary', 1, 318, { imm: 0x20 }],
  ['be64', 0xdc, 'be', 64, 'unary', 1, 318, { imm: 0x40 }],
  ['bswap16', 0xd7, 'bswap', 16, 'unary', 4, 606, { imm: 0x10 }],
  ['bswap32', 0xd7, 'bswap', 32, 'unary', 4, 606, { imm: 0x20 }],
  ['bswap64', 0xd7, 'bswap', 64, 'unary', 4, 606, { imm: 0x40 }],
  // Conditional jumps on 64-bit operands (RFC 9669, 4.3).
  ['jeq64_imm', 0x15, 'jeq', 64, 'jump_imm', 1, 318, {}],
  ['jeq64_reg', 0x1d, 'jeq', 64, 'jump_reg', 1, 318, {}],
  ['jgt64_imm', 0x25, 'jgt', 64, 'jump_imm', 1, 318, {}],
  ['jgt64_reg', 0x2d, 'jgt', 64, 'jump_reg', 1, 318, {}],
  ['jge64_imm', 0x35, 'jge', 64, 'jump_imm', 1, 318, {}],
  ['jge64_reg', 0x3d, 'jge', 64, 'jump_reg', 1, 318, {}],
  ['jset64_imm', 0x45, 'jset', 64, 'jump_imm', 1, 318, {}],
  ['jset64_reg', 0x4d, 'jset', 64, 'jump_reg', 1, 318, {}],
  ['jne64_imm', 0x55, 'jne', 64, 'jump_imm', 1, 318, {}],
  ['jne64_reg', 0x5d, 'jne', 64, 'jump_reg', 1, 318, {}],
  ['jsgt64_imm', 0x65, 'jsgt', 64, 'jump_imm', 1, 318, {}],
  ['jsgt64_reg', 0x6d, 'jsgt', 64, 'jump_reg', 1, 318, {}],
  ['jsge64_imm', 0x75, 'jsge', 64, 'jump_imm', 1, 318, {}],
  ['jsge64_reg', 0x7d, 'jsge', 64, 'jump_reg', 1, 318, {}],
  ['jlt64_imm', 0xa5, 'jlt', 64, 'jump_imm', 2, 414, {}],
  ['jlt64_reg', 0xad, 'jlt', 64, 'jump_reg', 2, 414, {}],
  ['jle64_imm', 0xb5, 'jle', 64, 'jump_imm', 2, 414, {}],
  ['jle64_reg', 0xbd, 'jle', 64, 'jump_reg', 2, 414, {}],
  ['jslt64_imm', 0xc5, 'jslt', 64, 'jump_imm', 2, 414, {}],
  ['jslt64_reg', 0xcd, 'jslt', 64, 'jump_reg', 2, 414, {}],
  ['jsle64_imm', 0xd5, 'jsle', 64, 'jump_imm', 2, 414, {}],
  ['jsle64_reg', 0xdd, 'jsle', 64, 'jump_reg', 2, 414, {}],
  // Conditional jumps on 32-bit operands (RFC 9669, 4.3).
  ['jeq32_imm', 0x16, 'jeq', 32, 'jump_imm', 3, 501, {}],
  ['jeq32_reg', 0x1e, 'jeq', 32, 'jump_reg', 3, 501, {}],
  ['jgt32_imm', 0x26, 'jgt', 32, 'jump_imm', 3, 501, {}],
  ['jgt32_reg', 0x2e, 'jgt', 32, 'jump_reg', 3, 501, {}],
  ['jge32_imm', 0x36, 'jge', 32, 'jump_imm', 3, 501, {}],
  ['jge32_reg', 0x3e, 'jge', 32, 'jump_reg', 3, 501, {}],
  ['jset32_imm', 0x46, 'jset', 32, 'jump_imm', 3, 501, {}],
  ['jset32_reg', 0x4e, 'jset', 32, 'jump_reg', 3, 501, {}],
  ['jne32_imm', 0x56, 'jne', 32, 'jump_imm', 3, 501, {}],
  ['jne32_reg', 0x5e, 'jne', 32, 'jump_reg', 3, 501, {}],
  ['jsgt32_imm', 0x66, 'jsgt', 32, 'jump_imm', 3, 501, {}],
  ['jsgt32_reg', 0x6e, 'jsgt', 32, 'jump_reg', 3, 501, {}],
  ['jsge32_imm', 0x76, 'jsge', 32, 'jump_imm', 3, 501, {}],
  ['jsge32_reg', 0x7e, 'jsge', 32, 'jump_reg', 3, 501, {}],
  ['jlt32_imm', 0xa6, 'jlt', 32, 'jump_imm', 3, 501, {}],
  ['jlt32_reg', 0xae, 'jlt', 32, 'jump_reg', 3, 501, {}],
  ['jle32_imm', 0xb6, 'jle', 32, 'jump_imm', 3, 501, {}],
  ['jle32_reg', 0xbe, 'jle', 32, 'jump_reg', 3, 501, {}],
  ['jslt32_imm', 0xc6, 'jslt', 32, 'jump_imm', 3, 501, {}],
  ['jslt32_reg', 0xce, 'jslt', 32, 'jump_reg', 3, 501, {}],
  ['jsle32_imm', 0xd6, 'jsle', 32, 'jump_imm', 3, 501, {}],
  ['jsle32_reg', 0xde, 'jsle', 32, 'jump_reg', 3, 501, {}],
  // Unconditional jumps, the bounded-loop jump, calls and exit; src selects the kind of call.
  ['ja', 0x05, 'ja', 64, 'goto_off', 1, 318, {}],
  ['ja32', 0x06, 'ja', 32, 'goto_imm', 4, 606, {}],
  ['may_goto', 0xe5, 'may_goto', 64, 'goto_off', 4, 609, {}],
  ['call_helper', 0x85, 'call', 64, 'call_helper', 1, 318, {}],
  ['call_local', 0x85, 'call', 64, 'call_local', 1, 416, { src: 1 }],
  ['call_kfunc', 0x85, 'call', 64, 'call_kfunc', 1, 513, { src: 2 }],
  ['callx', 0x8d, 'call', 64, 'call_reg', 1, NO_KERNEL, {}],
  ['exit', 0x95, 'exit', 64, 'exit', 1, 318, {}],
  // 64-bit immediates (RFC 9669, 5.4); src selects what the loader puts there.
  ['lddw', 0x18, 'lddw', 64, 'lddw', 1, 318, {}],
  ['lddw_map_fd', 0x18, 'lddw', 64, 'lddw', 1, 318, { src: 1 }],
  ['lddw_map_value', 0x18, 'lddw', 64, 'lddw', 1, 502, { src: 2 }],
  ['lddw_btf_id', 0x18, 'lddw', 64, 'lddw', 1, 510, { src: 3 }],
  ['lddw_func', 0x18, 'lddw', 64, 'lddw', 1, 513, { src: 4 }],
  ['lddw_map_idx', 0x18, 'lddw', 64, 'lddw', 1, 514, { src: 5 }],
  ['lddw_map_idx_value', 0x18, 'lddw', 64, 'lddw', 1, 514, { src: 6 }],
  // Packet access of classic BPF (RFC 9669, 5.5).
  ['ld_abs_w', 0x20, 'ld_abs', 32, 'ld_abs', 1, 318, {}],
  ['ld_abs_h', 0x28, 'ld_abs', 16, 'ld_abs', 1, 318, {}],
  ['ld_abs_b', 0x30, 'ld_abs', 8, 'ld_abs', 1, 318, {}],
  ['ld_ind_w', 0x40, 'ld_ind', 32, 'ld_ind', 1, 318, {}],
  ['ld_ind_h', 0x48, 'ld_ind', 16, 'ld_ind', 1, 318, {}],
  ['ld_ind_b', 0x50, 'ld_ind', 8, 'ld_ind', 1, 318, {}],
  // Loads (RFC 9669, 5.1 and 5.2).
  ['ldx_b', 0x71, 'load', 8, 'load', 1, 318, {}],
  ['ldx_h', 0x69, 'load', 16, 'load', 1, 318, {}],
  ['ldx_w', 0x61, 'load', 32, 'load', 1, 318, {}],
  ['ldx_dw', 0x79, 'load', 64, 'load', 1, 318, {}],
  ['ldxsx_b', 0x91, 'load_signed', 8, 'load', 4, 606, {}],
  ['ldxsx_h', 0x89, 'load_signed', 16, 'load', 4, 606, {}],
  ['ldxsx_w', 0x81, 'load_signed', 32, 'load', 4, 606, {}],
  // Stores.
  ['st_b', 0x72, 'store', 8, 'store_imm', 4, 318, {}],
  ['st_h', 0x6a, 'store', 16, 'store_imm', 4, 318, {}],
  ['st_w', 0x62, 'store', 32, 'store_imm', 4, 318, {}],
  ['st_dw', 0x7a, 'store', 64, 'store_imm', 4, 318, {}],
  ['stx_b', 0x73, 'store', 8, 'store_reg', 1, 318, {}],
  ['stx_h', 0x6b, 'store', 16, 'store_reg', 1, 318, {}],
  ['stx_w', 0x63, 'store', 32, 'store_reg', 1, 318, {}],
  ['stx_dw', 0x7b, 'store', 64, 'store_reg', 1, 318, {}],
  // Atomic operations (RFC 9669, 5.3); imm selects the operation.
  ['atomic_add64', 0xdb, 'atomic_add', 64, 'atomic', 1, 318, {}],
  ['atomic_or64', 0xdb, 'atomic_or', 64, 'atomic', 3, 512, { imm: 0x40 }],
  ['atomic_and64', 0xdb, 'atomic_and', 64, 'atomic', 3, 512, { imm: 0x50 }],
  ['atomic_xor64', 0xdb, 'atomic_xor', 64, 'atomic', 3, 512, { imm: 0xa0 }],
  ['atomic_fetch_add64', 0xdb, 'atomic_fetch_add', 64, 'atomic_fetch', 3, 512, { imm: 1 }],
  ['atomic_fetch_or64', 0xdb, 'atomic_fetch_or', 64, 'atomic_fetch', 3, 512, { imm: 0x41 }],
  ['atomic_fetch_and64', 0xdb, 'atomic_fetch_and', 64, 'atomic_fetch', 3, 512, { imm: 0x51 }],
  ['atomic_fetch_xor64', 0xdb, 'atomic_fetch_xor', 64, 'atomic_fetch', 3, 512, { imm: 0xa1 }],
  ['atomic_xchg64', 0xdb, 'atomic_xchg', 64, 'atomic_fetch', 3, 512, { imm: 0xe1 }],
  ['atomic_cmpxchg64', 0xdb, 'atomic_cmpxchg', 64, 'atomic_cmpxchg', 3, 512, { imm: 0xf1 }],
  ['atomic_add32', 0xc3, 'atomic_add', 32, 'atomic', 1, 318, {}],
  ['atomic_or32', 0xc3, 'atomic_or', 32, 'atomic', 3, 512, { imm: 0x40 }],
  ['atomic_and32', 0xc3, 'atomic_and', 32, 'atomic', 3, 512, { imm: 0x50 }],
  ['atomic_xor32', 0xc3, 'atomic_xor', 32, 'atomic', 3, 512, { imm: 0xa0 }],
  ['atomic_fetch_add32', 0xc3, 'atomic_fetch_add', 32, 'atomic_fetch', 3, 512, { imm: 1 }],
  ['atomic_fetch_or32', 0xc3, 'atomic_fetch_or', 32, 'atomic_fetch', 3, 512, { imm: 0x41 }],
  ['atomic_fetch_and32', 0xc3, 'atomic_fetch_and', 32, 'atomic_fetch', 3, 512, { imm: 0x51 }],
  ['atomic_fetch_xor32', 0xc3, 'atomic_fetch_xor', 32, 'atomic_fetch', 3, 512, { imm: 0xa1 }],
  ['atomic_xchg32', 0xc3, 'atomic_xchg', 32, 'atomic_fetch', 3, 512, { imm: 0xe1 }],
  ['atomic_cmpxchg32', 0xc3, 'atomic_cmpxchg', 32, 'atomic_cmpxchg', 3, 512, { imm: 0xf1 }],
  // Ordered loads and stores (Linux 6.15).
  ['load_acquire8', 0xd3, 'load_acquire', 8, 'load', 4, 615, { imm: 0x100 }],
  ['load_acquire16', 0xcb, 'load_acquire', 16, 'load', 4, 615, { imm: 0x100 }],
  ['load_acquire32', 0xc3, 'load_acquire', 32, 'load', 4, 615, { imm: 0x100 }],
  ['load_acquire64', 0xdb, 'load_acquire', 64, 'load', 4, 615, { imm: 0x100 }],
  ['store_release8', 0xd3, 'store_release', 8, 'store_reg', 4, 615, { imm: 0x110 }],
  ['store_release16', 0xcb, 'store_release', 16, 'store_reg', 4, 615, { imm: 0x110 }],
  ['store_release32', 0xc3, 'store_release', 32, 'store_reg', 4, 615, { imm: 0x110 }],
  ['store_release64', 0xdb, 'store_release', 64, 'store_reg', 4, 615, { imm: 0x110 }],
] as const satisfies readonly TableRow[];

/** Name of an instruction form, e.g. `add64_imm`. */
export type InsnName = (typeof TABLE)[number][0];
/** What an instruction does, without width and operand form, e.g. `add`. */
export type Operation = (typeof TABLE)[number][2];
/** Instruction class: the low three bits of the opcode. */
export type InsnClass = 'ld' | 'ldx' | 'st' | 'stx' | 'alu' | 'jmp' | 'jmp32' | 'alu64';

const CLASSES: readonly InsnClass[] = ['ld', 'ldx', 'st', 'stx', 'alu', 'jmp', 'jmp32', 'alu64'];

/** A row of the instruction table with its operand form spread out; all rows have the same shape. */
export interface InsnRow {
  readonly kind: InsnKind;
  readonly name: InsnName;
  readonly opcode: number;
  readonly class: InsnClass;
  readonly operation: Operation;
  /** Width of the arithmetic, comparison or memory access. */
  readonly bits: 8 | 16 | 32 | 64;
  readonly form: FormName;
  readonly dst: RegisterUse;
  readonly src: RegisterUse;
  readonly off: OffUse;
  readonly imm: ImmUse;
  /** Values of the fields that are not operands (0 where the field is an operand). */
  readonly fixedSrc: number;
  readonly fixedOff: number;
  readonly fixedImm: number;
  /** Registers used without being named, bit n for rn. */
  readonly implicitReads: number;
  readonly implicitWrites: number;
  /** Lowest -mcpu level (1-4) at which clang selects the form. */
  readonly cpu: 1 | 2 | 3 | 4;
  /** First kernel that takes the form, major * 100 + minor; infinite when none does. */
  readonly kernel: number;
  /** Eight-byte slots the encoding takes. */
  readonly slots: 1 | 2;
}

function expandRow(row: (typeof TABLE)[number], index: number): InsnRow {
  const [name, opcode, operation, bits, formName, cpu, kernel] = row;
  const fixed: TableRow[7] = row[7];
  const operands: OperandForm = FORMS[formName];
  return Object.freeze({
    kind: asId<InsnKind>(index),
    name,
    opcode,
    class: CLASSES[opcode & 7] ?? 'ld',
    operation,
    bits,
    form: formName,
    dst: operands.dst,
    src: operands.src,
    off: operands.off,
    imm: operands.imm,
    fixedSrc: fixed.src ?? 0,
    fixedOff: fixed.off ?? 0,
    fixedImm: fixed.imm ?? 0,
    implicitReads: operands.reads,
    implicitWrites: operands.writes,
    cpu,
    kernel,
    slots: operands.imm === 'wide' ? 2 : 1,
  });
}

/** All forms, indexed by `InsnKind`. */
export const INSN_ROWS: readonly InsnRow[] = Object.freeze(TABLE.map(expandRow));

/** The `InsnKind` of each form by name: `Kind.add64_imm`. */
export const Kind: { readonly [Name in InsnName]: InsnKind } = Object.freeze(
  Object.fromEntries(INSN_ROWS.map((row) => [row.name, row.kind])) as { [Name in InsnName]: InsnKind },
);

/** The row of a kind. */
export function insnRow(kind: InsnKind): InsnRow {
  return INSN_ROWS[kind] ?? bug(`no instruction kind ${kind}`);
}

/** Eight-byte slots of the encoding: 2 for the 64-bit immediate loads, else 1. */
export function slots(kind: InsnKind): 1 | 2 {
  return insnRow(kind).slots;
}
