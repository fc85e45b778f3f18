/**
 * Scopes: what is due when control leaves a block (C11 6.2.4 p6, GNU C `cleanup`).
 *
 * In: declarations as they are lowered, and jumps. Out: on every way out of a scope -- its end, break, continue, goto,
 * return -- the calls of `cleanup` attributes and the lifetime marks of its locals, innermost scope and latest
 * declaration first. A scope that can be entered by a side door has no lifetime marks (see side-doors.ts).
 */

import type { LabelSymbol } from '../sema/typed-tree.ts';
import { isInFrame, type Lowering, type Scope } from './lowering.ts';
import type { ScopeStatement } from './side-doors.ts';

export function openScope(lowering: Lowering, statement: ScopeStatement, hasLifetimes: boolean): void {
  lowering.scopes.push({ statement, hasLifetimes, locals: [] });
}

/** Control reaches the end of the innermost scope. */
export function closeScope(lowering: Lowering): void {
  leaveScopes(lowering, lowering.scopes.length - 1);
  lowering.scopes.pop();
}

/** Control leaves all scopes but the `depth` outermost. */
export function leaveScopes(lowering: Lowering, depth: number): void {
  if (lowering.builder.isTerminated) return;
  for (let i = lowering.scopes.length - 1; i >= depth; i--) {
    const scope = lowering.scopes[i];
    if (scope !== undefined) leave(lowering, scope, 0);
  }
}

/** Ends the scope's locals from the `first` on. */
function leave(lowering: Lowering, scope: Scope, first: number): void {
  for (let i = scope.locals.length - 1; i >= first; i--) {
    const local = scope.locals[i];
    if (local === undefined) continue;
    if (local.cleanup !== undefined) lowering.value(local.cleanup);
    const pointer = lowering.locals.get(local);
    if (scope.hasLifetimes && pointer !== undefined && isInFrame(lowering, pointer)) {
      lowering.builder.lifetimeEnd(pointer);
    }
  }
}

/** Control goes to a label: out of the scopes that it is not in, and back over declarations that stand after it. */
export function leaveForLabel(lowering: Lowering, label: LabelSymbol): void {
  const { scopes, labelPlaces } = lowering;
  const declaredBefore = new Map<ScopeStatement, number>();
  for (let at = labelPlaces.get(label); at !== undefined; at = at.outer) {
    declaredBefore.set(at.scope, at.declaredBefore);
  }
  const around = scopes.filter(({ statement }) => declaredBefore.has(statement));
  leaveScopes(lowering, around.length);
  const innermost = around.at(-1);
  if (innermost !== undefined) leave(lowering, innermost, declaredBefore.get(innermost.statement) ?? 0);
}
