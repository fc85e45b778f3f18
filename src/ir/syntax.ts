/**
 * The notation of each op in textual IR: one table from which both the printer and the reader work.
 *
 * In general an instruction is `vN = name[.suffix] [type] operands, targets fields attributes`; the rows name what
 * departs from that. docs/ir.md describes the language.
 */

import { type Func, type Ins, InsFlag } from './func.ts';
import { atomicOperations, type Op, type OpName, opRow, predicates } from './ops.ts';
import { type Type, typeNames } from './types.ts';

/**
 * How operands and targets stand: `plain` a list of values, then of blocks; `phi` pairs `[value block]`; `switch`
 * a value, a block, then pairs; `call` a callee and a list in parentheses.
 */
export type Form = 'plain' | 'phi' | 'switch' | 'call';

/** A named number of the instruction: the keyword and the field that holds it. */
export type NamedField = readonly [keyword: string, field: 'imm' | 'aux'];

export interface SyntaxRow {
  readonly form: Form;
  /** What `aux` selects, as a suffix of the name; `number` for the plain number. */
  readonly suffix: readonly string[] | 'number' | undefined;
  readonly fields: readonly NamedField[];
  /** For calls: `symbol` is `@name` (in aux), `imm` and `aux` a number after `#`, `value` the first operand. */
  readonly callee: 'symbol' | 'imm' | 'aux' | 'value' | undefined;
}

const plain: SyntaxRow = { form: 'plain', suffix: undefined, fields: [], callee: undefined };

const syntaxTable: Partial<Record<OpName, SyntaxRow>> = {
  icmp: { ...plain, suffix: predicates },
  atomicrmw: { ...plain, suffix: atomicOperations },
  packet_load: { ...plain, suffix: 'number' },
  phi: { ...plain, form: 'phi' },
  switch: { ...plain, form: 'switch' },
  alloca: {
    ...plain,
    fields: [
      ['bytes', 'imm'],
      ['local', 'aux'],
    ],
  },
  addrspacecast: {
    ...plain,
    fields: [
      ['to', 'aux'],
      ['from', 'imm'],
    ],
  },
  core_relocation: {
    ...plain,
    fields: [
      ['row', 'aux'],
      ['before', 'imm'],
    ],
  },
  asm_output: { ...plain, fields: [['number', 'aux']] },
  call: { ...plain, form: 'call', callee: 'symbol' },
  call_helper: { ...plain, form: 'call', callee: 'imm' },
  call_indirect: { ...plain, form: 'call', callee: 'value' },
  asm: { ...plain, form: 'call', callee: 'aux' },
  asm_goto: { ...plain, form: 'call', callee: 'aux' },
};

export function syntaxOf(op: Op): SyntaxRow {
  const rows: Readonly<Record<string, SyntaxRow | undefined>> = syntaxTable;
  return rows[opRow(op).name] ?? plain;
}

/** True when the type is written: the op does not fix it. */
export function hasWrittenType(op: Op): boolean {
  const { result } = opRow(op);
  return result === 'any' || result === 'same';
}

/** Type by name. */
export const typeWords: ReadonlyMap<string, Type> = new Map(typeNames.map((name, type) => [name, type]));

/** Words for bits of `Ins.flags`. */
export const flagWords: readonly (readonly [word: string, bit: number])[] = [
  ['volatile', InsFlag.volatile],
  ['unused', InsFlag.resultUnused],
  ['nsw', InsFlag.noSignedWrap],
  ['always_inline', InsFlag.alwaysInline],
  ['never_inline', InsFlag.neverInline],
  ['noreturn', InsFlag.noReturn],
];

/** Where a value printed inside its user comes from; undefined for placed values. */
export function unplacedIns(func: Func, id: number): Ins | undefined {
  const ins = func.values[id];
  return ins !== undefined && !opRow(ins.op).placed ? ins : undefined;
}
