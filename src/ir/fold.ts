/**
 * The value of an operation on constants: what passes fold and the evaluator computes. Arithmetic itself is
 * `support/eval-alu.ts`; here are the IR's own operations around it (casts, comparisons, bit operations).
 *
 * Values are bit patterns of their type (0 .. 2^bits-1).
 */

import { type ComparePredicate, evalAlu, evalCompare, toSigned, toUnsigned } from '../support/eval-alu.ts';
import { constantOf, type Func, type Ins } from './func.ts';
import { Op, opRow, type Predicate, predicates } from './ops.ts';
import { bitsOf, type Type } from './types.ts';

/** The result of `ins` for these operands; undefined for operations that are no function of their operands. */
export function foldValues(ins: Ins, operandType: Type, values: readonly bigint[]): bigint | undefined {
  return foldOperation(ins.op, ins.aux, bitsOf(ins.type), bitsOf(operandType), values);
}

/**
 * An operation that gives `width` bits (`predicate` for comparisons) on operands of which the first has `operandWidth`. The
 * widths are powers of two, not only those that types have.
 */
export function foldOperation(
  op: Op,
  predicate: Predicate,
  width: number,
  operandWidth: number,
  values: readonly bigint[],
): bigint | undefined {
  const a = values[0] ?? 0n;
  const b = values[1] ?? 0n;
  const { alu } = opRow(op);
  if (alu !== undefined) return evalAlu(alu, width, a, b);
  switch (op) {
    case Op.icmp:
      return evalCompare(predicateName(predicate), operandWidth, a, b) ? 1n : 0n;
    case Op.select:
      return a !== 0n ? b : (values[2] ?? 0n);
    case Op.trunc:
    case Op.zext:
    case Op.ptrtoint:
    case Op.inttoptr:
      return toUnsigned(a, width);
    case Op.sext:
      return toUnsigned(toSigned(a, operandWidth), width);
    case Op.ptradd:
      return toUnsigned(a + b, width);
    case Op.bswap:
      return swapBytes(a, width);
    case Op.ctlz:
      return BigInt(width - (a === 0n ? 0 : a.toString(2).length));
    case Op.cttz:
      return BigInt(a === 0n ? width : (a & -a).toString(2).length - 1);
    case Op.ctpop:
      return BigInt(a.toString(2).replaceAll('0', '').length);
    default:
      return undefined;
  }
}

/** The value of an instruction all of whose operands are constants. */
export function foldConstants(func: Func, ins: Ins): bigint | undefined {
  const { operands } = ins;
  const first = operands[0];
  if (first === undefined || func.ins(first).op !== Op.const) return undefined;
  const values: bigint[] = [];
  for (const operand of operands) {
    const value = constantOf(func, operand);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return foldValues(ins, func.ins(first).type, values);
}

export function predicateName(aux: number): ComparePredicate {
  return predicates[aux] ?? 'eq';
}

function swapBytes(value: bigint, width: number): bigint {
  let result = 0n;
  for (let bit = 0n; bit < BigInt(width); bit += 8n) result = (result << 8n) | ((value >> bit) & 0xffn);
  return result;
}
