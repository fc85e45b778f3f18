/**
 * The typed tree -> what each access of memory is called in C: `skb->len`, `entry.bytes`, `counts[2]`.
 *
 * A load or store has the position of the expression that it came from, through all passes. Several accesses can have one
 * position (`a->b->c` begins where `a->b` does), so that each row also tells its size, its distance from the last pointer, and whether
 * it stays inside of a variable: who asks compares them with the instruction.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import type { TypedExpression, TypedUnit } from '../sema/typed-tree.ts';
import { walkStatement } from '../sema/walk.ts';
import { printType } from '../types/print.ts';
import { type CType, canonical, sizeOf } from '../types/types.ts';

export interface AccessName {
  readonly text: string;
  /** Bytes; undefined for bit-fields, which are read in units. */
  readonly size: number | undefined;
  /** Bytes from the last pointer that the access goes through, or from the start of the variable. */
  readonly offset: number;
  /** A local variable or a part of one: on the stack, if in memory at all. */
  readonly isLocal: boolean;
  readonly isRead: boolean;
  readonly isWritten: boolean;
}

export type AccessNames = ReadonlyMap<Pos, readonly AccessName[]>;

const maxDepth = 16;
const maxLength = 60;

/** The text of an expression that an access is made through; `...` for what has no short one. */
function nameOf(expression: TypedExpression, depth = 0): string {
  if (depth > maxDepth) return '...';
  const inner = (operand: TypedExpression) => nameOf(operand, depth + 1);
  switch (expression.kind) {
    case 'ObjectReference':
    case 'FunctionReference':
      return expression.symbol.name;
    case 'IntegerConstant':
      return String(expression.value);
    case 'Member':
      return memberName(expression, depth);
    case 'Subscript':
      return `${inner(expression.base)}[${inner(expression.index)}]`;
    case 'Dereference':
      return `*${inner(expression.pointer)}`;
    case 'AddressOf':
      return `&${inner(expression.operand)}`;
    case 'Reused':
      return inner(expression.source);
    case 'Call':
      return `${inner(expression.callee)}(${expression.args.length > 0 ? '...' : ''})`;
    case 'PointerArithmetic':
      return `(${inner(expression.pointer)} ${expression.operator} ${inner(expression.index)})`;
    case 'Convert': {
      if (!expression.isExplicit) return inner(expression.operand);
      return isPointerToRecord(expression.type)
        ? `((${printType(expression.type)})${inner(expression.operand)})`
        : inner(expression.operand);
    }
    default:
      return '...';
  }
}

function isPointerToRecord(type: CType): boolean {
  const at = canonical(type);
  return at.kind === 'pointer' && canonical(at.pointee).kind === 'record';
}

function memberName(expression: Extract<TypedExpression, { kind: 'Member' }>, depth: number): string {
  const { base, member } = expression;
  const isArrow = base.kind === 'Dereference';
  const owner = nameOf(isArrow ? base.pointer : base, depth + 1);
  // What lies in an anonymous record is its owner's own.
  if (member.name === undefined) return isArrow ? `*${owner}` : owner;
  if (!isArrow && owner.startsWith('*')) return `${owner.slice(1)}->${member.name}`;
  return `${owner}${isArrow ? '->' : '.'}${member.name}`;
}

/** Where an access lies: bytes from the last pointer or the variable's start, and whose it is. */
function placeOf(access: TypedExpression): { readonly offset: number; readonly isLocal: boolean } {
  let offset = 0;
  let at = access;
  for (let depth = 0; depth < maxDepth; depth++) {
    if (at.kind === 'Member') {
      offset += Math.floor(at.member.bitOffset / 8);
      at = at.base;
    } else if (at.kind === 'Subscript') {
      const { base, index } = at;
      if (index.kind === 'IntegerConstant') offset += Number(index.value) * (sizeOf(at.type) ?? 0);
      if (base.kind !== 'Convert' || base.conversion !== 'array-to-pointer') break;
      at = base.operand;
    } else break;
  }
  return { offset, isLocal: at.kind === 'ObjectReference' && at.symbol.storage !== 'global' };
}

/** The names of all accesses of a unit. */
export function accessNames(unit: TypedUnit): AccessNames {
  const names = new Map<Pos, AccessName[]>();
  const note = (pos: Pos, access: TypedExpression, isRead: boolean, isWritten: boolean): void => {
    const text = nameOf(access).slice(0, maxLength);
    const isBitField = access.kind === 'Member' && access.member.bitWidth !== undefined;
    const size = isBitField ? undefined : sizeOf(access.type);
    const list = names.get(pos);
    const row = { text, size, ...placeOf(access), isRead, isWritten };
    if (list === undefined) names.set(pos, [row]);
    else list.push(row);
  };
  for (const { body } of unit.functions) {
    walkStatement(body, {
      expression: (expression) => {
        const { start } = expression.span;
        if (expression.kind === 'Convert' && expression.conversion === 'lvalue-to-rvalue')
          note(start, expression.operand, true, false);
        else if (expression.kind === 'Assignment') note(start, expression.target, false, true);
        else if (expression.kind === 'CompoundAssignment') note(start, expression.target, true, true);
      },
    });
  }
  return names;
}
