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

function hasConstMember(type: CType): boolean {
  const at = canonical(type);
  if (at.kind === 'array') return hasConstMember(at.element);
  if (at.kind !== 'record') return false;
  return (
    at.layout?.members.some((row) => qualifiersOf(row.type).isConst || hasConstMember(row.type)) === true
  );
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
  if (hasConstMember(target.type)) {
    checker.report('assign-to-const-part', at, [quoteType(target.type)]);
    return false;
  }
  return true;
}
