/**
 * What may be assigned to (C11 6.3.2.1 p1), with clang's words for what may not.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import { printType, quoteType } from '../types/print.ts';
import { type CType, canonical, qualifiersOf } from '../types/types.ts';
import type { Checker } from './checker.ts';
import { isError } from './factories.ts';
import { isFunction, isIncomplete } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';

function reportConst(checker: Checker, target: TypedExpression, at: Span): void {
  const type = quoteType(target.type);
  let root = target;
  while (root.kind === 'Reused') root = root.source;
  if (root.kind === 'ObjectReference') {
    checker.report('assign-to-const-variable', at, [root.symbol.name, type]);
  } else if (root.kind === 'Member' && qualifiersOf(root.member.type).isConst) {
    checker.report('assign-to-const-member', at, [root.member.name ?? '', type]);
  } else {
    checker.report('assign-to-read-only', at);
  }
}

/** The const member that keeps a record from being assigned as a whole. */
function constMember(type: CType): string | undefined {
  const at = canonical(type);
  if (at.kind === 'array') return constMember(at.element);
  if (at.kind !== 'record') return undefined;
  for (const row of at.layout?.members ?? []) {
    if (qualifiersOf(row.type).isConst) return row.name ?? '';
    const inner = constMember(row.type);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** Reports why `target` cannot be assigned to; true when it can. */
export function checkModifiable(checker: Checker, target: TypedExpression, at: Span): boolean {
  if (isError(target)) return false;
  if (isFunction(target.type)) {
    checker.report('non-object-not-assignable', at, [`'${printType(target.type)}'`]);
    return false;
  }
  if (!target.isLvalue) {
    checker.report('not-assignable', at);
    return false;
  }
  if (canonical(target.type).kind === 'array') {
    checker.report('array-not-assignable', at, [quoteType(target.type)]);
    return false;
  }
  if (isIncomplete(target.type)) {
    checker.report('incomplete-type', at, [quoteType(target.type)]);
    return false;
  }
  if (qualifiersOf(target.type).isConst) {
    reportConst(checker, target, at);
    return false;
  }
  const member = constMember(target.type);
  if (member !== undefined) {
    const subject = target.kind === 'ObjectReference' ? `variable '${target.symbol.name}'` : 'lvalue';
    checker.report('assign-to-const-part', at, [subject, member]);
    return false;
  }
  return true;
}
