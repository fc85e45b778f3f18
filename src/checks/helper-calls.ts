/**
 * Calls of kernel helpers in the typed tree, and what their arguments point to.
 *
 * A helper is called through a constant of its name that holds its number (`sysroot/bpf/bpf_helper_defs.h`).
 */

import { type Helper, helperByName } from '../isa/helpers.ts';
import type { CallExpression, ObjectSymbol, TypedExpression } from '../sema/typed-tree.ts';

/** What stands below conversions of one pointer to another, and of one integer to another. */
export function withoutConversions(expression: TypedExpression): TypedExpression {
  let at = expression;
  while (at.kind === 'Convert') at = at.operand;
  return at;
}

export function calledHelper({ callee }: CallExpression): Helper | undefined {
  const target = withoutConversions(callee);
  if (target.kind !== 'ObjectReference') return undefined;
  const { symbol } = target;
  return symbol.isDefined && symbol.linkage === 'internal' ? helperByName(symbol.name) : undefined;
}

/** The object whose first byte a pointer is the address of, where that is written down. */
export function pointedObject(pointer: TypedExpression): ObjectSymbol | undefined {
  let at = withoutConversions(pointer);
  if (at.kind === 'AddressOf') at = withoutConversions(at.operand);
  // A pointer variable is read by a conversion, which is not an address.
  if (at.kind !== 'ObjectReference' && at.kind !== 'CompoundLiteral') return undefined;
  return isRead(pointer) ? undefined : at.symbol;
}

/** Is the pointer the value of an object rather than an address? */
function isRead(pointer: TypedExpression): boolean {
  for (let at = pointer; at.kind === 'Convert'; at = at.operand) {
    if (at.conversion === 'lvalue-to-rvalue') return true;
  }
  return false;
}

/** `1 byte`, `3 bytes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
